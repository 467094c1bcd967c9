/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * pvh.h: building a PVH guest in memory that it was given already (pv.h).
 *
 * A guest's pages are numbered from 0, as its own processor numbers them. The
 * builder puts there:
 *
 *   kernel | start_info | ramdisk | (free) | ACPI tables | console | sysctl
 *
 * The last three are the last pages of memory below the gap that ends at 4 GB,
 * and told to the guest as reserved. start_info has with it the command line
 * and the map of memory; a kernel may read it by page tables that reach no
 * farther than 1 GB, so it lies close behind.
 */
#ifndef LIBCHAOS_PVH_H
#define LIBCHAOS_PVH_H

#include "pv.h"

/* Where the gap begins: 3.75 GB, for the interrupt controllers in it. */
#define PVH_GAP_PAGES 0xf0000ull

struct pvh_layout {
    uint64_t first; /* the image's first page */
    uint64_t start_info;
    uint64_t ramdisk, ramdisk_pages;
    uint64_t end; /* one past the ramdisk */
    uint64_t acpi, console, sysctl;
    uint64_t low_end; /* one past the last page below the gap */
    uint64_t high;    /* pages above the gap */
};

/* pvh_layout.c: -ENOMEM where the guest's memory is too small for it all. */
int pvh_layout_make(struct chaos_ctx *ctx, const struct elf_image *image,
                    uint64_t ramdisk_size, uint64_t pages,
                    struct pvh_layout *layout_out);

/* pvh_build.c */
int pvh_build(struct chaos_ctx *ctx, struct hv *hv, const struct pv_spec *spec,
              unsigned vcpus, const struct pv_memory *memory,
              const struct pvh_layout *layout);

/*
 * pvh_acpi.c: fill a page, which the guest has at address `base`. The table
 * that leads to the others is its first.
 */
void pvh_acpi_fill(void *page, uint64_t base, unsigned vcpus);

#endif /* LIBCHAOS_PVH_H */
