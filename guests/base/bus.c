/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bus.c: from a front end to the bus of its device.
 */
#include <guest/lib.h>
#include <guest/xs.h>

#include "bus_impl.h"

static void (*on_change[BUS_BLOCK + 1])(void);

/* Known since the boot, and the same for all devices. */
static const struct bus_ops *ours(void)
{
    return xs_present() ? &bus_xs : &bus_noxs;
}

int bus_open(enum bus_type type, unsigned int n, struct bus_device *dev)
{
    return ours()->open(type, n, dev);
}

int bus_connect(struct bus_device *dev, uint64_t front_features)
{
    return dev->ops->connect(dev, front_features);
}

enum bus_state bus_state(const struct bus_device *dev)
{
    return dev->ops->state(dev);
}

int bus_disconnect(struct bus_device *dev)
{
    return dev->ops->disconnect(dev);
}

void bus_close(struct bus_device *dev)
{
    dev->ops->close(dev);
}

void bus_changed(void)
{
    unsigned int type;

    for (type = 0; type < ARRAY_SIZE(on_change); type++)
        if (on_change[type])
            on_change[type]();
}

void bus_on_change(enum bus_type type, void (*fn)(void))
{
    on_change[type] = fn;
    ours()->follow(type);
}
