/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * device.c: devices as a domain's device page has them, and links to those
 * that live in user space (sysctl, console).
 */
#include <errno.h>

#include "bus.h"
#include "domain.h"
#include "internal.h"

static int no_domain(struct chaos_ctx *ctx, uint32_t domid)
{
    return chaos__fail(ctx, -ESRCH, "there is no domain %u", domid);
}

int chaos_domain_devices(struct chaos_ctx *ctx, uint32_t domid,
                         struct noxs_device *devices)
{
    struct hv_domain_state state;
    const struct bus_ops *bus;
    struct hv *hv;
    int rc = bus_of_host(ctx, &hv, &bus);

    if (rc < 0)
        return rc;
    if (domid >= NOXS_DOMID_SELF)
        return no_domain(ctx, domid);
    if (bus != &bus_noxs)
        return domain_look(ctx, &hv, domid, &state);
    return noxs_devices(ctx, domid, devices);
}

int device_find(struct chaos_ctx *ctx, uint32_t domid, uint32_t type,
                uint32_t id, struct noxs_device *device_out)
{
    struct noxs_device devices[NOXS_DEV_MAX];
    int i, n = chaos_domain_devices(ctx, domid, devices);

    if (n < 0)
        return n;
    for (i = 0; i < n; i++) {
        if (devices[i].type == type && devices[i].id == id) {
            *device_out = devices[i];
            return 0;
        }
    }
    return chaos__fail(ctx, -EOPNOTSUPP,
                       "domain %u has no noxs %s device: it was not made by "
                       "chaos, or made with XenStore",
                       domid, type == NOXS_DEV_SYSCTL ? "sysctl" : "console");
}

int device_map(struct chaos_ctx *ctx, uint32_t domid,
               const struct noxs_device *device, struct device_link *link_out)
{
    struct device_link link = {0};
    int rc = chaos__hv(ctx, &link.hv);

    if (rc < 0)
        return rc;
    rc = link.hv->ops->map(link.hv, domid, &device->gfn, 1, &link.page);
    if (rc < 0)
        return chaos__fail(ctx, rc,
                           "domain %u: its control page cannot be mapped; the "
                           "guest may have given the page away",
                           domid);
    *link_out = link;
    return 0;
}

static int bind_port(struct chaos_ctx *ctx, uint32_t domid,
                     const struct noxs_device *device, struct hv_evtchn *ev,
                     struct device_link *link)
{
    int rc = link->hv->ops->evtchn_bind(ev, domid, device->evtchn, &link->port);

    if (rc == -EINVAL)
        return chaos__fail(ctx, -EBUSY,
                           "domain %u: another program is attached to this "
                           "device",
                           domid);
    if (rc < 0)
        return chaos__fail(ctx, rc, "domain %u: cannot bind event channel %u",
                           domid, device->evtchn);
    return 0;
}

int device_bind(struct chaos_ctx *ctx, uint32_t domid,
                const struct noxs_device *device, struct device_link *link)
{
    struct hv_evtchn *ev;
    int rc = link->hv->ops->evtchn_open(link->hv, &ev);

    if (rc < 0)
        return chaos__fail(ctx, rc, "cannot open /dev/xen/evtchn");
    rc = bind_port(ctx, domid, device, ev, link);
    if (rc < 0) {
        link->hv->ops->evtchn_close(ev);
        return rc;
    }
    link->ev = ev;
    return 0;
}

int device_bind_shared(struct chaos_ctx *ctx, uint32_t domid,
                       const struct noxs_device *device, struct hv_evtchn *ev,
                       struct device_link *link)
{
    int rc = bind_port(ctx, domid, device, ev, link);

    if (rc < 0)
        return rc;
    link->ev = ev;
    link->shared = true;
    return 0;
}

void device_unlink(struct device_link *link)
{
    if (link->ev && link->shared)
        (void)link->hv->ops->evtchn_unbind(link->ev, link->port);
    else if (link->ev)
        link->hv->ops->evtchn_close(link->ev);
    if (link->page)
        link->hv->ops->unmap(link->hv, link->page, 1);
    *link = (struct device_link){0};
}
