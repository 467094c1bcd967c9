/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the pool does next: shapes and a clock made up, nothing else.
 */
#include <stdlib.h>
#include <string.h>

#include "../../chaosd/pool_plan.h"
#include "unit.h"

#define MS UINT64_C(1000000)
#define S (1000 * MS)
#define START (100 * S)

struct table {
    struct shapes shapes;
    struct plan_state st;
    struct shape *a, *b;
};

static struct shape *add(struct table *t, uint64_t kb, uint32_t low,
                         uint32_t high)
{
    struct chaosd_shape is = {.memory_kb = kb, .vcpus = 1};
    struct shape *s = shapes_add(&t->shapes, &is, START);

    assert_non_null(s);
    s->low = low;
    s->high = high;
    s->refill_ns = 10 * MS;
    return s;
}

/* Two shapes, one MiB and two; plenty of memory; quiet. */
static int setup(void **state)
{
    struct table *t = calloc(1, sizeof(*t));

    assert_non_null(t);
    shapes_init(&t->shapes);
    t->st = (struct plan_state){
        .shapes = &t->shapes,
        .now = START,
        .budget_kb = 1 << 20,
        .free_kb = 1 << 20,
        .active_ns = START - S,
    };
    t->a = add(t, 1024, 1, 3);
    t->b = add(t, 2048, 1, 3);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    struct table *t = *state;
    struct shape *s;

    /* No shells: only their numbers. */
    while ((s = TAILQ_FIRST(&t->shapes.list))) {
        TAILQ_REMOVE(&t->shapes.list, s, list);
        free(s);
    }
    free(t);
    return 0;
}

static void have(struct table *t, uint32_t a, uint32_t b)
{
    t->a->ready = a;
    t->b->ready = b;
    t->st.used_kb = 1024 * a + 2048 * b;
}

/* So often, for long. */
static void arrive(struct table *t, struct shape *s, unsigned per_s)
{
    uint64_t i, n = 60 * per_s;

    for (i = 1; i <= n; i++)
        rate_arrive(&s->rate, t->st.now - 60 * S + i * 60 * S / n);
    s->asked_ns = t->st.now;
}

static struct plan next(struct table *t)
{
    return plan_next(&t->st);
}

static void expect(struct table *t, enum plan_what what, struct shape *shape)
{
    struct plan plan = next(t);

    assert_int_equal(plan.what, what);
    if (what != PLAN_WAIT)
        assert_ptr_equal(plan.shape, shape);
}

/* --- rates ------------------------------------------------------------------
 */

static void test_rate(void **state)
{
    struct rate r = {0};
    uint64_t i;

    (void)state;
    assert_true(rate_per_s(&r, START) == 0);
    for (i = 0; i < 1000; i++)
        rate_arrive(&r, START + i * 100 * MS);
    assert_true(rate_per_s(&r, START + 100 * S) > 9.0);
    assert_true(rate_per_s(&r, START + 100 * S) < 11.0);
    assert_true(rate_per_s(&r, START + 105 * S) < 5.5);
    assert_true(rate_per_s(&r, START + 105 * S) > 4.5);
    assert_true(rate_per_s(&r, START + 1000000 * S) == 0);
    /* A clock that seems to go back. */
    assert_true(rate_per_s(&r, START) <= r.per_s);
}

static void test_wanted(void **state)
{
    struct table *t = *state;
    struct shape *s = add(t, 1024, 2, 20);

    assert_int_equal(plan_wanted(s, START), 2);
    arrive(t, s, 10); /* a refill takes a tenth of the time between two */
    assert_in_range(plan_wanted(s, START), 3, 4);
    arrive(t, s, 100);
    assert_in_range(plan_wanted(s, START), 5, 8);
    s->refill_ns = S;
    assert_int_equal(plan_wanted(s, START), 20);
    s->refill_ns = 0; /* not known yet */
    assert_int_equal(plan_wanted(s, START), 2);
    s->high = 1; /* nonsense that must not overflow */
    assert_int_equal(plan_wanted(s, START), 2);
}

/* --- when -------------------------------------------------------------------
 */

static void test_when(void **state)
{
    struct table *t = *state;
    struct plan plan;

    have(t, 1, 0);
    expect(t, PLAN_REFILL, t->b);
    /* Below low even when it is not quiet. */
    t->st.active_ns = START - 5 * MS;
    expect(t, PLAN_REFILL, t->b);
    have(t, 1, 1);
    plan = next(t);
    assert_int_equal(plan.what, PLAN_WAIT);
    assert_true(plan.wake_ns == t->st.active_ns + PLAN_IDLE_NS);
    assert_false(plan.short_of_memory);
    t->st.filling = true;
    expect(t, PLAN_REFILL, t->a);
    t->st.filling = false;
    t->st.now = plan.wake_ns;
    expect(t, PLAN_REFILL, t->a);
    have(t, 3, 3);
    plan = next(t);
    assert_int_equal(plan.what, PLAN_WAIT);
    assert_true(plan.wake_ns == PLAN_NEVER);
}

static void test_not_now(void **state)
{
    struct table *t = *state;

    have(t, 0, 0);
    t->st.held = true;
    expect(t, PLAN_WAIT, NULL);
    t->st.held = false;
    t->st.refilling = true;
    t->b->preparing = 1;
    expect(t, PLAN_WAIT, NULL);
    t->st.refilling = false;
    t->b->preparing = 0;
    t->st.rest_ns = START + S;
    assert_true(next(t).wake_ns == START + S);
    expect(t, PLAN_WAIT, NULL);
    t->st.rest_ns = PLAN_NEVER;
    assert_true(next(t).wake_ns == PLAN_NEVER);
    t->st.rest_ns = START;
    expect(t, PLAN_REFILL, t->a);
    t->st.leaving = true;
    have(t, 9, 9);
    expect(t, PLAN_WAIT, NULL);
}

static void test_shape_not_now(void **state)
{
    struct table *t = *state;

    have(t, 0, 0);
    t->a->retry_ns = START + S;
    t->b->stale = true;
    assert_true(next(t).wake_ns == START + S);
    expect(t, PLAN_WAIT, NULL);
    t->b->stale = false;
    t->b->gone = true;
    expect(t, PLAN_WAIT, NULL);
    t->st.now = START + S;
    expect(t, PLAN_REFILL, t->a);
}

static void test_order(void **state)
{
    struct table *t = *state;

    /* The emptier one; below low before anything else; the last asked for. */
    have(t, 2, 1);
    expect(t, PLAN_REFILL, t->b);
    t->a->low = 3;
    expect(t, PLAN_REFILL, t->a);
    t->a->low = 1;
    have(t, 1, 1);
    t->b->asked_ns++;
    expect(t, PLAN_REFILL, t->b);
    t->a->asked_ns += 2;
    expect(t, PLAN_REFILL, t->a);
}

/* --- what is too much -------------------------------------------------------
 */

static void test_trim(void **state)
{
    struct table *t = *state;

    have(t, 4, 1);
    expect(t, PLAN_DESTROY, t->a);
    t->st.held = true; /* even then */
    expect(t, PLAN_DESTROY, t->a);
    t->st.held = false;
    have(t, 3, 3);
    t->st.budget_kb = t->st.used_kb - 1;
    t->a->asked_ns++;
    expect(t, PLAN_DESTROY, t->b);
    t->st.ending_kb = 1;
    expect(t, PLAN_WAIT, NULL);
}

static void test_forget(void **state)
{
    struct table *t = *state;

    have(t, 3, 3);
    t->b->learnt = true;
    assert_true(next(t).wake_ns == START + PLAN_FORGET_NS);
    t->st.now = START + PLAN_FORGET_NS;
    expect(t, PLAN_FORGET, t->b);
    t->b->asked_ns++;
    expect(t, PLAN_WAIT, NULL);
}

/* --- memory -----------------------------------------------------------------
 */

static void test_no_room(void **state)
{
    struct table *t = *state;
    struct plan plan;

    have(t, 3, 0);
    t->a->high = t->a->low = 3;
    t->st.budget_kb = 3 * 1024 + 2047;
    plan = next(t);
    assert_int_equal(plan.what, PLAN_WAIT);
    assert_true(plan.short_of_memory);
    assert_true(plan.wake_ns == START + PLAN_MEMORY_NS);
    t->st.budget_kb++;
    expect(t, PLAN_REFILL, t->b);
    t->st.reserve_kb = 4096;
    t->st.free_kb = 4096 + 2048 + PLAN_OVERHEAD_KB - 1;
    assert_true(next(t).short_of_memory);
    expect(t, PLAN_WAIT, NULL);
    t->st.free_kb++;
    expect(t, PLAN_REFILL, t->b);
    /* It will be there in a moment. */
    t->st.free_kb--;
    t->st.ending_kb = 1;
    expect(t, PLAN_WAIT, NULL);
    assert_false(next(t).short_of_memory);
}

static void test_make_room(void **state)
{
    struct table *t = *state;

    /* Another's surplus for what is below low, not for more. */
    have(t, 3, 0);
    t->st.budget_kb = 3 * 1024;
    expect(t, PLAN_DESTROY, t->a);
    have(t, 1, 1);
    expect(t, PLAN_WAIT, NULL);
    assert_true(next(t).short_of_memory);
    /* If all that could go is not enough, nothing goes. */
    have(t, 2, 0);
    t->st.budget_kb = 2 * 1024;
    expect(t, PLAN_WAIT, NULL);
    t->a->low = 0;
    expect(t, PLAN_DESTROY, t->a);
    /* What ends already is enough. */
    t->a->ready = 1;
    t->a->ending = 1;
    t->st.ending_kb = 1024;
    t->st.free_kb = 0;
    t->st.free_kb = 1 << 20;
    expect(t, PLAN_DESTROY, t->a);
    t->st.ending_kb = 2048;
    expect(t, PLAN_WAIT, NULL);
}

static void test_demand(void **state)
{
    struct table *t = *state;

    t->a->low = t->a->high = 2;
    t->st.budget_kb = 2 * 1024;
    have(t, 2, 0);
    expect(t, PLAN_WAIT, NULL);
    arrive(t, t->b, 1);
    t->b->low = t->b->high = 1;
    expect(t, PLAN_DESTROY, t->a);
    /* As much in demand: it stays as it is. */
    arrive(t, t->a, 1);
    expect(t, PLAN_WAIT, NULL);
    /* And whoever is asked for much more is not robbed in turn. */
    memset(&t->a->rate, 0, sizeof(t->a->rate));
    have(t, 0, 1);
    expect(t, PLAN_WAIT, NULL);
    /* With room for one of them, it is for that one. */
    have(t, 0, 0);
    expect(t, PLAN_REFILL, t->b);
    t->st.budget_kb = 3 * 1024;
    t->a->asked_ns = t->b->asked_ns + 1;
    expect(t, PLAN_REFILL, t->a);
}

/* Of two that nobody asks for, the configured one. */
static void test_learnt_makes_room(void **state)
{
    struct table *t = *state;

    t->a->low = t->a->high = 2;
    t->a->learnt = true;
    t->st.budget_kb = 2 * 1024;
    have(t, 2, 0);
    expect(t, PLAN_DESTROY, t->a);
    have(t, 0, 0);
    t->a->asked_ns++;
    expect(t, PLAN_REFILL, t->b);
    have(t, 0, 1);
    expect(t, PLAN_WAIT, NULL);
    arrive(t, t->a, 1);
    expect(t, PLAN_DESTROY, t->b);
}

/*
 * Whatever the numbers, carrying out one plan after the other ends, within the
 * budget, and does not take from one what it gives to the other for ever.
 */
static void test_settles(void **state)
{
    struct table *t = *state;
    unsigned seed, steps;

    for (seed = 0; seed < 3000; seed++) {
        unsigned r = seed * 2654435761u;

        memset(&t->a->rate, 0, sizeof(t->a->rate));
        memset(&t->b->rate, 0, sizeof(t->b->rate));
        if (r & 1)
            arrive(t, t->a, 1 + (r >> 1) % 20);
        if (r & 64)
            arrive(t, t->b, 1 + (r >> 7) % 20);
        t->a->learnt = r >> 22 & 1;
        t->b->learnt = r >> 23 & 1;
        t->a->low = (r >> 12) % 4;
        t->b->low = (r >> 14) % 4;
        t->a->high = t->a->low + (r >> 16) % 4;
        t->b->high = t->b->low + (r >> 18) % 4;
        t->st.budget_kb = 1024 * ((r >> 20) % 12);
        have(t, (r >> 24) % 6, (r >> 27) % 6);
        for (steps = 0; steps < 60; steps++) {
            struct plan plan = next(t);

            if (plan.what == PLAN_WAIT)
                break;
            plan.shape->ready += plan.what == PLAN_REFILL ? 1u : -1u;
            have(t, t->a->ready, t->b->ready);
        }
        if (steps == 60)
            fail_msg("seed %u goes on for ever", seed);
        assert_true(t->st.used_kb <= t->st.budget_kb);
        assert_true(t->a->ready <= t->a->high && t->b->ready <= t->b->high);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_rate),          TEST(test_wanted),
        TEST(test_when),          TEST(test_not_now),
        TEST(test_shape_not_now), TEST(test_order),
        TEST(test_trim),          TEST(test_forget),
        TEST(test_no_room),       TEST(test_make_room),
        TEST(test_demand),        TEST(test_learnt_makes_room),
        TEST(test_settles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
