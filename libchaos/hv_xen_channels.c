/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * hv_xen_channels.c: the real seam's event channels, and noxs's hypercall.
 */
#include "hv_xen.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <xenevtchn.h>
#include <xentoollog.h>

#include <xen/event_channel.h>

int xen_evtchn_alloc(struct hv *hv, uint32_t domid, uint32_t *port_out)
{
    struct hv_xen *x = hv_xen(hv);
    struct evtchn_alloc_unbound *op = (void *)x->arena;
    int rc;

    memset(op, 0, sizeof(*op));
    op->dom = (domid_t)domid;
    op->remote_dom = DOMID_SELF;
    rc = hv_xen_result(xencall2(x->call, __HYPERVISOR_event_channel_op,
                                EVTCHNOP_alloc_unbound,
                                (uint64_t)(uintptr_t)op));
    if (rc < 0)
        return rc;
    *port_out = op->port;
    return 0;
}

static int noxs_call(struct hv_xen *x, unsigned cmd, void *mem, void *arg,
                     size_t arg_size, void *buf, size_t buf_size)
{
    uint8_t *p = mem;
    uint64_t buf_addr = buf_size ? (uint64_t)(uintptr_t)(p + arg_size) : 0;
    int rc;

    memcpy(p, arg, arg_size);
    if (buf_size)
        memcpy(p + arg_size, buf, buf_size);
    rc = hv_xen_result(xencall3(x->call, __HYPERVISOR_noxs_op, cmd,
                                (uint64_t)(uintptr_t)p, buf_addr));
    if (rc < 0)
        return rc;
    memcpy(arg, p, arg_size);
    if (buf_size)
        memcpy(buf, p + arg_size, buf_size);
    return rc;
}

int xen_noxs(struct hv *hv, unsigned cmd, void *arg, size_t arg_size, void *buf,
             size_t buf_size)
{
    struct hv_xen *x = hv_xen(hv);
    size_t size = arg_size + buf_size;
    size_t pages = (size + HV_PAGE_SIZE - 1) / HV_PAGE_SIZE;
    void *mem;
    int rc;

    if (pages <= HV_XEN_ARENA_PAGES)
        return noxs_call(x, cmd, x->arena, arg, arg_size, buf, buf_size);
    mem = xencall_alloc_buffer_pages(x->call, pages);
    if (!mem)
        return -ENOMEM;
    rc = noxs_call(x, cmd, mem, arg, arg_size, buf, buf_size);
    xencall_free_buffer_pages(x->call, mem, pages);
    return rc;
}

/* --- event channels of dom0 ------------------------------------------------
 */

/* struct hv_evtchn is libxenevtchn's handle under the seam's name. */
static xenevtchn_handle *xce(struct hv_evtchn *ev)
{
    return (xenevtchn_handle *)(void *)ev;
}

int xen_evtchn_open(struct hv *hv, struct hv_evtchn **ev_out)
{
    xenevtchn_handle *handle = xenevtchn_open(&hv_xen_silent, 0);
    int fd, rc;

    (void)hv;
    if (!handle)
        return -errno;
    fd = xenevtchn_fd(handle);
    if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0) {
        rc = -errno;
        (void)xenevtchn_close(handle);
        return rc;
    }
    *ev_out = (struct hv_evtchn *)(void *)handle;
    return 0;
}

void xen_evtchn_close(struct hv_evtchn *ev)
{
    (void)xenevtchn_close(xce(ev));
}

int xen_evtchn_fd(const struct hv_evtchn *ev)
{
    union {
        const struct hv_evtchn *in;
        xenevtchn_handle *out;
    } cast = {.in = ev};

    return xenevtchn_fd(cast.out);
}

int xen_evtchn_bind(struct hv_evtchn *ev, uint32_t domid, uint32_t remote_port,
                    uint32_t *port_out)
{
    int rc =
        hv_xen_result(xenevtchn_bind_interdomain(xce(ev), domid, remote_port));

    if (rc < 0)
        return rc;
    *port_out = (uint32_t)rc;
    return 0;
}

int xen_evtchn_unbind(struct hv_evtchn *ev, uint32_t port)
{
    return hv_xen_result(xenevtchn_unbind(xce(ev), port));
}

int xen_evtchn_loop(struct hv_evtchn *ev, uint32_t *port_out)
{
    int rc = hv_xen_result(xenevtchn_bind_unbound_port(xce(ev), DOMID_SELF));

    if (rc < 0)
        return rc;
    return xen_evtchn_bind(ev, DOMID_SELF, (uint32_t)rc, port_out);
}

int xen_evtchn_notify(struct hv_evtchn *ev, uint32_t port)
{
    return hv_xen_result(xenevtchn_notify(xce(ev), port));
}

int xen_evtchn_pending(struct hv_evtchn *ev, uint32_t *port_out)
{
    int rc = hv_xen_result(xenevtchn_pending(xce(ev)));

    if (rc < 0)
        return rc;
    *port_out = (uint32_t)rc;
    return hv_xen_result(xenevtchn_unmask(xce(ev), (evtchn_port_t)rc));
}
