/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * xs_clean.c: what XenStore has of a domain that is gone, xl's included.
 *
 * A back end goes when its nodes do: the kernel that serves it watches them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "xs.h"

/* Back ends lie in a domain's own part, which is never removed as a whole. */
static bool is_back_end(const char *path)
{
    return strncmp(path, "/local/domain/", 14) == 0 &&
           strstr(path, "/backend/");
}

/* Call fn for each entry of a directory that is there. */
typedef int entry_fn(struct chaos_ctx *ctx, struct store *store,
                     const char *path);

static int each_entry(struct chaos_ctx *ctx, struct store *store,
                      const char *dir, entry_fn *fn)
{
    struct store_request r = {.verb = STORE_DIRECTORY, .path = dir};
    int rc = store->ops->run(store, STORE_NO_TRANSACTION, &r, 1);
    size_t at;

    if (rc == -ENOENT)
        return 0;
    if (rc < 0)
        return chaos__fail(ctx, rc, "XenStore: cannot list '%s'", dir);
    for (at = 0; rc == 0 && at < r.size; at += strlen(r.text + at) + 1) {
        char path[STORE_PATH_SIZE];

        (void)snprintf(path, sizeof(path), "%s/%s", dir, r.text + at);
        rc = fn(ctx, store, path);
    }
    free(r.text);
    return rc;
}

static int remove_back_end(struct chaos_ctx *ctx, struct store *store,
                           const char *device)
{
    char path[STORE_PATH_SIZE];
    struct store_request r = {.verb = STORE_READ, .path = path};
    struct xs_batch b;
    int rc;

    (void)snprintf(path, sizeof(path), "%s/backend", device);
    rc = store->ops->run(store, STORE_NO_TRANSACTION, &r, 1);
    if (rc == -ENOENT)
        return 0;
    if (rc < 0)
        return chaos__fail(ctx, rc, "XenStore: cannot read '%s'", path);
    xs_start(&b);
    if (is_back_end(r.text))
        xs_remove(&b, "%s", r.text);
    free(r.text);
    return xs_run(ctx, store, STORE_NO_TRANSACTION, &b);
}

static int remove_back_ends(struct chaos_ctx *ctx, struct store *store,
                            const char *kind)
{
    return each_entry(ctx, store, kind, remove_back_end);
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
        return chaos__fail(ctx, rc, "XenStore: cannot read '%s'", path);
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
    char devices[48];
    struct xs_batch b;
    struct store *store;
    int rc = chaos__store(ctx, &store);

    if (rc < 0)
        return rc;
    (void)snprintf(devices, sizeof(devices), "/libxl/%u/device", domid);
    rc = each_entry(ctx, store, devices, remove_back_ends);
    xs_start(&b);
    if (rc == 0)
        rc = add_uuid(ctx, store, domid, uuid, &b);
    if (rc < 0)
        return rc;
    xs_remove(&b, "/local/domain/%u", domid);
    xs_remove(&b, "/libxl/%u", domid);
    return xs_run(ctx, store, STORE_NO_TRANSACTION, &b);
}
