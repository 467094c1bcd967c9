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

/* Addresses to try before the host is taken to be full of them. */
#define MAC_TRIES 16

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

/*
 * Locally administered, unicast; the other 46 bits come of the uuid and the id,
 * so that a VM has the same address each time. `try` counts those in use.
 */
static void make_mac(const uint8_t uuid[NOXS_UUID_SIZE], uint32_t id,
                     uint32_t try, uint8_t mac[6])
{
    uint64_t h = hash(HASH_START, uuid, NOXS_UUID_SIZE);
    unsigned i;

    h = hash(h, &id, sizeof(id));
    h = mix(hash(h, &try, sizeof(try)));
    for (i = 0; i < 6; i++)
        mac[i] = (uint8_t)(h >> (8 * i));
    mac[0] = (uint8_t)((mac[0] & 0xfc) | 0x02);
}

static int create(struct host *host, uint32_t domid, struct vif *v)
{
    struct noxs_net_address address;
    struct host_vif vif = {
        .domid = domid,
        .id = v->id,
        .evtchn = v->evtchn,
        .mtu = v->mtu,
        .ifname = v->cfg->ifname ? v->cfg->ifname : "",
        .rate_bytes = v->cfg->rate_bytes,
        .rate_interval_us = v->cfg->rate_bytes ? v->cfg->rate_interval_us : 0,
    };

    config_vif_address(v->cfg, &address);
    vif.family = address.family;
    vif.prefix = address.prefix;
    vif.has_gateway = address.has_gateway != 0;
    memcpy(vif.address, address.address, sizeof(vif.address));
    memcpy(vif.gateway, address.gateway, sizeof(vif.gateway));
    memcpy(vif.mac, v->mac, sizeof(vif.mac));
    return host->ops->vif_create(host, &vif, &v->ifindex, v->ifname,
                                 &v->device);
}

/* With its own address, or the first one made that nobody has. */
static int create_with_mac(struct host *host, uint32_t domid,
                           const uint8_t uuid[NOXS_UUID_SIZE], struct vif *v)
{
    uint32_t try;
    int rc = -EADDRINUSE;

    if (v->cfg->has_mac) {
        memcpy(v->mac, v->cfg->mac, sizeof(v->mac));
        return create(host, domid, v);
    }
    for (try = 0; rc == -EADDRINUSE && try < MAC_TRIES; try++) {
        make_mac(uuid, v->id, try, v->mac);
        rc = create(host, domid, v);
    }
    return rc;
}

static int create_failed(struct chaos_ctx *ctx, int rc, const struct vif *v)
{
    const uint8_t *mac = v->mac;
    char what[32];

    (void)snprintf(what, sizeof(what), "vifs[%u]", v->index);
    if (rc == -EADDRINUSE)
        return chaos__fail(ctx, -EEXIST,
                           "%s.mac: another vif of this host has the address "
                           "%02x:%02x:%02x:%02x:%02x:%02x",
                           what, mac[0], mac[1], mac[2], mac[3], mac[4],
                           mac[5]);
    if (rc == -EEXIST && v->cfg->ifname)
        return chaos__fail(ctx, rc,
                           "%s.ifname: there is an interface '%s' already",
                           what, v->cfg->ifname);
    if (rc == -EEXIST)
        return chaos__fail(ctx, rc, "%s: there is such an interface already",
                           what);
    return device_refused(ctx, rc, what);
}

static int bring_up(struct chaos_ctx *ctx, struct host *host,
                    const struct vif *v)
{
    int rc = host->ops->link_up(host, v->ifindex, v->bridge);

    if (rc < 0 && v->cfg->bridge)
        return chaos__fail(ctx, rc,
                           "vifs[%u].bridge: interface %s cannot join bridge "
                           "'%s'",
                           v->index, v->ifname, v->cfg->bridge);
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
