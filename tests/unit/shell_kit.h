/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shell_kit.h: what tests of shells start from.
 */
#ifndef TESTS_UNIT_SHELL_KIT_H
#define TESTS_UNIT_SHELL_KIT_H

#include <chaos/shell.h>

#include "kit.h"
#include "pool_model.h"

struct shell;

/* How a VM is made: in one go, or of a shell without or with its images. */
enum way { WAY_PLAIN, WAY_SHELL, WAY_LOADED, WAYS };
extern const char *const way_names[WAYS];

/* The shape of a shell for this configuration, made that way. */
struct chaosd_shape shell_shape(struct kit *kit, const struct chaos_config *cfg,
                                enum way way);
/* One that `daemon` owns. Asserts that it worked. */
struct chaos_shell *shell_prepare(struct kit *kit, struct chaos_ctx *daemon,
                                  const struct chaos_config *cfg, enum way way);
/* Sum it again: what is wrong with it is found by looking at it then. */
void shell_seal(struct shell *s);
/* With all that can be asked of a VM; writes the ramdisk. */
struct chaos_config *shell_rich_config(struct kit *kit);

/* What a test can tell of a VM, but for its id, one line each; free() it. */
char *shell_print(struct kit *kit, uint32_t domid);

/* Each pair of a key and its value alone, and a uuid, is checked so. */
typedef void shell_way_check(struct kit *kit, const struct chaos_config *cfg);
void shell_each_wish(struct kit *kit, const char *const (*wishes)[2],
                     size_t count, shell_way_check *check);

/* How many domains are in the making, and how many of them nobody's. */
unsigned shell_births(struct chaos_ctx *ctx, unsigned *orphans_out);
/* Reap all that are nobody's. */
void shell_reap_all(struct chaos_ctx *ctx);

#endif /* TESTS_UNIT_SHELL_KIT_H */
