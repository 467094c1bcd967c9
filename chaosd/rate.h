/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rate.h: how often something comes, the last seconds counting most.
 */
#ifndef CHAOSD_RATE_H
#define CHAOSD_RATE_H

#include <stdint.h>

/* After so long without, half of the rate is left. */
#define RATE_HALF_NS UINT64_C(5000000000)

/* Zeros: nothing ever came. */
struct rate {
    double per_s; /* at at_ns */
    uint64_t at_ns;
};

void rate_arrive(struct rate *rate, uint64_t now);
double rate_per_s(const struct rate *rate, uint64_t now);

#endif /* CHAOSD_RATE_H */
