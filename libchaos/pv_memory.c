/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * pv_memory.c: give a guest its memory, in extents as large as fit.
 */
#include <errno.h>
#include <string.h>

#include "hv.h"
#include "internal.h"
#include "pv.h"

/* 2 MiB: larger extents are scarce, and a small guest has none. */
#define ORDER_MAX 9u
#define BATCH 64u
#define GAP_END (1ull << (32 - HV_PAGE_SHIFT))

static int add_extents(struct pv_memory *memory, const uint64_t *frames,
                       unsigned order, unsigned count)
{
    struct pv_extent *more;
    unsigned i;

    more = realloc(memory->extents, (memory->count + count) * sizeof(*more));
    if (!more)
        return -ENOMEM;
    memory->extents = more;
    for (i = 0; i < count; i++) {
        memory->extents[memory->count++] = (struct pv_extent){
            .pfn = memory->pages,
            .frame = frames[i],
            .order = order,
        };
        memory->pages += 1ull << order;
    }
    return 0;
}

static int out_of_memory(struct chaos_ctx *ctx, struct hv *hv, uint64_t pages,
                         uint64_t given)
{
    struct hv_host host = {0};

    if (hv->ops->host(hv, &host) < 0)
        return chaos__fail(ctx, -ENOMEM, "the host gave %llu of %llu KiB",
                           (unsigned long long)given * 4,
                           (unsigned long long)pages * 4);
    return chaos__fail(ctx, -ENOMEM,
                       "the guest wants %llu KiB of memory and the host has "
                       "%llu KiB free; end some domains, or boot with a "
                       "smaller dom0_mem",
                       (unsigned long long)pages * 4,
                       (unsigned long long)(host.free_pages + given) * 4);
}

/* The number by which the guest knows the next page. */
static uint64_t guest_page(const struct pv_memory *memory)
{
    if (!memory->gap || memory->pages < memory->gap)
        return memory->pages;
    return memory->pages - memory->gap + GAP_END;
}

/* Pages that are to come in a row from the next one on. */
static uint64_t pages_left(const struct pv_memory *memory, uint64_t pages)
{
    if (memory->pages < memory->gap && pages > memory->gap)
        pages = memory->gap;
    return pages - memory->pages;
}

/*
 * One hypercall: as many extents of this order as fit, up to a batch. Returns
 * how many the host gave, 0 where it has no more of them.
 */
static int populate_batch(struct chaos_ctx *ctx, struct hv *hv, uint32_t domid,
                          uint64_t left, unsigned order,
                          struct pv_memory *memory)
{
    uint64_t frames[BATCH];
    uint64_t fit = left >> order;
    unsigned count = fit < BATCH ? (unsigned)fit : BATCH;
    int n = hv->ops->memory_populate(hv, domid, guest_page(memory), order,
                                     count, frames);

    if (n == -ENOMEM)
        return 0;
    if (n < 0)
        return chaos__fail(ctx, n, "cannot give the domain memory");
    if (n > 0 && add_extents(memory, frames, order, (unsigned)n) < 0)
        return chaos__fail(ctx, -ENOMEM, "no memory for the list of extents");
    return n;
}

/*
 * An order the host has no more of is not tried again: memory that lies in
 * pieces costs one failed hypercall per order, not one per piece.
 */
int pv_memory_populate(struct chaos_ctx *ctx, struct hv *hv, uint32_t domid,
                       uint64_t pages, struct pv_memory *memory)
{
    unsigned order = ORDER_MAX;

    while (memory->pages < pages) {
        uint64_t left = pages_left(memory, pages);
        int n;

        while (left >> order == 0)
            order--;
        n = populate_batch(ctx, hv, domid, left, order, memory);
        if (n < 0)
            return n;
        if (n == 0 && order == 0)
            return out_of_memory(ctx, hv, pages, memory->pages);
        if (n == 0)
            order--;
    }
    return 0;
}

void pv_memory_dispose(struct pv_memory *memory)
{
    free(memory->extents);
    *memory = (struct pv_memory){0};
}

void pv_memory_frames(const struct pv_memory *memory, uint64_t first,
                      uint64_t count, uint64_t *frames_out)
{
    uint64_t last = first + count;
    size_t i;

    for (i = 0; i < memory->count; i++) {
        const struct pv_extent *ext = &memory->extents[i];
        uint64_t end = ext->pfn + (1ull << ext->order);
        uint64_t pfn = ext->pfn > first ? ext->pfn : first;

        for (; pfn < end && pfn < last; pfn++)
            frames_out[pfn - first] = ext->frame + (pfn - ext->pfn);
    }
}
