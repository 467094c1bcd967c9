/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * front_net.h: a vif's front end: what setup (front_net.c), sending
 * (front_net_tx.c) and receiving (front_net_rx.c) share.
 */
#ifndef NOXS_FRONT_NET_H
#define NOXS_FRONT_NET_H

#include <linux/netdevice.h>
#include <xen/interface/io/netif.h>

#include "front.h"

#define NET_RING_SIZE 256u
/* Packets up to this are copied into pages that are granted once for all. */
#define NET_TX_COPY 256u
#define NET_TX_COPY_PAGES (NET_RING_SIZE * NET_TX_COPY / PAGE_SIZE)
/* Requests of a packet: 17 pages of data, one for a start within a page. */
#define NET_TX_SLOTS (XEN_NETIF_NR_SLOTS_MIN)
/* With one for the segment size. */
#define NET_TX_ROOM (NET_TX_SLOTS + 1)

/* What is under way by an id of a tx request. */
enum net_tx_state { NET_TX_FREE, NET_TX_COPIED, NET_TX_GRANTED };

struct net_tx_slot {
	struct sk_buff *skb; /* of a GRANTED one */
	u16 next;	     /* of a FREE one */
	u8 state;
};

/*
 * Grants are made when the interface is opened: one for each id and direction,
 * and those of the pages for small packets. Ids of rx requests are their places
 * in the ring.
 */
struct front_net {
	struct noxs_front *front;
	struct net_device *dev;
	struct napi_struct napi;
	u64 features; /* of the back end */
	bool running; /* opened: the ring handler may schedule NAPI */
	bool broken;

	/* Under the tx queue's lock. */
	struct xen_netif_tx_front_ring tx ____cacheline_aligned_in_smp;
	unsigned int tx_free; /* first of the free ids */
	unsigned int tx_held; /* ids that are GRANTED */
	grant_ref_t tx_refs;  /* of id 0; the others follow */
	grant_ref_t copy_refs;
	void *copy_pages[NET_TX_COPY_PAGES];
	struct net_tx_slot tx_slots[NET_RING_SIZE];

	/* NAPI's. */
	struct xen_netif_rx_front_ring rx ____cacheline_aligned_in_smp;
	grant_ref_t rx_refs;
	struct page *rx_pages[NET_RING_SIZE]; /* NULL: nothing is granted */
	struct timer_list refill; /* when there was no memory */
};

/* The back end broke the protocol: say so once, and never use it again. */
void net_broken(struct front_net *net, const char *why);

/* front_net_tx.c */
int net_tx_open(struct front_net *net);
void net_tx_close(struct front_net *net);
netdev_tx_t net_tx_start(struct sk_buff *skb, struct net_device *dev);
/* NAPI: take the answers. */
void net_tx_poll(struct front_net *net);

/* front_net_rx.c */
int net_rx_open(struct front_net *net);
void net_rx_close(struct front_net *net);
/* Receive packets, and put buffers in their place; how many it were. */
int net_rx_poll(struct front_net *net, int budget);

#endif /* NOXS_FRONT_NET_H */
