/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * selftest.h: the parts of selftest.
 */
#ifndef SELFTEST_H
#define SELFTEST_H

/* noxs.c */
void test_noxs(void);

#endif /* SELFTEST_H */
