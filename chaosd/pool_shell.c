/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool_shell.c: shells from one state to the next.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"
#include "guests.h"
#include "metrics.h"
#include "pool_internal.h"

#define RETRY_FIRST_NS UINT64_C(100000000)
#define RETRY_LAST_NS UINT64_C(10000000000)
#define END_RETRY_FIRST_NS UINT64_C(1000000000)
#define END_RETRY_LAST_NS UINT64_C(60000000000)

const char *shell_state_name(enum shell_state state)
{
    static const char *const names[SHELL_STATES] = {
        [SHELL_PREPARING] = "preparing",
        [SHELL_READY] = "ready",
        [SHELL_GIVEN] = "given",
        [SHELL_ENDING] = "ending",
    };

    return names[state];
}

/* --- the tables they are in -------------------------------------------------
 */

static uint32_t *shape_count(struct shape *shape, enum shell_state state)
{
    switch (state) {
    case SHELL_PREPARING:
        return &shape->preparing;
    case SHELL_READY:
        return &shape->ready;
    case SHELL_GIVEN:
        return &shape->given;
    default:
        return &shape->ending;
    }
}

static void enter(struct shell *s, enum shell_state state)
{
    s->state = state;
    s->since_ns = now_ns();
    s->pool->count[state]++;
    ++*shape_count(s->shape, state);
    if (state == SHELL_READY)
        TAILQ_INSERT_TAIL(&s->shape->shells, s, ready);
}

static void leave(struct shell *s)
{
    s->pool->count[s->state]--;
    --*shape_count(s->shape, s->state);
    if (s->state == SHELL_READY)
        TAILQ_REMOVE(&s->shape->shells, s, ready);
}

static void move(struct shell *s, enum shell_state state)
{
    leave(s);
    enter(s, state);
}

static struct shell *add(struct pool *pool, struct shape *shape,
                         const struct chaosd_shape *is, enum shell_state state)
{
    struct shell *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->pool = pool;
    s->shape = shape;
    s->is = *is;
    s->domid = CHAOS_DOMID_NONE;
    TAILQ_INSERT_TAIL(&pool->shells, s, list);
    pool->used_kb += is->memory_kb;
    enter(s, state);
    return s;
}

static void set_handle(struct shell *s, struct chaos_shell *handle)
{
    s->handle = handle;
    s->domid = chaos_shell_domid(handle);
    if (s->domid < POOL_DOMIDS)
        s->pool->domid[s->domid] = s;
}

struct shell *shell_add(struct pool *pool, struct shape *shape,
                        struct chaos_shell *handle)
{
    struct shell *s = add(pool, shape, chaos_shell_shape(handle), SHELL_READY);

    if (s)
        set_handle(s, handle);
    return s;
}

void shell_free(struct shell *s)
{
    chaos_shell_free(s->handle);
    free(s);
}

void shell_forget(struct shell *s)
{
    struct pool *pool = s->pool;
    struct shape *shape = s->shape;

    leave(s);
    TAILQ_REMOVE(&pool->shells, s, list);
    if (s->state == SHELL_ENDING && s->failures == 0)
        pool->ending_kb -= s->is.memory_kb;
    pool->used_kb -= s->is.memory_kb;
    if (s->domid < POOL_DOMIDS && pool->domid[s->domid] == s)
        pool->domid[s->domid] = NULL;
    shell_free(s);
    shapes_release(&pool->shapes, shape);
}

/* --- PREPARING --------------------------------------------------------------
 */

static void prepare_run(struct job *job, struct chaos_ctx *ctx)
{
    struct shell *s = (struct shell *)job;
    uint64_t start = now_ns();

    s->rc = chaos_shell_prepare(ctx, &s->is, &s->handle);
    s->duration_ns = now_ns() - start;
    if (s->rc < 0)
        snprintf(s->error, sizeof(s->error), "%s", chaos_ctx_error(ctx));
}

/* Tried again later and later; the log gets the first failure of a row. */
static void refill_failed(struct shape *shape, struct daemon *d, int rc,
                          const char *text)
{
    uint64_t wait = RETRY_LAST_NS;

    if (shape->failures < 7)
        wait = RETRY_FIRST_NS << shape->failures;
    if (wait > RETRY_LAST_NS)
        wait = RETRY_LAST_NS;
    shape->retry_ns = now_ns() + wait;
    shape->failed++;
    metrics_add(d->metrics, METRIC_REFILL_FAILED, 1);
    events_emit(d->events, "refill_failed", "shape", EVENT_TEXT(shape->name),
                "error", EVENT_UINT(-rc), "text", EVENT_TEXT(text), NULL);
    if (shape->failures++ == 0)
        log_warn("refill", "shape=%s error=%d: %s", shape->name, -rc, text);
}

static void refilled(struct shell *s)
{
    struct shape *shape = s->shape;
    struct daemon *d = s->pool->d;

    if (shape->failures > 0)
        log_info("refill", "shape=%s: it works again", shape->name);
    shape->failures = 0;
    shape->retry_ns = 0;
    shape->refill_ns =
        shape->refill_ns == 0
            ? s->duration_ns
            : shape->refill_ns - shape->refill_ns / 8 + s->duration_ns / 8;
    metrics_add(d->metrics, METRIC_REFILLS, 1);
    metrics_observe(d->metrics, HISTOGRAM_REFILL, s->duration_ns);
    events_emit(d->events, "refill", "domid", EVENT_UINT(s->domid), "shape",
                EVENT_TEXT(shape->name), "duration_us",
                EVENT_UINT(s->duration_ns / 1000), NULL);
}

static void prepare_done(struct job *job)
{
    struct shell *s = (struct shell *)job;
    struct pool *pool = s->pool;
    struct shape *shape = s->shape;

    pool_turn_soon(pool);
    if (s->rc < 0) {
        refill_failed(shape, pool->d, s->rc, s->error);
        if (s->rc == -ESTALE && !shape->gone)
            pool_shape_look(pool, shape);
        shell_forget(s);
        return;
    }
    set_handle(s, s->handle);
    refilled(s);
    move(s, SHELL_READY);
    if (shape->gone || !shape_same_images(&s->is, &shape->is))
        shell_end(s);
}

void shell_prepare(struct pool *pool, struct shape *shape)
{
    struct shell *s = add(pool, shape, &shape->is, SHELL_PREPARING);

    if (!s) {
        refill_failed(shape, pool->d, -ENOMEM, "chaosd has no memory left");
        return;
    }
    s->job = (struct job){
        .priority = JOB_REFILL, .run = prepare_run, .done = prepare_done};
    workers_submit(pool->d->workers, &s->job);
}

/* --- READY ------------------------------------------------------------------
 */

void shell_lost(struct shell *s, const char *reason)
{
    events_emit(s->pool->d->events, "shell_lost", "domid", EVENT_UINT(s->domid),
                "shape", EVENT_TEXT(s->shape->name), "reason",
                EVENT_TEXT(reason), NULL);
    shell_end(s);
}

static int compare_birth(const void *key, const void *element)
{
    const struct chaos_birth *birth = element;
    const uint32_t *domid = key;

    return (*domid > birth->domid) - (*domid < birth->domid);
}

void pool_verify(struct pool *pool, const struct chaos_birth *births,
                 size_t count, uint64_t listed_ns)
{
    struct chaos_birth birth;
    struct shell *s;
    int rc;

    TAILQ_FOREACH(s, &pool->shells, list)
    {
        if (s->state != SHELL_READY || s->since_ns >= listed_ns ||
            (count > 0 &&
             bsearch(&s->domid, births, count, sizeof(*births), compare_birth)))
            continue;
        rc = chaos_birth(pool->d->ctx, s->domid, &birth);
        if (rc != -ESRCH && rc != -ENOENT)
            continue;
        log_warn("shell", "domid=%u: somebody else ended it", s->domid);
        shell_lost(s, "vanished");
        pool_turn_soon(pool);
    }
}

/* --- GIVEN ------------------------------------------------------------------
 */

void shell_given(struct shell *s, struct client *c)
{
    s->client = client_number(c);
    s->taken = true;
    s->hook = (struct client_hook){.gone = pool_lease_gone, .arg = s};
    client_hook_add(c, &s->hook);
    move(s, SHELL_GIVEN);
}

void shell_unlease(struct shell *s, struct client *c)
{
    client_hook_remove(c, &s->hook);
}

/* --- ENDING -----------------------------------------------------------------
 */

static void end_run(struct job *job, struct chaos_ctx *ctx)
{
    struct shell *s = (struct shell *)job;

    /* The mark of one that was given names the taker. */
    s->rc = s->taken ? chaos_birth_reap(ctx, s->domid, s->force)
                     : chaos_shell_destroy(ctx, s->handle);
    if (s->rc < 0)
        snprintf(s->error, sizeof(s->error), "%s", chaos_ctx_error(ctx));
}

/* It keeps its place in the budget until it is really gone. */
static void end_failed(struct shell *s)
{
    uint64_t wait = END_RETRY_LAST_NS;

    if (s->failures < 6)
        wait = END_RETRY_FIRST_NS << s->failures;
    if (s->failures++ == 0) {
        s->pool->ending_kb -= s->is.memory_kb;
        log_error("shell", "domid=%u error=%d: it cannot be ended: %s",
                  s->domid, -s->rc, s->error);
    }
    s->retry_ns = now_ns() + wait;
    s->pool->stuck++;
}

uint64_t shell_retry_ends(struct pool *pool, uint64_t now)
{
    uint64_t next = PLAN_NEVER;
    struct shell *s;

    if (pool->stuck == 0)
        return next;
    TAILQ_FOREACH(s, &pool->shells, list)
    {
        if (s->retry_ns > now && s->retry_ns < next)
            next = s->retry_ns;
        if (s->retry_ns == 0 || s->retry_ns > now)
            continue;
        s->retry_ns = 0;
        pool->stuck--;
        workers_submit(pool->d->workers, &s->job);
    }
    return next;
}

static void end_done(struct job *job)
{
    struct shell *s = (struct shell *)job;
    struct pool *pool = s->pool;

    pool_turn_soon(pool);
    if (s->taken && s->rc == -ENOENT) {
        /* Its taker was faster. */
        pool_made(pool->d, s, s->domid, 0);
    } else if (s->rc == -EBUSY && !s->force) {
        log_info("shell", "domid=%u: left to its taker", s->domid);
    } else if (s->rc < 0 && s->rc != -ENOENT && s->rc != -ESRCH) {
        end_failed(s);
        return;
    }
    shell_forget(s);
}

void shell_end(struct shell *s)
{
    move(s, SHELL_ENDING);
    /* A daemon that leaves does not end what its clients are at. */
    s->force = !s->pool->leaving;
    s->pool->ending_kb += s->is.memory_kb;
    s->job =
        (struct job){.priority = JOB_DESTROY, .run = end_run, .done = end_done};
    workers_submit(s->pool->d->workers, &s->job);
}
