/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of shells whose takers fail, lie or go, of those that cannot be
 * ended, and of all of them when the daemon leaves.
 */
#include "oom.h"
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

/* --- takers that fail, lie or go --------------------------------------------
 */

static void test_done_failed(void **state)
{
    struct pool_kit *k = start(state, 1, 1);
    struct chaosd_shape shape = bare_shape(KB);
    struct client *c = client_open(k);
    uint32_t domid;

    /* Left as it was: ended, though the owner lives. */
    assert_int_equal(take(k, c, &shape, &domid), 0);
    done(k, c, domid, -EIO, true);
    assert_true(told(k, "create_failed", domid));
    wait_for(k, is_quiet(k) && ready(k) == 1);
    assert_false(exists(domid));
    /* Already ended. */
    assert_int_equal(take(k, c, &shape, &domid), 0);
    model_destroy(domid);
    done(k, c, domid, -EIO, true);
    wait_for(k, is_quiet(k) && ready(k) == 1);
    /* A VM after all: it stays. */
    assert_int_equal(take(k, c, &shape, &domid), 0);
    make_vm(c, domid);
    done(k, c, domid, -EIO, true);
    wait_for(k, is_quiet(k) && ready(k) == 1);
    assert_true(exists(domid));
    assert_true(was_found(k, domid));
    assert_int_equal(k->counters[METRIC_CREATE_FAILED], 3);
    assert_int_equal(k->counters[METRIC_CREATED], 1);
}

static void test_done_lies(void **state)
{
    struct pool_kit *k = start(state, 1, 1);
    struct chaosd_shape shape = bare_shape(KB);
    struct client *c = client_open(k);
    uint32_t domid;

    assert_int_equal(take(k, c, &shape, &domid), 0);
    done(k, c, domid, 0, true);
    assert_int_equal(k->counters[METRIC_LEASES_LOST], 1);
    assert_int_equal(k->counters[METRIC_CREATED], 0);
    assert_true(told(k, "shell_lost", domid));
    wait_for(k, is_quiet(k) && ready(k) == 1);
    assert_false(exists(domid));
    assert_false(was_found(k, domid));
    /* What was made and is over again was made. */
    assert_int_equal(take(k, c, &shape, &domid), 0);
    make_vm(c, domid);
    model_destroy(domid);
    done(k, c, domid, 0, true);
    assert_int_equal(k->counters[METRIC_CREATED], 1);
}

/* The connection ends: `process` or only it. */
static void client_gone(void **state, bool process)
{
    struct pool_kit *k = start(state, 3, 3);
    struct chaosd_shape shape = bare_shape(KB);
    struct client *c = client_open(k), *other = client_open(k);
    uint32_t untouched, made, gone, fourth;

    assert_int_equal(take(k, c, &shape, &untouched), 0);
    assert_int_equal(take(k, c, &shape, &made), 0);
    assert_int_equal(take(k, c, &shape, &gone), 0);
    make_vm(c, made);
    model_destroy(gone);
    client_end(c, process);
    assert_int_equal(pool_counts(k->d.pool).given, 0);
    assert_int_equal(k->counters[METRIC_LEASES_LOST], 2);
    assert_int_equal(k->counters[METRIC_CREATED], 1);
    assert_true(told(k, "created", made));
    assert_true(told(k, "shell_lost", untouched));
    wait_for(k, is_quiet(k) && ready(k) == 3);
    assert_true(exists(made));
    assert_true(was_found(k, made));
    assert_false(exists(untouched));
    assert_int_equal(model_counts().domains, 1 + 1 + 3);
    assert_int_equal(take(k, other, &shape, &fourth), 0);
}

static void test_client_killed(void **state)
{
    client_gone(state, true);
}

static void test_client_hangs_up(void **state)
{
    client_gone(state, false);
}

/* The taker finishes between the end of the connection and that of the shell.
 */
static void test_client_faster(void **state)
{
    struct pool_kit *k = start(state, 1, 1);
    struct chaosd_shape shape = bare_shape(KB);
    struct client *c = client_open(k);
    struct chaos_ctx *ctx;
    uint32_t domid;

    assert_int_equal(take(k, c, &shape, &domid), 0);
    ctx = c->ctx;
    c->ctx = NULL;
    client_end(c, false);
    c->ctx = ctx;
    make_vm(c, domid);
    wait_for(k, is_quiet(k));
    assert_true(exists(domid));
    assert_true(was_found(k, domid));
    assert_int_equal(k->counters[METRIC_CREATED], 1);
    chaos_ctx_destroy(ctx);
    c->ctx = NULL;
}

/* --- the end ----------------------------------------------------------------
 */

static void test_undestroyable(void **state)
{
    struct pool_kit *k = start(state, 1, 1);
    struct chaosd_shape shape = bare_shape(KB);
    struct client *c = client_open(k);
    uint32_t domid;

    assert_int_equal(take(k, c, &shape, &domid), 0);
    model_knobs.undestroyable = true;
    done(k, c, domid, -EIO, true);
    wait_for(k, k->d.pool->stuck == 1);
    wait_for(k, ready(k) == 1); /* it holds up nothing */
    assert_true(pool_knows(k->d.pool, domid));
    assert_int_equal(pool_counts(k->d.pool).memory_kb, 2 * KB);
    assert_int_equal(k->d.pool->ending_kb, 0);
    k->d.pool->domid[domid]->retry_ns = 1;
    pool_turn_soon(k->d.pool);
    wait_for(k, k->d.pool->domid[domid]->failures == 2);
    model_knobs.undestroyable = false;
    k->d.pool->domid[domid]->retry_ns = 1;
    pool_turn_soon(k->d.pool);
    wait_for(k, !pool_knows(k->d.pool, domid));
    assert_int_equal(pool_counts(k->d.pool).memory_kb, KB);
    assert_int_equal(k->d.pool->stuck, 0);
    assert_int_equal(k->d.pool->ending_kb, 0);
}

static void count_call(void *arg)
{
    ++*(unsigned *)arg;
}

static void test_leave(void **state)
{
    struct pool_kit *k = start(state, 2, 2);
    struct chaosd_shape shape = bare_shape(KB);
    struct client *c = client_open(k), *other = client_open(k);
    uint32_t domid, none;
    unsigned calls = 0;

    assert_int_equal(take(k, c, &shape, &domid), 0);
    pool_leave(k->d.pool);
    assert_int_equal(take(k, other, &shape, &none), -ESHUTDOWN);
    run_for(k, 80);
    assert_int_equal(ready(k), 1); /* no refill */
    /* A create under way is left to its client, whose process lives ... */
    client_end(c, false);
    wait_for(k, is_quiet(k));
    assert_false(pool_knows(k->d.pool, domid));
    assert_int_equal(busy(k), 0);
    pool_drain(k->d.pool, count_call, &calls);
    wait_for(k, calls == 1);
    assert_int_equal(ready(k), 0);
    assert_int_equal(pool_counts(k->d.pool).memory_kb, 0);
}

static void test_leave_alone(void **state)
{
    struct pool_kit *k = start(state, 2, 2);
    struct chaosd_shape shape = bare_shape(KB);
    struct client *c = client_open(k);
    struct chaos_ctx *ctx;
    uint32_t alive, dead;

    assert_int_equal(take(k, c, &shape, &alive), 0);
    ctx = c->ctx;
    c->ctx = NULL;
    pool_leave(k->d.pool);
    client_end(c, false);
    wait_for(k, is_quiet(k));
    assert_true(exists(alive));
    chaos_ctx_destroy(ctx);
    /* ... and one that is nobody's is ended all the same. */
    k->d.pool->leaving = false;
    c = client_open(k);
    assert_int_equal(take(k, c, &shape, &dead), 0);
    k->d.pool->leaving = true;
    client_end(c, true);
    wait_for(k, is_quiet(k));
    assert_false(exists(dead));
}

/* Whatever memory the daemon lacks, it goes on and forgets nothing. */
static void test_out_of_memory(void **state)
{
    struct pool_kit *k = start(state, 2, 2);
    struct chaosd_shape shape = bare_shape(KB), unknown = bare_shape(3 * KB);
    static const struct chaosd_amount fill = {.timeout_ms = 1};
    struct client *c = client_open(k);
    unsigned n;
    bool failed;

    for (n = 0, failed = true; failed; n++) {
        uint32_t domid;

        oom_arm(n);
        k->conf.pool_learn = true;
        pool_configure(k->d.pool, &k->conf);
        if (take(k, c, &shape, &domid) == 0)
            done(k, c, domid, -EIO, true);
        (void)take(k, c, &unknown, &domid);
        (void)take(k, c, &unknown, &domid);
        ask(k, c, CHAOSD_POOL_STATUS, "", 0);
        ask(k, c, CHAOSD_POOL_FILL, &fill, sizeof(fill));
        run_for(k, 5);
        failed = oom_disarm();
        k->conf.pool_learn = false;
        pool_configure(k->d.pool, &k->conf);
        first_shape(k)->retry_ns = 0;
        pool_turn_soon(k->d.pool);
        wait_for(k, first_shape(k)->ready == 2 && is_quiet(k));
        assert_int_equal(model_counts().domains, 3);
    }
    assert_true(n > 10);
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, pool_kit_setup, pool_kit_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_done_failed),   TEST(test_done_lies),
        TEST(test_client_killed), TEST(test_client_hangs_up),
        TEST(test_client_faster), TEST(test_undestroyable),
        TEST(test_leave),         TEST(test_leave_alone),
        TEST(test_out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
