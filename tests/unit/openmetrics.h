/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * openmetrics.h: a strict reader of OpenMetrics' text format, as far as the
 * daemon uses it: counter, gauge, histogram, info; no timestamps, no exemplars.
 */
#ifndef TESTS_UNIT_OPENMETRICS_H
#define TESTS_UNIT_OPENMETRICS_H

#include <stddef.h>

/*
 * Whether it is right in every line; if not, `why` says what is wrong. Changes
 * the text.
 */
int openmetrics_check(char *text, char *why, size_t why_size);

#endif /* TESTS_UNIT_OPENMETRICS_H */
