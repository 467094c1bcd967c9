/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * time.c: system time by Xen's scale of the TSC, and timers.
 */
#include <guest/barrier.h>
#include <guest/event.h>
#include <guest/guest.h>
#include <guest/time.h>

#include <xen/vcpu.h>

#include "internal.h"

static struct timer *timers; /* the soonest first */
static uint32_t timer_port;  /* 0: not bound yet */

static uint64_t rdtsc(void)
{
    uint32_t lo, hi;

    __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return (uint64_t)hi << 32 | lo;
}

uint64_t time_now(void)
{
    const struct vcpu_time_info *t = &guest_shared_info->vcpu_info[0].time;
    uint64_t base, delta;
    uint32_t version, mul;
    int8_t shift;

    do {
        version = READ_ONCE(t->version);
        rmb();
        base = READ_ONCE(t->system_time);
        delta = rdtsc() - READ_ONCE(t->tsc_timestamp);
        mul = READ_ONCE(t->tsc_to_system_mul);
        shift = READ_ONCE(t->tsc_shift);
        rmb();
    } while ((version & 1) || version != READ_ONCE(t->version));
    delta = shift < 0 ? delta >> -shift : delta << shift;
    return base + (uint64_t)((unsigned __int128)delta * mul >> 32);
}

/* What Xen keeps is the moment when its system time was 0. */
uint64_t time_wall(void)
{
    const struct shared_info *s = guest_shared_info;
    uint64_t sec;
    uint32_t version, nsec;

    do {
        version = READ_ONCE(s->wc_version);
        rmb();
        sec = (uint64_t)READ_ONCE(s->wc_sec_hi) << 32 | READ_ONCE(s->wc_sec);
        nsec = READ_ONCE(s->wc_nsec);
        rmb();
    } while ((version & 1) || version != READ_ONCE(s->wc_version));
    return sec * 1000000000ul + nsec + time_now();
}

/* Without a flag Xen lets a time that is past expire at once. */
static void set_alarm(void)
{
    struct vcpu_set_singleshot_timer op = {0};

    if (!timers)
        return;
    op.timeout_abs_ns = timers->at;
    vcpu_op(VCPUOP_set_singleshot_timer, 0, &op);
}

static void expire(uint32_t port, void *arg)
{
    uint64_t now = time_now();
    struct timer *t;

    (void)port;
    (void)arg;
    while ((t = timers) && t->at <= now) {
        timers = t->next;
        t->fn(t);
    }
    set_alarm();
}

static int bind_timer(void)
{
    int rc;

    if (timer_port)
        return 0;
    rc = event_virq(VIRQ_TIMER, &timer_port);
    return rc ? rc : event_bind(timer_port, expire, NULL);
}

static void unlink(struct timer *t)
{
    struct timer **p;

    for (p = &timers; *p; p = &(*p)->next)
        if (*p == t) {
            *p = t->next;
            return;
        }
}

int timer_arm(struct timer *t, uint64_t at)
{
    bool on = events_disable();
    struct timer **p;
    int rc = bind_timer();

    if (!rc) {
        unlink(t);
        t->at = at;
        for (p = &timers; *p && (*p)->at <= at; p = &(*p)->next)
            ;
        t->next = *p;
        *p = t;
        if (timers == t)
            set_alarm();
    }
    events_restore(on);
    return rc;
}

/* An alarm that comes for nothing does no harm. */
void timer_cancel(struct timer *t)
{
    bool on = events_disable();

    unlink(t);
    events_restore(on);
}

/* In a restored copy the VIRQ is not bound, and time has jumped. */
void timer_resume(void)
{
    timer_port = 0;
    if (timers && !bind_timer())
        set_alarm();
}

static void wake(struct timer *t)
{
    *(bool *)t->arg = true;
}

void time_sleep(uint64_t ns)
{
    bool done = false;
    struct timer t = {.fn = wake, .arg = &done};

    if (timer_arm(&t, time_now() + ns))
        return;
    event_wait(READ_ONCE(done));
}
