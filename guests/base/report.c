/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.c: verdicts of test guests.
 */
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/report.h>

enum verdict {
    SUCCESS,
    SKIP,
    ERROR,
    FAILURE,
};

static const struct {
    const char *name;
    int exit_code;
} verdicts[] = {
    [SUCCESS] = {"SUCCESS", 0},
    [SKIP] = {"SKIP", 77},
    [ERROR] = {"ERROR", 99},
    [FAILURE] = {"FAILURE", 1},
};

static enum verdict worst;
unsigned int report_checks;

static void note(enum verdict verdict, const char *fmt, va_list ap)
{
    printf("%s: ", verdicts[verdict].name);
    vprintf(fmt, ap);
    printf("\n");
    if (verdict > worst)
        worst = verdict;
}

void report_skip(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    note(SKIP, fmt, ap);
    va_end(ap);
}

void report_error(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    note(ERROR, fmt, ap);
    va_end(ap);
}

void report_failure(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    note(FAILURE, fmt, ap);
    va_end(ap);
}

void report_done(void)
{
    printf("%u checks\nTest result: %s\n", report_checks, verdicts[worst].name);
    guest_exit(verdicts[worst].exit_code);
}
