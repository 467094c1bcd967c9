/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * grant_map.c: map what others grant, in the window, whose table is there.
 *
 * The hypercall writes the page table entries itself. They are accounted to
 * the grant, so nothing but its own unmap operation may clear them. For PVH it
 * puts the page into the guest's memory at the address that it is given.
 */
#include <guest/grant.h>
#include <guest/guest.h>
#include <guest/memory.h>

#include <xen/grant_table.h>

static int error_of(int16_t status)
{
    switch (status) {
    case GNTST_okay:
        return 0;
    case GNTST_no_space:
        return -ENOSPC;
    case GNTST_bad_gntref:
    case GNTST_permission_denied:
        return -EPERM;
    default:
        return -EINVAL;
    }
}

/* Slots that could not be emptied are not given back: they cannot be used. */
static bool unmap(uintptr_t va, uint32_t handle)
{
    struct gnttab_unmap_grant_ref op = {.host_addr = va, .handle = handle};

    return !grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1) &&
           op.status == GNTST_okay;
}

/* Undo what was mapped of a batch of which something failed. */
static void undo(void *va, const struct gnttab_map_grant_ref *ops,
                 unsigned int n)
{
    bool empty = true;
    unsigned int i;

    for (i = 0; i < n; i++)
        if (ops[i].status == GNTST_okay)
            empty &= unmap(ops[i].host_addr, ops[i].handle);
    if (empty)
        window_give(va, n);
}

int grant_map(uint16_t domid, const uint32_t *refs, unsigned int n,
              void **va_out, uint32_t *handles)
{
    struct gnttab_map_grant_ref ops[GRANT_MAP_MAX] = {0};
    unsigned int i;
    void *va;
    int rc;

    if (!n || n > GRANT_MAP_MAX)
        return -EINVAL;
    rc = window_take(n, &va);
    if (rc)
        return rc;
    for (i = 0; i < n; i++) {
        ops[i].host_addr = (uintptr_t)va + i * PAGE_SIZE;
        ops[i].flags = GNTMAP_host_map;
        ops[i].ref = refs[i];
        ops[i].dom = domid;
        ops[i].status = GNTST_general_error;
    }
    rc = (int)grant_table_op(GNTTABOP_map_grant_ref, ops, n);
    for (i = 0; i < n && !rc; i++)
        rc = error_of(ops[i].status);
    if (rc) {
        undo(va, ops, n);
        return rc;
    }
    for (i = 0; i < n; i++)
        handles[i] = ops[i].handle;
    *va_out = va;
    return 0;
}

void grant_unmap(void *va, const uint32_t *handles, unsigned int n)
{
    bool empty = true;
    unsigned int i;

    for (i = 0; i < n; i++)
        empty &= unmap((uintptr_t)va + i * PAGE_SIZE, handles[i]);
    if (empty)
        window_give(va, n);
}
