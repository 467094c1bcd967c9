/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests that stop: which policy is carried out, once, what is told of it, and
 * where restarts end.
 */
#include <errno.h>
#include <unistd.h>

#include <noxs/sysctl.h>

#include "../../libchaos/birth.h"
#include "exits_kit.h"

/* --- tests ------------------------------------------------------------------
 */

static void is_destroyed(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, "name", "a", NULL);
    struct noxs_sysctl *ctl = model_control(domid, NOXS_DEV_SYSCTL);

    guests_found(f->d.guests, domid);
    ctl->exit_code = 3;
    stops(f, domid, CHAOS_REASON_POWEROFF);
    /* The loop goes on while a worker is at it. */
    told("exited domid=1 name=a reason=poweroff exit_code=3\n");
    assert_int_equal(queued, 1);
    assert_true(lives(domid));
    work(f);
    told("destroyed domid=1 name=a reason=poweroff\n");
    assert_false(model_view(domid).exists);
    assert_int_equal(counted[METRIC_EXITS], 1);
    assert_int_equal(counted[METRIC_RESTARTS], 0);
    assert_int_equal(observed, 1);
    assert_int_equal(guests_counts(f->d.guests).dead, 1);
}

static void is_restarted(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, "name", "a", NULL);

    guests_found(f->d.guests, domid);
    stops(f, domid, CHAOS_REASON_REBOOT);
    work(f);
    told("exited domid=1 name=a reason=reboot\n"
         "destroyed domid=1 name=a reason=reboot\n"
         "restarted domid=2 name=a reason=reboot previous=1\n");
    assert_false(model_view(domid).exists);
    assert_true(lives(2));
    assert_string_equal(model_view(2).page->identity.name, "a");
    /* Its console is attended at once. */
    assert_int_equal(guests_counts(f->d.guests).attached, 1);
    assert_non_null(guests_facts(f->d.guests, 2));
    assert_int_equal(counted[METRIC_RESTARTS], 1);
}

static void is_preserved(void **state)
{
    struct fixture *f = *state;
    uint32_t domid =
        kit_create(f->kit, "name", "a", "on_crash", "preserve", NULL);

    guests_found(f->d.guests, domid);
    stops(f, domid, CHAOS_REASON_CRASH);
    work(f);
    told("exited domid=1 name=a reason=crash\n"
         "preserved domid=1 name=a reason=crash\n");
    assert_true(lives(domid));
    /* Who looks around finds it stopped, and leaves it alone. */
    assert_int_equal(exits_start(f->d.exits), 0);
    work(f);
    told("");
    assert_int_equal(chaos_domain_destroy(f->kit->ctx, domid), 0);
    turn(f);
    told("destroyed domid=1 name=a reason=crash\n");
}

static void is_renamed(void **state)
{
    struct fixture *f = *state;
    uint32_t domid =
        kit_create(f->kit, "name", "a", "on_crash", "rename-restart", NULL);
    unsigned i;

    guests_found(f->d.guests, domid);
    stops(f, domid, CHAOS_REASON_WATCHDOG);
    work(f);
    told("exited domid=1 name=a reason=watchdog\n"
         "restarted domid=2 name=a reason=watchdog previous=1\n");
    assert_true(lives(1));
    assert_true(lives(2));
    /* Each has another uuid, and is counted as the same VM. */
    for (i = 2; i < 4; i++) {
        stops(f, i, CHAOS_REASON_CRASH);
        work(f);
    }
    assert_int_equal(counted[METRIC_RESTARTS], 3);
    stops(f, 4, CHAOS_REASON_CRASH);
    work(f);
    assert_int_equal(counted[METRIC_RESTARTS_LIMITED], 1);
    assert_true(lives(4));
    assert_string_equal(model_view(4).page->identity.name, "a");
}

static void restarts_end(void **state)
{
    struct fixture *f = *state;
    uint32_t other;
    unsigned i;

    guests_found(f->d.guests, kit_create(f->kit, "name", "a", NULL));
    for (i = 1; i <= 4; i++) {
        stops(f, i, CHAOS_REASON_REBOOT);
        work(f);
    }
    assert_int_equal(counted[METRIC_RESTARTS], 3);
    assert_int_equal(counted[METRIC_RESTARTS_LIMITED], 1);
    assert_int_equal(counted[METRIC_SETTLE_FAILED], 0);
    assert_non_null(strstr(events_told,
                           "\nrestart_limited domid=4 name=a reason=reboot\n"));
    assert_true(lives(4));
    assert_string_equal(model_view(4).page->identity.name, "a");
    assert_false(model_view(5).exists);
    /* Another VM is not at its limit. */
    other = kit_create(f->kit, "name", "b", NULL);
    stops(f, other, CHAOS_REASON_REBOOT);
    work(f);
    assert_int_equal(counted[METRIC_RESTARTS], 4);
    /* And a guest at its limit may still be destroyed by its policy. */
    f->conf.restarts = 0;
    stops(f, other + 1, CHAOS_REASON_POWEROFF);
    work(f);
    assert_false(model_view(other + 1).exists);
    assert_int_equal(counted[METRIC_RESTARTS_LIMITED], 1);
}

static void is_left_alone(void **state)
{
    struct fixture *f = *state;
    uint32_t xl = model_domain_add("by-xl");
    uint32_t domid = kit_create(f->kit, "name", "a", NULL);

    stops(f, domid, CHAOS_REASON_SUSPEND);
    assert_int_equal(queued, 0);
    told("");
    stops(f, xl, CHAOS_REASON_POWEROFF);
    work(f);
    assert_true(lives(xl));
    assert_true(lives(domid));
    assert_int_equal(counted[METRIC_SETTLE_FAILED], 0);
    told("exited domid=1 name=by-xl reason=poweroff\n");
}

/* Somebody else is quicker. */
static void is_gone_already(void **state)
{
    struct fixture *f = *state;
    uint32_t settled, domid = kit_create(f->kit, "name", "a", NULL);

    stops(f, domid, CHAOS_REASON_REBOOT);
    assert_int_equal(chaos_domain_settle(f->kit->ctx, domid, &settled), 0);
    work(f);
    assert_true(lives(settled));
    assert_int_equal(counted[METRIC_SETTLE_FAILED], 0);
    assert_int_equal(counted[METRIC_RESTARTS], 0);
}

static void fails(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, "name", "a", NULL);

    guests_found(f->d.guests, domid);
    assert_int_equal(unlink(f->kit->kernel), 0);
    log_level_set((enum chaos_log_level) - 1);
    stops(f, domid, CHAOS_REASON_REBOOT);
    work(f);
    told("exited domid=1 name=a reason=reboot\n"
         "settle_failed domid=1 name=a reason=reboot\n");
    assert_true(lives(domid));
    assert_int_equal(counted[METRIC_SETTLE_FAILED], 1);
}

/* It stops before its maker is done. */
static void is_being_made(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, "name", "a", NULL);
    struct birth birth;
    uint8_t uuid[16], mark[16];
    struct hv *hv;
    unsigned i;

    memcpy(uuid, model_view(domid).page->identity.uuid, 16);
    assert_int_equal(birth_make(f->kit->ctx, BIRTH_VM, &birth), 0);
    birth_encode(&birth, mark);
    assert_int_equal(hv_xen_open(&hv), 0);
    assert_int_equal(hv->ops->domain_handle(hv, domid, mark), 0);
    stops(f, domid, CHAOS_REASON_POWEROFF);
    for (i = 0; i < 5; i++) {
        work(f);
        assert_true(lives(domid));
        usleep(10000);
        turn(f);
    }
    assert_int_equal(hv->ops->domain_handle(hv, domid, uuid), 0);
    for (i = 0; i < 500 && lives(domid); i++) {
        usleep(1000);
        turn(f);
        work(f);
    }
    assert_false(model_view(domid).exists);
    told("exited domid=1 name=a reason=poweroff exit_code=0\n"
         "destroyed domid=1 name=a reason=poweroff\n");
    hv->ops->close(hv);
}

/* Stopped while no daemon ran. */
static void found_stopped(void **state)
{
    struct fixture *f = *state;
    uint32_t a = kit_create(f->kit, "name", "a", NULL);
    uint32_t b = kit_create(f->kit, "name", "b", NULL);

    stop(f);
    model_shutdown(a, CHAOS_REASON_POWEROFF);
    model_shutdown(b, CHAOS_REASON_REBOOT);
    start(f);
    work(f);
    assert_false(model_view(a).exists);
    assert_false(model_view(b).exists);
    assert_true(lives(3));
    assert_string_equal(model_view(3).page->identity.name, "b");
    assert_int_equal(counted[METRIC_EXITS], 2);
}

/* More exits at once than the hypervisor keeps. */
static void exits_are_lost(void **state)
{
    struct fixture *f = *state;
    uint32_t domids[60];
    unsigned i;

    for (i = 0; i < 60; i++)
        domids[i] = kit_create(f->kit, NULL);
    assert_int_equal(guests_scan(f->d.guests), 0);
    turn(f);
    for (i = 0; i < 60; i += 2)
        model_shutdown(domids[i], CHAOS_REASON_POWEROFF);
    for (i = 1; i < 60; i += 2)
        model_destroy(domids[i]);
    turn(f);
    assert_int_equal(queued, 30);
    work(f);
    for (i = 0; i < 60; i++)
        assert_false(model_view(domids[i]).exists);
    assert_int_equal(guests_counts(f->d.guests).attached, 0);
    assert_int_equal(guests_counts(f->d.guests).dead, 60);
    assert_int_equal(counted[METRIC_EXITS], 30);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(is_destroyed),  TEST(is_restarted),    TEST(is_preserved),
        TEST(is_renamed),    TEST(restarts_end),    TEST(is_left_alone),
        TEST(fails),         TEST(is_gone_already), TEST(is_being_made),
        TEST(found_stopped), TEST(exits_are_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
