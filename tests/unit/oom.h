/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * oom.h: allocations that fail on purpose (wrapped at link time, unit.mk).
 */
#ifndef TESTS_UNIT_OOM_H
#define TESTS_UNIT_OOM_H

#include <stdbool.h>
#include <stddef.h>

/* The n-th allocation from now on fails, counted from 0, and none after it. */
void oom_arm(unsigned n);
/* None fails any more. True: one did. */
bool oom_disarm(void);

/* For models, whose own memory never fails and is not counted. */
void *oom_never_realloc(void *old, size_t size);
char *oom_never_strdup(const char *text);

#endif /* TESTS_UNIT_OOM_H */
