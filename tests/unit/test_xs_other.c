/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What XenStore has of a VM that xl made goes with it; and nobody waits twice
 * for a daemon that keeps silent.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kit.h"
#include "store_model.h"
#include "unit.h"

static void set(uint32_t domid, const char *below, const char *value)
{
    char path[STORE_PATH_SIZE];

    snprintf(path, sizeof(path), "/libxl/%u/%s", domid, below);
    model_store_set(path, value);
}

static void test_destroy(void **state)
{
    struct kit *kit = *state;
    unsigned nodes;
    uint32_t domid;
    char path[64];

    model_store_set("/libxl", "");
    model_store_set("/local/domain/0/backend/console", "");
    nodes = model_store_nodes();
    domid = model_domain_add(NULL);
    set(domid, "dm-version", "qemu_xen");
    snprintf(path, sizeof(path), "/local/domain/0/backend/console/%u/0", domid);
    set(domid, "device/console/0/backend", path);
    model_store_set(path, "");
    set(domid, "device/odd/0/backend", "/local/domain/0/backend/console");
    assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
    assert_int_equal(model_store_nodes(), nodes);
}

/* The first that goes unanswered is the last that is asked for a while. */
static void test_silent_daemon(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = kit_config(kit, "name", "web", NULL);
    struct snapshot before;
    uint32_t domid = kit_create(kit, "name", "other", NULL);
    unsigned n = 0, calls;
    int rc;

    before = kit_snapshot(kit);
    do {
        kit_renew(kit);
        model_fail(++n, ETIMEDOUT);
        rc = chaos_domain_create(kit->ctx, cfg, &domid);
        if (rc == 0)
            assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
        assert_true(model_failed());
    } while (strcmp(model_failed_name(), "store_mkdir") != 0);
    model_fail_end();
    kit_assert_error(kit->ctx, rc, -ETIMEDOUT);
    kit_assert_says(kit->ctx, "does not answer");
    calls = model_store_calls();
    kit_assert_error(kit->ctx, chaos_domain_create(kit->ctx, cfg, &domid),
                     -ETIMEDOUT);
    kit_assert_says(kit->ctx, "did not answer");
    assert_int_equal(model_store_calls(), calls);
    assert_int_equal(kit_snapshot(kit).counts.domains, before.counts.domains);
    chaos_config_destroy(cfg);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup_stock, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_destroy),
        TEST(test_silent_daemon),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
