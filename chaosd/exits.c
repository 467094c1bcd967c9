/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exits.c: guests that stop: told by the hypervisor, looked for at the start
 * and when it lost count.
 *
 * `handled` has the domains whose stop was dealt with, so that one that is kept
 * is not dealt with again by whoever looks for stopped domains.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "conf.h"
#include "exits_internal.h"

#define BATCH 64
#define TURN_BATCHES 4
#define PRUNE_SECONDS 30
#define AGAIN_SECONDS 1

/* --- which were dealt with --------------------------------------------------
 */

static bool is_handled(const struct exits *x, uint32_t domid)
{
    return x->handled[domid / 8] & (1u << domid % 8);
}

static void set_handled(struct exits *x, uint32_t domid, bool handled)
{
    uint8_t bit = (uint8_t)(1u << domid % 8);

    if (handled)
        x->handled[domid / 8] |= bit;
    else
        x->handled[domid / 8] &= (uint8_t)~bit;
}

/* --- one exit ---------------------------------------------------------------
 */

static void tell_exited(struct exits *x, const struct noxs_exit *ex)
{
    const struct guest_facts *facts = guests_facts(x->d->guests, ex->domid);
    const char *reason = chaos_reason_name(ex->reason);

    metrics_add(x->d->metrics, METRIC_EXITS, 1);
    if (facts && facts->exit_known)
        events_emit(x->d->events, "exited", "domid", EVENT_UINT(ex->domid),
                    "name", EVENT_TEXT(facts->name), "reason",
                    EVENT_TEXT(reason), "exit_code",
                    EVENT_UINT(facts->exit_code), NULL);
    else
        events_emit(x->d->events, "exited", "domid", EVENT_UINT(ex->domid),
                    "name", EVENT_TEXT(facts ? facts->name : ""), "reason",
                    EVENT_TEXT(reason), NULL);
}

/* A guest that is suspended goes on, or is saved, by who asked for it. */
static void on_stop(struct exits *x, const struct noxs_exit *ex)
{
    if (ex->reason == CHAOS_REASON_SUSPEND || is_handled(x, ex->domid))
        return;
    set_handled(x, ex->domid, true);
    guests_exit(x->d->guests, ex);
    tell_exited(x, ex);
    exits_settle(x, ex);
}

static void on_dying(struct exits *x, const struct noxs_exit *ex)
{
    const struct guest_facts *facts = guests_facts(x->d->guests, ex->domid);

    set_handled(x, ex->domid, false);
    if (facts)
        events_emit(x->d->events, "destroyed", "domid", EVENT_UINT(ex->domid),
                    "name", EVENT_TEXT(facts->name), "reason",
                    EVENT_TEXT(facts->reason == GUEST_NO_REASON
                                   ? "destroyed"
                                   : chaos_reason_name(facts->reason)),
                    NULL);
    guests_exit(x->d->guests, ex);
}

static void on_exit_record(struct exits *x, const struct noxs_exit *ex)
{
    if (ex->domid >= NOXS_DOMID_SELF)
        return;
    if (ex->kind == NOXS_EXIT_SHUTDOWN)
        on_stop(x, ex);
    else
        on_dying(x, ex);
}

/* --- looking for them -------------------------------------------------------
 */

static void look_at(struct exits *x, const struct chaos_domain_info *info)
{
    struct noxs_exit ex = {
        .domid = (uint16_t)info->domid,
        .kind = NOXS_EXIT_SHUTDOWN,
        .reason = (uint8_t)info->reason,
    };

    if (info->domid == 0 || info->dying || !info->stopped)
        return;
    memcpy(ex.uuid, info->uuid, sizeof(ex.uuid));
    on_stop(x, &ex);
}

/* Ids that nobody has may be another's soon. */
static void clear_missing(struct exits *x,
                          const struct chaos_domain_info *infos, size_t count)
{
    uint8_t old[sizeof(x->handled)];
    size_t i;

    memcpy(old, x->handled, sizeof(old));
    memset(x->handled, 0, sizeof(x->handled));
    for (i = 0; i < count; i++) {
        uint32_t domid = infos[i].domid;

        if (domid < NOXS_DOMID_SELF && infos[i].stopped && !infos[i].dying)
            x->handled[domid / 8] |=
                (uint8_t)(old[domid / 8] & (1u << domid % 8));
    }
}

static int look_around(struct exits *x)
{
    struct chaos_domain_info *infos;
    size_t i, count;
    int rc = chaos_domain_list(x->d->ctx, &infos, &count);

    if (rc < 0)
        return rc;
    clear_missing(x, infos, count);
    for (i = 0; i < count; i++)
        look_at(x, &infos[i]);
    free(infos);
    return 0;
}

/* All that may have happened while nobody told of it. */
static void catch_up(struct exits *x)
{
    if (guests_scan(x->d->guests) < 0 || look_around(x) < 0)
        log_error("exits", "%s", chaos_ctx_error(x->d->ctx));
}

static void exits_lost(struct exits *x)
{
    log_warn("exits", "%s; looking at all domains", chaos_ctx_error(x->d->ctx));
    catch_up(x);
}

/* --- the watch --------------------------------------------------------------
 */

static void on_rings(evutil_socket_t fd, short what, void *arg);

static int open_watch(struct exits *x)
{
    int rc = chaos_watch_open(x->d->ctx, &x->watch);

    if (rc < 0)
        return rc;
    x->rings = event_new(x->d->base, chaos_watch_fd(x->watch),
                         EV_READ | EV_PERSIST, on_rings, x);
    return x->rings ? 0 : -ENOMEM;
}

static void close_watch(struct exits *x)
{
    if (x->rings)
        event_free(x->rings);
    x->rings = NULL;
    chaos_watch_close(x->watch);
    x->watch = NULL;
}

static void try_later(struct exits *x)
{
    static const struct timeval wait = {.tv_sec = AGAIN_SECONDS};

    if (event_add(x->again, &wait) < 0)
        log_error("exits", "no memory to go on watching for them");
}

/* XenStore's daemon ended, say: without it guests are not seen to stop. */
static void watch_broke(struct exits *x)
{
    log_error("exits",
              "%s; guests that stop are dealt with when they can be watched "
              "again",
              chaos_ctx_error(x->d->ctx));
    close_watch(x);
    try_later(x);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
    struct exits *x = arg;

    (void)fd;
    (void)what;
    if (open_watch(x) < 0 || event_add(x->rings, NULL) < 0) {
        close_watch(x);
        try_later(x);
        return;
    }
    log_info("exits", "watching for them again");
    catch_up(x);
}

/* Bounded: a flood of exits leaves clients their turn; it rings again. */
void exits_read(struct exits *x)
{
    struct noxs_exit batch[BATCH];
    int i, n, turns = TURN_BATCHES;

    do {
        n = x->watch ? chaos_watch_read(x->watch, batch, BATCH) : 0;
        if (n == -EOVERFLOW)
            exits_lost(x);
        else if (n < 0)
            watch_broke(x);
        for (i = 0; i < n; i++)
            on_exit_record(x, &batch[i]);
    } while (n == BATCH && --turns > 0);
}

static void on_rings(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    exits_read(arg);
}

static void on_prune(evutil_socket_t fd, short what, void *arg)
{
    struct exits *x = arg;
    uint64_t within = x->d->conf->restart_seconds * UINT64_C(1000000000);
    uint64_t now = now_ns();

    (void)fd;
    (void)what;
    history_prune(x->history, now > within ? now - within : 0);
}

/* --- life -------------------------------------------------------------------
 */

int exits_create(struct daemon *d, struct exits **exits_out)
{
    const struct timeval every = {.tv_sec = PRUNE_SECONDS};
    struct exits *x = calloc(1, sizeof(*x));
    int rc;

    if (!x)
        return -ENOMEM;
    x->d = d;
    TAILQ_INIT(&x->settling);
    rc = history_create(&x->history);
    if (rc == 0)
        rc = open_watch(x);
    if (rc == 0) {
        x->prune = event_new(d->base, -1, EV_PERSIST, on_prune, x);
        x->again = evtimer_new(d->base, on_again, x);
        if (!x->prune || !x->again || event_add(x->prune, &every) < 0)
            rc = -ENOMEM;
    }
    if (rc < 0) {
        exits_destroy(x);
        return rc;
    }
    *exits_out = x;
    return 0;
}

/* The watch is open already: what stops while we look is seen twice, at worst.
 */
int exits_start(struct exits *x)
{
    if (event_add(x->rings, NULL) < 0)
        return -ENOMEM;
    return look_around(x);
}

void exits_destroy(struct exits *x)
{
    if (!x)
        return;
    close_watch(x);
    if (x->prune)
        event_free(x->prune);
    if (x->again)
        event_free(x->again);
    exits_settle_end(x);
    history_destroy(x->history);
    free(x);
}
