/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool_status.c: what the pool has, as JSON and as numbers.
 */
#include <errno.h>

#include "json.h"
#include "pool_internal.h"

static uint64_t age_s(uint64_t since, uint64_t now)
{
    return now > since ? (now - since) / 1000000000u : 0;
}

/* Arrivals in a thousand seconds: JSON is written without fractions. */
static uint64_t per_1000_s(const struct shape *s, uint64_t now)
{
    return (uint64_t)(rate_per_s(&s->rate, now) * 1000 + 0.5);
}

static void put_shape(struct json *json, const struct shape *s, uint64_t now)
{
    unsigned i;

    json_map(json, NULL);
    json_text(json, "name", s->name);
    json_bool(json, "learnt", s->learnt);
    json_text(json, "bus", shape_bus(&s->is));
    json_number(json, "memory_kb", s->is.memory_kb);
    json_number(json, "vcpus", s->is.vcpus);
    json_number(json, "vifs", s->is.vif_count);
    json_array(json, "bridges");
    for (i = 0; i < s->is.vif_count; i++)
        json_text(json, NULL, s->is.bridges[i]);
    json_array_end(json);
    json_number(json, "vbds", s->is.vbd_count);
    json_text(json, "kernel", s->is.kernel.path);
    json_text(json, "ramdisk", s->is.ramdisk.path);
    json_number(json, "low", s->low);
    json_number(json, "high", s->high);
    json_number(json, "wanted", plan_wanted(s, now));
    json_number(json, "ready", s->ready);
    json_number(json, "preparing", s->preparing);
    json_number(json, "given", s->given);
    json_number(json, "ending", s->ending);
    json_number(json, "taken", s->taken);
    json_number(json, "missed", s->missed);
    json_number(json, "failed", s->failed);
    json_number(json, "rate_per_1000_s", per_1000_s(s, now));
    json_number(json, "refill_us", s->refill_ns / 1000);
    json_map_end(json);
}

static void put_shell(struct json *json, const struct shell *s, uint64_t now)
{
    json_map(json, NULL);
    if (s->domid == CHAOS_DOMID_NONE)
        json_null(json, "domid");
    else
        json_number(json, "domid", s->domid);
    json_text(json, "shape", s->shape->name);
    json_text(json, "state", shell_state_name(s->state));
    json_number(json, "age_s", age_s(s->since_ns, now));
    json_map_end(json);
}

static void put_pool(struct json *json, const struct pool *pool)
{
    uint64_t now = now_ns();
    const struct shape *shape;
    const struct shell *shell;

    json_map(json, NULL);
    json_number(json, "memory_kb", pool->used_kb);
    json_number(json, "budget_kb", pool->budget_kb);
    json_number(json, "reserve_kb", pool->reserve_kb);
    json_number(json, "free_kb", pool_free_kb(pool));
    json_bool(json, "leaving", pool->leaving);
    json_bool(json, "resting", now < pool->rest_ns);
    json_number(json, "ready", pool->count[SHELL_READY]);
    json_number(json, "preparing", pool->count[SHELL_PREPARING]);
    json_number(json, "given", pool->count[SHELL_GIVEN]);
    json_number(json, "ending", pool->count[SHELL_ENDING]);
    json_array(json, "shapes");
    TAILQ_FOREACH(shape, &pool->shapes.list, list)
    {
        if (!shape->gone)
            put_shape(json, shape, now);
    }
    json_array_end(json);
    json_array(json, "shells");
    TAILQ_FOREACH(shell, &pool->shells, list)
    {
        put_shell(json, shell, now);
    }
    json_array_end(json);
    json_map_end(json);
}

void pool_status(struct daemon *d, struct client *c, const struct request *rq)
{
    const char *text;
    struct json json;
    size_t size;
    int rc = json_open(&json);

    if (rc < 0) {
        client_fail(c, rq->type, rq->id, rc, "no memory for the reply");
        return;
    }
    put_pool(&json, d->pool);
    rc = json_result(&json, &text, &size);
    if (rc == 0 && size > CHAOSD_REPLY_MAX - sizeof(struct chaosd_header))
        rc = -EMSGSIZE;
    if (rc < 0)
        client_fail(c, rq->type, rq->id, rc, "the reply could not be written");
    else
        client_reply(c, rq->type, rq->id, text, size);
    json_close(&json);
}

struct pool_counts pool_counts(const struct pool *pool)
{
    return (struct pool_counts){
        .ready = pool->count[SHELL_READY],
        .preparing = pool->count[SHELL_PREPARING],
        .given = pool->count[SHELL_GIVEN],
        .ending = pool->count[SHELL_ENDING],
        .memory_kb = pool->used_kb,
        .shapes = pool->shapes.count,
    };
}
