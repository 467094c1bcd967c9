/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table.c: page tables, frames, and the window.
 *
 * Xen validates every change of a page table; a page that is one must not be
 * writable anywhere. The tables that the builder made lie in the guest's
 * memory, mapped read-only, as do those made here.
 *
 * A PVH guest's tables are its own (pvh.c): all is mapped from the start, and a
 * mapping is changed by writing it.
 */
#include <guest/barrier.h>
#include <guest/event.h>
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/memory.h>

#include "internal.h"
#include "pvh.h"
#include "table.h"

#define PTE_PRESENT 0x001ul
#define PTE_WRITE 0x002ul
#define PTE_USER 0x004ul
#define PTE_ACCESSED 0x020ul
#define PTE_DIRTY 0x040ul
#define PTE_NX (1ul << 63)
#define PTE_FRAME 0x000ffffffffff000ul
#define PTE_TABLE                                                              \
    (PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED | PTE_DIRTY)

#define ENTRIES 512u
#define BATCH 32u

struct memory memory;
static uint64_t window_used[(WINDOW_SLOTS + 63) / 64] = {(1ul << WINDOW_FIXED) -
                                                         1};

static unsigned int table_index(uintptr_t va, unsigned int level)
{
    return (va >> (PAGE_SHIFT + 9 * (level - 1))) % ENTRIES;
}

/* Page faults tell; CPUs without NX are history, but it can be switched off. */
static uint64_t nx_bit(void)
{
    static uint64_t bit;
    static bool known;
    uint32_t a = 0x80000001, b, c = 0, d;

    if (!known) {
        __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
        bit = d & (1u << 20) ? PTE_NX : 0;
        known = true;
    }
    return bit;
}

uint64_t memory_pte(uint64_t mfn, enum page_access access)
{
    uint64_t pte = mfn << PAGE_SHIFT | PTE_PRESENT | PTE_USER | PTE_ACCESSED;

    switch (access) {
    case PAGE_NONE:
        return 0;
    case PAGE_RX:
        return pte;
    case PAGE_RO:
        return pte | nx_bit();
    default:
        return pte | PTE_WRITE | PTE_DIRTY | nx_bit();
    }
}

static int change(uintptr_t va, uint64_t pte)
{
    if (guest_is_pvh)
        return pvh_map(va, pte);
    return (int)update_va_mapping(va, pte, UVMF_INVLPG | UVMF_LOCAL);
}

uint64_t page_frame(const void *va)
{
    return pfn_frame(page_pfn(va));
}

int page_of_frame(uint64_t mfn, void **va_out)
{
    uint64_t pfn;

    if (guest_is_pvh) {
        *va_out = (void *)(mfn << PAGE_SHIFT);
        return mfn < GUEST_BASE >> PAGE_SHIFT || mfn >> 20 ? -ERANGE : 0;
    }
    if (mfn >= MACH2PHYS_NR_ENTRIES ||
        trap_read_u64(&machine_to_phys_mapping[mfn], &pfn) ||
        pfn >= memory.mapped || pfn_frame(pfn) != mfn)
        return -ERANGE;
    *va_out = pfn_va(pfn);
    return 0;
}

int page_protect(void *va, enum page_access access)
{
    return change((uintptr_t)va, memory_pte(page_frame(va), access));
}

static bool slots_free(unsigned int first, unsigned int n)
{
    unsigned int slot;

    for (slot = first; slot < first + n; slot++)
        if (window_used[slot / 64] >> (slot % 64) & 1)
            return false;
    return true;
}

int window_take(unsigned int n, void **va_out)
{
    bool on = events_disable();
    unsigned int first, slot;
    int rc = -ENOSPC;

    for (first = WINDOW_FIXED; first + n <= WINDOW_SLOTS; first++)
        if (slots_free(first, n)) {
            for (slot = first; slot < first + n; slot++)
                window_used[slot / 64] |= 1ul << (slot % 64);
            *va_out = (void *)WINDOW_VA(first);
            if (guest_is_pvh)
                pvh_window(*va_out, n, PAGE_RW);
            rc = 0;
            break;
        }
    events_restore(on);
    return rc;
}

void window_give(void *va, unsigned int n)
{
    size_t slot = ((uintptr_t)va - WINDOW_BASE) / PAGE_SIZE;
    bool on = events_disable();

    if (guest_is_pvh)
        pvh_window(va, n, PAGE_NONE);
    for (; n; n--, slot++)
        window_used[slot / 64] &= ~(1ul << (slot % 64));
    events_restore(on);
}

int window_map(uint64_t mfn, enum page_access access, void **va_out)
{
    void *va;
    int rc = window_take(1, &va);

    if (rc)
        return rc;
    rc = change((uintptr_t)va, memory_pte(mfn, access));
    if (rc)
        window_give(va, 1);
    else
        *va_out = va;
    return rc;
}

void window_unmap(void *va)
{
    change((uintptr_t)va, 0);
    window_give(va, 1);
}

/* The table of `level` (1 to 4) that covers va; NULL if there is none yet. */
static const uint64_t *table_find(uintptr_t va, unsigned int level)
{
    const uint64_t *table = (const uint64_t *)guest_start_info->pt_base;
    unsigned int l;
    uint64_t entry;

    for (l = 4; l > level; l--) {
        entry = table[table_index(va, l)];
        if (!(entry & PTE_PRESENT))
            return NULL;
        entry = (entry & PTE_FRAME) >> PAGE_SHIFT;
        table = pfn_va(machine_to_phys_mapping[entry]);
    }
    return table;
}

/* Without a list of frames only pages that are mapped have one to be found. */
uint64_t pfn_frame(size_t pfn)
{
    const uint64_t *table = (const uint64_t *)guest_start_info->mfn_list;
    uintptr_t va = (uintptr_t)pfn_va(pfn);

    if (guest_is_pvh)
        return va >> PAGE_SHIFT;
    if (table)
        return table[pfn];
    table = table_find(va, 1);
    return (table[table_index(va, 1)] & PTE_FRAME) >> PAGE_SHIFT;
}

/* Map the next pages that the L1 table has no mapping for. */
static int fill_table(const uint64_t *l1, uintptr_t va)
{
    struct mmu_update updates[BATCH];
    uint64_t base = page_frame(l1) << PAGE_SHIFT;
    unsigned int i = table_index(va, 1);
    size_t pfn = memory.mapped;
    unsigned int n = 0;
    int rc = 0;

    for (; i < ENTRIES && pfn < memory.end && n < BATCH; i++, pfn++) {
        if (l1[i] & PTE_PRESENT)
            continue;
        updates[n].ptr = base + i * sizeof(*l1) + MMU_NORMAL_PT_UPDATE;
        updates[n].val = memory_pte(pfn_frame(pfn), PAGE_RW);
        n++;
    }
    if (n)
        rc = (int)mmu_update(updates, n);
    if (!rc)
        memory.mapped = pfn;
    return rc;
}

/*
 * A page to become a table: one that is mapped and free, or one of those that
 * the new table will map first (*fresh counts them).
 */
static int table_page(size_t *fresh, size_t *pfn_out)
{
    size_t pfn = memory.mapped + *fresh;

    if (memory.next < memory.mapped) {
        pfn = memory.next++;
        *pfn_out = pfn;
        return page_protect(pfn_va(pfn), PAGE_RO);
    }
    if (pfn >= memory.end)
        return -ENOMEM;
    ++*fresh;
    *pfn_out = pfn;
    return 0;
}

/* L1: all of memory from memory.mapped on, the `fresh` pages read-only. */
static void write_l1(uint64_t *table, size_t fresh)
{
    size_t pfn = memory.mapped;
    unsigned int i;

    for (i = 0; i < ENTRIES; i++, pfn++)
        table[i] =
            pfn >= memory.end
                ? 0
                : memory_pte(pfn_frame(pfn), i < fresh ? PAGE_RO : PAGE_RW);
}

static int write_table(size_t pfn, unsigned int level, uintptr_t va,
                       size_t lower, size_t fresh)
{
    void *table;
    int rc = window_map(pfn_frame(pfn), PAGE_RW, &table);

    if (rc)
        return rc;
    if (level == 1) {
        write_l1(table, fresh);
    } else {
        memset(table, 0, PAGE_SIZE);
        ((uint64_t *)table)[table_index(va, level)] =
            pfn_frame(lower) << PAGE_SHIFT | PTE_TABLE;
    }
    window_unmap(table);
    return 0;
}

/* There is no L1 table for va, the address of page memory.mapped: make it. */
static int add_table(uintptr_t va)
{
    struct mmu_update update;
    const uint64_t *parent = NULL;
    size_t pfn[4], fresh = 0, left;
    unsigned int levels, l;
    int rc = 0;

    for (levels = 0; !parent; levels++)
        parent = table_find(va, levels + 2);
    for (l = 0; l < levels && !rc; l++)
        rc = table_page(&fresh, &pfn[l]);
    for (l = 0; l < levels && !rc; l++)
        rc = write_table(pfn[l], l + 1, va, l ? pfn[l - 1] : 0, fresh);
    if (rc)
        return rc;
    update.ptr = (page_frame(parent) << PAGE_SHIFT) +
                 table_index(va, levels + 1) * sizeof(*parent);
    update.val = pfn_frame(pfn[levels - 1]) << PAGE_SHIFT | PTE_TABLE;
    rc = (int)mmu_update(&update, 1);
    if (rc)
        return rc;
    if (memory.next == memory.mapped)
        memory.next += fresh;
    left = memory.end - memory.mapped;
    memory.mapped += left < ENTRIES ? left : ENTRIES;
    return 0;
}

int table_extend(void)
{
    uintptr_t va = (uintptr_t)pfn_va(memory.mapped);
    const uint64_t *l1 = table_find(va, 1);

    return l1 ? fill_table(l1, va) : add_table(va);
}

void memory_init(uintptr_t stack_top)
{
    memory.next = (stack_top - GUEST_BASE + PAGE_SIZE - 1) >> PAGE_SHIFT;
    memory.mapped = memory.next;
    memory.end =
        guest_start_info->mfn_list ? guest_start_info->nr_pages : memory.next;
}
