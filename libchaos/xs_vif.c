/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * xs_vif.c: network interfaces whose back end is Linux's xen-netback.
 *
 * No script runs: the interface is renamed, brought up and made a port of its
 * bridge here, and the back end is told at once that this was done.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "create.h"
#include "internal.h"
#include "xs.h"

#define MAC_TEXT_SIZE 18

static struct xs_device device_of(const struct create *c, const struct vif *v)
{
    return (struct xs_device){
        .domid = c->domid,
        .type = NOXS_DEV_VIF,
        .id = v->id,
        .index = v->index,
    };
}

/* --- its nodes ---------------------------------------------------------------
 */

static void write_mac(struct xs_batch *b, const struct xs_device *d,
                      const struct vif *v)
{
    char text[MAC_TEXT_SIZE];

    (void)snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x",
                   v->mac[0], v->mac[1], v->mac[2], v->mac[3], v->mac[4],
                   v->mac[5]);
    xs_front(b, d, "mac", text);
    xs_back(b, d, "mac", text);
    xs_tool(b, d, "mac", text);
}

static void write_mtu(struct xs_batch *b, const struct xs_device *d,
                      const struct vif *v)
{
    char text[16];

    (void)snprintf(text, sizeof(text), "%u", v->mtu);
    xs_front(b, d, "mtu", text);
    xs_tool(b, d, "mtu", text);
}

static void write_rate(struct xs_batch *b, const struct xs_device *d,
                       const struct vif *v)
{
    char text[48];

    if (!v->cfg->rate_bytes)
        return;
    (void)snprintf(text, sizeof(text), "%" PRIu64 ",%" PRIu32,
                   v->cfg->rate_bytes, v->cfg->rate_interval_us);
    xs_back(b, d, "rate", text);
}

static void write_address(struct xs_batch *b, const struct xs_device *d,
                          const struct vif *v)
{
    if (!v->cfg->ip)
        return;
    xs_front(b, d, "ip", v->cfg->ip);
    xs_tool(b, d, "ip", v->cfg->ip);
    if (v->cfg->gateway)
        xs_front(b, d, "gateway", v->cfg->gateway);
}

/* As xl calls them: where its interface is to be found. */
static void write_link(struct xs_batch *b, const struct xs_device *d,
                       const struct vif *v)
{
    if (v->cfg->ifname)
        xs_tool(b, d, "vifname", v->cfg->ifname);
    if (v->cfg->bridge)
        xs_tool(b, d, "bridge", v->cfg->bridge);
}

static void describe(struct xs_batch *b, const struct xs_device *d,
                     const struct vif *v)
{
    char handle[16];

    (void)snprintf(handle, sizeof(handle), "%u", d->id);
    xs_device_start(b, d);
    xs_front(b, d, "handle", handle);
    xs_back(b, d, "handle", handle);
    xs_tool(b, d, "handle", handle);
    xs_back(b, d, "script", XS_NO_SCRIPT);
    xs_tool(b, d, "script", XS_NO_SCRIPT);
    xs_back(b, d, "type", "vif");
    xs_back(b, d, "hotplug-status", "connected");
    write_mac(b, d, v);
    write_mtu(b, d, v);
    write_rate(b, d, v);
    write_address(b, d, v);
    write_link(b, d, v);
    xs_device_end(b, d);
}

/* --- one that is made --------------------------------------------------------
 */

static int tell(struct create *c, struct store *store, struct vif *v)
{
    struct xs_device d = device_of(c, v);
    struct xs_batch b;

    if (v->cfg->has_mac)
        memcpy(v->mac, v->cfg->mac, sizeof(v->mac));
    else
        vif_make_mac(c->uuid, v->id, 0, v->mac);
    xs_start(&b);
    if (c->lives)
        xs_expect(&b, c->domid);
    describe(&b, &d, v);
    return xs_device_tell(c, store, &b);
}

static int wait_for_link(struct host *host, const struct xs_device *d,
                         unsigned timeout_ms, uint32_t *ifindex_out)
{
    return host->ops->stock_vif(host, d->domid, d->id, timeout_ms, ifindex_out);
}

static int bring_up(struct create *c, struct vif *v)
{
    struct host *host = c->devices.host;
    struct host_link link = {
        .ifindex = v->ifindex,
        .ifname = v->cfg->ifname,
        .mtu = v->mtu,
        .up = true,
        .bridge = v->bridge,
    };
    int rc = host->ops->link_change(host, &link);

    vif_name(v->cfg, c->domid, v->id, v->ifname);
    if (rc == -EEXIST)
        return vif_ifname_taken(c->ctx, v);
    if (rc < 0 && v->cfg->bridge)
        return vif_cannot_join(c->ctx, rc, v);
    if (rc < 0)
        return chaos__fail(c->ctx, rc,
                           "vifs[%u]: interface %s cannot be brought up",
                           v->index, v->ifname);
    return 0;
}

static int take_up(struct create *c, struct store *store, struct vif *v)
{
    struct xs_device d = device_of(c, v);
    int rc = xs_device_wait(c->ctx, store, c->devices.host, &d, wait_for_link,
                            &v->ifindex);

    return rc < 0 ? rc : bring_up(c, v);
}

/* All are told of before the first is waited for. */
int xs_make_vifs(struct create *c)
{
    struct devices *d = &c->devices;
    struct store *store;
    unsigned i;
    int rc;

    if (d->vif_count == 0)
        return 0;
    rc = chaos__store(c->ctx, &store);
    if (rc < 0)
        return rc;
    for (i = 0; rc == 0 && i < d->vif_count; i++)
        rc = tell(c, store, &d->vifs[i]);
    for (i = 0; rc == 0 && i < d->vif_count; i++)
        rc = take_up(c, store, &d->vifs[i]);
    if (rc < 0)
        xs_unmake_vifs(c);
    return rc;
}

void xs_unmake_vifs(struct create *c)
{
    struct xs_device devices[CONFIG_VIFS_MAX];
    unsigned i;

    devices_offline_vifs(c->ctx, c->domid, &c->devices);
    for (i = 0; i < c->devices.vif_count; i++)
        devices[i] = device_of(c, &c->devices.vifs[i]);
    xs_devices_remove(c->ctx, c->devices.host, devices, i);
}

/* --- one that a shell has ----------------------------------------------------
 */

static int set_nodes(struct create *c, unsigned fields, const struct vif *v)
{
    struct xs_device d = device_of(c, v);
    struct xs_batch b;
    struct store *store;
    int rc = chaos__store(c->ctx, &store);

    if (rc < 0)
        return rc;
    xs_start(&b);
    if (fields & HOST_VIF_MAC)
        write_mac(&b, &d, v);
    if (fields & HOST_VIF_MTU)
        write_mtu(&b, &d, v);
    if (fields & HOST_VIF_RATE)
        write_rate(&b, &d, v);
    if (fields & HOST_VIF_ADDRESS)
        write_address(&b, &d, v);
    write_link(&b, &d, v);
    return xs_run(c->ctx, store, STORE_NO_TRANSACTION, &b);
}

static int set(struct vif_change *change, unsigned fields, struct vif *v)
{
    struct host_link link = {.ifindex = v->ifindex, .mtu = v->mtu};
    struct host *host = change->host;
    struct create *c = change->arg;
    int rc;

    if (v->cfg->has_mac)
        memcpy(v->mac, v->cfg->mac, sizeof(v->mac));
    else if (fields & HOST_VIF_MAC)
        vif_make_mac(c->uuid, v->id, 0, v->mac);
    rc = set_nodes(c, fields, v);
    if (rc < 0 || !(fields & HOST_VIF_MTU))
        return rc;
    rc = host->ops->link_change(host, &link);
    if (rc < 0)
        return chaos__fail(c->ctx, rc,
                           "vifs[%u].mtu: interface %s cannot have it",
                           v->index, v->ifname);
    return 0;
}

int xs_finalise_vifs(struct create *c)
{
    struct vif_change change = {
        .ctx = c->ctx,
        .host = c->devices.host,
        .domid = c->domid,
        .uuid = c->uuid,
        .set = set,
        .arg = c,
    };
    unsigned i;
    int rc = 0;

    for (i = 0; rc == 0 && i < c->devices.vif_count; i++)
        rc = vif_finalise(&change, &c->made[i], &c->devices.vifs[i]);
    return rc;
}
