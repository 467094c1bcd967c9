/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * pv.h: a guest's memory, and building a 64-bit PV guest in it; pvh.h builds
 * the other kind in the same memory.
 *
 * A guest's pages are numbered from 0 (page frame numbers, pfn); page n is
 * first mapped at virt_base + n * 4096. The builder puts there, in this order:
 *
 *   kernel | ramdisk | p2m | start_info | console | sysctl | page tables |
 * stack
 *
 * maps them once, fills them, and unmaps them before the tables are pinned.
 */
#ifndef LIBCHAOS_PV_H
#define LIBCHAOS_PV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elf.h"

struct chaos_ctx;
struct hv;

/* Memory is given in extents: 1 << order pages from pfn on, frames in a row. */
struct pv_extent {
    uint64_t pfn;
    uint64_t frame;
    unsigned order;
};

struct pv_memory {
    uint64_t pages;
    /* A PVH guest's pages from here on lie above 4 GB; 0: there is no gap. */
    uint64_t gap;
    struct pv_extent *extents; /* owned, ascending, without gaps */
    size_t count;
};

#define PV_LEVELS 4

/* Where everything lies: pfns, and counts of pages. */
struct pv_layout {
    uint64_t virt_base;
    uint64_t first; /* the image's first page: nothing is written below */
    uint64_t ramdisk, ramdisk_pages;
    uint64_t p2m, p2m_pages;
    uint64_t start_info;
    uint64_t console;
    uint64_t sysctl; /* or XenStore's ring */
    uint64_t tables, table_pages;
    uint64_t level_pages[PV_LEVELS]; /* tables of level 1 to 4 */
    uint64_t stack;
    uint64_t end;        /* one past the stack */
    uint64_t mapped_end; /* one past the last page in the first page tables */
};

/* What a guest is built from. */
struct pv_spec {
    uint32_t domid;
    const struct elf_image *image;
    int ramdisk_fd; /* -1: none */
    uint64_t ramdisk_size;
    const char *cmdline; /* NULL: none */
    uint64_t shared_info_frame;
    uint32_t console_port;
    uint32_t store_port; /* of XenStore's ring; 0: it has noxs instead */
    bool awaited;        /* somebody will attach to its console at once */
};

/* pv_memory.c: `gap` of the memory is the caller's; the rest is zero. */
int pv_memory_populate(struct chaos_ctx *ctx, struct hv *hv, uint32_t domid,
                       uint64_t pages, struct pv_memory *memory);
void pv_memory_dispose(struct pv_memory *memory);
/* Frames of pages first to first + count - 1, one after the other. */
void pv_memory_frames(const struct pv_memory *memory, uint64_t first,
                      uint64_t count, uint64_t *frames_out);

/* pv_layout.c */
/* -ENOMEM, with text. Counts of pages. */
int pv_too_small(struct chaos_ctx *ctx, uint64_t needs, uint64_t pages);
/* -ENOMEM where the guest's memory is too small for it all. */
int pv_layout_make(struct chaos_ctx *ctx, const struct elf_image *image,
                   uint64_t ramdisk_size, uint64_t pages,
                   struct pv_layout *layout_out);

/* pv_build.c */
int pv_load_ramdisk(struct chaos_ctx *ctx, const struct pv_spec *spec,
                    void *to);
/* Pages of console and sysctl device, or of XenStore's rings. */
void pv_fill_devices(const struct pv_spec *spec, void *console, void *sysctl);
int pv_build(struct chaos_ctx *ctx, struct hv *hv, const struct pv_spec *spec,
             const struct pv_memory *memory, const struct pv_layout *layout);
/* Into the start_info page of a guest that was built and has not run yet. */
void pv_cmdline(void *start_info, const char *cmdline);

/* pv_tables.c: fill the page tables at `tables` (the first is level 4). */
void pv_tables_fill(const struct pv_layout *layout, const uint64_t *frames,
                    uint64_t *tables);

static inline uint64_t pv_virt(const struct pv_layout *layout, uint64_t pfn)
{
    return layout->virt_base + (pfn << 12);
}

#endif /* LIBCHAOS_PV_H */
