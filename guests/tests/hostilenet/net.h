/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net.h: the two rings of a vif, with nothing checked, and the cases.
 */
#ifndef HOSTILE_NET_H
#define HOSTILE_NET_H

#include <guest/barrier.h>
#include <guest/guest.h>

#define xen_mb() mb()
#define xen_rmb() rmb()
#define xen_wmb() wmb()
#include <xen/io/netif.h>

#include "kit.h"

#define NET_TX 0
#define NET_RX 1
#define NET_RING 256u
#define PACKET 60 /* bytes of a proper packet */

/* ring.c */
/* A page with a proper packet at its start, and a grant of it. */
extern uint8_t *net_packet;
extern uint32_t net_packet_ref;
struct netif_tx_request net_proper(void);
/* Put into the tx ring; seen by the back end with net_push. */
void net_put(struct netif_tx_request req);
void net_put_extra(struct netif_extra_info extra);
void net_push(void);
/* Wait until all that was put was answered; false: after 3 s it was not. */
bool net_answered(void);
/* How many of the answers were of this status. */
unsigned int net_count(int status);
/* Post a buffer for a packet. */
void net_post(uint32_t ref);

/* slots.c */
extern const struct kit_case net_slots[];

#endif /* HOSTILE_NET_H */
