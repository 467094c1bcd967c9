/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * modes.c: guests that dom0 has to cope with.
 */
#include <guest/barrier.h>
#include <guest/event.h>
#include <guest/grant.h>
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/memory.h>
#include <guest/noxs.h>
#include <guest/sysctl.h>
#include <guest/time.h>

#include <xen/event_channel.h>
#include <xen/memory.h>

#include "hostile.h"

#define NS_PER_MS 1000000ul

static uint64_t next_random(void)
{
    static uint64_t x = 0x2545f4914f6cdd1d;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x;
}

static void *control_page(uint32_t type, uint32_t *port_out)
{
    struct noxs_device dev;
    void *page;

    if (noxs_find(type, 0, &dev) || noxs_control(&dev, &page))
        guest_panic("no device of type %u", type);
    *port_out = dev.evtchn;
    return page;
}

/* Whole pages at times, and single words of the rest of them in between. */
static void scribble(uint64_t *page)
{
    size_t words = PAGE_SIZE / sizeof(*page), i;

    if (next_random() % 8) {
        i = next_random() % 2 ? next_random() % 16
                              : words / 4 * 3 + next_random() % 8;
        WRITE_ONCE(page[i], next_random());
        return;
    }
    for (i = 0; i < words; i++)
        WRITE_ONCE(page[i], next_random());
}

void hostile_scribble(void)
{
    uint32_t ports[2];
    uint64_t *pages[2] = {control_page(NOXS_DEV_SYSCTL, &ports[0]),
                          control_page(NOXS_DEV_CONSOLE, &ports[1])};
    unsigned int i;

    guest_up();
    event_unbind(ports[0]);
    event_unbind(ports[1]);
    for (;;) {
        for (i = 0; i < 2; i++) {
            scribble(pages[i]);
            event_notify(ports[i]);
        }
        time_sleep(NS_PER_MS);
    }
}

void hostile_deaf(void)
{
    event_unbind(sysctl_port());
    guest_up();
    for (;;)
        event_block();
}

void hostile_spin(void)
{
    guest_up();
    printf("hostile: spinning\n");
    events_disable();
    for (;;)
        barrier();
}

void hostile_exhaust(void)
{
    unsigned int ports = 0, grants = 0;
    void *page = page_alloc(1);
    uint32_t x;
    int rc_port, rc_grant;

    while (!(rc_port = event_alloc(0, &x)))
        ports++;
    while (page && !(rc_grant = grant_access(0, page, false, &x)))
        grants++;
    printf("hostile: %u ports (%d), %u grants (%d)\n", ports, rc_port, grants,
           rc_grant);
    guest_up();
    for (;;)
        event_block();
}

/* A frame goes back when nothing maps it any more. */
static long give_back(uint64_t frame)
{
    xen_pfn_t frames[1] = {frame};
    struct xen_memory_reservation op = {.nr_extents = 1, .domid = DOMID_SELF};

    set_xen_guest_handle(op.extent_start, frames);
    return memory_op(XENMEM_decrease_reservation, &op);
}

void hostile_balloon(void)
{
    struct noxs_op_page own = {.gfn = NOXS_GFN_NONE};
    uint32_t ports[2];
    void *pages[2] = {control_page(NOXS_DEV_SYSCTL, &ports[0]),
                      control_page(NOXS_DEV_CONSOLE, &ports[1])};
    unsigned int i;

    guest_up();
    printf("hostile: giving pages back\n");
    for (i = 0; i < 2; i++) {
        event_unbind(ports[i]);
        page_protect(pages[i], PAGE_NONE);
        give_back(page_frame(pages[i]));
        event_notify(ports[i]);
    }
    if (!noxs_op(NOXS_OP_PAGE, &own, NULL))
        give_back(own.gfn);
    for (;;)
        event_block();
}
