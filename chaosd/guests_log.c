/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guests_log.c: LOG: what a guest wrote last, and how it is or ended.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "guests_internal.h"

/* Of one that lives; its readers can have more. */
#define OUTPUT_MAX (1u << 20)

static void put_uuid(struct json *json, const uint8_t *uuid)
{
    char text[37];
    unsigned i, at = 0;

    for (i = 0; i < NOXS_UUID_SIZE; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text[at++] = '-';
        (void)snprintf(text + at, sizeof(text) - at, "%02x", uuid[i]);
        at += 2;
    }
    json_text(json, "uuid", text);
}

static void put_time(struct json *json, const char *key, int64_t ns)
{
    time_t seconds = ns / 1000000000;
    char text[64], day[32];
    struct tm tm;

    if (ns == 0 || !gmtime_r(&seconds, &tm) ||
        strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm) == 0) {
        json_null(json, key);
        return;
    }
    (void)snprintf(text, sizeof(text), "%s.%06" PRId64 "Z", day,
                   ns % 1000000000 / 1000);
    json_text(json, key, text);
}

static void put_reason(struct json *json, const struct guest_facts *facts)
{
    if (facts->reason != GUEST_NO_REASON)
        json_text(json, "reason", chaos_reason_name(facts->reason));
    else if (facts->state == GUEST_GONE)
        json_text(json, "reason", "destroyed");
    else
        json_null(json, "reason");
}

static void put_facts(struct json *json, const struct guest_facts *facts)
{
    static const char *const states[] = {"running", "stopped", "gone"};

    json_text(json, "name", facts->name);
    json_number(json, "domid", facts->domid);
    put_uuid(json, facts->uuid);
    json_text(json, "state",
              facts->state <= GUEST_GONE ? states[facts->state] : "unknown");
    put_reason(json, facts);
    if (facts->exit_known)
        json_number(json, "exit_code", facts->exit_code);
    else
        json_null(json, "exit_code");
    put_time(json, "started", facts->started_ns);
    put_time(json, "ended", facts->ended_ns);
    json_number(json, "lost_bytes", facts->dropped);
}

/* The one of the same name that died last. */
static void put_previous(struct guests *gs, const struct guest_facts *facts)
{
    const struct dead_head *dead =
        facts->name[0] && facts->state != GUEST_GONE && gs->log
            ? deadlog_find(gs->log, facts->name, 0)
            : NULL;

    if (dead)
        json_number(&gs->json, "previous", dead->facts.domid);
    else
        json_null(&gs->json, "previous");
}

struct output {
    const uint8_t *bytes;
    size_t size;
    uint64_t first, total;
};

static void reply(struct guests *gs, struct client *c, const struct request *rq,
                  const struct guest_facts *facts, const struct output *out)
{
    struct json *json = &gs->json;
    struct chaosd_log head = {.offset = out->first};
    const char *text;
    uint8_t *first;
    size_t size;

    json_clear(json);
    json_map(json, NULL);
    put_facts(json, facts);
    json_number(json, "bytes", out->total);
    put_previous(gs, facts);
    json_map_end(json);
    if (json_result(json, &text, &size) < 0) {
        client_fail(c, rq->type, rq->id, -ENOMEM, "no memory for JSON");
        return;
    }
    first = malloc(sizeof(head) + size);
    if (!first) {
        client_fail(c, rq->type, rq->id, -ENOMEM, "no memory for a log");
        return;
    }
    head.json_size = (uint32_t)size;
    memcpy(first, &head, sizeof(head));
    memcpy(first + sizeof(head), text, size);
    client_reply2(c, rq->type, rq->id, first, sizeof(head) + size, out->bytes,
                  out->size);
    free(first);
}

static void reply_living(struct guest *g, struct client *c,
                         const struct request *rq)
{
    const struct ring_head *head = g->ring.head;
    uint64_t kept = head->total - head->first;
    uint64_t from = head->total - (kept < OUTPUT_MAX ? kept : OUTPUT_MAX);
    struct output out = {.total = head->total, .first = from};
    uint8_t *copy = malloc((size_t)(head->total - from) + 1);
    const uint8_t *piece;
    size_t n;

    if (!copy) {
        client_fail(c, rq->type, rq->id, -ENOMEM, "no memory for a log");
        return;
    }
    while ((n = ring_piece(&g->ring, from, &from, &piece)) > 0) {
        memcpy(copy + out.size, piece, n);
        out.size += n;
        from += n;
    }
    out.bytes = copy;
    reply(g->gs, c, rq, &head->facts, &out);
    free(copy);
}

static void reply_dead(struct guests *gs, struct client *c,
                       const struct request *rq, const struct dead_head *dead)
{
    struct output out = {
        .total = dead->total, .first = dead->first, .size = dead->text_size};
    uint8_t *text;
    int rc = deadlog_text(gs->log, dead, &text);

    if (rc < 0) {
        client_fail(c, rq->type, rq->id, rc, "its log cannot be read");
        return;
    }
    out.bytes = text;
    reply(gs, c, rq, &dead->facts, &out);
    free(text);
}

static bool is_id(const char *text, uint32_t *domid_out)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end || n >= NOXS_DOMID_SELF)
        return false;
    *domid_out = (uint32_t)n;
    return true;
}

static struct guest *find_living(struct guests *gs, const char *text)
{
    uint32_t domid;

    if (chaos_domain_lookup(gs->d->ctx, text, &domid) < 0 || domid == 0)
        return NULL;
    guests_found(gs, domid);
    return guest_of(gs, domid);
}

static void reply_nothing(const struct guest *g, struct client *c,
                          const struct request *rq, const char *text)
{
    if (g && g->foreign)
        client_fail(c, rq->type, rq->id, -EOPNOTSUPP,
                    "'%s' has no console of chaos: what it writes goes to "
                    "xenconsoled, which can keep it (--log)",
                    text);
    else
        client_fail(c, rq->type, rq->id, -ESRCH,
                    "nothing is known of '%s': there is no such domain, and "
                    "none of that name that ended not long ago",
                    text);
}

void guests_log(struct daemon *d, struct client *c, const struct request *rq)
{
    struct guests *gs = d->guests;
    const char *text = rq->payload;
    const struct dead_head *dead = NULL;
    struct guest *g;
    uint32_t domid;

    if (memchr(text, '\0', rq->size)) {
        client_fail(c, rq->type, rq->id, -EINVAL, "this is no name");
        return;
    }
    g = find_living(gs, text);
    if (g && g->con) {
        if (guest_drain(g))
            guest_turn(g);
        guest_refresh(g);
        guest_feed(g);
        reply_living(g, c, rq);
        return;
    }
    if (gs->log && is_id(text, &domid))
        dead = deadlog_find(gs->log, NULL, domid);
    else if (gs->log)
        dead = deadlog_find(gs->log, text, 0);
    if (dead)
        reply_dead(gs, c, rq, dead);
    else
        reply_nothing(g, c, rq, text);
}
