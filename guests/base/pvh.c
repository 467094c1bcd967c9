/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvh.c: from what a PVH guest starts with to what the rest of the base knows
 * from PV: a start_info, hypercalls, traps and events, the pages of Xen.
 *
 * The window is emptied: its memory goes back to the host, and what Xen or a
 * back end has to show appears there, at the addresses' own frames, which are
 * mapped while slots are in use.
 */
#include <guest/event.h>
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/memory.h>

#include <xen/arch-x86/hvm/start_info.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>
#include <xen/sched.h>

#include "internal.h"
#include "pvh.h"
#include "table.h"

#define EVENT_VECTOR 0x20
#define GATES (EVENT_VECTOR + 1)
/* What Xen pushes for PV alone, and the first instructions of a trap pop. */
#define PV_POPS 3
#define GATE_PRESENT (0x8eul << 40)
/* Where in a stub of Xen's page the instruction is, and how long. */
#define STUB_CALL 5
#define CALL_SIZE 3
#define EFER 0xc0000080
#define EFER_NXE 0x800
/* Bits of page table entries. */
#define PTE_LARGE 0x80ul
#define PTE_FRAME 0x000ffffffffff000ul
#define CHUNK_ORDER 4
#define CHUNKS (WINDOW_SLOTS >> CHUNK_ORDER)

bool guest_is_pvh;

extern char image_end[];

static void cpuid(uint32_t leaf, uint32_t out[4])
{
    __asm__ volatile("cpuid"
                     : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3])
                     : "0"(leaf), "2"(0));
}

static uint64_t msr_read(uint32_t msr)
{
    uint32_t lo, hi;

    __asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    return (uint64_t)hi << 32 | lo;
}

static void msr_write(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value),
                     "d"((uint32_t)(value >> 32))
                     : "memory");
}

/*
 * Xen writes a page of stubs for this processor. Of these only the instruction
 * is wanted, for the one place where hypercalls are made. There is no way to
 * end a guest that finds no Xen but an exception without a handler.
 */
static void open_hypercalls(void)
{
    uint32_t leaf = 0x40000000, r[4];

    for (cpuid(leaf, r); memcmp(&r[1], "XenVMMXenVMM", 12); cpuid(leaf, r)) {
        leaf += 0x100;
        if (leaf == 0x40010000)
            __builtin_trap();
    }
    cpuid(leaf + 2, r);
    msr_write(r[1], PVH_HYPERCALLS);
    memcpy(guest_hypercall, (const char *)PVH_HYPERCALLS + STUB_CALL,
           CALL_SIZE);
}

/* --- start_info ----------------------------------------------------------- */

static uint64_t param(uint32_t index)
{
    struct xen_hvm_param op = {.domid = DOMID_SELF, .index = index};

    return hypercall2(__HYPERVISOR_hvm_op, HVMOP_get_param, (unsigned long)&op)
               ? 0
               : op.value;
}

/* The end of the memory that we lie in, as far as it is mapped. */
static uint64_t find_memory(const struct hvm_start_info *info, uint64_t *pages)
{
    const struct hvm_memmap_table_entry *e =
        (const struct hvm_memmap_table_entry *)info->memmap_paddr;
    uint32_t i, n = info->version ? info->memmap_entries : 0;
    uint64_t end = 0;

    for (i = 0; i < n; i++, e++) {
        if (e->type != XEN_HVM_MEMMAP_TYPE_RAM)
            continue;
        *pages += e->size / PAGE_SIZE;
        if (e->addr <= GUEST_BASE && e->addr + e->size > GUEST_BASE)
            end = e->addr + e->size;
    }
    return end < 1ul << 32 ? end : 1ul << 32;
}

/*
 * What the loader placed is read here and never again; what comes from the
 * allocator may lie over it.
 */
static void fill_start_info(const struct hvm_start_info *info)
{
    struct start_info *si = (struct start_info *)PVH_START_INFO;
    uint64_t end = find_memory(info, &si->nr_pages);

    if (info->cmdline_paddr)
        snprintf((char *)si->cmd_line, sizeof(si->cmd_line), "%s",
                 (const char *)info->cmdline_paddr);
    si->console.domU.mfn = param(HVM_PARAM_CONSOLE_PFN);
    si->console.domU.evtchn = (uint32_t)param(HVM_PARAM_CONSOLE_EVTCHN);
    si->store_mfn = param(HVM_PARAM_STORE_PFN);
    si->store_evtchn = (uint32_t)param(HVM_PARAM_STORE_EVTCHN);
    guest_start_info = si;
    memory.next = page_pfn(image_end);
    memory.end =
        end > (uintptr_t)image_end ? page_pfn((void *)end) : memory.next;
    memory.mapped = memory.end;
}

/* --- traps and events ------------------------------------------------------
 */

static void set_gate(unsigned int vector, uintptr_t handler)
{
    uint64_t *gate = (uint64_t *)PVH_IDT + 2 * vector;

    handler += PV_POPS;
    gate[0] = (handler & 0xffff) | PVH_CODE << 16 | GATE_PRESENT |
              (handler & 0xffff0000) << 32;
    gate[1] = handler >> 32;
}

static void catch (void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) idt = {GATES * 16 - 1, PVH_IDT};
    struct xen_hvm_param op = {
        .domid = DOMID_SELF,
        .index = HVM_PARAM_CALLBACK_IRQ,
        .value = (uint64_t)HVM_PARAM_CALLBACK_TYPE_VECTOR << 56 | EVENT_VECTOR,
    };
    const struct trap_info *t;

    for (t = trap_table; t->address; t++)
        set_gate(t->vector, t->address);
    set_gate(EVENT_VECTOR, (uintptr_t)entry_event);
    __asm__ volatile("lidt %0" ::"m"(idt));
    if (hypercall2(__HYPERVISOR_hvm_op, HVMOP_set_param, (unsigned long)&op))
        guest_crash();
}

/* --- memory ----------------------------------------------------------------
 */

int pvh_map(uintptr_t va, uint64_t pte)
{
    uint64_t *entry = (uint64_t *)PVH_L2 + (va >> 21);
    uint64_t *table = (uint64_t *)(*entry & PTE_FRAME);
    uint64_t flat = *entry & ~PTE_LARGE;
    unsigned int i;

    if (*entry & PTE_LARGE) {
        table = page_alloc(1);
        if (!table)
            return -ENOMEM;
        for (i = 0; i < 512; i++)
            table[i] = flat + i * PAGE_SIZE;
        *entry = (uintptr_t)table | PVH_PTE;
    }
    table[va / PAGE_SIZE % 512] = pte;
    __asm__ volatile("invlpg (%0)" ::"r"(va) : "memory");
    return 0;
}

void pvh_window(void *va, unsigned int n, enum page_access access)
{
    uintptr_t at = (uintptr_t)va;

    /* They have their tables, so that nothing can fail. */
    for (; n; n--, at += PAGE_SIZE)
        pvh_map(at, memory_pte(at >> PAGE_SHIFT, access));
}

int pvh_place(unsigned int space, unsigned int index, const void *va)
{
    struct xen_add_to_physmap op = {
        .domid = DOMID_SELF,
        .space = space,
        .idx = index,
        .gpfn = (uintptr_t)va >> PAGE_SHIFT,
    };

    return (int)memory_op(XENMEM_add_to_physmap, &op);
}

static void empty_window(void)
{
    xen_pfn_t first[CHUNKS];
    struct xen_memory_reservation op = {
        .nr_extents = CHUNKS,
        .extent_order = CHUNK_ORDER,
        .domid = DOMID_SELF,
    };
    unsigned int i;

    pvh_window((void *)WINDOW_VA(WINDOW_FIXED), WINDOW_SLOTS - WINDOW_FIXED,
               PAGE_NONE);
    for (i = 0; i < CHUNKS; i++)
        first[i] = (WINDOW_BASE >> PAGE_SHIFT) + (i << CHUNK_ORDER);
    set_xen_guest_handle(op.extent_start, first);
    if (memory_op(XENMEM_decrease_reservation, &op) != CHUNKS)
        guest_crash();
}

static bool place_device_page(void)
{
    struct noxs_op_page op = {.gfn =
                                  WINDOW_VA(WINDOW_DEVICE_PAGE) >> PAGE_SHIFT};

    return !noxs_op(NOXS_OP_PAGE, &op, NULL);
}

void pvh_start(const struct hvm_start_info *info)
{
    guest_is_pvh = true;
    open_hypercalls();
    fill_start_info(info);
    if (memory_pte(0, PAGE_RO) >> 63)
        msr_write(EFER, msr_read(EFER) | EFER_NXE);
    empty_window();
    pvh_window((void *)WINDOW_VA(WINDOW_DEVICE_PAGE), 1, PAGE_RO);
    if (pvh_place(XENMAPSPACE_shared_info, 0, guest_shared_info))
        guest_crash();
    catch ();
    guest_attached(place_device_page());
}
