/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * sysctl.c: talk to a guest's sysctl device: requests, readiness, state.
 *
 * The page is the guest's to write: each of its fields is read once, and no
 * value is trusted to be possible.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include <noxs/sysctl.h>

#include "create.h"
#include "domain.h"
#include "internal.h"

/* Two seconds in all for a program that talks to the guest to have its answer
 */
#define RESCAN_TRIES 200
#define RESCAN_PAUSE_NS 10000000

struct sysctl_link {
    struct device_link link;
    int lock_fd;
    struct noxs_sysctl *page;
};

static void sysctl_close(struct sysctl_link *s)
{
    device_unlink(&s->link);
    chaos__closep(&s->lock_fd);
}

/*
 * Let exits ring the same descriptor as the guest does. Where too many programs
 * watch already, a guest that ends is noticed when the time is up.
 */
static int watch_exits(struct chaos_ctx *ctx, struct sysctl_link *s)
{
    const struct hv_ops *ops = s->link.hv->ops;
    struct noxs_op_watch op = {0};
    int rc = ops->evtchn_loop(s->link.ev, &op.port);

    if (rc == 0)
        rc = ops->noxs(s->link.hv, NOXS_OP_WATCH, &op, sizeof(op), NULL, 0);
    if (rc == 0 || rc == -ENOSPC)
        return 0;
    return chaos__fail(ctx, rc, "cannot watch for the guest's end");
}

static int sysctl_bind(struct chaos_ctx *ctx, uint32_t domid,
                       struct sysctl_link *s)
{
    struct noxs_device device;
    int rc = device_find(ctx, domid, NOXS_DEV_SYSCTL, 0, &device);

    *s = (struct sysctl_link){.lock_fd = -1};
    if (rc == 0)
        rc = record_lock(ctx, domid, &s->lock_fd);
    if (rc == 0)
        rc = device_map(ctx, domid, &device, &s->link);
    if (rc == 0)
        rc = device_bind(ctx, domid, &device, &s->link);
    if (rc < 0) {
        sysctl_close(s);
        return rc;
    }
    s->page = s->link.page;
    return 0;
}

static int sysctl_open(struct chaos_ctx *ctx, uint32_t domid,
                       struct sysctl_link *s)
{
    int rc = sysctl_bind(ctx, domid, s);

    if (rc < 0)
        return rc;
    rc = watch_exits(ctx, s);
    if (rc < 0)
        sysctl_close(s);
    return rc;
}

/* Wait until the guest rings, or some domain ends. -ETIMEDOUT. */
static int wait_ring(struct sysctl_link *s, uint64_t deadline)
{
    const struct hv_ops *ops = s->link.hv->ops;
    uint32_t port;
    int rc = deadline_poll(deadline, ops->evtchn_fd(s->link.ev));

    if (rc == 0)
        rc = ops->evtchn_pending(s->link.ev, &port);
    return rc == -EAGAIN ? 0 : rc;
}

static uint32_t send_request(struct sysctl_link *s, uint32_t cmd)
{
    uint32_t id = s->page->request_id + 1;

    if (id == 0)
        id = 1;
    s->page->request_cmd = cmd;
    s->page->request_arg = 0;
    __atomic_store_n(&s->page->request_id, id, __ATOMIC_RELEASE);
    return id;
}

/* 1: the domain stopped, dies or is gone; 0: it lives. */
static int has_ended(struct chaos_ctx *ctx, uint32_t domid)
{
    struct hv_domain_state state;
    struct hv *hv;
    int rc = domain_state(ctx, &hv, domid, &state);

    if (rc == -ESRCH)
        return 1;
    return rc < 0 ? rc : state.stopped || state.dying;
}

typedef bool page_fn(const struct noxs_sysctl *page, uint32_t arg);

static bool is_acked(const struct noxs_sysctl *page, uint32_t id)
{
    return __atomic_load_n(&page->ack_id, __ATOMIC_ACQUIRE) == id;
}

static bool is_up(const struct noxs_sysctl *page, uint32_t unused)
{
    (void)unused;
    return __atomic_load_n(&page->state, __ATOMIC_ACQUIRE) !=
           NOXS_STATE_BOOTING;
}

/*
 * Wait until `done` says so of the page. A guest that ended may have done it
 * with its last breath, so the page is looked at once more after that.
 */
static int wait_until(struct chaos_ctx *ctx, uint32_t domid,
                      struct sysctl_link *s, uint64_t deadline, page_fn *done,
                      uint32_t arg)
{
    int rc, ended = 0;

    while (!done(s->page, arg)) {
        if (ended)
            return chaos__fail(ctx, -ESHUTDOWN,
                               "domain %u ended without an answer", domid);
        ended = has_ended(ctx, domid);
        if (ended < 0)
            return ended;
        rc = ended ? 0 : wait_ring(s, deadline);
        if (rc == -ETIMEDOUT)
            return rc;
        if (rc < 0)
            return chaos__fail(ctx, rc, "domain %u: waiting for the guest",
                               domid);
    }
    return 0;
}

static int wait_ack(struct chaos_ctx *ctx, uint32_t domid,
                    struct sysctl_link *s, uint32_t id, uint64_t deadline)
{
    int rc = wait_until(ctx, domid, s, deadline, is_acked, id);

    if (rc == -ETIMEDOUT)
        return chaos__fail(ctx, rc,
                           "domain %u: the guest did not answer; 'chaos "
                           "destroy' ends it without its help",
                           domid);
    if (rc < 0)
        return rc;
    switch (__atomic_load_n(&s->page->ack_status, __ATOMIC_RELAXED)) {
    case NOXS_ACK_ACCEPTED:
        return 0;
    case NOXS_ACK_UNSUPPORTED:
        return chaos__fail(ctx, -EOPNOTSUPP,
                           "domain %u: the guest does not know this request",
                           domid);
    default:
        return chaos__fail(ctx, -EPROTO,
                           "domain %u: the guest gave no proper answer", domid);
    }
}

static int command_of(enum chaos_reason what, uint32_t *cmd_out)
{
    switch (what) {
    case CHAOS_REASON_POWEROFF:
        *cmd_out = NOXS_SYSCTL_POWEROFF;
        return 0;
    case CHAOS_REASON_REBOOT:
        *cmd_out = NOXS_SYSCTL_REBOOT;
        return 0;
    case CHAOS_REASON_SUSPEND:
        *cmd_out = NOXS_SYSCTL_SUSPEND;
        return 0;
    case CHAOS_REASON_CRASH:
        *cmd_out = NOXS_SYSCTL_CRASH;
        return 0;
    default:
        return -EINVAL;
    }
}

int sysctl_request(struct chaos_ctx *ctx, uint32_t domid,
                   enum chaos_reason what, unsigned timeout_ms)
{
    uint64_t deadline = deadline_after(timeout_ms);
    struct sysctl_link s;
    uint32_t cmd, id;
    int rc;

    if (command_of(what, &cmd) < 0)
        return chaos__fail(ctx, -EINVAL, "a guest cannot be asked for this");
    rc = sysctl_open(ctx, domid, &s);
    if (rc < 0)
        return rc;
    id = send_request(&s, cmd);
    rc = s.link.hv->ops->evtchn_notify(s.link.ev, s.link.port);
    if (rc < 0)
        rc = chaos__fail(ctx, rc, "domain %u: cannot ring the guest", domid);
    else
        rc = wait_ack(ctx, domid, &s, id, deadline);
    sysctl_close(&s);
    return rc;
}

/* There is no event for a lock that is let go, and no time limit to waiting. */
static int sysctl_bind_soon(struct chaos_ctx *ctx, uint32_t domid,
                            struct sysctl_link *s)
{
    struct timespec pause = {.tv_nsec = RESCAN_PAUSE_NS};
    int rc, tries = RESCAN_TRIES;

    while ((rc = sysctl_bind(ctx, domid, s)) == -EBUSY && --tries > 0)
        (void)nanosleep(&pause, NULL);
    return rc;
}

/*
 * No answer is waited for: a guest that is not up yet sees the request when it
 * is, and one that does not know it, or runs no more, cannot be told.
 */
void sysctl_rescan(struct chaos_ctx *ctx, uint32_t domid)
{
    struct sysctl_link s;
    int rc = sysctl_bind_soon(ctx, domid, &s);

    if (rc == 0) {
        (void)send_request(&s, NOXS_SYSCTL_RESCAN);
        rc = s.link.hv->ops->evtchn_notify(s.link.ev, s.link.port);
        if (rc < 0)
            (void)chaos__fail(ctx, rc, "domain %u: cannot ring the guest",
                              domid);
        sysctl_close(&s);
    }
    if (rc < 0)
        chaos__log(ctx, CHAOS_LOG_WARN,
                   "the guest was not told of its devices: %s", ctx->error);
}

int sysctl_wait_up(struct chaos_ctx *ctx, uint32_t domid, unsigned timeout_ms)
{
    uint64_t deadline = deadline_after(timeout_ms);
    struct sysctl_link s;
    int rc = sysctl_open(ctx, domid, &s);

    if (rc < 0)
        return rc;
    rc = wait_until(ctx, domid, &s, deadline, is_up, 0);
    if (rc == -ETIMEDOUT)
        rc = chaos__fail(ctx, rc, "domain %u: the guest is not up yet", domid);
    sysctl_close(&s);
    return rc;
}

int sysctl_guest_state(struct chaos_ctx *ctx, uint32_t domid,
                       struct chaos_guest_state *state_out)
{
    struct noxs_device device;
    struct device_link link;
    struct noxs_sysctl copy;
    int rc = device_find(ctx, domid, NOXS_DEV_SYSCTL, 0, &device);

    if (rc == 0)
        rc = device_map(ctx, domid, &device, &link);
    if (rc < 0)
        return rc;
    memcpy(&copy, link.page, sizeof(copy));
    device_unlink(&link);
    *state_out = (struct chaos_guest_state){
        .state = copy.state,
        .exit_code = copy.exit_code,
        .up_time_ns = copy.up_time,
    };
    return 0;
}
