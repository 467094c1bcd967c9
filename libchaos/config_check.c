/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * config_check.c: what only a whole configuration can tell: that required keys
 * are there and that keys agree with one another.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config_keys.h"
#include "internal.h"
#include "parse.h"

static int refuse_twice(struct chaos_ctx *ctx, const char *list, unsigned index,
                        const char *member, const char *text, unsigned other)
{
    char shown[SHOW_SIZE(SHOW_CHARS)];

    return chaos__fail(
        ctx, -EINVAL, "%s[%u].%s: \"%s\": expected another than %s[%u] has",
        list, index, member, chaos__show(shown, SHOW_CHARS, text, strlen(text)),
        list, other);
}

static int check_gateway(struct chaos_ctx *ctx, const struct config_vif *vif,
                         unsigned index)
{
    struct parsed_ip ip, gateway;

    if (!vif->gateway ||
        chaos__parse_ip(vif->gateway, strlen(vif->gateway), &gateway) < 0)
        return 0;
    if (!vif->ip || chaos__parse_ip(vif->ip, strlen(vif->ip), &ip) < 0)
        return chaos__fail(ctx, -EINVAL,
                           "vifs[%u].gateway: \"%s\": expected an ip beside it",
                           index, vif->gateway);
    if (ip.is_ipv6 != gateway.is_ipv6)
        return chaos__fail(
            ctx, -EINVAL,
            "vifs[%u].gateway: \"%s\": expected an %s address, as ip is", index,
            vif->gateway, ip.is_ipv6 ? "IPv6" : "IPv4");
    return 0;
}

static int check_vif_pair(struct chaos_ctx *ctx, const struct chaos_config *cfg,
                          unsigned index, unsigned other)
{
    const struct config_vif *a = &cfg->vifs[index];
    const struct config_vif *b = &cfg->vifs[other];
    char buf[FORMAT_MAC_SIZE];

    if (a->has_mac && b->has_mac && !memcmp(a->mac, b->mac, sizeof(a->mac))) {
        (void)chaos__format_mac(buf, a->mac);
        return refuse_twice(ctx, "vifs", index, "mac", buf, other);
    }
    if (a->ifname && b->ifname && !strcmp(a->ifname, b->ifname))
        return refuse_twice(ctx, "vifs", index, "ifname", a->ifname, other);
    return 0;
}

static int check_vifs(struct chaos_ctx *ctx, const struct chaos_config *cfg)
{
    unsigned i, j;
    int rc = 0;

    for (i = 0; rc == 0 && i < cfg->vif_count; i++) {
        rc = check_gateway(ctx, &cfg->vifs[i], i);
        for (j = 0; rc == 0 && j < i; j++)
            rc = check_vif_pair(ctx, cfg, i, j);
    }
    return rc;
}

static int check_vbd_pair(struct chaos_ctx *ctx, const struct chaos_config *cfg,
                          unsigned index, unsigned other)
{
    const struct config_vbd *a = &cfg->vbds[index];
    const struct config_vbd *b = &cfg->vbds[other];
    uint32_t number = 0, other_number = 1;
    char shown[SHOW_SIZE(SHOW_CHARS)];

    if (config_vdev_number(a->vdev, &number) == 0 &&
        config_vdev_number(b->vdev, &other_number) == 0 &&
        number == other_number)
        return refuse_twice(ctx, "vbds", index, "vdev", a->vdev, other);
    if ((a->writable || b->writable) && !strcmp(a->target, b->target))
        return chaos__fail(
            ctx, -EINVAL,
            "vbds[%u].target: \"%s\": expected another than vbds[%u] has, as "
            "only disks that are read only can share one",
            index, chaos__show(shown, SHOW_CHARS, a->target, strlen(a->target)),
            other);
    return 0;
}

/* Each of a file has them; one of key=value may lack some. */
static int check_required(struct chaos_ctx *ctx, const struct config_vbd *vbd,
                          unsigned index)
{
    const struct config_key *vbds =
        chaos__config_key(&chaos__config_root, "vbds", 4);
    const char *missing = !vbd->target ? "target" : !vbd->vdev ? "vdev" : NULL;
    char path[32];
    struct config_where where = {.path = path};

    if (!missing)
        return 0;
    (void)snprintf(path, sizeof(path), "vbds[%u].%s", index, missing);
    return chaos__config_refuse_missing(
        ctx, &where,
        chaos__config_key(vbds->members, missing, strlen(missing)));
}

static int check_vbds(struct chaos_ctx *ctx, const struct chaos_config *cfg)
{
    unsigned i, j;
    int rc = 0;

    for (i = 0; rc == 0 && i < cfg->vbd_count; i++) {
        rc = check_required(ctx, &cfg->vbds[i], i);
        for (j = 0; rc == 0 && j < i; j++)
            rc = check_vbd_pair(ctx, cfg, i, j);
    }
    return rc;
}

int chaos__config_check_devices(struct chaos_ctx *ctx,
                                const struct chaos_config *cfg)
{
    int rc = check_vifs(ctx, cfg);

    return rc < 0 ? rc : check_vbds(ctx, cfg);
}

int chaos_config_check(struct chaos_ctx *ctx, const struct chaos_config *cfg)
{
    const struct config_key *kernel =
        chaos__config_key(&chaos__config_root, "kernel", 6);
    struct config_where where = {.path = kernel->name};

    if (!cfg->kernel)
        return chaos__config_refuse_missing(ctx, &where, kernel);
    if (cfg->address_size != 64)
        return chaos__fail(ctx, -EOPNOTSUPP,
                           "address_size: %u: expected 64, as 32-bit guests "
                           "are not built",
                           cfg->address_size);
    return chaos__config_check_devices(ctx, cfg);
}
