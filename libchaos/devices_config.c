/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * devices_config.c: the devices of configurations that records keep.
 *
 * A record's vifs all have their MAC address. By it, or by the disk's number, a
 * device of the device page is found in the record.
 */
#include <errno.h>
#include <string.h>

#include <noxs/net.h>

#include "config_keys.h"
#include "devices.h"
#include "internal.h"

static const struct config_key *list_key(const char *name)
{
    return chaos__config_key(&chaos__config_root, name, strlen(name));
}

static void set_macs(struct config_vif *vifs, const struct devices *d)
{
    unsigned i;

    for (i = 0; i < d->vif_count; i++) {
        memcpy(vifs[i].mac, d->vifs[i].mac, sizeof(vifs[i].mac));
        vifs[i].has_mac = true;
    }
}

/* One more vif or vbd, a copy of what `from` points to. */
static int append(const struct config_key *key, struct chaos_config *cfg,
                  const void *from)
{
    void *element;
    int rc = chaos__config_append(key, cfg, &element);

    if (rc < 0)
        return rc;
    chaos__config_dispose(key->members, element);
    rc = chaos__config_clone(key->members, element, from);
    if (rc < 0)
        chaos__config_drop_last(key, cfg);
    return rc;
}

static int append_all(struct chaos_config *cfg, const struct devices *d)
{
    unsigned i;
    int rc = 0;

    for (i = 0; rc == 0 && i < d->vif_count; i++)
        rc = append(list_key("vifs"), cfg, d->vifs[i].cfg);
    for (i = 0; rc == 0 && i < d->vbd_count; i++)
        rc = append(list_key("vbds"), cfg, d->vbds[i].cfg);
    return rc;
}

int devices_config_add(struct chaos_ctx *ctx, const struct chaos_config *old,
                       const struct devices *d, struct chaos_config **copy_out)
{
    struct chaos_config *copy;
    int rc = chaos_config_copy(ctx, old, &copy);

    if (rc < 0)
        return rc;
    rc = append_all(copy, d);
    if (rc < 0) {
        chaos_config_destroy(copy);
        return chaos__fail(ctx, rc, "no memory for the domain's record");
    }
    if (d->vif_count)
        set_macs(copy->vifs + old->vif_count, d);
    *copy_out = copy;
    return 0;
}

const struct config_vif *devices_config_vif(const struct chaos_config *cfg,
                                            const struct noxs_device *device)
{
    struct noxs_net_config net;
    unsigned i;

    memcpy(&net, device->config, sizeof(net));
    for (i = 0; cfg && i < cfg->vif_count; i++) {
        if (cfg->vifs[i].has_mac &&
            memcmp(cfg->vifs[i].mac, net.mac, sizeof(net.mac)) == 0)
            return &cfg->vifs[i];
    }
    return NULL;
}

const struct config_vbd *devices_config_vbd(const struct chaos_config *cfg,
                                            const struct noxs_device *device)
{
    uint32_t number;
    unsigned i;

    for (i = 0; cfg && i < cfg->vbd_count; i++) {
        if (config_vdev_number(cfg->vbds[i].vdev, &number) == 0 &&
            number == device->id)
            return &cfg->vbds[i];
    }
    return NULL;
}

/* The others keep their order. */
static void drop_vif(struct chaos_config *cfg, size_t i)
{
    size_t last = cfg->vif_count - 1;
    struct config_vif dropped = cfg->vifs[i];

    memmove(cfg->vifs + i, cfg->vifs + i + 1, (last - i) * sizeof(dropped));
    cfg->vifs[last] = dropped;
    chaos__config_drop_last(list_key("vifs"), cfg);
}

static void drop_vbd(struct chaos_config *cfg, size_t i)
{
    size_t last = cfg->vbd_count - 1;
    struct config_vbd dropped = cfg->vbds[i];

    memmove(cfg->vbds + i, cfg->vbds + i + 1, (last - i) * sizeof(dropped));
    cfg->vbds[last] = dropped;
    chaos__config_drop_last(list_key("vbds"), cfg);
}

int devices_config_drop(struct chaos_ctx *ctx, const struct chaos_config *old,
                        const struct noxs_device *device,
                        struct chaos_config **copy_out)
{
    const struct config_vif *vif = NULL;
    const struct config_vbd *vbd = NULL;
    int rc;

    if (device->type == NOXS_DEV_VIF)
        vif = devices_config_vif(old, device);
    else
        vbd = devices_config_vbd(old, device);
    if (!vif && !vbd) {
        *copy_out = NULL;
        return 0;
    }
    rc = chaos_config_copy(ctx, old, copy_out);
    if (rc < 0)
        return rc;
    if (vif)
        drop_vif(*copy_out, (size_t)(vif - old->vifs));
    else
        drop_vbd(*copy_out, (size_t)(vbd - old->vbds));
    return 0;
}
