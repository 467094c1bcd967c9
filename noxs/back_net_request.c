// SPDX-License-Identifier: GPL-2.0-only
/*
 * back_net_request.c: what a guest says of a packet: its requests, each copied
 * out of the ring once and checked then, and its offloads, checked against the
 * packet's headers.
 */
#include <linux/tcp.h>
#include <net/tcp.h>

#include "back_net.h"

/* The extra infos behind a packet's first request. */
static int take_extras(struct net_back *net, struct net_tx_packet *packet,
		       RING_IDX *cons, RING_IDX prod)
{
	struct xen_netif_extra_info extra;

	do {
		if (*cons == prod || packet->nr_extras)
			return -EPROTO;
		/* Copies as much as `extra` has room for. */
		RING_COPY_REQUEST(&net->tx.ring, *cons, &extra);
		++*cons;
		packet->nr_extras++;
		if (extra.type != XEN_NETIF_EXTRA_TYPE_GSO)
			return -EPROTO;
		packet->gso_type = extra.u.gso.type;
		packet->gso_size = extra.u.gso.size;
	} while (extra.flags & XEN_NETIF_EXTRA_FLAG_MORE);
	if ((packet->gso_type != XEN_NETIF_GSO_TYPE_TCPV4 &&
	     packet->gso_type != XEN_NETIF_GSO_TYPE_TCPV6) ||
	    packet->gso_size < TCP_MIN_GSO_SIZE)
		return -EPROTO;
	return 0;
}

int noxs_net_take_requests(struct net_back *net, struct net_tx_packet *packet,
			   struct xen_netif_tx_request *reqs, RING_IDX prod)
{
	RING_IDX cons = net->tx.ring.req_cons + 1;
	unsigned int n = 0, rest = reqs[0].size;
	int rc = 0;

	if (reqs[0].flags & XEN_NETTXF_extra_info)
		rc = take_extras(net, packet, &cons, prod);
	while (!rc) {
		packet->ids[n] = reqs[n].id;
		if (!(reqs[n].flags & XEN_NETTXF_more_data))
			break;
		if (++n == NET_TX_SLOTS || cons == prod) {
			rc = -EPROTO;
			break;
		}
		RING_COPY_REQUEST(&net->tx.ring, cons++, &reqs[n]);
		if (reqs[n].size > rest ||
		    reqs[n].offset + reqs[n].size > XEN_PAGE_SIZE)
			rc = -EPROTO;
		rest -= reqs[n].size;
	}
	if (rc || reqs[0].offset + rest > XEN_PAGE_SIZE) {
		noxs_back_broken(&net->back, "tx ring: bad packet of %u bytes at request %u, flags %#x",
				 reqs[0].size, net->tx.ring.req_cons,
				 reqs[0].flags);
		return -EPROTO;
	}
	packet->nr_slots = n + 1;
	packet->flags = reqs[0].flags;
	reqs[0].size = rest;
	net->tx.ring.req_cons = cons;
	return 0;
}

/* Behind skb_checksum_setup(): it found the transport header. */
static bool set_gso(struct sk_buff *skb, const struct net_tx_packet *packet)
{
	unsigned int headers;
	bool v4 = packet->gso_type == XEN_NETIF_GSO_TYPE_TCPV4;

	if (skb->protocol != htons(v4 ? ETH_P_IP : ETH_P_IPV6) ||
	    skb->csum_offset != offsetof(struct tcphdr, check))
		return false;
	headers = skb_transport_offset(skb);
	if (!pskb_may_pull(skb, headers + sizeof(struct tcphdr)) ||
	    tcp_hdrlen(skb) < sizeof(struct tcphdr) ||
	    !pskb_may_pull(skb, headers + tcp_hdrlen(skb)))
		return false;
	headers += tcp_hdrlen(skb);
	if (skb->len <= headers)
		return false;
	skb_shinfo(skb)->gso_size = packet->gso_size;
	skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(skb->len - headers,
						 packet->gso_size);
	/* DODGY: whoever cuts it looks at the headers for himself. */
	skb_shinfo(skb)->gso_type = SKB_GSO_DODGY |
				    (v4 ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6);
	return true;
}

bool noxs_net_set_offload(const struct net_back *net, struct sk_buff *skb,
			  const struct net_tx_packet *packet)
{
	u64 need = skb->protocol == htons(ETH_P_IPV6) ? NOXS_NET_F_CSUM6 :
							NOXS_NET_F_CSUM;

	if (!(packet->flags & XEN_NETTXF_csum_blank)) {
		if (packet->flags & XEN_NETTXF_data_validated)
			skb->ip_summed = CHECKSUM_UNNECESSARY;
		return packet->gso_type == XEN_NETIF_GSO_TYPE_NONE;
	}
	if (!(net->offered & need) || skb_checksum_setup(skb, false))
		return false;
	return packet->gso_type == XEN_NETIF_GSO_TYPE_NONE ||
	       set_gso(skb, packet);
}
