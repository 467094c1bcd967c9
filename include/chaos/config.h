/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * chaos/config.h: the configuration a VM is made from (JSON; docs/config.md).
 *
 * Nothing here needs a hypervisor or blocks but for reading files.
 */
#ifndef CHAOS_CONFIG_H
#define CHAOS_CONFIG_H

#include <chaos/ctx.h>

#ifdef __cplusplus
extern "C" {
#endif

struct chaos_config;

/* An empty configuration, every key at its default. */
int chaos_config_create(struct chaos_ctx *ctx,
                        struct chaos_config **cfg_out) CHAOS_CHECK;
int chaos_config_copy(struct chaos_ctx *ctx, const struct chaos_config *cfg,
                      struct chaos_config **copy_out) CHAOS_CHECK;
/* NULL is fine. */
void chaos_config_destroy(struct chaos_config *cfg);

/*
 * Read a file ("-": standard input) or a text called `name` in messages. An
 * unknown, duplicate or out-of-range key is an error (-EINVAL) naming file,
 * line, key, value and what was expected; the configuration is then unchanged.
 * Relative paths in a file are relative to that file's directory.
 */
int chaos_config_load(struct chaos_ctx *ctx, struct chaos_config *cfg,
                      const char *path) CHAOS_CHECK;
int chaos_config_parse(struct chaos_ctx *ctx, struct chaos_config *cfg,
                       const char *name, const char *text,
                       size_t len) CHAOS_CHECK;

/*
 * Set one key from text as on the command line: "memory=8", "name=web-1",
 * "xen.pvh=true", "vifs=[{...}]". Replaces what was set before. A string needs
 * no quotes.
 */
int chaos_config_set(struct chaos_ctx *ctx, struct chaos_config *cfg,
                     const char *key, const char *value) CHAOS_CHECK;

/*
 * Check what only the whole can tell: that required keys are there and that
 * keys agree with one another. chaos_domain_create does so itself.
 */
int chaos_config_check(struct chaos_ctx *ctx,
                       const struct chaos_config *cfg) CHAOS_CHECK;

/* The name, or NULL where none is set; valid until the configuration changes.
 */
const char *chaos_config_name(const struct chaos_config *cfg);

/* The configuration as JSON that chaos_config_parse reads; free() it. */
int chaos_config_json(struct chaos_ctx *ctx, const struct chaos_config *cfg,
                      char **json_out) CHAOS_CHECK;

#ifdef __cplusplus
}
#endif

#endif /* CHAOS_CONFIG_H */
