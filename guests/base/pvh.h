/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvh.h: the guest as a PVH guest: what is where below the window, and what
 * the other files ask where the two kinds differ.
 *
 * All memory up to 4 GB is mapped at its own address, so that a frame, that is
 * a page as the guest's processor numbers them, is an address's upper bits.
 */
#ifndef GUEST_PVH_H
#define GUEST_PVH_H

/* Memory that nobody has placed anything in: the first 64 KB. */
#define PVH_LOW 0x1000
#define PVH_L4 0x1000
#define PVH_L3 0x2000
#define PVH_L1 0x3000 /* of the first 2 MB */
#define PVH_L2 0x4000 /* four in a row, of 1 GB each */
#define PVH_START_INFO 0x8000
#define PVH_IDT 0x9000
#define PVH_HYPERCALLS 0xa000
#define PVH_LOW_END 0xb000
#define PVH_STACK_TOP 0x10000

#define PVH_PTE 0x63       /* present, writable, used */
#define PVH_PTE_LARGE 0xe3 /* the same of 2 MB */
#define PVH_CODE 0x08      /* segments */
#define PVH_DATA 0x10

#ifndef __ASSEMBLY__
#include <stdbool.h>
#include <stdint.h>

#include <guest/memory.h>

struct hvm_start_info;

/* pvh.c */
extern bool guest_is_pvh;
void pvh_start(const struct hvm_start_info *info) __attribute__((noreturn));
/* Place what Xen has of that kind at an address of the window: 0 or -errno. */
int pvh_place(unsigned int space, unsigned int index, const void *va);
/* Change how an address is mapped: 0 or -ENOMEM. */
int pvh_map(uintptr_t va, uint64_t pte);
/* Map n slots of the window from va on, or nothing there (PAGE_NONE). */
void pvh_window(void *va, unsigned int n, enum page_access access);

/* trap_entry.S: turn interrupts on and sleep until one came. */
void pvh_halt(void);
extern const char pvh_halt_hlt[], pvh_halt_done[];
#endif

#endif /* GUEST_PVH_H */
