/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xl destroys a domain while chaos is at it: at each moment in turn. Whatever
 * chaos says of it, nothing is left for a domain that is gone.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <chaos/device.h>

#include "device_kit.h"
#include "store_model.h"
#include "unit.h"

#define SWEEP_MAX 400u

static struct {
    struct kit *kit;
    struct chaos_config *vif, *vbd;
    uint32_t domid;
    unsigned left; /* operations until xl comes */
    bool came;
} f;

static int setup(void **state)
{
    if (kit_setup_stock(state) != 0)
        return -1;
    f.kit = *state;
    f.vif = kit_config(f.kit, "vifs", "[{}]", NULL);
    f.vbd = kit_config(f.kit, "vbds", device_image(f.kit, "r"), NULL);
    return 0;
}

static int teardown(void **state)
{
    chaos_config_destroy(f.vif);
    chaos_config_destroy(f.vbd);
    return kit_teardown(state);
}

static void forget(const char *where)
{
    char path[64];

    snprintf(path, sizeof(path), "%s/%u", where, f.domid);
    if (model_store_value(path))
        model_store_set(path, NULL);
}

/* As xl: the back ends, all other nodes, the domain. */
static void destroy(void *arg, const char *operation)
{
    const char *vm;
    char path[64];

    (void)arg, (void)operation;
    if (f.left-- > 0)
        return;
    f.came = true;
    model_set_hook(NULL, NULL);
    forget("/local/domain/0/backend/vif");
    forget("/local/domain/0/backend/vbd");
    vm = model_store_value(kit_node(f.domid, "vm"));
    if (vm) {
        snprintf(path, sizeof(path), "%s", vm);
        model_store_set(path, NULL);
    }
    forget("/local/domain");
    forget("/libxl");
    if (model_view(f.domid).exists)
        model_destroy(f.domid);
    model_store_exits();
}

static int rename_it(void)
{
    return chaos_domain_rename(f.kit->ctx, f.domid, "new");
}

static int attach_vif(void)
{
    return chaos_vif_attach(f.kit->ctx, f.domid, f.vif, NULL);
}

static int attach_vbd(void)
{
    return chaos_vbd_attach(f.kit->ctx, f.domid, f.vbd, NULL);
}

static int detach(void)
{
    return chaos_vif_detach(f.kit->ctx, f.domid, 0, 10, true);
}

static int ask(void)
{
    return chaos_domain_request(f.kit->ctx, f.domid, CHAOS_REASON_POWEROFF, 10);
}

static int end(void)
{
    return chaos_domain_destroy(f.kit->ctx, f.domid);
}

static void sweep(const char *what, int (*fn)(void))
{
    unsigned n, nodes;

    f.domid = kit_create(f.kit, "vifs", "[{}]", NULL);
    assert_int_equal(chaos_domain_destroy(f.kit->ctx, f.domid), 0);
    nodes = model_store_nodes();
    for (n = 0; n < SWEEP_MAX; n++) {
        int rc;

        f.domid = kit_create(f.kit, "vifs", "[{}]", NULL);
        f.left = n;
        f.came = false;
        model_set_hook(destroy, NULL);
        rc = fn();
        model_set_hook(NULL, NULL);
        if (!f.came)
            break;
        if (rc < 0)
            kit_assert_text(f.kit->ctx);
        if (model_store_nodes() != nodes || model_backs() != 0)
            fail_msg("%s, after %u operations: %u nodes and %u back ends are "
                     "left",
                     what, n, model_store_nodes() - nodes, model_backs());
    }
    assert_in_range(n, 3, SWEEP_MAX - 1);
}

/* One that is being made: its id is the next one. */
static void test_create(void **state)
{
    struct chaos_config *vm =
        kit_config(f.kit, "name", "web", "vifs", "[{}]", "vbds",
                   device_image(f.kit, "w"), NULL);
    unsigned n, nodes;

    (void)state;
    f.domid = kit_create(f.kit, "vifs", "[{}]", NULL);
    assert_int_equal(chaos_domain_destroy(f.kit->ctx, f.domid), 0);
    nodes = model_store_nodes();
    for (n = 0; n < SWEEP_MAX; n++) {
        uint32_t domid;

        f.domid++;
        f.left = n;
        f.came = false;
        model_set_hook(destroy, NULL);
        if (chaos_domain_create(f.kit->ctx, vm, &domid) < 0)
            kit_assert_text(f.kit->ctx);
        else
            assert_int_equal(domid, f.domid);
        model_set_hook(NULL, NULL);
        if (model_view(f.domid).exists)
            assert_int_equal(chaos_domain_destroy(f.kit->ctx, f.domid), 0);
        if (!f.came)
            break;
        if (model_store_nodes() != nodes || model_backs() != 0)
            fail_msg("create, after %u operations: %u nodes and %u back ends "
                     "are left",
                     n, model_store_nodes() - nodes, model_backs());
    }
    assert_in_range(n, 60, SWEEP_MAX - 1);
    chaos_config_destroy(vm);
}

#define SWEEP(fn)                                                              \
    static void test_##fn(void **state)                                        \
    {                                                                          \
        (void)state;                                                           \
        sweep(#fn, fn);                                                        \
    }

SWEEP(rename_it)
SWEEP(attach_vif)
SWEEP(attach_vbd)
SWEEP(detach)
SWEEP(ask)
SWEEP(end)

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(create), TEST(rename_it), TEST(attach_vif), TEST(attach_vbd),
        TEST(detach), TEST(ask),       TEST(end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
