/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cksum.c: POSIX's CRC: the data, then its length, the low byte first.
 */
#include <guest/cksum.h>

#define POLYNOMIAL 0x04c11db7u

static uint32_t table[256];

static void make_table(void)
{
    uint32_t i, crc;
    unsigned int bit;

    for (i = 0; i < 256; i++) {
        crc = i << 24;
        for (bit = 0; bit < 8; bit++)
            crc = crc << 1 ^ (crc >> 31 ? POLYNOMIAL : 0);
        table[i] = crc;
    }
}

static uint32_t add_byte(uint32_t crc, uint8_t byte)
{
    return crc << 8 ^ table[crc >> 24 ^ byte];
}

void cksum_add(struct cksum *sum, const void *data, size_t len)
{
    const uint8_t *at = data, *end = at + len;

    if (!table[1])
        make_table();
    for (; at < end; at++)
        sum->crc = add_byte(sum->crc, *at);
    sum->len += len;
}

uint32_t cksum_value(const struct cksum *sum)
{
    uint32_t crc = sum->crc;
    uint64_t len;

    for (len = sum->len; len; len >>= 8)
        crc = add_byte(crc, (uint8_t)len);
    return ~crc;
}
