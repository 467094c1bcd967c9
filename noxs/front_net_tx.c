// SPDX-License-Identifier: GPL-2.0-only
/*
 * front_net_tx.c: a vif's front end sends.
 *
 * A small packet is copied to pages that stay granted: its skb is free at once,
 * and nobody needs to be told when it was answered. Of a larger one each page is
 * granted until its answer comes, and an interrupt is asked for when half of
 * what is under way is answered: the sender waits for nothing, and its memory
 * comes back in time.
 *
 * All here runs under the queue's lock, which the stack holds when it sends.
 */
#include <linux/skbuff.h>
#include <xen/events.h>
#include <xen/page.h>

#include "front_net.h"

/* skb->cb while requests of it are under way */
struct net_tx_cb {
	unsigned int left;
};

static struct net_tx_cb *tx_cb(struct sk_buff *skb)
{
	return (struct net_tx_cb *)skb->cb;
}

static unsigned int under_way(const struct front_net *net)
{
	return net->tx.req_prod_pvt - net->tx.rsp_cons;
}

static bool has_room(const struct front_net *net)
{
	return NET_RING_SIZE - under_way(net) >= NET_TX_ROOM;
}

/* --- answers ------------------------------------------------------------- */

static void free_id(struct front_net *net, unsigned int id)
{
	net->tx_slots[id].state = NET_TX_FREE;
	net->tx_slots[id].next = net->tx_free;
	net->tx_free = id;
}

static bool finish(struct front_net *net, unsigned int id, int budget)
{
	struct net_tx_slot *slot = &net->tx_slots[id];

	if (id >= NET_RING_SIZE || slot->state == NET_TX_FREE)
		return false;
	if (slot->state == NET_TX_GRANTED) {
		if (!gnttab_end_foreign_access_ref(net->tx_refs + id))
			return false;
		net->tx_held--;
		if (--tx_cb(slot->skb)->left == 0)
			napi_consume_skb(slot->skb, budget);
	}
	free_id(net, id);
	return true;
}

/* Ask for the next interrupt; false: what it was to tell is so already. */
static bool arm(struct front_net *net)
{
	RING_IDX event = net->tx.rsp_cons + NET_RING_SIZE + 1; /* never */

	if (under_way(net) && (net->tx_held || netif_queue_stopped(net->dev)))
		event = net->tx.rsp_cons + (under_way(net) + 1) / 2;
	WRITE_ONCE(net->tx.sring->rsp_event, event);
	virt_mb(); /* the event before the look at what came */
	return (s32)(READ_ONCE(net->tx.sring->rsp_prod) - event) < 0;
}

static bool take_answers(struct front_net *net, int budget)
{
	RING_IDX prod = READ_ONCE(net->tx.sring->rsp_prod);
	RING_IDX cons = net->tx.rsp_cons;

	if (prod - cons > under_way(net))
		return false;
	virt_rmb(); /* the index before what it covers */
	for (; cons != prod; cons++) {
		struct xen_netif_tx_response rsp;

		RING_COPY_RESPONSE(&net->tx, cons, &rsp);
		if (rsp.status != XEN_NETIF_RSP_NULL &&
		    !finish(net, rsp.id, budget))
			return false;
	}
	net->tx.rsp_cons = cons;
	return true;
}

static void clean(struct front_net *net, int budget)
{
	do {
		if (!take_answers(net, budget)) {
			net_broken(net, "an answer that cannot be");
			return;
		}
	} while (!arm(net));
	if (netif_queue_stopped(net->dev) && has_room(net))
		netif_wake_queue(net->dev);
}

void net_tx_poll(struct front_net *net)
{
	struct netdev_queue *queue = netdev_get_tx_queue(net->dev, 0);

	if (!under_way(net) || net->broken)
		return;
	__netif_tx_lock(queue, smp_processor_id());
	clean(net, 1);
	__netif_tx_unlock(queue);
}

/* --- requests ------------------------------------------------------------ */

static struct xen_netif_tx_request *next_request(struct front_net *net)
{
	return RING_GET_REQUEST(&net->tx, net->tx.req_prod_pvt++);
}

/* There is one for each entry of the ring. */
static unsigned int take_id(struct front_net *net, u8 state,
			    struct sk_buff *skb)
{
	unsigned int id = net->tx_free;
	struct net_tx_slot *slot = &net->tx_slots[id];

	net->tx_free = slot->next;
	slot->state = state;
	slot->skb = skb;
	return id;
}

static u16 checksum_flags(const struct sk_buff *skb)
{
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		return XEN_NETTXF_csum_blank | XEN_NETTXF_data_validated;
	if (skb->ip_summed == CHECKSUM_UNNECESSARY)
		return XEN_NETTXF_data_validated;
	return 0;
}

static void send_copy(struct front_net *net, struct sk_buff *skb)
{
	unsigned int id = take_id(net, NET_TX_COPIED, NULL);
	unsigned int at = id * NET_TX_COPY;

	skb_copy_bits(skb, 0, net->copy_pages[at / PAGE_SIZE] + at % PAGE_SIZE,
		      skb->len);
	*next_request(net) = (struct xen_netif_tx_request){
		.gref = net->copy_refs + at / PAGE_SIZE,
		.offset = at % PAGE_SIZE,
		.flags = checksum_flags(skb),
		.id = id,
		.size = skb->len,
	};
	dev_consume_skb_any(skb);
}

/* A piece that lies within one page; `left` are to follow. */
static void send_piece(struct front_net *net, struct sk_buff *skb,
		       unsigned long gfn, unsigned int offset,
		       unsigned int size, u16 flags)
{
	unsigned int id = take_id(net, NET_TX_GRANTED, skb);

	gnttab_grant_foreign_access_ref(net->tx_refs + id,
					net->front->dev.backend, gfn,
					GNTMAP_readonly);
	*next_request(net) = (struct xen_netif_tx_request){
		.gref = net->tx_refs + id,
		.offset = offset,
		.flags = flags,
		.id = id,
		.size = size,
	};
	net->tx_held++;
}

static void send_gso(struct front_net *net, const struct sk_buff *skb)
{
	struct xen_netif_extra_info *extra = (void *)next_request(net);

	*extra = (struct xen_netif_extra_info){
		.type = XEN_NETIF_EXTRA_TYPE_GSO,
		.u.gso.size = skb_shinfo(skb)->gso_size,
		.u.gso.type = skb_shinfo(skb)->gso_type & SKB_GSO_TCPV6 ?
				      XEN_NETIF_GSO_TYPE_TCPV6 :
				      XEN_NETIF_GSO_TYPE_TCPV4,
	};
}

/* Pieces of pages in a row, from the byte at `page` and `offset` on. */
static void send_range(struct front_net *net, struct sk_buff *skb,
		       struct page *page, unsigned int offset,
		       unsigned int len, unsigned int *left)
{
	page += offset >> PAGE_SHIFT;
	offset = offset_in_page(offset);
	while (len) {
		unsigned int size = min_t(unsigned int, len,
					  PAGE_SIZE - offset);

		--*left;
		send_piece(net, skb, xen_page_to_gfn(page), offset, size,
			   *left ? XEN_NETTXF_more_data : 0);
		page++;
		offset = 0;
		len -= size;
	}
}

static void send_granted(struct front_net *net, struct sk_buff *skb,
			 unsigned int slots)
{
	struct page *page = virt_to_page(skb->data);
	unsigned int offset = offset_in_page(skb->data);
	unsigned int len = skb_headlen(skb);
	unsigned int size = min_t(unsigned int, len, PAGE_SIZE - offset);
	u16 flags = checksum_flags(skb);
	bool first = net->tx_held == 0;
	unsigned int i;

	tx_cb(skb)->left = slots--;
	if (slots)
		flags |= XEN_NETTXF_more_data;
	if (skb_is_gso(skb))
		flags |= XEN_NETTXF_extra_info;
	/* The first request tells the size of the whole packet. */
	send_piece(net, skb, xen_page_to_gfn(page), offset, skb->len, flags);
	if (skb_is_gso(skb))
		send_gso(net, skb);
	send_range(net, skb, page, offset + size, len - size, &slots);
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];

		send_range(net, skb, skb_frag_page(frag), skb_frag_off(frag),
			   skb_frag_size(frag), &slots);
	}
	/* Not answered yet, as the back end does not even see it. */
	if (first)
		WRITE_ONCE(net->tx.sring->rsp_event, net->tx.req_prod_pvt);
}

static unsigned int count_slots(const struct sk_buff *skb)
{
	unsigned int slots, i;

	slots = gnttab_count_grant(offset_in_page(skb->data),
				   skb_headlen(skb));
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];

		slots += gnttab_count_grant(offset_in_page(skb_frag_off(frag)),
					    skb_frag_size(frag));
	}
	return slots;
}

/*
 * The skb, or a copy of it, such that the back end can take it; NULL: there is
 * none.
 */
static struct sk_buff *fit(struct front_net *net, struct sk_buff *skb,
			   unsigned int *slots_out)
{
	unsigned int most = net->features & NOXS_NET_F_SG ? NET_TX_SLOTS : 1;
	struct sk_buff *copy;

	*slots_out = count_slots(skb);
	if (likely(*slots_out <= most))
		return skb;
	/* One piece of memory, and for a small packet one page. */
	copy = skb_copy(skb, GFP_ATOMIC);
	dev_kfree_skb_any(skb);
	if (!copy)
		return NULL;
	*slots_out = count_slots(copy);
	if (*slots_out <= most)
		return copy;
	dev_kfree_skb_any(copy);
	return NULL;
}

static bool send(struct front_net *net, struct sk_buff *skb)
{
	unsigned int slots, len = skb->len;

	if (unlikely(net->broken || len > XEN_NETIF_MAX_TX_SIZE ||
		     len < ETH_HLEN)) {
		dev_kfree_skb_any(skb);
		return false;
	}
	skb_tx_timestamp(skb);
	if (len <= NET_TX_COPY && !skb_is_gso(skb)) {
		send_copy(net, skb);
	} else {
		skb = fit(net, skb, &slots);
		if (!skb)
			return false;
		send_granted(net, skb, slots);
	}
	dev_sw_netstats_tx_add(net->dev, 1, len);
	return true;
}

netdev_tx_t net_tx_start(struct sk_buff *skb, struct net_device *dev)
{
	struct front_net *net = netdev_priv(dev);
	int notify;

	if (!send(net, skb))
		dev->stats.tx_dropped++;
	if (!net->broken && under_way(net) > NET_RING_SIZE / 2) {
		if (!has_room(net))
			netif_stop_queue(dev);
		clean(net, 0);
	}
	if (!netdev_xmit_more() || netif_queue_stopped(dev)) {
		RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&net->tx, notify);
		if (notify)
			notify_remote_via_irq(net->front->irq);
	}
	return NETDEV_TX_OK;
}

/* --- open, close --------------------------------------------------------- */

static int alloc_copy_pages(struct front_net *net)
{
	unsigned int i;

	for (i = 0; i < NET_TX_COPY_PAGES; i++) {
		net->copy_pages[i] = (void *)__get_free_page(GFP_KERNEL);
		if (!net->copy_pages[i])
			return -ENOMEM;
		gnttab_grant_foreign_access_ref(
			net->copy_refs + i, net->front->dev.backend,
			virt_to_gfn(net->copy_pages[i]), GNTMAP_readonly);
	}
	return 0;
}

/* What the other side still held would stay granted, and be lost here. */
static void free_copy_pages(struct front_net *net)
{
	unsigned int i;

	for (i = 0; i < NET_TX_COPY_PAGES; i++) {
		grant_ref_t ref = net->copy_refs + i;

		if (!net->copy_pages[i])
			gnttab_free_grant_reference(ref);
		else if (gnttab_try_end_foreign_access(ref))
			free_page((unsigned long)net->copy_pages[i]);
		net->copy_pages[i] = NULL;
	}
}

int net_tx_open(struct front_net *net)
{
	int err = gnttab_alloc_grant_reference_seq(
		NET_RING_SIZE + NET_TX_COPY_PAGES, &net->tx_refs);
	unsigned int id;

	if (err)
		return err;
	net->copy_refs = net->tx_refs + NET_RING_SIZE;
	FRONT_RING_INIT(&net->tx,
			(struct xen_netif_tx_sring *)net->front->rings[0],
			XEN_PAGE_SIZE);
	net->tx_held = 0;
	net->tx_free = NET_RING_SIZE;
	for (id = NET_RING_SIZE; id-- > 0;)
		free_id(net, id);
	err = alloc_copy_pages(net);
	if (err)
		net_tx_close(net);
	return err;
}

void net_tx_close(struct front_net *net)
{
	unsigned int id;

	for (id = 0; id < NET_RING_SIZE; id++) {
		struct net_tx_slot *slot = &net->tx_slots[id];
		grant_ref_t ref = net->tx_refs + id;

		if (slot->state != NET_TX_GRANTED)
			gnttab_free_grant_reference(ref);
		else if (gnttab_try_end_foreign_access(ref) &&
			 --tx_cb(slot->skb)->left == 0)
			dev_kfree_skb_any(slot->skb);
		slot->state = NET_TX_FREE;
	}
	free_copy_pages(net);
}
