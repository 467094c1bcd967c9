/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net.c: opening and closing of a network interface: its buffers, their
 * grants, and the back end's states. The rings are net_ring.c's.
 */
#include <guest/barrier.h>
#include <guest/event.h>
#include <guest/grant.h>
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/memory.h>
#include <guest/net.h>

#include "net_ring.h"

#define TX_PER_PAGE (PAGE_SIZE / NET_SLOT_SIZE)
/* What we accept: a packet in pieces, and checksums that nobody computed. */
#define FRONT_FEATURES (NOXS_NET_F_CSUM | NOXS_NET_F_CSUM6 | NOXS_NET_F_SG)

static int alloc_buffers(struct net_device *dev)
{
    unsigned int i;

    for (i = 0; i < NET_TX_SLOTS; i++) {
        if (dev->tx_buf[i])
            continue;
        dev->tx_buf[i] = i % TX_PER_PAGE ? dev->tx_buf[i - 1] + NET_SLOT_SIZE
                                         : page_alloc(1);
        if (!dev->tx_buf[i])
            return -ENOMEM;
    }
    for (i = 0; i < NET_RX_SLOTS; i++)
        if (!dev->rx_buf[i] && !(dev->rx_buf[i] = page_alloc(1)))
            return -ENOMEM;
    return 0;
}

/*
 * A back end that is in the middle of a copy can hold an entry for a moment;
 * one that does so longer keeps it, and the page with it.
 */
static void end_grant(uint32_t *ref, char **buf)
{
    if (*ref && grant_end(*ref))
        *buf = NULL;
    *ref = 0;
}

static void end_grants(struct net_device *dev)
{
    unsigned int i, j;

    for (i = 0; i < NET_TX_SLOTS; i += TX_PER_PAGE) {
        end_grant(&dev->tx_ref[i], &dev->tx_buf[i]);
        for (j = i + 1; j < i + TX_PER_PAGE; j++) {
            dev->tx_ref[j] = 0;
            if (!dev->tx_buf[i])
                dev->tx_buf[j] = NULL;
        }
    }
    for (i = 0; i < NET_RX_SLOTS; i++)
        end_grant(&dev->rx_ref[i], &dev->rx_buf[i]);
}

static int grant_buffers(struct net_device *dev)
{
    uint16_t to = dev->bus.backend;
    unsigned int i;
    int rc = 0;

    for (i = 0; i < NET_TX_SLOTS && !rc; i++)
        if (i % TX_PER_PAGE)
            dev->tx_ref[i] = dev->tx_ref[i - 1];
        else
            rc = grant_access(to, dev->tx_buf[i], true, &dev->tx_ref[i]);
    for (i = 0; i < NET_RX_SLOTS && !rc; i++)
        rc = grant_access(to, dev->rx_buf[i], false, &dev->rx_ref[i]);
    return rc;
}

/* Without SG a frame must fit one slot. */
static int read_config(struct net_device *dev)
{
    const struct bus_device *bus = &dev->bus;
    struct noxs_net_config config;
    unsigned int most = NET_SLOT_SIZE - NET_HEADER_MAX;

    memcpy(&config, bus->config, sizeof(config));
    memcpy(&dev->address, bus->config + sizeof(config), sizeof(dev->address));
    if (config.mtu < NOXS_NET_MTU_MIN || config.mtu > NOXS_NET_MTU_MAX ||
        config.mac[0] & 1)
        return -EINVAL;
    if (bus->back_features & NOXS_NET_F_SG)
        most = NOXS_NET_MTU_MAX;
    memcpy(dev->mac, config.mac, sizeof(dev->mac));
    dev->mtu = (uint16_t)(config.mtu < most ? config.mtu : most);
    return 0;
}

static void handle_event(uint32_t port, void *arg)
{
    struct net_device *dev = arg;

    (void)port;
    dev->event = true;
}

static int connect(struct net_device *dev)
{
    int rc = read_config(dev);

    if (!rc)
        rc = alloc_buffers(dev);
    if (!rc)
        rc = grant_buffers(dev);
    if (!rc)
        rc = event_bind(dev->bus.port, handle_event, dev);
    if (rc)
        return rc;
    net_ring_init(dev);
    return bus_connect(&dev->bus, FRONT_FEATURES);
}

int net_open(struct net_device *dev, unsigned int n)
{
    int rc = bus_open(BUS_NET, n, &dev->bus);

    if (rc)
        return rc;
    dev->open = true;
    if (dev->broken && dev->bus.generation == dev->broken)
        rc = -EINVAL;
    if (!rc)
        rc = connect(dev);
    if (rc) {
        net_close(dev);
        return rc;
    }
    dev->up = true;
    dev->event = true;
    return 0;
}

void net_close(struct net_device *dev)
{
    dev->up = false;
    if (!dev->open)
        return;
    dev->open = false;
    bus_close(&dev->bus);
    end_grants(dev);
}

static void give_up(struct net_device *dev)
{
    printf("vif %u: the back end breaks the protocol\n", dev->bus.id);
    dev->broken = dev->bus.generation;
    net_close(dev);
}

bool net_poll(struct net_device *dev, net_receive_fn *receive)
{
    enum bus_state state;
    int rc;

    dev->event = false;
    barrier();
    if (!dev->up)
        return false;
    state = bus_state(&dev->bus);
    if (state == BUS_BROKEN) {
        give_up(dev);
        return false;
    }
    if (state == BUS_CLOSING || state == BUS_CLOSED) {
        net_close(dev);
        return false;
    }
    rc = net_ring_poll(dev, receive);
    if (rc < 0)
        give_up(dev);
    return rc > 0;
}
