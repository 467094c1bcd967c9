/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shapes.c: the table of shapes, and those that were asked for in vain.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pool_internal.h"

void shapes_init(struct shapes *shapes)
{
    memset(shapes, 0, sizeof(*shapes));
    TAILQ_INIT(&shapes->list);
}

struct shape *shapes_add(struct shapes *shapes, const struct chaosd_shape *is,
                         uint64_t now)
{
    struct shape *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->is = *is;
    s->asked_ns = now;
    TAILQ_INIT(&s->shells);
    TAILQ_INSERT_TAIL(&shapes->list, s, list);
    shapes->count++;
    return s;
}

void shapes_drop(struct shapes *shapes, struct shape *s)
{
    if (s->gone)
        return;
    s->gone = true;
    shapes->count--;
    if (s->learnt)
        shapes->learnt--;
}

void shapes_release(struct shapes *shapes, struct shape *s)
{
    if (!s->gone || s->look ||
        s->ready + s->preparing + s->given + s->ending > 0)
        return;
    TAILQ_REMOVE(&shapes->list, s, list);
    free(s);
}

void shapes_dispose(struct shapes *shapes)
{
    struct shape *s;

    while ((s = TAILQ_FIRST(&shapes->list))) {
        TAILQ_REMOVE(&shapes->list, s, list);
        free(s->look);
        free(s);
    }
}

struct shape *shapes_named(const struct shapes *shapes, const char *name)
{
    struct shape *s;

    TAILQ_FOREACH(s, &shapes->list, list)
    {
        if (!s->gone && strcmp(s->name, name) == 0)
            return s;
    }
    return NULL;
}

struct shape *shapes_best_ready(const struct shapes *shapes,
                                const struct chaosd_shape *asked)
{
    struct shape *s, *best = NULL;
    unsigned best_fit = SHAPE_FIT_NONE;

    TAILQ_FOREACH(s, &shapes->list, list)
    {
        unsigned value = s->ready > 0 ? shape_fit(&s->is, asked) : 0;

        if (value < best_fit || value == SHAPE_FIT_NONE)
            continue;
        if (value == best_fit && TAILQ_FIRST(&s->shells)->since_ns >=
                                     TAILQ_FIRST(&best->shells)->since_ns)
            continue;
        best_fit = value;
        best = s;
    }
    return best;
}

struct shape *shapes_oldest_learnt(const struct shapes *shapes)
{
    struct shape *s, *oldest = NULL;

    TAILQ_FOREACH(s, &shapes->list, list)
    {
        if (!s->gone && s->learnt &&
            (!oldest || s->asked_ns < oldest->asked_ns))
            oldest = s;
    }
    return oldest;
}

/* --- asked for in vain ------------------------------------------------------
 */

static bool same_miss(const struct miss *miss, const struct chaosd_shape *asked)
{
    return miss->at_ns > 0 && shape_same_class(&miss->is, asked) &&
           memcmp(miss->is.bridges, asked->bridges, sizeof(asked->bridges)) ==
               0 &&
           shape_same_paths(&miss->is, asked);
}

bool shapes_miss(struct shapes *shapes, const struct chaosd_shape *asked,
                 uint64_t now)
{
    struct miss *m, *oldest = &shapes->misses[0];
    bool again;

    for (m = shapes->misses; m < shapes->misses + SHAPES_MISSES; m++) {
        if (same_miss(m, asked))
            break;
        if (m->at_ns < oldest->at_ns)
            oldest = m;
    }
    if (m == shapes->misses + SHAPES_MISSES) {
        oldest->is = *asked;
        oldest->at_ns = now;
        return false;
    }
    again = now - m->at_ns <= SHAPES_LEARN_NS;
    m->is = *asked;
    m->at_ns = again ? 0 : now;
    return again;
}
