/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * hv_xen_memory.c: the real seam's memory: given to domains, and mapped.
 */
#include "hv_xen.h"

#include <sys/mman.h>

#include <xen/grant_table.h>
#include <xen/memory.h>

/* Extents in one populate: what fits into the arena. */
#define EXTENTS_MAX 512u

int xen_memory_max(struct hv *hv, uint32_t domid, uint64_t kb)
{
    struct hv_xen *x = hv_xen(hv);
    struct xen_domctl *op = domctl_begin(x, XEN_DOMCTL_max_mem, domid);

    op->u.max_mem.max_memkb = kb;
    return domctl(x, op);
}

int xen_memory_populate(struct hv *hv, uint32_t domid, uint64_t first,
                        unsigned order, unsigned count, uint64_t *frames_out)
{
    struct hv_xen *x = hv_xen(hv);
    struct xen_memory_reservation *op = (void *)x->arena;
    xen_pfn_t *extents = (void *)(x->arena + HV_PAGE_SIZE);
    unsigned i;
    int rc;

    _Static_assert(EXTENTS_MAX * sizeof(*extents) <= HV_PAGE_SIZE,
                   "the extents of a populate fit into their page");
    if (count > EXTENTS_MAX)
        count = EXTENTS_MAX;
    for (i = 0; i < count; i++)
        extents[i] = first + ((uint64_t)i << order);
    memset(op, 0, sizeof(*op));
    set_xen_guest_handle(op->extent_start, extents);
    op->nr_extents = count;
    op->extent_order = order;
    op->domid = (domid_t)domid;
    rc = hv_xen_result(xencall2(x->call, __HYPERVISOR_memory_op,
                                XENMEM_populate_physmap,
                                (uint64_t)(uintptr_t)op));
    for (i = 0; rc > 0 && i < (unsigned)rc; i++)
        frames_out[i] = extents[i];
    return rc;
}

int xen_map(struct hv *hv, uint32_t domid, const uint64_t *frames, size_t count,
            void **addr_out)
{
    struct hv_xen *x = hv_xen(hv);
    void *addr;

    _Static_assert(sizeof(xen_pfn_t) == sizeof(*frames), "64-bit frames");
    addr = xenforeignmemory_map(x->mem, domid, PROT_READ | PROT_WRITE, count,
                                frames, NULL);
    if (!addr)
        return errno ? -errno : -EINVAL;
    *addr_out = addr;
    return 0;
}

void xen_unmap(struct hv *hv, void *addr, size_t count)
{
    /* Fails for nothing but a wrong address. */
    (void)xenforeignmemory_unmap(hv_xen(hv)->mem, addr, count);
}

int xen_grant_rings(struct hv *hv, uint32_t domid, uint64_t console_frame,
                    uint64_t store_frame)
{
    struct hv_xen *x = hv_xen(hv);
    void *addr = NULL;
    xenforeignmemory_resource_handle *frame = xenforeignmemory_map_resource(
        x->mem, (domid_t)domid, XENMEM_resource_grant_table,
        XENMEM_resource_grant_table_id_shared, 0, 1, &addr,
        PROT_READ | PROT_WRITE, 0);
    grant_entry_v1_t *table = addr;

    if (!frame)
        return -errno;
    table[GNTTAB_RESERVED_CONSOLE] =
        (grant_entry_v1_t){GTF_permit_access, 0, (uint32_t)console_frame};
    table[GNTTAB_RESERVED_XENSTORE] =
        (grant_entry_v1_t){GTF_permit_access, 0, (uint32_t)store_frame};
    return hv_xen_result(xenforeignmemory_unmap_resource(x->mem, frame));
}
