/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * noxs_plug.c: devices of noxs that come and go while a domain lives.
 */
#include <errno.h>

#include "bus.h"
#include "create.h"
#include "domain.h"
#include "host.h"
#include "internal.h"

int noxs_devices(struct chaos_ctx *ctx, uint32_t domid,
                 struct noxs_device *devices)
{
    struct noxs_op_devs op = {
        .domid = (uint16_t)domid,
        .count = NOXS_DEV_MAX,
    };
    struct hv *hv = ctx->hv;
    int rc = hv->ops->noxs(hv, NOXS_OP_DEV_LIST, &op, sizeof(op), devices,
                           NOXS_DEV_MAX * sizeof(*devices));

    if (rc == -ESRCH)
        return chaos__fail(ctx, rc, "there is no domain %u", domid);
    if (rc < 0)
        return chaos__fail(ctx, rc, "domain %u: cannot list its devices",
                           domid);
    return (int)op.count;
}

/* Without the module all back ends are gone, which is worth telling, too. */
int noxs_backs(struct chaos_ctx *ctx, uint32_t domid,
               struct host_back **backs_out, size_t *count_out)
{
    struct host *host;
    int rc = chaos__host(ctx, &host);

    if (rc < 0)
        return rc;
    rc = host->ops->back_list(host, domid, backs_out, count_out);
    if (rc == -ENOENT || rc == -ENXIO) {
        *backs_out = NULL;
        *count_out = 0;
        return 0;
    }
    return rc < 0 ? device_refused(ctx, rc, "its devices") : 0;
}

/* --- they come ---------------------------------------------------------------
 */

int noxs_plug_begin(struct create *c)
{
    return devices_make_ports(c->ctx, c->hv, c->domid, &c->devices);
}

int noxs_plug(struct create *c)
{
    struct noxs_device devices[NOXS_DEV_MAX];
    struct noxs_op_devs op = {
        .domid = (uint16_t)c->domid,
        .count = devices_entries(&c->devices, devices),
    };
    int rc = c->hv->ops->noxs(c->hv, NOXS_OP_DEV_ADD, &op, sizeof(op), devices,
                              op.count * sizeof(*devices));

    if (rc < 0)
        return chaos__fail(c->ctx, rc,
                           "domain %u: cannot write its device page", c->domid);
    return 0;
}

static int take_out(struct chaos_ctx *ctx, uint32_t domid,
                    const struct noxs_device *device)
{
    struct noxs_op_dev_remove op = {
        .domid = (uint16_t)domid,
        .type = device->type,
        .id = device->id,
    };

    return ctx->hv->ops->noxs(ctx->hv, NOXS_OP_DEV_REMOVE, &op, sizeof(op),
                              NULL, 0);
}

void noxs_unplug(struct create *c)
{
    struct noxs_device devices[NOXS_DEV_MAX];
    unsigned count = devices_entries(&c->devices, devices);

    while (count-- > 0) {
        int rc = take_out(c->ctx, c->domid, &devices[count]);

        if (rc < 0)
            chaos__log(c->ctx, CHAOS_LOG_ERROR,
                       "domain %u: a device that failed stays in its device "
                       "page: error %d",
                       c->domid, -rc);
    }
}

/* --- and go ------------------------------------------------------------------
 */

int noxs_device_close(struct chaos_ctx *ctx, uint32_t domid,
                      const struct noxs_device *device, unsigned timeout_ms)
{
    struct host *host;
    int rc = chaos__host(ctx, &host);

    if (rc < 0)
        return rc;
    rc = host->ops->back_close(host, domid, device->type, device->id,
                               timeout_ms);
    if (rc == -ETIMEDOUT)
        return -ETIME;
    if (rc < 0 && rc != -ENOENT && rc != -ENXIO)
        return chaos__fail(ctx, rc, "its back end refused");
    return rc;
}

int noxs_device_forget(struct chaos_ctx *ctx, uint32_t domid,
                       const struct noxs_device *device)
{
    int rc = take_out(ctx, domid, device);

    return rc < 0 && rc != -ENOENT ? chaos__fail(ctx, rc, "Xen refused") : rc;
}

int noxs_device_end(struct chaos_ctx *ctx, uint32_t domid,
                    const struct noxs_device *device)
{
    struct host *host;
    int rc = chaos__host(ctx, &host);

    if (rc < 0)
        return rc;
    rc = host->ops->back_destroy(host, domid, device->type, device->id);
    if (rc == 0 || rc == -ENOENT || rc == -ENXIO)
        return 0;
    return chaos__fail(ctx, rc, "it refused");
}
