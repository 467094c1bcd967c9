/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * address.c: the addresses of a domain's vifs, from its configuration.
 */
#include <stdlib.h>
#include <strings.h>

#include <yajl/yajl_tree.h>

#include "device.h"

void addresses_read(struct cli *cli, uint32_t domid, struct addresses *a)
{
    struct chaos_config *cfg;
    char *text;

    a->tree = NULL;
    /* A domain that another toolstack made has none. */
    if (chaos_domain_config(cli->ctx, domid, &cfg) < 0)
        return;
    if (chaos_config_json(cli->ctx, cfg, &text) == 0) {
        a->tree = yajl_tree_parse(text, NULL, 0);
        free(text);
    }
    chaos_config_destroy(cfg);
}

static const char *get_text(yajl_val map, const char *key)
{
    const char *path[] = {key, NULL};
    yajl_val value = yajl_tree_get(map, path, yajl_t_string);

    return value ? YAJL_GET_STRING(value) : NULL;
}

/* By its MAC address; one that was given none there, by its place. */
const char *addresses_find(const struct addresses *a, uint32_t id,
                           const char *mac)
{
    const char *path[] = {"vifs", NULL};
    yajl_val vifs = a->tree ? yajl_tree_get(a->tree, path, yajl_t_array) : NULL;
    size_t i;

    for (i = 0; vifs && i < YAJL_GET_ARRAY(vifs)->len; i++) {
        yajl_val vif = YAJL_GET_ARRAY(vifs)->values[i];
        const char *its = get_text(vif, "mac");

        if (its ? strcasecmp(its, mac) == 0 : i == id)
            return get_text(vif, "ip");
    }
    return NULL;
}

void addresses_dispose(struct addresses *a)
{
    yajl_tree_free(a->tree);
    a->tree = NULL;
}
