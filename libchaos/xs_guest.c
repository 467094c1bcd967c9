/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * xs_guest.c: what a guest on XenStore says of itself: data/up, the host's time
 * when it was up. Kernels that were not made for chaos say nothing.
 *
 * The node is the guest's to write: whatever it says is only reported.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <noxs/sysctl.h>

#include "domain.h"
#include "internal.h"
#include "xs.h"

#define PATH_SIZE 64

static void path_of(uint32_t domid, char path[PATH_SIZE])
{
    (void)snprintf(path, PATH_SIZE, "/local/domain/%u/data/up", domid);
}

static bool is_up(const struct store_request *answer)
{
    return answer->rc == 0 && answer->text[0] >= '1' && answer->text[0] <= '9';
}

int xs_wait_up(struct chaos_ctx *ctx, uint32_t domid, unsigned timeout_ms)
{
    char path[PATH_SIZE];
    struct xs_wait w = {
        .domid = domid,
        .path = path,
        .ready = is_up,
        .deadline = deadline_after(timeout_ms),
    };
    struct store *store;
    int rc = chaos__store(ctx, &store);

    path_of(domid, path);
    if (rc == 0)
        rc = xs_wait(ctx, store, &w, NULL);
    if (rc == -ESHUTDOWN)
        return chaos__fail(ctx, rc, "domain %u ended without being up", domid);
    if (rc == -ETIME)
        return chaos__fail(ctx, -ETIMEDOUT,
                           "domain %u: the guest is not up yet, or does not "
                           "say so in XenStore ('%s')",
                           domid, path);
    return rc;
}

int xs_guest_state(struct chaos_ctx *ctx, uint32_t domid,
                   struct chaos_guest_state *state_out)
{
    char path[PATH_SIZE];
    struct store_request r = {.verb = STORE_READ, .path = path};
    struct store *store;
    int rc = chaos__store(ctx, &store);

    if (rc < 0)
        return rc;
    path_of(domid, path);
    rc = store->ops->run(store, STORE_NO_TRANSACTION, &r, 1);
    if (rc < 0 && rc != -ENOENT)
        return xs_refused(ctx, rc, path);
    rc = is_up(&r) ? 0 : -EOPNOTSUPP;
    if (rc == 0)
        *state_out = (struct chaos_guest_state){
            .state = NOXS_STATE_UP,
            .up_time_ns = strtoull(r.text, NULL, 10),
        };
    free(r.text);
    if (rc < 0)
        return chaos__fail(ctx, rc,
                           "domain %u: the guest says nothing in XenStore "
                           "('%s')",
                           domid, path);
    return 0;
}
