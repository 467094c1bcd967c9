/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * config.c: make, copy, change and check configurations.
 */
#include <errno.h>
#include <string.h>

#include "config_keys.h"
#include "internal.h"
#include "parse.h"

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

/* "xen.pvh": the key; NULL with the error's text set. */
static const struct config_key *find_key(struct chaos_ctx *ctx,
                                         const char *name)
{
    const struct config_table *table = &chaos__config_root;
    char shown[SHOW_SIZE(SHOW_CHARS)];
    struct config_where where = {.path = shown};
    const char *part = name;

    for (;;) {
        size_t len = strcspn(part, ".");
        const struct config_key *key = chaos__config_key(table, part, len);

        if (key && part[len] == '\0')
            return key;
        /* A list's elements have no names. */
        if (!key || !(key->kinds & CONFIG_OBJECT))
            break;
        table = key->members;
        part += len + 1;
    }
    chaos__show_key(shown, name, strlen(name));
    (void)chaos__config_refuse_unknown(ctx, &where, table);
    return NULL;
}

int chaos_config_set(struct chaos_ctx *ctx, struct chaos_config *cfg,
                     const char *key_name, const char *text)
{
    const struct config_key *key = find_key(ctx, key_name);
    struct config_value value = {
        .kind = CONFIG_TEXT, .text = text, .len = strlen(text), .dir = ""};
    struct config_text json = {.text = text, .len = value.len, .dir = ""};
    struct config_where where = {.path = key_name};
    const char *first = text + strspn(text, " \t\r\n");
    int rc;

    if (!key)
        return -EINVAL;
    /* Objects and lists have no form but JSON. */
    if (((key->kinds & CONFIG_OBJECT) && *first == '{') ||
        ((key->kinds & CONFIG_LIST) && *first == '['))
        return value.len > CONFIG_SIZE_MAX
                   ? chaos__config_refuse_text(ctx, &where,
                                               "expected at most 1 MiB")
                   : chaos__config_parse(ctx, cfg, &json, key, key_name);
    rc = chaos__config_assign(key, &value, cfg);
    return rc < 0 ? chaos__config_refuse(ctx, &where, key, &value, rc) : 0;
}

const char *chaos_config_name(const struct chaos_config *cfg)
{
    return cfg->name;
}

static int check_macs(struct chaos_ctx *ctx, const struct chaos_config *cfg)
{
    unsigned i, j;

    for (i = 0; i < cfg->vif_count; i++) {
        const struct config_vif *vif = &cfg->vifs[i];

        for (j = 0; vif->has_mac && j < i; j++) {
            char buf[FORMAT_MAC_SIZE];

            if (!cfg->vifs[j].has_mac ||
                memcmp(vif->mac, cfg->vifs[j].mac, sizeof(vif->mac)) != 0)
                continue;
            (void)chaos__format_mac(buf, vif->mac);
            return chaos__fail(ctx, -EINVAL,
                               "vifs[%u].mac: \"%s\": expected another than "
                               "vifs[%u] has",
                               i, buf, j);
        }
    }
    return 0;
}

static int check_vdevs(struct chaos_ctx *ctx, const struct chaos_config *cfg)
{
    unsigned i, j;

    for (i = 0; i < cfg->vbd_count; i++)
        for (j = 0; j < i; j++)
            if (!strcmp(cfg->vbds[i].vdev, cfg->vbds[j].vdev))
                return chaos__fail(ctx, -EINVAL,
                                   "vbds[%u].vdev: \"%s\": expected another "
                                   "than vbds[%u] has",
                                   i, cfg->vbds[i].vdev, j);
    return 0;
}

int chaos_config_check(struct chaos_ctx *ctx, const struct chaos_config *cfg)
{
    const struct config_key *kernel =
        chaos__config_key(&chaos__config_root, "kernel", 6);
    struct config_where where = {.path = kernel->name};
    int rc;

    if (!cfg->kernel)
        return chaos__config_refuse_missing(ctx, &where, kernel);
    if (cfg->address_size != 64)
        return chaos__fail(ctx, -EOPNOTSUPP,
                           "address_size: %u: expected 64, as 32-bit guests "
                           "are not built",
                           cfg->address_size);
    rc = check_macs(ctx, cfg);
    return rc < 0 ? rc : check_vdevs(ctx, cfg);
}
