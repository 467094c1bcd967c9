/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * pvh_layout.c: decide where everything of a PVH guest lies.
 */
#include "hv.h"
#include "internal.h"
#include "pvh.h"

static uint64_t pages_of(uint64_t bytes)
{
    return (bytes + HV_PAGE_SIZE - 1) >> HV_PAGE_SHIFT;
}

int pvh_layout_make(struct chaos_ctx *ctx, const struct elf_image *image,
                    uint64_t ramdisk_size, uint64_t pages,
                    struct pvh_layout *layout_out)
{
    uint64_t low = pages < PVH_GAP_PAGES ? pages : PVH_GAP_PAGES;
    struct pvh_layout l = {
        .first = image->start >> HV_PAGE_SHIFT,
        .start_info = pages_of(image->end),
        .ramdisk_pages = pages_of(ramdisk_size),
        .low_end = low,
        .high = pages - low,
    };

    l.ramdisk = l.start_info + 1;
    l.end = l.ramdisk + l.ramdisk_pages;
    /* By these, and all of it lies below the gap. */
    if (l.end + 3 > low)
        return pv_too_small(ctx, l.end + 3, pages);
    l.acpi = low - 3;
    l.console = low - 2;
    l.sysctl = low - 1;
    *layout_out = l;
    return 0;
}
