/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * front.h: just enough of a front end, in dom0 for a back end of dom0's own.
 */
#ifndef NOXS_TEST_FRONT_H
#define NOXS_TEST_FRONT_H

#include <stdbool.h>
#include <stdint.h>

#include <xenevtchn.h>
#include <xengnttab.h>

#include <noxs/net.h>

struct front {
    xengnttab_handle *xgt;
    xenevtchn_handle *xce;
    uint32_t port; /* for the back end to bind */
    void *map;
    volatile struct noxs_net *page; /* of the map */
};

void front_open(struct front *front);
void front_map(struct front *front, const struct noxs_device *device);
/* Ring, and wait for the back end to be in that state; false: it is not. */
bool front_ring(struct front *front, uint32_t back_state);
void front_unmap(struct front *front);
void front_close(struct front *front);

#endif /* NOXS_TEST_FRONT_H */
