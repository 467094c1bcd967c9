/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guests_drain.c: what guests write, from their consoles to their rings.
 *
 * One descriptor tells who wrote. Each guest's turn is bounded, and one that
 * wrote more comes again after the others: a guest that never stops talking
 * slows itself down, and nobody else.
 */
#include <errno.h>
#include <stdlib.h>

#include <event2/event.h>
#include <noxs/console.h>

#include "guests_internal.h"

#define TURN_BYTES (4u * NOXS_CONSOLE_OUT)
#define TURN_GUESTS 128u

/*
 * After bytes were skipped, or another program read some, the ring goes on with
 * another index; its own count has no gap.
 */
static void follow(struct guest *g)
{
    struct ring_head *head = g->ring.head;
    uint32_t base = chaos_console_index(g->con) - (uint32_t)head->total;

    if (head->base != base)
        __atomic_store_n(&head->base, base, __ATOMIC_RELEASE);
}

bool guest_drain(struct guest *g)
{
    char buf[NOXS_CONSOLE_OUT];
    unsigned taken = 0;

    while (taken < TURN_BYTES) {
        ssize_t n = chaos_console_peek(g->con, buf, sizeof(buf));

        if (n <= 0)
            return false;
        follow(g);
        ring_append(&g->ring, buf, (size_t)n);
        g->gs->counts.bytes += (uint64_t)n;
        taken += (unsigned)n;
        /* Only now may the guest use the room: see ring.h. */
        if (chaos_console_take(g->con, (size_t)n) < 0)
            return false;
    }
    return true;
}

/*
 * A timer that is due at once, since an event made active would run again
 * before any descriptor is looked at.
 */
static void turn_soon(struct guests *gs)
{
    static const struct timeval now = {0};

    (void)event_add(gs->turn, &now);
}

void guest_turn(struct guest *g)
{
    struct guests *gs = g->gs;
    uint64_t before = gs->counts.bytes;

    if (!g->con)
        return;
    if (guest_drain(g) && !g->is_busy) {
        g->is_busy = true;
        TAILQ_INSERT_TAIL(&gs->busy, g, busy);
        turn_soon(gs);
    }
    guest_input(g);
    if (gs->counts.bytes == before)
        return;
    guest_feed(g);
    guest_look_up(g);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
    struct guests *gs = arg;
    struct guest_list list = TAILQ_HEAD_INITIALIZER(list);
    struct guest *g;
    unsigned n;

    (void)fd;
    (void)what;
    for (n = 0; n < TURN_GUESTS && (g = TAILQ_FIRST(&gs->busy)); n++) {
        TAILQ_REMOVE(&gs->busy, g, busy);
        TAILQ_INSERT_TAIL(&list, g, busy);
    }
    while ((g = TAILQ_FIRST(&list))) {
        TAILQ_REMOVE(&list, g, busy);
        g->is_busy = false;
        guest_turn(g);
    }
    if (!TAILQ_EMPTY(&gs->busy))
        turn_soon(gs);
}

/* What is left rings still: the descriptor stays readable. */
static void on_rings(evutil_socket_t fd, short what, void *arg)
{
    struct guests *gs = arg;
    struct guest *g;
    unsigned n;

    (void)fd;
    (void)what;
    for (n = 0; n < TURN_GUESTS && (g = chaos_consoles_next(gs->set)); n++) {
        if (!g->is_busy)
            guest_turn(g);
    }
}

int guests_drain_start(struct guests *gs)
{
    if (!gs->set)
        return 0;
    gs->rings = event_new(gs->d->base, chaos_consoles_fd(gs->set),
                          EV_READ | EV_PERSIST, on_rings, gs);
    gs->turn = event_new(gs->d->base, -1, 0, on_turn, gs);
    if (!gs->rings || !gs->turn || event_add(gs->rings, NULL) < 0)
        return -ENOMEM;
    return 0;
}

void guests_drain_stop(struct guests *gs)
{
    if (gs->rings)
        event_free(gs->rings);
    if (gs->turn)
        event_free(gs->turn);
    gs->rings = NULL;
    gs->turn = NULL;
}
