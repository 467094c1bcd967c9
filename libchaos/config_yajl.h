/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * config_yajl.h: memory for libyajl, which does not look whether it got any.
 *
 * Each run of its parser or generator gets an arena that has room for whatever
 * a text of that length can make it ask for; nothing is freed before the end.
 * A usual configuration fits on the stack.
 */
#ifndef LIBCHAOS_CONFIG_YAJL_H
#define LIBCHAOS_CONFIG_YAJL_H

#include <stddef.h>

#include <yajl/yajl_common.h>

/* Handles, the stack of states, a message. */
#define CONFIG_ARENA_BASE 1024
/* yajl's buffers start at this size and double. */
#define CONFIG_ARENA_BUFFER 2048

struct config_arena {
    yajl_alloc_funcs funcs;
    char *next, *end;
    char *last; /* what was handed out last, which can grow in place */
    char *heap; /* owned; NULL: room is enough */
    _Alignas(16) char room[CONFIG_ARENA_BASE + 2 * CONFIG_ARENA_BUFFER];
};

/* config_yajl.c */

/* For a text of len bytes; must stay where it is. -ENOMEM. */
int chaos__config_arena_init(struct config_arena *arena, size_t len);
void chaos__config_arena_dispose(struct config_arena *arena);

#endif /* LIBCHAOS_CONFIG_YAJL_H */
