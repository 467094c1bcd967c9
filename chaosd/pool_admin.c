/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool_admin.c: POOL_SET, POOL_DRAIN, POOL_FILL.
 *
 * A DRAIN or FILL waits in a list until what it asked for is so; each turn of
 * the pool looks.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "pool_internal.h"

#define ALL UINT64_MAX
/* After a DRAIN for so much memory, until somebody took it. */
#define DRAIN_REST_NS UINT64_C(1000000000)

/* --- replies ----------------------------------------------------------------
 */

/* Ends the document and sends it. */
static void reply_json(struct client *c, uint16_t type, uint32_t id,
                       struct json *json)
{
    const char *text;
    size_t size;
    int rc = json_result(json, &text, &size);

    if (rc < 0)
        client_fail(c, type, id, rc, "the reply could not be written");
    else
        client_reply(c, type, id, text, size);
}

static void reply_amount(struct pool *pool, struct client *c,
                         const struct waiter *w)
{
    uint16_t type = w->fill ? CHAOSD_POOL_FILL : CHAOSD_POOL_DRAIN;
    struct json json;

    if (json_open(&json) < 0) {
        client_fail(c, type, w->id, -ENOMEM, "no memory for the reply");
        return;
    }
    json_map(&json, NULL);
    if (w->fill)
        json_number(&json, "ready", pool->count[SHELL_READY]);
    else
        json_number(&json, "destroyed", w->destroyed);
    json_number(&json, "memory_kb", pool->used_kb);
    json_number(&json, "free_kb", pool_free_kb(pool));
    json_map_end(&json);
    reply_json(c, type, w->id, &json);
    json_close(&json);
}

/* --- what is waited for -----------------------------------------------------
 */

static struct waiter *waiter_add(struct pool *pool)
{
    struct waiter *w = calloc(1, sizeof(*w));

    if (w)
        TAILQ_INSERT_TAIL(&pool->waiters, w, list);
    return w;
}

static void waiter_end(struct pool *pool, struct waiter *w, int rc,
                       const char *text)
{
    struct client *c = client_find(pool->d->server, w->client);

    TAILQ_REMOVE(&pool->waiters, w, list);
    if (w->done)
        w->done(w->arg);
    else if (c && rc < 0)
        client_fail(c, w->fill ? CHAOSD_POOL_FILL : CHAOSD_POOL_DRAIN, w->id,
                    rc, "%s", text);
    else if (c)
        reply_amount(pool, c, w);
    free(w);
}

static bool is_gone(const struct pool *pool, const struct waiter *w)
{
    return !w->done && !client_find(pool->d->server, w->client);
}

void pool_waiters_free(struct pool *pool)
{
    struct waiter *w;

    while ((w = TAILQ_FIRST(&pool->waiters))) {
        TAILQ_REMOVE(&pool->waiters, w, list);
        free(w);
    }
}

/* --- DRAIN ------------------------------------------------------------------
 */

/* 1: not over yet. What failed to end is not waited for. */
static int drain(struct pool *pool, struct waiter *w)
{
    uint64_t now = now_ns(), free_kb = pool_free_kb(pool);
    struct shape *least;

    if (w->kb != ALL && free_kb >= w->kb)
        return 0;
    while ((w->kb == ALL || free_kb + pool->ending_kb < w->kb) &&
           (least = plan_least_useful(&pool->shapes, now))) {
        shell_end(TAILQ_FIRST(&least->shells));
        w->destroyed++;
    }
    if (pool->count[SHELL_READY] + pool->count[SHELL_PREPARING] == 0 &&
        pool->count[SHELL_ENDING] == pool->stuck)
        return 0;
    return now >= w->until_ns ? -ETIMEDOUT : 1;
}

uint64_t pool_drains_turn(struct pool *pool)
{
    uint64_t back = PLAN_NEVER;
    struct waiter *w, *next;

    for (w = TAILQ_FIRST(&pool->waiters); w; w = next) {
        int rc;

        next = TAILQ_NEXT(w, list);
        if (w->fill)
            continue;
        rc = drain(pool, w);
        if (rc < 1 || is_gone(pool, w))
            waiter_end(pool, w, rc, "there was not enough time for all ends");
        else if (w->until_ns < back)
            back = w->until_ns;
    }
    return back;
}

static void rest(struct pool *pool, uint64_t kb)
{
    uint64_t until = kb == ALL ? PLAN_NEVER : now_ns() + DRAIN_REST_NS;

    if (until > pool->rest_ns)
        pool->rest_ns = until;
}

/* What DRAIN and FILL have in common. False: it was answered. */
static bool wait_for_amount(struct pool *pool, struct client *c,
                            const struct request *rq,
                            struct chaosd_amount *amount)
{
    struct waiter *w;

    memcpy(amount, rq->payload, sizeof(*amount));
    if (amount->pad != 0) {
        client_fail(c, rq->type, rq->id, -EINVAL, "padding that is not zero");
        return false;
    }
    w = waiter_add(pool);
    if (!w) {
        client_fail(c, rq->type, rq->id, -ENOMEM, "chaosd has no memory left");
        return false;
    }
    w->fill = rq->type == CHAOSD_POOL_FILL;
    w->kb = amount->kb;
    w->until_ns = now_ns() + amount->timeout_ms * UINT64_C(1000000);
    w->client = client_number(c);
    w->id = rq->id;
    pool_turn_soon(pool);
    return true;
}

void pool_drain_asked(struct daemon *d, struct client *c,
                      const struct request *rq)
{
    struct chaosd_amount amount;

    if (!wait_for_amount(d->pool, c, rq, &amount))
        return;
    rest(d->pool, amount.kb);
    if (amount.kb == ALL)
        log_info("drain", "pid=%d: all shells", (int)client_pid(c));
    else
        log_info("drain", "pid=%d: until %llu KiB are free", (int)client_pid(c),
                 (unsigned long long)amount.kb);
}

void pool_drain(struct pool *pool, void (*done)(void *arg), void *arg)
{
    struct waiter *w = waiter_add(pool);

    rest(pool, ALL);
    if (!w) {
        log_error("drain", "no memory: the shells stay");
        done(arg);
        return;
    }
    w->kb = ALL;
    w->until_ns = PLAN_NEVER;
    w->done = done;
    w->arg = arg;
    pool_turn_soon(pool);
}

/* --- FILL -------------------------------------------------------------------
 */

bool pool_is_filling(const struct pool *pool)
{
    const struct waiter *w;

    TAILQ_FOREACH(w, &pool->waiters, list)
    {
        if (w->fill)
            return true;
    }
    return false;
}

static bool is_full(const struct pool *pool)
{
    const struct shape *s;

    TAILQ_FOREACH(s, &pool->shapes.list, list)
    {
        if (!s->gone && s->ready < s->high)
            return false;
    }
    return true;
}

/* 1: not over yet. */
static int fill(const struct pool *pool, const struct waiter *w,
                const struct plan *plan, const char **text_out)
{
    if (pool->leaving) {
        *text_out = "chaosd is leaving";
        return -ESHUTDOWN;
    }
    if (is_full(pool))
        return 0;
    if (plan->short_of_memory && pool->ending_kb == 0) {
        *text_out = "memory does not suffice for all shells";
        return -ENOMEM;
    }
    if (now_ns() >= w->until_ns) {
        *text_out = "there was not enough time for all shells";
        return -ETIMEDOUT;
    }
    return 1;
}

uint64_t pool_fills_turn(struct pool *pool, const struct plan *plan)
{
    uint64_t back = PLAN_NEVER;
    struct waiter *w, *next;

    for (w = TAILQ_FIRST(&pool->waiters); w; w = next) {
        const char *text = NULL;
        int rc = w->fill ? fill(pool, w, plan, &text) : 1;

        next = TAILQ_NEXT(w, list);
        if (w->fill && (rc < 1 || is_gone(pool, w)))
            waiter_end(pool, w, rc, text);
        else if (w->fill && w->until_ns < back)
            back = w->until_ns;
    }
    return back;
}

void pool_fill_asked(struct daemon *d, struct client *c,
                     const struct request *rq)
{
    struct chaosd_amount amount;
    struct shape *s;

    if (!wait_for_amount(d->pool, c, rq, &amount))
        return;
    d->pool->rest_ns = 0;
    TAILQ_FOREACH(s, &d->pool->shapes.list, list)
    {
        s->retry_ns = 0;
    }
}

/* --- SET --------------------------------------------------------------------
 */

static void reply_set(struct client *c, const struct request *rq,
                      const struct conf_shape *cs)
{
    struct json json;

    if (json_open(&json) < 0) {
        client_fail(c, rq->type, rq->id, -ENOMEM, "no memory for the reply");
        return;
    }
    json_map(&json, NULL);
    json_text(&json, "name", cs->name);
    json_number(&json, "low", cs->low);
    json_number(&json, "high", cs->high);
    json_map_end(&json);
    reply_json(c, rq->type, rq->id, &json);
    json_close(&json);
}

void pool_set(struct daemon *d, struct client *c, const struct request *rq)
{
    struct pool *pool = d->pool;
    struct conf_shape cs;
    char text[256];
    const char *fault;
    int rc = conf_parse_shape(rq->payload, rq->size, &cs, text, sizeof(text));

    if (rc < 0) {
        client_fail(c, rq->type, rq->id, rc, "%s", text);
        return;
    }
    fault = cs.name[0] ? shape_fault(&cs.shape) : "a shape needs a name";
    if (fault) {
        client_fail(c, rq->type, rq->id, -EINVAL, "%s", fault);
        return;
    }
    rc = pool_shape_set(pool, &cs);
    if (rc < 0) {
        client_fail(c, rq->type, rq->id, rc, "chaosd has no memory left");
        return;
    }
    log_info("shape", "shape=%s low=%u high=%u pid=%d: set", cs.name, cs.low,
             cs.high, (int)client_pid(c));
    pool_turn_soon(pool);
    reply_set(c, rq, &cs);
}
