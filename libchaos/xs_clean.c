/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * xs_clean.c: what XenStore has of a domain that ends, xl's included.
 *
 * A back end goes when its nodes do: the kernel that serves it watches them. It
 * has gone when what it used is free again, and that is waited for.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host.h"
#include "internal.h"
#include "xs.h"

#define DEVICES_MAX 64u

/* Linux's back ends in dom0, which are waited for. */
struct left {
    uint32_t domid;
    unsigned count;
    struct xs_device devices[DEVICES_MAX];
};

/* Call fn for each entry of a directory that is there. */
typedef int entry_fn(struct chaos_ctx *ctx, struct store *store,
                     const char *path, struct left *left);

static int each_entry(struct chaos_ctx *ctx, struct store *store,
                      const char *dir, entry_fn *fn, struct left *left)
{
    struct store_request r = {.verb = STORE_DIRECTORY, .path = dir};
    int rc = store->ops->run(store, STORE_NO_TRANSACTION, &r, 1);
    size_t at;

    if (rc == -ENOENT)
        return 0;
    if (rc < 0)
        return xs_refused(ctx, rc, dir);
    for (at = 0; rc == 0 && at < r.size; at += strlen(r.text + at) + 1) {
        char path[STORE_PATH_SIZE];

        (void)snprintf(path, sizeof(path), "%s/%s", dir, r.text + at);
        rc = fn(ctx, store, path, left);
    }
    free(r.text);
    return rc;
}

static uint32_t type_of(const char *kind)
{
    return strcmp(kind, "vif") == 0   ? NOXS_DEV_VIF
           : strcmp(kind, "vbd") == 0 ? NOXS_DEV_VBD
                                      : NOXS_DEV_NONE;
}

static void wait_later(struct left *left, const char *kind, uint32_t id)
{
    uint32_t type = type_of(kind);

    if (type != NOXS_DEV_NONE && left->count < DEVICES_MAX)
        left->devices[left->count++] = (struct xs_device){
            .domid = left->domid,
            .type = type,
            .id = id,
        };
}

/*
 * "/local/domain/BACK/backend/KIND/DOMID/ID": the part of it that is all of one
 * domain's goes, with those of its devices that were looked at already.
 */
static int remove_nodes(struct chaos_ctx *ctx, struct store *store,
                        const char *path, struct left *left)
{
    uint32_t back, domid, id;
    struct xs_batch b;
    char kind[16];
    int end = 0;

    if (sscanf(path, "/local/domain/%u/backend/%15[^/]/%u/%u%n", &back, kind,
               &domid, &id, &end) != 4 ||
        path[end] != '\0' || domid != left->domid)
        return 0;
    if (back == 0)
        wait_later(left, kind, id);
    xs_start(&b);
    xs_remove(&b, "/local/domain/%u/backend/%s/%u", back, kind, domid);
    xs_remove(&b, "/local/domain/%u/error/backend/%s/%u", back, kind, domid);
    return xs_run(ctx, store, STORE_NO_TRANSACTION, &b);
}

static int remove_back_end(struct chaos_ctx *ctx, struct store *store,
                           const char *device, struct left *left)
{
    char path[STORE_PATH_SIZE];
    struct store_request r = {.verb = STORE_READ, .path = path};
    int rc;

    (void)snprintf(path, sizeof(path), "%s/backend", device);
    rc = store->ops->run(store, STORE_NO_TRANSACTION, &r, 1);
    if (rc == -ENOENT)
        return 0;
    if (rc < 0)
        return xs_refused(ctx, rc, path);
    rc = remove_nodes(ctx, store, r.text, left);
    free(r.text);
    return rc;
}

/* "/libxl/DOMID/device/KIND/ID": its script runs, if there is one. */
static int undo_script(struct chaos_ctx *ctx, struct store *store,
                       const char *device, struct left *left)
{
    struct xs_device d = {.domid = left->domid};
    char kind[16];

    if (sscanf(device, "/libxl/%*u/device/%15[^/]/%u", kind, &d.id) != 2)
        return 0;
    d.type = type_of(kind);
    return d.type == NOXS_DEV_NONE ? 0 : xs_script_undo(ctx, store, &d);
}

/* Scripts read nodes, so all run before any are removed. */
static int remove_kind(struct chaos_ctx *ctx, struct store *store,
                       const char *kind, struct left *left)
{
    int rc = each_entry(ctx, store, kind, undo_script, left);

    return rc < 0 ? rc : each_entry(ctx, store, kind, remove_back_end, left);
}

static int remove_back_ends(struct chaos_ctx *ctx, struct store *store,
                            struct left *left)
{
    char devices[48];

    (void)snprintf(devices, sizeof(devices), "/libxl/%u/device", left->domid);
    return each_entry(ctx, store, devices, remove_kind, left);
}

static int wait_for_end(struct chaos_ctx *ctx, const struct left *left)
{
    struct host *host;
    unsigned i;
    int rc = left->count ? chaos__host(ctx, &host) : 0;

    for (i = 0; rc == 0 && i < left->count; i++) {
        const struct xs_device *d = &left->devices[i];

        rc = host->ops->stock_gone(host, d->domid, d->type, d->id,
                                   XS_BACK_LIMIT_MS);
        if (rc < 0)
            (void)chaos__fail(ctx, rc, "the back end of %s %u does not go",
                              d->type == NOXS_DEV_VIF ? "vif" : "vbd", d->id);
    }
    return rc;
}

/* Where the domain itself says that it is described. */
static int add_described(struct chaos_ctx *ctx, struct store *store,
                         uint32_t domid, struct xs_batch *b)
{
    char path[48];
    struct store_request r = {.verb = STORE_READ, .path = path};
    int rc;

    (void)snprintf(path, sizeof(path), "/local/domain/%u/vm", domid);
    rc = store->ops->run(store, STORE_NO_TRANSACTION, &r, 1);
    if (rc == -ENOENT)
        return 0;
    if (rc < 0)
        return xs_refused(ctx, rc, path);
    if (strncmp(r.text, "/vm/", 4) == 0 && r.text[4] != '\0')
        xs_remove(b, "%s", r.text);
    free(r.text);
    return 0;
}

static int add_uuid(struct chaos_ctx *ctx, struct store *store, uint32_t domid,
                    const uint8_t *uuid, struct xs_batch *b)
{
    char text[XS_UUID_SIZE];

    if (!uuid)
        return add_described(ctx, store, domid, b);
    xs_uuid(uuid, text);
    xs_remove(b, "/vm/%s", text);
    return 0;
}

int xs_clean(struct chaos_ctx *ctx, uint32_t domid, const uint8_t *uuid)
{
    struct left left = {.domid = domid};
    struct xs_batch b;
    struct store *store;
    int rc = chaos__store(ctx, &store);

    xs_start(&b);
    if (rc == 0)
        rc = remove_back_ends(ctx, store, &left);
    if (rc == 0)
        rc = add_uuid(ctx, store, domid, uuid, &b);
    if (rc < 0)
        return rc;
    /* Whoever made them may have been killed before he told of them there. */
    xs_remove(&b, "/local/domain/0/backend/vif/%u", domid);
    xs_remove(&b, "/local/domain/0/backend/vbd/%u", domid);
    xs_other_forget(domid);
    xs_remove(&b, "/local/domain/%u", domid);
    xs_remove(&b, "/libxl/%u", domid);
    rc = xs_run(ctx, store, STORE_NO_TRANSACTION, &b);
    return rc < 0 ? rc : wait_for_end(ctx, &left);
}

int xs_give_up(struct chaos_ctx *ctx, uint32_t domid)
{
    struct left left = {.domid = domid};
    struct xs_batch b;
    struct store *store;
    int rc = chaos__store(ctx, &store);

    if (rc == 0)
        rc = remove_back_ends(ctx, store, &left);
    if (rc < 0)
        return rc;
    xs_start(&b);
    xs_remove(&b, "/local/domain/%u/device", domid);
    xs_remove(&b, "/libxl/%u/device", domid);
    rc = xs_run(ctx, store, STORE_NO_TRANSACTION, &b);
    return rc < 0 ? rc : wait_for_end(ctx, &left);
}
