/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Living domains: ending, pausing, renaming and finding them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kit.h"
#include "unit.h"

static void destroy(void **state)
{
    struct kit *kit = *state;
    struct snapshot before;
    uint32_t domid;

    kit_create(kit, "name", "other", NULL);
    before = kit_snapshot(kit);
    domid = kit_create(kit, "name", "web-1", NULL);
    assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
    kit_assert_same(kit, &before, "destroyed");
    kit_assert_error(kit->ctx, chaos_domain_destroy(kit->ctx, domid), -ESRCH);
    /* The name is free again, and the id is another one. */
    assert_int_not_equal(kit_create(kit, "name", "web-1", NULL), domid);
}

static void destroy_fails(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, NULL);
    struct chaos_config *cfg;

    model_knobs.undestroyable = true;
    kit_assert_error(kit->ctx, chaos_domain_destroy(kit->ctx, domid), -EBUSY);
    /* It lives on, and so does its record. */
    assert_int_equal(chaos_domain_config(kit->ctx, domid, &cfg), 0);
    chaos_config_destroy(cfg);
}

/* Another program destroyed it between the question and the act. */
static void destroyed_meanwhile(void *arg, const char *operation)
{
    uint32_t *domid = arg;

    if (strcmp(operation, "domain_states") == 0 && *domid != 0) {
        model_destroy(*domid);
        *domid = 0;
    }
}

static void destroy_races(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, NULL), victim = domid;

    model_set_hook(destroyed_meanwhile, &victim);
    kit_assert_error(kit->ctx, chaos_domain_destroy(kit->ctx, domid), -ESRCH);
    victim = domid = kit_create(kit, NULL);
    kit_assert_error(kit->ctx, chaos_domain_pause(kit->ctx, domid), -ESRCH);
    victim = domid = kit_create(kit, "paused", "true", NULL);
    kit_assert_error(kit->ctx, chaos_domain_unpause(kit->ctx, domid), -ESRCH);
    victim = domid = kit_create(kit, NULL);
    kit_assert_error(kit->ctx, chaos_domain_rename(kit->ctx, domid, "x1"),
                     -ESRCH);
}

static void domain_zero(void **state)
{
    struct kit *kit = *state;

    kit_assert_error(kit->ctx, chaos_domain_destroy(kit->ctx, 0), -EINVAL);
    kit_assert_error(kit->ctx, chaos_domain_pause(kit->ctx, 0), -EINVAL);
    kit_assert_error(kit->ctx, chaos_domain_rename(kit->ctx, 0, "x"), -EINVAL);
    assert_true(model_view(0).exists);
    assert_false(model_view(0).paused);
}

/* Ids that no domain can have; a truncated one would be dom0 or domain 1. */
static void impossible_ids(void **state)
{
    static const uint32_t ids[] = {2,      1023,    0x7ff0,  0x7fff,
                                   0xffff, 0x10000, 0x10001, CHAOS_DOMID_NONE};
    struct kit *kit = *state;
    struct noxs_device devices[NOXS_DEV_MAX];
    struct chaos_guest_state guest;
    struct chaos_domain_info info;
    struct chaos_console *con;
    struct chaos_config *cfg;
    struct snapshot before;
    uint32_t out;
    unsigned i, reason;

    kit_create(kit, NULL);
    before = kit_snapshot(kit);
    for (i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
        struct chaos_ctx *ctx = kit->ctx;
        uint32_t id = ids[i];

        kit_assert_error(ctx, chaos_domain_destroy(ctx, id), -ESRCH);
        kit_assert_error(ctx, chaos_domain_pause(ctx, id), -ESRCH);
        kit_assert_error(ctx, chaos_domain_unpause(ctx, id), -ESRCH);
        kit_assert_error(ctx, chaos_domain_rename(ctx, id, "x"), -ESRCH);
        kit_assert_error(ctx, chaos_domain_request(ctx, id, 0, 0), -ESRCH);
        kit_assert_error(ctx, chaos_domain_wait(ctx, id, 0, &reason), -ESRCH);
        kit_assert_error(ctx, chaos_domain_wait_up(ctx, id, 0), -ESRCH);
        kit_assert_error(ctx, chaos_domain_settle(ctx, id, &out), -ESRCH);
        kit_assert_error(ctx, chaos_domain_info(ctx, id, &info), -ESRCH);
        kit_assert_error(ctx, chaos_domain_devices(ctx, id, devices), -ESRCH);
        kit_assert_error(ctx, chaos_domain_guest_state(ctx, id, &guest),
                         -ESRCH);
        kit_assert_error(ctx, chaos_domain_config(ctx, id, &cfg), -ESRCH);
        kit_assert_error(ctx, chaos_console_open(ctx, id, &con), -ESRCH);
    }
    kit_assert_same(kit, &before, "impossible ids");
}

static void pause_and_unpause(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, NULL);

    assert_int_equal(chaos_domain_pause(kit->ctx, domid), 0);
    assert_true(model_view(domid).paused);
    assert_int_equal(chaos_domain_pause(kit->ctx, domid), 0);
    assert_int_equal(chaos_domain_unpause(kit->ctx, domid), 0);
    assert_false(model_view(domid).paused);
    kit_assert_error(kit->ctx, chaos_domain_unpause(kit->ctx, domid), -EINVAL);
    kit_assert_says(kit->ctx, "not paused");
}

static void operations_fail(void **state)
{
    struct kit *kit = *state;
    struct noxs_device devices[NOXS_DEV_MAX];
    struct chaos_domain_info info;
    struct chaos_host_info host;
    struct chaos_host_limits limits;
    uint32_t domid = kit_create(kit, NULL), out;
    struct chaos_ctx *ctx = kit->ctx;
    unsigned n;

    for (n = 1; n <= 2; n++) {
        model_fail(n, EPERM);
        kit_assert_error(ctx, chaos_domain_destroy(ctx, domid), -EPERM);
        model_fail(n, EPERM);
        kit_assert_error(ctx, chaos_domain_pause(ctx, domid), -EPERM);
        model_fail(n, EPERM);
        kit_assert_error(ctx, chaos_domain_rename(ctx, domid, "x"), -EPERM);
        model_fail(n, EPERM);
        kit_assert_error(ctx, chaos_domain_info(ctx, domid, &info), -EPERM);
        model_fail(n, EPERM);
        kit_assert_error(ctx, chaos_host_info(ctx, &host), -EPERM);
        model_fail(n, EPERM);
        kit_assert_error(ctx, chaos_host_limits(ctx, &limits), -EPERM);
    }
    model_fail(1, EPERM);
    kit_assert_error(ctx, chaos_domain_devices(ctx, domid, devices), -EPERM);
    model_fail(1, EPERM);
    kit_assert_error(ctx, chaos_domain_lookup(ctx, "x", &out), -EPERM);
    model_fail(1, EPERM);
    kit_assert_error(ctx, chaos_domain_lookup(ctx, "1", &out), -EPERM);
    assert_true(model_view(domid).exists);
}

static void limits_of_the_host(void **state)
{
    struct kit *kit = *state;
    struct chaos_host_limits limits;

    assert_int_equal(chaos_host_limits(kit->ctx, &limits), 0);
    assert_int_equal(limits.domains, 0x7ff0);
    assert_int_equal(limits.grant_frames, 4);
    assert_int_equal(limits.grant_frames_max, 64);
    assert_int_equal(limits.grants_per_frame, 512);
    assert_int_equal(limits.watches, MODEL_WATCH_MAX);
    model_knobs.no_noxs = true;
    assert_int_equal(chaos_host_limits(kit->ctx, &limits), 0);
    assert_int_equal(limits.watches, 0);
}

/* --- names -----------------------------------------------------------------
 */

static void duplicate_name(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg;
    struct snapshot before;
    uint32_t domid = kit_create(kit, "name", "web-1", NULL), second = 99;

    cfg = kit_config(kit, "name", "web-1", NULL);
    before = kit_snapshot(kit);
    kit_assert_error(kit->ctx, chaos_domain_create(kit->ctx, cfg, &second),
                     -EEXIST);
    kit_assert_says(kit->ctx, "name 'web-1': a domain has it already");
    assert_int_equal(second, 99);
    kit_assert_same(kit, &before, "duplicate");
    assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
    assert_int_equal(chaos_domain_create(kit->ctx, cfg, &second), 0);
    chaos_config_destroy(cfg);
}

static uint32_t find(struct kit *kit, const char *name)
{
    uint32_t domid = 55555;
    int rc = chaos_domain_lookup(kit->ctx, name, &domid);

    if (rc == 0)
        return domid;
    kit_assert_error(kit->ctx, rc, -ESRCH);
    /* Written only on success. */
    assert_int_equal(domid, 55555);
    return CHAOS_DOMID_NONE;
}

static void rename_domain(void **state)
{
    struct kit *kit = *state;
    uint32_t a = kit_create(kit, "name", "alpha", NULL);
    uint32_t b = kit_create(kit, "name", "beta", NULL);
    char longest[NOXS_NAME_SIZE + 1];

    kit_assert_error(kit->ctx, chaos_domain_rename(kit->ctx, b, "alpha"),
                     -EEXIST);
    assert_int_equal(find(kit, "beta"), b);
    assert_int_equal(chaos_domain_rename(kit->ctx, a, "gamma"), 0);
    assert_int_equal(find(kit, "gamma"), a);
    assert_int_equal(find(kit, "alpha"), CHAOS_DOMID_NONE);
    assert_int_equal(chaos_domain_rename(kit->ctx, b, "alpha"), 0);
    assert_int_equal(chaos_domain_rename(kit->ctx, b, "alpha"), 0);

    memset(longest, 'n', sizeof(longest));
    longest[NOXS_NAME_SIZE] = '\0';
    kit_assert_error(kit->ctx, chaos_domain_rename(kit->ctx, a, longest),
                     -EINVAL);
    kit_assert_error(kit->ctx, chaos_domain_rename(kit->ctx, a, ""), -EINVAL);
    kit_assert_error(kit->ctx, chaos_domain_rename(kit->ctx, a, "12"), -EINVAL);
    kit_assert_error(kit->ctx, chaos_domain_rename(kit->ctx, a, "a\x01"),
                     -EINVAL);
    assert_int_equal(find(kit, "gamma"), a);
}

static void look_up(void **state)
{
    struct kit *kit = *state;
    char text[10001];
    uint32_t domid = 0;

    while (domid < 7)
        domid = model_domain_add(NULL);
    domid = kit_create(kit, "name", "web-8", NULL);
    assert_int_equal(domid, 8);
    assert_int_equal(find(kit, "web-8"), 8);
    assert_int_equal(find(kit, "8"), 8);
    assert_int_equal(find(kit, "007"), 7);
    assert_int_equal(find(kit, "0"), 0);
    assert_int_equal(find(kit, "9"), CHAOS_DOMID_NONE);
    assert_int_equal(find(kit, "99999"), CHAOS_DOMID_NONE);
    assert_int_equal(find(kit, "65544"), CHAOS_DOMID_NONE);
    assert_int_equal(find(kit, "4294967304"), CHAOS_DOMID_NONE);
    assert_int_equal(find(kit, "32752"), CHAOS_DOMID_NONE);
    assert_int_equal(find(kit, "-1"), CHAOS_DOMID_NONE);
    assert_int_equal(find(kit, "+8"), CHAOS_DOMID_NONE);
    assert_int_equal(find(kit, " 8"), CHAOS_DOMID_NONE);
    assert_int_equal(find(kit, "8 "), CHAOS_DOMID_NONE);
    assert_int_equal(find(kit, ""), CHAOS_DOMID_NONE);
    assert_int_equal(find(kit, "web"), CHAOS_DOMID_NONE);
    assert_int_equal(find(kit, "web-80"), CHAOS_DOMID_NONE);
    assert_int_equal(find(kit, "web\n8"), CHAOS_DOMID_NONE);
    memset(text, 'w', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(find(kit, text), CHAOS_DOMID_NONE);
    memset(text, '7', sizeof(text) - 1);
    assert_int_equal(find(kit, text), CHAOS_DOMID_NONE);
}

/* --- what a domain is
 * --------------------------------------------------------- */

static void info(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "name", "web-1", "memory", "3600K", NULL);
    struct chaos_domain_info i;

    assert_int_equal(chaos_domain_info(kit->ctx, domid, &i), 0);
    assert_int_equal(i.domid, domid);
    assert_string_equal(i.name, "web-1");
    assert_int_equal(i.generation, 1);
    assert_int_equal(i.devices, 2);
    assert_int_equal(i.memory_kb, 3600);
    assert_int_equal(i.max_memory_kb, 3600);
    assert_int_equal(i.vcpus, 1);
    assert_true(i.blocked);
    assert_false(i.paused || i.stopped || i.dying || i.hvm);
    model_shutdown(domid, CHAOS_REASON_CRASH);
    assert_int_equal(chaos_domain_info(kit->ctx, domid, &i), 0);
    assert_true(i.stopped);
    assert_int_equal(i.reason, CHAOS_REASON_CRASH);
}

static void devices(void **state)
{
    struct kit *kit = *state;
    struct noxs_device dev[NOXS_DEV_MAX];
    uint32_t domid = kit_create(kit, NULL);

    assert_int_equal(chaos_domain_devices(kit->ctx, domid, dev), 2);
    assert_int_equal(dev[0].type, NOXS_DEV_SYSCTL);
    assert_int_equal(dev[1].type, NOXS_DEV_CONSOLE);
    assert_int_equal(dev[0].generation, 1);
    assert_int_equal(dev[1].generation, 2);
    assert_int_equal(chaos_domain_devices(kit->ctx, 0, dev), 0);
}

static void host(void **state)
{
    struct kit *kit = *state;
    struct chaos_host_info h;

    assert_int_equal(chaos_host_info(kit->ctx, &h), 0);
    assert_int_equal(h.xen_major, 4);
    assert_int_equal(h.xen_minor, 17);
    assert_string_equal(h.xen_extra, ".5-model");
    assert_int_equal(h.noxs_version, NOXS_VERSION);
    assert_int_equal(h.cpus, 2);
    assert_int_equal(h.total_kb, model_knobs.host_pages * 4);
    assert_int_equal(h.free_kb, h.total_kb);
    assert_int_equal(h.scrub_kb, 64);
    model_knobs.no_noxs = true;
    assert_int_equal(chaos_host_info(kit->ctx, &h), 0);
    assert_int_equal(h.noxs_version, 0);
}

static void reasons(void **state)
{
    (void)state;
    assert_string_equal(chaos_reason_name(0), "poweroff");
    assert_string_equal(chaos_reason_name(1), "reboot");
    assert_string_equal(chaos_reason_name(2), "suspend");
    assert_string_equal(chaos_reason_name(3), "crash");
    assert_string_equal(chaos_reason_name(4), "watchdog");
    assert_string_equal(chaos_reason_name(5), "soft_reset");
    assert_string_equal(chaos_reason_name(6), "unknown");
    assert_string_equal(chaos_reason_name(255), "unknown");
    assert_string_equal(chaos_reason_name(~0u), "unknown");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(destroy),
        TEST(destroy_fails),
        TEST(destroy_races),
        TEST(domain_zero),
        TEST(impossible_ids),
        TEST(operations_fail),
        TEST(limits_of_the_host),
        TEST(duplicate_name),
        TEST(pause_and_unpause),
        TEST(rename_domain),
        TEST(look_up),
        TEST(info),
        TEST(devices),
        TEST(host),
        cmocka_unit_test(reasons),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
