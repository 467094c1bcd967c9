/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kit.c: the device, the cases, and what the back end is expected to do.
 */
#include <guest/barrier.h>
#include <guest/event.h>
#include <guest/grant.h>
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/memory.h>
#include <guest/report.h>
#include <guest/time.h>

#include "kit.h"

#define PATIENCE (5000 * MS)

struct bus_device kit_dev;

/* The noxs bus maps a device's pages in a row, the control page first. */
struct noxs_io *kit_io(void)
{
    return (struct noxs_io *)((char *)kit_dev.ring[0] - PAGE_SIZE);
}

struct kit_ring *kit_ring(unsigned int n)
{
    return kit_dev.ring[n];
}

unsigned int kit_rings(void)
{
    return kit_type == BUS_NET ? 2 : 1;
}

static void ignore_event(uint32_t port, void *arg)
{
    (void)port;
    (void)arg;
}

void kit_connect(uint64_t front_features)
{
    kit_reset();
    event_bind(kit_dev.port, ignore_event, NULL);
    report_check(!bus_connect(&kit_dev, front_features), "it cannot connect");
}

void kit_push(unsigned int ring, uint32_t req_prod)
{
    wmb();
    WRITE_ONCE(kit_ring(ring)->req_prod, req_prod);
    mb();
    event_notify(kit_dev.port);
}

uint32_t kit_random(void)
{
    static uint64_t state;

    if (!state)
        state = time_now() | 1;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

void *kit_page(void)
{
    void *page = page_alloc(1);

    if (!page)
        guest_panic("no memory");
    memset(page, 0, PAGE_SIZE);
    return page;
}

uint32_t kit_grant(const void *page, bool readonly)
{
    uint32_t ref;

    if (grant_access(kit_dev.backend, page, readonly, &ref))
        guest_panic("no grants");
    return ref;
}

/* A ring in disorder may bring no event, so time is asked, too. */
bool kit_until(bool (*cond)(void), uint64_t ns)
{
    uint64_t end = time_now() + ns;

    while (!cond()) {
        if (time_now() >= end)
            return false;
        time_sleep(2 * MS);
    }
    return true;
}

static bool is_broken(void)
{
    return bus_state(&kit_dev) == BUS_BROKEN;
}

void kit_cut_off(void)
{
    if (report_check(kit_until(is_broken, PATIENCE),
                     "the back end did not cut it off: state %d",
                     bus_state(&kit_dev)))
        printf("cut off\n");
}

void kit_carries_on(void)
{
    report_check(kit_works(), "the device does not work any more");
    report_check(bus_state(&kit_dev) == BUS_CONNECTED, "it is cut off");
}

static const struct kit_case *find(const struct kit_case *c, const char *name)
{
    size_t len;

    for (; c->name; c++) {
        len = strlen(c->name);
        if (!strncmp(c->name, name, len) &&
            (name[len] == '\0' || name[len] == ' '))
            return c;
    }
    return NULL;
}

void kit_run(const struct kit_case *const *tables, const char *cmdline)
{
    const struct kit_case *c = NULL;
    const char *name;

    if (cmdline_has(cmdline, "case=", &name))
        for (; *tables && !c; tables++)
            c = find(*tables, name);
    if (!c) {
        report_error("no such case: %s", cmdline);
        report_done();
    }
    if (bus_open(kit_type, 0, &kit_dev)) {
        report_error("no device");
        report_done();
    }
    printf("case %s\n", c->name);
    if (!c->cold)
        kit_connect(kit_dev.back_features);
    guest_up();
    c->run();
    printf("back end's state at the end: %d\n", bus_state(&kit_dev));
    report_done();
}
