/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * device_list.c: the vifs and vbds that a domain has, and how they are doing.
 *
 * The bus says what there is, the back ends what becomes of it, the record what
 * it was made from.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <noxs/block.h>
#include <noxs/io.h>
#include <noxs/net.h>

#include <chaos/device.h>

#include "bus.h"
#include "create.h"
#include "devices.h"
#include "domain.h"
#include "internal.h"

struct listing {
    const struct bus_ops *bus;
    struct host *host; /* borrowed from the context */
    int count;
    struct noxs_device devices[NOXS_DEV_MAX]; /* of one type, by their id */
    struct host_back *backs;                  /* owned */
    size_t back_count;
    struct chaos_config *record; /* owned; NULL: it has none */
};

const char *chaos_device_state_name(uint32_t back_state)
{
    static const char *const names[] = {
        "gone",
        [NOXS_BACK_READY] = "ready",
        [NOXS_BACK_CONNECTED] = "connected",
        [NOXS_BACK_CLOSING] = "closing",
        [NOXS_BACK_CLOSED] = "closed",
        [NOXS_BACK_BROKEN] = "broken",
    };

    if (back_state >= sizeof(names) / sizeof(*names))
        return "unknown";
    return names[back_state];
}

static int by_id(const void *a, const void *b)
{
    const struct noxs_device *left = a, *right = b;

    return (left->id > right->id) - (left->id < right->id);
}

static int list_devices(struct chaos_ctx *ctx, uint32_t domid, uint32_t type,
                        struct listing *l)
{
    int i, n = l->bus->devices(ctx, domid, l->devices);

    if (n < 0)
        return n;
    for (i = 0; i < n; i++) {
        if (l->devices[i].type == type)
            l->devices[l->count++] = l->devices[i];
    }
    qsort(l->devices, (size_t)l->count, sizeof(*l->devices), by_id);
    return 0;
}

static void listing_dispose(struct listing *l)
{
    free(l->backs);
    chaos_config_destroy(l->record);
}

static int listing_make(struct chaos_ctx *ctx, uint32_t domid, uint32_t type,
                        struct listing *l)
{
    struct hv_domain_state state;
    struct hv *hv;
    int rc = domain_state(ctx, &hv, domid, &state);

    *l = (struct listing){0};
    if (rc == 0)
        rc = bus_of_domain(ctx, domid, &hv, &l->bus);
    if (rc == 0)
        rc = list_devices(ctx, domid, type, l);
    if (rc < 0 || l->count == 0)
        return rc;
    rc = chaos__host(ctx, &l->host);
    if (rc == 0)
        rc = l->bus->backs(ctx, domid, &l->backs, &l->back_count);
    if (rc == 0)
        rc = record_read(ctx, domid, state.uuid, &l->record);
    if (rc == 0 || rc == -ENOENT)
        return 0;
    listing_dispose(l);
    return rc;
}

static const struct host_back *find_back(const struct listing *l,
                                         const struct noxs_device *device)
{
    size_t i;

    for (i = 0; i < l->back_count; i++) {
        if (l->backs[i].type == device->type && l->backs[i].id == device->id)
            return &l->backs[i];
    }
    return NULL;
}

/* --- vifs -------------------------------------------------------------------
 */

static void fill_vif(const struct listing *l, const struct noxs_device *device,
                     struct chaos_vif_info *info)
{
    const struct host_back *back = find_back(l, device);
    struct noxs_net_config net;

    memcpy(&net, device->config, sizeof(net));
    info->id = device->id;
    info->mtu = net.mtu;
    memcpy(info->mac, net.mac, sizeof(info->mac));
    if (!back)
        return;
    info->back_state = back->state;
    info->sent_packets = back->sent_ops;
    info->sent_bytes = back->sent_bytes;
    info->received_packets = back->received_ops;
    info->received_bytes = back->received_bytes;
    info->errors = back->errors;
    memcpy(info->ifname, back->ifname, sizeof(info->ifname));
    /* The interface may go at any moment. */
    if (l->host->ops->link_bridge(l->host, back->ifname, info->bridge) < 0)
        info->bridge[0] = '\0';
}

int chaos_vif_list(struct chaos_ctx *ctx, uint32_t domid,
                   struct chaos_vif_info **infos_out, size_t *count_out)
{
    struct chaos_vif_info *infos;
    struct listing l;
    int i, rc = listing_make(ctx, domid, NOXS_DEV_VIF, &l);

    if (rc < 0)
        return rc;
    infos = calloc(l.count ? (size_t)l.count : 1, sizeof(*infos));
    for (i = 0; infos && i < l.count; i++)
        fill_vif(&l, &l.devices[i], &infos[i]);
    listing_dispose(&l);
    if (!infos)
        return chaos__fail(ctx, -ENOMEM, "no memory for the list");
    *infos_out = infos;
    *count_out = (size_t)l.count;
    return 0;
}

void chaos_vif_list_free(struct chaos_vif_info *infos, size_t count)
{
    (void)count;
    free(infos);
}

/* --- vbds -------------------------------------------------------------------
 */

/* The record names what the user named; else it is what the kernel says. */
static int find_target(const struct listing *l,
                       const struct noxs_device *device,
                       const struct host_back *back, char **target_out)
{
    const struct config_vbd *vbd = devices_config_vbd(l->record, device);
    int rc;

    if (vbd) {
        *target_out = strdup(vbd->target);
        return *target_out ? 0 : -ENOMEM;
    }
    if (!back)
        return 0;
    rc = l->host->ops->loop_file(l->host, back->dev_major, back->dev_minor,
                                 target_out);
    return rc == -ENOMEM ? rc : 0;
}

/* As Xen numbers disks, for those of which no record tells the name. */
static void disk_name(uint32_t id, char name[16])
{
    uint32_t disk, part;
    char letters[4] = "";

    if (id >> 28 == 1) {
        disk = id >> 8 & 0xfffff;
        part = id & 0xff;
    } else {
        disk = id >> 4 & 15;
        part = id & 15;
    }
    if ((id >> 28 != 1 && id >> 8 != 202) || disk >= 26 * 27) {
        (void)snprintf(name, 16, "%u", id);
        return;
    }
    if (disk >= 26)
        (void)snprintf(letters, sizeof(letters), "%c%c",
                       (int)('a' + disk / 26 - 1), (int)('a' + disk % 26));
    else
        (void)snprintf(letters, sizeof(letters), "%c", (int)('a' + disk));
    if (part)
        (void)snprintf(name, 16, "xvd%s%u", letters, part);
    else
        (void)snprintf(name, 16, "xvd%s", letters);
}

static void fill_back(const struct listing *l, const struct host_back *back,
                      struct chaos_vbd_info *info)
{
    info->back_state = back->state;
    info->writes = back->sent_ops;
    info->written_bytes = back->sent_bytes;
    info->reads = back->received_ops;
    info->read_bytes = back->received_bytes;
    info->errors = back->errors;
    if (l->host->ops->block_name(l->host, back->dev_major, back->dev_minor,
                                 info->device) < 0)
        info->device[0] = '\0';
}

static int fill_vbd(const struct listing *l, const struct noxs_device *device,
                    struct chaos_vbd_info *info)
{
    const struct config_vbd *vbd = devices_config_vbd(l->record, device);
    const struct host_back *back = find_back(l, device);
    struct noxs_block_config block;

    memcpy(&block, device->config, sizeof(block));
    info->id = device->id;
    info->writable = !(device->features & NOXS_BLOCK_F_READONLY);
    info->size_bytes = block.sectors * 512;
    if (vbd)
        (void)snprintf(info->vdev, sizeof(info->vdev), "%s", vbd->vdev);
    else
        disk_name(device->id, info->vdev);
    if (back)
        fill_back(l, back, info);
    return find_target(l, device, back, &info->target);
}

int chaos_vbd_list(struct chaos_ctx *ctx, uint32_t domid,
                   struct chaos_vbd_info **infos_out, size_t *count_out)
{
    struct chaos_vbd_info *infos;
    struct listing l;
    size_t count;
    int i, rc = listing_make(ctx, domid, NOXS_DEV_VBD, &l);

    if (rc < 0)
        return rc;
    count = (size_t)l.count;
    infos = calloc(count ? count : 1, sizeof(*infos));
    rc = infos ? 0 : -ENOMEM;
    for (i = 0; rc == 0 && i < l.count; i++)
        rc = fill_vbd(&l, &l.devices[i], &infos[i]);
    listing_dispose(&l);
    if (rc < 0) {
        chaos_vbd_list_free(infos, count);
        return chaos__fail(ctx, rc, "no memory for the list");
    }
    *infos_out = infos;
    *count_out = count;
    return 0;
}

void chaos_vbd_list_free(struct chaos_vbd_info *infos, size_t count)
{
    size_t i;

    for (i = 0; infos && i < count; i++)
        free(infos[i].target);
    free(infos);
}

int chaos_vbd_id(struct chaos_ctx *ctx, const char *vdev, uint32_t *id_out)
{
    size_t digits = strspn(vdev, "0123456789");

    if (digits > 0 && digits < 10 && vdev[digits] == '\0') {
        *id_out = (uint32_t)strtoul(vdev, NULL, 10);
        return 0;
    }
    if (config_vdev_number(vdev, id_out) == 0)
        return 0;
    return chaos__fail(ctx, -EINVAL,
                       "'%s' is no disk: expected one such as xvda, or its "
                       "number",
                       vdev);
}
