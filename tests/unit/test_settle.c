/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of a domain that stopped, for each reason and each policy.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "birth.h"
#include "internal.h"
#include "kit.h"
#include "oom.h"
#include "unit.h"

#define UUID "01234567-89ab-cdef-0123-456789abcdef"

static const char *const policies[] = {"destroy", "restart", "preserve",
                                       "rename-restart"};
enum { DESTROY, RESTART, PRESERVE, RENAME_RESTART };

/* Stop a domain so, settle it, and look at what there is then. */
static void settle_as(struct kit *kit, const char *key, unsigned policy,
                      unsigned reason)
{
    uint32_t domid, after = 12345;
    const struct noxs_identity *id;
    struct snapshot before = kit_snapshot(kit);
    uint8_t uuid[16];

    domid = kit_create(kit, "name", "web", key, policies[policy], NULL);
    memcpy(uuid, model_view(domid).page->identity.uuid, sizeof(uuid));
    model_shutdown(domid, reason);
    assert_int_equal(chaos_domain_settle(kit->ctx, domid, &after), 0);
    switch (policy) {
    case DESTROY:
        assert_int_equal(after, CHAOS_DOMID_NONE);
        break;
    case PRESERVE:
        assert_int_equal(after, domid);
        assert_true(model_view(domid).stopped);
        assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
        break;
    case RESTART:
        assert_false(model_view(domid).exists);
        id = &model_view(after).page->identity;
        assert_string_equal(id->name, "web");
        assert_memory_equal(id->uuid, uuid, sizeof(uuid));
        assert_int_equal(id->generation, 2);
        assert_int_equal(chaos_domain_destroy(kit->ctx, after), 0);
        break;
    default:
        assert_true(model_view(domid).stopped);
        assert_string_not_equal(model_view(domid).page->identity.name, "web");
        id = &model_view(after).page->identity;
        assert_string_equal(id->name, "web");
        assert_memory_not_equal(id->uuid, uuid, sizeof(uuid));
        assert_int_equal(chaos_domain_destroy(kit->ctx, after), 0);
        assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
        break;
    }
    before.counts.handles = 1;
    kit_assert_same(kit, &before, policies[policy]);
}

static void every_policy(void **state)
{
    struct kit *kit = *state;
    unsigned p;

    for (p = DESTROY; p <= RENAME_RESTART; p++) {
        settle_as(kit, "on_poweroff", p, CHAOS_REASON_POWEROFF);
        settle_as(kit, "on_reboot", p, CHAOS_REASON_REBOOT);
        settle_as(kit, "on_crash", p, CHAOS_REASON_CRASH);
        settle_as(kit, "on_crash", p, CHAOS_REASON_WATCHDOG);
        settle_as(kit, "on_crash", p, 200);
    }
}

static void defaults(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, NULL), after;

    model_shutdown(domid, CHAOS_REASON_POWEROFF);
    assert_int_equal(chaos_domain_settle(kit->ctx, domid, &after), 0);
    assert_int_equal(after, CHAOS_DOMID_NONE);
    domid = kit_create(kit, "uuid", UUID, NULL);
    model_shutdown(domid, CHAOS_REASON_REBOOT);
    assert_int_equal(chaos_domain_settle(kit->ctx, domid, &after), 0);
    assert_int_equal(model_view(after).page->identity.generation, 2);
    domid = after;
    model_shutdown(domid, CHAOS_REASON_REBOOT);
    assert_int_equal(chaos_domain_settle(kit->ctx, domid, &after), 0);
    assert_int_equal(model_view(after).page->identity.generation, 3);
    assert_int_equal(model_view(after).page->identity.uuid[1], 0x23);
    domid = after;
    model_shutdown(domid, CHAOS_REASON_CRASH);
    assert_int_equal(chaos_domain_settle(kit->ctx, domid, &after), 0);
    assert_int_equal(after, CHAOS_DOMID_NONE);
    domid = kit_create(kit, NULL);
    model_shutdown(domid, CHAOS_REASON_SUSPEND);
    assert_int_equal(chaos_domain_settle(kit->ctx, domid, &after), 0);
    assert_int_equal(after, domid);
}

static void still_running(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, NULL), after = 5;

    kit_assert_error(kit->ctx, chaos_domain_settle(kit->ctx, domid, &after),
                     -EBUSY);
    assert_int_equal(after, 5);
    assert_true(model_view(domid).exists);
}

/* The name of now counts, and a restart does not start paused. */
static void renamed_and_paused(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "name", "old", "paused", "true", NULL);
    uint32_t after;

    assert_int_equal(chaos_domain_rename(kit->ctx, domid, "new"), 0);
    model_shutdown(domid, CHAOS_REASON_REBOOT);
    assert_int_equal(chaos_domain_settle(kit->ctx, domid, &after), 0);
    assert_string_equal(model_view(after).page->identity.name, "new");
    assert_false(model_view(after).paused);
}

/* The kernel is gone, so there is nothing to restart from. */
static void restart_fails(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "name", "web", NULL), after = 5;
    struct snapshot before;

    model_shutdown(domid, CHAOS_REASON_REBOOT);
    before = kit_snapshot(kit);
    assert_int_equal(unlink(kit->kernel), 0);
    kit_assert_error(kit->ctx, chaos_domain_settle(kit->ctx, domid, &after),
                     -ENOENT);
    kit_assert_says(kit->ctx, "cannot restart it: kernel ");
    assert_int_equal(after, 5);
    /* The stopped domain is still there for whoever mends the kernel. */
    kit_assert_same(kit, &before, "restart");
}

/* Each operation and allocation of a restart fails: never two, never a leak. */
static void restart_sweep(void **state)
{
    struct kit *kit = *state;
    struct snapshot before;
    unsigned n;
    int kind, fired = 1;

    assert_int_equal(chaos_domain_destroy(kit->ctx, kit_create(kit, NULL)), 0);
    before = kit_snapshot(kit);
    for (kind = 0; kind < 2; kind++) {
        for (n = 1, fired = 1; fired; n++) {
            uint32_t domid = kit_create(kit, "name", "web", NULL), after = 0;
            int rc;

            model_shutdown(domid, CHAOS_REASON_REBOOT);
            if (kind == 0)
                model_fail(n, EIO);
            else
                oom_arm(n - 1);
            rc = chaos_domain_settle(kit->ctx, domid, &after);
            model_fail_end();
            fired = kind == 0 ? model_failed() : oom_disarm();
            if (rc < 0) {
                kit_assert_text(kit->ctx);
                assert_int_equal(after, 0);
            } else {
                assert_false(model_view(domid).exists);
                assert_int_equal(chaos_domain_destroy(kit->ctx, after), 0);
            }
            if (model_view(domid).exists)
                assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
            kit_assert_same(kit, &before, "restart");
        }
        assert_true(n > 10);
    }
}

/* --- one at a time ----------------------------------------------------------
 */

/* What was kept under another name is kept, whoever comes next. */
static void settled_twice(void **state)
{
    struct kit *kit = *state;
    uint32_t after, again = 5;
    uint32_t domid =
        kit_create(kit, "name", "web", "on_crash", "rename-restart", NULL);
    struct snapshot before;
    char name[40];

    model_shutdown(domid, CHAOS_REASON_CRASH);
    assert_int_equal(chaos_domain_settle(kit->ctx, domid, &after), 0);
    assert_int_not_equal(after, domid);
    before = kit_snapshot(kit);
    assert_int_equal(chaos_domain_settle(kit->ctx, domid, &again), 0);
    assert_int_equal(again, domid);
    kit_assert_same(kit, &before, "settled twice");
    snprintf(name, sizeof(name), "web-%u", domid);
    assert_string_equal(model_view(domid).page->identity.name, name);
    /* The new one has the policy still. */
    model_shutdown(after, CHAOS_REASON_CRASH);
    assert_int_equal(chaos_domain_settle(kit->ctx, after, &again), 0);
    assert_int_not_equal(again, after);
    assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
    assert_int_equal(chaos_domain_settle(kit->ctx, domid, &again), -ESRCH);
}

struct settler {
    struct chaos_ctx *ctx;
    uint32_t domid, after;
    int rc;
    atomic_bool is_done;
};

static void *settle_it(void *arg)
{
    struct settler *s = arg;

    s->rc = chaos_domain_settle(s->ctx, s->domid, &s->after);
    s->is_done = true;
    return NULL;
}

static int lock_settling(const struct kit *kit, uint32_t domid)
{
    struct flock lock = {
        .l_type = F_WRLCK,
        .l_whence = SEEK_SET,
        .l_start = 131072 + domid,
        .l_len = 1,
    };
    char path[120];
    int fd;

    snprintf(path, sizeof(path), "%s/lock", kit->run);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
    return fd;
}

/* Another program is at it: wait, and then look again. */
static void settled_by_another(void **state)
{
    struct kit *kit = *state;
    struct settler s = {
        .domid = kit_create(kit, "on_poweroff", "restart", NULL), .after = 5};
    pthread_t thread;
    int lock;

    s.ctx = kit_second(kit);
    model_shutdown(s.domid, CHAOS_REASON_POWEROFF);
    lock = lock_settling(kit, s.domid);
    assert_int_equal(pthread_create(&thread, NULL, settle_it, &s), 0);
    usleep(50000);
    assert_false(s.is_done);
    assert_true(model_view(s.domid).stopped);
    assert_int_equal(chaos_domain_destroy(kit->ctx, s.domid), 0);
    close(lock);
    assert_int_equal(pthread_join(thread, NULL), 0);
    kit_assert_error(s.ctx, s.rc, -ESRCH);
    assert_int_equal(s.after, 5);
    chaos_ctx_destroy(s.ctx);
}

/* Its id is free, and its vifs are being removed. */
static void cleared_away_by_another(void **state)
{
    struct kit *kit = *state;
    struct settler s = {.domid = kit_create(kit, NULL), .after = 5};
    pthread_t thread;
    int lock;

    s.ctx = kit_second(kit);
    lock = lock_settling(kit, s.domid);
    assert_int_equal(chaos_domain_destroy(kit->ctx, s.domid), 0);
    assert_int_equal(pthread_create(&thread, NULL, settle_it, &s), 0);
    usleep(50000);
    assert_false(s.is_done);
    close(lock);
    assert_int_equal(pthread_join(thread, NULL), 0);
    kit_assert_error(s.ctx, s.rc, -ESRCH);
    chaos_ctx_destroy(s.ctx);
}

static void still_being_made(void **state)
{
    static const struct birth birth = {.kind = BIRTH_VM, .owner = 5};
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, NULL), after = 5;
    uint8_t mark[NOXS_UUID_SIZE];
    struct hv *hv;

    assert_int_equal(chaos__hv(kit->ctx, &hv), 0);
    birth_encode(&birth, mark);
    assert_int_equal(hv->ops->domain_handle(hv, domid, mark), 0);
    model_shutdown(domid, CHAOS_REASON_POWEROFF);
    kit_assert_error(kit->ctx, chaos_domain_settle(kit->ctx, domid, &after),
                     -EBUSY);
    kit_assert_says(kit->ctx, "being made");
    assert_true(model_view(domid).exists);
}

/* --- keeping one -------------------------------------------------------------
 */

static void kept(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "name", "web", NULL), after;
    struct snapshot before = kit_snapshot(kit);

    assert_int_equal(chaos_domain_keep(kit->ctx, domid), 0);
    assert_int_equal(chaos_domain_keep(kit->ctx, domid), 0);
    kit_assert_same(kit, &before, "keep");
    model_shutdown(domid, CHAOS_REASON_POWEROFF);
    assert_int_equal(chaos_domain_settle(kit->ctx, domid, &after), 0);
    assert_int_equal(after, domid);
    assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
    kit_assert_error(kit->ctx, chaos_domain_keep(kit->ctx, domid), -ESRCH);
    /* Only when it powers off; and a restart is kept as well. */
    domid = kit_create(kit, "name", "web", NULL);
    assert_int_equal(chaos_domain_keep(kit->ctx, domid), 0);
    model_shutdown(domid, CHAOS_REASON_REBOOT);
    assert_int_equal(chaos_domain_settle(kit->ctx, domid, &after), 0);
    assert_int_not_equal(after, domid);
    model_shutdown(after, CHAOS_REASON_POWEROFF);
    domid = after;
    assert_int_equal(chaos_domain_settle(kit->ctx, domid, &after), 0);
    assert_int_equal(after, domid);
}

static void keep_fails(void **state)
{
    struct kit *kit = *state;
    uint32_t domid, after, xl = model_domain_add("by-xl");
    unsigned n;
    int kind, fired, rc;

    kit_assert_error(kit->ctx, chaos_domain_keep(kit->ctx, 0), -EINVAL);
    kit_assert_error(kit->ctx, chaos_domain_keep(kit->ctx, xl), -ENOENT);
    kit_assert_says(kit->ctx, "cannot keep it");
    for (kind = 0; kind < 2; kind++) {
        for (n = 1, fired = 1; fired; n++) {
            struct snapshot before;

            domid = kit_create(kit, "name", "web", NULL);
            before = kit_snapshot(kit);
            if (kind == 0)
                model_fail(n, EIO);
            else
                oom_arm(n - 1);
            rc = chaos_domain_keep(kit->ctx, domid);
            model_fail_end();
            fired = kind == 0 ? model_failed() : oom_disarm();
            if (rc < 0)
                kit_assert_text(kit->ctx);
            kit_assert_same(kit, &before, "keep");
            model_shutdown(domid, CHAOS_REASON_POWEROFF);
            assert_int_equal(chaos_domain_settle(kit->ctx, domid, &after), 0);
            assert_int_equal(after, rc < 0 ? CHAOS_DOMID_NONE : domid);
            if (rc == 0)
                assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
        }
        assert_true(n > 2);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_policy),
        TEST(defaults),
        TEST(still_running),
        TEST(renamed_and_paused),
        TEST(restart_fails),
        TEST(restart_sweep),
        TEST(settled_twice),
        TEST(settled_by_another),
        TEST(cleared_away_by_another),
        TEST(still_being_made),
        TEST(kept),
        TEST(keep_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
