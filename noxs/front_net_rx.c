// SPDX-License-Identifier: GPL-2.0-only
/*
 * front_net_rx.c: a vif's front end receives.
 *
 * Each entry of the ring has a page and a grant of its own. A small packet is
 * copied out of its page, which stays where it is, granted; a larger one takes
 * its pages along, and the entries get new ones.
 */
#include <linux/etherdevice.h>
#include <linux/skbuff.h>
#include <xen/events.h>
#include <xen/page.h>

#include "front_net.h"

/* Packets up to this are copied; of others in several pages, the headers. */
#define RX_COPY 256u
#define RX_HEAD 128u
/* Pages of a packet. */
#define RX_PIECES MAX_SKB_FRAGS
/* With fewer buffers than this a packet may not fit. */
#define RX_FEW 32u
/* One page, with what the stack keeps behind the data. */
#define RX_ONE_PAGE SKB_WITH_OVERHEAD(PAGE_SIZE)

struct rx_packet {
	unsigned int count; /* pieces */
	unsigned int len;
	u16 flags;
	bool bad; /* to be dropped: the back end says so, or it makes no sense */
	struct xen_netif_extra_info gso; /* type 0: none */
	struct {
		u16 index, offset, len;
	} pieces[RX_PIECES];
};

/* --- buffers ------------------------------------------------------------- */

static bool fill_one(struct front_net *net, unsigned int index)
{
	struct page *page = alloc_page(GFP_ATOMIC | __GFP_NOWARN);

	if (!page)
		return false;
	gnttab_grant_foreign_access_ref(net->rx_refs + index,
					net->front->dev.backend,
					xen_page_to_gfn(page), 0);
	net->rx_pages[index] = page;
	return true;
}

static unsigned int buffers(const struct front_net *net)
{
	return net->rx.req_prod_pvt - net->rx.rsp_cons;
}

static void fill(struct front_net *net)
{
	while (buffers(net) < NET_RING_SIZE) {
		unsigned int index = net->rx.req_prod_pvt % NET_RING_SIZE;

		if (!net->rx_pages[index] && !fill_one(net, index))
			break;
		*RING_GET_REQUEST(&net->rx, net->rx.req_prod_pvt) =
			(struct xen_netif_rx_request){
				.id = index,
				.gref = net->rx_refs + index,
			};
		net->rx.req_prod_pvt++;
	}
}

static void refill_later(struct timer_list *timer)
{
	struct front_net *net = from_timer(net, timer, refill);

	napi_schedule(&net->napi);
}

/* --- packets ------------------------------------------------------------- */

static void read_extra(const struct front_net *net, RING_IDX at,
		       struct rx_packet *packet, bool *more)
{
	struct xen_netif_extra_info extra;

	memcpy(&extra, RING_GET_RESPONSE(&net->rx, at), sizeof(extra));
	*more = extra.flags & XEN_NETIF_EXTRA_FLAG_MORE;
	if (extra.type == XEN_NETIF_EXTRA_TYPE_GSO && extra.u.gso.size &&
	    (extra.u.gso.type == XEN_NETIF_GSO_TYPE_TCPV4 ||
	     extra.u.gso.type == XEN_NETIF_GSO_TYPE_TCPV6))
		packet->gso = extra;
	else
		packet->bad = true;
}

static void add_piece(struct rx_packet *packet, unsigned int index,
		      const struct xen_netif_rx_response *rsp)
{
	if (rsp->status <= 0 || rsp->offset + rsp->status > PAGE_SIZE ||
	    packet->count == RX_PIECES) {
		packet->bad = true;
		return;
	}
	packet->pieces[packet->count].index = index;
	packet->pieces[packet->count].offset = rsp->offset;
	packet->pieces[packet->count].len = rsp->status;
	packet->len += rsp->status;
	packet->count++;
}

/*
 * The next packet's responses. False: they are not what a back end may write.
 * Entries that are passed over keep their pages.
 */
static bool gather(struct front_net *net, RING_IDX prod,
		   struct rx_packet *packet)
{
	RING_IDX cons = net->rx.rsp_cons;
	bool more_data, more_extra = false;

	packet->count = 0;
	packet->len = 0;
	packet->bad = false;
	packet->gso.type = XEN_NETIF_EXTRA_TYPE_NONE;
	do {
		struct xen_netif_rx_response rsp;
		unsigned int index = cons % NET_RING_SIZE;

		if (cons == prod)
			return false;
		RING_COPY_RESPONSE(&net->rx, cons, &rsp);
		cons++;
		if (rsp.id != index)
			return false;
		if (packet->count == 0) {
			packet->flags = rsp.flags;
			more_extra = rsp.flags & XEN_NETRXF_extra_info;
		}
		add_piece(packet, index, &rsp);
		more_data = rsp.flags & XEN_NETRXF_more_data;
		while (more_extra) {
			if (cons == prod)
				return false;
			read_extra(net, cons++, packet, &more_extra);
		}
	} while (more_data);
	net->rx.rsp_cons = cons;
	return true;
}

/* Take a page from its entry; NULL: the back end has not let go of it. */
static struct page *take_page(struct front_net *net, unsigned int index)
{
	struct page *page = net->rx_pages[index];

	if (!gnttab_end_foreign_access_ref(net->rx_refs + index)) {
		net_broken(net, "it keeps a page that it answered");
		return NULL;
	}
	net->rx_pages[index] = NULL;
	return page;
}

static struct sk_buff *copy_packet(struct front_net *net,
				   const struct rx_packet *packet)
{
	struct sk_buff *skb = napi_alloc_skb(&net->napi, packet->len);
	struct page *page = net->rx_pages[packet->pieces[0].index];

	if (skb)
		skb_put_data(skb, page_address(page) + packet->pieces[0].offset,
			     packet->len);
	return skb;
}

/* The page becomes the skb's own memory. */
static struct sk_buff *wrap_packet(struct front_net *net,
				   const struct rx_packet *packet)
{
	struct page *page = take_page(net, packet->pieces[0].index);
	struct sk_buff *skb;

	if (!page)
		return NULL;
	skb = napi_build_skb(page_address(page), PAGE_SIZE);
	if (!skb) {
		__free_page(page);
		return NULL;
	}
	skb_reserve(skb, packet->pieces[0].offset);
	skb_put(skb, packet->len);
	return skb;
}

/* The headers, which the stack wants in the skb itself, and pages. */
static struct sk_buff *chain_packet(struct front_net *net,
				    const struct rx_packet *packet)
{
	struct sk_buff *skb = napi_alloc_skb(&net->napi, RX_HEAD);
	unsigned int head = min_t(unsigned int, packet->pieces[0].len, RX_HEAD);
	unsigned int i;

	if (!skb)
		return NULL;
	for (i = 0; i < packet->count; i++) {
		struct page *page = take_page(net, packet->pieces[i].index);
		unsigned int offset = packet->pieces[i].offset;
		unsigned int len = packet->pieces[i].len;

		if (!page) {
			dev_kfree_skb_any(skb);
			return NULL;
		}
		if (i == 0) {
			skb_put_data(skb, page_address(page) + offset, head);
			offset += head;
			len -= head;
		}
		if (len)
			skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page,
					offset, len, PAGE_SIZE);
		else
			__free_page(page);
	}
	return skb;
}

static struct sk_buff *make_skb(struct front_net *net,
				const struct rx_packet *packet)
{
	if (packet->bad || packet->len < ETH_HLEN)
		return NULL;
	if (packet->count == 1 && packet->len <= RX_COPY)
		return copy_packet(net, packet);
	if (packet->count == 1 &&
	    packet->pieces[0].offset + packet->len <= RX_ONE_PAGE)
		return wrap_packet(net, packet);
	return chain_packet(net, packet);
}

/* What the back end says about checksum and segments; false: it is nonsense. */
static bool set_offload(struct sk_buff *skb, const struct rx_packet *packet)
{
	bool gso = packet->gso.type == XEN_NETIF_EXTRA_TYPE_GSO;
	bool blank = packet->flags & XEN_NETRXF_csum_blank;

	if (gso) {
		bool v4 = packet->gso.u.gso.type == XEN_NETIF_GSO_TYPE_TCPV4;

		skb_shinfo(skb)->gso_size = packet->gso.u.gso.size;
		/* Whoever segments it checks the headers first. */
		skb_shinfo(skb)->gso_type = SKB_GSO_DODGY |
					    (v4 ? SKB_GSO_TCPV4 :
						  SKB_GSO_TCPV6);
		skb_shinfo(skb)->gso_segs = 0;
	}
	if (!blank && !gso) {
		if (packet->flags & XEN_NETRXF_data_validated)
			skb->ip_summed = CHECKSUM_UNNECESSARY;
		return true;
	}
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb_reset_network_header(skb);
	return skb_checksum_setup(skb, !blank) == 0;
}

static void receive(struct front_net *net, const struct rx_packet *packet)
{
	struct sk_buff *skb = make_skb(net, packet);

	if (!skb) {
		net->dev->stats.rx_dropped++;
		return;
	}
	skb->protocol = eth_type_trans(skb, net->dev);
	if (!set_offload(skb, packet)) {
		net->dev->stats.rx_errors++;
		dev_kfree_skb_any(skb);
		return;
	}
	dev_sw_netstats_rx_add(net->dev, packet->len);
	napi_gro_receive(&net->napi, skb);
}

int net_rx_poll(struct front_net *net, int budget)
{
	RING_IDX prod = READ_ONCE(net->rx.sring->rsp_prod);
	struct rx_packet packet;
	int done = 0, notify;

	if (prod - net->rx.rsp_cons > buffers(net))
		net_broken(net, "more packets than buffers");
	virt_rmb(); /* the index before what it covers */
	while (!net->broken && done < budget && net->rx.rsp_cons != prod) {
		if (!gather(net, prod, &packet)) {
			net_broken(net, "a packet that cannot be");
			break;
		}
		receive(net, &packet);
		done++;
	}
	if (net->broken)
		return done;
	fill(net);
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&net->rx, notify);
	if (notify)
		notify_remote_via_irq(net->front->irq);
	if (unlikely(buffers(net) < RX_FEW))
		mod_timer(&net->refill, jiffies + HZ / 10);
	return done;
}

/* --- open, close --------------------------------------------------------- */

int net_rx_open(struct front_net *net)
{
	int err = gnttab_alloc_grant_reference_seq(NET_RING_SIZE,
						   &net->rx_refs);

	if (err)
		return err;
	timer_setup(&net->refill, refill_later, 0);
	FRONT_RING_INIT(&net->rx,
			(struct xen_netif_rx_sring *)net->front->rings[1],
			XEN_PAGE_SIZE);
	fill(net);
	if (buffers(net) < RX_FEW) {
		net_rx_close(net);
		return -ENOMEM;
	}
	RING_PUSH_REQUESTS(&net->rx);
	return 0;
}

void net_rx_close(struct front_net *net)
{
	unsigned int i;

	del_timer_sync(&net->refill);
	for (i = 0; i < NET_RING_SIZE; i++) {
		grant_ref_t ref = net->rx_refs + i;

		if (!net->rx_pages[i])
			gnttab_free_grant_reference(ref);
		else if (gnttab_try_end_foreign_access(ref))
			__free_page(net->rx_pages[i]);
		net->rx_pages[i] = NULL;
	}
}
