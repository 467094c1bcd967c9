/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * xs_names.c: domains' names as XenStore has them: chaos's own and xl's.
 *
 * It knows no way from a name to its domain, so names are read, many in one
 * round trip: all but those that are known (xs_known.h). The hypervisor says
 * which domains there are.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <chaos/shell.h>

#include "birth.h"
#include "domain.h"
#include "internal.h"
#include "run_dir.h"
#include "xs.h"
#include "xs_known.h"

#define BATCH 64u

/* A node of some domains; each text is owned, NULL where there is none. */
static int read_nodes(struct chaos_ctx *ctx, struct store *store,
                      const char *node, const uint32_t *domids, size_t count,
                      char **texts_out)
{
    struct store_request requests[BATCH];
    char paths[BATCH][48];
    int rc = 0;
    size_t i;

    for (i = 0; i < count; i++) {
        (void)snprintf(paths[i], sizeof(paths[i]), "/local/domain/%u/%s",
                       domids[i], node);
        requests[i] =
            (struct store_request){.verb = STORE_READ, .path = paths[i]};
    }
    (void)store->ops->run(store, STORE_NO_TRANSACTION, requests, count);
    for (i = 0; i < count; i++) {
        texts_out[i] = requests[i].text;
        if (rc == 0 && requests[i].rc < 0 && requests[i].rc != -ENOENT)
            rc = requests[i].rc;
    }
    if (rc == 0)
        return 0;
    for (i = 0; i < count; i++)
        free(texts_out[i]);
    return xs_refused(ctx, rc, "the domains' names");
}

/* What is searched, and where. */
struct hunt {
    struct chaos_ctx *ctx;
    struct store *store;
    struct xs_known *known; /* NULL: all is read in XenStore */
    const char *name;       /* NULL: none is */
    const uint8_t *uuid;    /* NULL: none is */
    uint32_t except;        /* this domain does not count */
    /* CHAOS_DOMID_NONE: no domain has it. */
    uint32_t found, twin;
};

static int read_some(struct hunt *h, const uint32_t *domids, size_t count)
{
    char *names[BATCH];
    size_t i;
    int rc =
        count ? read_nodes(h->ctx, h->store, "name", domids, count, names) : 0;

    for (i = 0; rc == 0 && i < count; i++) {
        if (names[i] && domids[i] != h->except &&
            strcmp(names[i], h->name) == 0)
            h->found = domids[i];
        free(names[i]);
    }
    return rc;
}

/* It has no name until it is somebody's, and a pool has many. */
static bool is_shell(const struct hv_domain_state *state)
{
    struct birth birth;

    return birth_decode(state->uuid, &birth) && birth.kind == BIRTH_SHELL;
}

/* Those that are not known, and those that are known to have it. */
static int look_for_name(struct hunt *h, const struct hv_domain_state *states,
                         int count)
{
    uint32_t domids[BATCH];
    size_t n = 0;
    int i;

    for (i = 0; i < count; i++) {
        const char *name =
            h->known ? xs_known_name(h->known, &states[i]) : NULL;

        if (!is_shell(&states[i]) && (!name || strcmp(name, h->name) == 0))
            domids[n++] = states[i].domid;
    }
    return read_some(h, domids, n);
}

/* Of those in the making only XenStore has it. */
static int look_for_makers(struct hunt *h, const uint32_t *domids, size_t count)
{
    char uuid[XS_UUID_SIZE];
    char *paths[BATCH];
    size_t i;
    int rc =
        count ? read_nodes(h->ctx, h->store, "vm", domids, count, paths) : 0;

    xs_uuid(h->uuid, uuid);
    for (i = 0; rc == 0 && i < count; i++) {
        if (paths[i] && strncmp(paths[i], "/vm/", 4) == 0 &&
            strcmp(paths[i] + 4, uuid) == 0)
            h->twin = domids[i];
        free(paths[i]);
    }
    return rc;
}

/* Those that are dying let go of it. */
static int look_for_uuid(struct hunt *h, const struct hv_domain_state *states,
                         int count)
{
    uint32_t domids[BATCH];
    struct birth birth;
    size_t n = 0;
    int i;

    for (i = 0; i < count; i++) {
        const struct hv_domain_state *s = &states[i];

        if (s->domid == h->except || s->dying)
            continue;
        if (!birth_decode(s->uuid, &birth)) {
            if (memcmp(s->uuid, h->uuid, sizeof(s->uuid)) == 0)
                h->twin = s->domid;
        } else if (birth.kind == BIRTH_VM) {
            domids[n++] = s->domid;
        }
    }
    return look_for_makers(h, domids, n);
}

static int look(struct hunt *h, const struct hv_domain_state *states, int count)
{
    int rc = h->uuid ? look_for_uuid(h, states, count) : 0;

    return rc == 0 && h->name ? look_for_name(h, states, count) : rc;
}

static int search(struct hunt *h)
{
    struct hv_domain_state states[BATCH];
    struct hv *hv = h->ctx->hv;
    uint32_t first = 0;
    int n, rc = 0;

    h->found = h->twin = CHAOS_DOMID_NONE;
    while (rc == 0 && h->found == CHAOS_DOMID_NONE &&
           h->twin == CHAOS_DOMID_NONE && first < NOXS_DOMID_SELF) {
        n = hv->ops->domain_states(hv, first, BATCH, states);
        if (n < 0)
            return chaos__fail(h->ctx, n, "cannot list the domains");
        if (n == 0)
            break;
        rc = look(h, states, n);
        first = states[n - 1].domid + 1;
    }
    return rc;
}

/*
 * What only orphans have is free, once they are ended. A uuid that was made for
 * this domain alone is not looked for.
 */
static int check_free(struct chaos_ctx *ctx, struct store *store,
                      struct xs_known *known, const struct xs_name *name)
{
    struct hunt h = {
        .ctx = ctx,
        .store = store,
        .known = known,
        .name = name->name,
        .uuid = name->given ? name->uuid : NULL,
        .except = name->domid,
    };
    int rc;

    do {
        rc = search(&h);
        if (rc == 0 && h.twin != CHAOS_DOMID_NONE &&
            chaos_birth_reap(ctx, h.twin, false) < 0)
            return chaos__fail(ctx, -EEXIST, "uuid: domain %u has it already",
                               h.twin);
        if (rc == 0 && h.found != CHAOS_DOMID_NONE && h.found != h.twin &&
            chaos_birth_reap(ctx, h.found, false) < 0)
            return chaos__fail(
                ctx, -EEXIST, "name '%s': a domain has it already", name->name);
    } while (rc == 0 && h.twin != CHAOS_DOMID_NONE);
    return rc;
}

/*
 * A transaction that reads a node has the daemon copy it, and that of a domain
 * just coming would not be among them; so the names are read outside, and a
 * lock keeps others from doing the same meanwhile.
 */
int xs_name_claim(struct chaos_ctx *ctx, struct store *store,
                  const struct xs_name *name, struct xs_batch *b)
{
    struct xs_known known = XS_KNOWN_INIT;
    CLEANUP_CLOSE int lock = -1;
    int rc = run_lock(ctx, RUN_NAMES, F_OFD_SETLKW, &lock);

    if (rc == 0)
        rc = xs_known_open(ctx, &known);
    if (rc == 0 && (name->name || name->given))
        rc = check_free(ctx, store, &known, name);
    if (rc == 0)
        rc = xs_run_at_once(ctx, store, b);
    if (rc == 0)
        xs_known_set(ctx, &known, name->domid, name->uuid, name->name);
    xs_known_close(&known);
    return rc;
}

/* A name that is too long for us was never given by us. */
static void take_name(struct chaos_domain_info *info, const char *name)
{
    if (!name)
        return;
    (void)snprintf(info->name, sizeof(info->name), "%s", name);
    if (info->domid != 0)
        info->bus = CHAOS_BUS_XENSTORE;
}

static void take_generation(struct chaos_domain_info *info, const char *text)
{
    if (text)
        info->generation = strtoull(text, NULL, 10);
}

static int fill_batch(struct chaos_ctx *ctx, struct store *store,
                      struct chaos_domain_info *infos, size_t count)
{
    static const struct {
        const char *node;
        void (*take)(struct chaos_domain_info *info, const char *text);
    } nodes[] = {{"name", take_name}, {"generation", take_generation}};
    uint32_t domids[BATCH];
    char *texts[BATCH];
    size_t i, k;
    int rc = 0;

    for (i = 0; i < count; i++)
        domids[i] = infos[i].domid;
    for (k = 0; rc == 0 && k < sizeof(nodes) / sizeof(*nodes); k++) {
        rc = read_nodes(ctx, store, nodes[k].node, domids, count, texts);
        for (i = 0; rc == 0 && i < count; i++) {
            nodes[k].take(&infos[i], texts[i]);
            free(texts[i]);
        }
    }
    return rc;
}

int xs_fill(struct chaos_ctx *ctx, struct chaos_domain_info *infos,
            size_t count)
{
    struct store *store;
    size_t done, n;
    int rc = chaos__store(ctx, &store);

    for (done = 0; rc == 0 && done < count; done += n) {
        n = count - done < BATCH ? count - done : BATCH;
        rc = fill_batch(ctx, store, infos + done, n);
    }
    return rc;
}

int xs_fill_one(struct chaos_ctx *ctx, struct chaos_domain_info *info)
{
    return xs_fill(ctx, info, 1);
}

/* Whom xl renamed is found the long way. */
int xs_lookup(struct chaos_ctx *ctx, const char *name, uint32_t *domid_out)
{
    struct xs_known known = XS_KNOWN_INIT;
    struct hunt h = {
        .ctx = ctx,
        .known = &known,
        .name = name,
        .except = CHAOS_DOMID_NONE,
    };
    int rc = chaos__store(ctx, &h.store);

    if (rc == 0)
        rc = xs_known_open(ctx, &known);
    if (rc == 0)
        rc = search(&h);
    xs_known_close(&known);
    h.known = NULL;
    if (rc == 0 && h.found == CHAOS_DOMID_NONE)
        rc = search(&h);
    if (rc < 0)
        return rc;
    if (h.found == CHAOS_DOMID_NONE)
        return chaos__fail(ctx, -ESRCH, "there is no domain '%s'", name);
    *domid_out = h.found;
    return 0;
}

int xs_rename(struct chaos_ctx *ctx, uint32_t domid, const char *name)
{
    struct hv_domain_state state;
    struct xs_name wish = {.name = name, .domid = domid, .uuid = state.uuid};
    struct xs_batch b;
    char uuid[XS_UUID_SIZE];
    struct store *store;
    struct hv *hv;
    int rc = chaos__store(ctx, &store);

    if (rc == 0)
        rc = domain_state(ctx, &hv, domid, &state);
    if (rc < 0)
        return rc;
    xs_uuid(state.uuid, uuid);
    xs_start(&b);
    xs_expect(&b, domid);
    xs_write(&b, name, "", "/local/domain/%u/name", domid);
    xs_write(&b, name, "", "/vm/%s/name", uuid);
    return xs_name_claim(ctx, store, &wish, &b);
}
