/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMs on XenStore where each allocation fails in turn: it is said, and nothing
 * is left, neither of memory nor of what was begun.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <chaos/device.h>

#include "device_kit.h"
#include "oom.h"
#include "store_model.h"
#include "unit.h"

#define SWEEP_MAX 400u

struct fixture {
    struct kit *kit;
    uint32_t domid;
    struct chaos_config *vm, *vif, *vbd;
};

static int setup(void **state)
{
    static struct fixture f;

    if (kit_setup_stock((void **)&f.kit) != 0)
        return -1;
    f.vm = kit_config(f.kit, "name", "web", "vifs", "[{}]", "vbds",
                      device_image(f.kit, "w"), NULL);
    f.vif = kit_config(f.kit, "vifs", "[{}]", NULL);
    f.vbd = kit_config(f.kit, "vbds", device_image(f.kit, "r"), NULL);
    f.domid = kit_create(f.kit, "name", "other", "vifs", "[{}]", NULL);
    model_store_set(kit_node(f.domid, "data/up"), "7");
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    chaos_config_destroy(f->vm);
    chaos_config_destroy(f->vif);
    chaos_config_destroy(f->vbd);
    return kit_teardown((void **)&f->kit);
}

/* --- what is tried: it undoes itself where it works --------------------------
 */

static int create(struct fixture *f)
{
    uint32_t domid;
    int rc = chaos_domain_create(f->kit->ctx, f->vm, &domid);

    if (rc == 0) {
        oom_disarm();
        assert_int_equal(chaos_domain_destroy(f->kit->ctx, domid), 0);
    }
    return rc;
}

static int list(struct fixture *f)
{
    struct chaos_domain_info *infos;
    size_t count;
    int rc = chaos_domain_list(f->kit->ctx, &infos, &count);

    if (rc == 0)
        free(infos);
    return rc;
}

static int lookup(struct fixture *f)
{
    uint32_t domid;

    return chaos_domain_lookup(f->kit->ctx, "other", &domid);
}

static int rename_it(struct fixture *f)
{
    return chaos_domain_rename(f->kit->ctx, f->domid, "other");
}

static int guest(struct fixture *f)
{
    struct chaos_guest_state state;

    return chaos_domain_guest_state(f->kit->ctx, f->domid, &state);
}

static int wait_up(struct fixture *f)
{
    return chaos_domain_wait_up(f->kit->ctx, f->domid, 0);
}

static int console(struct fixture *f)
{
    struct chaos_console *con;
    int rc = chaos_console_open(f->kit->ctx, f->domid, &con);

    if (rc == 0)
        chaos_console_close(con);
    return rc;
}

static int watch(struct fixture *f)
{
    struct chaos_watch *w;
    struct noxs_exit exits[4];
    int rc = chaos_watch_open(f->kit->ctx, &w);

    if (rc < 0)
        return rc;
    rc = chaos_watch_read(w, exits, 4);
    chaos_watch_close(w);
    return rc;
}

static int vifs(struct fixture *f)
{
    struct chaos_vif_info *infos;
    size_t count;
    int rc = chaos_vif_list(f->kit->ctx, f->domid, &infos, &count);

    if (rc == 0)
        chaos_vif_list_free(infos, count);
    return rc;
}

static int attach_vif(struct fixture *f)
{
    uint32_t id;
    int rc = chaos_vif_attach(f->kit->ctx, f->domid, f->vif, &id);

    if (rc == 0) {
        oom_disarm();
        assert_int_equal(chaos_vif_detach(f->kit->ctx, f->domid, id, 10, true),
                         0);
    }
    return rc;
}

static int attach_vbd(struct fixture *f)
{
    uint32_t id;
    int rc = chaos_vbd_attach(f->kit->ctx, f->domid, f->vbd, &id);

    if (rc == 0) {
        oom_disarm();
        assert_int_equal(chaos_vbd_detach(f->kit->ctx, f->domid, id, 10, true),
                         0);
    }
    return rc;
}

static void sweep(void **state, const char *what, int (*fn)(struct fixture *))
{
    struct fixture *f = *state;
    struct snapshot before;
    bool fired = true;
    unsigned n;

    assert_int_equal(fn(f), 0);
    before = kit_snapshot(f->kit);
    for (n = 0; fired && n < SWEEP_MAX; n++) {
        int rc;

        oom_arm(n);
        rc = fn(f);
        fired = oom_disarm();
        if (rc < 0)
            kit_assert_error(f->kit->ctx, rc, -ENOMEM);
        kit_assert_same(f->kit, &before, what);
    }
    assert_in_range(n, 2, SWEEP_MAX - 1);
}

#define SWEEP(fn)                                                              \
    static void test_##fn(void **state)                                        \
    {                                                                          \
        sweep(state, #fn, fn);                                                 \
    }

SWEEP(create)
SWEEP(list)
SWEEP(lookup)
SWEEP(rename_it)
SWEEP(guest)
SWEEP(wait_up)
SWEEP(console)
SWEEP(watch)
SWEEP(vifs)
SWEEP(attach_vif)
SWEEP(attach_vbd)

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(create), TEST(list),       TEST(lookup),     TEST(rename_it),
        TEST(guest),  TEST(wait_up),    TEST(console),    TEST(watch),
        TEST(vifs),   TEST(attach_vif), TEST(attach_vbd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
