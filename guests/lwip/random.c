/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * random.c: numbers that others cannot guess: SipHash-2-4 with a key from the
 * seed that the toolstack gave this guest and nobody else.
 */
#include <guest/lib.h>
#include <guest/noxs.h>
#include <guest/time.h>

#include <lwip/opt.h>

#include "hooks.h"
#include "port.h"

/* A sequence number's clock ticks every 4 microseconds (RFC 6528). */
#define ISN_TICK_NS 4000u

static uint64_t key[2];

static uint64_t rotate(uint64_t x, unsigned int by)
{
    return x << by | x >> (64 - by);
}

static void sip_rounds(uint64_t v[4], unsigned int n)
{
    while (n--) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

/* Of n whole words. */
static uint64_t siphash(const uint64_t *words, unsigned int n)
{
    uint64_t v[4] = {
        key[0] ^ 0x736f6d6570736575,
        key[1] ^ 0x646f72616e646f6d,
        key[0] ^ 0x6c7967656e657261,
        key[1] ^ 0x7465646279746573,
    };
    uint64_t end = (uint64_t)n * 8 << 56;
    unsigned int i;

    for (i = 0; i <= n; i++) {
        uint64_t word = i < n ? words[i] : end;

        v[3] ^= word;
        sip_rounds(v, 2);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    sip_rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* Without a seed (no noxs) time has to do. */
void random_init(void)
{
    struct noxs_identity id;

    if (!noxs_identity(&id)) {
        memcpy(key, id.seed, sizeof(key));
        key[0] ^= id.generation;
    }
    key[1] ^= time_now();
}

uint32_t inet_random(void)
{
    static uint64_t count[2];

    count[0]++;
    count[1] = time_now();
    return (uint32_t)siphash(count, 2);
}

uint32_t inet_isn(const ip_addr_t *local_ip, uint16_t local_port,
                  const ip_addr_t *remote_ip, uint16_t remote_port)
{
    uint64_t words[2] = {
        (uint64_t)ip_addr_get_ip4_u32(local_ip) << 32 |
            ip_addr_get_ip4_u32(remote_ip),
        (uint64_t)local_port << 16 | remote_port,
    };

    return (uint32_t)(siphash(words, 2) + time_now() / ISN_TICK_NS);
}
