/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * shell_xs.c: shells on XenStore: whether one is still as it was made.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "shell.h"
#include "xs.h"

enum { DOMID, VM, CONSOLE, NODES };

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

int shell_check_store(struct chaos_ctx *ctx, const struct shell *shell)
{
    static const char *const names[NODES] = {"domid", "vm", "console/port"};
    struct store_request requests[NODES];
    char paths[NODES][64];
    struct store *store;
    unsigned i;
    bool unused;
    int rc = chaos__store(ctx, &store);

    if (rc < 0)
        return rc;
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
        return chaos__fail(ctx, rc, "shell %u: cannot read its nodes",
                           shell->domid);
    if (!unused)
        return chaos__fail(ctx, -EINVAL,
                           "shell %u: its nodes in XenStore are others",
                           shell->domid);
    return 0;
}
