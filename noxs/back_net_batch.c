// SPDX-License-Identifier: GPL-2.0-only
/*
 * back_net_batch.c: packets copied to the guest together.
 *
 * A packet's bytes go into buffers that the guest posted, one after the other,
 * each filled before the next. Copies are collected and done by one hypercall.
 */
#include <linux/mm.h>
#include <asm/xen/hypercall.h>
#include <xen/page.h>

#include "back_net.h"

static_assert(NET_BATCH_SLOTS >= 2 * NET_RX_SLOTS_MOST && NET_BATCH_SLOTS < 256);

struct net_rx_batch *noxs_net_batch_create(void)
{
	struct net_rx_batch *batch = kvzalloc(sizeof(*batch), GFP_KERNEL);

	if (batch)
		__skb_queue_head_init(&batch->skbs);
	return batch;
}

void noxs_net_batch_destroy(struct net_rx_batch *batch)
{
	kvfree(batch);
}

bool noxs_net_batch_is_full(const struct net_rx_batch *batch)
{
	return batch->nr_ops + NET_PACKET_OPS > NET_BATCH_OPS ||
	       batch->nr_slots + NET_RX_SLOTS_MOST > NET_BATCH_SLOTS;
}

static void take_slot(struct net_back *net)
{
	struct net_rx_batch *batch = net->rx.batch;
	struct xen_netif_rx_request req;
	struct net_rx_slot *slot = &batch->slots[batch->nr_slots];

	RING_COPY_REQUEST(&net->rx.ring, net->rx.ring.req_cons, &req);
	net->rx.ring.req_cons++;
	*slot = (struct net_rx_slot){ .id = req.id };
	batch->gref = req.gref;
	batch->fill = batch->nr_slots++;
}

static void take_gso_slot(struct net_back *net, struct sk_buff *skb)
{
	struct net_rx_batch *batch = net->rx.batch;
	unsigned int fill = batch->fill;
	grant_ref_t gref = batch->gref;
	struct net_rx_slot *slot;

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
		struct net_rx_slot *slot = &batch->slots[batch->fill];
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

void noxs_net_batch_take(struct net_back *net, struct sk_buff *skb)
{
	struct net_rx_batch *batch = net->rx.batch;
	struct net_rx_slot *first = &batch->slots[batch->nr_slots];
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

static void answer(struct net_back *net, const struct net_rx_slot *slot)
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

void noxs_net_batch_copy(struct net_back *net)
{
	struct net_rx_batch *batch = net->rx.batch;
	unsigned int i;

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
}

void noxs_net_batch_end(struct net_rx_batch *batch)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(&batch->skbs)))
		dev_consume_skb_any(skb);
	batch->nr_ops = 0;
	batch->nr_slots = 0;
	batch->nr_quiet = 0;
}
