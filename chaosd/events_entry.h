/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * events_entry.h: one event that is kept.
 */
#ifndef CHAOSD_EVENTS_ENTRY_H
#define CHAOSD_EVENTS_ENTRY_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "json.h"

struct pair {
    const char *key; /* a constant */
    bool is_text;
    union {
        uint64_t number;
        const char *text; /* in the entry */
    };
};

struct entry {
    uint64_t seq;
    struct timespec time;
    const char *event; /* a constant */
    size_t size;       /* of all of it */
    unsigned count;
    struct pair pairs[]; /* and then their texts */
};

/* From what events_emit gets; free() it. NULL: no memory. */
struct entry *entry_make(const char *event, va_list args);
/* Its JSON, borrowed from `json`; 0 or -EIO. */
int entry_format(const struct entry *entry, struct json *json,
                 const char **text_out, size_t *size_out);
/* Whether it is about this domain: its "domid", or "previous" to a restart. */
bool entry_concerns(const struct entry *entry, uint64_t domid);

#endif /* CHAOSD_EVENTS_ENTRY_H */
