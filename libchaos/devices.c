/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * devices.c: all vifs and vbds of a configuration together: all or none.
 */
#include <errno.h>
#include <string.h>

#include "devices.h"
#include "internal.h"

static int allocate(struct devices *d, const struct chaos_config *cfg)
{
    if (cfg->vif_count)
        d->vifs = calloc(cfg->vif_count, sizeof(*d->vifs));
    if (cfg->vbd_count)
        d->vbds = calloc(cfg->vbd_count, sizeof(*d->vbds));
    if ((cfg->vif_count && !d->vifs) || (cfg->vbd_count && !d->vbds))
        return -ENOMEM;
    d->vif_count = cfg->vif_count;
    d->vbd_count = cfg->vbd_count;
    return 0;
}

static int fill(struct chaos_ctx *ctx, const struct chaos_config *cfg,
                struct devices *d)
{
    unsigned i;

    for (i = 0; i < d->vif_count; i++)
        d->vifs[i] = (struct vif){.cfg = &cfg->vifs[i], .index = i, .id = i};
    for (i = 0; i < d->vbd_count; i++)
        d->vbds[i] = (struct vbd){.cfg = &cfg->vbds[i], .index = i, .fd = -1};
    for (i = 0; i < d->vbd_count; i++) {
        if (config_vdev_number(cfg->vbds[i].vdev, &d->vbds[i].id) < 0)
            return chaos__fail(ctx, -EINVAL, "vbds[%u].vdev: '%s' is no disk",
                               i, cfg->vbds[i].vdev);
    }
    return 0;
}

int devices_init(struct chaos_ctx *ctx, const struct chaos_config *cfg,
                 unsigned taken, struct devices *d)
{
    unsigned count = cfg->vif_count + cfg->vbd_count;
    int rc;

    *d = (struct devices){0};
    if (count == 0)
        return 0;
    if (taken + count > NOXS_DEV_MAX)
        return chaos__fail(ctx, -ENOSPC,
                           "vifs and vbds: %u of them and the %u devices there "
                           "are exceed the %u that a domain can have",
                           count, taken, NOXS_DEV_MAX);
    rc = chaos__host(ctx, &d->host);
    if (rc < 0)
        return rc;
    rc = allocate(d, cfg);
    if (rc < 0)
        (void)chaos__fail(ctx, rc, "no memory for the devices");
    else
        rc = fill(ctx, cfg, d);
    if (rc < 0)
        devices_dispose(d);
    return rc;
}

void devices_dispose(struct devices *d)
{
    devices_close_disks(d);
    free(d->vifs);
    free(d->vbds);
    *d = (struct devices){0};
}

unsigned devices_entries(const struct devices *d, struct noxs_device *out)
{
    unsigned i, n = 0;

    for (i = 0; i < d->vif_count; i++)
        out[n++] = d->vifs[i].device;
    for (i = 0; i < d->vbd_count; i++)
        out[n++] = d->vbds[i].device;
    return n;
}

int devices_make_ports(struct chaos_ctx *ctx, struct hv *hv, uint32_t domid,
                       struct devices *d)
{
    unsigned i;
    int rc = 0;

    for (i = 0; rc == 0 && i < d->vif_count; i++)
        rc = hv->ops->evtchn_alloc(hv, domid, &d->vifs[i].evtchn);
    for (i = 0; rc == 0 && i < d->vbd_count; i++)
        rc = hv->ops->evtchn_alloc(hv, domid, &d->vbds[i].evtchn);
    if (rc < 0)
        return chaos__fail(ctx, rc,
                           "cannot make the event channels of its devices");
    return 0;
}

/* --- all or none ------------------------------------------------------------
 */

int devices_find_bridges(struct chaos_ctx *ctx, struct devices *d)
{
    unsigned i;
    int rc = 0;

    for (i = 0; rc == 0 && i < d->vif_count; i++)
        rc = vif_find_bridge(ctx, d->host, &d->vifs[i]);
    return rc;
}

/* The last `count` first: an interface may stand on an earlier one. */
static void unmake_vifs(struct chaos_ctx *ctx, uint32_t domid,
                        struct devices *d, unsigned count)
{
    while (count-- > 0)
        device_unmake(ctx, d->host, domid, NOXS_DEV_VIF, d->vifs[count].id);
}

int devices_make_vifs(struct chaos_ctx *ctx, uint32_t domid,
                      const uint8_t uuid[NOXS_UUID_SIZE], struct devices *d)
{
    unsigned i;
    int rc;

    for (i = 0; i < d->vif_count; i++) {
        rc = vif_make(ctx, d->host, domid, uuid, &d->vifs[i]);
        if (rc < 0) {
            unmake_vifs(ctx, domid, d, i);
            return rc;
        }
    }
    return 0;
}

int devices_finalise_vifs(struct chaos_ctx *ctx, uint32_t domid,
                          const uint8_t uuid[NOXS_UUID_SIZE],
                          const struct vif *made, struct devices *d)
{
    struct vif_change change = {
        .ctx = ctx,
        .host = d->host,
        .domid = domid,
        .uuid = uuid,
        .set = vif_finalise_set,
    };
    unsigned i;
    int rc = 0;

    for (i = 0; rc == 0 && i < d->vif_count; i++)
        rc = vif_finalise(&change, &made[i], &d->vifs[i]);
    return rc;
}

int devices_online_vifs(struct chaos_ctx *ctx, uint32_t domid,
                        struct devices *d)
{
    unsigned i;
    int rc;

    for (i = 0; i < d->vif_count; i++) {
        rc = vif_hook_online(ctx, domid, &d->vifs[i]);
        if (rc < 0) {
            devices_offline_vifs(ctx, domid, d);
            return rc;
        }
        d->vifs[i].online = true;
    }
    return 0;
}

void devices_offline_vifs(struct chaos_ctx *ctx, uint32_t domid,
                          struct devices *d)
{
    unsigned i = d->vif_count;

    while (i-- > 0) {
        struct vif *v = &d->vifs[i];

        if (v->online)
            hook_offline(ctx, v->cfg, v->ifname, domid, v->mac);
        v->online = false;
    }
}

void devices_unmake_vifs(struct chaos_ctx *ctx, uint32_t domid,
                         struct devices *d)
{
    devices_offline_vifs(ctx, domid, d);
    unmake_vifs(ctx, domid, d, d->vif_count);
}

int devices_open_disks(struct chaos_ctx *ctx, struct devices *d)
{
    unsigned i;
    int rc = 0;

    for (i = 0; rc == 0 && i < d->vbd_count; i++)
        rc = vbd_open(ctx, d->host, &d->vbds[i]);
    if (rc < 0)
        devices_close_disks(d);
    return rc;
}

void devices_close_disks(struct devices *d)
{
    unsigned i = d->vbd_count;

    while (i-- > 0)
        vbd_close(&d->vbds[i]);
}

static void unmake_vbds(struct chaos_ctx *ctx, uint32_t domid,
                        struct devices *d, unsigned count)
{
    while (count-- > 0)
        device_unmake(ctx, d->host, domid, NOXS_DEV_VBD, d->vbds[count].id);
}

int devices_make_vbds(struct chaos_ctx *ctx, uint32_t domid, struct devices *d)
{
    unsigned i;
    int rc;

    for (i = 0; i < d->vbd_count; i++) {
        rc = vbd_make(ctx, d->host, domid, &d->vbds[i]);
        if (rc < 0) {
            unmake_vbds(ctx, domid, d, i);
            return rc;
        }
    }
    return 0;
}

void devices_unmake_vbds(struct chaos_ctx *ctx, uint32_t domid,
                         struct devices *d)
{
    unmake_vbds(ctx, domid, d, d->vbd_count);
}

/* --- what vifs and vbds have in common ---------------------------------------
 */

void device_unmake(struct chaos_ctx *ctx, struct host *host, uint32_t domid,
                   uint32_t type, uint32_t id)
{
    int rc = host->ops->back_destroy(host, domid, type, id);

    if (rc < 0 && rc != -ENOENT)
        chaos__log(ctx, CHAOS_LOG_ERROR,
                   "domain %u: the back end of its %s %u could not be ended: "
                   "error %d",
                   domid, type == NOXS_DEV_VIF ? "vif" : "vbd", id, -rc);
}

int device_refused(struct chaos_ctx *ctx, int rc, const char *what)
{
    switch (rc) {
    case -ENOENT:
    case -ENXIO:
        return chaos__fail(ctx, -ENODEV,
                           "%s: the module noxs_back is not loaded; 'modprobe "
                           "noxs_back'",
                           what);
    case -EPROTO:
        return chaos__fail(ctx, rc,
                           "%s: the module noxs_back is of another version "
                           "than this library; install the two of one release",
                           what);
    case -ESRCH:
        return chaos__fail(ctx, rc, "%s: the domain vanished", what);
    default:
        return chaos__fail(
            ctx, rc, "%s: the module noxs_back cannot make its back end", what);
    }
}
