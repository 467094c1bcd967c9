/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests to a guest: one that obeys, one that lies, one that is silent and
 * one that dies; and that two programs do not talk to the same guest at once.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <noxs/sysctl.h>

#include "kit.h"
#include "unit.h"

/* How the scripted guest answers a ring. */
struct script {
    uint32_t domid;
    uint32_t status;   /* ack_status; 0: no answer */
    int32_t id_offset; /* of ack_id to the request's id */
    bool ring;
    bool dies;
    bool lies_first; /* one wrong answer with a ring before the right one */
    unsigned rings;
    uint32_t seen_cmd, seen_id;
};

static void guest(void *arg, uint32_t domid, uint32_t port)
{
    struct script *s = arg;
    struct noxs_sysctl *page = model_control(domid, NOXS_DEV_SYSCTL);

    if (domid != s->domid ||
        port != model_device(domid, NOXS_DEV_SYSCTL)->evtchn)
        return;
    s->rings++;
    s->seen_cmd = page->request_cmd;
    s->seen_id = page->request_id;
    if (s->status) {
        page->ack_status = s->status;
        page->ack_id = page->request_id + (uint32_t)s->id_offset;
    }
    if (s->dies)
        model_shutdown(domid, CHAOS_REASON_CRASH);
    if (s->ring)
        model_ring(domid, port);
}

static struct script start_guest(struct kit *kit)
{
    return (struct script){
        .domid = kit_create(kit, NULL),
        .status = NOXS_ACK_ACCEPTED,
        .ring = true,
    };
}

static int request(struct kit *kit, struct script *s, enum chaos_reason what)
{
    struct snapshot before = kit_snapshot(kit);
    int rc;

    model_set_guest(guest, s);
    rc = chaos_domain_request(kit->ctx, s->domid, what, 20);
    model_set_guest(NULL, NULL);
    kit_assert_same(kit, &before, "request");
    if (rc < 0)
        kit_assert_text(kit->ctx);
    return rc;
}

static void every_request(void **state)
{
    static const uint32_t commands[] = {NOXS_SYSCTL_POWEROFF,
                                        NOXS_SYSCTL_REBOOT, NOXS_SYSCTL_SUSPEND,
                                        NOXS_SYSCTL_CRASH};
    struct kit *kit = *state;
    struct script s = start_guest(kit);
    unsigned i;

    for (i = 0; i < 4; i++) {
        assert_int_equal(request(kit, &s, (enum chaos_reason)i), 0);
        assert_int_equal(s.seen_cmd, commands[i]);
        assert_int_equal(s.seen_id, i + 1);
        assert_int_equal(s.rings, i + 1);
    }
    assert_int_equal(request(kit, &s, CHAOS_REASON_WATCHDOG), -EINVAL);
    assert_int_equal(request(kit, &s, CHAOS_REASON_SOFT_RESET), -EINVAL);
    assert_int_equal(request(kit, &s, (enum chaos_reason)99), -EINVAL);
    assert_int_equal(s.rings, 4);
}

/* The counter of requests runs over, and 0 is no id. */
static void ids_wrap(void **state)
{
    struct kit *kit = *state;
    struct script s = start_guest(kit);
    struct noxs_sysctl *page = model_control(s.domid, NOXS_DEV_SYSCTL);

    page->request_id = 0xfffffffeu;
    assert_int_equal(request(kit, &s, CHAOS_REASON_POWEROFF), 0);
    assert_int_equal(s.seen_id, 0xffffffffu);
    assert_int_equal(request(kit, &s, CHAOS_REASON_POWEROFF), 0);
    assert_int_equal(s.seen_id, 1);
}

static void refusals(void **state)
{
    struct kit *kit = *state;
    struct script s = start_guest(kit);

    s.status = NOXS_ACK_UNSUPPORTED;
    assert_int_equal(request(kit, &s, CHAOS_REASON_SUSPEND), -EOPNOTSUPP);
    s.status = NOXS_ACK_INVALID;
    assert_int_equal(request(kit, &s, CHAOS_REASON_SUSPEND), -EPROTO);
    s.status = 0xdeadbeef;
    assert_int_equal(request(kit, &s, CHAOS_REASON_SUSPEND), -EPROTO);
}

static void silence_and_lies(void **state)
{
    struct kit *kit = *state;
    struct script s = start_guest(kit);

    s.id_offset = 1;
    assert_int_equal(request(kit, &s, CHAOS_REASON_REBOOT), -ETIMEDOUT);
    s.id_offset = -1;
    assert_int_equal(request(kit, &s, CHAOS_REASON_REBOOT), -ETIMEDOUT);
    s.status = 0;
    assert_int_equal(request(kit, &s, CHAOS_REASON_REBOOT), -ETIMEDOUT);
    kit_assert_says(kit->ctx, "did not answer");
    s.ring = false;
    assert_int_equal(request(kit, &s, CHAOS_REASON_REBOOT), -ETIMEDOUT);
    /* An answer without a ring is found by the ring that binding makes. */
    s.status = NOXS_ACK_ACCEPTED;
    s.id_offset = 0;
    assert_int_equal(request(kit, &s, CHAOS_REASON_REBOOT), 0);
}

static void dies_meanwhile(void **state)
{
    struct kit *kit = *state;
    struct script s = start_guest(kit);

    s.dies = true;
    assert_int_equal(request(kit, &s, CHAOS_REASON_POWEROFF), 0);
    assert_int_equal(request(kit, &s, CHAOS_REASON_POWEROFF), -ESHUTDOWN);
    s = start_guest(kit);
    s.dies = true;
    s.status = 0;
    s.ring = false;
    assert_int_equal(request(kit, &s, CHAOS_REASON_POWEROFF), -ESHUTDOWN);
    kit_assert_says(kit->ctx, "ended without an answer");
}

/* Somebody destroys the domain as soon as it was rung. */
static void destroy_it(void *arg, uint32_t domid, uint32_t port)
{
    (void)arg, (void)port;
    model_destroy(domid);
}

static void destroyed_meanwhile(void **state)
{
    struct kit *kit = *state;
    uint32_t domid;
    struct snapshot before = kit_snapshot(kit);

    domid = kit_create(kit, NULL);
    model_set_guest(destroy_it, NULL);
    kit_assert_error(
        kit->ctx,
        chaos_domain_request(kit->ctx, domid, CHAOS_REASON_POWEROFF, 60000),
        -ESHUTDOWN);
    /* Its pages went with the last mapping; only the record remains. */
    kit_renew(kit);
    before.files = 1;
    kit_assert_same(kit, &before, "destroyed meanwhile");
}

static void paused_or_stopped(void **state)
{
    struct kit *kit = *state;
    struct script s = start_guest(kit);

    assert_int_equal(chaos_domain_pause(kit->ctx, s.domid), 0);
    assert_int_equal(request(kit, &s, CHAOS_REASON_POWEROFF), -EAGAIN);
    kit_assert_says(kit->ctx, "paused");
    assert_int_equal(chaos_domain_unpause(kit->ctx, s.domid), 0);
    model_shutdown(s.domid, 0);
    assert_int_equal(request(kit, &s, CHAOS_REASON_POWEROFF), -ESHUTDOWN);
    assert_int_equal(s.rings, 0);
}

/* --- two programs ----------------------------------------------------------
 */

struct second {
    struct chaos_ctx *ctx;
    uint32_t domid;
    int rc;
};

/* While the first waits for its guest, the second tries the same. */
static void second_asks(void *arg, uint32_t domid, uint32_t port)
{
    struct second *s = arg;
    struct noxs_sysctl *page = model_control(domid, NOXS_DEV_SYSCTL);

    model_set_guest(NULL, NULL);
    s->rc = chaos_domain_request(s->ctx, s->domid, CHAOS_REASON_REBOOT, 1);
    page->ack_status = NOXS_ACK_ACCEPTED;
    page->ack_id = page->request_id;
    model_ring(domid, port);
}

static void one_at_a_time(void **state)
{
    struct kit *kit = *state;
    uint32_t a = kit_create(kit, NULL), b = kit_create(kit, NULL);
    struct second s = {kit_second(kit), a, 0};
    struct noxs_sysctl *page = model_control(a, NOXS_DEV_SYSCTL);

    model_set_guest(second_asks, &s);
    assert_int_equal(
        chaos_domain_request(kit->ctx, a, CHAOS_REASON_POWEROFF, 1000), 0);
    kit_assert_error(s.ctx, s.rc, -EBUSY);
    /* The lock said so: the request itself must not be touched. */
    kit_assert_says(s.ctx, "is talking to its sysctl device");
    assert_int_equal(page->request_id, 1);
    assert_int_equal(page->request_cmd, NOXS_SYSCTL_POWEROFF);
    /* Another domain's device is free meanwhile: it just does not answer. */
    s.domid = b;
    model_set_guest(second_asks, &s);
    assert_int_equal(
        chaos_domain_request(kit->ctx, a, CHAOS_REASON_POWEROFF, 1000), 0);
    kit_assert_error(s.ctx, s.rc, -ETIMEDOUT);
    chaos_ctx_destroy(s.ctx);
}

/* A program without the lock file's knowledge holds the channel itself. */
static void channel_taken(void **state)
{
    struct kit *kit = *state;
    struct script s = start_guest(kit);
    struct hv_evtchn *ev;
    uint32_t port;
    struct hv *hv;

    assert_int_equal(hv_xen_open(&hv), 0);
    assert_int_equal(hv->ops->evtchn_open(hv, &ev), 0);
    assert_int_equal(
        hv->ops->evtchn_bind(
            ev, s.domid, model_device(s.domid, NOXS_DEV_SYSCTL)->evtchn, &port),
        0);
    assert_int_equal(request(kit, &s, CHAOS_REASON_POWEROFF), -EBUSY);
    hv->ops->evtchn_close(ev);
    assert_int_equal(request(kit, &s, CHAOS_REASON_POWEROFF), 0);
    hv->ops->close(hv);
}

/* --- readiness
 * ---------------------------------------------------------------- */

static void comes_up(void *arg, const char *operation)
{
    const uint32_t *domid = arg;
    struct noxs_sysctl *page = model_control(*domid, NOXS_DEV_SYSCTL);

    if (strcmp(operation, "evtchn_bind") != 0)
        return;
    page->up_time = 12345;
    page->exit_code = 7;
    page->state = NOXS_STATE_UP;
    model_ring(*domid, model_device(*domid, NOXS_DEV_SYSCTL)->evtchn);
}

static void wait_up(void **state)
{
    struct kit *kit = *state;
    struct chaos_guest_state guest_state;
    uint32_t domid = kit_create(kit, NULL);
    struct snapshot before = kit_snapshot(kit);

    kit_assert_error(kit->ctx, chaos_domain_wait_up(kit->ctx, domid, 0),
                     -ETIMEDOUT);
    kit_assert_error(kit->ctx, chaos_domain_wait_up(kit->ctx, domid, 5),
                     -ETIMEDOUT);
    kit_assert_same(kit, &before, "wait_up");
    model_set_hook(comes_up, &domid);
    assert_int_equal(chaos_domain_wait_up(kit->ctx, domid, 60000), 0);
    model_set_hook(NULL, NULL);
    assert_int_equal(chaos_domain_wait_up(kit->ctx, domid, 0), 0);
    assert_int_equal(chaos_domain_guest_state(kit->ctx, domid, &guest_state),
                     0);
    assert_int_equal(guest_state.state, NOXS_STATE_UP);
    assert_int_equal(guest_state.exit_code, 7);
    assert_int_equal(guest_state.up_time_ns, 12345);
    kit_assert_same(kit, &before, "up");
}

static void no_device(void **state)
{
    struct kit *kit = *state;
    struct chaos_guest_state guest_state;
    uint32_t domid = model_domain_add("by-xl");
    struct chaos_ctx *ctx = kit->ctx;

    kit_assert_error(ctx, chaos_domain_wait_up(ctx, domid, 0), -EOPNOTSUPP);
    kit_assert_error(ctx, chaos_domain_request(ctx, domid, 0, 0), -EOPNOTSUPP);
    kit_assert_error(ctx, chaos_domain_guest_state(ctx, domid, &guest_state),
                     -EOPNOTSUPP);
    kit_assert_says(ctx, "not made by chaos");
}

static void every_operation_fails(void **state)
{
    struct kit *kit = *state;
    struct script s = start_guest(kit);
    unsigned n;

    for (n = 1;; n++) {
        int rc;

        model_fail(n, EIO);
        rc = request(kit, &s, CHAOS_REASON_POWEROFF);
        if (!model_failed())
            break;
        assert_int_equal(rc, -EIO);
    }
    model_fail_end();
    assert_true(n > 6);
    for (n = 1;; n++) {
        struct snapshot before = kit_snapshot(kit);
        int rc;

        model_fail(n, EIO);
        rc = chaos_domain_wait_up(kit->ctx, s.domid, 0);
        kit_assert_same(kit, &before, model_failed_name());
        if (!model_failed())
            break;
        kit_assert_error(kit->ctx, rc, -EIO);
    }
    assert_true(n > 4);
}

/* Stopped, and destroyed by a daemon before it is asked anything. */
static void gone_already(void **state)
{
    struct kit *kit = *state;
    uint32_t stopped = kit_create(kit, NULL), killed = kit_create(kit, NULL);

    model_shutdown(stopped, CHAOS_REASON_POWEROFF);
    model_destroy(stopped);
    model_destroy(killed);
    kit_assert_error(kit->ctx, chaos_domain_wait_up(kit->ctx, stopped, 0),
                     -ESHUTDOWN);
    kit_assert_error(
        kit->ctx,
        chaos_domain_request(kit->ctx, stopped, CHAOS_REASON_POWEROFF, 0),
        -ESHUTDOWN);
    kit_assert_error(kit->ctx, chaos_domain_wait_up(kit->ctx, killed, 0),
                     -ESRCH);
    kit_assert_error(
        kit->ctx,
        chaos_domain_request(kit->ctx, killed, CHAOS_REASON_POWEROFF, 0),
        -ESRCH);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_request),
        TEST(ids_wrap),
        TEST(refusals),
        TEST(silence_and_lies),
        TEST(dies_meanwhile),
        TEST(destroyed_meanwhile),
        TEST(paused_or_stopped),
        TEST(one_at_a_time),
        TEST(channel_taken),
        TEST(wait_up),
        TEST(gone_already),
        TEST(no_device),
        TEST(every_operation_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
