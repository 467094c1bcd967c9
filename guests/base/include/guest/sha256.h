/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sha256.h: SHA-256, to be compared with sha256sum(1).
 */
#ifndef GUEST_SHA256_H
#define GUEST_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_TEXT 65 /* as hexadecimal digits, terminated */

struct sha256 {
    uint32_t state[8];
    uint64_t len; /* bytes so far */
    uint8_t block[64];
};

void sha256_init(struct sha256 *h);
void sha256_add(struct sha256 *h, const void *data, size_t len);
/* Nothing can be added afterwards. */
void sha256_text(struct sha256 *h, char text[SHA256_TEXT]);

#endif /* GUEST_SHA256_H */
