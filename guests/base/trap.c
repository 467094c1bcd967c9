/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trap.c: exceptions: caught for who asked, else reported, and the end.
 */
#include <guest/barrier.h>
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/trap.h>

#include <xen/sched.h>

#include "internal.h"
#include "pvh.h"

#define DECLARE(n) void trap_##n(void)
DECLARE(0);
DECLARE(1);
DECLARE(3);
DECLARE(4);
DECLARE(5);
DECLARE(6);
DECLARE(7);
DECLARE(10);
DECLARE(11);
DECLARE(12);
DECLARE(13);
DECLARE(14);
DECLARE(16);
DECLARE(17);
DECLARE(19);

/* Events are off in the handlers; int3 and into are open to everybody. */
#define DPL_USER 3
#define EVENTS_OFF 4
#define ENTRY(n, dpl)                                                          \
    {                                                                          \
        (n), (dpl) | EVENTS_OFF, FLAT_KERNEL_CS, (unsigned long)trap_##n       \
    }

struct trap_info trap_table[] = {
    ENTRY(0, 0),  ENTRY(1, 0),  ENTRY(3, DPL_USER), ENTRY(4, DPL_USER),
    ENTRY(5, 0),  ENTRY(6, 0),  ENTRY(7, 0),        ENTRY(10, 0),
    ENTRY(11, 0), ENTRY(12, 0), ENTRY(13, 0),       ENTRY(14, 0),
    ENTRY(16, 0), ENTRY(17, 0), ENTRY(19, 0),       {0, 0, 0, 0},
};

uint64_t *trap_recover;
static struct trap trap_last;

static uint64_t fault_address(void)
{
    uint64_t cr2 = guest_shared_info->vcpu_info[0].arch.cr2;

    if (guest_is_pvh)
        __asm__("movq %%cr2, %0" : "=r"(cr2));
    return cr2;
}

static void trap_report(const struct trap_regs *r) __attribute__((noreturn));
static void trap_report(const struct trap_regs *r)
{
    static bool again;

    if (again)
        power_end(SHUTDOWN_crash);
    again = true;
    printf("trap %u, error %x, address %016lx\n", (unsigned)r->vector,
           (unsigned)r->error, r->vector == TRAP_PAGE ? fault_address() : 0);
    printf("rip %016lx rsp %016lx flags %08lx\n", r->rip, r->rsp, r->rflags);
    printf("rax %016lx rbx %016lx rcx %016lx\n", r->rax, r->rbx, r->rcx);
    printf("rdx %016lx rsi %016lx rdi %016lx\n", r->rdx, r->rsi, r->rdi);
    printf("rbp %016lx r8  %016lx r9  %016lx\n", r->rbp, r->r8, r->r9);
    printf("r10 %016lx r11 %016lx r12 %016lx\n", r->r10, r->r11, r->r12);
    printf("r13 %016lx r14 %016lx r15 %016lx\n", r->r13, r->r14, r->r15);
    guest_panic("unexpected trap %u", (unsigned)r->vector);
}

/* From trap_entry.S, for events, too (vector -1). */
void trap_handle(struct trap_regs *regs)
{
    if (regs->vector == UINT64_MAX) {
        event_upcall();
        if (regs->rip == (uintptr_t)pvh_halt_hlt)
            regs->rip = (uintptr_t)pvh_halt_done;
        return;
    }
    if (!trap_recover)
        trap_report(regs);
    trap_last.vector = (uint32_t)regs->vector;
    trap_last.error = (uint32_t)regs->error;
    trap_last.address = regs->vector == TRAP_PAGE ? fault_address() : 0;
    trap_last.rip = regs->rip;
    regs->rip = (uintptr_t)trap_try_out;
    regs->rsp = *trap_recover;
    regs->rax = 1;
    trap_recover = NULL;
}

void trap_failsafe(void)
{
    guest_panic("failsafe callback");
}

bool trap_try(void (*fn)(void *arg), void *arg, struct trap *info)
{
    uint64_t *outer = trap_recover;
    uint64_t rsp;
    bool trapped;

    trap_recover = &rsp;
    trapped = trap_try_call(fn, arg, &rsp);
    trap_recover = outer;
    if (trapped && info)
        *info = trap_last;
    return trapped;
}

struct read_u64 {
    const uint64_t *from;
    uint64_t value;
};

static void read_u64(void *arg)
{
    struct read_u64 *r = arg;

    r->value = READ_ONCE(*r->from);
}

int trap_read_u64(const uint64_t *from, uint64_t *out)
{
    struct read_u64 r = {.from = from};

    if (trap_try(read_u64, &r, NULL))
        return -EFAULT;
    *out = r.value;
    return 0;
}
