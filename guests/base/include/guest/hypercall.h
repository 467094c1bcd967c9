/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypercall.h: direct hypercalls of a 64-bit guest.
 *
 * A PV kernel's `syscall` instruction is the hypercall itself; Xen's stub page
 * does nothing else, so guests do without it and their images name none. PVH
 * has another instruction, and the same registers: hence one place for all
 * (start.S). Xen may clobber the registers of arguments, and `syscall` rcx and
 * r11.
 *
 * All return what Xen answers: 0 or more, or -errno.
 */
#ifndef GUEST_HYPERCALL_H
#define GUEST_HYPERCALL_H

#include <stddef.h>
#include <stdint.h>

#ifndef __XEN_INTERFACE_VERSION__
#define __XEN_INTERFACE_VERSION__ 0x00040e00
#endif
#include <xen/xen.h>

#include <noxs/noxs.h>

/* Names of the errors that guests look at; the numbers are Xen's. */
enum {
#define XEN_ERRNO(name, value) name = (value),
#include <xen/errno.h>
};

extern char guest_hypercall[];

static inline long hypercall4(unsigned long nr, unsigned long a1,
                              unsigned long a2, unsigned long a3,
                              unsigned long a4)
{
    register unsigned long r10 __asm__("r10") = a4;
    long rc;

    __asm__ volatile("call guest_hypercall"
                     : "=a"(rc), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10)
                     : "0"(nr)
                     : "rcx", "r11", "memory");
    return rc;
}

static inline long hypercall3(unsigned long nr, unsigned long a1,
                              unsigned long a2, unsigned long a3)
{
    long rc;

    __asm__ volatile("call guest_hypercall"
                     : "=a"(rc), "+D"(a1), "+S"(a2), "+d"(a3)
                     : "0"(nr)
                     : "rcx", "r11", "memory");
    return rc;
}

static inline long hypercall2(unsigned long nr, unsigned long a1,
                              unsigned long a2)
{
    long rc;

    __asm__ volatile("call guest_hypercall"
                     : "=a"(rc), "+D"(a1), "+S"(a2)
                     : "0"(nr)
                     : "rcx", "r11", "memory");
    return rc;
}

static inline long noxs_op(unsigned int op, void *arg, void *buf)
{
    return hypercall3(__HYPERVISOR_noxs_op, op, (unsigned long)arg,
                      (unsigned long)buf);
}

static inline long event_channel_op(unsigned int op, void *arg)
{
    return hypercall2(__HYPERVISOR_event_channel_op, op, (unsigned long)arg);
}

static inline long grant_table_op(unsigned int op, void *arg, unsigned int n)
{
    return hypercall3(__HYPERVISOR_grant_table_op, op, (unsigned long)arg, n);
}

static inline long memory_op(unsigned int op, void *arg)
{
    return hypercall2(__HYPERVISOR_memory_op, op, (unsigned long)arg);
}

static inline long sched_op(unsigned int op, void *arg)
{
    return hypercall2(__HYPERVISOR_sched_op, op, (unsigned long)arg);
}

static inline long vcpu_op(unsigned int op, unsigned int vcpu, void *arg)
{
    return hypercall3(__HYPERVISOR_vcpu_op, op, vcpu, (unsigned long)arg);
}

static inline long multicall(struct multicall_entry *calls, unsigned int n)
{
    return hypercall2(__HYPERVISOR_multicall, (unsigned long)calls, n);
}

static inline long mmu_update(struct mmu_update *updates, unsigned int n)
{
    return hypercall4(__HYPERVISOR_mmu_update, (unsigned long)updates, n, 0,
                      DOMID_SELF);
}

static inline long update_va_mapping(uintptr_t va, uint64_t pte,
                                     unsigned long flags)
{
    return hypercall3(__HYPERVISOR_update_va_mapping, va, pte, flags);
}

#endif /* GUEST_HYPERCALL_H */
