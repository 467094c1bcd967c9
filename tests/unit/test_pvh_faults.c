/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PVH guests that cannot be: hosts and kernels that are none for them; and that
 * whatever fails leaves nothing, and says why.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <xen/elfnote.h>

#include "kernel.h"
#include "kit.h"
#include "oom.h"
#include "step_fault.h"
#include "unit.h"

#define START 0x100000ull /* of the kernel */
#define SWEEP_MAX 500u    /* far more than a create takes */

static int setup(void **state)
{
    int rc = kit_setup(state);
    struct kit *kit = *state;
    struct kernel k;

    kernel_make_pvh(&k, START);
    kernel_write(&k, kit->kernel);
    return rc;
}

/* --- what is refused
 * ---------------------------------------------------------- */

static void refused(struct kit *kit, int rc, const char *says, const char *key,
                    const char *value)
{
    struct chaos_config *cfg =
        kit_config(kit, "xen.pvh", "true", key, value, NULL);
    struct snapshot before = kit_snapshot(kit);
    uint32_t domid = 77;

    kit_assert_error(kit->ctx, chaos_domain_create(kit->ctx, cfg, &domid), rc);
    kit_assert_says(kit->ctx, says);
    assert_int_equal(domid, 77);
    kit_assert_same(kit, &before, says);
    chaos_config_destroy(cfg);
}

static void too_small(void **state)
{
    struct kit *kit = *state;

    (void)kit_create(kit, "xen.pvh", "true", "memory", "1068K", NULL);
    /* The kernel, one page behind it, and three at the end. */
    refused(kit, -ENOMEM, "needs 1056 KiB and the guest has 1052 KiB", "memory",
            "1052K");
    refused(kit, -ENOMEM, "KiB", "memory", "64K");
}

static void host_cannot(void **state)
{
    struct kit *kit = *state;

    (void)kit_create(kit, "xen.pvh", "true", NULL);
    model_knobs.no_pvh = true;
    refused(kit, -EOPNOTSUPP, "nested paging", "memory", "4");
}

static void kernels(void **state)
{
    struct kit *kit = *state;
    struct kernel k;
    uint32_t *entry;

    (void)kit_create(kit, "xen.pvh", "true", NULL);
    kernel_make_pvh(&k, START);
    entry = (void *)((uint8_t *)kernel_note(&k, XEN_ELFNOTE_PHYS32_ENTRY) + 16);
    *entry = START - 1;
    kernel_write(&k, kit->kernel);
    refused(kit, -ENOEXEC, "entry point lies outside", "memory", "4");
    *entry = START + KERNEL_PAGES * 4096;
    kernel_write(&k, kit->kernel);
    refused(kit, -ENOEXEC, "entry point lies outside", "memory", "4");
    /* One of PV alone, whose notes say nothing of PVH. */
    kernel_make(&k, START, 0);
    kernel_write(&k, kit->kernel);
    refused(kit, -ENOEXEC, "PHYS32_ENTRY", "memory", "4");
}

/* --- whatever fails
 * ----------------------------------------------------------- */

static struct chaos_config *rich_config(struct kit *kit)
{
    uint8_t data[5000] = {1};

    kit_write_file(kit->ramdisk, data, sizeof(data));
    return kit_config(kit, "xen.pvh", "true", "name", "web-1", "ramdisk",
                      kit->ramdisk, "memory", "3600K", "cmdline", "a b", NULL);
}

static struct snapshot settle_down(struct kit *kit)
{
    uint32_t domid = kit_create(kit, "xen.pvh", "true", NULL);

    assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
    kit_renew(kit);
    return kit_snapshot(kit);
}

static void every_operation(void **state)
{
    static const int errors[] = {ENOMEM, EINVAL, EPERM, ESRCH, EOPNOTSUPP};
    struct kit *kit = *state;
    struct chaos_config *cfg = rich_config(kit);
    struct snapshot before = settle_down(kit);
    unsigned i, n;

    for (i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
        for (n = 1; n < SWEEP_MAX; n++) {
            char what[80];
            int rc;

            snprintf(what, sizeof(what), "operation %u: %d", n, errors[i]);
            model_fail(n, errors[i]);
            rc = kit_create_once(kit, cfg, &before, what);
            if (!model_failed())
                break;
            if (rc == 0 && strcmp(model_failed_name(), "memory_populate") != 0)
                fail_msg("%s (%s) went unnoticed", what, model_failed_name());
        }
        assert_in_range(n, 18, SWEEP_MAX - 1);
    }
    model_fail(0, 0);
    chaos_config_destroy(cfg);
}

static void every_step(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = rich_config(kit);
    struct snapshot before = settle_down(kit);
    size_t i, count = step_fault_count();

    for (i = 0; i < count; i++) {
        step_fault_set((int)i, EXDEV);
        assert_int_equal(kit_create_once(kit, cfg, &before, step_fault_name(i)),
                         -EXDEV);
    }
    step_fault_set(-1, 0);
    assert_int_equal(kit_create_once(kit, cfg, &before, "none"), 0);
    chaos_config_destroy(cfg);
}

static void every_allocation(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = rich_config(kit);
    struct snapshot before = settle_down(kit);
    bool fired = true;
    unsigned n;

    for (n = 0; fired && n < SWEEP_MAX; n++) {
        uint32_t domid = CHAOS_DOMID_NONE;
        int rc;

        oom_arm(n);
        rc = chaos_domain_create(kit->ctx, cfg, &domid);
        fired = oom_disarm();
        if (rc == 0)
            assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
        else
            kit_assert_error(kit->ctx, rc, -ENOMEM);
        kit_renew(kit);
        kit_assert_same(kit, &before, "an allocation fails");
    }
    assert_in_range(n, 5, SWEEP_MAX - 1);
    chaos_config_destroy(cfg);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(too_small),       TEST(host_cannot), TEST(kernels),
        TEST(every_operation), TEST(every_step),  TEST(every_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
