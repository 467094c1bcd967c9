/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * events_filter.h: which events a client of EVENTS wants.
 */
#ifndef CHAOSD_EVENTS_FILTER_H
#define CHAOSD_EVENTS_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of JSON that a filter can have. */
#define EVENT_FILTER_MAX 4096
#define EVENT_FILTER_TEXT 256

struct event_filter {
    uint32_t names; /* bits of those that pass; 0: all */
    bool has_domid;
    uint32_t domid;
    bool has_since;
    uint64_t since;    /* those after this number */
    uint64_t history;  /* so many of those that were */
    char instance[24]; /* ""; else that which numbered `since` */
};

/*
 * Of no text at all, a filter that lets everything pass. -EINVAL: it is no such
 * JSON; text says why.
 */
int event_filter_parse(const char *json, size_t size,
                       struct event_filter *filter_out, char *text,
                       size_t text_size);
bool event_filter_passes(const struct event_filter *filter, const char *event);

#endif /* CHAOSD_EVENTS_FILTER_H */
