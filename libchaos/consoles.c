/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * consoles.c: many consoles with one descriptor.
 *
 * Ports of dom0 are small integers that are used again, so a table leads from
 * the port that rang to its console.
 */
#include <errno.h>
#include <string.h>

#include "console.h"
#include "internal.h"

#define PORTS_FIRST 64u

struct chaos_consoles {
    struct chaos_ctx *ctx; /* borrowed from the caller */
    struct hv *hv;         /* borrowed from the context */
    struct hv_evtchn *ev;
    struct chaos_console **ports;
    uint32_t room; /* in ports */
};

int chaos_consoles_create(struct chaos_ctx *ctx,
                          struct chaos_consoles **set_out)
{
    struct chaos_consoles *set = calloc(1, sizeof(*set));
    int rc;

    if (!set)
        return chaos__fail(ctx, -ENOMEM, "no memory for consoles");
    set->ctx = ctx;
    rc = chaos__hv_noxs(ctx, &set->hv);
    if (rc == 0) {
        rc = set->hv->ops->evtchn_open(set->hv, &set->ev);
        if (rc < 0)
            rc = chaos__fail(ctx, rc, "cannot open /dev/xen/evtchn");
    }
    if (rc < 0) {
        free(set);
        return rc;
    }
    *set_out = set;
    return 0;
}

void chaos_consoles_destroy(struct chaos_consoles *set)
{
    uint32_t i;

    if (!set)
        return;
    for (i = 0; i < set->room; i++)
        chaos_console_close(set->ports[i]);
    set->hv->ops->evtchn_close(set->ev);
    free(set->ports);
    free(set);
}

int chaos_consoles_fd(const struct chaos_consoles *set)
{
    return set->hv->ops->evtchn_fd(set->ev);
}

static int make_room(struct chaos_consoles *set, uint32_t port)
{
    uint32_t room = set->room ? set->room : PORTS_FIRST;
    struct chaos_console **ports;

    if (port < set->room)
        return 0;
    while (room <= port)
        room *= 2;
    ports = realloc(set->ports, room * sizeof(struct chaos_console *));
    if (!ports)
        return chaos__fail(set->ctx, -ENOMEM, "no memory for a console");
    memset(ports + set->room, 0,
           (room - set->room) * sizeof(struct chaos_console *));
    set->ports = ports;
    set->room = room;
    return 0;
}

int chaos_consoles_add(struct chaos_consoles *set, uint32_t domid, void *arg,
                       struct chaos_console **con_out)
{
    struct chaos_console *con;
    int rc = console_attach(set->ctx, domid, set->ev, &con);

    if (rc < 0)
        return rc;
    rc = make_room(set, con->link.port);
    if (rc < 0) {
        chaos_console_close(con);
        return rc;
    }
    con->arg = arg;
    con->set = set;
    set->ports[con->link.port] = con;
    *con_out = con;
    return 0;
}

void consoles_forget(struct chaos_consoles *set,
                     const struct chaos_console *con)
{
    set->ports[con->link.port] = NULL;
}

/* A ring of a port that was closed meanwhile is nobody's. */
void *chaos_consoles_next(struct chaos_consoles *set)
{
    uint32_t port;

    while (set->hv->ops->evtchn_pending(set->ev, &port) == 0) {
        if (port < set->room && set->ports[port])
            return set->ports[port]->arg;
    }
    return NULL;
}
