/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bus_xs_keys.c: the keys of network interfaces and disks in XenStore, as
 * Xen's netif.h and blkif.h name them, to and from what <guest/bus.h> has.
 *
 * Whoever gives the guest an IPv4 address writes "ip" (and "gateway") to the
 * front end's directory or, as xl does, to the back end's.
 */
#include <guest/guest.h>
#include <guest/lib.h>

#include <noxs/block.h>
#include <noxs/net.h>

#include "bus_xs.h"

#define DEFAULT_PREFIX 24
/* Of a back end's "info". */
#define INFO_READONLY 4

static const char *const ring_keys[][BUS_RINGS_MAX] = {
    [BUS_NET] = {"tx-ring-ref", "rx-ring-ref"},
    [BUS_BLOCK] = {"ring-ref"},
};

static int net_features(const char *front, uint64_t features)
{
    const struct {
        const char *key;
        bool value;
    } keys[] = {
        {"request-rx-copy", true},
        {"feature-rx-notify", true},
        {"feature-sg", features & NOXS_NET_F_SG},
        {"feature-no-csum-offload", !(features & NOXS_NET_F_CSUM)},
        {"feature-ipv6-csum-offload", features & NOXS_NET_F_CSUM6},
    };
    unsigned int i;
    int rc = 0;

    for (i = 0; i < ARRAY_SIZE(keys) && !rc; i++)
        rc = xs_write_u64(front, keys[i].key, keys[i].value);
    return rc;
}

int xs_present_keys(const struct bus_device *dev, const struct xs_bus *bus,
                    uint64_t front_features)
{
    unsigned int i;
    int rc = 0;

    for (i = 0; i < bus->rings && !rc; i++)
        rc = xs_write_u64(bus->front, ring_keys[dev->type][i], bus->ref[i]);
    if (!rc)
        rc = xs_write_u64(bus->front, "event-channel", dev->port);
    if (rc)
        return rc;
    if (dev->type == BUS_NET)
        return net_features(bus->front, front_features);
    return xs_write(bus->front, "protocol", "x86_64-abi");
}

/* --- network -------------------------------------------------------------- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Six times two digits, with colons between. */
static int parse_mac(const char *text, uint8_t *mac)
{
    int high, low;
    unsigned int i;

    for (i = 0; i < 6; i++, text += 3) {
        high = hex_digit(text[0]);
        low = high < 0 ? -1 : hex_digit(text[1]);
        if (low < 0 || text[2] != (i < 5 ? ':' : '\0'))
            return -EINVAL;
        mac[i] = (uint8_t)(high << 4 | low);
    }
    return 0;
}

static int parse_ipv4(const char **text, uint8_t *address)
{
    uint64_t byte;
    unsigned int i;

    for (i = 0; i < 4; i++) {
        if (i && *(*text)++ != '.')
            return -EINVAL;
        if (parse_u64(text, &byte) || byte > 255)
            return -EINVAL;
        address[i] = (uint8_t)byte;
    }
    return 0;
}

static bool read_address(const struct xs_bus *bus, const char *key, char *text,
                         size_t size)
{
    return xs_read(bus->front, key, text, size) > 0 ||
           xs_read(bus->back, key, text, size) > 0;
}

/* "10.0.0.2" or "10.0.0.2/16", perhaps more of them; the first counts. */
static void net_address(const struct xs_bus *bus, struct noxs_net_address *a)
{
    char text[64];
    const char *at = text;
    uint64_t prefix = DEFAULT_PREFIX;

    if (!read_address(bus, "ip", text, sizeof(text)) ||
        parse_ipv4(&at, a->address))
        return;
    if (*at == '/') {
        at++;
        if (parse_u64(&at, &prefix) || prefix > 32)
            return;
    }
    if (*at && *at != ' ' && *at != ',')
        return;
    a->family = NOXS_NET_IPV4;
    a->prefix = (uint8_t)prefix;
    at = text;
    a->has_gateway = read_address(bus, "gateway", text, sizeof(text)) &&
                     !parse_ipv4(&at, a->gateway) && !*at;
}

/* Frames with checksums left blank are part of the protocol since long. */
int xs_net_config(struct bus_device *dev, const struct xs_bus *bus)
{
    struct noxs_net_config config = {0};
    struct noxs_net_address address = {0};
    uint64_t mtu = xs_read_or(bus->front, "mtu", NOXS_NET_MTU_DEFAULT);
    char mac[18];

    if (xs_read(bus->front, "mac", mac, sizeof(mac)) != sizeof(mac) - 1 ||
        parse_mac(mac, config.mac) || mtu > NOXS_NET_MTU_MAX)
        return -EINVAL;
    config.mtu = (uint16_t)mtu;
    net_address(bus, &address);
    memcpy(dev->config, &config, sizeof(config));
    memcpy(dev->config + sizeof(config), &address, sizeof(address));
    dev->back_features = NOXS_NET_F_CSUM;
    if (xs_read_or(bus->back, "feature-sg", 0))
        dev->back_features |= NOXS_NET_F_SG;
    return 0;
}

/* --- disks ---------------------------------------------------------------- */

/* block.c looks at sizes; that they fit is seen to here. */
int xs_block_config(struct bus_device *dev, const struct xs_bus *bus)
{
    const char *back = bus->back;
    struct noxs_block_config config = {0};
    uint64_t size = xs_read_or(back, "sector-size", 512);
    uint64_t physical = xs_read_or(back, "physical-sector-size", size);
    uint64_t segments = xs_read_or(back, "feature-max-indirect-segments", 0);

    if (xs_read_u64(back, "sectors", &config.sectors) || size > UINT16_MAX)
        return -EINVAL;
    config.sector_size = (uint16_t)size;
    config.physical_sector_size =
        (uint16_t)(physical > UINT16_MAX ? size : physical);
    config.indirect = (uint16_t)(segments > UINT16_MAX ? UINT16_MAX : segments);
    memcpy(dev->config, &config, sizeof(config));
    if (xs_read_or(back, "info", 0) & INFO_READONLY)
        dev->back_features |= NOXS_BLOCK_F_READONLY;
    if (xs_read_or(back, "feature-flush-cache", 0))
        dev->back_features |= NOXS_BLOCK_F_FLUSH;
    if (xs_read_or(back, "feature-discard", 0))
        dev->back_features |= NOXS_BLOCK_F_DISCARD;
    if (segments)
        dev->back_features |= NOXS_BLOCK_F_INDIRECT;
    return 0;
}
