/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.h: pages, frames and mappings.
 *
 * Page number n (pfn) of the guest's memory lives at GUEST_BASE + n * 4 KB and
 * is machine frame p2m[n] (mfn). Below GUEST_BASE lie the NULL page, never
 * mapped, and the window: slots for frames that are not memory of the guest.
 *
 * The builder maps what it placed and perhaps more; the base maps the rest as
 * it is asked for. Nothing is assumed about the order of machine frames.
 */
#ifndef GUEST_MEMORY_H
#define GUEST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE 4096ul
/* Where the image is linked; in guest.lds and the image's notes, too. */
#define GUEST_BASE 0x100000ul

enum page_access {
    PAGE_NONE,
    PAGE_RO,
    PAGE_RX,
    PAGE_RW,
};

/* n pages in a row, not cleared; NULL if there are not so many left. */
void *page_alloc(size_t n);
/* Pages come back one by one: only page_alloc(1) finds them again. */
void page_free(void *page);
/* How many page_alloc can still give; tables yet to be made come off that. */
size_t page_left(void);

/* The number and the machine frame of a page of the guest's memory. */
static inline uint64_t page_pfn(const void *va)
{
    return ((uintptr_t)va - GUEST_BASE) >> PAGE_SHIFT;
}
uint64_t page_frame(const void *va);
/*
 * Where a frame of the guest's own memory is mapped. Checks what it is given:
 * -ERANGE: not a frame of this guest, or not mapped (yet).
 */
int page_of_frame(uint64_t mfn, void **va_out);
/* Change the mapping of a page of the guest's memory: 0 or -errno. */
int page_protect(void *va, enum page_access access);

/* Map any frame in the window; -ENOSPC: it is full. Xen may refuse. */
int window_map(uint64_t mfn, enum page_access access, void **va_out);
void window_unmap(void *va);
/* n slots in a row with nothing in them, and back, for whoever fills them. */
int window_take(unsigned int n, void **va_out);
void window_give(void *va, unsigned int n);

#endif /* GUEST_MEMORY_H */
