/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kit.c: what most tests start from.
 */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <noxs/elfnote.h>

#include "internal.h"
#include "kernel.h"
#include "kit.h"
#include "store_model.h"
#include "unit.h"

int kit_setup(void **state)
{
    struct kit *kit = calloc(1, sizeof(*kit));
    struct kernel k;

    model_reset();
    model_fail(0, 0);
    strcpy(kit->dir, "/tmp/chaos-unit-XXXXXX");
    assert_non_null(mkdtemp(kit->dir));
    snprintf(kit->kernel, sizeof(kit->kernel), "%s/kernel", kit->dir);
    snprintf(kit->ramdisk, sizeof(kit->ramdisk), "%s/ramdisk", kit->dir);
    snprintf(kit->run, sizeof(kit->run), "%s/run", kit->dir);
    kernel_make(&k, 0, NOXS_BOOT_MINIMAL_MAP);
    kernel_write(&k, kit->kernel);
    kit_renew(kit);
    *state = kit;
    return 0;
}

void kit_make_stock(void)
{
    model_knobs.no_noxs = true;
    store_knobs.open_error = 0;
    /* As xen-init-dom0 leaves it. */
    model_store_set("/local/domain/0/name", "Domain-0");
    model_store_set("/vm", "");
    /* As they are once there was a domain with devices. */
    model_store_set("/local/domain/0/backend/vif", "");
    model_store_set("/local/domain/0/backend/vbd", "");
    model_store_set("/local/domain/0/error/backend/vif", "");
    model_store_set("/local/domain/0/error/backend/vbd", "");
    model_store_set("/libxl", "");
}

const char *kit_node(uint32_t domid, const char *below)
{
    static char path[STORE_PATH_SIZE];

    snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, below);
    return path;
}

void kit_assert_node(uint32_t domid, const char *below, const char *value)
{
    const char *found = model_store_value(kit_node(domid, below));

    if (!found)
        fail_msg("there is no %s", kit_node(domid, below));
    assert_string_equal(found, value);
}

void kit_assert_create_fails(struct kit *kit, const struct chaos_config *cfg,
                             int error, unsigned least)
{
    struct snapshot before = kit_snapshot(kit);
    uint32_t domid;
    unsigned n;
    int rc;

    for (n = 1;; n++) {
        char what[64];

        model_fail(n, error);
        rc = chaos_domain_create(kit->ctx, cfg, &domid);
        if (!model_failed())
            break;
        snprintf(what, sizeof(what), "error %d in %s (%u)", error,
                 model_failed_name(), n);
        model_fail_end();
        if (rc == 0)
            fail_msg("%s went unnoticed", what);
        kit_assert_text(kit->ctx);
        kit_assert_same(kit, &before, what);
    }
    assert_int_equal(rc, 0);
    assert_true(n > least);
}

int kit_create_once(struct kit *kit, const struct chaos_config *cfg,
                    const struct snapshot *before, const char *what)
{
    uint32_t domid = CHAOS_DOMID_NONE;
    int rc = chaos_domain_create(kit->ctx, cfg, &domid);

    model_fail_end();
    if (rc < 0) {
        kit_assert_text(kit->ctx);
        assert_int_equal(domid, CHAOS_DOMID_NONE);
    } else {
        assert_true(model_view(domid).started);
        assert_false(model_view(domid).paused);
        assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
    }
    kit_renew(kit);
    kit_assert_same(kit, before, what);
    return rc;
}

bool kit_record_has(struct kit *kit, uint32_t domid, const char *text)
{
    struct chaos_config *cfg;
    char *json;
    bool has;

    assert_int_equal(chaos_domain_config(kit->ctx, domid, &cfg), 0);
    assert_int_equal(chaos_config_json(kit->ctx, cfg, &json), 0);
    has = strstr(json, text) != NULL;
    free(json);
    chaos_config_destroy(cfg);
    return has;
}

int kit_setup_stock(void **state)
{
    int rc = kit_setup(state);

    kit_make_stock();
    return rc;
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

int kit_teardown(void **state)
{
    struct kit *kit = *state;

    chaos_ctx_destroy(kit->ctx);
    nftw(kit->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(kit);
    model_free();
    return 0;
}

struct chaos_ctx *kit_second(const struct kit *kit)
{
    struct chaos_ctx *ctx;

    assert_int_equal(chaos_ctx_create(&ctx), 0);
    assert_int_equal(chaos_ctx_set_run_dir(ctx, kit->run), 0);
    return ctx;
}

void kit_renew(struct kit *kit)
{
    chaos_ctx_destroy(kit->ctx);
    kit->ctx = kit_second(kit);
}

static struct chaos_config *config_from(struct kit *kit, va_list ap)
{
    struct chaos_config *cfg;
    const char *key;

    assert_int_equal(chaos_config_create(kit->ctx, &cfg), 0);
    assert_int_equal(chaos_config_set(kit->ctx, cfg, "kernel", kit->kernel), 0);
    while ((key = va_arg(ap, const char *))) {
        const char *value = va_arg(ap, const char *);

        if (chaos_config_set(kit->ctx, cfg, key, value) != 0)
            fail_msg("%s=%s: %s", key, value, chaos_ctx_error(kit->ctx));
    }
    return cfg;
}

struct chaos_config *kit_config(struct kit *kit, ...)
{
    struct chaos_config *cfg;
    va_list ap;

    va_start(ap, kit);
    cfg = config_from(kit, ap);
    va_end(ap);
    return cfg;
}

uint32_t kit_create(struct kit *kit, ...)
{
    struct chaos_config *cfg;
    uint32_t domid;
    va_list ap;

    va_start(ap, kit);
    cfg = config_from(kit, ap);
    va_end(ap);
    if (chaos_domain_create(kit->ctx, cfg, &domid) != 0)
        fail_msg("create: %s (%s)", chaos_ctx_error(kit->ctx), model_why());
    chaos_config_destroy(cfg);
    return domid;
}

static unsigned count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static unsigned files_found;

static int count_one(const char *path, const struct stat *st, int type,
                     struct FTW *ftw)
{
    (void)st;
    /* These are made once and stay. */
    if (type == FTW_F && strcmp(path + ftw->base, "lock") != 0 &&
        strcmp(path + ftw->base, "names") != 0)
        files_found++;
    return 0;
}

struct snapshot kit_snapshot(const struct kit *kit)
{
    struct snapshot s;

    memset(&s, 0, sizeof(s));
    s.counts = model_counts();
    s.fds = count_fds();
    /* It is opened once and kept. */
    if (kit->ctx && kit->ctx->lock_fd >= 0)
        s.fds--;
    files_found = 0;
    nftw(kit->run, count_one, 8, FTW_PHYS);
    s.files = files_found;
    return s;
}

#define SAME(field)                                                            \
    do {                                                                       \
        if (before->field != after.field)                                      \
            fail_msg("%s: " #field " was %lu and is %lu", what,                \
                     (unsigned long)before->field,                             \
                     (unsigned long)after.field);                              \
    } while (0)

void kit_assert_same(const struct kit *kit, const struct snapshot *before,
                     const char *what)
{
    struct snapshot after = kit_snapshot(kit);

    SAME(counts.handles);
    SAME(counts.domains);
    SAME(counts.mappings);
    SAME(counts.guest_ports);
    SAME(counts.event_handles);
    SAME(counts.host_ports);
    SAME(counts.watches);
    SAME(counts.names);
    SAME(counts.hosts);
    SAME(counts.backs);
    SAME(counts.stores);
    SAME(counts.nodes);
    SAME(counts.store_watches);
    SAME(counts.introduced);
    SAME(counts.frames);
    SAME(fds);
    SAME(files);
}

void kit_assert_text(const struct chaos_ctx *ctx)
{
    const char *text = chaos_ctx_error(ctx);

    assert_true(strlen(text) > 3);
    assert_null(strchr(text, '\n'));
}

void kit_assert_says(const struct chaos_ctx *ctx, const char *text)
{
    if (!strstr(chaos_ctx_error(ctx), text))
        fail_msg("'%s' does not say '%s'", chaos_ctx_error(ctx), text);
}

void kit_write_file(const char *path, const void *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, size), size);
    close(fd);
}
