/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvh: proves the noxs hypercall for translated domains: the page appears where
 * the guest says, only there and read-only, nothing of Xen's can be made to
 * write to it, and arguments of either width are checked as they should be.
 *
 * Who we are, and our one device, dom0 has set beforehand: tests/e2e/tools has
 * the other side, and page.c what is expected.
 *
 * The command line says how it ends: "" powers off with the page in place,
 * "stay" waits to be destroyed, "give" gives the page away and powers off.
 */
#include "pvh.h"

#include <xen/arch-x86/hvm/start_info.h>
#include <xen/sched.h>

static void shut_down(unsigned int reason)
{
    struct sched_shutdown arg = {.reason = reason};

    for (;;)
        (void)hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown,
                        (uintptr_t)&arg, 0);
}

static void stay(void)
{
    struct sched_poll arg = {.nr_ports = 0};

    for (;;)
        (void)hypercall(__HYPERVISOR_sched_op, SCHEDOP_poll, (uintptr_t)&arg,
                        0);
}

static void test_all(void)
{
    test_version();
    test_identity();
    test_devices();
    test_page();
    test_moves();
    test_wild_frames();
    test_control_only();
    test_others();
    test_pads();
    test_pointers();
    test_halves();
    test_writes();
    test_writes_by_xen();
    test_page_tables();
    test_physmap();
}

void pvh_main(const struct hvm_start_info *info);
void pvh_main(const struct hvm_start_info *info)
{
    const char *mode = (const char *)(uintptr_t)info->cmdline_paddr;

    if (!hypercalls_open())
        asm volatile("ud2"); /* no interrupt table: the guest is over */
    say(sizeof(long) == 8 ? "pvh: a 64-bit caller" : "pvh: a 32-bit caller");
    test_all();
    if (mode && *mode == 'g')
        test_give_away();
    if (failures()) {
        say("Test result: FAILURE");
        shut_down(SHUTDOWN_crash);
    }
    say("Test result: SUCCESS");
    if (mode && *mode == 's')
        stay();
    shut_down(SHUTDOWN_poweroff);
}
