/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host_model.c: the model's back ends, and its table of the seam.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <noxs/block.h>
#include <noxs/net.h>

#include "host_model_internal.h"

#define FIRST_INDEX 10u

struct host_knobs host_knobs;

struct host_model host_model;

/* --- what tests ask ----------------------------------------------------------
 */

void host_back_free(struct model_back *b)
{
    struct model_domain *d = model_get(b->info.domid);

    if (b->fd >= 0)
        close(b->fd);
    if (d && !d->state.dying && !b->stock)
        d->ports[b->device.evtchn].state = PORT_UNBOUND;
    memset(b, 0, sizeof(*b));
}

void model_host_reset(void)
{
    unsigned i;

    for (i = 0; i < BACKS_MAX; i++) {
        if (host_model.backs[i].info.type != NOXS_DEV_NONE &&
            host_model.backs[i].fd >= 0)
            close(host_model.backs[i].fd);
    }
    model_terminal_reset();
    memset(&host_model, 0, sizeof(host_model));
    host_model.next_index = FIRST_INDEX;
    host_model.next_grant = 8;
    host_knobs = (struct host_knobs){0};
}

unsigned model_hosts(void)
{
    return host_model.handles;
}

unsigned model_host_calls(void)
{
    return host_model.calls;
}

unsigned model_backs(void)
{
    unsigned i, n = 0;

    for (i = 0; i < BACKS_MAX; i++)
        n += host_model.backs[i].info.type != NOXS_DEV_NONE;
    return n;
}

static struct model_back *find(uint32_t domid, uint32_t type, uint32_t id)
{
    unsigned i;

    for (i = 0; i < BACKS_MAX; i++) {
        struct host_back *info = &host_model.backs[i].info;

        if (info->type == type && info->domid == domid && info->id == id)
            return &host_model.backs[i];
    }
    return NULL;
}

const struct model_back *model_back(uint32_t domid, uint32_t type, uint32_t id)
{
    return find(domid, type, id);
}

void model_host_reap(uint32_t domid)
{
    unsigned i;

    for (i = 0; i < BACKS_MAX; i++) {
        if (host_model.backs[i].info.type != NOXS_DEV_NONE &&
            !host_model.backs[i].stock &&
            host_model.backs[i].info.domid == domid)
            host_back_free(&host_model.backs[i]);
    }
}

void model_back_state(uint32_t domid, uint32_t type, uint32_t id,
                      uint32_t state)
{
    find(domid, type, id)->info.state = state;
}

void model_back_moved(uint32_t domid, uint32_t type, uint32_t id,
                      const uint64_t counts[4])
{
    struct host_back *info = &find(domid, type, id)->info;

    info->sent_ops = counts[0];
    info->sent_bytes = counts[1];
    info->received_ops = counts[2];
    info->received_bytes = counts[3];
}

/* --- back ends --------------------------------------------------------------
 */

int host_enter(const char *name)
{
    host_model.calls++;
    return model_enter(name);
}

static int enter_back(const char *name)
{
    int rc = host_enter(name);

    return rc < 0 ? rc : -host_knobs.back_error;
}

struct model_back *host_back_slot(void)
{
    unsigned i;

    for (i = 0; i < BACKS_MAX; i++) {
        if (host_model.backs[i].info.type == NOXS_DEV_NONE)
            return &host_model.backs[i];
    }
    return NULL;
}

/* What the module checks of both types. NULL in *back_out on failure. */
static int back_new(uint32_t domid, uint32_t type, uint32_t id, uint32_t evtchn,
                    struct model_back **back_out)
{
    struct model_domain *d = model_get(domid);
    struct model_back *b;

    if (!d || d->state.dying)
        return -ESRCH;
    if (find(domid, type, id))
        return -EEXIST;
    if (evtchn >= PORTS_MAX || d->ports[evtchn].state != PORT_UNBOUND)
        return model_refuse(-ENODEV, "a port that cannot be bound");
    b = host_back_slot();
    if (!b)
        return -ENOMEM;
    d->ports[evtchn] = (struct guest_port){PORT_BOUND, 0};
    memset(b, 0, sizeof(*b));
    b->fd = -1;
    b->info = (struct host_back){
        .domid = domid,
        .type = type,
        .id = id,
        .state = 1,
    };
    b->device = (struct noxs_device){
        .type = type,
        .id = id,
        .grant = host_model.next_grant++,
        .evtchn = evtchn,
    };
    *back_out = b;
    return 0;
}

/* By another than `self`, which may be NULL. */
static bool mac_taken(const uint8_t mac[6], const struct model_back *self)
{
    unsigned i;

    if (host_knobs.macs > 0) {
        host_knobs.macs--;
        return true;
    }
    for (i = 0; i < BACKS_MAX; i++) {
        if (&host_model.backs[i] != self &&
            host_model.backs[i].info.type == NOXS_DEV_VIF &&
            memcmp(host_model.backs[i].vif.mac, mac, 6) == 0)
            return true;
    }
    return false;
}

static bool is_vif_valid(const struct host_vif *vif)
{
    return vif->mtu >= NOXS_NET_MTU_MIN && vif->mtu <= NOXS_NET_MTU_MAX &&
           !(vif->mac[0] & 1);
}

static int vif_make(const struct host_vif *vif, struct model_back **back_out)
{
    struct noxs_net_config net = {.mtu = vif->mtu};
    struct model_back *b;
    char name[32];
    int rc;

    if (!is_vif_valid(vif))
        return model_refuse(-EINVAL, "a vif that makes no sense");
    snprintf(name, sizeof(name), "%s", vif->ifname);
    if (name[0] == '\0')
        snprintf(name, sizeof(name), "vif%u.%u", vif->domid, vif->id);
    if (mac_taken(vif->mac, NULL))
        return -EADDRINUSE;
    if (host_ifname_taken(name))
        return -EEXIST;
    rc = back_new(vif->domid, NOXS_DEV_VIF, vif->id, vif->evtchn, &b);
    if (rc < 0)
        return rc;
    b->vif = *vif;
    b->vif.ifname = NULL;
    memcpy(b->info.ifname, name, HOST_IFNAME_SIZE);
    b->info.ifindex = host_model.next_index++;
    memcpy(net.mac, vif->mac, 6);
    net.tx_grant = host_model.next_grant++;
    net.rx_grant = host_model.next_grant++;
    b->device.features = NOXS_NET_F_ALL;
    memcpy(b->device.config, &net, sizeof(net));
    *back_out = b;
    return 0;
}

static int vif_create(struct host *host, const struct host_vif *vif,
                      uint32_t *ifindex_out, char ifname_out[HOST_IFNAME_SIZE],
                      struct noxs_device *device_out)
{
    struct model_back *b;
    int rc = enter_back("vif_create");

    (void)host;
    if (rc == 0)
        rc = vif_make(vif, &b);
    if (rc < 0)
        return rc;
    *ifindex_out = b->info.ifindex;
    memcpy(ifname_out, b->info.ifname, HOST_IFNAME_SIZE);
    *device_out = b->device;
    return model_leave("vif_create", 0);
}

static void vif_change(struct model_back *b, const struct host_vif *vif,
                       unsigned fields)
{
    struct noxs_net_config net;
    struct host_vif changed = b->vif;

    if (fields & HOST_VIF_MAC)
        memcpy(changed.mac, vif->mac, 6);
    if (fields & HOST_VIF_MTU)
        changed.mtu = vif->mtu;
    if (fields & HOST_VIF_RATE) {
        changed.rate_bytes = vif->rate_bytes;
        changed.rate_interval_us = vif->rate_interval_us;
    }
    if (fields & HOST_VIF_ADDRESS) {
        changed.family = vif->family;
        changed.prefix = vif->prefix;
        changed.has_gateway = vif->has_gateway;
        memcpy(changed.address, vif->address, 16);
        memcpy(changed.gateway, vif->gateway, 16);
    }
    b->vif = changed;
    memcpy(&net, b->device.config, sizeof(net));
    memcpy(net.mac, changed.mac, 6);
    net.mtu = changed.mtu;
    memcpy(b->device.config, &net, sizeof(net));
}

static int vif_set(struct host *host, const struct host_vif *vif,
                   unsigned fields, struct noxs_device *device_out)
{
    struct model_back *b = find(vif->domid, NOXS_DEV_VIF, vif->id);
    int rc = enter_back("vif_set");

    (void)host;
    if (rc < 0)
        return rc;
    if (!is_vif_valid(vif) || fields == 0)
        return model_refuse(-EINVAL, "a change of a vif that makes no sense");
    if (!b)
        return -ENOENT;
    if (b->info.state != 1)
        return -EBUSY;
    if ((fields & HOST_VIF_MAC) && mac_taken(vif->mac, b))
        return -EADDRINUSE;
    vif_change(b, vif, fields);
    *device_out = b->device;
    return model_leave("vif_set", 0);
}

static int vbd_create(struct host *host, const struct host_vbd *vbd,
                      struct noxs_device *device_out)
{
    struct noxs_block_config block = {.sector_size = 512};
    struct model_back *b;
    int rc = enter_back("vbd_create");

    (void)host;
    if (rc < 0)
        return rc;
    rc = back_new(vbd->domid, NOXS_DEV_VBD, vbd->id, vbd->evtchn, &b);
    if (rc < 0)
        return rc;
    b->fd = dup(vbd->fd);
    b->readonly = vbd->readonly;
    b->info.dev_major = LOOP_MAJOR;
    b->info.dev_minor = (uint32_t)(b - host_model.backs);
    block.sectors = (uint64_t)lseek(b->fd, 0, SEEK_END) / 512;
    block.ring_grant = host_model.next_grant++;
    b->device.features = vbd->readonly ? NOXS_BLOCK_F_READONLY : 0;
    memcpy(b->device.config, &block, sizeof(block));
    *device_out = b->device;
    return model_leave("vbd_create", 0);
}

static int back_close(struct host *host, uint32_t domid, uint32_t type,
                      uint32_t id, unsigned timeout_ms)
{
    struct model_back *b = find(domid, type, id);
    int rc = enter_back("back_close");

    (void)host, (void)timeout_ms;
    if (rc < 0)
        return rc;
    if (!b)
        return -ENOENT;
    if (host_knobs.close_error)
        return -host_knobs.close_error;
    b->info.state = 4;
    return model_leave("back_close", 0);
}

static int back_destroy(struct host *host, uint32_t domid, uint32_t type,
                        uint32_t id)
{
    struct model_back *b = find(domid, type, id);
    int rc = enter_back("back_destroy");

    (void)host;
    if (type == NOXS_DEV_NONE && rc == -ENOENT)
        return 0;
    if (rc == 0 && host_knobs.destroy_error)
        rc = -host_knobs.destroy_error;
    if (rc < 0)
        return rc;
    if (type == NOXS_DEV_NONE)
        model_host_reap(domid);
    else if (!b)
        return -ENOENT;
    else
        host_back_free(b);
    return model_leave("back_destroy", 0);
}

static int back_list(struct host *host, uint32_t domid,
                     struct host_back **backs_out, size_t *count_out)
{
    struct host_back *list;
    unsigned i;
    size_t n = 0;
    int rc = enter_back("back_list");

    (void)host;
    if (rc < 0)
        return rc;
    list = calloc(BACKS_MAX, sizeof(*list));
    if (!list)
        return -ENOMEM;
    for (i = 0; i < BACKS_MAX; i++) {
        if (host_model.backs[i].info.type != NOXS_DEV_NONE &&
            !host_model.backs[i].stock &&
            (domid == NOXS_DOMID_SELF ||
             host_model.backs[i].info.domid == domid))
            list[n++] = host_model.backs[i].info;
    }
    *backs_out = list;
    *count_out = n;
    return model_leave("back_list", 0);
}

/* --- the seam ---------------------------------------------------------------
 */

static void host_close(struct host *host)
{
    host_model.handles--;
    free(host);
}

static const struct host_ops model_ops = {
    .close = host_close,
    .vif_create = vif_create,
    .vif_set = vif_set,
    .vbd_create = vbd_create,
    .back_close = back_close,
    .back_destroy = back_destroy,
    .back_list = back_list,
    .bridge_find = host_bridge_find,
    .link_up = host_link_up,
    .link_change = host_link_change,
    .link_move = host_link_move,
    .link_rename = host_link_rename,
    .link_bridge = host_link_bridge,
    .terminal_open = host_terminal_open,
    .terminal_close = host_terminal_close,
    .loop_attach = host_loop_attach,
    .loop_file = host_loop_file,
    .block_number = host_block_number,
    .block_name = host_block_name,
    .stock_vif = host_stock_vif,
    .stock_vbd = host_stock_vbd,
    .stock_gone = host_stock_gone,
    .stock_count = host_stock_count,
    .stock_list = host_stock_list,
    .stock_claim = host_stock_claim,
};

int host_linux_open(struct host **host_out)
{
    struct host *host = calloc(1, sizeof(*host));

    if (!host)
        return -ENOMEM;
    host->ops = &model_ops;
    host_model.handles++;
    *host_out = host;
    return 0;
}
