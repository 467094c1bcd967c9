/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rate.c: how often something comes: a mean that decays by half every
 * RATE_HALF_NS.
 */
#include "rate.h"

/* What one arrival adds, so that a steady rate is met: ln 2 / RATE_HALF_NS. */
#define STEP (0.6931471805599453 * 1e9 / (double)RATE_HALF_NS)

/* 2 to the power of -x, of 0 <= x < 1: Taylor's series, to half a per cent. */
static double half_to(double x)
{
    return 1 - x * (0.693147 - x * (0.240227 - x * (0.055504 - x * 0.009618)));
}

double rate_per_s(const struct rate *rate, uint64_t now)
{
    uint64_t age = now > rate->at_ns ? now - rate->at_ns : 0;
    uint64_t halves = age / RATE_HALF_NS;
    double part = (double)(age % RATE_HALF_NS) / (double)RATE_HALF_NS;

    if (halves > 62)
        return 0;
    return rate->per_s / (double)(UINT64_C(1) << halves) * half_to(part);
}

void rate_arrive(struct rate *rate, uint64_t now)
{
    rate->per_s = rate_per_s(rate, now) + STEP;
    rate->at_ns = now;
}
