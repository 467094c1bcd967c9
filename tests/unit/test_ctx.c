/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The context: its error text, its log, and opening a hypervisor that is not
 * there, not allowed, or not the right one.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"
#include "kit.h"
#include "oom.h"
#include "unit.h"

static void errors(void **state)
{
    struct kit *kit = *state;
    struct chaos_ctx *ctx = kit->ctx;
    char text[2000];

    assert_string_equal(chaos_ctx_error(ctx), "");
    assert_int_equal(chaos__fail(ctx, -ENOENT, "bridge '%s'", "br0"), -ENOENT);
    assert_string_equal(chaos_ctx_error(ctx), "bridge 'br0'");
    assert_int_equal(chaos__prefix(ctx, -EIO, "vif %d", 3), -EIO);
    assert_string_equal(chaos_ctx_error(ctx), "vif 3: bridge 'br0'");
    assert_int_equal(chaos__fail(ctx, -EIO, "a\nb\x1b\x7f\r%s", "\xc3\xa4"),
                     -EIO);
    assert_string_equal(chaos_ctx_error(ctx), "a?b???\xc3\xa4");
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(chaos__fail(ctx, -EIO, "%s", text), -EIO);
    assert_int_equal(strlen(chaos_ctx_error(ctx)), 511);
    assert_int_equal(chaos__prefix(ctx, -EIO, "%s", text), -EIO);
    assert_int_equal(strlen(chaos_ctx_error(ctx)), 511);
    assert_int_equal(chaos__prefix(ctx, -EIO, "p"), -EIO);
    assert_int_equal(strlen(chaos_ctx_error(ctx)), 511);
    assert_memory_equal(chaos_ctx_error(ctx), "p: xxx", 6);
}

struct logged {
    enum chaos_log_level level;
    unsigned count;
    char text[600];
};

static void take_log(void *arg, enum chaos_log_level level, const char *text)
{
    struct logged *l = arg;

    l->level = level;
    l->count++;
    strcpy(l->text, text);
}

static void log_levels(void **state)
{
    struct kit *kit = *state;
    struct logged l = {0};

    chaos__log(kit->ctx, CHAOS_LOG_ERROR, "nobody listens");
    chaos_ctx_set_log(kit->ctx, CHAOS_LOG_WARN, take_log, &l);
    chaos__log(kit->ctx, CHAOS_LOG_INFO, "not wanted");
    assert_int_equal(l.count, 0);
    chaos__log(kit->ctx, CHAOS_LOG_WARN, "w %d", 7);
    chaos__log(kit->ctx, CHAOS_LOG_ERROR, "e %d", 8);
    assert_int_equal(l.count, 2);
    assert_int_equal(l.level, CHAOS_LOG_ERROR);
    assert_string_equal(l.text, "e 8");
    chaos_ctx_set_log(kit->ctx, CHAOS_LOG_DEBUG, NULL, NULL);
    chaos__log(kit->ctx, CHAOS_LOG_ERROR, "nobody listens");
    assert_int_equal(l.count, 2);
}

static int list(struct kit *kit)
{
    struct chaos_domain_info *infos;
    size_t n;
    int rc = chaos_domain_list(kit->ctx, &infos, &n);

    if (rc == 0)
        free(infos);
    else
        kit_assert_text(kit->ctx);
    return rc;
}

static void no_hypervisor(void **state)
{
    static const struct {
        int error;
        const char *says;
    } cases[] = {
        {ENOENT, "not a Xen host"}, {ENODEV, "not a Xen host"},
        {ENXIO, "not a Xen host"},  {EACCES, "no privilege"},
        {EPERM, "no privilege"},    {EMFILE, "cannot open"},
    };
    struct kit *kit = *state;
    struct chaos_host_info host;
    unsigned i;

    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        model_knobs.open_error = cases[i].error;
        assert_int_equal(list(kit), -cases[i].error);
        kit_assert_says(kit->ctx, cases[i].says);
        kit_assert_error(kit->ctx, chaos_host_info(kit->ctx, &host),
                         -cases[i].error);
    }
    /* It is tried again each time. */
    model_knobs.open_error = 0;
    assert_int_equal(list(kit), 0);
    assert_int_equal(model_counts().handles, 1);
}

static void wrong_hypervisor(void **state)
{
    struct kit *kit = *state;
    struct chaos_host_info host;

    model_knobs.no_noxs = true;
    assert_int_equal(list(kit), -ENOSYS);
    kit_assert_says(kit->ctx, "this Xen has no noxs");
    assert_int_equal(chaos_host_info(kit->ctx, &host), 0);
    /* It is not asked again what it is. */
    model_knobs.no_noxs = false;
    assert_int_equal(list(kit), -ENOSYS);
    kit_renew(kit);
    model_knobs.noxs_version = NOXS_VERSION + 1;
    assert_int_equal(list(kit), -EPROTO);
    kit_assert_says(kit->ctx, "noxs version 3");
    model_knobs.noxs_version = NOXS_VERSION - 1;
    assert_int_equal(list(kit), -EPROTO);
    model_knobs.noxs_version = NOXS_VERSION;
    assert_int_equal(list(kit), 0);
    /* Once known, it is not asked again. */
    model_knobs.no_noxs = true;
    model_fail(0, 0);
    assert_int_equal(list(kit), -ENOSYS);
    assert_int_equal(model_operations(), 3);
}

static void allocations(void **state)
{
    struct kit *kit = *state;
    struct chaos_ctx *ctx = NULL;
    unsigned n;

    for (n = 0; n < 2; n++) {
        oom_arm(n);
        assert_int_equal(chaos_ctx_create(&ctx), -ENOMEM);
        assert_true(oom_disarm());
        assert_null(ctx);
    }
    assert_int_equal(chaos_ctx_create(&ctx), 0);
    oom_arm(0);
    kit_assert_error(ctx, chaos_ctx_set_run_dir(ctx, kit->run), -ENOMEM);
    assert_true(oom_disarm());
    chaos_ctx_destroy(ctx);
    chaos_ctx_destroy(NULL);
    assert_string_equal(chaos_version(), "test");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(errors),           TEST(log_levels),  TEST(no_hypervisor),
        TEST(wrong_hypervisor), TEST(allocations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
