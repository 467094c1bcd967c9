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
/* It is to be restarted, under this or another name, when it ... */
#define PEEK_RESTART_POWEROFF 0x20
#define PEEK_RESTART_REBOOT 0x40
#define PEEK_RESTART_CRASH 0x80

/*
 * Which of them are set (the uuid; the mac or ifname of any vif) or true
 * (paused; that any vbd is written to; that it is restarted); -errno with the
 * text.
 */
int config_peek(struct chaos_ctx *ctx, const struct chaos_config *cfg,
                unsigned *found_out) CHAOS_CHECK;

#endif /* CHAOS_PEEK_H */
