/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * front.c: just enough of a front end, in dom0 for a back end of dom0's own.
 */
#include <err.h>
#include <unistd.h>

#include <sys/mman.h>

#include "front.h"

void front_open(struct front *front)
{
    xenevtchn_port_or_error_t port;

    *front = (struct front){
        .xgt = xengnttab_open(NULL, 0),
        .xce = xenevtchn_open(NULL, 0),
    };
    if (!front->xgt || !front->xce)
        err(2, "no grants or event channels here");
    port = xenevtchn_bind_unbound_port(front->xce, 0);
    if (port < 0)
        err(2, "xenevtchn_bind_unbound_port");
    front->port = (uint32_t)port;
}

void front_map(struct front *front, const struct noxs_device *device)
{
    front->map = xengnttab_map_grant_ref(front->xgt, 0, device->grant,
                                         PROT_READ | PROT_WRITE);
    if (!front->map)
        err(2, "xengnttab_map_grant_ref");
    front->page = front->map;
}

bool front_ring(struct front *front, uint32_t back_state)
{
    if (xenevtchn_notify(front->xce, (evtchn_port_t)front->port))
        err(2, "xenevtchn_notify");
    for (int i = 0; i < 500; i++) {
        if (front->page->io.back_state == back_state)
            return true;
        usleep(10000);
    }
    return false;
}

void front_unmap(struct front *front)
{
    if (xengnttab_unmap(front->xgt, front->map, 1))
        err(2, "xengnttab_unmap");
}

void front_close(struct front *front)
{
    xenevtchn_close(front->xce);
    xengnttab_close(front->xgt);
}
