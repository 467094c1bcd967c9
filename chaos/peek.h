/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * peek.h: what a configuration says, where the API has no getter.
 */
#ifndef CHAOS_PEEK_H
#define CHAOS_PEEK_H

#include <chaos/chaos.h>

/* Bits of *found_out. */
#define PEEK_UUID 0x1
#define PEEK_PAUSED 0x2

/* Which of them are set (uuid) or true (paused); -errno with the text. */
int config_peek(struct chaos_ctx *ctx, const struct chaos_config *cfg,
                unsigned *found_out) CHAOS_CHECK;

#endif /* CHAOS_PEEK_H */
