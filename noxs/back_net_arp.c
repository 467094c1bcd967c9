// SPDX-License-Identifier: GPL-2.0-only
/*
 * back_net_arp.c: whom a question to all who has an address concerns.
 *
 * A bridge floods each such question, and each announcement of an address, to
 * all guests. They get them, but only he who is asked needs to be woken for
 * it. Who that is tells what a guest said in ARP itself: it announces its
 * address, asks from it, and answers for it. Who asks for an address of which
 * nobody said so much may mean any guest, and wakes all. So only one that was
 * another's, and is taken over without a word, is answered for by a second later
 * (back_net_rx.c), once.
 *
 * Even so a bridge copies an announcement for each of its ports, which with a
 * thousand of them takes longer than to make a guest, and would be done just
 * when one starts. So the bridge itself gets it at once, and learns from it, but
 * the others LATER.
 */
#include <linux/etherdevice.h>
#include <linux/hash.h>
#include <linux/if_arp.h>
#include <asm/unaligned.h>

#include "back_net.h"

#define KNOWN_BITS 12
#define LATER (HZ / 20)

/*
 * Addresses that somebody, guest or not, spoke of as his own, by hash. Where two
 * meet, the newer stays, for to forget one does no harm. Read and written
 * without a lock, whole.
 */
static __be32 known[1 << KNOWN_BITS];

struct arp_ipv4 {
	struct arphdr head;
	u8 sender_mac[ETH_ALEN];
	__be32 sender;
	u8 target_mac[ETH_ALEN];
	__be32 target;
} __packed;

/* At `offset` of the packet; NULL: it is no such thing. */
static const struct arp_ipv4 *arp_of(const struct sk_buff *skb,
				     unsigned int offset)
{
	const struct arp_ipv4 *arp = (const void *)(skb->data + offset);

	if (skb->protocol != htons(ETH_P_ARP) ||
	    skb_headlen(skb) < offset + sizeof(*arp) ||
	    get_unaligned(&arp->head.ar_pro) != htons(ETH_P_IP) ||
	    arp->head.ar_hln != ETH_ALEN || arp->head.ar_pln != sizeof(u32))
		return NULL;
	return arp;
}

static unsigned int bit_of(__be32 address)
{
	return hash_32((__force u32)address, NET_ADDRESS_BITS);
}

static __be32 *known_at(__be32 address)
{
	return &known[hash_32((__force u32)address, KNOWN_BITS)];
}

/* Few are new, and all processors read. */
static void know(__be32 address)
{
	if (address && READ_ONCE(*known_at(address)) != address)
		WRITE_ONCE(*known_at(address), address);
}

void noxs_net_arp_sent(struct net_back *net, const struct sk_buff *skb)
{
	const struct arp_ipv4 *arp = arp_of(skb, 0);
	__be32 sender = arp ? get_unaligned(&arp->sender) : 0;

	know(sender);
	if (!sender || test_bit(bit_of(sender), net->addresses))
		return;
	set_bit(bit_of(sender), net->addresses);
	WRITE_ONCE(net->has_addresses, true);
}

bool noxs_net_arp_is_quiet(const struct net_back *net,
			   const struct sk_buff *skb)
{
	const struct arp_ipv4 *arp = arp_of(skb, ETH_HLEN);
	__be32 sender, target;

	if (!arp || !is_broadcast_ether_addr(skb->data))
		return false;
	sender = get_unaligned(&arp->sender);
	target = get_unaligned(&arp->target);
	know(sender);
	if (target == sender)
		return !test_bit(bit_of(target), net->addresses);
	return READ_ONCE(net->has_addresses) &&
	       !test_bit(bit_of(target), net->addresses) &&
	       READ_ONCE(*known_at(target)) == target;
}

/* As if it were sent to the bridge, and so to none of its ports. */
static void tell_bridge(const struct net_device *bridge,
			const struct sk_buff *skb)
{
	struct sk_buff *copy = skb_copy(skb, GFP_ATOMIC);

	if (!copy)
		return;
	ether_addr_copy(eth_hdr(copy)->h_dest, bridge->dev_addr);
	copy->pkt_type = PACKET_HOST;
	netif_receive_skb(copy);
}

bool noxs_net_arp_defer(struct net_back *net, struct sk_buff *skb)
{
	const struct arp_ipv4 *arp = arp_of(skb, 0);
	const struct net_device *bridge;

	if (!arp || skb->pkt_type != PACKET_BROADCAST ||
	    get_unaligned(&arp->sender) != get_unaligned(&arp->target))
		return false;
	rcu_read_lock();
	bridge = netdev_master_upper_dev_get_rcu(net->dev);
	if (!bridge || !netif_is_bridge_master(bridge) ||
	    cmpxchg(&net->late, NULL, skb)) {
		rcu_read_unlock();
		return false;
	}
	/* It is ours until the timer, which is not armed yet, has it. */
	tell_bridge(bridge, skb);
	rcu_read_unlock();
	mod_timer(&net->late_timer, jiffies + LATER);
	return true;
}

static void late(struct timer_list *timer)
{
	struct net_back *net = from_timer(net, timer, late_timer);
	struct sk_buff *skb = xchg(&net->late, NULL);

	if (skb)
		netif_receive_skb(skb);
}

void noxs_net_arp_init(struct net_back *net)
{
	timer_setup(&net->late_timer, late, 0);
}

void noxs_net_arp_stop(struct net_back *net)
{
	del_timer_sync(&net->late_timer);
	kfree_skb(xchg(&net->late, NULL));
}

void noxs_net_arp_reset(struct net_back *net)
{
	bitmap_zero(net->addresses, 1 << NET_ADDRESS_BITS);
	WRITE_ONCE(net->has_addresses, false);
}
