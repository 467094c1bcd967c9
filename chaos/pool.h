/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool.h: chaos pool, in its files.
 */
#ifndef CHAOS_POOL_H
#define CHAOS_POOL_H

#include <yajl/yajl_tree.h>

#include "cli.h"

/* pool_status.c: the daemon's reply to POOL_STATUS as tables. */
void pool_print(struct out *out, yajl_val status);

/* pool_set.c */
extern const struct command pool_set_command;

#endif /* CHAOS_POOL_H */
