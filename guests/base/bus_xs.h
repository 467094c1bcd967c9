/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bus_xs.h: between a XenStore device's life (bus_xs.c) and its keys
 * (bus_xs_keys.c).
 */
#ifndef GUEST_BUS_XS_H
#define GUEST_BUS_XS_H

#include <guest/bus.h>
#include <guest/xs.h>

#define XS_PATH_MAX 96

/* One page, or less. */
struct xs_bus {
    struct xs_watch watch; /* the first, so that it is found by it */
    char front[24];
    char back[XS_PATH_MAX];
    char watched[XS_PATH_MAX + 8]; /* where the back end's state is */
    uint32_t state;                /* XenbusState* of the back end */
    bool presented;                /* the back end was told of the rings */
    bool connected;
    unsigned int rings;
    uint32_t ref[BUS_RINGS_MAX];
};

/* What the back end needs in order to connect, but for the state. */
int xs_present_keys(const struct bus_device *dev, const struct xs_bus *bus,
                    uint64_t front_features);
/* Fill in dev->config and back_features. */
int xs_net_config(struct bus_device *dev, const struct xs_bus *bus);
int xs_block_config(struct bus_device *dev, const struct xs_bus *bus);

#endif /* GUEST_BUS_XS_H */
