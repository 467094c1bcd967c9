/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * devices_end.c: the devices of a domain that ends.
 *
 * The module ends the back ends of a domain that dies by itself, too; asking it
 * makes sure that they are gone before the caller goes on, and tells the hooks.
 * Those that XenStore tells of end with their nodes (xs_clean.c).
 */
#include <errno.h>
#include <string.h>

#include <noxs/net.h>

#include "bus.h"
#include "create.h"
#include "devices.h"
#include "domain.h"
#include "internal.h"
#include "xs.h"

static bool has_back_end(const struct noxs_device *device)
{
    return device->type == NOXS_DEV_VIF || device->type == NOXS_DEV_VBD;
}

static bool has_hook(const struct chaos_config *cfg)
{
    unsigned i;

    for (i = 0; i < cfg->vif_count; i++) {
        if (cfg->vifs[i].hook)
            return true;
    }
    return false;
}

/*
 * Only a vif can have a hook. Of a domain without any noxs device the record
 * alone says whether it has some.
 */
static void look_for_hooks(struct chaos_ctx *ctx, uint32_t domid,
                           const uint8_t uuid[NOXS_UUID_SIZE],
                           struct devices_left *left)
{
    struct chaos_config *cfg;
    int i, vifs = 0;

    for (i = 0; i < left->count; i++)
        vifs += left->devices[i].type == NOXS_DEV_VIF;
    if ((left->count > 0 && vifs == 0) ||
        record_read(ctx, domid, uuid, &cfg) < 0)
        return;
    if (has_hook(cfg))
        left->cfg = cfg;
    else
        chaos_config_destroy(cfg);
}

int devices_look(struct chaos_ctx *ctx, uint32_t domid,
                 const uint8_t uuid[NOXS_UUID_SIZE], struct devices_left *left)
{
    int i;

    left->cfg = NULL;
    left->count = chaos_domain_devices(ctx, domid, left->devices);
    /* One that is dying already does not tell, and may have had some. */
    left->any = left->count == -ESRCH;
    if (left->count < 0 && !left->any)
        return left->count;
    for (i = 0; i < left->count; i++)
        left->any |= has_back_end(&left->devices[i]);
    if (left->any || left->count == 0) {
        char error[CHAOS_ERROR_SIZE];

        memcpy(error, ctx->error, sizeof(error));
        look_for_hooks(ctx, domid, uuid, left);
        memcpy(ctx->error, error, sizeof(error));
    }
    return 0;
}

/* A domain in XenStore has those of its record. */
static void run_recorded_hooks(struct chaos_ctx *ctx, uint32_t domid,
                               const struct chaos_config *cfg)
{
    unsigned i;

    for (i = 0; i < cfg->vif_count; i++) {
        char ifname[HOST_IFNAME_SIZE];

        vif_name(&cfg->vifs[i], domid, i, ifname);
        hook_offline(ctx, &cfg->vifs[i], ifname, domid, cfg->vifs[i].mac);
    }
}

static void run_hooks(struct chaos_ctx *ctx, uint32_t domid,
                      const struct devices_left *left)
{
    int i;

    for (i = 0; i < left->count; i++) {
        const struct noxs_device *device = &left->devices[i];
        const struct config_vif *vif;
        char ifname[HOST_IFNAME_SIZE];

        if (device->type != NOXS_DEV_VIF)
            continue;
        vif = devices_config_vif(left->cfg, device);
        if (!vif)
            continue;
        vif_name(vif, domid, device->id, ifname);
        hook_offline(ctx, vif, ifname, domid, vif->mac);
    }
}

void devices_end(struct chaos_ctx *ctx, uint32_t domid,
                 struct devices_left *left)
{
    struct host *host;
    int rc;

    if (left->cfg && left->count == 0)
        run_recorded_hooks(ctx, domid, left->cfg);
    else if (left->cfg)
        run_hooks(ctx, domid, left);
    devices_keep(left);
    if (!left->any)
        return;
    rc = chaos__host(ctx, &host);
    if (rc == 0)
        rc = host->ops->back_destroy(host, domid, NOXS_DEV_NONE, 0);
    if (rc < 0 && rc != -ENOENT)
        chaos__log(ctx, CHAOS_LOG_ERROR,
                   "domain %u: its back ends could not be ended: error %d",
                   domid, -rc);
}

void devices_keep(struct devices_left *left)
{
    chaos_config_destroy(left->cfg);
    left->cfg = NULL;
}

int devices_give_up(struct chaos_ctx *ctx, uint32_t domid,
                    const uint8_t uuid[NOXS_UUID_SIZE])
{
    struct devices_left left;
    const struct bus_ops *bus;
    struct hv *hv;
    int i, rc = bus_of_domain(ctx, domid, &hv, &bus);

    if (rc < 0)
        return rc;
    rc = devices_look(ctx, domid, uuid, &left);
    if (rc < 0)
        return rc;
    if (bus == &bus_xs) {
        devices_end(ctx, domid, &left);
        return xs_give_up(ctx, domid);
    }
    for (i = 0; i < left.count; i++) {
        struct noxs_op_dev_remove op = {
            .domid = (uint16_t)domid,
            .type = left.devices[i].type,
            .id = left.devices[i].id,
        };

        if (!has_back_end(&left.devices[i]))
            continue;
        rc = hv->ops->noxs(hv, NOXS_OP_DEV_REMOVE, &op, sizeof(op), NULL, 0);
        if (rc < 0) {
            devices_keep(&left);
            return chaos__fail(
                ctx, rc, "domain %u: cannot take its devices away", domid);
        }
    }
    devices_end(ctx, domid, &left);
    return 0;
}
