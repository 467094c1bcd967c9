// SPDX-License-Identifier: GPL-2.0-only
/*
 * back_net_rx.c: packets to the guest.
 *
 * The transmit path copies a packet's bytes into buffers that the guest posted,
 * one after the other, each filled before the next. Copies are collected and
 * done by one hypercall when the stack has no more for now (xmit_more).
 *
 * While fewer buffers are posted than the largest packet needs the queue is
 * stopped and the guest asked to ring when there are enough. If it does not for
 * STALL seconds, the queue goes on and drops what does not fit, so that packets
 * of a sleeping guest do not pile up.
 *
 * Each guest that comes up announces its address to all others, and others ask
 * all who has one. To wake a thousand guests for that costs far more than to
 * make one, and but for one nobody has anything to answer. So what back_net_arp.c
 * finds to be of no concern is put into the ring without a ring of the bell:
 * the guest finds it when it looks for whatever reason, and is told after QUIET
 * or when half of its buffers are used.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/if_vlan.h>
#include <asm/xen/hypercall.h>
#include <xen/page.h>

#include "back_net.h"

#define STALL (10 * HZ)
#define QUIET HZ

/*
 * Copies of one packet at most: 17 pages of the guest, and as many pieces at our
 * side, two more for each fragment and for the linear part.
 */
#define PACKET_OPS (2 * 17 + 2 * (MAX_SKB_FRAGS + 1))
#define BATCH_OPS (PACKET_OPS + 72)
#define BATCH_SLOTS 96

/* A slot taken of the ring, to be answered. */
struct rx_slot {
	u16 id;
	u16 flags;     /* XEN_NETRXF_* */
	s16 status;    /* bytes, or an error */
	u8 extra_type; /* XEN_NETIF_GSO_TYPE_*: an extra info, no data */
	u16 gso_size;
};

struct net_rx_batch {
	struct gnttab_copy ops[BATCH_OPS];
	u8 op_slot[BATCH_OPS];
	struct rx_slot slots[BATCH_SLOTS];
	unsigned int nr_ops, nr_slots;
	unsigned int nr_quiet;    /* slots of no concern */
	struct sk_buff_head skbs; /* those whose bytes ops point to */
	/* Of the packet being taken: the slot being filled. */
	unsigned int fill;
	grant_ref_t gref;
};

static_assert(BATCH_SLOTS >= 2 * NET_RX_SLOTS_MOST && BATCH_SLOTS < 256);

/* Buffers posted and not used yet. Wild indices end the connection. */
static unsigned int room(struct net_back *net)
{
	struct xen_netif_rx_back_ring *ring = &net->rx.ring;
	RING_IDX prod = READ_ONCE(ring->sring->req_prod);

	/* Requests are read after the index that vouches for them. */
	virt_rmb();
	if (unlikely(prod - ring->rsp_prod_pvt > RING_SIZE(ring))) {
		noxs_back_broken(&net->back, "rx ring: req_prod %u, rsp_prod %u",
				 prod, ring->rsp_prod_pvt);
		return 0;
	}
	/* req_cons is ahead of rsp_prod, and the guest may have lied less. */
	return (int)(prod - ring->req_cons) < 0 ? 0 : prod - ring->req_cons;
}

static void take_slot(struct net_back *net)
{
	struct net_rx_batch *batch = net->rx.batch;
	struct xen_netif_rx_request req;
	struct rx_slot *slot = &batch->slots[batch->nr_slots];

	RING_COPY_REQUEST(&net->rx.ring, net->rx.ring.req_cons, &req);
	net->rx.ring.req_cons++;
	*slot = (struct rx_slot){ .id = req.id };
	batch->gref = req.gref;
	batch->fill = batch->nr_slots++;
}

static void take_gso_slot(struct net_back *net, struct sk_buff *skb)
{
	struct net_rx_batch *batch = net->rx.batch;
	unsigned int fill = batch->fill;
	grant_ref_t gref = batch->gref;
	struct rx_slot *slot;

	take_slot(net);
	slot = &batch->slots[batch->fill];
	slot->extra_type = skb_shinfo(skb)->gso_type & SKB_GSO_TCPV4 ?
			   XEN_NETIF_GSO_TYPE_TCPV4 : XEN_NETIF_GSO_TYPE_TCPV6;
	slot->gso_size = skb_shinfo(skb)->gso_size;
	/* Data goes on in the first slot. */
	batch->fill = fill;
	batch->gref = gref;
}

/* A page of a guest, lent to us by another back end, is copied by its grant. */
static void set_source(struct gnttab_copy *op, struct page *page)
{
	struct xen_page_foreign *foreign = xen_page_foreign(page);

	if (foreign) {
		op->source.domid = foreign->domid;
		op->source.u.ref = foreign->gref;
		op->flags |= GNTCOPY_source_gref;
	} else {
		op->source.domid = DOMID_SELF;
		op->source.u.gmfn = xen_page_to_gfn(page);
	}
}

/* Bytes of one page. */
static void copy_piece(struct net_back *net, struct page *page,
		       unsigned int offset, unsigned int len)
{
	struct net_rx_batch *batch = net->rx.batch;

	while (len) {
		struct rx_slot *slot = &batch->slots[batch->fill];
		unsigned int n = min_t(unsigned int, len,
				       XEN_PAGE_SIZE - slot->status);
		struct gnttab_copy *op;

		if (!n) {
			slot->flags |= XEN_NETRXF_more_data;
			take_slot(net);
			continue;
		}
		batch->op_slot[batch->nr_ops] = batch->fill;
		op = &batch->ops[batch->nr_ops++];
		*op = (struct gnttab_copy){
			.dest.u.ref = batch->gref,
			.dest.domid = net->back.domid,
			.dest.offset = slot->status,
			.source.offset = offset,
			.len = n,
			.flags = GNTCOPY_dest_gref,
		};
		set_source(op, page);
		slot->status += n;
		offset += n;
		len -= n;
	}
}

/* Bytes that may lie on several pages in a row. */
static void copy_range(struct net_back *net, struct page *page,
		       unsigned int offset, unsigned int len)
{
	page += offset / PAGE_SIZE;
	offset %= PAGE_SIZE;
	while (len) {
		unsigned int n = min_t(unsigned int, len, PAGE_SIZE - offset);

		copy_piece(net, page, offset, n);
		page++;
		offset = 0;
		len -= n;
	}
}

static void take_packet(struct net_back *net, struct sk_buff *skb)
{
	struct net_rx_batch *batch = net->rx.batch;
	struct rx_slot *first = &batch->slots[batch->nr_slots];
	unsigned int i;

	take_slot(net);
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		first->flags = XEN_NETRXF_csum_blank |
			       XEN_NETRXF_data_validated;
	else if (skb->ip_summed == CHECKSUM_UNNECESSARY)
		first->flags = XEN_NETRXF_data_validated;
	if (skb_is_gso(skb)) {
		first->flags |= XEN_NETRXF_extra_info;
		take_gso_slot(net, skb);
	}
	copy_range(net, virt_to_page(skb->data), offset_in_page(skb->data),
		   skb_headlen(skb));
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];

		copy_range(net, skb_frag_page(frag), skb_frag_off(frag),
			   skb_frag_size(frag));
	}
	net->rx.packets++;
	net->rx.bytes += skb->len;
	__skb_queue_tail(&batch->skbs, skb);
}

static void answer(struct net_back *net, const struct rx_slot *slot)
{
	struct xen_netif_rx_back_ring *ring = &net->rx.ring;
	struct xen_netif_rx_response *rsp =
		RING_GET_RESPONSE(ring, ring->rsp_prod_pvt);

	if (slot->extra_type) {
		*(struct xen_netif_extra_info *)rsp =
			(struct xen_netif_extra_info){
			.type = XEN_NETIF_EXTRA_TYPE_GSO,
			.u.gso.size = slot->gso_size,
			.u.gso.type = slot->extra_type,
		};
	} else {
		*rsp = (struct xen_netif_rx_response){
			.id = slot->id,
			.flags = slot->flags,
			.status = slot->status,
		};
	}
	ring->rsp_prod_pvt++;
}

/*
 * Ring the guest unless it does not want that, or nothing of it is of concern and
 * it has room for as much again. What was kept quiet once is told with
 * whatever comes next, for the guest asks to be told only once.
 */
static void tell(struct net_back *net, bool wanted)
{
	struct net_back_rx *rx = &net->rx;
	const struct net_rx_batch *batch = rx->batch;
	bool quiet = batch->nr_quiet == batch->nr_slots;

	if (quiet && (wanted || rx->quiet)) {
		if (!rx->quiet)
			mod_timer(&rx->quiet_timer, jiffies + QUIET);
		rx->quiet += batch->nr_quiet;
		if (room(net) >= rx->most && room(net) > rx->quiet)
			return;
	}
	if (wanted || rx->quiet)
		noxs_back_notify(&net->back);
	rx->quiet = 0;
}

static void quiet_end(struct timer_list *timer)
{
	struct net_back *net = from_timer(net, timer, rx.quiet_timer);

	netif_tx_lock(net->dev);
	if (net->rx.connected && net->rx.quiet)
		noxs_back_notify(&net->back);
	net->rx.quiet = 0;
	netif_tx_unlock(net->dev);
}

static void flush(struct net_back *net)
{
	struct net_rx_batch *batch = net->rx.batch;
	struct sk_buff *skb;
	unsigned int i;
	int notify;

	if (!batch->nr_slots)
		return;
	if (HYPERVISOR_grant_table_op(GNTTABOP_copy, batch->ops, batch->nr_ops))
		for (i = 0; i < batch->nr_ops; i++)
			batch->ops[i].status = GNTST_general_error;
	for (i = 0; i < batch->nr_ops; i++)
		if (unlikely(batch->ops[i].status != GNTST_okay)) {
			batch->slots[batch->op_slot[i]].status =
				XEN_NETIF_RSP_ERROR;
			net->rx.failed++;
		}
	for (i = 0; i < batch->nr_slots; i++)
		answer(net, &batch->slots[i]);
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&net->rx.ring, notify);
	tell(net, notify);
	while ((skb = __skb_dequeue(&batch->skbs)))
		dev_consume_skb_any(skb);
	batch->nr_ops = 0;
	batch->nr_slots = 0;
	batch->nr_quiet = 0;
}

static bool is_agreed(const struct net_back *net, const struct sk_buff *skb)
{
	u64 features = READ_ONCE(net->features);

	if (skb_is_gso(skb)) {
		u64 need = skb_shinfo(skb)->gso_type & SKB_GSO_TCPV4 ?
			   NOXS_NET_F_TSO4 : NOXS_NET_F_TSO6;

		if (!(features & need))
			return false;
	}
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		u64 need = skb->protocol == htons(ETH_P_IPV6) ?
			   NOXS_NET_F_CSUM6 : NOXS_NET_F_CSUM;

		if (!(features & need))
			return false;
	}
	return true;
}

/*
 * Stop the queue while there is too little room. Order against NAPI: we stop,
 * ask to be told, look again; the guest posts, looks whether to tell; NAPI then
 * finds the queue stopped and wakes it.
 */
static void stop_if_full(struct net_back *net)
{
	struct net_back_rx *rx = &net->rx;

	if (room(net) >= rx->most) {
		rx->stalled = false;
		return;
	}
	if (!rx->stalled) {
		netif_stop_queue(net->dev);
		mod_timer(&rx->timer, jiffies + STALL);
	}
	WRITE_ONCE(rx->ring.sring->req_event, rx->ring.req_cons + rx->most);
	virt_mb();
	if (room(net) >= rx->most && !rx->stalled) {
		del_timer(&rx->timer);
		netif_start_queue(net->dev);
	}
}

bool noxs_net_rx_wake(struct net_back *net)
{
	struct net_back_rx *rx = &net->rx;
	bool wake;

	if (!netif_queue_stopped(net->dev))
		return false;
	netif_tx_lock(net->dev);
	wake = rx->connected && netif_queue_stopped(net->dev) &&
	       room(net) >= rx->most;
	if (wake) {
		del_timer(&rx->timer);
		netif_wake_queue(net->dev);
	}
	netif_tx_unlock(net->dev);
	return wake;
}

static void stall(struct timer_list *timer)
{
	struct net_back *net = from_timer(net, timer, rx.timer);

	netif_tx_lock(net->dev);
	if (net->rx.connected && netif_queue_stopped(net->dev)) {
		net->rx.stalled = true;
		netif_wake_queue(net->dev);
	}
	netif_tx_unlock(net->dev);
}

netdev_tx_t noxs_net_rx_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct net_back *net = netdev_priv(dev);
	struct net_back_rx *rx = &net->rx;
	struct net_rx_batch *batch = rx->batch;
	unsigned int need = DIV_ROUND_UP(skb->len, XEN_PAGE_SIZE) +
			    skb_is_gso(skb);

	/* Nobody is there yet: no fault of anybody's, so it is not counted. */
	if (unlikely(!rx->connected)) {
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}
	if (batch->nr_ops + PACKET_OPS > BATCH_OPS ||
	    batch->nr_slots + NET_RX_SLOTS_MOST > BATCH_SLOTS)
		flush(net);
	if (unlikely(need > rx->most || room(net) < need ||
		     !is_agreed(net, skb))) {
		rx->dropped++;
		dev_kfree_skb_any(skb);
	} else {
		skb_tx_timestamp(skb);
		take_packet(net, skb);
		batch->nr_quiet += noxs_net_arp_is_quiet(net, skb);
	}
	/* After the queue was stopped nobody would come to flush. */
	if (!netdev_xmit_more() || room(net) < rx->most)
		flush(net);
	stop_if_full(net);
	return NETDEV_TX_OK;
}

static void reset(struct net_back *net)
{
	struct xen_netif_rx_sring *sring = net->rx.ring.sring;

	SHARED_RING_INIT(sring);
	BACK_RING_INIT(&net->rx.ring, sring, XEN_PAGE_SIZE);
}

void noxs_net_rx_init(struct net_back *net)
{
	timer_setup(&net->rx.timer, stall, 0);
	timer_setup(&net->rx.quiet_timer, quiet_end, 0);
	reset(net);
}

static unsigned int slots_most(u64 features, unsigned int mtu)
{
	if (!(features & NOXS_NET_F_SG))
		return 1;
	if (features & (NOXS_NET_F_TSO4 | NOXS_NET_F_TSO6))
		return NET_RX_SLOTS_MOST;
	return DIV_ROUND_UP(mtu + VLAN_ETH_HLEN, XEN_PAGE_SIZE);
}

int noxs_net_rx_connect(struct net_back *net)
{
	struct net_back_rx *rx = &net->rx;

	rx->batch = kvzalloc(sizeof(*rx->batch), GFP_KERNEL);
	if (!rx->batch)
		return -ENOMEM;
	__skb_queue_head_init(&rx->batch->skbs);
	netif_tx_lock_bh(net->dev);
	rx->most = slots_most(net->features, net->dev->mtu);
	rx->stalled = false;
	rx->quiet = 0;
	noxs_net_arp_reset(net);
	rx->connected = true;
	netif_start_queue(net->dev);
	stop_if_full(net);
	netif_tx_unlock_bh(net->dev);
	return 0;
}

void noxs_net_rx_disconnect(struct net_back *net)
{
	struct net_back_rx *rx = &net->rx;

	netif_tx_lock_bh(net->dev);
	netif_stop_queue(net->dev);
	rx->connected = false;
	netif_tx_unlock_bh(net->dev);
	del_timer_sync(&rx->timer);
	del_timer_sync(&rx->quiet_timer);
	kvfree(rx->batch);
	rx->batch = NULL;
	reset(net);
}
