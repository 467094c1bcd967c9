/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * internal.h: what the files of the base know of each other.
 */
#ifndef GUEST_INTERNAL_H
#define GUEST_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <guest/hypercall.h>
#include <guest/memory.h>
#include <guest/trap.h>

/* The window: slot n is at WINDOW_BASE + n pages; the first are taken. */
#define WINDOW_BASE 0x10000ul
#define WINDOW_SHARED_INFO 0
#define WINDOW_DEVICE_PAGE 1
#define WINDOW_FIXED 2
#define WINDOW_SLOTS ((GUEST_BASE - WINDOW_BASE) / PAGE_SIZE)
#define WINDOW_VA(slot) (WINDOW_BASE + (slot)*PAGE_SIZE)

/* start.S, guest.lds */
void start_on_stack(void *top, void (*fn)(void)) __attribute__((noreturn));
extern char text_start[], text_end[];

/* trap_entry.S */
void entry_event(void);
void entry_failsafe(void);
bool trap_try_call(void (*fn)(void *), void *arg, uint64_t *rsp_out);
extern const char trap_try_out[];

/* start.c */
void guest_start(struct start_info *si, uintptr_t stack_top)
    __attribute__((noreturn));
/* The shared page is there, traps and events are caught. */
void guest_attached(bool has_device_page) __attribute__((noreturn));

/* trap.c */
extern struct trap_info trap_table[];
/* Where to go on after a trap; a handler of events sets it aside. */
extern uint64_t *trap_recover;
void trap_handle(struct trap_regs *regs);
void trap_failsafe(void) __attribute__((noreturn));

/* event.c */
void event_init(void);
void event_upcall(void);

/* table.c */
void memory_init(uintptr_t stack_top);
uint64_t memory_pte(uint64_t mfn, enum page_access access);

/* console.c */
void console_init(void);

/* sysctl.c */
void sysctl_init(void);
void sysctl_state(uint32_t state);
void sysctl_exit_code(uint32_t code);
void sysctl_act(uint32_t cmd);

/* xs.c, xs_control.c */
void xs_init(void);
void xs_control_init(void);
void xs_up(void);

/* noxs.c */
int noxs_frame(uint64_t *mfn_out);
void noxs_init(bool mapped);

/* power.c: end the domain with SHUTDOWN_*, touching nothing. */
void power_end(unsigned int reason) __attribute__((noreturn));

/* time.c */
void timer_resume(void);

#endif /* GUEST_INTERNAL_H */
