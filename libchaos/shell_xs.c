/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * shell_xs.c: shells on XenStore: whether one is still as it was made.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host.h"
#include "internal.h"
#include "shell.h"
#include "xs.h"

enum { DOMID, VM, CONSOLE, NODES };

/* Of xenbus: the back end waits for the guest. */
#define INIT_WAIT "2"

static int changed(struct chaos_ctx *ctx, const struct shell *shell,
                   const char *what)
{
    return chaos__fail(ctx, -EINVAL, "shell %u: its %s in XenStore are others",
                       shell->domid, what);
}

/* What every shell has, and what only that has of which a VM was begun. */
static bool is_unused(const struct shell *shell,
                      const struct store_request requests[NODES])
{
    char domid[16];

    (void)snprintf(domid, sizeof(domid), "%u", shell->domid);
    return requests[DOMID].rc == 0 &&
           strcmp(requests[DOMID].text, domid) == 0 &&
           requests[VM].rc == -ENOENT && requests[CONSOLE].rc == -ENOENT;
}

static int check_nodes(struct chaos_ctx *ctx, struct store *store,
                       const struct shell *shell)
{
    static const char *const names[NODES] = {"domid", "vm", "console/port"};
    struct store_request requests[NODES];
    char paths[NODES][64];
    unsigned i;
    bool unused;
    int rc = 0;

    for (i = 0; i < NODES; i++) {
        (void)snprintf(paths[i], sizeof(paths[i]), "/local/domain/%u/%s",
                       shell->domid, names[i]);
        requests[i] =
            (struct store_request){.verb = STORE_READ, .path = paths[i]};
    }
    (void)store->ops->run(store, STORE_NO_TRANSACTION, requests, NODES);
    unused = is_unused(shell, requests);
    for (i = 0; i < NODES; i++) {
        if (requests[i].rc < 0 && requests[i].rc != -ENOENT)
            rc = requests[i].rc;
        free(requests[i].text);
    }
    if (rc < 0)
        return xs_refused(ctx, rc, "the shell's nodes");
    return unused ? 0 : changed(ctx, shell, "nodes");
}

/* Its back end waits still, and its interface is the one that was made. */
static int check_vif(struct chaos_ctx *ctx, struct store *store,
                     const struct shell *shell, uint32_t id)
{
    char path[64];
    struct store_request r = {.verb = STORE_READ, .path = path};
    uint32_t ifindex = 0;
    struct host *host;
    bool waits;
    int rc = chaos__host(ctx, &host);

    if (rc < 0)
        return rc;
    (void)snprintf(path, sizeof(path),
                   "/local/domain/0/backend/vif/%u/%u/state", shell->domid, id);
    rc = store->ops->run(store, STORE_NO_TRANSACTION, &r, 1);
    waits = r.text && strcmp(r.text, INIT_WAIT) == 0;
    free(r.text);
    if (rc < 0 && rc != -ENOENT)
        return xs_refused(ctx, rc, path);
    if (!waits ||
        host->ops->stock_vif(host, shell->domid, id, 0, &ifindex) < 0 ||
        ifindex != shell->vifs[id].ifindex)
        return changed(ctx, shell, "vifs");
    return 0;
}

int shell_check_store(struct chaos_ctx *ctx, const struct shell *shell)
{
    struct store *store;
    uint32_t i;
    int rc = chaos__store(ctx, &store);

    if (rc == 0)
        rc = check_nodes(ctx, store, shell);
    for (i = 0; rc == 0 && i < shell->shape.vif_count; i++)
        rc = check_vif(ctx, store, shell, i);
    return rc;
}
