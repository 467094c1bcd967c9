/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * config_device.c: a checked configuration's devices as others number them.
 */
#include <errno.h>
#include <string.h>

#include <noxs/net.h>

#include "config.h"
#include "parse.h"

/* Where the text leaves open how long the network's part is. */
#define PREFIX_DEFAULT_IPV4 24
#define PREFIX_DEFAULT_IPV6 64

void config_vif_address(const struct config_vif *vif,
                        struct noxs_net_address *address_out)
{
    struct parsed_ip ip, gateway;

    memset(address_out, 0, sizeof(*address_out));
    /* Texts were checked when they were read; without an ip there is none. */
    if (!vif->ip || chaos__parse_ip(vif->ip, strlen(vif->ip), &ip) < 0)
        return;
    address_out->family = ip.is_ipv6 ? NOXS_NET_IPV6 : NOXS_NET_IPV4;
    if (ip.has_prefix)
        address_out->prefix = ip.prefix;
    else
        address_out->prefix =
            ip.is_ipv6 ? PREFIX_DEFAULT_IPV6 : PREFIX_DEFAULT_IPV4;
    memcpy(address_out->address, ip.address, sizeof(ip.address));
    if (!vif->gateway ||
        chaos__parse_ip(vif->gateway, strlen(vif->gateway), &gateway) < 0)
        return;
    address_out->has_gateway = 1;
    memcpy(address_out->gateway, gateway.address, sizeof(gateway.address));
}

int config_vdev_number(const char *vdev, uint32_t *number_out)
{
    struct parsed_vdev parsed;
    uint32_t disk, part;

    if (chaos__parse_vdev(vdev, strlen(vdev), &parsed) < 0)
        return -EINVAL;
    disk = parsed.disk;
    part = parsed.partition;
    switch (parsed.kind) {
    case VDEV_XVD:
        *number_out = disk < 16 && part < 16 ? 202u << 8 | disk << 4 | part
                                             : 1u << 28 | disk << 8 | part;
        break;
    case VDEV_SD:
        *number_out = 8u << 8 | disk << 4 | part;
        break;
    case VDEV_HD: /* two disks on each of two controllers */
        *number_out = (disk < 2 ? 3u : 22u) << 8 | (disk % 2) << 6 | part;
        break;
    }
    return 0;
}
