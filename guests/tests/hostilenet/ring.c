/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ring.c: put things into the rings, and read the answers.
 */
#include <guest/lib.h>
#include <guest/time.h>

#include "net.h"

const enum bus_type kit_type = BUS_NET;

uint8_t *net_packet;
uint32_t net_packet_ref;
static uint32_t tx_prod, rx_prod;
static uint32_t waited_from; /* the first request that net_answered counts */

static struct netif_tx_sring *tx(void)
{
    return kit_dev.ring[NET_TX];
}

/* A broadcast of the protocol number that is set aside for experiments. */
static void make_packet(void)
{
    if (net_packet)
        return;
    net_packet = kit_page();
    memset(net_packet, 0xff, 6);
    memcpy(net_packet + 6, kit_dev.config, 6);
    net_packet[12] = 0x88;
    net_packet[13] = 0xb5;
    net_packet_ref = kit_grant(net_packet, true);
}

void kit_reset(void)
{
    make_packet();
    tx_prod = rx_prod = waited_from = 0;
}

struct netif_tx_request net_proper(void)
{
    return (struct netif_tx_request){.gref = net_packet_ref, .size = PACKET};
}

void net_put(struct netif_tx_request req)
{
    req.id = (uint16_t)(tx_prod % NET_RING);
    tx()->ring[tx_prod++ % NET_RING].req = req;
}

void net_put_extra(struct netif_extra_info extra)
{
    memcpy(&tx()->ring[tx_prod++ % NET_RING], &extra, sizeof(extra));
}

void net_push(void)
{
    kit_push(NET_TX, tx_prod);
}

static bool all_answered(void)
{
    return READ_ONCE(tx()->rsp_prod) == tx_prod;
}

bool net_answered(void)
{
    return kit_until(all_answered, 3000 * MS);
}

unsigned int net_count(int status)
{
    unsigned int n = 0;
    uint32_t i;

    for (i = waited_from; i != tx_prod; i++)
        n += tx()->ring[i % NET_RING].rsp.status == status;
    waited_from = tx_prod;
    return n;
}

void kit_traffic(void)
{
    uint32_t used = tx_prod - READ_ONCE(tx()->rsp_prod);
    unsigned int n;

    for (n = used < NET_RING ? NET_RING - used : 0; n; n--)
        net_put(net_proper());
    net_push();
}

bool kit_works(void)
{
    if (!net_answered())
        return false;
    waited_from = tx_prod;
    net_put(net_proper());
    net_push();
    return net_answered() && net_count(NETIF_RSP_OKAY) == 1;
}

void net_post(uint32_t ref)
{
    struct netif_rx_sring *rx = kit_dev.ring[NET_RX];
    struct netif_rx_request req = {.id = (uint16_t)(rx_prod % NET_RING),
                                   .gref = ref};

    rx->ring[rx_prod++ % NET_RING].req = req;
    kit_push(NET_RX, rx_prod);
}
