/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guests_console.c: readers of consoles.
 *
 * A reader is sent what the ring has as long as it fetches it. One that is
 * behind by more than the ring goes on with what is there; the offsets tell.
 * What it types waits here when the guest has no room, and the connection is
 * not read until the guest takes it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guests_internal.h"

/* Bytes that may wait at a client before it is sent more. */
#define AHEAD_MAX (64u << 10)
#define PIECE_MAX (16u << 10)

struct reader {
    TAILQ_ENTRY(reader) list;   /* of its guest */
    TAILQ_ENTRY(reader) bucket; /* of all */
    struct guest *g;
    struct client *c;
    struct client_hook hook;
    uint64_t number; /* of the client */
    uint64_t next;   /* the byte that it is to be sent */
    uint32_t id;     /* of its question */
    uint8_t *input;  /* what the guest has no room for; NULL: nothing */
    size_t input_at, input_size;
};

static struct reader_list *bucket_of(struct guests *gs, uint64_t number)
{
    return &gs->readers[number % READER_BUCKETS];
}

static struct reader *reader_of(struct guests *gs, uint64_t number)
{
    struct reader *r;

    TAILQ_FOREACH(r, bucket_of(gs, number), bucket)
    {
        if (r->number == number)
            return r;
    }
    return NULL;
}

/* The client is left as it is. */
static void reader_free(struct reader *r)
{
    struct guest *g = r->g;

    TAILQ_REMOVE(&g->readers, r, list);
    TAILQ_REMOVE(bucket_of(g->gs, r->number), r, bucket);
    g->gs->counts.readers--;
    free(r->input);
    free(r);
    if (g->gone && TAILQ_EMPTY(&g->readers)) {
        ring_close(&g->ring);
        free(g);
    }
}

static void reader_end(struct reader *r)
{
    client_hook_remove(r->c, &r->hook);
    if (r->input)
        client_hold_input(r->c, false);
    reader_free(r);
}

/* --- output -----------------------------------------------------------------
 */

static void send_end(struct reader *r, const struct guest_facts *facts)
{
    struct chaosd_console_end end = {.how = CHAOSD_END_GONE};

    if (facts->reason != GUEST_NO_REASON)
        end = (struct chaosd_console_end){.how = CHAOSD_END_STOPPED,
                                          .reason = facts->reason};
    client_send(r->c, CHAOSD_CONSOLE_END, r->id, &end, sizeof(end), NULL, 0);
}

static void send_piece(struct reader *r, const uint8_t *bytes, size_t count)
{
    struct chaosd_console_data data = {.offset = r->next};

    client_send(r->c, CHAOSD_CONSOLE_DATA, r->id, &data, sizeof(data), bytes,
                count);
    r->next += count;
}

/* Perhaps its end: then it is no more. */
static void reader_feed(struct reader *r)
{
    const struct ring *ring = &r->g->ring;
    const uint8_t *bytes;
    size_t count;

    while (client_waiting(r->c) < AHEAD_MAX &&
           (count = ring_piece(ring, r->next, &r->next, &bytes)) > 0)
        send_piece(r, bytes, count < PIECE_MAX ? count : PIECE_MAX);
    if (ring->head->facts.state == GUEST_RUNS || r->next < ring->head->total)
        return;
    send_end(r, &ring->head->facts);
    reader_end(r);
}

/* The guest may go with its last reader, so nothing of it is used after that.
 */
void guest_feed(struct guest *g)
{
    struct reader *r, *next;

    for (r = TAILQ_FIRST(&g->readers); r; r = next) {
        next = TAILQ_NEXT(r, list);
        reader_feed(r);
    }
}

static void on_drained(struct client *c, void *arg)
{
    (void)c;
    reader_feed(arg);
}

static void on_gone(struct client *c, void *arg)
{
    (void)c;
    reader_free(arg);
}

void guest_readers_drop(struct guest *g)
{
    bool gone = g->gone;
    struct reader *r;

    /* The caller is the one who frees it. */
    g->gone = false;
    while ((r = TAILQ_FIRST(&g->readers)))
        reader_end(r);
    g->gone = gone;
}

void guests_readers_end(struct guests *gs)
{
    struct reader *r;
    unsigned i;

    for (i = 0; i < READER_BUCKETS; i++) {
        while ((r = TAILQ_FIRST(&gs->readers[i])))
            reader_end(r);
    }
}

/* --- questions --------------------------------------------------------------
 */

static uint64_t start_at(const struct ring_head *head, uint64_t from)
{
    if (from > head->total)
        return head->total;
    return from < head->first ? head->first : from;
}

static void add_reader(struct guest *g, struct client *c,
                       const struct request *rq, uint64_t from)
{
    const struct ring_head *head = g->ring.head;
    struct chaosd_console_at at = {head->first, head->total};
    struct reader *r = calloc(1, sizeof(*r));

    if (!r) {
        client_fail(c, rq->type, rq->id, -ENOMEM, "no memory for a reader");
        return;
    }
    *r = (struct reader){
        .g = g,
        .c = c,
        .hook = {.drained = on_drained, .gone = on_gone, .arg = r},
        .number = client_number(c),
        .next = start_at(head, from),
        .id = rq->id,
    };
    client_reply(c, rq->type, rq->id, &at, sizeof(at));
    TAILQ_INSERT_TAIL(&g->readers, r, list);
    TAILQ_INSERT_TAIL(bucket_of(g->gs, r->number), r, bucket);
    g->gs->counts.readers++;
    client_hook_add(c, &r->hook);
    reader_feed(r);
}

/* What somebody wants to read is attached to now, if it can be. */
static struct guest *guest_wanted(struct guests *gs, uint32_t domid)
{
    struct guest *g = guest_of(gs, domid);

    if ((!g || !g->con) && domid != 0) {
        guest_attach(gs, domid, ATTACH_MADE);
        g = guest_of(gs, domid);
    }
    return g && g->con ? g : NULL;
}

static void on_console(struct daemon *d, struct client *c,
                       const struct request *rq)
{
    struct chaosd_console ask;
    struct guest *g;

    memcpy(&ask, rq->payload, sizeof(ask));
    if (ask.pad != 0) {
        client_fail(c, rq->type, rq->id, -EINVAL, "the padding is not zero");
        return;
    }
    if (reader_of(d->guests, client_number(c))) {
        client_fail(c, rq->type, rq->id, -EBUSY,
                    "this connection reads a console already");
        return;
    }
    g = guest_wanted(d->guests, ask.domid);
    if (g)
        add_reader(g, c, rq, ask.from);
    else if (guest_of(d->guests, ask.domid) &&
             !guest_of(d->guests, ask.domid)->foreign)
        client_fail(c, rq->type, rq->id, -EBUSY,
                    "domain %u is being made, or another program is attached "
                    "to its console",
                    ask.domid);
    else
        client_fail(c, rq->type, rq->id, -ESRCH,
                    "there is no domain %u with a console of chaos", ask.domid);
}

/* --- input ------------------------------------------------------------------
 */

/* As much as the guest has room for. */
static size_t type_some(struct reader *r, const uint8_t *bytes, size_t count)
{
    ssize_t n = chaos_console_write(r->g->con, bytes, count);

    if (n >= 0)
        return (size_t)n;
    log_warn("console", "domid=%u: %s", r->g->domid,
             chaos_ctx_error(r->g->gs->d->ctx));
    return count;
}

static void input_done(struct reader *r)
{
    free(r->input);
    r->input = NULL;
    r->input_size = r->input_at = 0;
    client_hold_input(r->c, false);
}

void guest_input(struct guest *g)
{
    struct reader *r;

    TAILQ_FOREACH(r, &g->readers, list)
    {
        if (!r->input)
            continue;
        r->input_at +=
            type_some(r, r->input + r->input_at, r->input_size - r->input_at);
        if (r->input_at < r->input_size)
            break;
        input_done(r);
    }
}

static void keep_input(struct reader *r, const uint8_t *bytes, size_t count)
{
    r->input = malloc(count);
    if (!r->input) {
        log_error("console", "domid=%u: no memory for input", r->g->domid);
        client_close(r->c);
        return;
    }
    memcpy(r->input, bytes, count);
    r->input_size = count;
    r->input_at = 0;
    client_hold_input(r->c, true);
}

/* Nobody takes what is typed after the end, or to no console. */
static void on_console_input(struct daemon *d, struct client *c,
                             const struct request *rq)
{
    struct reader *r = reader_of(d->guests, client_number(c));
    size_t taken;

    if (!r || !r->g->con || r->g->ring.head->facts.state != GUEST_RUNS)
        return;
    taken = type_some(r, rq->payload, rq->size);
    if (taken < rq->size)
        keep_input(r, (const uint8_t *)rq->payload + taken, rq->size - taken);
}

const struct handler guests_console_handlers[] = {
    {CHAOSD_CONSOLE, false, sizeof(struct chaosd_console),
     sizeof(struct chaosd_console), on_console},
    {CHAOSD_CONSOLE_INPUT, false, 0, CHAOSD_REQUEST_MAX, on_console_input},
    {CHAOSD_LOG, false, 1, NOXS_NAME_SIZE - 1, guests_log},
};
const size_t guests_console_handler_count =
    sizeof(guests_console_handlers) / sizeof(*guests_console_handlers);
