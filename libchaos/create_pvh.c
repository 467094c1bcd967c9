/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * create_pvh.c: what is different where a PVH guest is made.
 */
#include "create.h"
#include "hv.h"
#include "internal.h"

/*
 * Pages for Xen's tables of the guest's memory, which is all that its pool is
 * used for: those that every guest has, be it used or not, some for each vCPU,
 * and twice what it takes to map all memory and as much beside it page by page.
 */
#define POOL_FIXED 64u
#define POOL_VCPU 4u
#define POOL_PER_PAGES 128u

static int lay_out(struct create *c)
{
    return pvh_layout_make(c->ctx, &c->image, c->ramdisk_size,
                           c->cfg->memory_kb / 4, &c->pvh_layout);
}

static int give_memory(struct create *c)
{
    uint64_t pages = c->cfg->memory_kb / 4;
    uint64_t pool =
        POOL_FIXED + POOL_VCPU * c->cfg->vcpus + pages / POOL_PER_PAGES;
    int rc = c->hv->ops->paging_pages(c->hv, c->domid, (unsigned)pool);

    if (rc < 0)
        return chaos__fail(c->ctx, rc,
                           "cannot give Xen %llu KiB for tables of the guest's "
                           "memory",
                           (unsigned long long)pool * 4);
    c->memory.gap = PVH_GAP_PAGES;
    return pv_memory_populate(c->ctx, c->hv, c->domid, pages, &c->memory);
}

static int build(struct create *c, struct pv_spec *spec)
{
    struct hv_rings rings = {
        .console_port = c->console_port,
        .store_port = c->store_port,
    };
    int rc = pvh_build(c->ctx, c->hv, spec, c->cfg->vcpus, &c->memory,
                       &c->pvh_layout);

    if (rc < 0)
        return rc;
    pv_memory_frames(&c->memory, c->pvh_layout.console, 1, &c->console_frame);
    pv_memory_frames(&c->memory, c->pvh_layout.sysctl, 1, &c->sysctl_frame);
    rings.console_frame = c->console_frame;
    /* With noxs it is no ring, and there is no XenStore. */
    if (c->store_port)
        rings.store_frame = c->sysctl_frame;
    rc = c->hv->ops->pvh_rings(c->hv, c->domid, &rings);
    if (rc < 0)
        return chaos__fail(c->ctx, rc, "cannot tell the guest of its rings");
    return 0;
}

static int set_vcpu(struct create *c)
{
    struct hv_start_pvh start = {
        .entry = c->image.pvh_entry,
        .start_info = c->pvh_layout.start_info << HV_PAGE_SHIFT,
        .vcpus = c->cfg->vcpus,
    };
    int rc = c->hv->ops->pvh_start(c->hv, c->domid, &start);

    if (rc < 0)
        return chaos__fail(c->ctx, rc, "Xen refused the guest's first state");
    return 0;
}

const struct create_kind create_kind_pvh = {
    .files = lay_out,
    .memory = give_memory,
    .image = build,
    .vcpu = set_vcpu,
};
