/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * config.c: make, copy and end configurations, and read them from texts.
 */
#include <errno.h>
#include <string.h>

#include "config_keys.h"
#include "internal.h"

int chaos_config_create(struct chaos_ctx *ctx, struct chaos_config **cfg_out)
{
    struct chaos_config *cfg = calloc(1, sizeof(*cfg));

    if (!cfg)
        return chaos__fail(ctx, -ENOMEM, "configuration");
    chaos__config_defaults(&chaos__config_root, cfg);
    *cfg_out = cfg;
    return 0;
}

int chaos_config_copy(struct chaos_ctx *ctx, const struct chaos_config *cfg,
                      struct chaos_config **copy_out)
{
    CLEANUP_FREE struct chaos_config *copy = malloc(sizeof(*copy));
    int rc =
        copy ? chaos__config_clone(&chaos__config_root, copy, cfg) : -ENOMEM;

    if (rc < 0)
        return chaos__fail(ctx, rc, "configuration");
    *copy_out = TAKE_PTR(copy);
    return 0;
}

void chaos_config_destroy(struct chaos_config *cfg)
{
    if (!cfg)
        return;
    chaos__config_dispose(&chaos__config_root, cfg);
    free(cfg);
}

int chaos_config_parse(struct chaos_ctx *ctx, struct chaos_config *cfg,
                       const char *name, const char *text, size_t len)
{
    struct config_text json = {
        .source = name, .text = text, .len = len, .dir = ""};
    struct config_where where = {.source = name};

    if (len > CONFIG_SIZE_MAX)
        return chaos__config_refuse_text(
            ctx, &where, "expected a configuration of at most 1 MiB");
    return chaos__config_parse(ctx, cfg, &json, NULL, NULL);
}

const char *chaos_config_name(const struct chaos_config *cfg)
{
    return cfg->name;
}
