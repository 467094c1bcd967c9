/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * barrier.h: order of accesses to memory that others write, too.
 *
 * x86 keeps loads in order and stores in order; only a load may overtake an
 * earlier store. So rmb and wmb merely bind the compiler.
 */
#ifndef GUEST_BARRIER_H
#define GUEST_BARRIER_H

#define barrier() __asm__ volatile("" ::: "memory")
#define rmb() barrier()
#define wmb() barrier()
#define mb() __asm__ volatile("lock; addl $0, -4(%%rsp)" ::: "memory", "cc")

/* One access, whole, exactly where it is written. */
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

static inline unsigned long xchg_ulong(volatile unsigned long *p,
                                       unsigned long v)
{
    return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);
}

#endif /* GUEST_BARRIER_H */
