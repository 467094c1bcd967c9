/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * selftest.h: the parts of selftest.
 */
#ifndef SELFTEST_H
#define SELFTEST_H

#include <stdint.h>

/* halt.c: with a port, and the one of ours that it rings */
void test_halt(uint32_t port, uint32_t rings);

/* noxs.c */
void test_noxs(void);

#endif /* SELFTEST_H */
