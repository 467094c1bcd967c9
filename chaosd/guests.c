/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guests.c: who is there, and what becomes of those that end.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <event2/event.h>

#include "conf.h"
#include "guests_internal.h"

#define SWEEP_SECONDS 10
#define TABLE_FIRST 256u

int64_t guests_time(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* --- the table --------------------------------------------------------------
 */

struct guest *guest_of(const struct guests *gs, uint32_t domid)
{
    return domid < gs->room ? gs->by_id[domid] : NULL;
}

const struct guest_facts *guests_facts(const struct guests *gs, uint32_t domid)
{
    const struct guest *g = guest_of(gs, domid);

    if (!g)
        return NULL;
    if (g->foreign)
        return &g->known;
    return g->ring.head ? &g->ring.head->facts : NULL;
}

static int make_room(struct guests *gs, uint32_t domid)
{
    uint32_t room = gs->room ? gs->room : TABLE_FIRST;
    struct guest **table;

    if (domid < gs->room)
        return 0;
    while (room <= domid)
        room *= 2;
    table = realloc(gs->by_id, room * sizeof(struct guest *));
    if (!table)
        return -ENOMEM;
    memset(table + gs->room, 0, (room - gs->room) * sizeof(struct guest *));
    gs->by_id = table;
    gs->room = room;
    return 0;
}

struct guest *guest_make(struct guests *gs, uint32_t domid)
{
    struct guest *g;

    if (domid >= NOXS_DOMID_SELF || make_room(gs, domid) < 0)
        return NULL;
    g = calloc(1, sizeof(*g));
    if (!g)
        return NULL;
    g->gs = gs;
    g->domid = domid;
    TAILQ_INIT(&g->readers);
    TAILQ_INSERT_TAIL(&gs->all, g, all);
    gs->by_id[domid] = g;
    return g;
}

/* What holds it to its domain; the domain's memory is free only then. */
static void let_go(struct guest *g)
{
    struct guests *gs = g->gs;

    guest_timer_stop(g);
    if (g->con) {
        chaos_console_close(g->con);
        g->con = NULL;
        gs->counts.attached--;
    }
    if (g->is_busy)
        TAILQ_REMOVE(&gs->busy, g, busy);
    g->is_busy = false;
    if (!g->gone) {
        TAILQ_REMOVE(&gs->all, g, all);
        gs->by_id[g->domid] = NULL;
    }
    g->gone = true;
}

void guest_drop(struct guest *g)
{
    let_go(g);
    guest_readers_drop(g);
    ring_remove(&g->ring);
    free(g);
}

/* --- the end of one ---------------------------------------------------------
 */

static void take_last(struct guest *g)
{
    unsigned turns = 4;

    while (g->con && guest_drain(g) && --turns > 0)
        ;
    if (g->con)
        g->ring.head->facts.dropped = chaos_console_dropped(g->con);
}

static void stopped(struct guest *g, unsigned reason)
{
    struct guest_facts *facts = &g->ring.head->facts;

    take_last(g);
    guest_refresh(g);
    guest_timer_stop(g);
    facts->reason = reason;
    guest_final_state(g, reason);
    if (!facts->ended_ns)
        facts->ended_ns = guests_time();
    facts->state = GUEST_STOPPED;
    guest_feed(g);
}

/* The log of exits knows none of a VM without noxs devices. */
static bool is_known(const uint8_t uuid[NOXS_UUID_SIZE])
{
    static const uint8_t none[NOXS_UUID_SIZE];

    return memcmp(uuid, none, sizeof(none)) != 0;
}

/* Its log first: whoever reads that it is gone may ask for it. */
static void bury(struct guest *g, const uint8_t *uuid)
{
    struct guests *gs = g->gs;
    struct guest_facts *facts = &g->ring.head->facts;
    int rc;

    take_last(g);
    if (uuid)
        memcpy(facts->uuid, uuid, sizeof(facts->uuid));
    if (!facts->ended_ns)
        facts->ended_ns = guests_time();
    facts->state = GUEST_GONE;
    rc = gs->log ? deadlog_add(gs->log, &g->ring, gs->d->conf->log_guest_bytes)
                 : 0;
    if (rc < 0)
        log_warn("log", "domid=%u: its last output cannot be kept: %s",
                 g->domid, strerror(-rc));
    let_go(g);
    /* A reader that has not read all keeps it, but not its file. */
    ring_forget(&g->ring);
    if (TAILQ_EMPTY(&g->readers))
        guest_drop(g);
    else
        guest_feed(g);
}

void guests_exit(struct guests *gs, const struct noxs_exit *ex)
{
    struct guest *g = guest_of(gs, ex->domid);

    if (ex->kind == NOXS_EXIT_SHUTDOWN) {
        /* It ended before its maker was done, or before it was found. */
        if ((!g || !g->con) && ex->reason != CHAOS_REASON_SUSPEND) {
            guest_attach(gs, ex->domid, ATTACH_NOW);
            g = guest_of(gs, ex->domid);
        }
        if (g && g->con && ex->reason != CHAOS_REASON_SUSPEND)
            stopped(g, ex->reason);
        else if (g && g->foreign)
            g->known.reason = ex->reason;
        return;
    }
    if (!g)
        return;
    if (g->ring.head)
        bury(g, is_known(ex->uuid) ? ex->uuid : NULL);
    else
        guest_drop(g);
}

/* --- looking around ---------------------------------------------------------
 */

void guests_found(struct guests *gs, uint32_t domid)
{
    struct guest *g = guest_of(gs, domid);

    if (domid != 0 && (!g || (!g->con && !g->foreign)))
        guest_attach(gs, domid, ATTACH_MADE);
}

/*
 * Attaching costs more than all else that is left to do, and on a machine with
 * one CPU its maker waits for that.
 */
void guests_made(struct guests *gs, uint32_t domid)
{
    if (domid != 0 && !guest_of(gs, domid))
        guest_attach_soon(gs, domid);
    else
        guests_found(gs, domid);
}

static bool is_there(const struct chaos_domain_info *infos, size_t count,
                     uint32_t domid)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (infos[middle].domid < domid)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && infos[low].domid == domid && !infos[low].dying;
}

/* Those whose end nobody told of. */
static void bury_missing(struct guests *gs,
                         const struct chaos_domain_info *infos, size_t count)
{
    struct guest *g, *next;

    for (g = TAILQ_FIRST(&gs->all); g; g = next) {
        next = TAILQ_NEXT(g, all);
        if (is_there(infos, count, g->domid))
            continue;
        if (g->ring.head)
            bury(g, NULL);
        else
            guest_drop(g);
    }
}

int guests_scan(struct guests *gs)
{
    struct chaos_domain_info *infos;
    size_t i, count;
    int rc = chaos_domain_list(gs->d->ctx, &infos, &count);

    if (rc < 0)
        return rc;
    bury_missing(gs, infos, count);
    for (i = 0; i < count; i++) {
        /* One that waits has a timer of its own. */
        if (!infos[i].dying && !guest_of(gs, infos[i].domid))
            guests_found(gs, infos[i].domid);
    }
    free(infos);
    if (!gs->started)
        guests_bury_orphans(gs);
    gs->started = true;
    return 0;
}

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
    struct guests *gs = arg;

    (void)fd;
    (void)what;
    if (gs->started && guests_scan(gs) < 0)
        log_warn("guests", "%s", chaos_ctx_error(gs->d->ctx));
    if (gs->log)
        deadlog_expire(gs->log);
}

/* --- life -------------------------------------------------------------------
 */

static int make_dirs(struct guests *gs)
{
    char path[PATH_MAX];
    int rc;

    guests_ring_path(gs, path, sizeof(path), "");
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return -errno;
    (void)snprintf(path, sizeof(path), "%s/log", gs->d->run_dir);
    rc = deadlog_open(path, &gs->log);
    if (rc == 0)
        guests_reload(gs);
    return rc;
}

/* On a Xen without noxs, no guest has a console of ours. */
static int open_consoles(struct guests *gs)
{
    int rc = chaos_consoles_create(gs->d->ctx, &gs->set);

    if (rc != -ENOSYS)
        return rc;
    log_info("console", "this Xen has no noxs: guests' consoles are left to "
                        "xenconsoled, and nothing of them is kept");
    return 0;
}

static int start_sweep(struct guests *gs)
{
    const struct timeval every = {.tv_sec = SWEEP_SECONDS};

    gs->sweep = event_new(gs->d->base, -1, EV_PERSIST, on_sweep, gs);
    return gs->sweep && event_add(gs->sweep, &every) == 0 ? 0 : -ENOMEM;
}

int guests_create(struct daemon *d, struct guests **guests_out)
{
    struct guests *gs = calloc(1, sizeof(*gs));
    unsigned i;
    int rc;

    if (!gs)
        return -ENOMEM;
    gs->d = d;
    TAILQ_INIT(&gs->all);
    TAILQ_INIT(&gs->busy);
    for (i = 0; i < READER_BUCKETS; i++)
        TAILQ_INIT(&gs->readers[i]);
    rc = json_open(&gs->json);
    if (rc == 0)
        rc = open_consoles(gs);
    if (rc == 0)
        rc = make_dirs(gs);
    if (rc == 0)
        rc = guests_drain_start(gs);
    if (rc == 0)
        rc = start_sweep(gs);
    if (rc < 0) {
        guests_destroy(gs);
        return rc;
    }
    *guests_out = gs;
    return 0;
}

/* The ring files stay, for the next daemon to take up. */
static void leave(struct guest *g)
{
    let_go(g);
    guest_readers_drop(g);
    ring_close(&g->ring);
    free(g);
}

void guests_destroy(struct guests *gs)
{
    struct guest *g;

    if (!gs)
        return;
    if (gs->sweep)
        event_free(gs->sweep);
    guests_drain_stop(gs);
    while ((g = TAILQ_FIRST(&gs->all)))
        leave(g);
    guests_readers_end(gs);
    chaos_consoles_destroy(gs->set);
    deadlog_close(gs->log);
    json_close(&gs->json);
    free(gs->by_id);
    free(gs);
}

void guests_reload(struct guests *gs)
{
    const struct conf *conf = gs->d->conf;

    deadlog_limits(gs->log, conf->log_seconds, conf->log_bytes);
}

void guests_register(struct guests *gs, struct server *server)
{
    (void)gs;
    server_handlers(server, guests_console_handlers,
                    guests_console_handler_count);
}

struct guests_counts guests_counts(const struct guests *gs)
{
    struct guests_counts counts = gs->counts;

    counts.dead = gs->log ? deadlog_count(gs->log) : 0;
    return counts;
}
