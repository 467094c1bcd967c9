/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net.h: network interfaces: the netif front end, on any bus (bus.h).
 *
 * Frames go in and out by being copied to and from pages that the back end has
 * a grant of for as long as the device is open, so nothing is granted for a
 * frame, and what was handed over can no longer change.
 *
 * Nothing here is called by event handlers. The device's own handler sets
 * `event` and wakes whoever sleeps; net_poll does the work.
 */
#ifndef GUEST_NET_H
#define GUEST_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <guest/bus.h>
#include <noxs/net.h>

/* Frames that can be under way each way; of 2 KB out and a page in. */
#define NET_TX_SLOTS 128
#define NET_RX_SLOTS 64
#define NET_SLOT_SIZE 2048
/* Pieces of one frame. */
#define NET_FRAGS_MAX 20
/* Ethernet's header, with a VLAN's tag. */
#define NET_HEADER_MAX 18

struct net_frag {
    const void *data;
    size_t len;
};

/* What the back end said of a frame that came in. */
#define NET_F_CHECKED 0x1 /* no need to look at the TCP or UDP checksum */

struct net_device;
/*
 * A frame: n pieces, which are gone when this returns. It may send, but not
 * poll or close.
 */
typedef void net_receive_fn(struct net_device *dev,
                            const struct net_frag *frags, unsigned int n,
                            unsigned int flags);

struct netif_tx_sring;
struct netif_rx_sring;

struct net_device {
    uint8_t mac[6];
    uint16_t mtu; /* what fits both the configuration and the back end */
    struct noxs_net_address address;
    bool up; /* connected; frames can be sent */
    /* Something happened: poll. Written by the event handler. */
    volatile bool event;
    /* net_send failed for want of room; cleared by the user when it retries. */
    bool tx_full;
    uint64_t tx_frames, rx_frames, tx_dropped, rx_dropped;

    /* The front end's own. */
    struct bus_device bus;
    bool open;
    uint32_t broken; /* generation of the device that is not to be trusted */
    struct netif_tx_sring *tx;
    struct netif_rx_sring *rx;
    uint32_t tx_prod, tx_flushed, tx_cons, rx_prod, rx_cons;
    uint16_t tx_free[NET_TX_SLOTS]; /* a stack of slots */
    unsigned int tx_nr_free;
    bool tx_busy[NET_TX_SLOTS];
    char *tx_buf[NET_TX_SLOTS];
    char *rx_buf[NET_RX_SLOTS];
    uint32_t tx_ref[NET_TX_SLOTS]; /* those of one page are the same */
    uint32_t rx_ref[NET_RX_SLOTS];
};

/*
 * Open the n-th interface (from 0) and connect. A device starts out zeroed and
 * keeps its memory when it is closed. -ENOENT: there is none (yet). -ENOMEM.
 * -EINVAL and what bus_open says: it is no good.
 */
int net_open(struct net_device *dev, unsigned int n);
/* The device is as never opened, but for its memory. */
void net_close(struct net_device *dev);
/*
 * Take what came in, at most some dozens of frames, and what was sent. True:
 * there is more. When the back end wants the device closed or breaks the
 * protocol, it is closed: `up` is false, and net_open may find it again.
 */
bool net_poll(struct net_device *dev, net_receive_fn *receive);
/* -ENOSPC: no room now (tx_full); -EMSGSIZE; -ENOTCONN. */
int net_send(struct net_device *dev, const struct net_frag *frags,
             unsigned int n);
/* Make the back end look at what was sent since the last time. */
void net_flush(struct net_device *dev);

#endif /* GUEST_NET_H */
