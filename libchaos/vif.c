/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * vif.c: one network interface: its bridge, its MAC address, its back end.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <noxs/net.h>

#include "devices.h"
#include "internal.h"

#define HASH_START 0xcbf29ce484222325u
#define HASH_PRIME 0x100000001b3u

/* As the module names it when it is not told. */
void vif_name(const struct config_vif *cfg, uint32_t domid, uint32_t id,
              char ifname_out[HOST_IFNAME_SIZE])
{
    if (cfg->ifname)
        (void)snprintf(ifname_out, HOST_IFNAME_SIZE, "%s", cfg->ifname);
    else
        (void)snprintf(ifname_out, HOST_IFNAME_SIZE, "vif%u.%u", domid & 0xffff,
                       id & 0xffff);
}

int vif_find_bridge(struct chaos_ctx *ctx, struct host *host, struct vif *v)
{
    const char *bridge = v->cfg->bridge;
    uint32_t mtu = NOXS_NET_MTU_DEFAULT;
    int rc;

    if (bridge) {
        rc = host->ops->bridge_find(host, bridge, &v->bridge, &mtu);
        if (rc == -ENODEV)
            return chaos__fail(
                ctx, rc,
                "vifs[%u].bridge: there is no bridge '%s' on this host",
                v->index, bridge);
        if (rc < 0)
            return chaos__fail(ctx, rc,
                               "vifs[%u].bridge: cannot ask for bridge '%s'",
                               v->index, bridge);
    }
    if (v->cfg->mtu)
        mtu = v->cfg->mtu;
    v->mtu = (uint16_t)(mtu < NOXS_NET_MTU_MAX ? mtu : NOXS_NET_MTU_MAX);
    return 0;
}

/* FNV-1a, and a last mixing, as its low bits alone differ much. */
static uint64_t hash(uint64_t h, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    size_t i;

    for (i = 0; i < size; i++)
        h = (h ^ bytes[i]) * HASH_PRIME;
    return h;
}

static uint64_t mix(uint64_t h)
{
    h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
    h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
    return h ^ h >> 33;
}

void vif_make_mac(const uint8_t uuid[NOXS_UUID_SIZE], uint32_t id, unsigned try,
                  uint8_t mac[6])
{
    uint64_t h = hash(HASH_START, uuid, NOXS_UUID_SIZE);
    uint32_t count = try;
    unsigned i;

    h = hash(h, &id, sizeof(id));
    h = mix(hash(h, &count, sizeof(count)));
    for (i = 0; i < 6; i++)
        mac[i] = (uint8_t)(h >> (8 * i));
    mac[0] = (uint8_t)((mac[0] & 0xfc) | 0x02);
}

void vif_wish(const struct vif *v, uint32_t domid, struct host_vif *wish_out)
{
    struct noxs_net_address address;
    struct host_vif wish = {
        .domid = domid,
        .id = v->id,
        .evtchn = v->evtchn,
        .mtu = v->mtu,
        .ifname = v->cfg->ifname ? v->cfg->ifname : "",
        .rate_bytes = v->cfg->rate_bytes,
        .rate_interval_us = v->cfg->rate_bytes ? v->cfg->rate_interval_us : 0,
    };

    config_vif_address(v->cfg, &address);
    wish.family = address.family;
    wish.prefix = address.prefix;
    wish.has_gateway = address.has_gateway != 0;
    memcpy(wish.address, address.address, sizeof(wish.address));
    memcpy(wish.gateway, address.gateway, sizeof(wish.gateway));
    memcpy(wish.mac, v->mac, sizeof(wish.mac));
    *wish_out = wish;
}

static int create(struct host *host, uint32_t domid, struct vif *v)
{
    struct host_vif wish;

    vif_wish(v, domid, &wish);
    return host->ops->vif_create(host, &wish, &v->ifindex, v->ifname,
                                 &v->device);
}

/* With its own address, or the first one made that nobody has. */
static int create_with_mac(struct host *host, uint32_t domid,
                           const uint8_t uuid[NOXS_UUID_SIZE], struct vif *v)
{
    unsigned try;
    int rc = -EADDRINUSE;

    if (v->cfg->has_mac) {
        memcpy(v->mac, v->cfg->mac, sizeof(v->mac));
        return create(host, domid, v);
    }
    for (try = 0; rc == -EADDRINUSE && try < VIF_MAC_TRIES; try++) {
        vif_make_mac(uuid, v->id, try, v->mac);
        rc = create(host, domid, v);
    }
    return rc;
}

int vif_mac_taken(struct chaos_ctx *ctx, const struct vif *v)
{
    const uint8_t *mac = v->mac;

    return chaos__fail(ctx, -EEXIST,
                       "vifs[%u].mac: another vif of this host has the address "
                       "%02x:%02x:%02x:%02x:%02x:%02x",
                       v->index, mac[0], mac[1], mac[2], mac[3], mac[4],
                       mac[5]);
}

int vif_ifname_taken(struct chaos_ctx *ctx, const struct vif *v)
{
    if (v->cfg->ifname)
        return chaos__fail(
            ctx, -EEXIST, "vifs[%u].ifname: there is an interface '%s' already",
            v->index, v->cfg->ifname);
    return chaos__fail(
        ctx, -EEXIST, "vifs[%u]: there is such an interface already", v->index);
}

static int create_failed(struct chaos_ctx *ctx, int rc, const struct vif *v)
{
    char what[32];

    if (rc == -EADDRINUSE)
        return vif_mac_taken(ctx, v);
    if (rc == -EEXIST)
        return vif_ifname_taken(ctx, v);
    (void)snprintf(what, sizeof(what), "vifs[%u]", v->index);
    return device_refused(ctx, rc, what);
}

/* EXFULL is what Linux says where a bridge has its 1,023 ports. */
int vif_cannot_join(struct chaos_ctx *ctx, int rc, const struct vif *v)
{
    if (rc == -EXFULL)
        return chaos__fail(ctx, rc,
                           "vifs[%u].bridge: bridge '%s' has no more ports; "
                           "use another one",
                           v->index, v->cfg->bridge);
    return chaos__fail(ctx, rc,
                       "vifs[%u].bridge: interface %s cannot join bridge '%s'",
                       v->index, v->ifname, v->cfg->bridge);
}

static int bring_up(struct chaos_ctx *ctx, struct host *host,
                    const struct vif *v)
{
    int rc = host->ops->link_up(host, v->ifindex, v->bridge);

    if (rc < 0 && v->cfg->bridge)
        return vif_cannot_join(ctx, rc, v);
    if (rc < 0)
        return chaos__fail(ctx, rc,
                           "vifs[%u]: interface %s cannot be brought up",
                           v->index, v->ifname);
    return 0;
}

int vif_make(struct chaos_ctx *ctx, struct host *host, uint32_t domid,
             const uint8_t uuid[NOXS_UUID_SIZE], struct vif *v)
{
    int rc = create_with_mac(host, domid, uuid, v);

    if (rc < 0)
        return create_failed(ctx, rc, v);
    rc = bring_up(ctx, host, v);
    if (rc < 0)
        device_unmake(ctx, host, domid, NOXS_DEV_VIF, v->id);
    return rc;
}

int vif_hook_online(struct chaos_ctx *ctx, uint32_t domid, const struct vif *v)
{
    struct hook_call call = {
        .event = "online",
        .ifname = v->ifname,
        .bridge = v->cfg->bridge,
        .domid = domid,
        .mac = v->mac,
    };
    int rc;

    if (!v->cfg->hook)
        return 0;
    rc = hook_run(ctx, v->cfg->hook, &call);
    return rc < 0 ? chaos__prefix(ctx, rc, "vifs[%u]", v->index) : 0;
}
