/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * reap.c: domains in the making: what there is of them, and an end to those
 * that nobody will make any more.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <chaos/shell.h>

#include "birth.h"
#include "bus.h"
#include "domain.h"
#include "internal.h"
#include "run_dir.h"
#include "shell.h"

#define STATES_BATCH 64u

static int fill(struct chaos_ctx *ctx, const struct hv_domain_state *state,
                struct chaos_birth *birth_out)
{
    struct birth birth;
    int lives;

    if (state->dying || !birth_decode(state->uuid, &birth))
        return chaos__fail(ctx, -ENOENT, "domain %u is made", state->domid);
    lives = birth_owner_lives(ctx, birth.owner);
    if (lives < 0)
        return lives;
    *birth_out = (struct chaos_birth){
        .domid = state->domid,
        .owner = birth.owner,
        .serial = birth.serial,
        .shell = birth.kind == BIRTH_SHELL,
        .orphan = !lives,
    };
    return 0;
}

int chaos_birth(struct chaos_ctx *ctx, uint32_t domid,
                struct chaos_birth *birth_out)
{
    struct hv_domain_state state;
    struct hv *hv;
    int rc = domain_look(ctx, &hv, domid, &state);

    return rc < 0 ? rc : fill(ctx, &state, birth_out);
}

/* --- all of them -------------------------------------------------------------
 */

struct births {
    struct chaos_birth *list; /* owned */
    size_t count, room;
};

static int add(struct chaos_ctx *ctx, struct births *b,
               const struct hv_domain_state *state)
{
    struct birth birth;
    int rc;

    if (state->dying || !birth_decode(state->uuid, &birth))
        return 0;
    if (b->count == b->room) {
        size_t room = b->room ? b->room * 2 : STATES_BATCH;
        struct chaos_birth *more = realloc(b->list, room * sizeof(*more));

        if (!more)
            return chaos__fail(ctx, -ENOMEM, "no memory for the list");
        b->list = more;
        b->room = room;
    }
    rc = fill(ctx, state, &b->list[b->count]);
    if (rc == 0)
        b->count++;
    return rc;
}

/* The next domains from *first on, which then is behind them; 0: no more. */
static int next_states(struct chaos_ctx *ctx, struct hv *hv, uint32_t *first,
                       struct hv_domain_state states[STATES_BATCH])
{
    int n;

    if (*first >= NOXS_DOMID_SELF)
        return 0;
    n = hv->ops->domain_states(hv, *first, STATES_BATCH, states);
    if (n < 0)
        return chaos__fail(ctx, n, "cannot list the domains");
    if (n > 0)
        *first = states[n - 1].domid + 1;
    return n;
}

static int add_all(struct chaos_ctx *ctx, struct hv *hv, struct births *b)
{
    struct hv_domain_state states[STATES_BATCH];
    uint32_t first = 1;
    int i, n, rc = 0;

    while (rc == 0 && (n = next_states(ctx, hv, &first, states)) != 0) {
        rc = n < 0 ? n : 0;
        for (i = 0; rc == 0 && i < n; i++)
            rc = add(ctx, b, &states[i]);
    }
    return rc;
}

int chaos_birth_list(struct chaos_ctx *ctx, struct chaos_birth **births_out,
                     size_t *count_out)
{
    struct births b = {0};
    const struct bus_ops *bus;
    struct hv *hv;
    int rc = bus_of_host(ctx, &hv, &bus);

    if (rc == 0)
        rc = add_all(ctx, hv, &b);
    if (rc < 0) {
        free(b.list);
        return rc;
    }
    *births_out = b.list;
    *count_out = b.count;
    return 0;
}

/* --- an end to them ----------------------------------------------------------
 */

int chaos_birth_reap(struct chaos_ctx *ctx, uint32_t domid, bool force)
{
    struct hv_domain_state state;
    struct chaos_birth birth;
    CLEANUP_CLOSE int lock = -1;
    struct hv *hv;
    int rc = domain_look(ctx, &hv, domid, &state);

    if (rc == 0)
        rc = shell_owner_lock(ctx, domid, &lock);
    /* Afresh: it may just have been adopted. */
    if (rc == 0)
        rc = domain_look(ctx, &hv, domid, &state);
    if (rc == 0)
        rc = fill(ctx, &state, &birth);
    if (rc < 0)
        return rc;
    if (!birth.orphan && !force)
        return chaos__fail(ctx, -EBUSY, "domain %u: its owner lives", domid);
    return domain_end(ctx, hv, &state);
}

/* --- files -------------------------------------------------------------------
 */

/* The id that a file's name begins with; CHAOS_DOMID_NONE: it has none. */
static uint32_t domid_of(const char *name)
{
    size_t digits = strspn(name, "0123456789");

    if (digits == 0 || digits > 5 ||
        (name[digits] != '\0' && strcmp(name + digits, ".new") != 0))
        return CHAOS_DOMID_NONE;
    return (uint32_t)strtoul(name, NULL, 10);
}

/* One bit for each id: of the domains that were there a moment ago. */
struct present {
    uint8_t bits[65536 / 8];
};

static int look_around(struct chaos_ctx *ctx, struct present *present)
{
    struct hv_domain_state states[STATES_BATCH];
    uint32_t first = 1;
    const struct bus_ops *bus;
    struct hv *hv;
    int i, n, rc = bus_of_host(ctx, &hv, &bus);

    memset(present, 0, sizeof(*present));
    while (rc == 0 && (n = next_states(ctx, hv, &first, states)) != 0) {
        rc = n < 0 ? n : 0;
        for (i = 0; i < n; i++)
            present->bits[states[i].domid / 8] |=
                (uint8_t)(1u << states[i].domid % 8);
    }
    return rc;
}

static bool was_there(const struct present *present, uint32_t domid)
{
    return domid / 8 < sizeof(present->bits) &&
           present->bits[domid / 8] & 1u << domid % 8;
}

/*
 * 1: removed; 0: its domain is there. Xen finds a domain by going through those
 * before it, so it is not asked for each, but for those that came or went.
 */
static int sweep_file(struct chaos_ctx *ctx, const struct present *present,
                      const char *dir, const char *name)
{
    uint32_t domid = domid_of(name);
    struct hv_domain_state state;
    char file[64], path[PATH_MAX];
    struct hv *hv;
    int rc;

    if (domid == CHAOS_DOMID_NONE || was_there(present, domid))
        return 0;
    rc = domain_look(ctx, &hv, domid, &state);
    if (rc != -ESRCH)
        return rc;
    (void)snprintf(file, sizeof(file), "%s/%.20s", dir, name);
    rc = run_path(ctx, path, file);
    if (rc < 0)
        return rc;
    /* Whoever ended it may have been killed before these were removed. */
    bus_clean(ctx, domid, NULL);
    return unlink(path) == 0;
}

/*
 * Ids are not used again soon, so a file whose domain is gone is not that of
 * one that just comes.
 */
static int sweep_dir(struct chaos_ctx *ctx, const struct present *present,
                     const char *dir)
{
    struct dirent *entry;
    char path[PATH_MAX];
    DIR *d;
    int rc = run_path(ctx, path, dir), count = 0;

    if (rc < 0)
        return rc;
    d = opendir(path);
    if (!d)
        return errno == ENOENT
                   ? 0
                   : chaos__fail(ctx, -errno, "%s: cannot read it", path);
    while (rc >= 0 && (entry = readdir(d))) {
        rc = sweep_file(ctx, present, dir, entry->d_name);
        count += rc > 0;
    }
    closedir(d);
    return rc < 0 ? rc : count;
}

int chaos_records_sweep(struct chaos_ctx *ctx)
{
    struct present present;
    int domains, shells, rc = look_around(ctx, &present);

    if (rc < 0)
        return rc;
    domains = sweep_dir(ctx, &present, "domains");
    shells = domains < 0 ? domains : sweep_dir(ctx, &present, SHELL_DIR);
    return shells < 0 ? shells : domains + shells;
}
