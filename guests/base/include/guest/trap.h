/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trap.h: exceptions. One that nobody expects prints the registers and crashes
 * the guest.
 */
#ifndef GUEST_TRAP_H
#define GUEST_TRAP_H

#include <stdbool.h>
#include <stdint.h>

#define TRAP_DIVIDE 0
#define TRAP_OPCODE 6
#define TRAP_PROTECTION 13
#define TRAP_PAGE 14

/* Error code of a page fault */
#define TRAP_PAGE_PRESENT 0x1
#define TRAP_PAGE_WRITE 0x2
#define TRAP_PAGE_FETCH 0x10

/* The frame that trap_entry.S builds on what Xen pushed. */
struct trap_regs {
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
    uint64_t rax, rcx, rdx, rsi, rdi;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

struct trap {
    uint32_t vector;
    uint32_t error;
    uint64_t address; /* of a page fault */
    uint64_t rip;
};

/*
 * Call fn(arg). Is it stopped by a trap, return true with what happened in
 * *info (may be NULL); false when it returned. A trap in an event handler that
 * came meanwhile is not caught.
 */
bool trap_try(void (*fn)(void *arg), void *arg, struct trap *info);

/* Read 8 bytes that may not be there: 0 or -EFAULT. */
int trap_read_u64(const uint64_t *from, uint64_t *out);

#endif /* GUEST_TRAP_H */
