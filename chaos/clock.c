/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clock.c: time for progress, limits and measurements.
 */
#include <time.h>

#include "cli.h"

uint64_t clock_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
