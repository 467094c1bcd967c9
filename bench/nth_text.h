/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nth_text.h: what differs from one guest of bench-nth to the next.
 */
#ifndef BENCH_NTH_TEXT_H
#define BENCH_NTH_TEXT_H

#include <stddef.h>

#define NTH_CONFIG "/tmp/nth.conf"
/* Of the command that was last: lines of a category and microseconds. */
#define NTH_PARTS "/tmp/nth.parts"

/* A Linux bridge has at most 1,023 ports; this many guests share one. */
#define NTH_PER_BRIDGE 1000ul

/*
 * %N, %A, %M and %B in `from` become the n-th guest's number, address, MAC and
 * bridge.
 */
void nth_expand(char *out, size_t size, const char *from, unsigned long n);
void nth_address(char *out, size_t size, unsigned long n);
void nth_write_config(const char *template, unsigned long n);

#endif /* BENCH_NTH_TEXT_H */
