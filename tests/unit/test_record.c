/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The records of domains: kept, missing, of another domain, cut off, garbage.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit.h"
#include "unit.h"

static void record_path(const struct kit *kit, uint32_t domid, char path[120])
{
    snprintf(path, 120, "%s/domains/%u", kit->run, domid);
}

static int read_config(struct kit *kit, uint32_t domid)
{
    struct chaos_config *cfg = NULL;
    int rc = chaos_domain_config(kit->ctx, domid, &cfg);

    if (rc == 0)
        chaos_config_destroy(cfg);
    else
        kit_assert_text(kit->ctx);
    return rc;
}

static void record_kept(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "name", "web", "memory", "3600K", NULL);
    struct chaos_config *cfg;
    struct stat st;
    char path[120], *json;

    record_path(kit, domid, path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(chaos_domain_config(kit->ctx, domid, &cfg), 0);
    assert_string_equal(chaos_config_name(cfg), "web");
    assert_int_equal(chaos_config_json(kit->ctx, cfg, &json), 0);
    assert_non_null(strstr(json, "3600K"));
    assert_non_null(strstr(json, kit->kernel));
    free(json);
    chaos_config_destroy(cfg);
    assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
    assert_int_equal(stat(path, &st), -1);
}

static void no_record(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = model_domain_add("by-xl"), after = 5;

    assert_int_equal(read_config(kit, domid), -ENOENT);
    model_shutdown(domid, 0);
    kit_assert_error(kit->ctx, chaos_domain_settle(kit->ctx, domid, &after),
                     -ENOENT);
    assert_true(model_view(domid).exists);
    assert_int_equal(after, 5);
}

/* Left by an earlier domain of the same id: another uuid stands in it. */
static void stale_record(void **state)
{
    struct kit *kit = *state;
    uint32_t a = kit_create(kit, NULL), b = kit_create(kit, NULL);
    char from[120], to[120];

    record_path(kit, a, from);
    record_path(kit, b, to);
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(read_config(kit, a), -ENOENT);
    assert_int_equal(read_config(kit, b), -ENOENT);
    kit_assert_says(kit->ctx, "earlier domain");
}

static void truncated_record(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "name", "web", NULL);
    struct stat st;
    char path[120];
    off_t size;

    record_path(kit, domid, path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(read_config(kit, domid), 0);
    /* The last byte of JSON may be but a newline. */
    for (size = st.st_size - 2; size >= 0; size--) {
        assert_int_equal(truncate(path, size), 0);
        assert_true(read_config(kit, domid) < 0);
    }
}

static void garbage_record(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "name", "web", NULL);
    char path[120], text[512] = "";
    ssize_t n;
    unsigned i;
    int fd;

    record_path(kit, domid, path);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = read(fd, text, sizeof(text) - 1);
    close(fd);
    assert_true(n > 33);
    for (i = 0; i < 40; i++) {
        char saved = text[i];

        text[i] = (char)0xff;
        kit_write_file(path, text, (size_t)n);
        assert_true(read_config(kit, domid) < 0);
        text[i] = saved;
    }
    memset(text + 33, 0, sizeof(text) - 33);
    kit_write_file(path, text, sizeof(text));
    assert_true(read_config(kit, domid) < 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_true(read_config(kit, domid) < 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(record_kept),      TEST(no_record),      TEST(stale_record),
        TEST(truncated_record), TEST(garbage_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
