/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * peek.c: ask a configuration by way of its JSON.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_tree.h>

#include "peek.h"

static yajl_val get(yajl_val tree, const char *key)
{
    const char *path[] = {key, NULL};

    return yajl_tree_get(tree, path, yajl_t_any);
}

/* Any object in a list has that key, with that text unless it is NULL. */
static bool any_has(yajl_val list, const char *key, const char *text)
{
    size_t i;

    for (i = 0; list && i < YAJL_GET_ARRAY(list)->len; i++) {
        yajl_val value = get(YAJL_GET_ARRAY(list)->values[i], key);
        const char *its = value ? YAJL_GET_STRING(value) : NULL;

        if (its && (!text || strcmp(its, text) == 0))
            return true;
    }
    return false;
}

static unsigned peek_devices(yajl_val tree)
{
    unsigned found = 0;

    if (any_has(get(tree, "vifs"), "mac", NULL))
        found |= PEEK_MAC;
    if (any_has(get(tree, "vifs"), "ifname", NULL))
        found |= PEEK_IFNAME;
    if (any_has(get(tree, "vbds"), "access", "w"))
        found |= PEEK_DISK;
    return found;
}

/* What is at its default is not written: of these one is to restart. */
static unsigned peek_policies(yajl_val tree)
{
    static const struct {
        const char *key;
        unsigned bit;
        bool by_default;
    } policies[] = {{"on_poweroff", PEEK_RESTART_POWEROFF, false},
                    {"on_reboot", PEEK_RESTART_REBOOT, true},
                    {"on_crash", PEEK_RESTART_CRASH, false}};
    unsigned found = 0;
    size_t i;

    for (i = 0; i < sizeof(policies) / sizeof(*policies); i++) {
        yajl_val value = get(tree, policies[i].key);
        const char *text = value ? YAJL_GET_STRING(value) : NULL;

        if (text ? strstr(text, "restart") != NULL : policies[i].by_default)
            found |= policies[i].bit;
    }
    return found;
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
    found |= peek_devices(tree);
    found |= peek_policies(tree);
    yajl_tree_free(tree);
    *found_out = found;
    return 0;
}
