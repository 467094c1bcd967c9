/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * time.h: Xen's system time, in ns since the host booted, timers on it, and the
 * time of day.
 */
#ifndef GUEST_TIME_H
#define GUEST_TIME_H

#include <stdint.h>

uint64_t time_now(void);
/* The time of day: ns since 1970 (UTC), as dom0 has told Xen. */
uint64_t time_wall(void);
void time_sleep(uint64_t ns);

/* Armed timers form a list; the memory is the caller's. Starts out zeroed. */
struct timer {
    void (*fn)(struct timer *t); /* called with events off; may arm again */
    void *arg;
    uint64_t at;
    struct timer *next;
};

/* -errno: there is no timer VIRQ to be had. Arming anew moves a timer. */
int timer_arm(struct timer *t, uint64_t at);
void timer_cancel(struct timer *t);

#endif /* GUEST_TIME_H */
