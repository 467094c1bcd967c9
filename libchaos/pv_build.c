/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * pv_build.c: fill a PV guest's memory: kernel, tables, start_info, devices.
 *
 * All pages that are written, and the guest's shared_info page, are mapped by
 * one call and unmapped by one: mapping is the dearest part of a create.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <noxs/console.h>
#include <noxs/noxs.h>
#include <noxs/sysctl.h>
#include <xen/xen.h>

#include "hv.h"
#include "internal.h"
#include "pv.h"

struct build {
    struct chaos_ctx *ctx;
    const struct pv_spec *spec;
    const struct pv_memory *memory;
    const struct pv_layout *layout;
    uint64_t *frames; /* of pfn 0 to mapped_end - 1 */
    uint8_t *mapping; /* of pfn layout->first to layout->end - 1 */
};

static void *page(const struct build *b, uint64_t pfn)
{
    return b->mapping + ((pfn - b->layout->first) << HV_PAGE_SHIFT);
}

int pv_load_ramdisk(struct chaos_ctx *ctx, const struct pv_spec *spec, void *to)
{
    uint64_t done = 0;

    while (done < spec->ramdisk_size) {
        ssize_t r = pread(spec->ramdisk_fd, (uint8_t *)to + done,
                          spec->ramdisk_size - done, (off_t)done);

        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return chaos__fail(ctx, -errno, "ramdisk: cannot read it");
        if (r == 0)
            return chaos__fail(ctx, -EIO, "ramdisk: it was truncated");
        done += (uint64_t)r;
    }
    return 0;
}

void pv_cmdline(void *start_info, const char *cmdline)
{
    start_info_t *si = start_info;

    (void)snprintf((char *)si->cmd_line, sizeof(si->cmd_line), "%s", cmdline);
}

static void fill_start_info(const struct build *b)
{
    const struct pv_layout *l = b->layout;
    start_info_t *si = page(b, l->start_info);

    memset(si, 0, HV_PAGE_SIZE);
    (void)snprintf(si->magic, sizeof(si->magic), "xen-3.0-x86_64");
    si->nr_pages = b->memory->pages;
    si->shared_info = b->spec->shared_info_frame << HV_PAGE_SHIFT;
    si->console.domU.mfn = b->frames[l->console];
    si->console.domU.evtchn = b->spec->console_port;
    /*
     * A kernel that knows nothing of the sysctl page would use it as memory.
     * Linux keeps off the frame it takes for XenStore's, and with no event
     * channel beside it knows that there is no XenStore.
     */
    si->store_mfn = b->frames[l->sysctl];
    si->store_evtchn = b->spec->store_port;
    si->pt_base = pv_virt(l, l->tables);
    si->nr_pt_frames = l->table_pages;
    if (l->p2m_pages)
        si->mfn_list = pv_virt(l, l->p2m);
    if (l->ramdisk_pages) {
        si->mod_start = pv_virt(l, l->ramdisk);
        si->mod_len = b->spec->ramdisk_size;
    }
    if (b->spec->cmdline)
        pv_cmdline(si, b->spec->cmdline);
}

/* The rings of XenStore's way are empty when they are zero. */
void pv_fill_devices(const struct pv_spec *spec, void *console_page,
                     void *sysctl_page)
{
    struct noxs_console *console = console_page;
    struct noxs_sysctl *sysctl = sysctl_page;

    memset(console, 0, HV_PAGE_SIZE);
    memset(sysctl, 0, HV_PAGE_SIZE);
    if (spec->store_port)
        return;
    console->magic = NOXS_CONSOLE_MAGIC;
    console->version = NOXS_VERSION;
    console->attached = spec->awaited;
    sysctl->magic = NOXS_SYSCTL_MAGIC;
    sysctl->version = NOXS_VERSION;
}

/* A vCPU starts with its events masked, or the first one would crash it. */
static void fill_shared_info(const struct build *b)
{
    shared_info_t *shared = page(b, b->layout->end);
    unsigned i;

    memset(shared, 0, sizeof(*shared));
    for (i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        shared->vcpu_info[i].evtchn_upcall_mask = 1;
}

static int fill(const struct build *b)
{
    const struct pv_layout *l = b->layout;
    int rc =
        elf_load(b->ctx, b->spec->image, b->mapping, l->first << HV_PAGE_SHIFT);

    if (rc == 0)
        rc = pv_load_ramdisk(b->ctx, b->spec, page(b, l->ramdisk));
    if (rc < 0)
        return rc;
    if (l->p2m_pages)
        pv_memory_frames(b->memory, 0, b->memory->pages, page(b, l->p2m));
    fill_start_info(b);
    pv_fill_devices(b->spec, page(b, l->console), page(b, l->sysctl));
    memset(page(b, l->tables), 0, l->table_pages << HV_PAGE_SHIFT);
    pv_tables_fill(l, b->frames, page(b, l->tables));
    fill_shared_info(b);
    return 0;
}

int pv_build(struct chaos_ctx *ctx, struct hv *hv, const struct pv_spec *spec,
             const struct pv_memory *memory, const struct pv_layout *layout)
{
    struct build b = {ctx, spec, memory, layout, NULL, NULL};
    /* The written pages, and shared_info behind the last of them. */
    uint64_t count = layout->end - layout->first + 1;
    CLEANUP_FREE uint64_t *frames = NULL;
    uint64_t saved;
    void *mapping;
    int rc;

    frames = malloc((layout->mapped_end + 1) * sizeof(*frames));
    if (!frames)
        return chaos__fail(ctx, -ENOMEM, "no memory to build the guest");
    pv_memory_frames(memory, 0, layout->mapped_end, frames);
    saved = layout->mapped_end > layout->end ? frames[layout->end] : 0;
    frames[layout->end] = spec->shared_info_frame;
    rc = hv->ops->map(hv, spec->domid, frames + layout->first, count, &mapping);
    frames[layout->end] = saved;
    if (rc < 0)
        return chaos__fail(ctx, rc, "cannot map the guest's memory");
    b.frames = frames;
    b.mapping = mapping;
    rc = fill(&b);
    hv->ops->unmap(hv, mapping, count);
    return rc;
}
