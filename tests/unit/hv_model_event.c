/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hv_model_event.c: the model's event channels, and its guests' side of them.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "hv_model_internal.h"
#include "store_model.h"

/* --- ports -------------------------------------------------------------------
 */

static void set_pending(uint32_t port)
{
    struct host_port *p = &model.host_ports[port];

    p->pending = true;
    (void)eventfd_write(p->ev->fd, 1);
}

static struct host_port *own_port(struct hv_evtchn *ev, uint32_t port)
{
    if (port == 0 || port >= HOST_PORTS_MAX || model.host_ports[port].ev != ev)
        return NULL;
    return &model.host_ports[port];
}

static uint32_t take_port(struct hv_evtchn *ev)
{
    uint32_t i;

    for (i = 1; i < HOST_PORTS_MAX; i++) {
        if (!model.host_ports[i].ev) {
            model.host_ports[i] = (struct host_port){.ev = ev};
            return i;
        }
    }
    return 0;
}

int model_evtchn_alloc(struct hv *hv, uint32_t domid, uint32_t *port_out)
{
    struct model_domain *d = model_get(domid);
    uint32_t port;
    int rc = model_enter("evtchn_alloc");

    (void)hv;
    if (rc < 0)
        return rc;
    if (!d)
        return -ESRCH;
    for (port = 1; port < PORTS_MAX; port++) {
        if (d->ports[port].state == PORT_FREE)
            break;
    }
    if (port == PORTS_MAX || port > d->evtchn_max)
        return -ENOSPC;
    d->ports[port].state = PORT_UNBOUND;
    *port_out = port;
    return model_leave("evtchn_alloc", 0);
}

/* A dying guest's ends close; dom0's stay, and lead nowhere. */
void model_ports_release(uint32_t domid)
{
    struct model_domain *d = model_get(domid);
    unsigned i;

    for (i = 0; i < PORTS_MAX; i++)
        d->ports[i] = (struct guest_port){PORT_FREE, 0};
    for (i = 1; i < HOST_PORTS_MAX; i++) {
        struct host_port *p = &model.host_ports[i];

        if (p->ev && !p->loop && p->domid == domid)
            p->peer = 0;
    }
}

/* --- handles
 * ------------------------------------------------------------------ */

int model_evtchn_open(struct hv *hv, struct hv_evtchn **ev_out)
{
    struct hv_evtchn *ev;
    int rc = model_enter("evtchn_open");

    (void)hv;
    if (rc < 0)
        return rc;
    ev = calloc(1, sizeof(*ev));
    if (!ev)
        return -ENOMEM;
    ev->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (ev->fd < 0) {
        free(ev);
        return -errno;
    }
    model.event_handles++;
    *ev_out = ev;
    return model_leave("evtchn_open", 0);
}

static void close_port(struct host_port *p)
{
    struct model_domain *d = p->loop ? NULL : model_get(p->domid);

    if (d && p->peer)
        d->ports[p->peer].state = PORT_UNBOUND;
    if (p->loop && p->peer)
        model.host_ports[p->peer].peer = 0;
    *p = (struct host_port){0};
}

void model_evtchn_close(struct hv_evtchn *ev)
{
    unsigned i;

    for (i = 1; i < HOST_PORTS_MAX; i++) {
        if (model.host_ports[i].ev == ev)
            close_port(&model.host_ports[i]);
    }
    close(ev->fd);
    free(ev);
    model.event_handles--;
}

int model_evtchn_fd(const struct hv_evtchn *ev)
{
    return ev->fd;
}

int model_evtchn_bind(struct hv_evtchn *ev, uint32_t domid,
                      uint32_t remote_port, uint32_t *port_out)
{
    struct model_domain *d = model_get(domid);
    uint32_t port;
    int rc = model_enter("evtchn_bind");

    if (rc < 0)
        return rc;
    if (!d || d->state.dying)
        return -ESRCH;
    if (remote_port == 0 || remote_port >= PORTS_MAX ||
        d->ports[remote_port].state != PORT_UNBOUND)
        return -EINVAL;
    port = take_port(ev);
    if (port == 0)
        return -ENOSPC;
    model.host_ports[port].domid = domid;
    model.host_ports[port].peer = remote_port;
    d->ports[remote_port] = (struct guest_port){PORT_BOUND, port};
    /* As Xen does: something may have been missed before. */
    set_pending(port);
    *port_out = port;
    return model_leave("evtchn_bind", 0);
}

int model_evtchn_unbind(struct hv_evtchn *ev, uint32_t port)
{
    struct host_port *p = own_port(ev, port);
    int rc = model_enter("evtchn_unbind");

    if (rc < 0)
        return rc;
    if (!p)
        return model_refuse(-EINVAL, "unbinding a port that is not one's own");
    close_port(p);
    return model_leave("evtchn_unbind", 0);
}

int model_evtchn_loop(struct hv_evtchn *ev, uint32_t *port_out)
{
    uint32_t port, peer;
    int rc = model_enter("evtchn_loop");

    if (rc < 0)
        return rc;
    peer = take_port(ev);
    port = peer ? take_port(ev) : 0;
    if (port == 0)
        return -ENOSPC;
    model.host_ports[port].loop = model.host_ports[peer].loop = true;
    model.host_ports[port].peer = peer;
    model.host_ports[peer].peer = port;
    set_pending(port);
    *port_out = port;
    return model_leave("evtchn_loop", 0);
}

int model_evtchn_notify(struct hv_evtchn *ev, uint32_t port)
{
    struct host_port *p = own_port(ev, port);
    int rc = model_enter("evtchn_notify");

    if (rc < 0)
        return rc;
    if (!p)
        return model_refuse(-EINVAL, "ringing a port that is not one's own");
    if (p->loop && p->peer)
        set_pending(p->peer);
    else if (!p->loop && p->peer && model.guest)
        model.guest(model.guest_arg, p->domid, p->peer);
    return model_leave("evtchn_notify", 0);
}

int model_evtchn_pending(struct hv_evtchn *ev, uint32_t *port_out)
{
    eventfd_t count;
    uint32_t i;
    int rc = model_enter("evtchn_pending");

    if (rc < 0)
        return rc;
    for (i = 1; i < HOST_PORTS_MAX; i++) {
        struct host_port *p = &model.host_ports[i];

        if (p->ev == ev && p->pending) {
            p->pending = false;
            *port_out = i;
            return model_leave("evtchn_pending", 0);
        }
    }
    (void)eventfd_read(ev->fd, &count);
    return -EAGAIN;
}

void model_watchers_ring(void)
{
    unsigned i;

    for (i = 1; i < HOST_PORTS_MAX; i++) {
        if (model.host_ports[i].watch && model.host_ports[i].peer)
            set_pending(model.host_ports[i].peer);
    }
    model_store_exits();
}

/* --- guests
 * -------------------------------------------------------------------- */

void model_set_guest(model_guest_fn *fn, void *arg)
{
    model.guest = fn;
    model.guest_arg = arg;
}

void model_ring(uint32_t domid, uint32_t port)
{
    const struct model_domain *d = model_get(domid);

    if (d && port < PORTS_MAX && d->ports[port].state == PORT_BOUND)
        set_pending(d->ports[port].host_port);
}
