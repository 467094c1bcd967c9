/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * events.h: what clients of EVENTS are told, one JSON object for each event.
 *
 * Every event has "seq" (from 1), "time" (RFC 3339, UTC, microseconds) and
 * "event"; docs/chaosd.md lists them and their other keys. One that a client
 * does not fetch in time ends its connection: events are never skipped
 * silently.
 */
#ifndef CHAOSD_EVENTS_H
#define CHAOSD_EVENTS_H

#include <stdint.h>

struct daemon;
struct events;
struct server;

int events_create(struct daemon *d, struct events **events_out);
void events_register(struct events *events, struct server *server);
void events_destroy(struct events *events);

/*
 * events_emit(d->events, "exited", "domid", EVENT_U, domid, "reason", EVENT_S,
 *             text, NULL): pairs of a key, a kind and a value. `event` and keys
 * are kept as they are: constants; texts are copied.
 */
enum event_kind { EVENT_U = 1 /* uint64_t */, EVENT_S /* const char * */ };
#define EVENT_UINT(value) EVENT_U, (uint64_t)(value)
#define EVENT_TEXT(value) EVENT_S, (const char *)(value)
void events_emit(struct events *events, const char *event, ...)
    __attribute__((sentinel));

#endif /* CHAOSD_EVENTS_H */
