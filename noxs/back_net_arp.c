// SPDX-License-Identifier: GPL-2.0-only
/*
 * back_net_arp.c: whom a question to all who has an address concerns.
 *
 * A bridge floods each such question, and each announcement of an address, to
 * all guests. They get them, but only he who is asked needs to be woken for
 * it. Who that is tells what a guest said in ARP itself: it announces its
 * address, asks from it, and answers for it. An address of a guest that said
 * nothing of it yet is answered for by a second later (back_net_rx.c), once.
 */
#include <linux/etherdevice.h>
#include <linux/hash.h>
#include <linux/if_arp.h>
#include <asm/unaligned.h>

#include "back_net.h"

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

void noxs_net_arp_sent(struct net_back *net, const struct sk_buff *skb)
{
	const struct arp_ipv4 *arp = arp_of(skb, 0);
	__be32 sender = arp ? get_unaligned(&arp->sender) : 0;

	if (!sender || test_bit(bit_of(sender), net->addresses))
		return;
	set_bit(bit_of(sender), net->addresses);
	WRITE_ONCE(net->has_addresses, true);
}

bool noxs_net_arp_is_quiet(const struct net_back *net,
			   const struct sk_buff *skb)
{
	const struct arp_ipv4 *arp = arp_of(skb, ETH_HLEN);
	__be32 target;

	if (!arp || !is_broadcast_ether_addr(skb->data))
		return false;
	target = get_unaligned(&arp->target);
	if (READ_ONCE(net->has_addresses))
		return !test_bit(bit_of(target), net->addresses);
	return target == get_unaligned(&arp->sender);
}

void noxs_net_arp_reset(struct net_back *net)
{
	bitmap_zero(net->addresses, 1 << NET_ADDRESS_BITS);
	WRITE_ONCE(net->has_addresses, false);
}
