/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * client_out.c: what clients are sent: at once where the socket takes it, from
 * a bounded queue otherwise.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "server_internal.h"

#define SENTENCE_SIZE 512
#define FLUSH_PIECES 8

struct message {
    struct chaosd_header h;
    const void *first, *second; /* borrowed; the payload */
    size_t first_size, second_size;
};

static ssize_t send_pieces(int fd, struct iovec *iov, size_t count)
{
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = count};
    ssize_t r;

    do
        r = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (r < 0 && errno == EINTR);
    if (r < 0)
        return errno == EAGAIN ? 0 : -errno;
    return r;
}

/* --- the queue --------------------------------------------------------------
 */

static void run_drained(struct client *c)
{
    struct client_hook *hook;

    for (hook = c->hooks; hook && !c->dead; hook = c->next_hook) {
        c->next_hook = hook->next;
        if (hook->drained)
            hook->drained(c, hook->arg);
    }
    c->next_hook = NULL;
}

static void on_output(evutil_socket_t fd, short what, void *arg)
{
    struct evbuffer_iovec pieces[FLUSH_PIECES];
    struct client *c = arg;
    ssize_t r;
    int n;

    (void)fd;
    (void)what;
    n = evbuffer_peek(c->queue, -1, NULL, pieces, FLUSH_PIECES);
    r = send_pieces(c->fd, pieces,
                    (size_t)(n < FLUSH_PIECES ? n : FLUSH_PIECES));
    if (r < 0) {
        client_end(c);
        return;
    }
    evbuffer_drain(c->queue, (size_t)r);
    c->server->waiting -= (size_t)r;
    if (evbuffer_get_length(c->queue) > 0)
        return;
    event_del(&c->out);
    c->out_added = false;
    if (c->closing)
        client_end(c);
    else
        run_drained(c);
}

/* The rest of a message, from `skip` bytes on. */
static int queue_rest(struct client *c, const struct iovec *iov, size_t skip)
{
    unsigned i;

    if (!c->queue)
        c->queue = evbuffer_new();
    if (!c->queue)
        return -ENOMEM;
    for (i = 0; i < 3; i++) {
        size_t from = skip < iov[i].iov_len ? skip : iov[i].iov_len;

        skip -= from;
        if (from < iov[i].iov_len &&
            evbuffer_add(c->queue, (const char *)iov[i].iov_base + from,
                         iov[i].iov_len - from) < 0)
            return -ENOMEM;
        c->server->waiting += iov[i].iov_len - from;
    }
    if (!c->out_made)
        event_assign(&c->out, c->server->d->base, c->fd, EV_WRITE | EV_PERSIST,
                     on_output, c);
    c->out_made = true;
    if (!c->out_added && event_add(&c->out, NULL) < 0)
        return -ENOMEM;
    c->out_added = true;
    return 0;
}

size_t client_waiting(const struct client *c)
{
    return c->queue ? evbuffer_get_length(c->queue) : 0;
}

static void cut(struct client *c)
{
    server_count(c->server, METRIC_PROTOCOL_ERRORS);
    server_complain(c->server, c, "does not fetch what it asked for");
    client_end(c);
}

/* Many clients within their own limits are too much together: the one that has
 * most goes. */
static void limit_all(struct server *s)
{
    while (s->waiting > SERVER_BACKLOG) {
        struct client *c, *most = TAILQ_FIRST(&s->clients);

        TAILQ_FOREACH(c, &s->clients, list)
        if (client_waiting(c) > client_waiting(most))
            most = c;
        if (!most)
            return;
        cut(most);
    }
}

/* --- messages ---------------------------------------------------------------
 */

static void put(struct client *c, const struct message *m)
{
    struct iovec iov[3] = {
        {.iov_base = (void *)(uintptr_t)&m->h, .iov_len = sizeof(m->h)},
        {.iov_base = (void *)(uintptr_t)m->first, .iov_len = m->first_size},
        {.iov_base = (void *)(uintptr_t)m->second, .iov_len = m->second_size}};
    struct iovec pieces[3];
    size_t waits = client_waiting(c);
    ssize_t sent = 0;

    if (c->dead || c->closing)
        return;
    if (waits == 0) {
        memcpy(pieces, iov, sizeof(iov));
        sent = send_pieces(c->fd, pieces, 3);
        if (sent == (ssize_t)m->h.size)
            return;
    }
    /* One message may be larger than the limit, if nothing waits before it. */
    if (waits > 0 && waits + m->h.size > CLIENT_BACKLOG) {
        cut(c);
        return;
    }
    if (sent < 0 || queue_rest(c, iov, (size_t)sent) < 0)
        client_end(c);
    else
        limit_all(c->server);
}

void client_send(struct client *c, uint16_t type, uint32_t id,
                 const void *first, size_t first_size, const void *second,
                 size_t second_size)
{
    struct message m = {
        .h = {.version = CHAOSD_VERSION, .type = type, .id = id},
        .first = first,
        .second = second,
        .first_size = first_size,
        .second_size = second_size};

    if (first_size > CHAOSD_REPLY_MAX || second_size > CHAOSD_REPLY_MAX ||
        sizeof(m.h) + first_size + second_size > CHAOSD_REPLY_MAX) {
        client_fail(c, type, id, -EMSGSIZE, "there is too much to tell");
        return;
    }
    m.h.size = (uint32_t)(sizeof(m.h) + first_size + second_size);
    put(c, &m);
}

/* The reply to the question is there: the client may ask the next. */
static void answered(struct client *c, uint16_t type, uint32_t id)
{
    if (!c->asking || c->asked_type != type || c->asked_id != id)
        return;
    c->asking = false;
    if (c->running || c->dead)
        return;
    client_watch(c);
    if (!c->dead && !c->held && !c->closing && c->part_size > 0)
        client_turn_soon(c);
}

void client_reply(struct client *c, uint16_t type, uint32_t id,
                  const void *payload, size_t size)
{
    client_reply2(c, type, id, payload, size, NULL, 0);
}

void client_reply2(struct client *c, uint16_t type, uint32_t id,
                   const void *first, size_t first_size, const void *second,
                   size_t second_size)
{
    client_send(c, type, id, first, first_size, second, second_size);
    answered(c, type, id);
}

static void fail(struct client *c, uint16_t type, uint32_t id, int rc,
                 const char *text)
{
    struct message m = {
        .h = {.version = CHAOSD_VERSION, .type = type, .id = id, .status = rc},
        .first = text,
        .first_size = strlen(text)};

    m.h.size = (uint32_t)(sizeof(m.h) + m.first_size);
    put(c, &m);
    answered(c, type, id);
}

void client_fail(struct client *c, uint16_t type, uint32_t id, int rc,
                 const char *fmt, ...)
{
    char text[SENTENCE_SIZE];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    fail(c, type, id, rc, text);
}

void client_blame(struct client *c, int rc, const char *text)
{
    fail(c, CHAOSD_REFUSED, 0, rc, text);
    client_close(c);
}

void client_refuse(int fd, int rc, const char *text)
{
    struct chaosd_header h = {.size = (uint32_t)(sizeof(h) + strlen(text)),
                              .version = CHAOSD_VERSION,
                              .type = CHAOSD_REFUSED,
                              .status = rc};
    struct iovec iov[2] = {
        {.iov_base = &h, .iov_len = sizeof(h)},
        {.iov_base = (void *)(uintptr_t)text, .iov_len = strlen(text)}};

    /* A socket that is full of nothing but this does not exist. */
    if (send_pieces(fd, iov, 2) < 0)
        return;
}

void client_close(struct client *c)
{
    if (c->dead || c->closing)
        return;
    c->closing = true;
    if (client_waiting(c) == 0) {
        client_end(c);
        return;
    }
    c->closed_ns = now_ns();
    client_watch(c);
    server_sweep(c->server);
}
