/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net_ring.c: the two rings of a network interface.
 *
 * The back end can write to the rings at any time. The indices that this side
 * owns are kept in struct net_device; of what the back end writes each word is
 * read once, checked, and used. Received frames that are not whole yet stay on
 * the ring.
 *
 * What is received is always polled and asks for an event when there is no
 * more. Of what is sent nobody needs to hear but who found no room.
 */
#include <guest/barrier.h>
#include <guest/event.h>
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/memory.h>

#define xen_mb() mb()
#define xen_rmb() rmb()
#define xen_wmb() wmb()
#include <xen/io/netif.h>

#include "net_ring.h"

#define RING ((uint32_t)__CONST_RING_SIZE(netif_tx, PAGE_SIZE))
/* Frames taken by one poll: others want their turn. */
#define BUDGET 64

_Static_assert(__CONST_RING_SIZE(netif_tx, PAGE_SIZE) == 256 &&
                   __CONST_RING_SIZE(netif_rx, PAGE_SIZE) == 256,
               "noxs/net.h says 256 entries");
_Static_assert(NET_TX_SLOTS <= 256 && NET_RX_SLOTS <= 256,
               "a ring has room for all slots");

/* Tell the back end of new requests: is it to be rung? */
#define publish(sring, old, new)                                               \
    ({                                                                         \
        wmb();                                                                 \
        WRITE_ONCE((sring)->req_prod, new);                                    \
        mb();                                                                  \
        (uint32_t)((new) - READ_ONCE((sring)->req_event)) <                    \
            (uint32_t)((new) - (old));                                         \
    })

/* --- receiving ------------------------------------------------------------ */

/*
 * Request n always offers buffer n % NET_RX_SLOTS, and is answered by response
 * n. So when a frame is done with, its buffers are offered again by asking on.
 */
static void rx_offer(struct net_device *dev, unsigned int n)
{
    uint32_t old = dev->rx_prod;

    for (; n; n--, dev->rx_prod++) {
        netif_rx_request_t *req = &dev->rx->ring[dev->rx_prod % RING].req;

        req->id = (uint16_t)(dev->rx_prod % NET_RX_SLOTS);
        req->pad = 0;
        req->gref = dev->rx_ref[dev->rx_prod % NET_RX_SLOTS];
    }
    if (publish(dev->rx, old, dev->rx_prod) && dev->up)
        event_notify(dev->bus.port);
}

/* A frame as it lies on the ring. */
struct frame {
    struct net_frag frags[NET_FRAGS_MAX];
    unsigned int n;
    unsigned int slots;
    unsigned int flags; /* of the first response */
    bool bad;           /* the back end could not, or it is too long */
};

/* How many extra infos lie from slot `at` on; 0: they are not all there. */
static unsigned int count_extras(struct net_device *dev, uint32_t at,
                                 uint32_t prod)
{
    const struct netif_extra_info *extra;
    unsigned int n;

    for (n = 1; at != prod; n++, at++) {
        extra = (const void *)&dev->rx->ring[at % RING].rsp;
        if (!(READ_ONCE(extra->flags) & XEN_NETIF_EXTRA_FLAG_MORE))
            return n;
    }
    return 0;
}

/* One response: a piece, or a failure. */
static int add_piece(struct net_device *dev, struct frame *f, uint32_t at,
                     const netif_rx_response_t *rsp)
{
    if (rsp->id != at % NET_RX_SLOTS)
        return -EINVAL;
    if (rsp->status <= 0 || f->n == NET_FRAGS_MAX) {
        f->bad = true;
        return 0;
    }
    if ((size_t)rsp->offset + (size_t)rsp->status > PAGE_SIZE)
        return -EINVAL;
    f->frags[f->n].data = dev->rx_buf[at % NET_RX_SLOTS] + rsp->offset;
    f->frags[f->n].len = (size_t)rsp->status;
    f->n++;
    return 0;
}

/* 1: f is the next frame; 0: none is whole; -EINVAL. */
static int rx_next(struct net_device *dev, uint32_t prod, struct frame *f)
{
    uint32_t at = dev->rx_cons;
    netif_rx_response_t rsp;
    unsigned int extras;

    f->n = 0;
    f->bad = false;
    do {
        if (at == prod)
            /* All buffers hold a frame that is still not whole. */
            return at - dev->rx_cons < NET_RX_SLOTS ? 0 : -EINVAL;
        rsp = *(volatile netif_rx_response_t *)&dev->rx->ring[at % RING].rsp;
        if (at == dev->rx_cons)
            f->flags = rsp.flags;
        if (add_piece(dev, f, at, &rsp))
            return -EINVAL;
        at++;
        if (at - 1 == dev->rx_cons && rsp.flags & NETRXF_extra_info) {
            extras = count_extras(dev, at, prod);
            if (!extras && prod - dev->rx_cons < NET_RX_SLOTS)
                return 0;
            if (!extras)
                return -EINVAL;
            at += extras;
        }
    } while (rsp.flags & NETRXF_more_data);
    f->slots = at - dev->rx_cons;
    return 1;
}

static void rx_take(struct net_device *dev, const struct frame *f,
                    net_receive_fn *receive)
{
    if (f->bad) {
        dev->rx_dropped++;
        return;
    }
    dev->rx_frames++;
    receive(dev, f->frags, f->n,
            f->flags & (NETRXF_data_validated | NETRXF_csum_blank)
                ? NET_F_CHECKED
                : 0);
}

/* Is there something? If not, an event will tell. */
static bool rx_waiting(struct net_device *dev, uint32_t prod)
{
    WRITE_ONCE(dev->rx->rsp_event, prod + 1);
    mb();
    return READ_ONCE(dev->rx->rsp_prod) != prod;
}

static int rx_poll(struct net_device *dev, net_receive_fn *receive)
{
    uint32_t prod = READ_ONCE(dev->rx->rsp_prod);
    uint32_t start = dev->rx_cons;
    unsigned int frames;
    struct frame f;
    int rc = 1;

    rmb();
    if (prod - dev->rx_cons > dev->rx_prod - dev->rx_cons)
        return -EINVAL;
    for (frames = 0; frames < BUDGET; frames++) {
        rc = rx_next(dev, prod, &f);
        if (rc <= 0)
            break;
        rx_take(dev, &f, receive);
        dev->rx_cons += f.slots;
    }
    if (rc < 0)
        return rc;
    if (dev->rx_cons != start)
        rx_offer(dev, dev->rx_cons - start);
    return rc || rx_waiting(dev, prod);
}

/* --- sending -------------------------------------------------------------- */

/* Take back the slots of what was sent. */
static int tx_reclaim(struct net_device *dev)
{
    uint32_t prod = READ_ONCE(dev->tx->rsp_prod);
    netif_tx_response_t rsp;

    rmb();
    if (prod - dev->tx_cons > dev->tx_prod - dev->tx_cons)
        return -EINVAL;
    for (; dev->tx_cons != prod; dev->tx_cons++) {
        rsp =
            *(volatile netif_tx_response_t *)&dev->tx->ring[dev->tx_cons % RING]
                 .rsp;
        if (rsp.id >= NET_TX_SLOTS || !dev->tx_busy[rsp.id])
            return -EINVAL;
        if (rsp.status < 0)
            dev->tx_dropped++;
        dev->tx_busy[rsp.id] = false;
        dev->tx_free[dev->tx_nr_free++] = rsp.id;
    }
    return 0;
}

/* Is there room for n slots? If not, an event will come when there is some. */
static bool tx_room(struct net_device *dev, unsigned int n)
{
    if (dev->tx_nr_free >= n)
        return true;
    /* What is wrong with the ring is found again, and dealt with, by a poll. */
    if (tx_reclaim(dev) || dev->tx_nr_free >= n)
        return dev->tx_nr_free >= n;
    WRITE_ONCE(dev->tx->rsp_event, dev->tx_cons + 1);
    mb();
    return !tx_reclaim(dev) && dev->tx_nr_free >= n;
}

/* The next `len` bytes of frags go into a slot; returns where it got to. */
static void tx_copy(char *to, size_t len, const struct net_frag **frag,
                    size_t *done)
{
    size_t n;

    while (len) {
        n = (*frag)->len - *done;
        if (n > len)
            n = len;
        memcpy(to, (const char *)(*frag)->data + *done, n);
        to += n;
        len -= n;
        *done += n;
        if (*done == (*frag)->len) {
            ++*frag;
            *done = 0;
        }
    }
}

static void tx_request(struct net_device *dev, uint16_t slot, size_t size,
                       bool more)
{
    netif_tx_request_t *req = &dev->tx->ring[dev->tx_prod++ % RING].req;

    req->gref = dev->tx_ref[slot];
    req->offset = (uint16_t)((uintptr_t)dev->tx_buf[slot] % PAGE_SIZE);
    req->flags = more ? NETTXF_more_data : 0;
    req->id = slot;
    req->size = (uint16_t)size;
}

int net_send(struct net_device *dev, const struct net_frag *frags,
             unsigned int n)
{
    size_t total = 0, done = 0, left, part;
    unsigned int i;
    uint16_t slot;

    if (!dev->up)
        return -ENOTCONN;
    for (i = 0; i < n; i++)
        total += frags[i].len;
    if (!total || total > (size_t)dev->mtu + NET_HEADER_MAX)
        return -EMSGSIZE;
    if (!tx_room(dev,
                 (unsigned)((total + NET_SLOT_SIZE - 1) / NET_SLOT_SIZE))) {
        dev->tx_full = true;
        return -ENOSPC;
    }
    for (left = total; left; left -= part) {
        part = left < NET_SLOT_SIZE ? left : NET_SLOT_SIZE;
        slot = dev->tx_free[--dev->tx_nr_free];
        dev->tx_busy[slot] = true;
        tx_copy(dev->tx_buf[slot], part, &frags, &done);
        /* The first request of a frame tells the size of all of it. */
        tx_request(dev, slot, left == total ? total : part, left > part);
    }
    dev->tx_frames++;
    return 0;
}

void net_flush(struct net_device *dev)
{
    uint32_t old = dev->tx_flushed;

    if (!dev->up || old == dev->tx_prod)
        return;
    dev->tx_flushed = dev->tx_prod;
    if (publish(dev->tx, old, dev->tx_prod))
        event_notify(dev->bus.port);
}

/* --- both ----------------------------------------------------------------- */

void net_ring_init(struct net_device *dev)
{
    unsigned int i;

    dev->tx = dev->bus.ring[0];
    dev->rx = dev->bus.ring[1];
    dev->tx_prod = dev->tx_flushed = dev->tx_cons = 0;
    dev->rx_prod = dev->rx_cons = 0;
    for (i = 0; i < NET_TX_SLOTS; i++) {
        dev->tx_free[i] = (uint16_t)i;
        dev->tx_busy[i] = false;
    }
    dev->tx_nr_free = NET_TX_SLOTS;
    dev->tx_full = false;
    /* No events of what was sent, until one is asked for. */
    WRITE_ONCE(dev->tx->rsp_event, RING * 2);
    WRITE_ONCE(dev->rx->rsp_event, 1);
    rx_offer(dev, NET_RX_SLOTS);
}

int net_ring_poll(struct net_device *dev, net_receive_fn *receive)
{
    int rc = tx_reclaim(dev);

    return rc ? rc : rx_poll(dev, receive);
}
