/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guests_up.c: timers of single guests, and what a guest says of itself on its
 * sysctl page.
 *
 * The page rings for whoever holds its event channel, which is for programs
 * that have a request. So a new guest's page is looked at: often at first, less
 * and less often later, and not at all after UP_SECONDS, but for moments at
 * which it wrote something.
 */
#include <stdlib.h>

#include <event2/event.h>
#include <noxs/sysctl.h>

#include "events.h"
#include "guests_internal.h"

#define SECOND UINT64_C(1000000000)
#define UP_SECONDS 10
#define UP_MS_MAX 512

void guest_timer_stop(struct guest *g)
{
    if (g->timer)
        event_free(g->timer);
    g->timer = NULL;
    g->tries = 0;
}

bool guest_timer_next(struct guest *g, unsigned most,
                      void (*fn)(int fd, short what, void *arg))
{
    unsigned ms = g->tries < 16 ? 1u << g->tries : most;
    struct timeval wait;

    if (ms > most)
        ms = most;
    wait = (struct timeval){.tv_sec = ms / 1000,
                            .tv_usec = (int)(ms % 1000 * 1000)};
    if (!g->timer) {
        g->timer = event_new(g->gs->d->base, -1, 0, fn, g);
        g->since_ns = now_ns();
    }
    if (!g->timer || event_add(g->timer, &wait) < 0)
        return false;
    if (g->tries < 16)
        g->tries++;
    return true;
}

static void is_up(struct guest *g, uint64_t up_time_ns)
{
    struct guest_facts *facts = &g->ring.head->facts;

    facts->up = 1;
    events_emit(g->gs->d->events, "up", "domid", EVENT_UINT(g->domid), "name",
                EVENT_TEXT(facts->name), "up_time_ns", EVENT_UINT(up_time_ns),
                NULL);
}

/* True: it is up, or never will be. */
static bool look(struct guest *g)
{
    struct chaos_guest_state state;

    g->checked_ns = now_ns();
    if (chaos_domain_guest_state(g->gs->d->ctx, g->domid, &state) < 0)
        return true;
    if (state.state == NOXS_STATE_BOOTING)
        return false;
    is_up(g, state.up_time_ns);
    return true;
}

static void on_up_timer(int fd, short what, void *arg)
{
    struct guest *g = arg;

    (void)fd;
    (void)what;
    if (look(g) || now_ns() - g->since_ns > UP_SECONDS * SECOND ||
        !guest_timer_next(g, UP_MS_MAX, on_up_timer))
        guest_timer_stop(g);
}

void guest_await_up(struct guest *g, bool now)
{
    struct guest_facts *facts = &g->ring.head->facts;
    struct chaos_guest_state state;

    if (facts->up || facts->state != GUEST_RUNS)
        return;
    /* One that was up before the daemon was is no news. */
    if (now && chaos_domain_guest_state(g->gs->d->ctx, g->domid, &state) == 0 &&
        state.state != NOXS_STATE_BOOTING) {
        facts->up = 1;
        return;
    }
    (void)guest_timer_next(g, UP_MS_MAX, on_up_timer);
}

void guest_look_up(struct guest *g)
{
    if (g->timer || g->ring.head->facts.up ||
        g->ring.head->facts.state != GUEST_RUNS ||
        now_ns() - g->checked_ns < SECOND)
        return;
    (void)look(g);
}

void guest_final_state(struct guest *g, unsigned reason)
{
    struct guest_facts *facts = &g->ring.head->facts;
    struct chaos_guest_state state;

    if (facts->exit_known ||
        chaos_domain_guest_state(g->gs->d->ctx, g->domid, &state) < 0)
        return;
    if (!facts->up && state.up_time_ns)
        is_up(g, state.up_time_ns);
    if (reason != CHAOS_REASON_POWEROFF)
        return;
    facts->exit_code = state.exit_code;
    facts->exit_known = 1;
}
