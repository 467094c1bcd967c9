/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bus.h: what a front end needs to know of the bus that found its device.
 *
 * A bus (noxs, or XenStore) finds devices and makes their shared pages
 * accessible, the back end's on noxs and this side's with XenStore; a front end
 * of net.h or block.h is written against this alone and does not know which bus
 * it is on.
 *
 * All but bus_state and bus_on_change sleep: not in event handlers. What
 * becomes of devices in a suspend is not settled: close them before, or do not
 * suspend.
 */
#ifndef GUEST_BUS_H
#define GUEST_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUS_RINGS_MAX 2
#define BUS_CONFIG_MAX 64

enum bus_type { BUS_NET, BUS_BLOCK };

/* What the back end wants of, or tells, a front end that is connected. */
enum bus_state {
    BUS_READY, /* may connect */
    BUS_CONNECTED,
    BUS_CLOSING, /* the front end is to let go */
    BUS_CLOSED,
    BUS_BROKEN,
};

struct bus_ops;

/* A device as its front end sees it; found and filled by the bus. */
struct bus_device {
    const struct bus_ops *ops;
    enum bus_type type;
    uint32_t id;
    uint16_t backend;       /* whom to grant to */
    uint32_t port;          /* our event channel */
    uint64_t back_features; /* bits of <noxs/net.h> or <noxs/block.h> */
    /* Rings, mapped: net has tx and rx, block has one. */
    void *ring[BUS_RINGS_MAX];
    /*
     * struct noxs_net_config or noxs_block_config, and for a net device its
     * struct noxs_net_address behind it.
     */
    uint8_t config[BUS_CONFIG_MAX];
    uint32_t generation; /* tells it from an earlier one of the same id */
    void *priv;          /* of the bus */
};

/*
 * Find the n-th device (from 0, ascending by id) of a type, and map its pages.
 * -ENOENT: there is none; -EINVAL: its pages make no sense; -ENOSPC: no room to
 * map them; -EPERM: they are not granted (any more); -ETIMEDOUT: an earlier
 * user of the device cannot be disconnected. Says so on the console, but for
 * -ENOENT.
 */
int bus_open(enum bus_type type, unsigned int n, struct bus_device *dev);
/*
 * Tell the back end our features and that requests may be waiting. Rings are
 * initialised; requests may have been put on them before this. Bind a handler
 * to the port first. -ENOTCONN: the back end takes none now; -ETIMEDOUT.
 */
int bus_connect(struct bus_device *dev, uint64_t front_features);
/* BUS_CLOSED also when the device is gone. */
enum bus_state bus_state(const struct bus_device *dev);
/*
 * Stop: no more requests after this. Waits until the back end has finished with
 * our grants (or is gone), at most seconds: -ETIMEDOUT. The handler of the
 * device's port is gone afterwards, the rings are as new.
 */
int bus_disconnect(struct bus_device *dev);
/* Unmap; the device is as if never opened. Disconnects if need be. */
void bus_close(struct bus_device *dev);
/*
 * Call fn, with events off, after the device list changed (hotplug). One per
 * front end type. On noxs, takes sysctl_on_rescan.
 */
void bus_on_change(enum bus_type type, void (*fn)(void));

#endif /* GUEST_BUS_H */
