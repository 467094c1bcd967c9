/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool_plan.c: what the pool does next.
 */
#include "pool_plan.h"

/* Arrivals come in bursts: so many times the shells that a refill's duration
 * needs on average. */
#define BURST 4
/* A shape asked for so many times as often may have another's shells. */
#define MUCH_MORE 2
/* Asked for more seldom, a shape is idle: once is enough for 20 seconds. */
#define IDLE_PER_S 0.01

uint32_t plan_wanted(const struct shape *s, uint64_t now)
{
    double need =
        BURST * rate_per_s(&s->rate, now) * (double)s->refill_ns / 1e9;
    uint32_t most = s->high > s->low ? s->high - s->low : 0;

    if (need >= most)
        return s->low + most;
    return s->low + (uint32_t)need + (need > (uint32_t)need);
}

static bool has_surplus(const struct shape *s, uint64_t now)
{
    return s->gone || s->ready > plan_wanted(s, now);
}

/* Whether a shell of `a` is missed less than one of `b`. */
static bool is_less_useful(const struct shape *a, const struct shape *b,
                           uint64_t now)
{
    bool surplus = has_surplus(a, now);

    if (surplus != has_surplus(b, now))
        return surplus;
    if (rate_per_s(&a->rate, now) != rate_per_s(&b->rate, now))
        return rate_per_s(&a->rate, now) < rate_per_s(&b->rate, now);
    return a->asked_ns < b->asked_ns;
}

struct shape *plan_least_useful(const struct shapes *shapes, uint64_t now)
{
    struct shape *s, *least = NULL;

    TAILQ_FOREACH(s, &shapes->list, list)
    {
        if (s->ready > 0 && (!least || is_less_useful(s, least, now)))
            least = s;
    }
    return least;
}

/* --- memory -----------------------------------------------------------------
 */

/* Whether a shell of so much can be made once `more` is free besides. */
static bool has_room(const struct plan_state *st, uint64_t kb, uint64_t more)
{
    uint64_t used = st->used_kb > more ? st->used_kb - more : 0;

    return used + kb <= st->budget_kb &&
           st->free_kb + more >= st->reserve_kb + kb + PLAN_OVERHEAD_KB;
}

/* Whether `a` may have the room that `b` has; never both ways. */
static bool outranks(const struct plan_state *st, const struct shape *a,
                     const struct shape *b)
{
    double a_rate = rate_per_s(&a->rate, st->now);
    double b_rate = rate_per_s(&b->rate, st->now);

    if (a_rate < IDLE_PER_S && b_rate < IDLE_PER_S)
        return !a->learnt && b->learnt;
    return MUCH_MORE * b_rate < a_rate;
}

/* How many ready shells of a shape another may have destroyed. */
static uint32_t to_spare(const struct plan_state *st, const struct shape *s,
                         const struct shape *other)
{
    if (s == other || s->ready == 0)
        return 0;
    if (outranks(st, other, s))
        return s->ready;
    return has_surplus(s, st->now) ? s->ready - plan_wanted(s, st->now) : 0;
}

/* The one to destroy so that a shell of `needy` finds room in the end. */
static struct shape *find_victim(const struct plan_state *st,
                                 const struct shape *needy)
{
    struct shape *s, *victim = NULL;
    uint64_t more = st->ending_kb;

    TAILQ_FOREACH(s, &st->shapes->list, list)
    {
        uint32_t spare = to_spare(st, s, needy);

        more += spare * s->is.memory_kb;
        if (spare > 0 && (!victim || is_less_useful(s, victim, st->now)))
            victim = s;
    }
    return has_room(st, needy->is.memory_kb, more) ? victim : NULL;
}

/* --- refill -----------------------------------------------------------------
 */

static void wake_at(struct plan *plan, uint64_t when)
{
    if (when < plan->wake_ns)
        plan->wake_ns = when;
}

/* The number it is to be refilled to now; 0: not at all. */
static uint32_t target(const struct plan_state *st, const struct shape *s,
                       struct plan *plan)
{
    uint32_t wanted = plan_wanted(s, st->now);
    bool idle = st->filling || st->now >= st->active_ns + PLAN_IDLE_NS;

    if (s->gone || s->stale || s->ready + s->preparing >= s->high)
        return 0;
    if (st->now < s->retry_ns) {
        wake_at(plan, s->retry_ns);
        return 0;
    }
    if (s->ready + s->preparing < wanted)
        return wanted;
    if (idle)
        return s->high;
    wake_at(plan, st->active_ns + PLAN_IDLE_NS);
    return 0;
}

/* What a shape has, and the number it is to be refilled to. */
struct need {
    struct shape *shape;
    uint32_t goal;
    bool urgent;
    struct shape *victim; /* the one that must make room first, or NULL */
};

/* -1, 0, 1: which comes first, where there is not room for both. */
static int compare_rank(const struct plan_state *st, const struct need *a,
                        const struct need *b)
{
    if (has_room(st, a->shape->is.memory_kb + b->shape->is.memory_kb,
                 st->ending_kb))
        return 0;
    return outranks(st, a->shape, b->shape) - outranks(st, b->shape, a->shape);
}

/* Whether `a` comes before `b`: emptier, or asked for more recently. */
static bool is_needier(const struct plan_state *st, const struct need *a,
                       const struct need *b)
{
    uint64_t a_full = (uint64_t)a->shape->ready * b->goal;
    uint64_t b_full = (uint64_t)b->shape->ready * a->goal;
    int rank = compare_rank(st, a, b);

    if (a->urgent != b->urgent)
        return a->urgent;
    if (rank != 0)
        return rank > 0;
    if (a_full != b_full)
        return a_full < b_full;
    return a->shape->asked_ns > b->shape->asked_ns;
}

/* Whether something can be done for it. */
static bool can_refill(const struct plan_state *st, struct need *need)
{
    need->victim = NULL;
    if (has_room(st, need->shape->is.memory_kb, st->ending_kb))
        return true;
    /* Nothing is destroyed only because it is quiet. */
    if (!need->urgent)
        return false;
    need->victim = find_victim(st, need->shape);
    return need->victim;
}

static void plan_refill(const struct plan_state *st, struct plan *plan)
{
    struct need need, best = {.shape = NULL};

    TAILQ_FOREACH(need.shape, &st->shapes->list, list)
    {
        need.goal = target(st, need.shape, plan);
        need.urgent = need.shape->ready < plan_wanted(need.shape, st->now);
        if (need.goal == 0)
            continue;
        if (!can_refill(st, &need)) {
            plan->short_of_memory = true;
            wake_at(plan, st->now + PLAN_MEMORY_NS);
        } else if (!best.shape || is_needier(st, &need, &best)) {
            best = need;
        }
    }
    if (!best.shape)
        return;
    plan->short_of_memory = false;
    if (best.victim)
        *plan = (struct plan){.what = PLAN_DESTROY, .shape = best.victim};
    else if (has_room(st, best.shape->is.memory_kb, 0))
        *plan = (struct plan){.what = PLAN_REFILL, .shape = best.shape};
    /* Else the end of a shell gives it room, and then it is asked again. */
}

/* --- all of it --------------------------------------------------------------
 */

/* A shape that nobody needs, or a shell that is too many. */
static void plan_trim(const struct plan_state *st, struct plan *plan)
{
    struct shape *s;

    TAILQ_FOREACH(s, &st->shapes->list, list)
    {
        if (s->gone)
            continue;
        if (s->learnt && st->now >= s->asked_ns + PLAN_FORGET_NS) {
            *plan = (struct plan){.what = PLAN_FORGET, .shape = s};
            return;
        }
        if (s->ready > s->high) {
            *plan = (struct plan){.what = PLAN_DESTROY, .shape = s};
            return;
        }
        if (s->learnt)
            wake_at(plan, s->asked_ns + PLAN_FORGET_NS);
    }
    s = plan_least_useful(st->shapes, st->now);
    if (s && st->used_kb - st->ending_kb > st->budget_kb)
        *plan = (struct plan){.what = PLAN_DESTROY, .shape = s};
}

struct plan plan_next(const struct plan_state *st)
{
    struct plan plan = {.what = PLAN_WAIT, .wake_ns = PLAN_NEVER};

    if (st->leaving)
        return plan;
    plan_trim(st, &plan);
    /* The end of a create or a refill is a reason to ask again. */
    if (plan.what != PLAN_WAIT || st->held || st->refilling)
        return plan;
    if (st->now < st->rest_ns)
        wake_at(&plan, st->rest_ns);
    else
        plan_refill(st, &plan);
    return plan;
}
