/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xenguest.h: the same guest built by Xen's own library, to compare with.
 */
#ifndef BENCH_XENGUEST_H
#define BENCH_XENGUEST_H

#include <stdint.h>

struct xenguest;

/* Open the library's handles once, as a program that makes many VMs would. */
struct xenguest *xenguest_open(void);

/* Create and start a PV guest. 0 or -1. */
int xenguest_create(struct xenguest *xg, const char *kernel, unsigned mb,
                    uint32_t *domid_out);
int xenguest_destroy(struct xenguest *xg, uint32_t domid);

#endif /* BENCH_XENGUEST_H */
