/* SPDX-License-Identifier: MIT */
/*
 * net.h: the vif device: a network interface (see io.h for its life).
 *
 * In the device page: type NOXS_DEV_VIF, id its number in the guest from 0 on,
 * flags 0, `grant` the control page, `evtchn` the guest's port, `features` what
 * the back end can do (NOXS_NET_F_*), `config` a struct noxs_net_config.
 *
 * The rings are Xen's: netif_tx_sring and netif_rx_sring of xen/io/netif.h, one
 * page (256 entries) each, in the layout of 64-bit x86, with req_event and
 * rsp_event as ring.h has them. There is one pair, and one event channel for
 * both. Both directions are copied by the back end: a granted page of a tx
 * request may be read-only, one of an rx request must be writable. Of the extra
 * infos only XEN_NETIF_EXTRA_TYPE_GSO is known.
 */
#ifndef NOXS_NET_H
#define NOXS_NET_H

#include "io.h"

/*
 * Features, of either side: what it accepts from the other. Without a bit the
 * other side must not send such a packet.
 */
#define NOXS_NET_F_CSUM 0x1  /* IPv4 packets with a checksum left blank */
#define NOXS_NET_F_CSUM6 0x2 /* the same of IPv6 */
#define NOXS_NET_F_TSO4 0x4  /* TCP segments to be cut, with F_CSUM */
#define NOXS_NET_F_TSO6 0x8  /* the same of IPv6, with F_CSUM6 */
#define NOXS_NET_F_SG 0x10   /* packets of several requests */
#define NOXS_NET_F_ALL 0x1f

#define NOXS_NET_MTU_MIN 68
#define NOXS_NET_MTU_MAX 65517 /* what fits a packet of 65,535 bytes */
#define NOXS_NET_MTU_DEFAULT 1500

/* noxs_device.config */
struct noxs_net_config {
    uint8_t mac[6]; /* of the guest's interface */
    uint16_t mtu;   /* bytes of payload */
    uint32_t tx_grant;
    uint32_t rx_grant;
    uint8_t pad[8];
};
NOXS_AT(struct noxs_net_config, mac, 0);
NOXS_AT(struct noxs_net_config, mtu, 6);
NOXS_AT(struct noxs_net_config, tx_grant, 8);
NOXS_AT(struct noxs_net_config, rx_grant, 12);
NOXS_ASSERT(sizeof(struct noxs_net_config) == 24);

/* struct noxs_net_address.family */
#define NOXS_NET_NO_ADDRESS 0 /* ask by DHCP, or have none */
#define NOXS_NET_IPV4 4
#define NOXS_NET_IPV6 6

/* For the guest to take, in network order; of IPv4 the first 4 bytes. */
struct noxs_net_address {
    uint8_t family; /* NOXS_NET_* */
    uint8_t prefix; /* bits of the network */
    uint8_t has_gateway;
    uint8_t pad[5];
    uint8_t address[16];
    uint8_t gateway[16];
};
NOXS_AT(struct noxs_net_address, family, 0);
NOXS_AT(struct noxs_net_address, prefix, 1);
NOXS_AT(struct noxs_net_address, has_gateway, 2);
NOXS_AT(struct noxs_net_address, address, 8);
NOXS_AT(struct noxs_net_address, gateway, 24);
NOXS_ASSERT(sizeof(struct noxs_net_address) == 40);

/* The control page. */
struct noxs_net {
    struct noxs_io io;
    /* Written by the back end before the device is announced. */
    struct noxs_net_address address;
};
NOXS_AT(struct noxs_net, io, 0);
NOXS_AT(struct noxs_net, address, 128);
NOXS_ASSERT(sizeof(struct noxs_net) == 168);

#endif /* NOXS_NET_H */
