/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shells that are made, given, and become VMs; or fail to be, at each of these.
 */
#include "pool_kit.h"

#define KB SHAPE_KB

static struct pool_kit *start(void **state, uint32_t low, uint32_t high)
{
    struct pool_kit *k = *state;
    struct chaosd_shape shape = bare_shape(KB);

    configure(k, "bare", &shape, low, high);
    daemon_start(k);
    wait_for(k, ready(k) == high);
    return k;
}

static struct shape *first_shape(const struct pool_kit *k)
{
    return TAILQ_FIRST(&k->d.pool->shapes.list);
}

/* --- refill -----------------------------------------------------------------
 */

static void test_fill(void **state)
{
    struct pool_kit *k = start(state, 1, 3);
    struct pool_counts c;

    run_for(k, 30);
    c = pool_counts(k->d.pool);
    assert_int_equal(c.ready, 3);
    assert_int_equal(c.preparing + c.given + c.ending, 0);
    assert_int_equal(c.memory_kb, 3 * KB);
    assert_int_equal(c.shapes, 1);
    assert_int_equal(k->counters[METRIC_REFILLS], 3);
    assert_int_equal(k->observed[HISTOGRAM_REFILL], 3);
    assert_int_equal(model_counts().domains, 4);
    assert_true(told(k, "refill", 1));
    assert_true(pool_knows(k->d.pool, 2));
    assert_false(pool_knows(k->d.pool, 77));
    assert_false(pool_knows(k->d.pool, CHAOS_DOMID_NONE));
}

/* Below the low watermark at once, up to the high one when it is quiet. */
static void test_low_then_high(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape shape = bare_shape(KB);
    uint64_t start_ns;

    configure(k, "bare", &shape, 2, 4);
    daemon_begin(k);
    k->d.pool->active_ns = start_ns = now_ns();
    pool_start(k->d.pool);
    wait_for(k, ready(k) == 2 && is_quiet(k));
    assert_true(now_ns() - start_ns < PLAN_IDLE_NS);
    wait_for(k, ready(k) == 4);
    assert_true(now_ns() - start_ns >= PLAN_IDLE_NS);
}

/* Ready no more, and none comes in its place. */
static void empty(struct pool_kit *k)
{
    k->d.pool->rest_ns = PLAN_NEVER;
    while (first_shape(k)->ready > 0)
        shell_end(TAILQ_FIRST(&first_shape(k)->shells));
    wait_for(k, is_quiet(k));
    k->d.pool->rest_ns = 0;
}

/* Whatever the hypervisor refuses, nothing is left and the next one works. */
static void test_prepare_fails(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape shape = loaded_shape(k, 4 * KB);
    struct snapshot before;
    unsigned n;

    configure(k, "loaded", &shape, 1, 1);
    daemon_start(k);
    wait_for(k, ready(k) == 1);
    empty(k);
    before = kit_snapshot(k->kit);
    for (n = 1;; n++) {
        model_fail(n, EIO);
        pool_turn_soon(k->d.pool);
        wait_for(k, model_failed() || ready(k) == 1);
        if (!model_failed())
            break;
        wait_for(k, is_quiet(k));
        if (ready(k) == 0)
            kit_assert_same(k->kit, &before, model_failed_name());
        model_fail_end();
        first_shape(k)->retry_ns = 0;
        pool_turn_soon(k->d.pool);
        wait_for(k, ready(k) == 1);
        assert_int_equal(first_shape(k)->failures, 0);
        empty(k);
        kit_assert_same(k->kit, &before, "the next");
    }
    assert_true(n > 10);
    assert_true(k->counters[METRIC_REFILL_FAILED] > 8);
}

/* Later and later, and not in a flood. */
static void test_backoff(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape shape = loaded_shape(k, 4 * KB);
    uint64_t wait, before = 0;
    unsigned i;

    unlink(k->kit->kernel);
    configure(k, "loaded", &shape, 1, 1);
    daemon_start(k);
    for (i = 1; i <= 10; i++) {
        struct shape *s = first_shape(k);

        wait_for(k, k->counters[METRIC_REFILL_FAILED] == i);
        wait = s->retry_ns - now_ns();
        assert_true(wait > before / 2 * 3 || wait > UINT64_C(9900000000));
        assert_true(wait <= UINT64_C(10000000000));
        run_for(k, 5);
        assert_int_equal(k->counters[METRIC_REFILL_FAILED], i);
        before = wait;
        s->retry_ns = 0;
        pool_turn_soon(k->d.pool);
    }
    assert_int_equal(k->counters[METRIC_REFILLS], 0);
    assert_int_equal(model_counts().domains, 1);
    assert_true(told(k, "refill_failed", 0));
}

/* --- given, and a VM --------------------------------------------------------
 */

static void test_take_and_make(void **state)
{
    struct pool_kit *k = start(state, 1, 2);
    struct chaosd_shape shape = bare_shape(KB);
    struct client *c = client_open(k);
    uint32_t domid = 0;

    assert_int_equal(take(k, c, &shape, &domid), 0);
    assert_int_equal(domid, 1); /* the oldest */
    assert_int_equal(pool_counts(k->d.pool).given, 1);
    assert_int_equal(busy(k), 1);
    assert_true(told(k, "pool_used", domid));
    make_vm(c, domid);
    done(k, c, domid, 0, true);
    assert_int_equal(pool_counts(k->d.pool).given, 0);
    assert_false(pool_knows(k->d.pool, domid));
    assert_true(was_found(k, domid));
    assert_true(told(k, "created", domid));
    assert_int_equal(k->counters[METRIC_TAKES], 1);
    assert_int_equal(k->counters[METRIC_CREATED], 1);
    assert_int_equal(k->observed[HISTOGRAM_CREATE], 1);
    assert_true(exists(domid));
    wait_for(k, ready(k) == 2);
    client_end(c, true);
    run_for(k, 5);
    assert_true(exists(domid));
    assert_int_equal(k->counters[METRIC_LEASES_LOST], 0);
}

static void test_created_without(void **state)
{
    struct pool_kit *k = start(state, 1, 1);
    struct client *c = client_open(k);

    done(k, c, 33, 0, false);
    assert_true(was_found(k, 33));
    assert_true(told(k, "created", 33));
    assert_int_equal(k->counters[METRIC_CREATED_PLAIN], 1);
    done(k, c, 34, -EIO, false);
    assert_false(was_found(k, 34));
    assert_true(told(k, "create_failed", 34));
    assert_int_equal(k->counters[METRIC_CREATE_FAILED], 1);
}

static void test_race_for_last(void **state)
{
    struct pool_kit *k = start(state, 1, 1);
    struct chaosd_shape shape = bare_shape(KB);
    struct client *a = client_open(k), *b = client_open(k);
    uint32_t domid = 0, other = 0;

    assert_int_equal(take(k, a, &shape, &domid), 0);
    assert_int_equal(take(k, b, &shape, &other), -ENOENT);
    assert_int_equal(k->counters[METRIC_MISSES], 1);
    /* b cannot speak for a. */
    done(k, b, domid, -EIO, true);
    done(k, b, domid, 0, true);
    assert_int_equal(pool_counts(k->d.pool).given, 1);
    make_vm(a, domid);
    done(k, a, domid, 0, true);
    /* Nor a twice. */
    done(k, a, domid, -EIO, true);
    run_for(k, 5);
    assert_true(exists(domid));
    assert_int_equal(k->counters[METRIC_CREATED], 1);
    wait_for(k, ready(k) == 1);
    assert_int_equal(take(k, b, &shape, &other), 0);
    assert_int_not_equal(other, domid);
}

/* While a create is under way, nothing else is; but not for ever. */
static void test_hold(void **state)
{
    struct pool_kit *k = start(state, 2, 2);
    struct chaosd_shape shape = bare_shape(KB);
    struct client *c = client_open(k);
    uint64_t start_ns = now_ns();
    uint32_t domid;

    assert_int_equal(take(k, c, &shape, &domid), 0);
    wait_for(k, ready(k) == 2);
    assert_true(now_ns() - start_ns >= POOL_HOLD_NS);
    assert_int_equal(pool_counts(k->d.pool).given, 1);
}

/* --- not given --------------------------------------------------------------
 */

static void test_give_fails(void **state)
{
    struct pool_kit *k = start(state, 1, 2);
    struct chaosd_shape shape = bare_shape(KB);
    struct client *c = client_open(k);
    unsigned n;

    for (n = 1; n < 10; n++) {
        uint32_t bad = TAILQ_FIRST(&first_shape(k)->shells)->domid, domid = 0;
        struct shell *second =
            TAILQ_NEXT(TAILQ_FIRST(&first_shape(k)->shells), ready);
        uint32_t good = second->domid;

        model_fail(n, EIO);
        assert_int_equal(take(k, c, &shape, &domid), 0);
        if (!model_failed()) {
            assert_int_equal(domid, bad);
            break;
        }
        model_fail_end();
        assert_int_equal(domid, good);
        assert_true(told(k, "shell_lost", bad));
        done(k, c, domid, -EIO, true);
        wait_for(k, is_quiet(k) && ready(k) == 2);
        assert_false(exists(bad));
        assert_false(exists(good));
    }
    assert_in_range(n, 3, 9);
}

static void test_vanished(void **state)
{
    struct pool_kit *k = start(state, 1, 2);
    struct chaosd_shape shape = bare_shape(KB);
    struct client *c = client_open(k);
    uint32_t domid = 0;

    model_destroy(1);
    assert_int_equal(take(k, c, &shape, &domid), 0);
    assert_int_equal(domid, 2);
    assert_true(told(k, "shell_lost", 1));
    done(k, c, domid, -EIO, true);
    k->d.pool->rest_ns = PLAN_NEVER;
    wait_for(k, is_quiet(k) && ready(k) == 0);
    assert_int_equal(pool_counts(k->d.pool).memory_kb, 0);
    assert_int_equal(model_counts().domains, 1);
    assert_int_equal(take(k, c, &shape, &domid), -ENOENT);
}

static void test_wrong_questions(void **state)
{
    struct pool_kit *k = start(state, 1, 1);
    struct client *c = client_open(k);
    struct chaosd_shape good = bare_shape(KB), bad;
    uint32_t domid;

#define BAD(change)                                                            \
    do {                                                                       \
        bad = good;                                                            \
        change;                                                                \
        assert_int_equal(take(k, c, &bad, &domid), -EINVAL);                   \
    } while (0)
    BAD(bad.memory_kb = 0);
    BAD(bad.memory_kb = UINT64_MAX - 3);
    BAD(bad.memory_kb = KB + 1);
    BAD(bad.vcpus = 0);
    BAD(bad.vcpus = 129);
    BAD(bad.flags = 4);
    BAD(bad.vif_count = CHAOSD_SHAPE_VIFS + 1);
    BAD(bad.vbd_count = 33);
    BAD(memset(bad.bridges[0], 'a', CHAOSD_BRIDGE_SIZE); bad.vif_count = 1);
    BAD(strcpy(bad.bridges[0], "br0"));
    BAD(strcpy(bad.bridges[0], "b\n0"); bad.vif_count = 1);
    BAD(strcpy(bad.bridges[0], "b/0"); bad.vif_count = 1);
    BAD(bad.bridges[0][5] = 'a'; bad.vif_count = 1);
    BAD(memset(bad.kernel.path, '/', CHAOSD_PATH_SIZE));
    BAD(strcpy(bad.kernel.path, "kernel"));
    BAD(bad.kernel.ino = 5);
    BAD(strcpy(bad.ramdisk.path, "/r"); bad.ramdisk.path[9] = 1);
#undef BAD
    c->owner = 0;
    assert_int_equal(take(k, c, &good, &domid), -EINVAL);
    assert_int_equal(ready(k), 1);
    assert_int_equal(k->counters[METRIC_MISSES], 0);
    /* What DONE says is as little believed. */
    done(k, c, CHAOS_DOMID_NONE, 0, true);
    done(k, c, 1, 0, true);
    done(k, c, 0, 1, false);
    assert_int_equal(ready(k), 1);
    assert_int_equal(k->found_count, 0);
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, pool_kit_setup, pool_kit_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_fill),
        TEST(test_low_then_high),
        TEST(test_prepare_fails),
        TEST(test_backoff),
        TEST(test_take_and_make),
        TEST(test_created_without),
        TEST(test_race_for_last),
        TEST(test_hold),
        TEST(test_give_fails),
        TEST(test_vanished),
        TEST(test_wrong_questions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
