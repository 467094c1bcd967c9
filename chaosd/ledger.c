/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ledger.c: what an earlier daemon, or a client that died, left behind.
 *
 * At the start all is done here and now. Afterwards a job lists the domains in
 * the making, the main thread sorts out those that the pool knows, and another
 * job ends the orphans among the rest. Between the two nothing can become the
 * pool's that was an orphan.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>

#include "daemon.h"
#include "events.h"
#include "ledger.h"
#include "metrics.h"
#include "pool.h"
#include "worker.h"

#define ERROR_SIZE 256

/* What became of an orphan. */
struct verdict {
    uint32_t domid;
    int rc; /* of its end */
    char error[ERROR_SIZE];
};

struct ledger {
    struct daemon *d;    /* borrowed */
    struct event *timer; /* owned */
    struct job list, reap;
    bool busy; /* one of them is under way */
    int rc;    /* of `list` */
    char error[ERROR_SIZE];
    uint64_t listed_ns;
    struct chaos_birth *births; /* owned; those of interest */
    size_t count;
    struct verdict *verdicts; /* owned; of the first `count` births */
};

/* --- what is told -----------------------------------------------------------
 */

static void tell_adopted(struct daemon *d, uint32_t domid)
{
    log_info("ledger", "domid=%u: a shell, adopted", domid);
    metrics_add(d->metrics, METRIC_ADOPTED, 1);
    events_emit(d->events, "adopted", "domid", EVENT_UINT(domid), NULL);
}

static void tell_reaped(struct daemon *d, const struct verdict *v)
{
    /* It was made, ended, or got a new owner meanwhile. */
    if (v->rc == -ENOENT || v->rc == -ESRCH || v->rc == -EBUSY)
        return;
    if (v->rc < 0) {
        log_error("ledger", "domid=%u error=%d: it cannot be ended: %s",
                  v->domid, -v->rc, v->error);
        return;
    }
    log_info("ledger", "domid=%u: an orphan, ended", v->domid);
    metrics_add(d->metrics, METRIC_REAPED, 1);
    events_emit(d->events, "reaped", "domid", EVENT_UINT(v->domid), NULL);
}

static void reap(struct chaos_ctx *ctx, uint32_t domid, struct verdict *v)
{
    v->domid = domid;
    v->rc = chaos_birth_reap(ctx, domid, false);
    snprintf(v->error, sizeof(v->error), "%s",
             v->rc < 0 ? chaos_ctx_error(ctx) : "");
}

/* True: it is the pool's now. */
static bool adopt(struct daemon *d, const struct chaos_birth *birth)
{
    struct chaos_shell *shell;
    int rc;

    if (!birth->shell)
        return false;
    rc = chaos_shell_adopt(d->ctx, birth->domid, &shell);
    if (rc < 0) {
        log_warn("ledger", "domid=%u error=%d: not adopted: %s", birth->domid,
                 -rc, chaos_ctx_error(d->ctx));
        return false;
    }
    tell_adopted(d, birth->domid);
    pool_adopt(d->pool, shell);
    return true;
}

/* --- at the start -----------------------------------------------------------
 */

int ledger_recover(struct daemon *d)
{
    struct chaos_birth *births;
    struct verdict v;
    size_t i, count;
    int rc = chaos_birth_list(d->ctx, &births, &count);

    if (rc < 0)
        return rc;
    for (i = 0; i < count; i++) {
        /* One whose owner lives is looked at again later. */
        if (!births[i].orphan || adopt(d, &births[i]))
            continue;
        reap(d->ctx, births[i].domid, &v);
        tell_reaped(d, &v);
    }
    free(births);
    rc = chaos_records_sweep(d->ctx);
    if (rc > 0)
        log_info("ledger", "records=%d: of domains that are no more, removed",
                 rc);
    return rc < 0 ? rc : 0;
}

/* --- from time to time ------------------------------------------------------
 */

static struct ledger *of_list(struct job *job)
{
    return (struct ledger *)((char *)job - offsetof(struct ledger, list));
}

static struct ledger *of_reap(struct job *job)
{
    return (struct ledger *)((char *)job - offsetof(struct ledger, reap));
}

static void reap_run(struct job *job, struct chaos_ctx *ctx)
{
    struct ledger *l = of_reap(job);
    size_t i;

    for (i = 0; i < l->count; i++)
        reap(ctx, l->births[i].domid, &l->verdicts[i]);
}

static void finish(struct ledger *l)
{
    free(l->births);
    free(l->verdicts);
    l->births = NULL;
    l->verdicts = NULL;
    l->busy = false;
}

static void reap_done(struct job *job)
{
    struct ledger *l = of_reap(job);
    size_t i;

    for (i = 0; i < l->count; i++)
        tell_reaped(l->d, &l->verdicts[i]);
    finish(l);
}

static void list_run(struct job *job, struct chaos_ctx *ctx)
{
    struct ledger *l = of_list(job);

    l->listed_ns = now_ns();
    l->rc = chaos_birth_list(ctx, &l->births, &l->count);
    if (l->rc == 0)
        l->rc = chaos_records_sweep(ctx);
    if (l->rc < 0)
        snprintf(l->error, sizeof(l->error), "%s", chaos_ctx_error(ctx));
}

/* Leave those that somebody looks after, and adopt what can be adopted. */
static void sort_out(struct ledger *l)
{
    size_t i, n = 0;

    for (i = 0; i < l->count; i++) {
        const struct chaos_birth *b = &l->births[i];

        if (b->orphan && !pool_knows(l->d->pool, b->domid) && !adopt(l->d, b))
            l->births[n++] = *b;
    }
    l->count = n;
}

static void list_done(struct job *job)
{
    struct ledger *l = of_list(job);

    if (l->rc < 0) {
        log_warn("ledger", "error=%d: %s", -l->rc, l->error);
        finish(l);
        return;
    }
    pool_verify(l->d->pool, l->births, l->count, l->listed_ns);
    sort_out(l);
    l->verdicts = calloc(l->count, sizeof(*l->verdicts));
    if (l->count == 0 || !l->verdicts) {
        finish(l);
        return;
    }
    workers_submit(l->d->workers, &l->reap);
}

void ledger_look(struct daemon *d)
{
    struct ledger *l = d->ledger;

    /* A hook may keep the last one so long. */
    if (l->busy)
        return;
    l->busy = true;
    workers_submit(d->workers, &l->list);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    ledger_look(arg);
}

int ledger_start(struct daemon *d)
{
    static const struct timeval every = {.tv_sec = LEDGER_SECONDS};
    struct ledger *l = calloc(1, sizeof(*l));

    if (!l)
        return -ENOMEM;
    d->ledger = l;
    l->d = d;
    l->list = (struct job){
        .priority = JOB_DESTROY, .run = list_run, .done = list_done};
    l->reap = (struct job){
        .priority = JOB_DESTROY, .run = reap_run, .done = reap_done};
    l->timer = event_new(d->base, -1, EV_PERSIST, on_timer, d);
    if (!l->timer || event_add(l->timer, &every) < 0) {
        ledger_stop(d);
        return -ENOMEM;
    }
    return 0;
}

void ledger_stop(struct daemon *d)
{
    struct ledger *l = d->ledger;

    if (!l)
        return;
    d->ledger = NULL;
    finish(l);
    if (l->timer)
        event_free(l->timer);
    free(l);
}
