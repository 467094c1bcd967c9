/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool_parts.h: stand-ins for what the pool and the ledger use of the daemon:
 * they remember what they are told. Only pool_kit.h includes it.
 */
#ifndef TESTS_UNIT_POOL_PARTS_H
#define TESTS_UNIT_POOL_PARTS_H

#include <string.h>

#include "../../chaosd/events.h"
#include "../../chaosd/guests.h"
#include "../../chaosd/metrics.h"
#include "../../chaosd/pool_internal.h"
#include "kit.h"
#include "unit.h"

#define CLIENTS 8
#define REPLY_MAX 65536

struct client {
    uint64_t number;
    bool alive;
    struct client_hook *hooks;
    struct chaos_ctx *ctx; /* its own process's */
    uint32_t owner;

    unsigned replies;
    int status; /* of the last */
    uint16_t type;
    uint32_t id;
    char reply[REPLY_MAX + 1];
    size_t size;
};

struct server {
    struct handler handlers[CHAOSD_TYPE_MAX + 1];
    struct client clients[CLIENTS];
    uint64_t last_number;
};

struct pool_kit {
    struct kit *kit;
    struct daemon d;
    struct server server;
    struct conf conf;
    struct conf_shape shapes[4];
    uint64_t counters[METRIC_COUNT];
    unsigned observed[HISTOGRAM_COUNT];
    char events[8192]; /* " NAME:domid" of each */
    uint32_t found[64];
    unsigned found_count;
};
static struct pool_kit *the_kit;

void metrics_add(struct metrics *metrics, enum metric which, uint64_t n)
{
    (void)metrics;
    the_kit->counters[which] += n;
}

void metrics_observe(struct metrics *metrics, enum histogram which, uint64_t ns)
{
    (void)metrics, (void)ns;
    the_kit->observed[which]++;
}

void events_emit(struct events *events, const char *event, ...)
{
    size_t len = strlen(the_kit->events);
    uint64_t domid = 0;
    const char *key;
    va_list ap;

    (void)events;
    va_start(ap, event);
    while ((key = va_arg(ap, const char *))) {
        if (va_arg(ap, int) == EVENT_S)
            assert_non_null(va_arg(ap, const char *));
        else if (strcmp(key, "domid") == 0)
            domid = va_arg(ap, uint64_t);
        else
            (void)va_arg(ap, uint64_t);
    }
    va_end(ap);
    if (len > sizeof(the_kit->events) / 2)
        len = 0;
    snprintf(the_kit->events + len, sizeof(the_kit->events) - len, " %s:%lu",
             event, (unsigned long)domid);
}

void guests_found(struct guests *guests, uint32_t domid)
{
    (void)guests;
    assert_true(the_kit->found_count < 64);
    the_kit->found[the_kit->found_count++] = domid;
}

void guests_made(struct guests *guests, uint32_t domid)
{
    guests_found(guests, domid);
}

void server_handlers(struct server *server, const struct handler *table,
                     size_t count)
{
    for (; count > 0; count--, table++)
        server->handlers[table->type] = *table;
}

uint64_t client_number(const struct client *c)
{
    return c->number;
}

pid_t client_pid(const struct client *c)
{
    return (pid_t)c->number;
}

struct client *client_find(struct server *server, uint64_t number)
{
    unsigned i;

    for (i = 0; i < CLIENTS; i++) {
        if (server->clients[i].alive && server->clients[i].number == number)
            return &server->clients[i];
    }
    return NULL;
}

void client_reply2(struct client *c, uint16_t type, uint32_t id,
                   const void *first, size_t first_size, const void *second,
                   size_t second_size)
{
    assert_true(c->alive);
    assert_true(first_size + second_size <= REPLY_MAX);
    c->replies++;
    c->status = 0;
    c->type = type;
    c->id = id;
    c->size = first_size + second_size;
    memcpy(c->reply, first, first_size);
    memcpy(c->reply + first_size, second, second_size);
    c->reply[c->size] = 0;
}

void client_reply(struct client *c, uint16_t type, uint32_t id,
                  const void *payload, size_t size)
{
    client_reply2(c, type, id, payload, size, "", 0);
}

void client_fail(struct client *c, uint16_t type, uint32_t id, int rc,
                 const char *fmt, ...)
{
    va_list ap;

    assert_true(rc < 0);
    client_reply2(c, type, id, "", 0, "", 0);
    c->status = rc;
    va_start(ap, fmt);
    c->size = (size_t)vsnprintf(c->reply, REPLY_MAX, fmt, ap);
    va_end(ap);
    assert_true(c->size > 3);
}

void client_hook_add(struct client *c, struct client_hook *hook)
{
    hook->next = c->hooks;
    c->hooks = hook;
}

void client_hook_remove(struct client *c, struct client_hook *hook)
{
    struct client_hook **at = &c->hooks;

    while (*at && *at != hook)
        at = &(*at)->next;
    assert_non_null(*at);
    *at = hook->next;
}

#endif /* TESTS_UNIT_POOL_PARTS_H */
