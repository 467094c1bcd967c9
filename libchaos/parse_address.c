/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * parse_address.c: names of devices: UUID, MAC, IP, interfaces, disks.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "parse.h"

int chaos__hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Two digits; negative where one is none. */
static int hex_byte(const char *text)
{
    int high = chaos__hex_digit(text[0]);
    int low = chaos__hex_digit(text[1]);

    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static char *put_hex(char *p, uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";

    *p++ = digits[byte >> 4];
    *p++ = digits[byte & 15];
    return p;
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
    while (len)
        if (bytes[--len])
            return false;
    return true;
}

/* A dash stands before these bytes of a UUID. */
static bool dash_before(size_t byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

int chaos__parse_uuid(const char *text, size_t len,
                      uint8_t uuid_out[NOXS_UUID_SIZE])
{
    uint8_t uuid[NOXS_UUID_SIZE];
    size_t i;

    if (len != FORMAT_UUID_SIZE - 1)
        return -EINVAL;
    for (i = 0; i < sizeof(uuid); i++, text += 2) {
        int byte;

        if (dash_before(i) && *text++ != '-')
            return -EINVAL;
        byte = hex_byte(text);
        if (byte < 0)
            return -EINVAL;
        uuid[i] = (uint8_t)byte;
    }
    if (is_zero(uuid, sizeof(uuid)))
        return -ERANGE;
    memcpy(uuid_out, uuid, sizeof(uuid));
    return 0;
}

size_t chaos__format_uuid(char *buf, const uint8_t uuid[NOXS_UUID_SIZE])
{
    char *p = buf;
    size_t i;

    for (i = 0; i < NOXS_UUID_SIZE; i++) {
        if (dash_before(i))
            *p++ = '-';
        p = put_hex(p, uuid[i]);
    }
    *p = '\0';
    return (size_t)(p - buf);
}

int chaos__parse_mac(const char *text, size_t len, uint8_t mac_out[6])
{
    uint8_t mac[6];
    size_t i;

    if (len != FORMAT_MAC_SIZE - 1)
        return -EINVAL;
    for (i = 0; i < sizeof(mac); i++) {
        int byte = hex_byte(text + 3 * i);

        if (byte < 0 || (i < 5 && text[3 * i + 2] != ':'))
            return -EINVAL;
        mac[i] = (uint8_t)byte;
    }
    /* Bit 0 of the first byte: a group, which is no sender. */
    if ((mac[0] & 1) || is_zero(mac, sizeof(mac)))
        return -ERANGE;
    memcpy(mac_out, mac, sizeof(mac));
    return 0;
}

size_t chaos__format_mac(char *buf, const uint8_t mac[6])
{
    char *p = buf;
    size_t i;

    for (i = 0; i < 6; i++) {
        if (i)
            *p++ = ':';
        p = put_hex(p, mac[i]);
    }
    *p = '\0';
    return (size_t)(p - buf);
}

int chaos__parse_ip(const char *text, size_t len, struct parsed_ip *ip_out)
{
    const char *slash = memchr(text, '/', len);
    size_t host = slash ? (size_t)(slash - text) : len;
    char buf[INET6_ADDRSTRLEN];
    struct parsed_ip ip = {.has_prefix = slash != NULL};
    uint64_t bits = 0;

    if (host == 0 || host >= sizeof(buf) || memchr(text, '\0', host))
        return -EINVAL;
    memcpy(buf, text, host);
    buf[host] = '\0';
    ip.is_ipv6 = memchr(buf, ':', host) != NULL;
    if (inet_pton(ip.is_ipv6 ? AF_INET6 : AF_INET, buf, ip.address) != 1)
        return -EINVAL;
    if (slash) {
        int rc = chaos__parse_uint(slash + 1, len - host - 1, 0,
                                   ip.is_ipv6 ? 128 : 32, &bits);

        if (rc < 0)
            return rc;
    }
    ip.prefix = (uint8_t)bits;
    *ip_out = ip;
    return 0;
}

int chaos__check_ip(const char *text, size_t len)
{
    struct parsed_ip ip;

    return chaos__parse_ip(text, len, &ip);
}

int chaos__check_host(const char *text, size_t len)
{
    struct parsed_ip ip;

    return memchr(text, '/', len) ? -EINVAL : chaos__parse_ip(text, len, &ip);
}

int chaos__check_ifname(const char *text, size_t len)
{
    size_t i;

    if (len == 0 || len >= IFNAMSIZ || text[0] == '-')
        return -EINVAL;
    for (i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~' || text[i] == '/' || text[i] == ':')
            return -EINVAL;
    if (text[0] == '.' && (len == 1 || (len == 2 && text[1] == '.')))
        return -EINVAL;
    return 0;
}

int chaos__check_new_ifname(const char *text, size_t len)
{
    bool number = true;
    size_t i;
    int rc = chaos__check_ifname(text, len);

    if (rc < 0)
        return rc;
    for (i = 0; i < len; i++)
        number &= text[i] >= '0' && text[i] <= '9';
    /* Linux would put a number in the place of "%d". */
    return number || memchr(text, '%', len) ? -EINVAL : 0;
}

/* Letters count disks as a spreadsheet its columns: a to z, then aa. */
static size_t disk_letters(const char *text, size_t len, size_t max, char last,
                           uint32_t *disk_out)
{
    uint32_t disk = 0;
    size_t i;

    for (i = 0; i < len && i < max && text[i] >= 'a' && text[i] <= last; i++)
        disk = disk * 26 + (uint32_t)(text[i] - 'a') + 1;
    *disk_out = disk - 1;
    return i;
}

int chaos__parse_vdev(const char *text, size_t len,
                      struct parsed_vdev *vdev_out)
{
    /* How many disks, by their letters, and partitions Xen can name. */
    static const struct {
        const char *prefix;
        size_t letters_max;
        char last;
        unsigned partitions;
        enum vdev_kind kind;
    } kinds[] = {{"xvd", 3, 'z', 255, VDEV_XVD},
                 {"sd", 1, 'p', 15, VDEV_SD},
                 {"hd", 1, 'd', 63, VDEV_HD}};
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t at = strlen(kinds[i].prefix);
        uint64_t partition = 0;
        uint32_t disk;
        size_t letters;
        int rc = 0;

        if (len <= at || memcmp(text, kinds[i].prefix, at) != 0)
            continue;
        letters = disk_letters(text + at, len - at, kinds[i].letters_max,
                               kinds[i].last, &disk);
        at += letters;
        if (letters == 0)
            return -EINVAL;
        if (at < len)
            rc = chaos__parse_uint(text + at, len - at, 1, kinds[i].partitions,
                                   &partition);
        if (rc == 0)
            *vdev_out = (struct parsed_vdev){.kind = kinds[i].kind,
                                             .disk = disk,
                                             .partition = (uint32_t)partition};
        return rc;
    }
    return -EINVAL;
}

int chaos__check_vdev(const char *text, size_t len)
{
    struct parsed_vdev vdev;

    return chaos__parse_vdev(text, len, &vdev);
}
