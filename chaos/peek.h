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
#define PEEK_MAC 0x4
#define PEEK_IFNAME 0x8
#define PEEK_DISK 0x10

/*
 * Which of them are set (the uuid; the mac or ifname of any vif) or true
 * (paused; that any vbd is written to); -errno with the text.
 */
int config_peek(struct chaos_ctx *ctx, const struct chaos_config *cfg,
                unsigned *found_out) CHAOS_CHECK;

#endif /* CHAOS_PEEK_H */
