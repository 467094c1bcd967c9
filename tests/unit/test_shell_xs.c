/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shells on XenStore: what there is of one, that a VM made of one is the one
 * that is made in one go, and which of them are adopted.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "create.h"
#include "shell.h"
#include "shell_kit.h"
#include "step_fault.h"
#include "store_model.h"
#include "unit.h"

#define UUID "01234567-89ab-cdef-0123-456789abcdef"

static const char *value_of(uint32_t domid, const char *below)
{
    char path[STORE_PATH_SIZE];

    snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, below);
    return model_store_value(path);
}

/* --- what there is of one ----------------------------------------------------
 */

static void without_a_name(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg =
        kit_config(kit, "name", "web", "uuid", UUID, "vcpus.count", "2", NULL);
    struct snapshot before;
    enum way way;

    /* Directories are made by the first. */
    chaos_shell_free(shell_prepare(kit, kit->ctx, cfg, WAY_SHELL));
    kit_renew(kit);
    shell_reap_all(kit->ctx);
    before = kit_snapshot(kit);
    for (way = WAY_SHELL; way < WAYS; way++) {
        struct chaos_shell *shell = shell_prepare(kit, kit->ctx, cfg, way);
        uint32_t domid = chaos_shell_domid(shell);
        const struct shell *data = shell->data;

        assert_int_equal(data->shape.flags, CHAOSD_SHAPE_XENSTORE);
        assert_string_equal(value_of(domid, "cpu/1/availability"), "online");
        assert_non_null(value_of(domid, "control/shutdown"));
        assert_null(value_of(domid, "name"));
        assert_null(value_of(domid, "vm"));
        assert_null(value_of(domid, "console/port"));
        assert_null(model_store_value("/vm/" UUID));
        assert_int_equal(model_counts().introduced, 0);
        assert_true(data->store_port > 0 && data->sysctl_port == 0);
        assert_int_equal(data->store_frame > 0, way == WAY_LOADED);
        assert_int_equal(data->sysctl_frame, 0);
        assert_int_equal(chaos_shell_destroy(kit->ctx, shell), 0);
        chaos_shell_free(shell);
        kit_assert_same(kit, &before, way_names[way]);
    }
    chaos_config_destroy(cfg);
}

/* Whether it runs or not, it is that daemon whose VMs these are. */
static void shapes(void **state)
{
    static const struct {
        const char *method;
        uint32_t flags, vbds;
    } cases[] = {{"auto", CHAOSD_SHAPE_XENSTORE, 0},
                 {"xenstore", CHAOSD_SHAPE_XENSTORE, 0},
                 {"noxs", 0, 1}};
    struct kit *kit = *state;
    char vbds[160];
    size_t i;

    store_knobs.open_error = ECONNREFUSED;
    snprintf(vbds, sizeof(vbds), "[{\"target\": \"%s\", \"vdev\": \"xvda\"}]",
             kit->kernel);
    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct chaos_config *cfg = kit_config(
            kit, "xen.dev_method", cases[i].method, "vbds", vbds, NULL);
        struct chaosd_shape shape;

        assert_int_equal(chaos_shape_of(kit->ctx, cfg, &shape), 0);
        assert_int_equal(shape.flags, cases[i].flags);
        assert_int_equal(shape.vbd_count, cases[i].vbds);
        chaos_config_destroy(cfg);
    }
}

/* --- a VM of one -------------------------------------------------------------
 */

/* Frames and times are not the same ones each time. */
static void without(char *text, const char *node)
{
    char *at = text;

    while ((at = strstr(at, node))) {
        for (at += strlen(node); strchr(" =.0123456789", *at) && *at; at++)
            *at = 'X';
    }
}

/* On a host that is new; all nodes, free() it. */
static char *make(struct kit *kit, const struct chaos_config *cfg, enum way way)
{
    struct chaos_ctx *daemon = kit_second(kit);
    struct chaos_shell *shell = NULL;
    uint32_t domid;
    char *text;

    if (way != WAY_PLAIN) {
        shell = shell_prepare(kit, daemon, cfg, way);
        pool_offer(daemon, shell);
    }
    if (chaos_domain_create(kit->ctx, cfg, &domid) != 0)
        fail_msg("%s: %s (%s)", way_names[way], chaos_ctx_error(kit->ctx),
                 model_why());
    if (way != WAY_PLAIN) {
        assert_int_equal(domid, chaos_shell_domid(shell));
        assert_int_equal(pool_done().dones, 1);
        assert_true(pool_done().shell);
        assert_int_equal(pool_done().result, 0);
    }
    pool_end();
    assert_int_equal(shell_births(daemon, NULL), 0);
    assert_int_equal(model_counts().introduced, 1);
    assert_false(model_view(domid).paused);
    text = model_store_text();
    without(text, "ring-ref");
    without(text, "start_time");
    assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
    chaos_shell_free(shell);
    chaos_ctx_destroy(daemon);
    return text;
}

static void renew_host(struct kit *kit)
{
    chaos_ctx_destroy(kit->ctx);
    kit->ctx = NULL;
    model_reset();
    kit_make_stock();
    /* Directories that the first vif of a host makes. */
    model_store_set("/libxl", "");
    model_store_set("/local/domain/0/backend/vif", "");
    kit_renew(kit);
}

static void same_every_way(struct kit *kit, const struct chaos_config *cfg)
{
    char *texts[WAYS];
    enum way way;

    for (way = 0; way < WAYS; way++) {
        struct snapshot before;

        renew_host(kit);
        before = kit_snapshot(kit);
        texts[way] = make(kit, cfg, way);
        kit_renew(kit);
        kit_assert_same(kit, &before, way_names[way]);
        if (strcmp(texts[0], texts[way]) != 0)
            fail_msg("%s:\n%s\nplain:\n%s", way_names[way], texts[way],
                     texts[0]);
    }
    for (way = 0; way < WAYS; way++)
        free(texts[way]);
}

static void every_wish(void **state)
{
    static const char *const wishes[][2] = {
        {"name", "web-1"},
        {"cmdline", "console=hvc0"},
        {"memory", "3604K"},
        {"vcpus", "{\"count\": 2, \"cpumap\": [1]}"},
        {"vifs", "[{}]"},
        {"vifs", "[{\"bridge\": \"xenbr0\"}]"},
        {"vifs", "[{\"mac\": \"02:00:00:00:00:05\"}, {}]"},
        {"vifs", "[{\"ifname\": \"web0\"}, {\"bridge\": \"xenbr0\"}]"},
        {"vifs", "[{\"ip\": \"10.0.0.2/24\", \"gateway\": \"10.0.0.1\"}]"},
        {"vifs", "[{\"rate\": \"1Mb/s\"}, {\"mtu\": 1300}]"},
        {"vifs", "[{\"bridge\": \"xenbr0\", \"mtu\": 1300}]"},
    };
    shell_each_wish(*state, wishes, sizeof(wishes) / sizeof(*wishes),
                    same_every_way);
}

/* The name of one that died half made is free for the next. */
static void name_of_an_orphan(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = kit_config(kit, "name", "web-1", NULL);
    struct chaos_ctx *dead = kit_second(kit);
    struct chaos_birth birth;
    uint32_t domid;
    int step = 0;

    while (strcmp(create_steps[step].name, "record") != 0)
        step++;
    step_fault_kill(step);
    assert_int_equal(chaos_domain_create(dead, cfg, &domid), -EINTR);
    step_fault_set(-1, 0);
    chaos_ctx_destroy(dead);
    assert_int_equal(chaos_birth(kit->ctx, 1, &birth), 0);
    assert_true(birth.orphan);
    assert_int_equal(chaos_domain_create(kit->ctx, cfg, &domid), 0);
    assert_int_equal(domid, 2);
    assert_int_equal(chaos_birth(kit->ctx, 1, &birth), -ESRCH);
    assert_null(value_of(1, "name"));
    assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
    chaos_config_destroy(cfg);
}

/* --- what is handed over -----------------------------------------------------
 */

static void makes_no_sense(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = kit_config(kit, NULL);
    struct chaos_shell *shell = shell_prepare(kit, kit->ctx, cfg, WAY_LOADED);
    struct shell *s = shell->data, good = *s;

#define REFUSED(change)                                                        \
    do {                                                                       \
        change;                                                                \
        shell_seal(s);                                                         \
        kit_assert_error(kit->ctx, shell_check(kit->ctx, s, s->size),          \
                         -EINVAL);                                             \
        *s = good;                                                             \
    } while (0)

    assert_int_equal(shell_check(kit->ctx, s, s->size), 0);
    REFUSED(s->store_port = 0);
    REFUSED(s->store_port = 1024);
    REFUSED(s->sysctl_port = 1);
    REFUSED(s->store_frame = 0);
    REFUSED(s->sysctl_frame = 1);
    REFUSED(s->vbd_ports[0] = 1);
    REFUSED(s->shape.vbd_count = 1);
    REFUSED(s->shape.flags = 0);
    chaos_shell_free(shell);
    chaos_config_destroy(cfg);
}

/* --- adopting ----------------------------------------------------------------
 */

/* One whose daemon was killed; returns its id. */
static uint32_t lose(struct kit *kit, const struct chaos_config *cfg,
                     enum way way)
{
    struct chaos_ctx *daemon = kit_second(kit);
    struct chaos_shell *shell = shell_prepare(kit, daemon, cfg, way);
    uint32_t domid = chaos_shell_domid(shell);

    chaos_shell_free(shell);
    chaos_ctx_destroy(daemon);
    return domid;
}

static void adopted(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg =
        kit_config(kit, "name", "web", "vifs", "[{}, {}]", NULL);
    enum way way;

    for (way = WAY_SHELL; way < WAYS; way++) {
        uint32_t made, domid = lose(kit, cfg, way);
        struct chaos_shell *shell;

        assert_int_equal(chaos_shell_adopt(kit->ctx, domid, &shell), 0);
        pool_offer(kit->ctx, shell);
        assert_int_equal(chaos_domain_create(kit->ctx, cfg, &made), 0);
        assert_int_equal(made, domid);
        pool_end();
        chaos_shell_free(shell);
        assert_int_equal(chaos_domain_destroy(kit->ctx, made), 0);
    }
    chaos_config_destroy(cfg);
}

static void refused(struct kit *kit, uint32_t domid)
{
    struct chaos_shell *shell;

    kit_assert_error(kit->ctx, chaos_shell_adopt(kit->ctx, domid, &shell),
                     -EINVAL);
    assert_int_equal(chaos_birth_reap(kit->ctx, domid, false), 0);
    assert_null(value_of(domid, "domid"));
}

static void set(uint32_t domid, const char *below, const char *value)
{
    char path[STORE_PATH_SIZE];

    snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, below);
    model_store_set(path, value);
}

/* A node of a vif's back end. */
static void set_back(uint32_t domid, unsigned id, const char *below,
                     const char *value)
{
    char path[STORE_PATH_SIZE];

    snprintf(path, sizeof(path), "/local/domain/0/backend/vif/%u/%u%s", domid,
             id, below);
    model_store_set(path, value);
}

static void changed_since(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = kit_config(kit, "vifs", "[{}, {}]", NULL);
    uint32_t domid;

    domid = lose(kit, cfg, WAY_LOADED);
    set(domid, "domid", "77");
    refused(kit, domid);
    domid = lose(kit, cfg, WAY_LOADED);
    set(domid, "domid", NULL);
    refused(kit, domid);
    domid = lose(kit, cfg, WAY_LOADED);
    set(domid, "vm", "/vm/" UUID);
    model_store_set("/vm/" UUID "/uuid", UUID);
    refused(kit, domid);
    assert_null(model_store_value("/vm/" UUID));
    domid = lose(kit, cfg, WAY_LOADED);
    set(domid, "console/port", "2");
    refused(kit, domid);
    domid = lose(kit, cfg, WAY_LOADED);
    set_back(domid, 1, "/state", "4");
    refused(kit, domid);
    domid = lose(kit, cfg, WAY_LOADED);
    set_back(domid, 1, "", NULL);
    refused(kit, domid);
    chaos_config_destroy(cfg);
}

/* Its maker was killed when xl could not have known of its vif yet. */
static void back_end_of_nobody(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = kit_config(kit, NULL);
    uint32_t domid = lose(kit, cfg, WAY_SHELL);

    set_back(domid, 0, "/frontend-id", "1");
    assert_int_equal(chaos_birth_reap(kit->ctx, domid, false), 0);
    assert_null(model_store_value("/local/domain/0/backend/vif/1"));
    chaos_config_destroy(cfg);
}

/* Whoever ended it was killed before its nodes were removed. */
static void nodes_without_domain(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = kit_config(kit, NULL);
    uint32_t vm = kit_create(kit, "uuid", UUID, NULL);
    uint32_t shell = lose(kit, cfg, WAY_SHELL);

    model_destroy(vm);
    model_destroy(shell);
    assert_non_null(value_of(vm, "domid"));
    assert_int_equal(chaos_records_sweep(kit->ctx), 2);
    assert_null(value_of(vm, "domid"));
    assert_null(value_of(shell, "domid"));
    assert_null(model_store_value("/vm/" UUID));
    chaos_config_destroy(cfg);
}

#define TEST(f)                                                                \
    cmocka_unit_test_setup_teardown(f, kit_setup_stock, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_a_name),     TEST(shapes),
        TEST(every_wish),         TEST(name_of_an_orphan),
        TEST(makes_no_sense),     TEST(adopted),
        TEST(changed_since),      TEST(nodes_without_domain),
        TEST(back_end_of_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
