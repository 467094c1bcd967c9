/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * grant.c: the grant table, version 1.
 *
 * Entries that grant nothing (flags 0) form the free list: Xen does not look
 * at their frame field, which holds the next one.
 */
#include <guest/barrier.h>
#include <guest/event.h>
#include <guest/grant.h>
#include <guest/guest.h>
#include <guest/memory.h>

#include <xen/grant_table.h>
#include <xen/memory.h>

#include "internal.h"
#include "pvh.h"

#define FRAMES_MAX 16
#define PER_FRAME (PAGE_SIZE / sizeof(grant_entry_v1_t))
/* Toolstacks use the first ones for the console and XenStore. */
#define RESERVED 8

static grant_entry_v1_t *frames[FRAMES_MAX];
static unsigned int nr_frames;
static uint32_t free_ref; /* 0: none */

static grant_entry_v1_t *entry(uint32_t ref)
{
    return &frames[ref / PER_FRAME][ref % PER_FRAME];
}

static void put_free(uint32_t ref)
{
    entry(ref)->frame = free_ref;
    free_ref = ref;
}

/* Map frame n - 1 of the table. */
static int map_frame(unsigned int n, void **va_out)
{
    xen_pfn_t list[FRAMES_MAX];
    struct gnttab_setup_table op = {.dom = DOMID_SELF, .nr_frames = n};

    set_xen_guest_handle(op.frame_list, list);
    if (grant_table_op(GNTTABOP_setup_table, &op, 1) || op.status != GNTST_okay)
        return -ENOSPC;
    return window_map(list[n - 1], PAGE_RW, va_out);
}

static int place_frame(unsigned int n, void **va_out)
{
    int rc = window_take(1, va_out);

    if (rc)
        return rc;
    rc = pvh_place(XENMAPSPACE_grant_table, n - 1, *va_out);
    if (rc)
        window_give(*va_out, 1);
    return rc;
}

/* Ask for one frame more and put its entries on the list. */
static int grow(void)
{
    unsigned int n = nr_frames + 1;
    void *va;
    uint32_t ref;
    int rc;

    if (n > FRAMES_MAX)
        return -ENOSPC;
    rc = guest_is_pvh ? place_frame(n, &va) : map_frame(n, &va);
    if (rc)
        return rc;
    frames[nr_frames++] = va;
    for (ref = (uint32_t)(n * PER_FRAME) - 1;
         ref >= (n - 1) * PER_FRAME && ref >= RESERVED; ref--)
        put_free(ref);
    return 0;
}

int grant_frame(uint16_t domid, uint64_t mfn, bool readonly, uint32_t *ref_out)
{
    bool on = events_disable();
    int rc = free_ref ? 0 : grow();
    grant_entry_v1_t *e;

    if (!rc) {
        *ref_out = free_ref;
        e = entry(free_ref);
        free_ref = e->frame;
        e->frame = (uint32_t)mfn;
        e->domid = domid;
        wmb();
        WRITE_ONCE(e->flags, GTF_permit_access | (readonly ? GTF_readonly : 0));
    }
    events_restore(on);
    return rc;
}

int grant_access(uint16_t domid, const void *va, bool readonly,
                 uint32_t *ref_out)
{
    return grant_frame(domid, page_frame(va), readonly, ref_out);
}

int grant_end(uint32_t ref)
{
    grant_entry_v1_t *e = entry(ref);
    uint16_t flags = READ_ONCE(e->flags);
    bool on;

    do {
        if (flags & (GTF_reading | GTF_writing))
            return -EBUSY;
    } while (!__atomic_compare_exchange_n(&e->flags, &flags, 0, false,
                                          __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    on = events_disable();
    put_free(ref);
    events_restore(on);
    return 0;
}
