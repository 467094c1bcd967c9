/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guests_attach.c: from a domain to its console and its ring.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <chaos/shell.h>
#include <event2/event.h>
#include <noxs/console.h>

#include "conf.h"
#include "guests_internal.h"

/* Between two looks at one that waits. */
#define WAIT_MS_MAX 1000

void guests_ring_path(const struct guests *gs, char *path, size_t size,
                      const char *name)
{
    (void)snprintf(path, size, "%s/console/%.24s", gs->d->run_dir, name);
}

/* --- the ring ---------------------------------------------------------------
 */

/* What an earlier guest of this id left, whose end no daemon saw. */
static void bury_file(struct guests *gs, struct ring *ring)
{
    struct guest_facts *facts = &ring->head->facts;

    if (!facts->ended_ns)
        facts->ended_ns = guests_time();
    facts->state = GUEST_GONE;
    if (gs->log && deadlog_add(gs->log, ring, gs->d->conf->log_guest_bytes) < 0)
        log_warn("log", "domid=%u: its last output cannot be kept",
                 facts->domid);
    ring_remove(ring);
}

/*
 * Take up the ring of an earlier daemon. What was counted is there, although
 * the guest may not have been told: it is told now.
 */
static void resume(struct guest *g)
{
    struct ring_head *head = g->ring.head;
    uint32_t ahead =
        head->base + (uint32_t)head->total - chaos_console_index(g->con);
    char buf[NOXS_CONSOLE_OUT];

    if (ahead == 0 || ahead > sizeof(buf) ||
        chaos_console_peek(g->con, buf, ahead) != (ssize_t)ahead)
        return;
    if (chaos_console_take(g->con, ahead) < 0)
        log_warn("console", "domid=%u: %s", g->domid,
                 chaos_ctx_error(g->gs->d->ctx));
}

static void facts_of(const struct chaos_domain_info *info,
                     struct guest_facts *facts)
{
    *facts = (struct guest_facts){
        .domid = info->domid,
        .reason = GUEST_NO_REASON,
        .started_ns = guests_time(),
    };
    memcpy(facts->uuid, info->uuid, sizeof(facts->uuid));
    memcpy(facts->name, info->name, sizeof(facts->name));
}

void guest_refresh(struct guest *g)
{
    struct guest_facts *facts = &g->ring.head->facts;
    struct chaos_domain_info info;

    if (chaos_domain_info(g->gs->d->ctx, g->domid, &info) == 0 && !info.dying)
        memcpy(facts->name, info.name, sizeof(facts->name));
    if (g->con)
        facts->dropped = chaos_console_dropped(g->con);
}

static int begin_ring(struct guest *g, const char *path,
                      const struct chaos_domain_info *info)
{
    uint32_t size = g->gs->d->conf->ring_bytes;
    struct guest_facts facts;
    int rc;

    facts_of(info, &facts);
    rc = ring_create(path, size, &facts, &g->ring);
    if (rc < 0) {
        log_warn("console",
                 "domid=%u: %s: %s; what it writes does not outlive this "
                 "daemon",
                 g->domid, path, strerror(-rc));
        rc = ring_anonymous(size, &facts, &g->ring);
    }
    if (rc == 0)
        g->ring.head->base = chaos_console_index(g->con);
    return rc;
}

static int find_ring(struct guest *g, const struct chaos_domain_info *info)
{
    char name[16], path[PATH_MAX];

    (void)snprintf(name, sizeof(name), "%u", g->domid);
    guests_ring_path(g->gs, path, sizeof(path), name);
    if (ring_open(path, &g->ring) == 0) {
        if (memcmp(g->ring.head->facts.uuid, info->uuid, sizeof(info->uuid)) ==
            0) {
            memcpy(g->ring.head->facts.name, info->name, sizeof(info->name));
            resume(g);
            return 0;
        }
        bury_file(g->gs, &g->ring);
    }
    return begin_ring(g, path, info);
}

void guests_bury_orphans(struct guests *gs)
{
    char path[PATH_MAX];
    struct dirent *entry;
    struct ring ring;
    DIR *dir;

    guests_ring_path(gs, path, sizeof(path), "");
    dir = opendir(path);
    if (!dir)
        return;
    while ((entry = readdir(dir))) {
        char *end;
        unsigned long domid = strtoul(entry->d_name, &end, 10);

        if (end == entry->d_name || *end || domid > NOXS_DOMID_SELF ||
            guest_of(gs, (uint32_t)domid))
            continue;
        guests_ring_path(gs, path, sizeof(path), entry->d_name);
        if (ring_open(path, &ring) == 0)
            bury_file(gs, &ring);
        else
            (void)remove(path);
    }
    closedir(dir);
}

/* --- attaching --------------------------------------------------------------
 */

static void on_retry(int fd, short what, void *arg)
{
    struct guest *g = arg;

    (void)fd;
    (void)what;
    guest_attach(g->gs, g->domid, ATTACH_MADE);
}

static void wait_for_it(struct guest *g)
{
    if (!guest_timer_next(g, WAIT_MS_MAX, on_retry))
        guest_drop(g);
}

void guest_attach_soon(struct guests *gs, uint32_t domid)
{
    struct guest *g = guest_make(gs, domid);

    if (g)
        wait_for_it(g);
}

/* A domain that has no console, or one that cannot be had: left alone. */
static void leave_alone(struct guest *g, const struct chaos_domain_info *info,
                        int rc)
{
    if (rc != -EOPNOTSUPP)
        log_warn("console", "domid=%u: %s", g->domid,
                 chaos_ctx_error(g->gs->d->ctx));
    guest_timer_stop(g);
    g->foreign = true;
    facts_of(info, &g->known);
}

static void attached(struct guest *g, const struct chaos_domain_info *info)
{
    struct guests *gs = g->gs;

    gs->counts.attached++;
    guest_timer_stop(g);
    if (find_ring(g, info) < 0) {
        log_error("console", "domid=%u: no memory for its output", g->domid);
        guest_drop(g);
        return;
    }
    guest_await_up(g, !gs->started);
    guest_turn(g);
}

/* A shell has no guest yet: whoever makes one of it says so. */
static bool is_shell(struct guests *gs, uint32_t domid)
{
    struct chaos_birth birth;

    return chaos_birth(gs->d->ctx, domid, &birth) == 0 && birth.shell;
}

void guest_attach(struct guests *gs, uint32_t domid, enum attach_how how)
{
    struct guest *g = guest_of(gs, domid);
    struct chaos_domain_info info;
    int rc = chaos_domain_info(gs->d->ctx, domid, &info);

    if (rc < 0 || info.dying ||
        (info.building && how == ATTACH_MADE && is_shell(gs, domid))) {
        if (g && !g->ring.head)
            guest_drop(g);
        return;
    }
    if (!g)
        g = guest_make(gs, domid);
    if (!g)
        return;
    g->foreign = false;
    if (info.building && how == ATTACH_MADE) {
        wait_for_it(g);
        return;
    }
    rc = gs->set ? chaos_consoles_add(gs->set, domid, g, &g->con) : -EOPNOTSUPP;
    if (rc == 0)
        attached(g, &info);
    else if (rc == -EBUSY)
        wait_for_it(g);
    else
        leave_alone(g, &info, rc);
}
