/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * config_yajl.c: memory for libyajl.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config_yajl.h"

static void *arena_alloc(void *arg, size_t size)
{
    struct config_arena *arena = arg;
    size_t need = (size + 15) & ~(size_t)15;

    if (need > (size_t)(arena->end - arena->next))
        return NULL;
    arena->last = arena->next;
    arena->next += need;
    return arena->last;
}

/*
 * The old size is not known, but what lies behind the old block is the
 * arena's, too: a copy may be too long, never out of bounds.
 */
static void *arena_realloc(void *arg, void *old, size_t size)
{
    struct config_arena *arena = arg;
    char *from = old;
    char *to;

    if (from && from == arena->last)
        arena->next = from;
    to = arena_alloc(arena, size);
    if (to && from && to != from)
        memcpy(to, from,
               size < (size_t)(to - from) ? size : (size_t)(to - from));
    return to;
}

static void arena_free(void *arg, void *old)
{
    (void)arg;
    (void)old;
}

int chaos__config_arena_init(struct config_arena *arena, size_t len)
{
    size_t buffer = CONFIG_ARENA_BUFFER;
    size_t size;

    /*
     * Two buffers can come to hold a token: that of decoded escapes and that
     * of a token the text's end cuts. They double until the token fits; the
     * one in use is the last block of the arena, so that it grows in place.
     */
    while (buffer <= len)
        buffer *= 2;
    size = CONFIG_ARENA_BASE + 2 * buffer;
    arena->heap = NULL;
    arena->next = arena->room;
    if (size > sizeof(arena->room)) {
        arena->heap = malloc(size);
        if (!arena->heap)
            return -ENOMEM;
        arena->next = arena->heap;
    }
    arena->end = arena->next + size;
    arena->last = NULL;
    arena->funcs = (yajl_alloc_funcs){.malloc = arena_alloc,
                                      .realloc = arena_realloc,
                                      .free = arena_free,
                                      .ctx = arena};
    return 0;
}

void chaos__config_arena_dispose(struct config_arena *arena)
{
    free(arena->heap);
}
