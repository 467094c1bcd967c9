/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * pvh_build.c: fill a PVH guest's memory: kernel, start_info, ACPI, devices.
 *
 * All pages that are written are mapped by one call and unmapped by one, as
 * for a PV guest.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hv.h"
#include "internal.h"
#include "pvh.h"

/* It includes nothing, and needs fixed-width integers. */
#include <xen/arch-x86/hvm/start_info.h>

#define RESERVED_PAGES 3u
#define GAP_END (1ull << 32)

struct build {
    struct chaos_ctx *ctx;
    const struct pv_spec *spec;
    const struct pvh_layout *layout;
    unsigned vcpus;
    uint8_t *mapping; /* layout->first to end - 1, then the reserved pages */
};

/* What the page start_info holds. */
struct start_page {
    struct hvm_start_info info;
    struct hvm_modlist_entry module;
    struct hvm_memmap_table_entry map[3];
    char cmdline[1024];
};
_Static_assert(sizeof(struct start_page) <= HV_PAGE_SIZE,
               "start_info and what goes with it is one page");

static void *page(const struct build *b, uint64_t pfn)
{
    const struct pvh_layout *l = b->layout;

    if (pfn >= l->acpi)
        pfn = l->end + (pfn - l->acpi);
    return b->mapping + ((pfn - l->first) << HV_PAGE_SHIFT);
}

static uint64_t address(uint64_t pfn)
{
    return pfn << HV_PAGE_SHIFT;
}

static unsigned fill_map(const struct pvh_layout *l,
                         struct hvm_memmap_table_entry *map)
{
    map[0] = (struct hvm_memmap_table_entry){
        .addr = 0,
        .size = address(l->acpi),
        .type = XEN_HVM_MEMMAP_TYPE_RAM,
    };
    map[1] = (struct hvm_memmap_table_entry){
        .addr = address(l->acpi),
        .size = address(RESERVED_PAGES),
        .type = XEN_HVM_MEMMAP_TYPE_RESERVED,
    };
    if (!l->high)
        return 2;
    map[2] = (struct hvm_memmap_table_entry){
        .addr = GAP_END,
        .size = address(l->high),
        .type = XEN_HVM_MEMMAP_TYPE_RAM,
    };
    return 3;
}

static void fill_start_info(const struct build *b)
{
    const struct pvh_layout *l = b->layout;
    struct start_page *start = page(b, l->start_info);
    uint64_t base = address(l->start_info);

    memset(start, 0, HV_PAGE_SIZE);
    start->info = (struct hvm_start_info){
        .magic = XEN_HVM_START_MAGIC_VALUE,
        .version = 1,
        .cmdline_paddr = base + offsetof(struct start_page, cmdline),
        .rsdp_paddr = address(l->acpi),
        .memmap_paddr = base + offsetof(struct start_page, map),
        .memmap_entries = fill_map(l, start->map),
    };
    if (l->ramdisk_pages) {
        start->info.nr_modules = 1;
        start->info.modlist_paddr = base + offsetof(struct start_page, module);
        start->module.paddr = address(l->ramdisk);
        start->module.size = b->spec->ramdisk_size;
    }
    if (b->spec->cmdline)
        (void)snprintf(start->cmdline, sizeof(start->cmdline), "%s",
                       b->spec->cmdline);
}

static int fill(const struct build *b)
{
    const struct pvh_layout *l = b->layout;
    int rc = elf_load(b->ctx, b->spec->image, b->mapping, address(l->first));

    if (rc == 0)
        rc = pv_load_ramdisk(b->ctx, b->spec, page(b, l->ramdisk));
    if (rc < 0)
        return rc;
    fill_start_info(b);
    pvh_acpi_fill(page(b, l->acpi), address(l->acpi), b->vcpus);
    pv_fill_devices(b->spec, page(b, l->console), page(b, l->sysctl));
    return 0;
}

int pvh_build(struct chaos_ctx *ctx, struct hv *hv, const struct pv_spec *spec,
              unsigned vcpus, const struct pv_memory *memory,
              const struct pvh_layout *layout)
{
    struct build b = {ctx, spec, layout, vcpus, NULL};
    uint64_t bottom = layout->end - layout->first;
    uint64_t count = bottom + RESERVED_PAGES;
    CLEANUP_FREE uint64_t *frames = malloc(count * sizeof(*frames));
    void *mapping;
    int rc;

    if (!frames)
        return chaos__fail(ctx, -ENOMEM, "no memory to build the guest");
    pv_memory_frames(memory, layout->first, bottom, frames);
    pv_memory_frames(memory, layout->acpi, RESERVED_PAGES, frames + bottom);
    rc = hv->ops->map(hv, spec->domid, frames, count, &mapping);
    if (rc < 0)
        return chaos__fail(ctx, rc, "cannot map the guest's memory");
    b.mapping = mapping;
    rc = fill(&b);
    hv->ops->unmap(hv, mapping, count);
    return rc;
}
