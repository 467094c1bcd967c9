/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * events_kit.h: in place of chaosd/events.c: what was told, as text. For one
 * file of a program.
 */
#ifndef TESTS_UNIT_EVENTS_KIT_H
#define TESTS_UNIT_EVENTS_KIT_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../../chaosd/events.h"

static char events_told[16384];

/* One line each, without "error". */
void events_emit(struct events *events, const char *event, ...)
{
    size_t at = strlen(events_told);
    const char *key;
    va_list ap;

    (void)events;
    va_start(ap, event);
    at += (size_t)snprintf(events_told + at, sizeof(events_told) - at, "%s",
                           event);
    while ((key = va_arg(ap, const char *))) {
        if (va_arg(ap, int) == EVENT_S) {
            const char *text = va_arg(ap, const char *);

            if (strcmp(key, "error") != 0)
                at +=
                    (size_t)snprintf(events_told + at, sizeof(events_told) - at,
                                     " %s=%s", key, text);
        } else {
            at += (size_t)snprintf(events_told + at, sizeof(events_told) - at,
                                   " %s=%llu", key,
                                   (unsigned long long)va_arg(ap, uint64_t));
        }
    }
    va_end(ap);
    (void)snprintf(events_told + at, sizeof(events_told) - at, "\n");
}

#endif /* TESTS_UNIT_EVENTS_KIT_H */
