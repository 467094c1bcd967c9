/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.h: verdicts of test guests.
 *
 * Success < Skip < Error (the test is broken) < Failure (its subject is); the
 * worst one wins. report_done prints how many checks were made, then "Test
 * result: SUCCESS" (SKIP, ERROR, FAILURE), and powers off with exit code 0, 77,
 * 99 or 1. Whatever the verdict, the test ran to its end, so it is a poweroff;
 * only a test that breaks down ends as crashed.
 */
#ifndef GUEST_REPORT_H
#define GUEST_REPORT_H

#include <stdbool.h>

__attribute__((format(printf, 1, 2))) void report_skip(const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void report_error(const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void report_failure(const char *fmt, ...);
void report_done(void) __attribute__((noreturn));

/* How many were made: a test that makes none proves nothing. */
extern unsigned int report_checks;
/* A failure unless cond; true if it holds. */
#define report_check(cond, ...)                                                \
    (report_checks++, (cond) ? true : (report_failure(__VA_ARGS__), false))

#endif /* GUEST_REPORT_H */
