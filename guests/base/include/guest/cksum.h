/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cksum.h: the number that cksum(1) prints, so that dom0 can compare.
 */
#ifndef GUEST_CKSUM_H
#define GUEST_CKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Starts out zeroed. */
struct cksum {
    uint32_t crc;
    uint64_t len;
};

void cksum_add(struct cksum *sum, const void *data, size_t len);
uint32_t cksum_value(const struct cksum *sum);

#endif /* GUEST_CKSUM_H */
