/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * xs_watch.c: exits of domains on a Xen that keeps no log of them.
 *
 * XenStore's daemon tells that some domain came or ended; which, and how, is
 * found by comparing what there is now with what there was. A domain that comes
 * and goes between two looks is not seen at all.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "birth.h"
#include "internal.h"
#include "xs.h"

#define BATCH 64u
#define TOKEN "watch"
#define EXITS "@releaseDomain"
#define ARRIVALS "@introduceDomain"

struct seen {
    uint32_t domid;
    uint8_t uuid[NOXS_UUID_SIZE];
    uint8_t reason;
    bool stopped, dying;
};

/* Ascending by id. */
struct seen_list {
    struct seen *list; /* owned */
    size_t count;
};

struct xs_watch {
    struct chaos_ctx *ctx; /* borrowed from the caller */
    struct hv *hv;         /* borrowed from the context */
    struct store *store;   /* owned: its descriptor tells of nothing else */
    struct seen_list seen;
    struct noxs_exit *exits; /* owned; found, and not read yet */
    size_t exit_count;
    uint64_t seq;
};

static int look(struct xs_watch *w, struct seen_list *out)
{
    struct hv_domain_state states[BATCH];
    struct seen_list now = {NULL, 0};
    uint32_t first = 0;
    int i, n = 0;

    while (first < NOXS_DOMID_SELF &&
           (n = w->hv->ops->domain_states(w->hv, first, BATCH, states)) > 0) {
        struct seen *more =
            realloc(now.list, (now.count + (size_t)n) * sizeof(*more));

        if (!more) {
            n = -ENOMEM;
            break;
        }
        now.list = more;
        for (i = 0; i < n; i++) {
            struct seen *s = &now.list[now.count++];

            *s = (struct seen){
                .domid = states[i].domid,
                .reason = (uint8_t)states[i].reason,
                .stopped = states[i].stopped,
                .dying = states[i].dying,
            };
            memcpy(s->uuid, states[i].uuid, sizeof(s->uuid));
        }
        first = states[n - 1].domid + 1;
    }
    if (n < 0) {
        free(now.list);
        return chaos__fail(w->ctx, n, "cannot list the domains");
    }
    *out = now;
    return 0;
}

/* There is room for it. One in the making has no uuid yet. */
static void add(struct xs_watch *w, const struct seen *s, uint8_t kind)
{
    struct noxs_exit *e = &w->exits[w->exit_count++];
    struct timespec ts;
    struct birth birth;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    *e = (struct noxs_exit){
        .seq = ++w->seq,
        .time = (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec,
        .domid = (uint16_t)s->domid,
        .kind = kind,
        .reason = kind == NOXS_EXIT_SHUTDOWN ? s->reason : 0,
    };
    if (!birth_decode(s->uuid, &birth))
        memcpy(e->uuid, s->uuid, sizeof(e->uuid));
}

/* What became of one; `old` or `now` may be NULL. */
static void compare(struct xs_watch *w, const struct seen *old,
                    const struct seen *now)
{
    bool was_dying = old && old->dying;

    if (!now) {
        if (!was_dying)
            add(w, old, NOXS_EXIT_DYING);
        add(w, old, NOXS_EXIT_DESTROYED);
        return;
    }
    if (now->stopped && !(old && old->stopped))
        add(w, now, NOXS_EXIT_SHUTDOWN);
    if (now->dying && !was_dying)
        add(w, now, NOXS_EXIT_DYING);
}

static int compare_all(struct xs_watch *w, const struct seen_list *now)
{
    const struct seen *a = w->seen.list, *a_end = a + w->seen.count;
    const struct seen *b = now->list, *b_end = b + now->count;
    size_t room = w->exit_count + 2 * (w->seen.count + now->count);
    struct noxs_exit *more = realloc(w->exits, room * sizeof(*more));

    if (!more)
        return chaos__fail(w->ctx, -ENOMEM, "no memory for exits");
    w->exits = more;
    while (a < a_end || b < b_end) {
        bool has_a = a < a_end && (b == b_end || a->domid <= b->domid);
        bool has_b = b < b_end && (a == a_end || b->domid <= a->domid);

        compare(w, has_a ? a : NULL, has_b ? b : NULL);
        a += has_a;
        b += has_b;
    }
    return 0;
}

static int set_watch(struct xs_watch *w)
{
    int rc = w->store->ops->watch(w->store, EXITS, TOKEN);

    return rc < 0 ? xs_refused(w->ctx, rc, EXITS) : 0;
}

int xs_watch_open(struct chaos_ctx *ctx, struct xs_watch **watch_out)
{
    struct xs_watch *w = calloc(1, sizeof(*w));
    int rc;

    if (!w)
        return chaos__fail(ctx, -ENOMEM, "no memory for a watch");
    w->ctx = ctx;
    w->hv = ctx->hv;
    rc = chaos__store_open(ctx, &w->store);
    if (rc == 0)
        rc = set_watch(w);
    if (rc == 0) {
        rc = w->store->ops->watch(w->store, ARRIVALS, TOKEN);
        if (rc < 0)
            rc = xs_refused(ctx, rc, ARRIVALS);
    }
    if (rc == 0)
        rc = look(w, &w->seen);
    if (rc < 0)
        xs_watch_close(w);
    else
        *watch_out = w;
    return rc;
}

void xs_watch_close(struct xs_watch *w)
{
    if (!w)
        return;
    if (w->store)
        w->store->ops->close(w->store);
    free(w->seen.list);
    free(w->exits);
    free(w);
}

int xs_watch_fd(const struct xs_watch *w)
{
    return w->store->ops->fd(w->store);
}

int xs_watch_drain(struct xs_watch *w)
{
    char token[sizeof(TOKEN)];
    int rc;

    do {
        rc = w->store->ops->event(w->store, token, sizeof(token));
    } while (rc == 0);
    if (rc == -EAGAIN)
        return 0;
    return xs_refused(w->ctx, rc, EXITS);
}

/* A new watch rings at once. */
static int ring_again(struct xs_watch *w)
{
    int rc = w->store->ops->unwatch(w->store, EXITS, TOKEN);

    return rc < 0 ? xs_refused(w->ctx, rc, EXITS) : set_watch(w);
}

int xs_watch_read(struct xs_watch *w, struct noxs_exit *exits, size_t count)
{
    struct seen_list now;
    size_t n;
    int rc = xs_watch_drain(w);

    if (rc == 0)
        rc = look(w, &now);
    if (rc < 0)
        return rc;
    rc = compare_all(w, &now);
    if (rc < 0) {
        free(now.list);
        return rc;
    }
    free(w->seen.list);
    w->seen = now;
    n = w->exit_count < count ? w->exit_count : count;
    if (n < w->exit_count)
        rc = ring_again(w);
    if (rc < 0)
        return rc;
    memcpy(exits, w->exits, n * sizeof(*exits));
    w->exit_count -= n;
    memmove(w->exits, w->exits + n, w->exit_count * sizeof(*exits));
    return (int)n;
}
