/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * events.c: what happened, for those who want to know it.
 *
 * An event is written down as it was told and becomes JSON only when somebody
 * is to read it. The last ones are kept, so that a client that was away can ask
 * for what it missed. Sending ends no client at once (server.c), so the list of
 * subscribers stays as it is meanwhile.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "daemon.h"
#include "events.h"
#include "events_entry.h"
#include "events_filter.h"
#include "json.h"
#include "server.h"

#define HISTORY_MAX 1000
/* With all else that JSON needs, they stay below CLIENT_BACKLOG. */
#define HISTORY_BYTES (256u << 10)

struct subscriber {
    struct client *client;
    struct events *events;
    struct client_hook hook;
    struct event_filter filter;
    uint32_t id;
    struct subscriber *next;
};

struct events {
    char instance[17]; /* tells this daemon's numbers from another's */
    uint64_t last;     /* number of the last event; 0: none yet */
    uint64_t first;    /* of the oldest that is kept */
    size_t bytes;      /* of all that are kept */
    /* The event seq is at [seq % HISTORY_MAX]. */
    struct entry *history[HISTORY_MAX];
    struct subscriber *subscribers; /* owned */
    struct json json;
};

int events_create(struct daemon *d, struct events **events_out)
{
    struct events *events = calloc(1, sizeof(*events));
    uint64_t number;

    (void)d;
    if (!events)
        return -ENOMEM;
    if (json_open(&events->json) < 0) {
        free(events);
        return -ENOMEM;
    }
    /* Only has to differ from an earlier daemon's. */
    if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
        number = now_ns();
    (void)snprintf(events->instance, sizeof(events->instance), "%016llx",
                   (unsigned long long)number);
    events->first = 1;
    *events_out = events;
    return 0;
}

static void drop_oldest(struct events *events)
{
    struct entry **slot = &events->history[events->first % HISTORY_MAX];

    events->bytes -= (*slot)->size;
    free(*slot);
    *slot = NULL;
    events->first++;
}

void events_destroy(struct events *events)
{
    struct subscriber *s;

    if (!events)
        return;
    while ((s = events->subscribers)) {
        events->subscribers = s->next;
        client_hook_remove(s->client, &s->hook);
        free(s);
    }
    while (events->first <= events->last)
        drop_oldest(events);
    json_close(&events->json);
    free(events);
}

/* --- sending -----------------------------------------------------------------
 */

static bool wants(const struct subscriber *s, const struct entry *entry)
{
    return event_filter_passes(&s->filter, entry->event) &&
           (!s->filter.has_domid || entry_concerns(entry, s->filter.domid));
}

/* An event's JSON, made when the first wants it; the next one's replaces it. */
struct text {
    bool is_made;
    int rc;
    const char *bytes;
    size_t size;
};

/* A client without memory for an event is ended, as one that is too slow. */
static void offer(struct subscriber *s, const struct entry *entry,
                  struct text *text)
{
    if (!wants(s, entry))
        return;
    if (!text->is_made)
        text->rc =
            entry_format(entry, &s->events->json, &text->bytes, &text->size);
    text->is_made = true;
    if (text->rc < 0)
        client_close(s->client);
    else
        client_send(s->client, CHAOSD_EVENT, s->id, text->bytes, text->size,
                    NULL, 0);
}

/* --- telling -----------------------------------------------------------------
 */

static void keep(struct events *events, struct entry *entry)
{
    entry->seq = ++events->last;
    while (events->first < entry->seq &&
           (entry->seq - events->first >= HISTORY_MAX ||
            events->bytes + entry->size > HISTORY_BYTES))
        drop_oldest(events);
    events->history[entry->seq % HISTORY_MAX] = entry;
    events->bytes += entry->size;
}

/* Where there is no memory for it: subscribers must not believe they saw all.
 */
static void end_all(struct events *events)
{
    struct subscriber *s;

    for (s = events->subscribers; s; s = s->next)
        client_close(s->client);
}

void events_emit(struct events *events, const char *event, ...)
{
    struct text text = {0};
    struct subscriber *s;
    struct entry *entry;
    va_list args;

    va_start(args, event);
    entry = entry_make(event, args);
    va_end(args);
    if (!entry) {
        end_all(events);
        return;
    }
    keep(events, entry);
    for (s = events->subscribers; s; s = s->next)
        offer(s, entry, &text);
}

/* --- subscribing -------------------------------------------------------------
 */

static void subscriber_gone(struct client *c, void *arg)
{
    struct subscriber *s = arg, **link = &s->events->subscribers;

    (void)c;
    while (*link != s)
        link = &(*link)->next;
    *link = s->next;
    free(s);
}

static bool is_subscriber(const struct events *events, const struct client *c)
{
    const struct subscriber *s;

    for (s = events->subscribers; s; s = s->next)
        if (s->client == c)
            return true;
    return false;
}

/*
 * The event that comes first, by what the client asks for. *lost_out: so many
 * that it asked for are not kept any more.
 */
static uint64_t first_for(const struct events *events,
                          const struct event_filter *filter, uint64_t *lost_out)
{
    uint64_t kept = events->last + 1 - events->first;
    uint64_t want = 0;

    *lost_out = 0;
    if (filter->has_since)
        want = events->last - filter->since;
    else if (filter->history < kept)
        want = filter->history;
    else
        want = kept;
    if (want > kept) {
        *lost_out = want - kept;
        want = kept;
    }
    return events->last + 1 - want;
}

static void reply(const struct subscriber *s, uint64_t next, uint64_t lost)
{
    struct events *events = s->events;
    struct json *json = &events->json;
    const char *text;
    size_t size;
    int rc;

    json_clear(json);
    json_map(json, NULL);
    json_text(json, "instance", events->instance);
    json_number(json, "seq", events->last);
    json_number(json, "next", next);
    json_number(json, "lost", lost);
    json_map_end(json);
    rc = json_result(json, &text, &size);
    if (rc < 0)
        client_close(s->client);
    else
        client_reply(s->client, CHAOSD_EVENTS, s->id, text, size);
}

static void subscribe(struct events *events, struct client *c, uint32_t id,
                      const struct event_filter *filter)
{
    struct subscriber *s = calloc(1, sizeof(*s));
    uint64_t lost, seq = first_for(events, filter, &lost);

    if (!s) {
        client_fail(c, CHAOSD_EVENTS, id, -ENOMEM, "no memory");
        return;
    }
    s->client = c;
    s->events = events;
    s->id = id;
    s->filter = *filter;
    s->hook = (struct client_hook){.gone = subscriber_gone, .arg = s};
    client_hook_add(c, &s->hook);
    s->next = events->subscribers;
    events->subscribers = s;
    reply(s, seq, lost);
    for (; seq <= events->last; seq++)
        offer(s, events->history[seq % HISTORY_MAX], &(struct text){0});
}

static void run_events(struct daemon *d, struct client *c,
                       const struct request *rq)
{
    struct events *events = d->events;
    struct event_filter filter;
    char text[EVENT_FILTER_TEXT];
    int rc =
        event_filter_parse(rq->payload, rq->size, &filter, text, sizeof(text));

    if (rc < 0)
        client_fail(c, rq->type, rq->id, rc, "%s", text);
    else if (is_subscriber(events, c))
        client_fail(c, rq->type, rq->id, -EBUSY,
                    "this connection has asked for events already");
    else if (filter.instance[0] &&
             strcmp(filter.instance, events->instance) != 0)
        client_fail(c, rq->type, rq->id, -ESTALE,
                    "another daemon numbered those events");
    else if (filter.has_since && filter.since > events->last)
        client_fail(c, rq->type, rq->id, -ERANGE,
                    "event %llu has not been yet; the last is %llu",
                    (unsigned long long)filter.since,
                    (unsigned long long)events->last);
    else
        subscribe(events, c, rq->id, &filter);
}

void events_register(struct events *events, struct server *server)
{
    static const struct handler table[] = {
        {CHAOSD_EVENTS, false, 0, EVENT_FILTER_MAX, run_events},
    };

    (void)events;
    server_handlers(server, table, sizeof(table) / sizeof(*table));
}
