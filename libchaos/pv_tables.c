/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * pv_tables.c: a PV guest's first page tables.
 *
 * The tables lie in a row, level 4 first, so a level's entries, taken over all
 * of its tables, are one array whose index is an address's bits above the
 * level's shift, less those of the first table's start.
 */
#include "hv.h"
#include "pv.h"

#define PTE_PRESENT 0x001ull
#define PTE_WRITE 0x002ull
#define PTE_USER 0x004ull /* a 64-bit PV kernel runs in ring 3 */
#define PTE_ACCESSED 0x020ull
#define PTE_DIRTY 0x040ull

#define PTE_LEAF (PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED)
#define PTE_TABLE (PTE_LEAF | PTE_DIRTY)

/* Xen refuses a writable mapping of a page table. */
static int is_table(const struct pv_layout *layout, uint64_t pfn)
{
    return pfn >= layout->tables && pfn < layout->tables + layout->table_pages;
}

static void fill_leaves(const struct pv_layout *layout, const uint64_t *frames,
                        uint64_t *entries)
{
    /* The first level-1 table starts at a multiple of 2 MiB. */
    uint64_t skip = (layout->virt_base >> HV_PAGE_SHIFT) & 511;
    uint64_t pfn;

    for (pfn = 0; pfn < layout->mapped_end; pfn++) {
        uint64_t flags = PTE_LEAF;

        if (is_table(layout, pfn))
            flags &= ~PTE_WRITE;
        entries[skip + pfn] = frames[pfn] << HV_PAGE_SHIFT | flags;
    }
}

void pv_tables_fill(const struct pv_layout *layout, const uint64_t *frames,
                    uint64_t *tables)
{
    uint64_t pfn = layout->tables;
    unsigned level;

    /* From the top: the tables of the next level follow those of this one. */
    for (level = PV_LEVELS - 1; level > 0; level--) {
        uint64_t below = pfn + layout->level_pages[level];
        uint64_t skip =
            (layout->virt_base >> (HV_PAGE_SHIFT + 9 * level)) & 511;
        uint64_t i;

        for (i = 0; i < layout->level_pages[level - 1]; i++)
            tables[skip + i] = frames[below + i] << HV_PAGE_SHIFT | PTE_TABLE;
        tables += layout->level_pages[level] * 512;
        pfn = below;
    }
    fill_leaves(layout, frames, tables);
}
