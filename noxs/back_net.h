/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * back_net.h: what the files of the net back end share.
 *
 * tx and rx are the guest's: what it transmits we receive. One pair of rings
 * (one queue) for a vif: a guest of chaos mostly has one vCPU, and copying is
 * bound to one NAPI context and one transmit lock; dom0's processors share the
 * work vif by vif.
 *
 * Locks, inside those of back.h: macs_lock of back_net_set.c, then rtnl for
 * `open`, `connected`, `napi_on` and `features`, then the queue's xmit lock for
 * all of net_back_rx. net_back_tx is NAPI's alone while NAPI is on, else rtnl's;
 * its limit is set under back->lock while no front end is connected. `mac` and
 * `mtu` are written under both back->lock and macs_lock.
 */
#ifndef NOXS_BACK_NET_H
#define NOXS_BACK_NET_H

#include <linux/ktime.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/timer.h>
#include <xen/interface/grant_table.h>
#include <xen/interface/io/netif.h>

#include "back.h"

/* Counters and ring indices are read elsewhere without a lock. */
static_assert(BITS_PER_LONG == 64);

#define NET_ADDRESS_BITS 8

/* A packet of 65,535 bytes in pages, and its extra info. */
#define NET_RX_SLOTS_MOST 18

struct net_back_tx {
	struct xen_netif_tx_back_ring ring;
	grant_ref_t ref;
	bool worked;   /* since the last EOI */
	bool limited;  /* waits for the timer to have credit again */
	/* At most rate_bytes per interval; 0: no limit. */
	u64 rate_bytes;
	u64 burst;
	u64 credit;
	u32 interval;  /* us */
	ktime_t since; /* credit is up to date as of then */
	struct timer_list timer;
	u64 packets, bytes;
	u64 refused;   /* packets that make no sense or were not agreed upon */
	u64 failed;    /* packets with bad grants, or no memory for them */
};

/*
 * Copies of one packet at most: 17 pages of the guest, and as many pieces at our
 * side, two more for each fragment and for the linear part.
 */
#define NET_PACKET_OPS (2 * 17 + 2 * (MAX_SKB_FRAGS + 1))
#define NET_BATCH_OPS (NET_PACKET_OPS + 72)
#define NET_BATCH_SLOTS 96

/* A slot taken of the ring, to be answered. */
struct net_rx_slot {
	u16 id;
	u16 flags;     /* XEN_NETRXF_* */
	s16 status;    /* bytes, or an error */
	u8 extra_type; /* XEN_NETIF_GSO_TYPE_*: an extra info, no data */
	u16 gso_size;
};

struct net_rx_batch {
	struct gnttab_copy ops[NET_BATCH_OPS];
	u8 op_slot[NET_BATCH_OPS];
	struct net_rx_slot slots[NET_BATCH_SLOTS];
	unsigned int nr_ops, nr_slots;
	unsigned int nr_quiet;    /* slots of no concern */
	struct sk_buff_head skbs; /* those whose bytes ops point to */
	/* Of the packet being taken: the slot being filled. */
	unsigned int fill;
	grant_ref_t gref;
};

struct net_back_rx {
	struct xen_netif_rx_back_ring ring;
	grant_ref_t ref;
	bool connected;
	bool stalled;       /* too little was posted for too long */
	unsigned int most;  /* slots of the largest packet */
	struct net_rx_batch *batch; /* while connected */
	struct timer_list timer;    /* runs while the queue is stopped */
	unsigned int quiet;         /* answered slots the guest was not told of */
	struct timer_list quiet_timer; /* runs while there are some, or longer */
	u64 packets, bytes;
	u64 dropped;        /* no room, not connected, not agreed upon */
	u64 failed;         /* slots with bad grants */
};

struct net_back {
	struct noxs_back back;
	struct net_device *dev;
	struct napi_struct napi;
	bool open;       /* the interface is up */
	bool connected;
	bool napi_on;    /* both */
	u64 features;    /* NOXS_NET_F_* that the front end accepts */
	u64 offered;     /* and we */
	u16 mtu;          /* the guest's, as it was announced */
	u8 mac[ETH_ALEN]; /* the guest's */
	struct hlist_node mac_node;
	/* IPv4 addresses that the front end spoke of as its own, by hash. */
	DECLARE_BITMAP(addresses, 1 << NET_ADDRESS_BITS);
	bool has_addresses; /* any */
	struct sk_buff *late; /* an announcement that the others get later */
	struct timer_list late_timer; /* runs then, or longer */
	struct net_back_tx tx;
	struct net_back_rx rx;
};

/* Requests of a packet from the guest, at most. */
#define NET_TX_SLOTS XEN_NETIF_NR_SLOTS_MIN

/* A packet from the guest, while it is copied. */
struct net_tx_packet {
	struct sk_buff *skb;
	unsigned int op_end; /* its copies end there, those of the next begin */
	u16 flags;           /* XEN_NETTXF_* */
	u8 nr_slots;
	u8 nr_extras;
	u8 gso_type;         /* XEN_NETIF_GSO_TYPE_*, or NONE */
	u16 gso_size;
	s16 status;
	u16 ids[NET_TX_SLOTS];
};

/* back_net_set.c */
bool noxs_net_is_valid(const struct noxs_ioctl_vif *vif);
/* -EADDRINUSE: another has its MAC address. */
int noxs_net_take_mac(struct net_back *net);
void noxs_net_give_mac(struct net_back *net);
/* What the guest's device page says of it, with this address and MTU. */
void noxs_net_describe(const struct net_back *net, const u8 *mac, u16 mtu,
		       struct noxs_device *device);

/* back_net_ethtool.c */
extern const struct ethtool_ops noxs_net_ethtool_ops;

/* back_net_request.c */
/*
 * Take the requests of a packet from reqs[0] on, which is there. The first one's
 * size is the whole packet's; it is made its own. -EPROTO: the front end is cut
 * off.
 */
int noxs_net_take_requests(struct net_back *net, struct net_tx_packet *packet,
			   struct xen_netif_tx_request *reqs, RING_IDX prod);

/* Of a packet that was copied. False: it makes no sense, or was not offered. */
bool noxs_net_set_offload(const struct net_back *net, struct sk_buff *skb,
			  const struct net_tx_packet *packet);

/* back_net_tx.c */
void noxs_net_tx_init(struct net_back *net);
void noxs_net_tx_limit(struct net_back *net, u64 bytes, u32 interval);
void noxs_net_tx_reset(struct net_back *net); /* the ring as new */
int noxs_net_poll(struct napi_struct *napi, int budget);

/* back_net_arp.c */
/* The guest sent a packet, which begins behind the Ethernet header. */
void noxs_net_arp_sent(struct net_back *net, const struct sk_buff *skb);
/* Of a packet with its Ethernet header: the guest need not be woken for it. */
bool noxs_net_arp_is_quiet(const struct net_back *net,
			   const struct sk_buff *skb);
void noxs_net_arp_reset(struct net_back *net);
void noxs_net_arp_init(struct net_back *net);
/*
 * The guest sent a packet, as noxs_net_arp_sent() has it, in NAPI's context.
 * True: it is taken, and passed on later, unless it is stopped before.
 */
bool noxs_net_arp_defer(struct net_back *net, struct sk_buff *skb);
void noxs_net_arp_stop(struct net_back *net); /* NAPI is off */

/* back_net_batch.c */
struct net_rx_batch *noxs_net_batch_create(void);
void noxs_net_batch_destroy(struct net_rx_batch *batch); /* NULL: nothing */
/* Another packet may have no room in it. */
bool noxs_net_batch_is_full(const struct net_rx_batch *batch);
/* The packet goes into buffers that the guest posted, which are enough. */
void noxs_net_batch_take(struct net_back *net, struct sk_buff *skb);
/* Copy, and answer in the ring, which is still to be pushed. */
void noxs_net_batch_copy(struct net_back *net);
/* Free its packets: it is as new. */
void noxs_net_batch_end(struct net_rx_batch *batch);

/* back_net_rx.c */
void noxs_net_rx_init(struct net_back *net);
int noxs_net_rx_connect(struct net_back *net);
/* Nothing is sent any more; the ring is as new. */
void noxs_net_rx_disconnect(struct net_back *net);
netdev_tx_t noxs_net_rx_xmit(struct sk_buff *skb, struct net_device *dev);
/* The guest may have posted buffers; true: enough for the queue to go on. */
bool noxs_net_rx_wake(struct net_back *net);

#endif /* NOXS_BACK_NET_H */
