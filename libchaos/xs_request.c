/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * xs_request.c: ask a guest to stop by its node control/shutdown, which it
 * empties when it takes the request up.
 */
#include <errno.h>
#include <stdio.h>

#include "domain.h"
#include "internal.h"
#include "xs.h"

static const char *word_of(enum chaos_reason what)
{
    switch (what) {
    case CHAOS_REASON_POWEROFF:
        return "poweroff";
    case CHAOS_REASON_REBOOT:
        return "reboot";
    case CHAOS_REASON_SUSPEND:
        return "suspend";
    default:
        return NULL;
    }
}

/* Or it has no such node any more. */
static bool is_taken_up(const struct store_request *answer)
{
    return answer->rc == -ENOENT || answer->size == 0;
}

/*
 * Where it is gone, the request may have been written to what others had
 * removed already. A transaction would be the guest's to spoil.
 */
static void take_back(struct chaos_ctx *ctx, struct store *store,
                      uint32_t domid)
{
    struct hv_domain_state state;
    struct xs_batch b;
    struct hv *hv;

    if (domain_look(ctx, &hv, domid, &state) != -ESRCH)
        return;
    xs_start(&b);
    xs_remove(&b, "/local/domain/%u", domid);
    if (xs_run(ctx, store, STORE_NO_TRANSACTION, &b) < 0)
        chaos__log(ctx, CHAOS_LOG_ERROR,
                   "domain %u: its nodes in XenStore were left: %s", domid,
                   ctx->error);
}

int xs_request(struct chaos_ctx *ctx, uint32_t domid, enum chaos_reason what,
               unsigned timeout_ms)
{
    char path[64];
    struct xs_wait w = {
        .domid = domid,
        .path = path,
        .word = word_of(what),
        .ready = is_taken_up,
        .deadline = deadline_after(timeout_ms),
    };
    struct store *store;
    int rc = chaos__store(ctx, &store);

    if (rc < 0)
        return rc;
    if (!w.word)
        return chaos__fail(ctx, -EOPNOTSUPP,
                           "domain %u: a guest on XenStore cannot be asked for "
                           "this",
                           domid);
    (void)snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown",
                   domid);
    rc = xs_wait(ctx, store, &w, NULL);
    if (rc == -ESHUTDOWN)
        take_back(ctx, store, domid);
    if (rc == -ESHUTDOWN)
        return chaos__fail(ctx, rc, "domain %u ended without an answer", domid);
    if (rc == -ETIME)
        return chaos__fail(ctx, -ETIMEDOUT,
                           "domain %u: the guest did not answer; 'chaos "
                           "destroy' ends it without its help",
                           domid);
    return rc;
}
