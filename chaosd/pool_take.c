/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool_take.c: shells given to clients, and what they say became of them.
 *
 * A lease is a shell that is GIVEN and the connection it was given over. It
 * ends with DONE or with the connection, whichever is first; from then on
 * the domain is either a VM or no more.
 */
#include <errno.h>
#include <string.h>

#include "events.h"
#include "guests.h"
#include "metrics.h"
#include "pool_internal.h"

/* --- TAKE -------------------------------------------------------------------
 */

/* What the client will not get is worth knowing of. */
static void missed(struct pool *pool, struct shape *home,
                   const struct chaosd_shape *asked, uint64_t now)
{
    struct daemon *d = pool->d;

    if (!home && shapes_miss(&pool->shapes, asked, now))
        home = pool_learn(pool, asked);
    if (home)
        home->missed++;
    metrics_add(d->metrics, METRIC_MISSES, 1);
    events_emit(d->events, "pool_miss", "shape",
                EVENT_TEXT(home ? home->name : ""), "memory_kb",
                EVENT_UINT(asked->memory_kb), "vcpus", EVENT_UINT(asked->vcpus),
                "vifs", EVENT_UINT(asked->vif_count), "vbds",
                EVENT_UINT(asked->vbd_count), NULL);
    pool_turn_soon(pool);
}

static void given(struct pool *pool, struct shell *s, struct client *c,
                  const struct request *rq)
{
    struct chaosd_shell reply = {
        .domid = s->domid,
        .loaded = shape_has_images(&s->is),
    };
    size_t size;
    const void *data = chaos_shell_data(s->handle, &size);

    s->shape->taken++;
    shell_given(s, c);
    pool->given_ns = s->since_ns;
    workers_hold(pool->d->workers, true);
    client_reply2(c, rq->type, rq->id, &reply, sizeof(reply), data, size);
    metrics_add(pool->d->metrics, METRIC_TAKES, 1);
    events_emit(pool->d->events, "pool_used", "domid", EVENT_UINT(s->domid),
                "shape", EVENT_TEXT(s->shape->name), "loaded",
                EVENT_UINT(reply.loaded), NULL);
    /* The create comes first; what it leaves to do is done after it. */
    pool_turn_at(pool, now_ns() + POOL_HOLD_NS);
}

/* One that was ready and is no good; the next may be. */
static void spoiled(struct shell *s, int rc)
{
    log_warn("shell", "domid=%u error=%d: not given but destroyed: %s",
             s->domid, -rc, chaos_ctx_error(s->pool->d->ctx));
    shell_lost(s, "broken");
    pool_turn_soon(s->pool);
}

static const char *take_fault(const struct chaosd_take *take)
{
    if (take->owner == 0 || take->pad != 0)
        return "the owner is no number";
    return shape_fault(&take->shape);
}

/* Whose shells serve such VMs, and how many of them there are. */
static struct shape *
note_arrival(struct pool *pool, const struct chaosd_shape *asked, uint64_t now)
{
    struct shape *home = shapes_home(&pool->shapes, asked);

    pool->active_ns = now;
    if (!home)
        return NULL;
    rate_arrive(&home->rate, now);
    home->asked_ns = now;
    if (shape_has_images(&home->is) && !shape_same_images(&home->is, asked))
        pool_shape_look(pool, home);
    return home;
}

void pool_take(struct daemon *d, struct client *c, const struct request *rq)
{
    struct pool *pool = d->pool;
    uint64_t now = now_ns();
    struct chaosd_take take;
    struct shape *home, *best;
    const char *fault;

    memcpy(&take, rq->payload, sizeof(take));
    fault = take_fault(&take);
    if (fault) {
        client_fail(c, rq->type, rq->id, -EINVAL, "%s", fault);
        return;
    }
    if (pool->leaving) {
        client_fail(c, rq->type, rq->id, -ESHUTDOWN, "chaosd is leaving");
        return;
    }
    home = note_arrival(pool, &take.shape, now);
    while ((best = shapes_best_ready(&pool->shapes, &take.shape))) {
        struct shell *s = TAILQ_FIRST(&best->shells);
        int rc = chaos_shell_give(d->ctx, s->handle, take.owner);

        if (rc == 0) {
            given(pool, s, c, rq);
            return;
        }
        spoiled(s, rc);
    }
    client_fail(c, rq->type, rq->id, -ENOENT, "no shell fits");
    missed(pool, home, &take.shape, now);
}

/* --- the end of a lease -----------------------------------------------------
 */

void pool_made(struct daemon *d, const struct shell *s, uint32_t domid,
               uint64_t duration_ns)
{
    guests_made(d->guests, domid);
    metrics_add(d->metrics, s ? METRIC_CREATED : METRIC_CREATED_PLAIN, 1);
    if (duration_ns > 0)
        metrics_observe(d->metrics, HISTOGRAM_CREATE, duration_ns);
    events_emit(d->events, "created", "domid", EVENT_UINT(domid), "shape",
                EVENT_TEXT(s ? s->shape->name : ""), "duration_us",
                EVENT_UINT(duration_ns / 1000), NULL);
}

static void create_failed(struct daemon *d, uint32_t domid, int rc)
{
    metrics_add(d->metrics, METRIC_CREATE_FAILED, 1);
    events_emit(d->events, "create_failed", "domid", EVENT_UINT(domid), "error",
                EVENT_UINT(-(int64_t)rc), NULL);
}

/* No VM came of it, and nobody will say so. */
static void lost(struct shell *s, const char *reason)
{
    metrics_add(s->pool->d->metrics, METRIC_LEASES_LOST, 1);
    log_warn("shell", "domid=%u: its taker left it half made (%s)", s->domid,
             reason);
    shell_lost(s, reason);
}

/* The domain itself says whether it was made. Gone is gone: it was one. */
static bool is_made(struct shell *s)
{
    struct chaos_birth birth;
    int rc = chaos_birth(s->pool->d->ctx, s->domid, &birth);

    return rc == -ENOENT || rc == -ESRCH;
}

static void lease_over(struct pool *pool, uint64_t now)
{
    pool->active_ns = now;
    pool_turn_soon(pool);
}

void pool_lease_gone(struct client *c, void *arg)
{
    struct shell *s = arg;
    struct pool *pool = s->pool;
    struct chaos_birth birth;
    int rc = chaos_birth(pool->d->ctx, s->domid, &birth);

    (void)c;
    if (rc == -ENOENT) {
        pool_made(pool->d, s, s->domid, 0);
        shell_forget(s);
    } else {
        /* Also where it cannot be told, and where nothing is left of it. */
        lost(s, "taker gone");
    }
    lease_over(pool, now_ns());
}

static void done_shell(struct pool *pool, struct client *c,
                       const struct chaosd_done *done)
{
    struct shell *s =
        done->domid < POOL_DOMIDS ? pool->domid[done->domid] : NULL;

    if (!s || s->state != SHELL_GIVEN || s->client != client_number(c)) {
        log_warn("done", "domid=%u pid=%d: it was not given to this client",
                 done->domid, (int)client_pid(c));
        return;
    }
    shell_unlease(s, c);
    if (done->result < 0) {
        create_failed(pool->d, s->domid, done->result);
        shell_end(s); /* whatever is left of it */
    } else if (is_made(s)) {
        pool_made(pool->d, s, s->domid, done->duration_ns);
        shell_forget(s);
    } else {
        lost(s, "not made");
    }
    lease_over(pool, now_ns());
}

void pool_done(struct daemon *d, struct client *c, const struct request *rq)
{
    struct chaosd_done done;

    memcpy(&done, rq->payload, sizeof(done));
    if (done.pad != 0 || done.result > 0 || done.flags & ~CHAOSD_DONE_SHELL) {
        log_warn("done", "pid=%d: it makes no sense", (int)client_pid(c));
        return;
    }
    if (done.flags & CHAOSD_DONE_SHELL) {
        done_shell(d->pool, c, &done);
        return;
    }
    d->pool->active_ns = now_ns();
    if (done.result < 0)
        create_failed(d, done.domid, done.result);
    else
        pool_made(d, NULL, done.domid, done.duration_ns);
}
