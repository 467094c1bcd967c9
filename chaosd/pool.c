/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool.c: the pool's life, and when it looks what to do next.
 *
 * Whatever changes asks for a turn; a turn carries out what the plan says until
 * that is to wait, and then waits for as long as that says.
 */
#include <errno.h>
#include <stdlib.h>

#include "pool_internal.h"

/* --- turns ------------------------------------------------------------------
 */

void pool_turn_at(struct pool *pool, uint64_t when)
{
    uint64_t now = now_ns(), wait = when > now ? when - now : 0;
    struct timeval tv = {
        .tv_sec = (time_t)(wait / 1000000000u),
        /* Rounded up: not before its time. */
        .tv_usec = (suseconds_t)((wait % 1000000000u + 999) / 1000),
    };

    if (!pool->started || when >= pool->turn_ns)
        return;
    if (tv.tv_usec == 1000000) {
        tv.tv_sec++;
        tv.tv_usec = 0;
    }
    if (evtimer_add(pool->turn, &tv) < 0)
        log_error("pool", "its timer could not be set");
    else
        pool->turn_ns = when;
}

void pool_turn_soon(struct pool *pool)
{
    pool_turn_at(pool, 0);
}

uint64_t pool_free_kb(const struct pool *pool)
{
    struct chaos_host_info info;

    return chaos_host_info(pool->d->ctx, &info) < 0 ? 0 : info.free_kb;
}

/* Until when creates hold up refills; 0: none does. */
static uint64_t held_until(const struct pool *pool, uint64_t now)
{
    uint64_t until = pool->given_ns + POOL_HOLD_NS;

    return pool->count[SHELL_GIVEN] > 0 && now < until ? until : 0;
}

static struct plan_state look(const struct pool *pool, bool held)
{
    return (struct plan_state){
        .shapes = &pool->shapes,
        .now = now_ns(),
        .used_kb = pool->used_kb,
        .ending_kb = pool->ending_kb,
        .budget_kb = pool->budget_kb,
        .free_kb = pool_free_kb(pool),
        .reserve_kb = pool->reserve_kb,
        .active_ns = pool->active_ns,
        .rest_ns = pool->rest_ns,
        .held = held,
        .filling = pool_is_filling(pool),
        .refilling = pool->count[SHELL_PREPARING] > 0,
        .leaving = pool->leaving,
    };
}

/* What is to be done until there is only to wait. */
static struct plan carry_out(struct pool *pool, bool held)
{
    for (;;) {
        struct plan_state state = look(pool, held);
        struct plan plan = plan_next(&state);

        switch (plan.what) {
        case PLAN_REFILL:
            shell_prepare(pool, plan.shape);
            break;
        case PLAN_DESTROY:
            shell_end(TAILQ_FIRST(&plan.shape->shells));
            break;
        case PLAN_FORGET:
            pool_shape_drop(pool, plan.shape);
            break;
        default:
            return plan;
        }
    }
}

static void turn(evutil_socket_t fd, short what, void *arg)
{
    struct pool *pool = arg;
    uint64_t held;
    struct plan plan;

    (void)fd, (void)what;
    pool->turn_ns = PLAN_NEVER;
    held = held_until(pool, now_ns());
    workers_hold(pool->d->workers, held > 0);
    pool_turn_at(pool, pool_drains_turn(pool));
    plan = carry_out(pool, held > 0);
    pool_turn_at(pool, pool_fills_turn(pool, &plan));
    pool_turn_at(pool, shell_retry_ends(pool, now_ns()));
    pool_turn_at(pool, plan.wake_ns);
    if (held > 0)
        pool_turn_at(pool, held);
}

/* --- life -------------------------------------------------------------------
 */

int pool_create(struct daemon *d, struct pool **pool_out)
{
    struct pool *pool = calloc(1, sizeof(*pool));

    if (!pool)
        return -ENOMEM;
    pool->d = d;
    pool->turn_ns = PLAN_NEVER;
    shapes_init(&pool->shapes);
    TAILQ_INIT(&pool->shells);
    TAILQ_INIT(&pool->waiters);
    pool->domid = calloc(POOL_DOMIDS, sizeof(struct shell *));
    pool->turn = evtimer_new(d->base, turn, pool);
    if (!pool->domid || !pool->turn) {
        pool_destroy(pool);
        return -ENOMEM;
    }
    *pool_out = pool;
    return 0;
}

void pool_register(struct pool *pool, struct server *server)
{
    static const struct handler table[] = {
        {CHAOSD_TAKE, true, sizeof(struct chaosd_take),
         sizeof(struct chaosd_take), pool_take},
        {CHAOSD_DONE, true, sizeof(struct chaosd_done),
         sizeof(struct chaosd_done), pool_done},
        {CHAOSD_POOL_STATUS, false, 0, 0, pool_status},
        {CHAOSD_POOL_SET, true, 2,
         CHAOSD_REQUEST_MAX - sizeof(struct chaosd_header), pool_set},
        {CHAOSD_POOL_DRAIN, false, sizeof(struct chaosd_amount),
         sizeof(struct chaosd_amount), pool_drain_asked},
        {CHAOSD_POOL_FILL, false, sizeof(struct chaosd_amount),
         sizeof(struct chaosd_amount), pool_fill_asked},
    };

    (void)pool;
    server_handlers(server, table, sizeof(table) / sizeof(*table));
}

/* The shape whose shells are like this one; perhaps it comes with it. */
static struct shape *adopting(struct pool *pool, const struct chaosd_shape *is)
{
    struct shape *shape = shapes_find(&pool->shapes, is);

    if (!shape && shape_has_images(is) && !pool->preload)
        return NULL;
    if (!shape && pool->shapes.learnt < pool->learn_max)
        shape = pool_learn(pool, is);
    return shape;
}

void pool_adopt(struct pool *pool, struct chaos_shell *handle)
{
    const struct chaosd_shape *is = chaos_shell_shape(handle);
    struct shape *shape = adopting(pool, is);
    struct shape *stray = NULL;
    struct shell *s;

    /* One that nobody wants needs a shape until its end. */
    if (!shape)
        shape = stray = shapes_add(&pool->shapes, is, now_ns());
    s = shape ? shell_add(pool, shape, handle) : NULL;
    if (!s) {
        log_error("shell", "domid=%u: no memory to adopt it",
                  chaos_shell_domid(handle));
        chaos_shell_free(handle);
    } else if (stray || !shape_same_images(&shape->is, is)) {
        log_info("shell", "domid=%u: of a shape or image that is gone, ended",
                 s->domid);
        shell_end(s);
    }
    if (stray) {
        shapes_drop(&pool->shapes, stray);
        shapes_release(&pool->shapes, stray);
    }
    pool_turn_soon(pool);
}

void pool_start(struct pool *pool)
{
    pool->started = true;
    pool_turn_soon(pool);
}

bool pool_knows(const struct pool *pool, uint32_t domid)
{
    return domid < POOL_DOMIDS && pool->domid[domid];
}

void pool_leave(struct pool *pool)
{
    pool->leaving = true;
    pool_turn_soon(pool);
}

void pool_destroy(struct pool *pool)
{
    struct shell *s;

    if (!pool)
        return;
    pool_waiters_free(pool);
    while ((s = TAILQ_FIRST(&pool->shells))) {
        TAILQ_REMOVE(&pool->shells, s, list);
        shell_free(s);
    }
    shapes_dispose(&pool->shapes);
    if (pool->turn)
        event_free(pool->turn);
    free(pool->domid);
    free(pool);
}
