/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sysctl.c: requests from the toolstack, and readiness.
 */
#include <guest/barrier.h>
#include <guest/event.h>
#include <guest/guest.h>
#include <guest/noxs.h>
#include <guest/sysctl.h>
#include <guest/time.h>

#include "internal.h"

#define NS_PER_MS 1000000ul
/* A beat that is due in more than a day is a mistake. */
#define WATCHDOG_MAX_MS 86400000ul

static struct {
    struct noxs_sysctl *page; /* NULL: no sysctl */
    uint32_t port;
    uint32_t seen; /* the last request_id that was looked at */
    struct timer beat;
    uint64_t beat_ns;
    void (*on_stop)(uint32_t cmd);
    void (*on_rescan)(void);
} ctl;

static void notify(void)
{
    mb();
    if (ctl.port)
        event_notify(ctl.port);
}

static void heartbeat(struct timer *t)
{
    if (ctl.page)
        WRITE_ONCE(ctl.page->heartbeat, ctl.page->heartbeat + 1);
    timer_arm(t, time_now() + ctl.beat_ns);
}

/* Twice as often as asked for, so that one late beat is none missed. */
static uint32_t watchdog(uint64_t ms)
{
    timer_cancel(&ctl.beat);
    if (!ms)
        return NOXS_ACK_ACCEPTED;
    if (ms > WATCHDOG_MAX_MS)
        return NOXS_ACK_INVALID;
    ctl.beat.fn = heartbeat;
    ctl.beat_ns = ms * NS_PER_MS / 2;
    if (timer_arm(&ctl.beat, time_now() + ctl.beat_ns))
        return NOXS_ACK_UNSUPPORTED;
    return NOXS_ACK_ACCEPTED;
}

static uint32_t consider(uint32_t cmd, uint64_t arg)
{
    if (cmd == NOXS_SYSCTL_WATCHDOG)
        return watchdog(arg);
    if (cmd == NOXS_SYSCTL_NONE || cmd > NOXS_SYSCTL_CMD_MAX)
        return NOXS_ACK_UNSUPPORTED;
    return NOXS_ACK_ACCEPTED;
}

/* What a toolstack asked for, and was told that it will be done. */
void sysctl_act(uint32_t cmd)
{
    if (ctl.on_stop &&
        (cmd == NOXS_SYSCTL_POWEROFF || cmd == NOXS_SYSCTL_REBOOT))
        ctl.on_stop(cmd);
    switch (cmd) {
    case NOXS_SYSCTL_POWEROFF:
        guest_exit(0);
    case NOXS_SYSCTL_REBOOT:
        guest_reboot();
    case NOXS_SYSCTL_CRASH:
        guest_crash();
    case NOXS_SYSCTL_SUSPEND:
        guest_suspend();
        break;
    case NOXS_SYSCTL_RESCAN:
        if (ctl.on_rescan)
            ctl.on_rescan();
        break;
    }
}

static void sysctl_event(uint32_t port, void *arg)
{
    struct noxs_sysctl *p = ctl.page;
    uint32_t id = READ_ONCE(p->request_id);
    uint32_t cmd, status;
    uint64_t value;

    (void)port;
    (void)arg;
    if (!id || id == ctl.seen)
        return;
    rmb();
    cmd = READ_ONCE(p->request_cmd);
    value = READ_ONCE(p->request_arg);
    status = consider(cmd, value);
    ctl.seen = id;
    WRITE_ONCE(p->ack_status, status);
    wmb();
    WRITE_ONCE(p->ack_id, id);
    notify();
    if (status == NOXS_ACK_ACCEPTED)
        sysctl_act(cmd);
}

/* Also after a suspend: a page that another toolstack filled anew. */
void sysctl_init(void)
{
    struct noxs_device dev;
    void *page;
    struct noxs_sysctl *p;

    ctl.page = NULL;
    if (noxs_find(NOXS_DEV_SYSCTL, 0, &dev) || noxs_control(&dev, &page))
        return;
    p = page;
    if (p->magic != NOXS_SYSCTL_MAGIC || p->version != NOXS_VERSION)
        return;
    ctl.page = p;
    ctl.port = dev.evtchn;
    ctl.seen = p->ack_id;
    p->supported = (2u << NOXS_SYSCTL_CMD_MAX) - 2;
    if (ctl.port)
        event_bind(ctl.port, sysctl_event, NULL);
    /* A request may have come before there was a port to ring. */
    sysctl_event(ctl.port, NULL);
}

void sysctl_state(uint32_t state)
{
    if (!ctl.page)
        return;
    wmb();
    WRITE_ONCE(ctl.page->state, state);
    notify();
}

void sysctl_exit_code(uint32_t code)
{
    if (ctl.page)
        WRITE_ONCE(ctl.page->exit_code, code);
}

void guest_up(void)
{
    if (ctl.page)
        WRITE_ONCE(ctl.page->up_time, time_now());
    sysctl_state(NOXS_STATE_UP);
    xs_up();
}

struct noxs_sysctl *sysctl_page(void)
{
    return ctl.page;
}

uint32_t sysctl_port(void)
{
    return ctl.page ? ctl.port : 0;
}

void sysctl_on_stop(void (*hook)(uint32_t cmd))
{
    ctl.on_stop = hook;
}

void sysctl_on_rescan(void (*hook)(void))
{
    ctl.on_rescan = hook;
}
