/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * xs_vbd.c: disks whose back end is Linux's xen-blkback.
 *
 * It opens the block device by its number, some time after it is told of it.
 * Until then ours stays open, and with it a loop device, which lives no longer
 * than somebody has it open.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "create.h"
#include "internal.h"
#include "xs.h"

static struct xs_device device_of(const struct create *c, const struct vbd *v)
{
    return (struct xs_device){
        .domid = c->domid,
        .type = NOXS_DEV_VBD,
        .id = v->id,
        .index = v->index,
    };
}

static void describe(struct xs_batch *b, const struct xs_device *d,
                     const struct vbd *v, const char *number)
{
    const char *mode = v->cfg->writable ? "w" : "r";
    char id[16];

    (void)snprintf(id, sizeof(id), "%u", d->id);
    xs_device_start(b, d);
    xs_front(b, d, "virtual-device", id);
    xs_front(b, d, "device-type", "disk");
    xs_back(b, d, "physical-device", number);
    xs_back(b, d, "mode", mode);
    xs_back(b, d, "dev", v->cfg->vdev);
    xs_back(b, d, "script", XS_NO_SCRIPT);
    xs_tool(b, d, "params", v->cfg->target);
    xs_tool(b, d, "mode", mode);
    xs_tool(b, d, "dev", v->cfg->vdev);
    xs_tool(b, d, "type", "phy");
    xs_tool(b, d, "device-type", "disk");
    xs_tool(b, d, "removable", "0");
    xs_device_end(b, d);
}

static int tell(struct create *c, struct store *store, const struct vbd *v)
{
    struct host *host = c->devices.host;
    struct xs_device d = device_of(c, v);
    uint32_t dev_major, dev_minor;
    char number[32];
    struct xs_batch b;
    int rc = host->ops->block_number(host, v->fd, &dev_major, &dev_minor);

    if (rc < 0)
        return vbd_bad_target(c->ctx, rc, v, NULL);
    (void)snprintf(number, sizeof(number), "%x:%x", dev_major, dev_minor);
    xs_start(&b);
    if (c->lives)
        xs_expect(&b, c->domid);
    describe(&b, &d, v, number);
    return xs_device_tell(c, store, &b);
}

static int wait_for_disk(struct host *host, const struct xs_device *d,
                         unsigned timeout_ms, uint32_t *result_out)
{
    (void)result_out;
    return host->ops->stock_vbd(host, d->domid, d->id, timeout_ms);
}

/* A loop device is new, and its file is locked. */
static int claim(struct create *c, const struct vbd *v, int *claim_out)
{
    struct host *host = c->devices.host;
    int rc;

    if (v->cfg->type == CONFIG_VBD_FILE)
        return 0;
    rc = host->ops->stock_claim(host, v->fd, !v->cfg->writable, claim_out);
    if (rc == -EBUSY)
        return vbd_bad_target(c->ctx, rc, v, VBD_IN_USE);
    return rc < 0 ? vbd_bad_target(c->ctx, rc, v, NULL) : 0;
}

static int make(struct create *c, struct store *store, const struct vbd *v)
{
    struct xs_device d = device_of(c, v);
    CLEANUP_CLOSE int claimed = -1;
    int rc = claim(c, v, &claimed);

    if (rc == 0)
        rc = tell(c, store, v);
    if (rc == 0)
        rc = xs_device_wait(c->ctx, store, c->devices.host, &d, wait_for_disk,
                            NULL);
    return rc;
}

int xs_make_vbds(struct create *c)
{
    struct devices *d = &c->devices;
    struct store *store;
    unsigned i;
    int rc;

    if (d->vbd_count == 0)
        return 0;
    rc = chaos__store(c->ctx, &store);
    if (rc < 0)
        return rc;
    for (i = 0; rc == 0 && i < d->vbd_count; i++)
        rc = make(c, store, &d->vbds[i]);
    if (rc < 0)
        xs_unmake_vbds(c);
    return rc;
}

void xs_unmake_vbds(struct create *c)
{
    struct xs_device devices[CONFIG_VBDS_MAX];
    unsigned i;

    for (i = 0; i < c->devices.vbd_count; i++)
        devices[i] = device_of(c, &c->devices.vbds[i]);
    xs_devices_remove(c->ctx, c->devices.host, devices, i);
}
