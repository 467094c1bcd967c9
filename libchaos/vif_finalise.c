/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * vif_finalise.c: a shell's network interface becomes that of a VM.
 *
 * Each change costs a call of dom0's kernel, so a shell is made as like what
 * will be asked as can be known, and only what differs is changed.
 */
#include <errno.h>
#include <string.h>

#include <noxs/net.h>

#include "devices.h"
#include "internal.h"

/* --- the back end -----------------------------------------------------------
 */

static bool is_made_of(const uint8_t uuid[NOXS_UUID_SIZE], const struct vif *v)
{
    uint8_t mac[6];
    unsigned try;

    for (try = 0; try < VIF_MAC_TRIES; try++) {
        vif_make_mac(uuid, v->id, try, mac);
        if (memcmp(mac, v->mac, sizeof(mac)) == 0)
            return true;
    }
    return false;
}

static bool has_mac(const uint8_t uuid[NOXS_UUID_SIZE], const struct vif *v)
{
    if (v->cfg->has_mac)
        return memcmp(v->cfg->mac, v->mac, sizeof(v->mac)) == 0;
    return is_made_of(uuid, v);
}

static unsigned fields_to_set(const uint8_t uuid[NOXS_UUID_SIZE],
                              const struct vif *made, const struct vif *v)
{
    struct host_vif wish;
    unsigned fields = 0;

    vif_wish(v, 0, &wish);
    if (!has_mac(uuid, v))
        fields |= HOST_VIF_MAC;
    if (v->mtu != made->mtu)
        fields |= HOST_VIF_MTU;
    if (wish.rate_bytes)
        fields |= HOST_VIF_RATE;
    if (wish.family != NOXS_NET_NO_ADDRESS)
        fields |= HOST_VIF_ADDRESS;
    return fields;
}

static int set_failed(struct chaos_ctx *ctx, int rc, const struct vif *v)
{
    switch (rc) {
    case -EADDRINUSE:
        return vif_mac_taken(ctx, v);
    case -EBUSY:
        return chaos__fail(ctx, rc, "vifs[%u]: a guest uses it already",
                           v->index);
    case -ENOENT:
        return chaos__fail(ctx, -ENODEV, "vifs[%u]: its back end vanished",
                           v->index);
    default:
        return chaos__fail(
            ctx, rc,
            "vifs[%u]: the module noxs_back cannot change its back end",
            v->index);
    }
}

static int set_once(struct host *host, uint32_t domid, unsigned fields,
                    struct vif *v)
{
    struct host_vif wish;

    vif_wish(v, domid, &wish);
    return host->ops->vif_set(host, &wish, fields, &v->device);
}

/* As vif_make finds a MAC address. */
int vif_finalise_set(struct vif_change *change, unsigned fields, struct vif *v)
{
    bool is_made = (fields & HOST_VIF_MAC) && !v->cfg->has_mac;
    unsigned try, tries = is_made ? VIF_MAC_TRIES : 1;
    int rc = -EADDRINUSE;

    if (v->cfg->has_mac)
        memcpy(v->mac, v->cfg->mac, sizeof(v->mac));
    for (try = 0; rc == -EADDRINUSE && try < tries; try++) {
        if (is_made)
            vif_make_mac(change->uuid, v->id, try, v->mac);
        rc = set_once(change->host, change->domid, fields, v);
    }
    return rc < 0 ? set_failed(change->ctx, rc, v) : 0;
}

/* --- the interface ----------------------------------------------------------
 */

static int move(struct chaos_ctx *ctx, struct host *host,
                const struct vif *made, const struct vif *v)
{
    int rc;

    if (v->bridge == made->bridge)
        return 0;
    rc = host->ops->link_move(host, v->ifindex, v->bridge);
    if (rc < 0 && v->cfg->bridge)
        return vif_cannot_join(ctx, rc, v);
    if (rc < 0)
        return chaos__fail(ctx, rc,
                           "vifs[%u]: interface %s cannot leave its bridge",
                           v->index, v->ifname);
    return 0;
}

static int rename_link(struct chaos_ctx *ctx, struct host *host, uint32_t domid,
                       struct vif *v)
{
    char ifname[HOST_IFNAME_SIZE];
    int rc;

    vif_name(v->cfg, domid, v->id, ifname);
    if (strcmp(ifname, v->ifname) == 0)
        return 0;
    rc = host->ops->link_rename(host, v->ifindex, ifname);
    if (rc == -EEXIST)
        return vif_ifname_taken(ctx, v);
    if (rc < 0)
        return chaos__fail(ctx, rc,
                           "vifs[%u].ifname: interface %s cannot be renamed "
                           "'%s'",
                           v->index, v->ifname, ifname);
    memcpy(v->ifname, ifname, sizeof(v->ifname));
    return 0;
}

/*
 * A bridge takes the least MTU of its ports, so the interface is in neither
 * bridge with less than it had or will have.
 */
int vif_finalise(struct vif_change *change, const struct vif *made,
                 struct vif *v)
{
    bool is_move_first = v->mtu < made->mtu;
    unsigned fields;
    int rc = 0;

    v->id = made->id;
    v->evtchn = made->evtchn;
    v->ifindex = made->ifindex;
    v->device = made->device;
    memcpy(v->mac, made->mac, sizeof(v->mac));
    memcpy(v->ifname, made->ifname, sizeof(v->ifname));
    fields = fields_to_set(change->uuid, made, v);
    if (is_move_first)
        rc = move(change->ctx, change->host, made, v);
    if (rc == 0 && fields)
        rc = change->set(change, fields, v);
    if (rc == 0 && !is_move_first)
        rc = move(change->ctx, change->host, made, v);
    if (rc == 0)
        rc = rename_link(change->ctx, change->host, change->domid, v);
    return rc;
}
