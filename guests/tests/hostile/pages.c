/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pages.c: ways to write to one's own device page.
 */
#include <guest/barrier.h>
#include <guest/grant.h>
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/memory.h>
#include <guest/report.h>
#include <guest/trap.h>

#include <xen/grant_table.h>

#include "hostile.h"

#define PTE_FLAGS_RW 0x67
#define PTE_FRAME 0x000ffffffffff000ul

static void write_seq(void *arg)
{
    struct noxs_page *page = arg;

    WRITE_ONCE(page->seq, 0xbad);
}

static void test_write(const struct noxs_page *page)
{
    struct trap t = {0};

    report_check(trap_try(write_seq, (void *)(uintptr_t)page, &t) &&
                     t.vector == TRAP_PAGE &&
                     t.address == (uintptr_t)&page->seq &&
                     (t.error & TRAP_PAGE_WRITE),
                 "a write to the device page does not fault");
}

/* The fourth table is the one for the lowest 2 MB, and so for the window. */
static uint64_t *window_table(void)
{
    return (uint64_t *)(guest_start_info->pt_base + 3 * PAGE_SIZE);
}

static void test_mappings(const struct noxs_page *page, uint64_t frame)
{
    uint64_t *table = window_table();
    size_t i = (uintptr_t)page / PAGE_SIZE;
    struct mmu_update update = {
        .ptr = page_frame(table) * PAGE_SIZE + i * sizeof(*table),
        .val = frame * PAGE_SIZE | PTE_FLAGS_RW,
    };
    struct mmuext_op pin = {.cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = frame};
    void *va;

    report_check(window_map(frame, PAGE_RW, &va),
                 "update_va_mapping maps the device page writable");
    if ((table[i] & PTE_FRAME) / PAGE_SIZE != frame)
        report_error("the page table is not where it was thought to be");
    else
        report_check(mmu_update(&update, 1),
                     "mmu_update maps the device page writable");
    report_check(hypercall4(__HYPERVISOR_mmuext_op, (unsigned long)&pin, 1, 0,
                            DOMID_SELF),
                 "the device page can become a page table");
}

/* Xen as the hand that writes: copies into the page, or maps a grant of it. */
static void test_grants(uint64_t frame, uint16_t self)
{
    static char source[16];
    struct gnttab_copy copy = {
        .source = {.u.gmfn = page_frame(source),
                   .domid = DOMID_SELF,
                   .offset = (uintptr_t)source % PAGE_SIZE},
        .dest = {.u.gmfn = frame, .domid = DOMID_SELF},
        .len = sizeof(source),
        .flags = 0,
    };
    struct gnttab_map_grant_ref map = {
        .flags = GNTMAP_host_map, .dom = self, .host_addr = 0x80000};
    uint32_t ref;

    report_check(grant_table_op(GNTTABOP_copy, &copy, 1) ||
                     copy.status != GNTST_okay,
                 "a grant copy writes to the device page");
    if (grant_frame(self, frame, false, &ref)) {
        report_error("no grant to test with");
        return;
    }
    map.ref = ref;
    report_check(grant_table_op(GNTTABOP_map_grant_ref, &map, 1) ||
                     map.status != GNTST_okay,
                 "the device page can be granted writable");
    grant_end(ref);
}

void hostile_pages(void)
{
    struct noxs_op_page op = {.gfn = NOXS_GFN_NONE};
    const struct noxs_page *page = noxs_page();
    static struct noxs_page before;

    if (noxs_op(NOXS_OP_PAGE, &op, NULL)) {
        report_error("PAGE does not work");
        return;
    }
    memcpy(&before, page, sizeof(before));
    test_write(page);
    test_mappings(page, op.gfn);
    test_grants(op.gfn, page->domid);
    report_check(!memcmp(&before, page, sizeof(before)),
                 "the device page changed");
}
