/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * pv_layout.c: decide where everything of a PV guest lies.
 */
#include <errno.h>

#include <noxs/elfnote.h>

#include "hv.h"
#include "internal.h"
#include "pv.h"

/* What Xen's interface promises a PV guest behind its stack. */
#define SPARE_BYTES (512u << 10)
#define ROUND_BYTES (4ull << 20)
/* Addresses a PV guest may use: those of level 4 that Xen leaves to it. */
#define LOW_END (1ull << 47)
#define HIGH_START 0xffff880000000000ull

static uint64_t pages_of(uint64_t bytes)
{
    return (bytes + HV_PAGE_SIZE - 1) >> HV_PAGE_SHIFT;
}

/* Tables of one level that a range of addresses needs. */
static uint64_t tables_for(uint64_t start, uint64_t end, unsigned level)
{
    unsigned shift = HV_PAGE_SHIFT + 9 * level;

    return ((end - 1) >> shift) - (start >> shift) + 1;
}

static uint64_t mapped_end(const struct pv_layout *layout, uint32_t flags)
{
    uint64_t end = layout->virt_base + (layout->end << HV_PAGE_SHIFT);

    if (flags & NOXS_BOOT_MINIMAL_MAP)
        return layout->end;
    end = (end + SPARE_BYTES + ROUND_BYTES - 1) & ~(ROUND_BYTES - 1);
    return (end - layout->virt_base) >> HV_PAGE_SHIFT;
}

/*
 * The tables map themselves, so their number depends on itself. It only grows
 * from round to round, and two or three rounds settle it.
 */
static void place_tables(struct pv_layout *layout, uint32_t flags)
{
    uint64_t before, start = layout->virt_base;

    layout->table_pages = PV_LEVELS;
    do {
        uint64_t end;
        unsigned i;

        before = layout->table_pages;
        layout->stack = layout->tables + before;
        layout->end = layout->stack + 1;
        layout->mapped_end = mapped_end(layout, flags);
        end = layout->virt_base + (layout->mapped_end << HV_PAGE_SHIFT);
        layout->table_pages = 0;
        for (i = 0; i < PV_LEVELS; i++) {
            layout->level_pages[i] = tables_for(start, end, i + 1);
            layout->table_pages += layout->level_pages[i];
        }
    } while (layout->table_pages != before);
}

/* Whether all that may come to be mapped lies where a guest may be. */
static bool is_guest_range(const struct pv_layout *layout)
{
    /* The tables' own number is not known yet: a few, and one in 512. */
    uint64_t pages = layout->tables + layout->tables / 256 + 64;
    uint64_t last = layout->virt_base + (pages << HV_PAGE_SHIFT) + SPARE_BYTES +
                    ROUND_BYTES - 1;

    if (last < layout->virt_base)
        return false;
    return last < LOW_END || layout->virt_base >= HIGH_START;
}

int pv_too_small(struct chaos_ctx *ctx, uint64_t needs, uint64_t pages)
{
    return chaos__fail(ctx, -ENOMEM,
                       "memory: the kernel, with what it starts with, needs "
                       "%llu KiB and the guest has %llu KiB",
                       (unsigned long long)needs * 4,
                       (unsigned long long)pages * 4);
}

int pv_layout_make(struct chaos_ctx *ctx, const struct elf_image *image,
                   uint64_t ramdisk_size, uint64_t pages,
                   struct pv_layout *layout_out)
{
    struct pv_layout layout = {
        .virt_base = image->virt_base,
        .first = image->start >> HV_PAGE_SHIFT,
        .ramdisk = pages_of(image->end),
        .ramdisk_pages = pages_of(ramdisk_size),
    };

    layout.p2m = layout.ramdisk + layout.ramdisk_pages;
    if (!(image->boot_flags & NOXS_BOOT_NO_P2M))
        layout.p2m_pages = pages_of(pages * sizeof(uint64_t));
    layout.start_info = layout.p2m + layout.p2m_pages;
    layout.console = layout.start_info + 1;
    layout.sysctl = layout.console + 1;
    layout.tables = layout.sysctl + 1;
    /* Before any sum of theirs could run over. */
    if (layout.tables >= pages)
        return pv_too_small(ctx, layout.tables + PV_LEVELS + 1, pages);
    if (!is_guest_range(&layout))
        return chaos__fail(ctx, -ENOEXEC,
                           "kernel: it would lie at addresses that Xen does "
                           "not let a guest use");
    place_tables(&layout, image->boot_flags);
    if (layout.end > pages)
        return pv_too_small(ctx, layout.end, pages);
    if (layout.mapped_end > pages)
        layout.mapped_end = pages;
    *layout_out = layout;
    return 0;
}
