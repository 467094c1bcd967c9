/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon on a Xen without noxs: it starts, leaves consoles alone, carries
 * out the policies of guests that stop, and outlives XenStore's daemon.
 */
#include <errno.h>
#include <unistd.h>

#include "exits_kit.h"
#include "store_model.h"

static int setup_stock(void **state)
{
    int rc = setup(state);
    struct fixture *f;

    if (rc != 0)
        return rc;
    f = *state;
    stop(f);
    kit_renew(f->kit);
    chaos_ctx_destroy(f->worker);
    f->worker = kit_second(f->kit);
    f->d.ctx = f->kit->ctx;
    kit_make_stock();
    start(f);
    return 0;
}

/* Xen's event comes to XenStore's daemon, and from there to us. */
static void tell(struct fixture *f)
{
    model_store_exits();
    turn(f);
}

static void exits(struct fixture *f, uint32_t domid, unsigned reason)
{
    model_shutdown(domid, reason);
    tell(f);
}

static void consoles_are_left_alone(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, "name", "a", NULL);

    guests_found(f->d.guests, domid);
    assert_int_equal(guests_counts(f->d.guests).attached, 0);
    assert_string_equal(guests_facts(f->d.guests, domid)->name, "a");
    assert_int_equal(model_counts().host_ports, 0);
}

static void is_destroyed(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, "name", "a", NULL);

    exits(f, domid, CHAOS_REASON_POWEROFF);
    work(f);
    tell(f);
    assert_false(lives(domid));
    told("exited domid=1 name=a reason=poweroff\n"
         "destroyed domid=1 name=a reason=poweroff\n");
    assert_int_equal(observed, 1);
}

static void is_restarted(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, "name", "a", NULL);

    exits(f, domid, CHAOS_REASON_REBOOT);
    work(f);
    tell(f);
    assert_false(lives(domid));
    assert_true(lives(domid + 1));
    assert_string_equal(model_store_value("/local/domain/2/name"), "a");
    assert_int_equal(counted[METRIC_RESTARTS], 1);
    told("exited domid=1 name=a reason=reboot\n"
         "destroyed domid=1 name=a reason=reboot\n"
         "restarted domid=2 name=a reason=reboot previous=1\n");
}

static void wait_for_watch(struct fixture *f)
{
    unsigned ms = 5000;

    while (!f->d.exits->watch && ms-- > 0) {
        usleep(1000);
        turn(f);
    }
    assert_non_null(f->d.exits->watch);
}

/* What stops meanwhile is dealt with as soon as it can be seen. */
static void xenstored_dies(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, "name", "a", NULL);

    store_knobs.dead = true;
    store_knobs.open_error = ECONNREFUSED;
    tell(f);
    exits_read(f->d.exits);
    assert_null(f->d.exits->watch);
    model_shutdown(domid, CHAOS_REASON_POWEROFF);
    turn(f);
    assert_int_equal(queued, 0);
    store_knobs.dead = false;
    store_knobs.open_error = 0;
    wait_for_watch(f);
    work(f);
    tell(f);
    assert_false(lives(domid));
    told("exited domid=1 name=a reason=poweroff\n"
         "destroyed domid=1 name=a reason=poweroff\n");
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup_stock, teardown)
    static const struct CMUnitTest tests[] = {
        TEST(consoles_are_left_alone),
        TEST(is_destroyed),
        TEST(is_restarted),
        TEST(xenstored_dies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
