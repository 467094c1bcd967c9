/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * xs_device.c: what vifs and vbds through XenStore have in common: the nodes of
 * their two ends, and the wait for Linux's back end.
 *
 * Linux looks at a back end's nodes each time one of them changes, and does
 * nothing until `state` is there. So that is written last, and no transaction
 * is needed, unless the guest lives: it may look as soon as it sees the first.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "create.h"
#include "host.h"
#include "internal.h"
#include "xs.h"

/* States of xenbus. */
#define INITIALISING "1"

#define PORTION_MS 200u

/* Directories with something of a device. */
#define PARENTS 4u

static const char *kind_of(const struct xs_device *d)
{
    return d->type == NOXS_DEV_VIF ? "vif" : "vbd";
}

static const char *module_of(const struct xs_device *d)
{
    return d->type == NOXS_DEV_VIF ? "xen-netback" : "xen-blkback";
}

/* --- nodes -------------------------------------------------------------------
 */

void xs_front(struct xs_batch *b, const struct xs_device *d, const char *key,
              const char *value)
{
    xs_write(b, value, "", "/local/domain/%u/device/%s/%u/%s", d->domid,
             kind_of(d), d->id, key);
}

void xs_back(struct xs_batch *b, const struct xs_device *d, const char *key,
             const char *value)
{
    xs_write(b, value, "", "/local/domain/0/backend/%s/%u/%u/%s", kind_of(d),
             d->domid, d->id, key);
}

void xs_tool(struct xs_batch *b, const struct xs_device *d, const char *key,
             const char *value)
{
    xs_write(b, value, "", "/libxl/%u/device/%s/%u/%s", d->domid, kind_of(d),
             d->id, key);
}

/* Each end's directory is its own to write, and the other's to read. */
static void make_ends(struct xs_batch *b, const struct xs_device *d)
{
    const struct store_permissions front = {
        .owner = d->domid, .others = 'n', .has_reader = true, .reader = 0};
    const struct store_permissions back = {
        .owner = 0, .others = 'n', .has_reader = true, .reader = d->domid};

    xs_mkdir(b, &front, "/local/domain/%u/device/%s/%u", d->domid, kind_of(d),
             d->id);
    xs_mkdir(b, &back, "/local/domain/0/backend/%s/%u/%u", kind_of(d), d->domid,
             d->id);
}

void xs_device_start(struct xs_batch *b, const struct xs_device *d)
{
    char front[64], back[64], domid[16];

    (void)snprintf(front, sizeof(front), "/local/domain/%u/device/%s/%u",
                   d->domid, kind_of(d), d->id);
    (void)snprintf(back, sizeof(back), "/local/domain/0/backend/%s/%u/%u",
                   kind_of(d), d->domid, d->id);
    (void)snprintf(domid, sizeof(domid), "%u", d->domid);
    make_ends(b, d);
    /* What one of this number said may be there still. */
    xs_remove(b, "/local/domain/0/error/backend/%s/%u/%u", kind_of(d), d->domid,
              d->id);
    xs_front(b, d, "backend", back);
    xs_front(b, d, "backend-id", "0");
    xs_back(b, d, "frontend", front);
    xs_back(b, d, "frontend-id", domid);
    /* Else it would end itself with the guest's driver. */
    xs_back(b, d, "online", "1");
    xs_tool(b, d, "frontend", front);
    xs_tool(b, d, "backend", back);
}

void xs_device_end(struct xs_batch *b, const struct xs_device *d)
{
    xs_front(b, d, "state", INITIALISING);
    xs_back(b, d, "state", INITIALISING);
}

int xs_device_tell(const struct create *c, struct store *store,
                   struct xs_batch *b)
{
    if (c->lives)
        return xs_run_at_once(c->ctx, store, b);
    return xs_run(c->ctx, store, STORE_NO_TRANSACTION, b);
}

/* --- the back end's answer ---------------------------------------------------
 */

/* -errno with text where it said that it cannot; 0: it did not. */
static int look_for_error(struct chaos_ctx *ctx, struct store *store,
                          const struct xs_device *d)
{
    char path[96];
    struct store_request r = {.verb = STORE_READ, .path = path};
    int rc;

    (void)snprintf(path, sizeof(path),
                   "/local/domain/0/error/backend/%s/%u/%u/error", kind_of(d),
                   d->domid, d->id);
    rc = store->ops->run(store, STORE_NO_TRANSACTION, &r, 1);
    if (rc == -ENOENT)
        return 0;
    if (rc < 0)
        return xs_refused(ctx, rc, path);
    rc = chaos__fail(ctx, -EIO, "%ss[%u]: %s says: %s", kind_of(d), d->index,
                     module_of(d), r.text);
    free(r.text);
    return rc;
}

/* Nobody has even looked at it, or somebody is slow. */
static int too_late(struct chaos_ctx *ctx, struct store *store,
                    const struct xs_device *d)
{
    char path[96];
    struct store_request r = {.verb = STORE_READ, .path = path};
    bool untouched;

    (void)snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u/%u/state",
                   kind_of(d), d->domid, d->id);
    (void)store->ops->run(store, STORE_NO_TRANSACTION, &r, 1);
    untouched = r.text && strcmp(r.text, INITIALISING) == 0;
    free(r.text);
    if (untouched)
        return chaos__fail(ctx, -ENODEV,
                           "%ss[%u]: there is no back end; 'modprobe %s'",
                           kind_of(d), d->index, module_of(d));
    return chaos__fail(
        ctx, -ETIMEDOUT, "%ss[%u]: its back end, %s, was not ready in %u s",
        kind_of(d), d->index, module_of(d), XS_BACK_LIMIT_MS / 1000);
}

int xs_device_wait(struct chaos_ctx *ctx, struct store *store,
                   struct host *host, const struct xs_device *d,
                   xs_wait_fn *wait, uint32_t *result_out)
{
    unsigned waited = 0;
    int rc;

    do {
        rc = wait(host, d, PORTION_MS, result_out);
        if (rc != -ETIMEDOUT)
            break;
        rc = look_for_error(ctx, store, d);
        if (rc < 0)
            return rc;
        waited += PORTION_MS;
        rc = -ETIMEDOUT;
    } while (waited < XS_BACK_LIMIT_MS);
    if (rc == -ETIMEDOUT)
        return too_late(ctx, store, d);
    if (rc < 0)
        return chaos__fail(ctx, rc, "%ss[%u]: cannot wait for its back end",
                           kind_of(d), d->index);
    return 0;
}

/* --- the end -----------------------------------------------------------------
 */

/* A directory that its last entry has left goes, too. */
static int prune(struct chaos_ctx *ctx, struct store *store,
                 uint32_t transaction, const char *dir)
{
    struct store_request r = {.verb = STORE_DIRECTORY, .path = dir};
    struct xs_batch b;
    int rc = store->ops->run(store, transaction, &r, 1);
    bool is_empty = rc == 0 && r.size == 0;

    free(r.text);
    if (rc == -ENOENT)
        return 0;
    if (rc < 0)
        return xs_refused(ctx, rc, dir);
    if (!is_empty)
        return 0;
    xs_start(&b);
    xs_remove(&b, "%s", dir);
    return xs_run(ctx, store, transaction, &b);
}

/* Where the nodes of a domain's devices of a type lie. */
static void parents_of(const struct xs_device *d,
                       char dirs[PARENTS][STORE_PATH_SIZE])
{
    const char *kind = kind_of(d);

    (void)snprintf(dirs[0], STORE_PATH_SIZE, "/libxl/%u/device/%s", d->domid,
                   kind);
    (void)snprintf(dirs[1], STORE_PATH_SIZE, "/local/domain/%u/device/%s",
                   d->domid, kind);
    (void)snprintf(dirs[2], STORE_PATH_SIZE, "/local/domain/0/backend/%s/%u",
                   kind, d->domid);
    (void)snprintf(dirs[3], STORE_PATH_SIZE,
                   "/local/domain/0/error/backend/%s/%u", kind, d->domid);
}

/* What was noted of it goes first; *noted_out is 0, or -ENOENT: nothing was. */
static int remove_nodes(struct chaos_ctx *ctx, struct store *store,
                        uint32_t transaction, const struct xs_device *d,
                        int *noted_out)
{
    char dirs[PARENTS][STORE_PATH_SIZE];
    struct xs_batch b;
    unsigned i;
    int rc;

    parents_of(d, dirs);
    xs_start(&b);
    for (i = 0; i < PARENTS; i++)
        xs_remove(&b, "%s/%u", dirs[i], d->id);
    rc = xs_run(ctx, store, transaction, &b);
    *noted_out = b.requests[0].rc;
    for (i = 0; rc == 0 && i < PARENTS; i++)
        rc = prune(ctx, store, transaction, dirs[i]);
    return rc;
}

int xs_device_disarm(struct chaos_ctx *ctx, struct store *store,
                     const struct xs_device *d)
{
    struct xs_batch b;

    xs_start(&b);
    xs_remove(&b, "/local/domain/%u/device/%s/%u", d->domid, kind_of(d), d->id);
    return xs_run(ctx, store, STORE_NO_TRANSACTION, &b);
}

int xs_device_remove(struct chaos_ctx *ctx, const struct xs_device *d)
{
    unsigned tries = XS_TRIES;
    struct store *store;
    int noted = 0, rc = chaos__store(ctx, &store);

    if (rc < 0)
        return rc;
    do {
        uint32_t transaction;

        rc = xs_begin(ctx, store, &transaction);
        if (rc < 0)
            return rc;
        rc = remove_nodes(ctx, store, transaction, d, &noted);
        if (rc < 0) {
            (void)store->ops->end(store, transaction, false);
            return rc;
        }
        rc = xs_commit(ctx, store, transaction);
        if (rc == -EAGAIN && tries == XS_TRIES / 2 &&
            xs_device_disarm(ctx, store, d) < 0)
            break;
    } while (rc == -EAGAIN && --tries > 0);
    return rc < 0 ? rc : noted;
}

static int remove_all(struct chaos_ctx *ctx, const struct xs_device *devices,
                      unsigned count)
{
    unsigned i;
    int rc = 0;

    for (i = 0; rc == 0 && i < count; i++) {
        rc = xs_device_remove(ctx, &devices[i]);
        if (rc == -ENOENT)
            rc = 0;
    }
    return rc;
}

void xs_devices_remove(struct chaos_ctx *ctx, struct host *host,
                       const struct xs_device *devices, unsigned count)
{
    char error[CHAOS_ERROR_SIZE];
    unsigned i;
    int rc;

    if (count == 0)
        return;
    memcpy(error, ctx->error, sizeof(error));
    rc = remove_all(ctx, devices, count);
    if (rc < 0)
        chaos__log(ctx, CHAOS_LOG_ERROR,
                   "domain %u: its %ss were left in XenStore: %s",
                   devices->domid, kind_of(devices), ctx->error);
    for (i = 0; rc == 0 && i < count; i++) {
        const struct xs_device *d = &devices[i];

        rc = host->ops->stock_gone(host, d->domid, d->type, d->id,
                                   XS_BACK_LIMIT_MS);
        if (rc < 0)
            chaos__log(ctx, CHAOS_LOG_ERROR,
                       "domain %u: the back end of its %s %u does not go: "
                       "error %d",
                       d->domid, kind_of(d), d->id, -rc);
    }
    memcpy(ctx->error, error, sizeof(error));
}
