/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bus_impl.h: what a bus provides behind <guest/bus.h>, function by function.
 */
#ifndef GUEST_BUS_IMPL_H
#define GUEST_BUS_IMPL_H

#include <guest/bus.h>

struct bus_ops {
    int (*open)(enum bus_type type, unsigned int n, struct bus_device *dev);
    int (*connect)(struct bus_device *dev, uint64_t front_features);
    enum bus_state (*state)(const struct bus_device *dev);
    int (*disconnect)(struct bus_device *dev);
    void (*close)(struct bus_device *dev);
    /* Call bus_changed from now on when devices of this type come or go. */
    void (*follow)(enum bus_type type);
};

/* bus.c: with events off. */
void bus_changed(void);

/* bus_noxs.c */
extern const struct bus_ops bus_noxs;

/* bus_xs.c */
extern const struct bus_ops bus_xs;

#endif /* GUEST_BUS_IMPL_H */
