/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * xs_wait.c: wait for what a guest, or xenconsoled, writes to a node.
 */
#include <errno.h>
#include <stdlib.h>

#include "domain.h"
#include "internal.h"
#include "xs.h"

#define TOKEN "wait"
#define EXITS "@releaseDomain"

/* 1: it is as waited for; 0: not yet. */
static int look(struct chaos_ctx *ctx, struct store *store,
                const struct xs_wait *w, char **text_out)
{
    struct store_request r = {.verb = STORE_READ, .path = w->path};
    int rc = store->ops->run(store, STORE_NO_TRANSACTION, &r, 1);

    if (rc < 0 && rc != -ENOENT)
        return xs_refused(ctx, rc, w->path);
    rc = w->ready(&r);
    if (rc && text_out)
        *text_out = r.text;
    else
        free(r.text);
    return rc;
}

static int has_ended(struct chaos_ctx *ctx, uint32_t domid)
{
    struct hv_domain_state state;
    struct hv *hv;
    int rc = domain_look(ctx, &hv, domid, &state);

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

/* It may have been done with its last breath, so that is looked at last. */
static int loop(struct chaos_ctx *ctx, struct store *store,
                const struct xs_wait *w, char **text_out)
{
    int rc, ended = 0;

    while ((rc = look(ctx, store, w, text_out)) == 0) {
        if (ended)
            return -ESHUTDOWN;
        ended = has_ended(ctx, w->domid);
        if (ended < 0)
            return ended;
        rc = ended ? 0 : deadline_poll(w->deadline, store->ops->fd(store));
        /* A guest may write the node over and over. */
        if (rc == 0 && !ended && deadline_passed(w->deadline))
            rc = -ETIMEDOUT;
        if (rc == -ETIMEDOUT)
            return -ETIME;
        if (rc < 0)
            return chaos__fail(ctx, rc, "domain %u: waiting for XenStore",
                               w->domid);
        drain(store);
    }
    return rc < 0 ? rc : 0;
}

static int begin(struct chaos_ctx *ctx, struct store *store,
                 const struct xs_wait *w)
{
    struct store_request r = {
        .verb = STORE_WRITE,
        .path = w->path,
        .value = w->word,
    };
    int rc = store->ops->watch(store, w->path, TOKEN);

    if (rc == 0)
        rc = store->ops->watch(store, EXITS, TOKEN);
    if (rc == 0 && w->word)
        rc = store->ops->run(store, STORE_NO_TRANSACTION, &r, 1);
    if (rc < 0)
        return xs_refused(ctx, rc, w->path);
    /* From here on, what comes tells of something new. */
    drain(store);
    return 0;
}

int xs_wait(struct chaos_ctx *ctx, struct store *store, const struct xs_wait *w,
            char **text_out)
{
    char *text = NULL;
    int rc = begin(ctx, store, w);

    if (rc == 0)
        rc = loop(ctx, store, w, text_out ? &text : NULL);
    (void)store->ops->unwatch(store, w->path, TOKEN);
    (void)store->ops->unwatch(store, EXITS, TOKEN);
    drain(store);
    if (rc == 0 && text_out)
        *text_out = text;
    return rc;
}
