/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exits_history.c: how often each VM was restarted lately.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "exits_history.h"

#define BUCKETS 256

struct past {
    TAILQ_ENTRY(past) bucket;
    uint8_t uuid[NOXS_UUID_SIZE];
    unsigned count, room;
    uint64_t *times; /* owned; the oldest first */
};

TAILQ_HEAD(past_list, past);

struct history {
    struct past_list buckets[BUCKETS];
    unsigned size;
};

int history_create(struct history **history_out)
{
    struct history *history = calloc(1, sizeof(*history));
    unsigned i;

    if (!history)
        return -ENOMEM;
    for (i = 0; i < BUCKETS; i++)
        TAILQ_INIT(&history->buckets[i]);
    *history_out = history;
    return 0;
}

/* Uuids are random, but for the first bytes of some. */
static struct past_list *bucket_of(struct history *history, const uint8_t *uuid)
{
    return &history->buckets[uuid[NOXS_UUID_SIZE - 1]];
}

static struct past *past_of(struct history *history, const uint8_t *uuid)
{
    struct past *past;

    TAILQ_FOREACH(past, bucket_of(history, uuid), bucket)
    {
        if (memcmp(past->uuid, uuid, NOXS_UUID_SIZE) == 0)
            return past;
    }
    return NULL;
}

static void forget(struct history *history, struct past *past)
{
    TAILQ_REMOVE(bucket_of(history, past->uuid), past, bucket);
    history->size--;
    free(past->times);
    free(past);
}

void history_destroy(struct history *history)
{
    if (!history)
        return;
    history_prune(history, UINT64_MAX);
    free(history);
}

static void drop_first(struct past *past, unsigned n)
{
    past->count -= n;
    memmove(past->times, past->times + n, past->count * sizeof(*past->times));
}

unsigned history_count(struct history *history,
                       const uint8_t uuid[NOXS_UUID_SIZE], uint64_t since_ns)
{
    struct past *past = past_of(history, uuid);
    unsigned old = 0;

    if (!past)
        return 0;
    while (old < past->count && past->times[old] < since_ns)
        old++;
    drop_first(past, old);
    if (past->count > 0)
        return past->count;
    forget(history, past);
    return 0;
}

static struct past *past_make(struct history *history, const uint8_t *uuid)
{
    struct past *past = calloc(1, sizeof(*past));

    if (!past)
        return NULL;
    memcpy(past->uuid, uuid, NOXS_UUID_SIZE);
    TAILQ_INSERT_TAIL(bucket_of(history, uuid), past, bucket);
    history->size++;
    return past;
}

static void rename_past(struct history *history, struct past *past,
                        const uint8_t *uuid)
{
    TAILQ_REMOVE(bucket_of(history, past->uuid), past, bucket);
    memcpy(past->uuid, uuid, NOXS_UUID_SIZE);
    TAILQ_INSERT_TAIL(bucket_of(history, uuid), past, bucket);
}

static int make_room(struct past *past)
{
    unsigned room = past->room ? past->room * 2 : 4;
    uint64_t *times;

    if (past->count < past->room)
        return 0;
    times = realloc(past->times, room * sizeof(*times));
    if (!times)
        return -ENOMEM;
    past->times = times;
    past->room = room;
    return 0;
}

int history_add(struct history *history, const uint8_t old_uuid[NOXS_UUID_SIZE],
                const uint8_t uuid[NOXS_UUID_SIZE], uint64_t now_ns,
                unsigned most)
{
    struct past *past = past_of(history, old_uuid);

    if (!past)
        past = past_make(history, uuid);
    else if (memcmp(old_uuid, uuid, NOXS_UUID_SIZE) != 0)
        rename_past(history, past, uuid);
    if (!past)
        return -ENOMEM;
    if (most == 0)
        most = 1;
    if (past->count >= most)
        drop_first(past, past->count - most + 1);
    if (make_room(past) < 0) {
        if (past->count == 0)
            forget(history, past);
        return -ENOMEM;
    }
    past->times[past->count++] = now_ns;
    return 0;
}

void history_prune(struct history *history, uint64_t since_ns)
{
    struct past *past, *next;
    unsigned i;

    for (i = 0; i < BUCKETS; i++) {
        for (past = TAILQ_FIRST(&history->buckets[i]); past; past = next) {
            next = TAILQ_NEXT(past, bucket);
            if (past->count == 0 || past->times[past->count - 1] < since_ns)
                forget(history, past);
        }
    }
}

unsigned history_size(const struct history *history)
{
    return history->size;
}
