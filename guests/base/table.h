/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table.h: between the page tables (table.c) and the allocator (memory.c).
 */
#ifndef GUEST_TABLE_H
#define GUEST_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include <guest/memory.h>

/* In page numbers: next <= mapped <= end. */
struct memory {
    size_t next;   /* the first page that nobody has had */
    size_t mapped; /* the first page that is perhaps not mapped */
    size_t end;
};
extern struct memory memory;

static inline void *pfn_va(size_t pfn)
{
    return (void *)(GUEST_BASE + (pfn << PAGE_SHIFT));
}

uint64_t pfn_frame(size_t pfn);
/* Move memory.mapped on; it may take pages from memory.next for tables. */
int table_extend(void);

#endif /* GUEST_TABLE_H */
