/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * peek.c: ask a configuration by way of its JSON.
 */
#include <errno.h>
#include <stdlib.h>

#include <yajl/yajl_tree.h>

#include "peek.h"

static yajl_val get(yajl_val tree, const char *key)
{
    const char *path[] = {key, NULL};

    return yajl_tree_get(tree, path, yajl_t_any);
}

int config_peek(struct chaos_ctx *ctx, const struct chaos_config *cfg,
                unsigned *found_out)
{
    unsigned found = 0;
    char *text;
    yajl_val tree, value;
    int rc = chaos_config_json(ctx, cfg, &text);

    if (rc < 0)
        return rc;
    tree = yajl_tree_parse(text, NULL, 0);
    free(text);
    if (!tree)
        return -ENOMEM;
    value = get(tree, "uuid");
    if (value && YAJL_IS_STRING(value))
        found |= PEEK_UUID;
    value = get(tree, "paused");
    if (value && YAJL_IS_TRUE(value))
        found |= PEEK_PAUSED;
    yajl_tree_free(tree);
    *found_out = found;
    return 0;
}
