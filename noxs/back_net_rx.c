// SPDX-License-Identifier: GPL-2.0-only
/*
 * back_net_rx.c: packets to the guest.
 *
 * The transmit path takes packets into a batch (back_net_batch.c), which is
 * carried out when the stack has no more for now (xmit_more).
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

#include "back_net.h"

#define STALL (10 * HZ)
#define QUIET HZ

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
	int notify;

	if (!batch->nr_slots)
		return;
	noxs_net_batch_copy(net);
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&net->rx.ring, notify);
	tell(net, notify);
	noxs_net_batch_end(batch);
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
	if (noxs_net_batch_is_full(batch))
		flush(net);
	if (unlikely(need > rx->most || room(net) < need ||
		     !is_agreed(net, skb))) {
		rx->dropped++;
		dev_kfree_skb_any(skb);
	} else {
		skb_tx_timestamp(skb);
		noxs_net_batch_take(net, skb);
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

	rx->batch = noxs_net_batch_create();
	if (!rx->batch)
		return -ENOMEM;
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
	noxs_net_batch_destroy(rx->batch);
	rx->batch = NULL;
	reset(net);
}
