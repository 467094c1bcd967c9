/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * store_model_watch.c: watches of the model's XenStore, and their events.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store_model_internal.h"

#define WATCHES_MAX 32u
struct store_watch {
    struct store *store; /* NULL: free */
    char path[STORE_PATH_SIZE];
    char token[TOKEN_SIZE];
};

static struct store_watch watches[WATCHES_MAX];

void model_watch_reset(void)
{
    memset(watches, 0, sizeof(watches));
}

static void event_add(struct store_watch *w)
{
    struct model_store *m = model_store(w->store);
    uint64_t one = 1;

    if (m->event_count == EVENTS_MAX)
        abort();
    memcpy(m->events[m->event_count++], w->token, TOKEN_SIZE);
    if (write(m->fd, &one, sizeof(one)) != sizeof(one))
        abort();
}

void model_watch_fire(const char *path)
{
    unsigned i;

    for (i = 0; i < WATCHES_MAX; i++) {
        struct store_watch *w = &watches[i];

        if (w->store &&
            (tree_is_below(path, w->path) || tree_is_below(w->path, path)))
            event_add(w);
    }
}

unsigned model_store_watches(void)
{
    unsigned i, n = 0;

    for (i = 0; i < WATCHES_MAX; i++)
        n += watches[i].store != NULL;
    return n;
}

static struct store_watch *watch_find(const struct store *store,
                                      const char *path, const char *token)
{
    unsigned i;

    for (i = 0; i < WATCHES_MAX; i++) {
        struct store_watch *w = &watches[i];

        if (w->store == store && (!path || (strcmp(w->path, path) == 0 &&
                                            strcmp(w->token, token) == 0)))
            return w;
    }
    return NULL;
}

int model_watch(struct store *store, const char *path, const char *token)
{
    struct store_watch *w = watch_find(NULL, NULL, NULL);
    int rc = store_enter(model_store(store), "store_watch");

    if (rc < 0)
        return rc;
    if (watch_find(store, path, token))
        return -EEXIST;
    if (!w)
        return -E2BIG;
    w->store = store;
    snprintf(w->path, sizeof(w->path), "%s", path);
    snprintf(w->token, sizeof(w->token), "%s", token);
    event_add(w);
    return model_leave("store_watch", 0);
}

int model_unwatch(struct store *store, const char *path, const char *token)
{
    struct store_watch *w = watch_find(store, path, token);
    int rc = store_enter(model_store(store), "store_unwatch");

    if (rc < 0)
        return rc;
    if (!w)
        return -ENOENT;
    w->store = NULL;
    return model_leave("store_unwatch", 0);
}

int model_event(struct store *store, char *token_out, size_t size)
{
    struct model_store *m = model_store(store);
    uint64_t drained;

    if (m->event_count == 0)
        return store_knobs.dead ? -EPIPE : -EAGAIN;
    snprintf(token_out, size, "%s", m->events[0]);
    memmove(m->events[0], m->events[1], --m->event_count * TOKEN_SIZE);
    if (m->event_count == 0 &&
        read(m->fd, &drained, sizeof(drained)) != sizeof(drained))
        abort();
    return 0;
}

void model_watch_forget(const struct store *store)
{
    struct store_watch *w;

    while ((w = watch_find(store, NULL, NULL)))
        w->store = NULL;
}
