/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * store_model_internal.h: what the files of XenStore's model share.
 */
#ifndef STORE_MODEL_INTERNAL_H
#define STORE_MODEL_INTERNAL_H

#include "hv_model_internal.h"
#include "store_model.h"
#include "store_model_tree.h"

#define EVENTS_MAX 256u
#define TOKEN_SIZE 64u

/* A handle. */
struct model_store {
    struct store store;
    int fd;     /* an eventfd that is readable while there are events */
    int broken; /* why it is useless; 0: it is not */
    uint32_t transaction; /* 0: none */
    uint64_t seen;        /* generation when it began */
    struct tree tree;     /* the transaction's own */
    unsigned event_count;
    char events[EVENTS_MAX][TOKEN_SIZE];
};

static inline struct model_store *model_store(struct store *store)
{
    return (struct model_store *)(void *)store;
}

/* store_model.c: count a request: 0, or the error it is to fail with. */
int store_enter(struct model_store *m, const char *name);

/* store_model_watch.c */
void model_watch_reset(void);
void model_watch_forget(const struct store *store);
void model_watch_fire(const char *path);
int model_watch(struct store *store, const char *path, const char *token);
int model_unwatch(struct store *store, const char *path, const char *token);
int model_event(struct store *store, char *token_out, size_t size);

#endif /* STORE_MODEL_INTERNAL_H */
