/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * store_wire.c: XenStore's protocol, over a connected socket.
 *
 * The library that comes with Xen makes a round trip of each request, and one
 * linked statically has no descriptor that tells of events. Here requests go
 * out together and their answers are read as they come, which is what a create
 * of many small writes needs.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <xen/io/xs_wire.h>

#include "internal.h"
#include "store.h"

/* Sent at once: little enough that the daemon never waits for us meanwhile. */
#define BATCH_SIZE 16384u

struct event {
    struct event *next;
    char token[];
};

struct store_wire {
    struct store store;
    int fd; /* owned; negative: why it broke */
    uint32_t next_id;
    struct event *events, **events_end; /* owned */
    size_t out_len;
    char out[BATCH_SIZE];
    char in[XENSTORE_PAYLOAD_MAX + 1]; /* of the last message */
    struct xsd_sockmsg head;           /* of the last message */
    size_t got; /* of a message that did not come whole yet, its head too */
};

static struct store_wire *store_wire(struct store *store)
{
    return (struct store_wire *)(void *)store;
}

/* Nothing that comes now can be told from what was asked before. */
static int broken(struct store_wire *w, int rc)
{
    chaos__closep(&w->fd);
    w->fd = rc;
    return rc;
}

/* --- messages out ------------------------------------------------------------
 */

static int flush(struct store_wire *w)
{
    size_t done = 0;

    while (done < w->out_len) {
        ssize_t r = send(w->fd, w->out + done, w->out_len - done, MSG_NOSIGNAL);

        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return broken(w, errno == EAGAIN ? -ETIMEDOUT : -EPIPE);
        done += (size_t)r;
    }
    w->out_len = 0;
    return 0;
}

static bool has_room(const struct store_wire *w, size_t len)
{
    return w->out_len + sizeof(struct xsd_sockmsg) + len <= sizeof(w->out);
}

/* There is room for it. */
static void put(struct store_wire *w, uint32_t type, uint32_t transaction,
                const void *payload, size_t len)
{
    struct xsd_sockmsg head = {
        .type = type,
        .req_id = ++w->next_id,
        .tx_id = transaction,
        .len = (uint32_t)len,
    };

    memcpy(w->out + w->out_len, &head, sizeof(head));
    memcpy(w->out + w->out_len + sizeof(head), payload, len);
    w->out_len += sizeof(head) + len;
}

/* --- messages in -------------------------------------------------------------
 */

/* Read on until `want` bytes of the message are there. */
static int fill(struct store_wire *w, size_t want, int flags)
{
    while (w->got < want) {
        size_t head = sizeof(w->head);
        char *to =
            w->got < head ? (char *)&w->head + w->got : w->in + (w->got - head);
        ssize_t r = recv(w->fd, to, want - w->got, flags);

        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0 && errno == EAGAIN)
            return flags & MSG_DONTWAIT ? -EAGAIN : broken(w, -ETIMEDOUT);
        if (r <= 0)
            return broken(w, -EPIPE);
        w->got += (size_t)r;
    }
    return 0;
}

static int receive(struct store_wire *w, int flags)
{
    int rc = fill(w, sizeof(w->head), flags);

    if (rc < 0)
        return rc;
    if (w->head.len > XENSTORE_PAYLOAD_MAX)
        return broken(w, -EPROTO);
    rc = fill(w, sizeof(w->head) + w->head.len, flags);
    if (rc < 0)
        return rc;
    w->in[w->head.len] = '\0';
    w->got = 0;
    return 0;
}

/* A path, a zero, a token, a zero. */
static int keep_event(struct store_wire *w)
{
    size_t path = strlen(w->in) + 1;
    const char *token = path < w->head.len ? w->in + path : "";
    size_t size = strlen(token) + 1;
    struct event *e = malloc(sizeof(*e) + size);

    if (!e)
        return broken(w, -ENOMEM);
    e->next = NULL;
    memcpy(e->token, token, size);
    *w->events_end = e;
    w->events_end = &e->next;
    return 0;
}

/* oxenstored has a word of its own for what C xenstored calls ENOSPC. */
static int error_number(const char *text)
{
    size_t i, count = sizeof(xsd_errors) / sizeof(*xsd_errors);

    if (strcmp(text, "EQUOTA") == 0)
        return -ENOSPC;
    for (i = 0; i < count; i++) {
        if (strcmp(xsd_errors[i].errstring, text) == 0)
            return -xsd_errors[i].errnum;
    }
    return -EIO;
}

/* What it is lies in w->in. */
static int answer(struct store_wire *w, uint32_t id, int *rc_out)
{
    int rc;

    do {
        rc = receive(w, 0);
        if (rc == 0 && w->head.type == XS_WATCH_EVENT)
            rc = keep_event(w);
        if (rc < 0)
            return rc;
    } while (w->head.type == XS_WATCH_EVENT);
    if (w->head.req_id != id)
        return broken(w, -EPROTO);
    *rc_out = w->head.type == XS_ERROR ? error_number(w->in) : 0;
    return 0;
}

/* One request whose answer is all that matters, or is in w->in. */
static int ask(struct store_wire *w, uint32_t type, uint32_t transaction,
               const void *payload, size_t len)
{
    int rc, said = 0;

    if (w->fd < 0)
        return -EPIPE;
    put(w, type, transaction, payload, len);
    rc = flush(w);
    if (rc == 0)
        rc = answer(w, w->next_id, &said);
    return rc < 0 ? rc : said;
}

/* --- many requests -----------------------------------------------------------
 */

static const uint32_t types[] = {
    [STORE_READ] = XS_READ,           [STORE_WRITE] = XS_WRITE,
    [STORE_MKDIR] = XS_MKDIR,         [STORE_RM] = XS_RM,
    [STORE_DIRECTORY] = XS_DIRECTORY, [STORE_PERMISSIONS] = XS_SET_PERMS,
};

/* Length, or -E2BIG; payload has XENSTORE_PAYLOAD_MAX bytes. */
static int encode(const struct store_request *r, char *payload)
{
    size_t len = strlen(r->path) + 1;
    size_t room = XENSTORE_PAYLOAD_MAX - len;
    int more = 0;

    if (len > STORE_PATH_SIZE)
        return -E2BIG;
    memcpy(payload, r->path, len);
    if (r->verb == STORE_WRITE) {
        more = (int)strnlen(r->value, room + 1);
        if ((size_t)more <= room)
            memcpy(payload + len, r->value, (size_t)more);
    } else if (r->verb == STORE_PERMISSIONS) {
        more = snprintf(payload + len, room, "%c%u", r->perms.others,
                        r->perms.owner) +
               1;
        if (r->perms.has_reader)
            more += snprintf(payload + len + more, room - (size_t)more, "r%u",
                             r->perms.reader) +
                    1;
    }
    return (size_t)more > room ? -E2BIG : (int)len + more;
}

/* Put requests from *next on, as many as there is room for. */
static void put_some(struct store_wire *w, uint32_t transaction,
                     struct store_request *requests, size_t count, size_t *next)
{
    for (; *next < count; (*next)++) {
        struct store_request *r = &requests[*next];
        char payload[XENSTORE_PAYLOAD_MAX];
        int len = encode(r, payload);

        r->rc = len < 0 ? len : 0;
        if (len < 0)
            continue;
        if (!has_room(w, (size_t)len))
            return;
        put(w, types[r->verb], transaction, payload, (size_t)len);
    }
}

static int take_text(struct store_wire *w, struct store_request *r)
{
    if (r->rc < 0 || (r->verb != STORE_READ && r->verb != STORE_DIRECTORY))
        return 0;
    r->text = malloc(w->head.len + 1);
    if (!r->text) {
        r->rc = -ENOMEM;
        return 0;
    }
    memcpy(r->text, w->in, w->head.len + 1);
    r->size = w->head.len;
    return 0;
}

static int answer_some(struct store_wire *w, struct store_request *requests,
                       size_t first, size_t next, uint32_t id)
{
    int rc = 0;

    for (; first < next; first++) {
        struct store_request *r = &requests[first];

        if (r->rc < 0)
            continue;
        rc = rc < 0 ? rc : answer(w, ++id, &r->rc);
        if (rc < 0)
            r->rc = rc;
        else
            (void)take_text(w, r);
    }
    return rc;
}

static int first_failure(const struct store_request *requests, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (requests[i].rc < 0)
            return requests[i].rc;
    }
    return 0;
}

static int run(struct store *store, uint32_t transaction,
               struct store_request *requests, size_t count)
{
    struct store_wire *w = store_wire(store);
    int rc = w->fd < 0 ? -EPIPE : 0;
    size_t i, first = 0, next = 0;

    for (i = 0; i < count; i++) {
        requests[i].rc = 0;
        requests[i].text = NULL;
        requests[i].size = 0;
    }
    while (rc == 0 && first < count) {
        uint32_t id = w->next_id;

        put_some(w, transaction, requests, count, &next);
        rc = flush(w);
        if (rc == 0) {
            rc = answer_some(w, requests, first, next, id);
            first = next;
        }
    }
    for (i = first; rc < 0 && i < count; i++)
        requests[i].rc = rc;
    return first_failure(requests, count);
}

/* --- single requests ---------------------------------------------------------
 */

static int begin(struct store *store, uint32_t *transaction_out)
{
    struct store_wire *w = store_wire(store);
    int rc = ask(w, XS_TRANSACTION_START, 0, "", 1);

    if (rc == 0)
        *transaction_out = (uint32_t)strtoul(w->in, NULL, 10);
    return rc;
}

static int end(struct store *store, uint32_t transaction, bool commit)
{
    return ask(store_wire(store), XS_TRANSACTION_END, transaction,
               commit ? "T" : "F", 2);
}

/* Numbers, each ended with a zero. */
static int ask_numbers(struct store *store, uint32_t type,
                       const uint64_t *numbers, unsigned count)
{
    char payload[64];
    size_t len = 0;
    unsigned i;

    for (i = 0; i < count; i++)
        len += (size_t)snprintf(payload + len, sizeof(payload) - len, "%llu",
                                (unsigned long long)numbers[i]) +
               1;
    return ask(store_wire(store), type, 0, payload, len);
}

static int introduce(struct store *store, uint32_t domid, uint64_t frame,
                     uint32_t port)
{
    return ask_numbers(store, XS_INTRODUCE, (uint64_t[]){domid, frame, port},
                       3);
}

static int ask_watch(struct store *store, uint32_t type, const char *path,
                     const char *token)
{
    char payload[2 * STORE_PATH_SIZE];
    int len = snprintf(payload, sizeof(payload), "%s%c%s", path, 0, token);

    if (len >= (int)sizeof(payload))
        return -E2BIG;
    return ask(store_wire(store), type, 0, payload, (size_t)len + 1);
}

static int watch(struct store *store, const char *path, const char *token)
{
    return ask_watch(store, XS_WATCH, path, token);
}

static int unwatch(struct store *store, const char *path, const char *token)
{
    return ask_watch(store, XS_UNWATCH, path, token);
}

static int event(struct store *store, char *token_out, size_t size)
{
    struct store_wire *w = store_wire(store);
    struct event *e;
    int rc;

    if (!w->events) {
        rc = w->fd < 0 ? -EPIPE : receive(w, MSG_DONTWAIT);
        if (rc == 0 && w->head.type != XS_WATCH_EVENT)
            rc = broken(w, -EPROTO);
        if (rc == 0)
            rc = keep_event(w);
        if (rc < 0)
            return rc;
    }
    e = w->events;
    w->events = e->next;
    if (!w->events)
        w->events_end = &w->events;
    (void)snprintf(token_out, size, "%s", e->token);
    free(e);
    return 0;
}

static int get_fd(const struct store *store)
{
    return ((const struct store_wire *)(const void *)store)->fd;
}

static void store_close(struct store *store)
{
    struct store_wire *w = store_wire(store);
    struct event *e;

    while ((e = w->events)) {
        w->events = e->next;
        free(e);
    }
    chaos__closep(&w->fd);
    free(w);
}

static const struct store_ops ops = {
    .close = store_close,
    .run = run,
    .begin = begin,
    .end = end,
    .introduce = introduce,
    .watch = watch,
    .unwatch = unwatch,
    .event = event,
    .fd = get_fd,
};

int store_wire_open(int fd, struct store **store_out)
{
    struct store_wire *w = calloc(1, sizeof(*w));

    if (!w)
        return -ENOMEM;
    w->store.ops = &ops;
    w->events_end = &w->events;
    w->fd = fd;
    *store_out = &w->store;
    return 0;
}
