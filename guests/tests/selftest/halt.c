/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * halt.c: a PVH guest that an event finds between turning interrupts on and
 * the halt does not sleep through it. The processor lets that happen only to
 * a guest that was taken away there; iretq brings it about at will.
 */
#include <guest/barrier.h>
#include <guest/event.h>
#include <guest/report.h>
#include <guest/time.h>

#include "../../base/pvh.h"
#include "selftest.h"

#define LATE_NS 2000000000ul

static void set(uint32_t port, void *arg)
{
    (void)port;
    WRITE_ONCE(*(bool *)arg, true);
}

static void set_late(struct timer *t)
{
    set(0, t->arg);
}

/* Call pvh_halt from its second instruction on, interrupts being on. */
static void halt(void)
{
    __asm__ volatile(
        "leaq 1f(%%rip), %%rax\n\t"
        "pushq %%rax\n\t"
        "movq %%rsp, %%rax\n\t"
        "pushq %[data]\n\t"
        "pushq %%rax\n\t"
        "pushfq\n\t"
        "orq $0x200, (%%rsp)\n\t"
        "pushq %[code]\n\t"
        "pushq %[at]\n\t"
        "iretq\n"
        "1:"
        :
        : [data] "i"(PVH_DATA), [code] "i"(PVH_CODE), [at] "i"(pvh_halt_hlt)
        : "rax", "memory", "cc");
}

void test_halt(uint32_t port, uint32_t rings)
{
    bool came = false, is_late = false;
    struct timer t = {.fn = set_late, .arg = &is_late};

    if (!guest_is_pvh)
        return;
    event_bind(rings, set, &came);
    if (!report_check(!timer_arm(&t, time_now() + LATE_NS), "no timer"))
        return;
    events_disable();
    event_notify(port);
    report_check(!READ_ONCE(came), "an event came while they are off");
    halt();
    report_check(READ_ONCE(came) && !READ_ONCE(is_late),
                 "it sleeps through the event that it waits for");
    timer_cancel(&t);
    event_unbind(rings);
}
