/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * xs_request.c: ask a guest to stop by its node control/shutdown, which it
 * empties when it takes the request up.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain.h"
#include "internal.h"
#include "xs.h"

#define TOKEN "request"
#define EXITS "@releaseDomain"

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

/* 1: the guest took it up, or has no such node any more; 0: not yet. */
static int is_taken_up(struct chaos_ctx *ctx, struct store *store,
                       const char *path)
{
    struct store_request r = {.verb = STORE_READ, .path = path};
    int rc = store->ops->run(store, STORE_NO_TRANSACTION, &r, 1);

    if (rc == 0)
        rc = r.size == 0;
    else if (rc == -ENOENT)
        rc = 1;
    else
        rc = chaos__fail(ctx, rc, "XenStore: cannot read '%s'", path);
    free(r.text);
    return rc;
}

static int has_ended(struct chaos_ctx *ctx, uint32_t domid)
{
    struct hv_domain_state state;
    struct hv *hv;
    int rc = domain_state(ctx, &hv, domid, &state);

    if (rc == -ESRCH)
        return 1;
    return rc < 0 ? rc : state.stopped || state.dying;
}

static void drain(struct store *store)
{
    char token[sizeof(TOKEN)];

    while (store->ops->event(store, token, sizeof(token)) == 0)
        ;
}

/* It may have taken it up with its last breath, so that is looked at last. */
static int wait_taken_up(struct chaos_ctx *ctx, struct store *store,
                         uint32_t domid, const char *path, uint64_t deadline)
{
    int rc, ended = 0;

    while ((rc = is_taken_up(ctx, store, path)) == 0) {
        if (ended)
            return chaos__fail(ctx, -ESHUTDOWN,
                               "domain %u ended without an answer", domid);
        ended = has_ended(ctx, domid);
        if (ended < 0)
            return ended;
        rc = ended ? 0 : deadline_poll(deadline, store->ops->fd(store));
        if (rc == -ETIMEDOUT)
            return chaos__fail(ctx, rc,
                               "domain %u: the guest did not answer; 'chaos "
                               "destroy' ends it without its help",
                               domid);
        if (rc < 0)
            return chaos__fail(ctx, rc, "domain %u: waiting for the guest",
                               domid);
        drain(store);
    }
    return rc < 0 ? rc : 0;
}

static int ask(struct chaos_ctx *ctx, struct store *store, const char *path,
               const char *word)
{
    struct store_request r = {
        .verb = STORE_WRITE,
        .path = path,
        .value = word,
    };
    int rc = store->ops->watch(store, path, TOKEN);

    if (rc == 0)
        rc = store->ops->watch(store, EXITS, TOKEN);
    if (rc == 0)
        rc = store->ops->run(store, STORE_NO_TRANSACTION, &r, 1);
    if (rc < 0)
        return chaos__fail(ctx, rc, "XenStore refused '%s'", path);
    /* From here on, what comes tells of something new. */
    drain(store);
    return 0;
}

int xs_request(struct chaos_ctx *ctx, uint32_t domid, enum chaos_reason what,
               unsigned timeout_ms)
{
    uint64_t deadline = deadline_after(timeout_ms);
    const char *word = word_of(what);
    struct store *store;
    char path[64];
    int rc = chaos__store(ctx, &store);

    if (rc < 0)
        return rc;
    if (!word)
        return chaos__fail(ctx, -EOPNOTSUPP,
                           "domain %u: a guest on XenStore cannot be asked for "
                           "this",
                           domid);
    (void)snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown",
                   domid);
    rc = ask(ctx, store, path, word);
    if (rc == 0)
        rc = wait_taken_up(ctx, store, domid, path, deadline);
    (void)store->ops->unwatch(store, path, TOKEN);
    (void)store->ops->unwatch(store, EXITS, TOKEN);
    drain(store);
    return rc;
}
