/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * common.c: cases that do not care what the requests are.
 *
 *   index     req_prod runs far beyond the ring: cut off
 *   response  the back end's own indices are overwritten while requests
 *             run: it does not care
 *   features  front_features with all bits set: those unknown are ignored
 *   flap      connects and closes a thousand times as fast as it can: works
 *             afterwards
 *   storm     rings for three seconds without a reason: works afterwards
 *   scribble  random values all over the control page and the rings under
 *             traffic: anything may happen, to this guest
 *   die       ends as crashed in the middle of traffic
 *   leave     powers off in the middle of traffic, nothing closed
 */
#include <guest/barrier.h>
#include <guest/event.h>
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/memory.h>
#include <guest/report.h>
#include <guest/time.h>

#include "kit.h"

#define FLAPS 1000

static void case_index(void)
{
    kit_push(kit_rings() - 1, 0x12345678);
    kit_cut_off();
}

static void case_response(void)
{
    unsigned int i, ring;

    for (i = 0; i < 200; i++) {
        ring = kit_random() % kit_rings();
        kit_traffic();
        WRITE_ONCE(kit_ring(ring)->rsp_prod, kit_random());
        WRITE_ONCE(kit_ring(ring)->req_event, kit_random());
        WRITE_ONCE(kit_ring(ring)->rsp_event, kit_random());
        event_notify(kit_dev.port);
    }
    time_sleep(200 * MS);
    report_check(bus_state(&kit_dev) == BUS_CONNECTED,
                 "it was cut off for what is not its own");
}

static void case_features(void)
{
    kit_connect(UINT64_MAX);
    kit_carries_on();
}

static bool is_ready(void)
{
    return bus_state(&kit_dev) == BUS_READY;
}

static void case_flap(void)
{
    static const uint32_t states[] = {NOXS_FRONT_CONNECTED, NOXS_FRONT_CLOSED,
                                      NOXS_FRONT_INIT, NOXS_FRONT_CLOSED};
    unsigned int i;

    for (i = 0; i < FLAPS * ARRAY_SIZE(states); i++) {
        WRITE_ONCE(kit_io()->front_state, states[i % ARRAY_SIZE(states)]);
        event_notify(kit_dev.port);
    }
    /* What it has seen of the last states it may still act on. */
    time_sleep(200 * MS);
    if (report_check(kit_until(is_ready, 5000 * MS),
                     "it does not come to rest: state %d",
                     bus_state(&kit_dev))) {
        kit_connect(kit_dev.back_features);
        report_check(kit_works(), "it does not work afterwards");
    }
}

static void case_storm(void)
{
    uint64_t end = time_now() + 3000 * MS, n;

    for (n = 0; time_now() < end; n++)
        event_notify(kit_dev.port);
    printf("rang %lu times\n", n);
    kit_carries_on();
}

static void scribble_once(void)
{
    uint32_t pages = kit_rings() + 1;
    uint32_t *word = (uint32_t *)kit_io();

    WRITE_ONCE(word[kit_random() % (pages * PAGE_SIZE / sizeof(*word))],
               kit_random());
    /* The words that matter, more often. */
    WRITE_ONCE(kit_ring(kit_random() % kit_rings())->req_prod, kit_random());
    WRITE_ONCE(kit_io()->front_state, kit_random() % 4);
}

static void case_scribble(void)
{
    uint64_t end = time_now() + 3000 * MS;
    unsigned int i, n;

    for (n = 0; time_now() < end; n++) {
        kit_traffic();
        for (i = 0; i < 100; i++)
            scribble_once();
        event_notify(kit_dev.port);
    }
    report_check(n > 0, "nothing was done");
}

static void busy(void)
{
    uint64_t end = time_now() + 200 * MS;

    while (time_now() < end)
        kit_traffic();
    kit_traffic();
}

static void case_die(void)
{
    busy();
    guest_crash();
}

static void case_leave(void)
{
    busy();
    report_check(bus_state(&kit_dev) == BUS_CONNECTED, "it is cut off");
}

const struct kit_case kit_common[] = {
    {"index", case_index, false},
    {"response", case_response, false},
    {"features", case_features, true},
    {"flap", case_flap, true},
    {"storm", case_storm, false},
    {"die", case_die, false},
    {"scribble", case_scribble, false},
    {"leave", case_leave, false},
    {NULL, NULL, false},
};
