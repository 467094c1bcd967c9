/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * watch.c: exits of domains, as they happen, and waiting for one.
 *
 * The hypervisor rings a channel that leads from dom0 to itself; what happened
 * is read from its log. Any number of programs may do so at once, beside a
 * xenstored that holds the one binding of VIRQ_DOM_EXC.
 */
#include <errno.h>
#include <string.h>

#include "birth.h"
#include "bus.h"
#include "domain.h"
#include "internal.h"
#include "xs.h"

#define EXITS_BATCH 64u

struct chaos_watch {
    struct chaos_ctx *ctx; /* borrowed from the caller */
    struct hv *hv;         /* borrowed from the context */
    struct hv_evtchn *ev;
    uint32_t port;
    uint64_t seq; /* the record to read next */
    /* On a Xen without noxs: owned, and nothing of the above. */
    struct xs_watch *xs;
};

static int watch_start(struct chaos_watch *watch)
{
    struct noxs_op_exits where = {.seq = 0};
    struct noxs_op_watch op = {0};
    const struct hv_ops *ops = watch->hv->ops;
    int rc = ops->evtchn_loop(watch->ev, &op.port);

    if (rc == 0)
        rc = ops->noxs(watch->hv, NOXS_OP_WATCH, &op, sizeof(op), NULL, 0);
    if (rc == 0)
        rc =
            ops->noxs(watch->hv, NOXS_OP_EXITS, &where, sizeof(where), NULL, 0);
    watch->port = op.port;
    watch->seq = where.seq;
    return rc;
}

static int open_noxs(struct chaos_watch *watch)
{
    int rc = watch->hv->ops->evtchn_open(watch->hv, &watch->ev);

    if (rc == 0)
        rc = watch_start(watch);
    if (rc < 0)
        return chaos__fail(watch->ctx, rc,
                           rc == -ENOSPC ? "too many programs watch for exits"
                                         : "cannot watch for exits");
    return 0;
}

int chaos_watch_open(struct chaos_ctx *ctx, struct chaos_watch **watch_out)
{
    struct chaos_watch *watch = calloc(1, sizeof(*watch));
    const struct bus_ops *bus;
    int rc;

    if (!watch)
        return chaos__fail(ctx, -ENOMEM, "no memory for a watch");
    watch->ctx = ctx;
    rc = bus_of_host(ctx, &watch->hv, &bus);
    if (rc == 0)
        rc = bus == &bus_noxs ? open_noxs(watch)
                              : xs_watch_open(ctx, &watch->xs);
    if (rc < 0) {
        chaos_watch_close(watch);
        return rc;
    }
    *watch_out = watch;
    return 0;
}

/* Closing the channel ends the watch in the hypervisor. */
void chaos_watch_close(struct chaos_watch *watch)
{
    if (!watch)
        return;
    if (watch->ev)
        watch->hv->ops->evtchn_close(watch->ev);
    xs_watch_close(watch->xs);
    free(watch);
}

int chaos_watch_fd(const struct chaos_watch *watch)
{
    return watch->xs ? xs_watch_fd(watch->xs)
                     : watch->hv->ops->evtchn_fd(watch->ev);
}

static int take_rings(struct chaos_watch *watch)
{
    uint32_t port;

    if (watch->xs)
        return xs_watch_drain(watch->xs);
    while (watch->hv->ops->evtchn_pending(watch->ev, &port) == 0)
        ;
    return 0;
}

/* The rings are taken, so what was left unread must ring again. */
static int ring_again(struct chaos_watch *watch)
{
    int rc = watch->hv->ops->evtchn_notify(watch->ev, watch->port);

    if (rc < 0)
        return chaos__fail(watch->ctx, rc, "cannot go on watching for exits");
    return 0;
}

int chaos_watch_read(struct chaos_watch *watch, struct noxs_exit *exits,
                     size_t count)
{
    uint32_t asked = count > EXITS_BATCH ? EXITS_BATCH : (uint32_t)count;
    struct noxs_op_exits op = {.seq = watch->seq, .count = asked};
    int rc;

    if (watch->xs)
        return xs_watch_read(watch->xs, exits, asked);
    /* First the rings, then the log: an exit in between rings again. */
    (void)take_rings(watch);
    rc = watch->hv->ops->noxs(watch->hv, NOXS_OP_EXITS, &op, sizeof(op), exits,
                              asked * sizeof(*exits));
    if (rc < 0)
        return chaos__fail(watch->ctx, rc, "cannot read the log of exits");
    if (op.count == asked || op.lost)
        rc = ring_again(watch);
    if (rc < 0)
        return rc;
    watch->seq = op.lost ? op.seq - op.count : op.seq;
    if (op.lost)
        return chaos__fail(watch->ctx, -EOVERFLOW,
                           "%llu exits went unread and are lost",
                           (unsigned long long)op.lost);
    return (int)op.count;
}

/* --- waiting for one ---------------------------------------------------------
 */

static bool is_zero(const uint8_t uuid[NOXS_UUID_SIZE])
{
    static const uint8_t zero[NOXS_UUID_SIZE];

    return memcmp(uuid, zero, sizeof(zero)) == 0;
}

/* The log has the uuid that noxs knows; a domain of another tool has none. */
static bool is_stop_of(const struct noxs_exit *e, uint32_t domid,
                       const uint8_t uuid[NOXS_UUID_SIZE])
{
    return e->kind == NOXS_EXIT_SHUTDOWN && e->domid == domid &&
           (!uuid || is_zero(e->uuid) ||
            memcmp(e->uuid, uuid, sizeof(e->uuid)) == 0);
}

int exit_reason(struct hv *hv, uint32_t domid,
                const uint8_t uuid[NOXS_UUID_SIZE], unsigned *reason_out)
{
    struct noxs_op_exits op = {.seq = 1};
    struct noxs_exit exits[EXITS_BATCH];
    int rc, found = -ESRCH;
    uint32_t i;

    do {
        op.count = EXITS_BATCH;
        rc = hv->ops->noxs(hv, NOXS_OP_EXITS, &op, sizeof(op), exits,
                           sizeof(exits));
        for (i = 0; rc == 0 && i < op.count; i++) {
            if (!is_stop_of(&exits[i], domid, uuid))
                continue;
            *reason_out = exits[i].reason;
            found = 0;
        }
    } while (rc == 0 && op.count > 0);
    return found;
}

/* What is known of the domain that is waited for. */
struct waited {
    uint32_t domid;
    uint8_t uuid[NOXS_UUID_SIZE];
    bool is_known; /* it was there, with that uuid */
};

/* It is in the making, and has no uuid yet. */
static bool is_mark(const uint8_t uuid[NOXS_UUID_SIZE])
{
    struct birth birth;

    return birth_decode(uuid, &birth);
}

/* Who destroyed it may have done so because it had stopped. */
static int gone(struct chaos_ctx *ctx, struct hv *hv, const struct waited *w,
                unsigned *reason)
{
    bool has_uuid = w->is_known && !is_mark(w->uuid);

    if (exit_reason(hv, w->domid, has_uuid ? w->uuid : NULL, reason) == 0)
        return 0;
    return w->is_known
               ? chaos__fail(ctx, -ESRCH, "domain %u was destroyed", w->domid)
               : -ESRCH;
}

static bool is_other(const struct waited *w,
                     const struct hv_domain_state *state)
{
    return w->is_known && !is_mark(w->uuid) &&
           memcmp(state->uuid, w->uuid, sizeof(w->uuid)) != 0;
}

/* 0: it stopped, reason written; -EAGAIN: it runs; -ESRCH: it is gone. */
static int has_stopped(struct chaos_ctx *ctx, struct waited *w,
                       unsigned *reason)
{
    struct hv_domain_state state;
    struct hv *hv = NULL;
    int rc = domain_state(ctx, &hv, w->domid, &state);

    if (rc == -ESRCH)
        return gone(ctx, hv, w, reason);
    if (rc < 0)
        return rc;
    if (is_other(w, &state))
        return gone(ctx, hv, w, reason);
    memcpy(w->uuid, state.uuid, sizeof(w->uuid));
    w->is_known = true;
    if (state.stopped) {
        *reason = state.reason;
        return 0;
    }
    return state.dying ? gone(ctx, hv, w, reason) : -EAGAIN;
}

static int wait_stopped(struct chaos_watch *watch, struct waited *w,
                        uint64_t deadline, unsigned *reason)
{
    int rc;

    while ((rc = has_stopped(watch->ctx, w, reason)) == -EAGAIN) {
        rc = deadline_poll(deadline, chaos_watch_fd(watch));
        if (rc == -ETIMEDOUT)
            return chaos__fail(watch->ctx, rc, "domain %u is still running",
                               w->domid);
        if (rc < 0)
            return chaos__fail(watch->ctx, rc, "waiting for domain %u",
                               w->domid);
        rc = take_rings(watch);
        if (rc < 0)
            return chaos__prefix(watch->ctx, rc, "waiting for domain %u",
                                 w->domid);
    }
    return rc;
}

int chaos_domain_wait(struct chaos_ctx *ctx, uint32_t domid,
                      unsigned timeout_ms, unsigned *reason_out)
{
    uint64_t deadline = deadline_after(timeout_ms);
    struct waited w = {.domid = domid};
    struct chaos_watch *watch;
    unsigned reason = 0;
    int rc = chaos_watch_open(ctx, &watch);

    if (rc < 0)
        return rc;
    rc = wait_stopped(watch, &w, deadline, &reason);
    chaos_watch_close(watch);
    if (rc == 0)
        *reason_out = reason;
    return rc;
}
