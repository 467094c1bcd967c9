/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exits of domains: read as they happen, in pieces, after a loss; and waiting
 * for one domain to stop.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "birth.h"
#include "internal.h"
#include "kit.h"
#include "oom.h"
#include "unit.h"

static bool readable(const struct chaos_watch *watch)
{
    struct pollfd pfd = {.fd = chaos_watch_fd(watch), .events = POLLIN};

    return poll(&pfd, 1, 0) == 1;
}

static struct chaos_watch *open_watch(struct kit *kit)
{
    struct chaos_watch *watch;

    if (chaos_watch_open(kit->ctx, &watch) != 0)
        fail_msg("%s", chaos_ctx_error(kit->ctx));
    return watch;
}

static void exits_in_order(void **state)
{
    struct kit *kit = *state;
    struct noxs_exit e[8];
    struct snapshot before;
    struct chaos_watch *watch;
    uint32_t a = kit_create(kit, NULL), b = kit_create(kit, NULL);

    /* What was before is not reported. */
    model_shutdown(a, 0);
    before = kit_snapshot(kit);
    watch = open_watch(kit);
    assert_int_equal(chaos_watch_read(watch, e, 8), 0);
    assert_false(readable(watch));
    model_shutdown(b, CHAOS_REASON_CRASH);
    assert_true(readable(watch));
    assert_int_equal(chaos_watch_read(watch, e, 8), 1);
    assert_int_equal(e[0].domid, b);
    assert_int_equal(e[0].kind, NOXS_EXIT_SHUTDOWN);
    assert_int_equal(e[0].reason, CHAOS_REASON_CRASH);
    assert_memory_equal(e[0].uuid, model_view(b).page->identity.uuid, 16);
    assert_false(readable(watch));
    assert_int_equal(chaos_watch_read(watch, e, 8), 0);
    model_destroy(a);
    assert_int_equal(chaos_watch_read(watch, e, 8), 2);
    assert_int_equal(e[0].kind, NOXS_EXIT_DYING);
    assert_int_equal(e[1].kind, NOXS_EXIT_DESTROYED);
    assert_int_equal(e[1].domid, a);
    chaos_watch_close(watch);
    chaos_watch_close(NULL);
    before.counts = model_counts();
    assert_int_equal(before.counts.watches, 0);
    kit_assert_same(kit, &before, "watch");
}

/* With room for one at a time the descriptor stays readable till the end. */
static void in_pieces(void **state)
{
    struct kit *kit = *state;
    struct chaos_watch *watch = open_watch(kit);
    struct noxs_exit e;
    unsigned i, seen = 0;

    while (chaos_watch_read(watch, &e, 1) > 0)
        ;
    for (i = 0; i < 5; i++)
        model_shutdown(model_domain_add(NULL), i);
    while (readable(watch)) {
        int n = chaos_watch_read(watch, &e, 1);

        assert_in_range(n, 0, 1);
        if (n == 1)
            assert_int_equal(e.reason, seen++);
    }
    assert_int_equal(seen, 5);
    chaos_watch_close(watch);
}

static void overflow(void **state)
{
    struct kit *kit = *state;
    struct chaos_watch *watch = open_watch(kit);
    struct noxs_exit e[100];
    unsigned i;
    int rc, n, seen = 0;

    for (i = 0; i < MODEL_EXITS_MAX + 5; i++)
        model_shutdown(model_domain_add(NULL), i % 3);
    rc = chaos_watch_read(watch, e, 10);
    kit_assert_error(kit->ctx, rc, -EOVERFLOW);
    kit_assert_says(kit->ctx, "5 exits");
    while (readable(watch) && (n = chaos_watch_read(watch, e, 10)) >= 0) {
        for (i = 0; i < (unsigned)n; i++)
            assert_int_equal(e[i].seq, 6 + seen++);
    }
    assert_int_equal(seen, MODEL_EXITS_MAX);
    chaos_watch_close(watch);
}

static void several(void **state)
{
    struct kit *kit = *state;
    struct chaos_watch *watches[MODEL_WATCH_MAX], *one_more = NULL;
    struct snapshot before;
    struct noxs_exit e[4];
    unsigned i;

    for (i = 0; i < MODEL_WATCH_MAX; i++)
        watches[i] = open_watch(kit);
    before = kit_snapshot(kit);
    kit_assert_error(kit->ctx, chaos_watch_open(kit->ctx, &one_more), -ENOSPC);
    kit_assert_says(kit->ctx, "too many");
    assert_null(one_more);
    kit_assert_same(kit, &before, "one more");
    model_shutdown(kit_create(kit, NULL), 0);
    for (i = 0; i < MODEL_WATCH_MAX; i++) {
        assert_true(readable(watches[i]));
        assert_int_equal(chaos_watch_read(watches[i], e, 4), 1);
        chaos_watch_close(watches[i]);
    }
    chaos_watch_close(open_watch(kit));
}

static void failures(void **state)
{
    struct kit *kit = *state;
    struct snapshot before = kit_snapshot(kit);
    struct chaos_watch *watch = NULL;
    struct noxs_exit e;
    unsigned n;

    for (n = 1;; n++) {
        int rc;

        model_fail(n, EPERM);
        rc = chaos_watch_open(kit->ctx, &watch);
        if (!model_failed())
            break;
        kit_assert_error(kit->ctx, rc, -EPERM);
        assert_null(watch);
        kit_renew(kit);
        kit_assert_same(kit, &before, "open");
    }
    assert_int_equal(n, 7);
    model_fail_end();
    assert_int_equal(chaos_watch_read(watch, &e, 1), 0);
    /* First the question for rings, then the log. */
    model_fail(2, EFAULT);
    kit_assert_error(kit->ctx, chaos_watch_read(watch, &e, 1), -EFAULT);
    chaos_watch_close(watch);
    watch = NULL;
    for (n = 0;; n++) {
        int rc;

        oom_arm(n);
        rc = chaos_watch_open(kit->ctx, &watch);
        if (!oom_disarm())
            break;
        kit_assert_error(kit->ctx, rc, -ENOMEM);
        assert_null(watch);
    }
    chaos_watch_close(watch);
    assert_true(n > 1);
}

/* --- waiting for one
 * ------------------------------------------------------------ */

struct event {
    uint32_t domid;
    unsigned calls; /* of domain_states until it happens */
    int reason;     /* negative: it is destroyed */
    uint32_t other; /* another domain that stops each time before; 0: none */
    bool is_swept;  /* who stopped is destroyed at once */
    struct hv *hv;
    const uint8_t *uuid; /* its handle, two calls before; NULL: it stays */
};

static void happen(void *arg, const char *operation)
{
    struct event *e = arg;

    if (strcmp(operation, "domain_states") != 0 || e->calls == 0)
        return;
    if (--e->calls == 2 && e->uuid)
        assert_int_equal(e->hv->ops->domain_handle(e->hv, e->domid, e->uuid),
                         0);
    if (e->calls > 0) {
        if (e->other)
            model_shutdown(e->other, 0);
        return;
    }
    if (e->reason >= 0)
        model_shutdown(e->domid, (unsigned)e->reason);
    if (e->reason < 0 || e->is_swept)
        model_destroy(e->domid);
}

static int wait_for(struct kit *kit, struct event *e, unsigned *reason)
{
    struct snapshot before = kit_snapshot(kit), after;
    int rc;

    model_set_hook(happen, e);
    rc = chaos_domain_wait(kit->ctx, e->domid, 60000, reason);
    model_set_hook(NULL, NULL);
    after = kit_snapshot(kit);
    assert_int_equal(after.counts.watches, before.counts.watches);
    assert_int_equal(after.counts.host_ports, before.counts.host_ports);
    assert_int_equal(after.fds, before.fds);
    return rc;
}

/* The domain stops before the watch is open, or while it is waited for. */
static void stops(void **state)
{
    struct kit *kit = *state;
    unsigned calls, reason;

    for (calls = 1; calls < 6; calls++) {
        struct event e = {.domid = kit_create(kit, NULL),
                          .calls = calls,
                          .other = model_domain_add(NULL)};

        e.reason = (int)calls;
        reason = 77;
        assert_int_equal(wait_for(kit, &e, &reason), 0);
        assert_int_equal(reason, calls);
    }
}

/* A daemon destroys it before we have looked: the log knows why. */
static void stops_and_is_gone(void **state)
{
    struct kit *kit = *state;
    unsigned calls, reason;

    for (calls = 1; calls < 6; calls++) {
        struct event e = {.domid = kit_create(kit, NULL),
                          .calls = calls,
                          .is_swept = true,
                          .other = model_domain_add(NULL)};

        e.reason = (int)calls;
        reason = 77;
        assert_int_equal(wait_for(kit, &e, &reason), 0);
        assert_int_equal(reason, calls);
    }
}

/* It was so already, and the log forgets in the end. */
static void is_gone_already(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, NULL), xl = model_domain_add("xl");
    unsigned i, reason = 77;

    model_shutdown(domid, CHAOS_REASON_CRASH);
    model_destroy(domid);
    model_shutdown(xl, CHAOS_REASON_REBOOT);
    model_destroy(xl);
    assert_int_equal(chaos_domain_wait(kit->ctx, domid, 0, &reason), 0);
    assert_int_equal(reason, CHAOS_REASON_CRASH);
    assert_int_equal(chaos_domain_wait(kit->ctx, xl, 0, &reason), 0);
    assert_int_equal(reason, CHAOS_REASON_REBOOT);
    for (i = 0; i < MODEL_EXITS_MAX; i++)
        model_shutdown(model_domain_add(NULL), 0);
    reason = 77;
    kit_assert_error(kit->ctx, chaos_domain_wait(kit->ctx, domid, 0, &reason),
                     -ESRCH);
    kit_assert_error(kit->ctx, chaos_domain_wait(kit->ctx, 999, 0, &reason),
                     -ESRCH);
    assert_int_equal(reason, 77);
}

/* One in the making gets its uuid while it is waited for: it is the same. */
static void is_made_meanwhile(void **state)
{
    static const struct birth birth = {.kind = BIRTH_VM, .owner = 5};
    static const uint8_t uuid[NOXS_UUID_SIZE] = {1};
    struct kit *kit = *state;
    struct event e = {.domid = model_domain_add(NULL),
                      .calls = 4,
                      .reason = CHAOS_REASON_CRASH,
                      .other = model_domain_add(NULL),
                      .uuid = uuid};
    uint8_t mark[NOXS_UUID_SIZE];
    unsigned reason;

    assert_int_equal(chaos__hv(kit->ctx, &e.hv), 0);
    birth_encode(&birth, mark);
    assert_int_equal(e.hv->ops->domain_handle(e.hv, e.domid, mark), 0);
    assert_int_equal(wait_for(kit, &e, &reason), 0);
    assert_int_equal(reason, CHAOS_REASON_CRASH);
}

static void is_destroyed(void **state)
{
    struct kit *kit = *state;
    unsigned calls, reason = 77;

    for (calls = 1; calls < 6; calls++) {
        struct event e = {.domid = kit_create(kit, NULL),
                          .calls = calls,
                          .reason = -1,
                          .other = model_domain_add(NULL)};

        kit_assert_error(kit->ctx, wait_for(kit, &e, &reason), -ESRCH);
        assert_int_equal(reason, 77);
    }
}

/* It dies, but a page of it is mapped still, so its id stays. */
static void is_dying(void **state)
{
    struct kit *kit = *state;
    struct event e = {.domid = kit_create(kit, NULL), .calls = 2, .reason = -1};
    struct chaos_console *con;
    unsigned reason;

    assert_int_equal(chaos_console_open(kit->ctx, e.domid, &con), 0);
    kit_assert_error(kit->ctx, wait_for(kit, &e, &reason), -ESRCH);
    kit_assert_says(kit->ctx, "destroyed");
    assert_true(model_view(e.domid).dying);
    chaos_console_close(con);
    assert_false(model_view(e.domid).exists);
}

static void has_stopped_already(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, NULL);
    unsigned reason;

    model_shutdown(domid, CHAOS_REASON_REBOOT);
    assert_int_equal(chaos_domain_wait(kit->ctx, domid, 0, &reason), 0);
    assert_int_equal(reason, CHAOS_REASON_REBOOT);
}

static void wait_times_out(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, NULL);
    struct snapshot before = kit_snapshot(kit);
    unsigned reason = 77;

    kit_assert_error(kit->ctx, chaos_domain_wait(kit->ctx, domid, 0, &reason),
                     -ETIMEDOUT);
    kit_assert_error(kit->ctx, chaos_domain_wait(kit->ctx, domid, 5, &reason),
                     -ETIMEDOUT);
    assert_int_equal(reason, 77);
    kit_assert_same(kit, &before, "timeout");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(exits_in_order),  TEST(in_pieces),
        TEST(overflow),        TEST(several),
        TEST(failures),        TEST(stops),
        TEST(is_destroyed),    TEST(stops_and_is_gone),
        TEST(is_gone_already), TEST(is_made_meanwhile),
        TEST(is_dying),        TEST(has_stopped_already),
        TEST(wait_times_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
