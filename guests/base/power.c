/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * power.c: the ways out, and suspend.
 */
#include <guest/console.h>
#include <guest/event.h>
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/sysctl.h>
#include <guest/xs.h>

#include <xen/sched.h>

#include "internal.h"
#include "pvh.h"

static void (*resume_hook)(int rc);

void power_end(unsigned int reason)
{
    struct sched_shutdown op = {.reason = reason};

    for (;;)
        sched_op(SCHEDOP_shutdown, &op);
}

static void stop(unsigned int reason) __attribute__((noreturn));
static void stop(unsigned int reason)
{
    events_disable();
    sysctl_state(NOXS_STATE_STOPPING);
    console_flush();
    power_end(reason);
}

void guest_exit(int code)
{
    sysctl_exit_code((uint32_t)code);
    stop(SHUTDOWN_poweroff);
}

void guest_reboot(void)
{
    stop(SHUTDOWN_reboot);
}

void guest_crash(void)
{
    stop(SHUTDOWN_crash);
}

void guest_panic(const char *fmt, ...)
{
    static bool again;
    va_list ap;

    events_disable();
    if (!again) {
        again = true;
        printf("panic: ");
        va_start(ap, fmt);
        vprintf(fmt, ap);
        va_end(ap);
        printf("\n");
    }
    guest_crash();
}

void guest_on_resume(void (*hook)(int rc))
{
    resume_hook = hook;
}

/* All that start_info names may have moved; so may the device page. */
static void attach(bool restored)
{
    uint64_t frame;
    bool mapped;

    if (update_va_mapping((uintptr_t)guest_shared_info,
                          guest_start_info->shared_info |
                              memory_pte(0, PAGE_RW),
                          UVMF_INVLPG))
        guest_crash();
    mapped = !noxs_frame(&frame) &&
             !update_va_mapping(WINDOW_VA(WINDOW_DEVICE_PAGE),
                                memory_pte(frame, PAGE_RO), UVMF_INVLPG);
    if (restored)
        event_init();
    noxs_init(mapped);
    console_init();
    sysctl_init();
    if (restored)
        timer_resume();
}

/*
 * The toolstack wants the frame of start_info, finds it in the third argument
 * of the hypercall, and the console's as a page number, since frames change.
 */
int guest_suspend(void)
{
    struct sched_shutdown op = {.reason = SHUTDOWN_suspend};
    struct start_info *si = guest_start_info;
    uint64_t console = si->console.domU.mfn;
    bool on;
    void *page;
    int rc;

    /*
     * The store's daemon and back ends would have to be found again, and a PVH
     * guest's pages of Xen placed again.
     */
    if (xs_present() || guest_is_pvh)
        return -EOPNOTSUPP;
    on = events_disable();
    sysctl_state(NOXS_STATE_SUSPENDING);
    if (console && !page_of_frame(console, &page))
        si->console.domU.mfn = page_pfn(page);
    rc = (int)hypercall3(__HYPERVISOR_sched_op, SCHEDOP_shutdown,
                         (unsigned long)&op, page_frame(si));
    if (rc)
        si->console.domU.mfn = console;
    if (rc >= 0)
        attach(rc == 0);
    if (resume_hook)
        resume_hook(rc);
    sysctl_state(NOXS_STATE_UP);
    events_restore(on);
    return rc;
}
