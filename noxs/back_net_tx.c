// SPDX-License-Identifier: GPL-2.0-only
/*
 * back_net_tx.c: packets from the guest, by NAPI.
 *
 * A poll takes what requests there are, makes a skb for each packet, copies all
 * their bytes by one hypercall, gives the packets to the stack and answers. What
 * the guest wrote is copied out of the ring once, and checked then.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/etherdevice.h>
#include <linux/percpu.h>
#include <linux/tcp.h>
#include <net/tcp.h>
#include <asm/xen/hypercall.h>
#include <xen/page.h>

#include "back_net.h"

/* Each request's bytes lie in one page of the guest, and in up to three here. */
#define PACKET_OPS (NET_TX_SLOTS + XEN_NETIF_NR_SLOTS_MIN + MAX_SKB_FRAGS + 2)
#define BATCH_OPS (4 * PACKET_OPS)
#define BATCH_PACKETS NAPI_POLL_WEIGHT

/* Packets up to here are one piece; of larger ones the headers are. */
#define LINEAR_MOST 1600
#define HEAD_SIZE 192
/* Of a limit: what may be sent in a burst at least, as much as a packet. */
#define BURST_LEAST 131072
/* More per interval than can be copied anyway. */
#define RATE_MOST (1ULL << 40)

/* Of a processor: a poll is done where it began. */
struct tx_batch {
	struct gnttab_copy ops[BATCH_OPS];
	struct net_tx_packet packets[BATCH_PACKETS];
	unsigned int nr_ops, nr_packets;
	struct page_frag frag; /* where large packets go */
};

static struct tx_batch __percpu *batches;

/* --- the limit -------------------------------------------------------------- */

static void refill(struct net_back_tx *tx)
{
	u64 passed = ktime_us_delta(ktime_get(), tx->since);
	u64 intervals = div_u64(passed, tx->interval);

	if (!intervals)
		return;
	tx->since = ktime_add_us(tx->since, intervals * tx->interval);
	if (intervals > div64_u64(tx->burst, tx->rate_bytes))
		tx->credit = tx->burst;
	else
		tx->credit = min(tx->burst,
				 tx->credit + intervals * tx->rate_bytes);
}

/* Poll again when the interval is over, whatever else polls before. */
static void wait_for_credit(struct net_back_tx *tx)
{
	u64 passed = ktime_us_delta(ktime_get(), tx->since);
	u64 left = passed < tx->interval ? tx->interval - passed : 0;

	tx->limited = true;
	if (!timer_pending(&tx->timer))
		mod_timer(&tx->timer, jiffies + usecs_to_jiffies(left));
}

/* May a packet of `size` be sent? */
static bool spend(struct net_back_tx *tx, unsigned int size)
{
	if (!tx->rate_bytes)
		return true;
	refill(tx);
	if (size > tx->credit) {
		wait_for_credit(tx);
		return false;
	}
	tx->credit -= size;
	return true;
}

static void credit_due(struct timer_list *timer)
{
	struct net_back *net = from_timer(net, timer, tx.timer);

	napi_schedule(&net->napi);
}

/* --- copies ------------------------------------------------------------------ */

/* The place in a skb where the next bytes go. */
struct tx_cursor {
	struct sk_buff *skb;
	struct page *page;
	unsigned int offset, left;
	unsigned int next_frag;
};

static void next_piece(struct tx_cursor *at)
{
	const skb_frag_t *frag =
		&skb_shinfo(at->skb)->frags[at->next_frag++];

	at->page = skb_frag_page(frag);
	at->offset = skb_frag_off(frag);
	at->left = skb_frag_size(frag);
}

static void copy_request(struct net_back *net, struct tx_batch *batch,
			 const struct xen_netif_tx_request *req,
			 unsigned int len, struct tx_cursor *at)
{
	unsigned int offset = req->offset;

	while (len) {
		unsigned int n, in_page;

		if (!at->left)
			next_piece(at);
		in_page = at->offset % XEN_PAGE_SIZE;
		n = min3(len, at->left,
			 (unsigned int)XEN_PAGE_SIZE - in_page);
		batch->ops[batch->nr_ops++] = (struct gnttab_copy){
			.source.u.ref = req->gref,
			.source.domid = net->back.domid,
			.source.offset = offset,
			.dest.u.gmfn = xen_page_to_gfn(at->page +
						       at->offset / PAGE_SIZE),
			.dest.domid = DOMID_SELF,
			.dest.offset = in_page,
			.len = n,
			.flags = GNTCOPY_source_gref,
		};
		offset += n;
		len -= n;
		at->offset += n;
		at->left -= n;
	}
}

static int add_frags(struct sk_buff *skb, struct page_frag *from,
		     unsigned int left)
{
	unsigned int i = 0;

	while (left) {
		unsigned int n;

		if (i == MAX_SKB_FRAGS ||
		    !skb_page_frag_refill(SMP_CACHE_BYTES, from, GFP_ATOMIC))
			return -ENOMEM;
		n = min(left, from->size - from->offset);
		get_page(from->page);
		skb_add_rx_frag(skb, i++, from->page, from->offset, n, n);
		/* No two packets in a cache line. */
		from->offset = min(from->size,
				   from->offset + (u32)SKB_DATA_ALIGN(n));
		left -= n;
	}
	return 0;
}

static struct sk_buff *make_skb(struct net_back *net, struct tx_batch *batch,
				unsigned int size)
{
	unsigned int head = size > LINEAR_MOST ? HEAD_SIZE : size;
	struct sk_buff *skb = napi_alloc_skb(&net->napi, head);

	if (!skb)
		return NULL;
	skb_put(skb, head);
	if (add_frags(skb, &batch->frag, size - head)) {
		kfree_skb(skb);
		return NULL;
	}
	return skb;
}

/* True: it is worth copying. */
static bool is_offered(const struct net_back *net,
		       const struct net_tx_packet *packet, unsigned int size)
{
	u64 need = packet->nr_slots > 1 ? NOXS_NET_F_SG : 0;

	if (packet->gso_type == XEN_NETIF_GSO_TYPE_TCPV4)
		need |= NOXS_NET_F_TSO4;
	if (packet->gso_type == XEN_NETIF_GSO_TYPE_TCPV6)
		need |= NOXS_NET_F_TSO6;
	return size >= ETH_HLEN && !(need & ~net->offered);
}

static void prepare(struct net_back *net, struct tx_batch *batch,
		    struct net_tx_packet *packet,
		    const struct xen_netif_tx_request *reqs, unsigned int size)
{
	struct tx_cursor at = {};
	unsigned int i;

	if (!is_offered(net, packet, size)) {
		net->tx.refused++;
		return;
	}
	packet->skb = make_skb(net, batch, size);
	if (!packet->skb) {
		net->tx.failed++;
		return;
	}
	at.skb = packet->skb;
	at.page = virt_to_page(at.skb->data);
	at.offset = offset_in_page(at.skb->data);
	at.left = skb_headlen(at.skb);
	for (i = 0; i < packet->nr_slots; i++)
		copy_request(net, batch, &reqs[i], reqs[i].size, &at);
}

/* False: there is none, or not now. */
static bool take_packet(struct net_back *net, struct tx_batch *batch)
{
	struct xen_netif_tx_request reqs[NET_TX_SLOTS];
	struct xen_netif_tx_back_ring *ring = &net->tx.ring;
	struct net_tx_packet *packet = &batch->packets[batch->nr_packets];
	RING_IDX prod = READ_ONCE(ring->sring->req_prod);
	unsigned int size;

	/* Requests are read after the index that vouches for them. */
	virt_rmb();
	if (prod == ring->req_cons)
		return false;
	if (RING_REQUEST_PROD_OVERFLOW(ring, prod) ||
	    prod - ring->req_cons > RING_SIZE(ring)) {
		noxs_back_broken(&net->back, "tx ring: req_prod %u, rsp_prod %u",
				 prod, ring->rsp_prod_pvt);
		return false;
	}
	RING_COPY_REQUEST(ring, ring->req_cons, &reqs[0]);
	size = reqs[0].size;
	if (!spend(&net->tx, size))
		return false;
	*packet = (struct net_tx_packet){ .status = XEN_NETIF_RSP_ERROR };
	if (noxs_net_take_requests(net, packet, reqs, prod))
		return false;
	prepare(net, batch, packet, reqs, size);
	packet->op_end = batch->nr_ops;
	batch->nr_packets++;
	return true;
}

/* --- packets ------------------------------------------------------------------ */

static void deliver(struct net_back *net, struct net_tx_packet *packet)
{
	struct sk_buff *skb = packet->skb;
	unsigned int size = skb->len;

	skb->protocol = eth_type_trans(skb, net->dev);
	skb_reset_network_header(skb);
	if (!noxs_net_set_offload(net, skb, packet)) {
		net->tx.refused++;
		kfree_skb(skb);
		return;
	}
	noxs_net_arp_sent(net, skb);
	packet->status = XEN_NETIF_RSP_OKAY;
	net->tx.packets++;
	net->tx.bytes += size;
	if (!noxs_net_arp_defer(net, skb))
		napi_gro_receive(&net->napi, skb);
}

static bool is_copied(const struct tx_batch *batch, unsigned int op,
		      unsigned int op_end)
{
	for (; op < op_end; op++)
		if (batch->ops[op].status != GNTST_okay)
			return false;
	return true;
}

static void answer(struct net_back *net, const struct net_tx_packet *packet)
{
	struct xen_netif_tx_back_ring *ring = &net->tx.ring;
	struct xen_netif_tx_response *rsp;
	unsigned int i;

	for (i = 0; i < packet->nr_slots; i++) {
		rsp = RING_GET_RESPONSE(ring, ring->rsp_prod_pvt++);
		rsp->id = packet->ids[i];
		rsp->status = packet->status;
	}
	for (i = 0; i < packet->nr_extras; i++) {
		rsp = RING_GET_RESPONSE(ring, ring->rsp_prod_pvt++);
		rsp->status = XEN_NETIF_RSP_NULL;
	}
}

static void finish(struct net_back *net, struct tx_batch *batch)
{
	unsigned int i, op = 0;
	int notify;

	if (batch->nr_ops &&
	    HYPERVISOR_grant_table_op(GNTTABOP_copy, batch->ops, batch->nr_ops))
		for (i = 0; i < batch->nr_ops; i++)
			batch->ops[i].status = GNTST_general_error;
	for (i = 0; i < batch->nr_packets; i++) {
		struct net_tx_packet *packet = &batch->packets[i];

		if (packet->skb && is_copied(batch, op, packet->op_end)) {
			deliver(net, packet);
		} else if (packet->skb) {
			net->tx.failed++;
			kfree_skb(packet->skb);
		}
		op = packet->op_end;
		answer(net, packet);
	}
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&net->tx.ring, notify);
	if (notify)
		noxs_back_notify(&net->back);
}

static int take_all(struct net_back *net, int budget)
{
	struct tx_batch *batch = this_cpu_ptr(batches);
	int done = 0;

	net->tx.limited = false;
	do {
		batch->nr_ops = 0;
		batch->nr_packets = 0;
		while (done + batch->nr_packets < budget &&
		       batch->nr_packets < BATCH_PACKETS &&
		       batch->nr_ops + PACKET_OPS <= BATCH_OPS &&
		       take_packet(net, batch))
			;
		if (!batch->nr_packets)
			break;
		finish(net, batch);
		done += batch->nr_packets;
	} while (done < budget && !net->tx.limited);
	return done;
}

int noxs_net_poll(struct napi_struct *napi, int budget)
{
	struct net_back *net = container_of(napi, struct net_back, napi);
	struct net_back_tx *tx = &net->tx;
	int more, done = 0;

	if (unlikely(READ_ONCE(net->back.broken))) {
		napi_complete(napi);
		return 0;
	}
	if (budget)
		done = take_all(net, budget);
	tx->worked |= noxs_net_rx_wake(net) || done;
	if (done == budget)
		return done;
	if (!tx->limited) {
		RING_FINAL_CHECK_FOR_REQUESTS(&tx->ring, more);
		if (more && !READ_ONCE(net->back.broken))
			return budget;
	}
	if (napi_complete_done(napi, done)) {
		bool spurious = !tx->worked;

		tx->worked = false;
		noxs_back_eoi(&net->back, spurious);
	}
	return done;
}

/* --- life --------------------------------------------------------------------- */

void noxs_net_tx_reset(struct net_back *net)
{
	struct xen_netif_tx_sring *sring = net->tx.ring.sring;

	del_timer_sync(&net->tx.timer);
	SHARED_RING_INIT(sring);
	BACK_RING_INIT(&net->tx.ring, sring, XEN_PAGE_SIZE);
	net->tx.worked = false;
}

void noxs_net_tx_init(struct net_back *net)
{
	timer_setup(&net->tx.timer, credit_due, 0);
	noxs_net_tx_reset(net);
}

void noxs_net_tx_limit(struct net_back *net, u64 bytes, u32 interval)
{
	struct net_back_tx *tx = &net->tx;

	tx->rate_bytes = bytes > RATE_MOST ? 0 : bytes;
	tx->interval = interval;
	/* What is left of an interval is too little for a packet, not lost. */
	tx->burst = max_t(u64, BURST_LEAST, tx->rate_bytes + 65536);
	/* The timer may come a tick or two late. */
	if (tx->interval && tx->interval < jiffies_to_usecs(2))
		tx->burst = max_t(u64, tx->burst, tx->rate_bytes *
				  DIV_ROUND_UP(jiffies_to_usecs(2),
					       tx->interval));
	tx->credit = tx->burst;
	tx->since = ktime_get();
}

int noxs_net_start(void)
{
	batches = alloc_percpu(struct tx_batch);
	return batches ? 0 : -ENOMEM;
}

void noxs_net_stop(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		if (per_cpu_ptr(batches, cpu)->frag.page)
			put_page(per_cpu_ptr(batches, cpu)->frag.page);
	free_percpu(batches);
}
