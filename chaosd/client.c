/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * client.c: a client's questions: bytes to messages to handlers.
 *
 * Bytes are read into the server's buffer, and only what is left of them when
 * the client's turn is over is kept with the client. A header is looked at as
 * soon as it is there, so that nothing waits for a message that cannot be.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server_internal.h"

static bool is_paused(const struct client *c)
{
    return c->held || c->asking || c->closing;
}

/* What has no reply. */
static bool is_told(uint16_t type)
{
    return type == CHAOSD_DONE || type == CHAOSD_CONSOLE_INPUT;
}

static const char *header_fault(const struct chaosd_header *h)
{
    if (h->version != CHAOSD_VERSION)
        return "this daemon speaks version 1 of the protocol";
    if (h->size < sizeof(*h) || h->size > CHAOSD_REQUEST_MAX)
        return "a message has 16 to 16384 bytes";
    if (h->pad != 0)
        return "the padding of a header is zero";
    if (h->status != 0)
        return "the status of a question is zero";
    return NULL;
}

/* Whether the bytes begin with something that can be dealt with. */
static bool is_whole(const uint8_t *bytes, size_t size)
{
    struct chaosd_header h;

    if (size < sizeof(h))
        return false;
    memcpy(&h, bytes, sizeof(h));
    return header_fault(&h) || h.size <= size;
}

/* --- a question -------------------------------------------------------------
 */

/* A question that cannot be answered; one without a reply ends the client. */
static void object(struct client *c, const struct request *rq, int rc,
                   const char *text)
{
    server_count(c->server, METRIC_PROTOCOL_ERRORS);
    if (is_told(rq->type)) {
        server_complain(c->server, c, "message of type %u: %s", rq->type, text);
        client_blame(c, rc, text);
    } else {
        client_fail(c, rq->type, rq->id, rc, "%s", text);
    }
}

static void ask(struct client *c, const struct request *rq)
{
    const struct handler *handler =
        rq->type <= CHAOSD_TYPE_MAX ? c->server->handlers[rq->type] : NULL;

    c->asked_type = rq->type;
    c->asked_id = rq->id;
    c->asking = !is_told(rq->type);
    c->running = true;
    if (!handler)
        object(c, rq, -EOPNOTSUPP, "this daemon knows no such message");
    else if (handler->root && c->uid != 0)
        object(c, rq, -EPERM, "only root may ask for this");
    else if (rq->size < handler->min || rq->size > handler->max)
        object(c, rq, -EINVAL, "the payload has not the size that it must");
    else
        handler->run(c->server->d, c, rq);
    c->running = false;
}

/* The first message; returns its size, 0 after one that ends the client. */
static size_t take_message(struct client *c, const uint8_t *bytes)
{
    struct server *s = c->server;
    struct chaosd_header h;
    struct request rq;
    const char *fault;

    memcpy(&h, bytes, sizeof(h));
    fault = header_fault(&h);
    if (fault) {
        server_count(s, METRIC_PROTOCOL_ERRORS);
        server_complain(s, c, "%s", fault);
        client_blame(c, -EPROTO, fault);
        return 0;
    }
    rq.type = h.type;
    rq.id = h.id;
    rq.size = h.size - sizeof(h);
    rq.payload = s->payload;
    memcpy(s->payload, bytes + sizeof(h), rq.size);
    s->payload[rq.size] = 0;
    c->since_ns = 0;
    ask(c, &rq);
    return h.size;
}

/* Returns how many bytes were used. */
static size_t take_messages(struct client *c, const uint8_t *bytes, size_t size)
{
    size_t used = 0;
    unsigned n;

    for (n = 0; n < TURN_QUESTIONS; n++) {
        if (c->dead || is_paused(c) || !is_whole(bytes + used, size - used))
            break;
        used += take_message(c, bytes + used);
    }
    return used;
}

/* --- bytes ------------------------------------------------------------------
 */

/* Keep what is left for the next turn. */
static void keep(struct client *c, const uint8_t *bytes, size_t size)
{
    if (c->dead || size == 0)
        return;
    c->part = malloc(size);
    if (!c->part) {
        client_end(c);
        return;
    }
    memcpy(c->part, bytes, size);
    c->part_size = size;
}

/* Into the server's buffer, behind `have` bytes. 0: nothing came. */
static size_t read_more(struct client *c, size_t have)
{
    struct server *s = c->server;
    ssize_t r =
        recv(c->fd, s->input + have, sizeof(s->input) - have, MSG_DONTWAIT);

    if (r > 0)
        return (size_t)r;
    if (r == 0 || (errno != EAGAIN && errno != EINTR))
        client_end(c);
    return 0;
}

/* What the client is waited for after its turn. */
static void after_turn(struct client *c)
{
    bool whole = c->part_size > 0 && is_whole(c->part, c->part_size);

    client_watch(c);
    if (c->part_size == 0 || is_paused(c))
        return;
    if (whole) {
        client_turn_soon(c);
    } else if (c->since_ns == 0) {
        c->since_ns = now_ns();
        server_sweep(c->server);
    }
}

void client_turn(struct client *c)
{
    struct server *s = c->server;
    size_t have = c->part_size, used;

    if (c->dead || is_paused(c))
        return;
    if (have > 0) {
        memcpy(s->input, c->part, have);
        free(c->part);
        c->part = NULL;
        c->part_size = 0;
    }
    if (!is_whole(s->input, have))
        have += read_more(c, have);
    used = take_messages(c, s->input, have);
    keep(c, s->input + used, have - used);
    if (!c->dead)
        after_turn(c);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    client_turn(arg);
}

/*
 * A timer that is due at once, since an event made active would run again
 * before any descriptor is looked at.
 */
void client_turn_soon(struct client *c)
{
    static const struct timeval now = {0};

    if (event_add(&c->turn, &now) < 0)
        client_end(c);
}

/* EV_CLOSED comes while it is not read: it is gone, whatever it had sent. */
static void on_input(evutil_socket_t fd, short what, void *arg)
{
    struct client *c = arg;

    (void)fd;
    if ((what & EV_CLOSED) && !(what & EV_READ))
        client_end(c);
    else
        client_turn(c);
}

void client_watch(struct client *c)
{
    short wanted = is_paused(c) ? EV_CLOSED : EV_READ;

    if (c->dead || c->watched == wanted)
        return;
    if (c->watched)
        event_del(&c->in);
    c->watched = wanted;
    event_assign(&c->in, c->server->d->base, c->fd,
                 (short)(wanted | EV_PERSIST), on_input, c);
    if (event_add(&c->in, NULL) < 0) {
        c->watched = 0;
        client_end(c);
    }
}

void client_hold_input(struct client *c, bool hold)
{
    if (c->held == hold || c->dead)
        return;
    c->held = hold;
    c->since_ns = 0;
    if (c->running)
        return;
    client_watch(c);
    if (!c->dead && !is_paused(c) && c->part_size > 0)
        client_turn_soon(c);
}

/* --- its life ---------------------------------------------------------------
 */

int client_create(struct server *server, int fd, const struct peer *peer,
                  struct client **client_out)
{
    struct client *c = calloc(1, sizeof(*c));

    if (!c)
        return -ENOMEM;
    c->server = server;
    c->number = ++server->last_number;
    c->fd = fd;
    c->pid = peer->pid;
    c->uid = peer->uid;
    event_assign(&c->turn, server->d->base, -1, 0, on_turn, c);
    TAILQ_INSERT_TAIL(&server->clients, c, list);
    server->count++;
    *client_out = c;
    return 0;
}

void client_destroy(struct client *c)
{
    close(c->fd);
    if (c->queue)
        evbuffer_free(c->queue);
    free(c->part);
    free(c);
}

uint64_t client_number(const struct client *c)
{
    return c->number;
}

pid_t client_pid(const struct client *c)
{
    return c->pid;
}

void client_hook_add(struct client *c, struct client_hook *hook)
{
    hook->next = c->hooks;
    c->hooks = hook;
}

void client_hook_remove(struct client *c, struct client_hook *hook)
{
    struct client_hook **at;

    for (at = &c->hooks; *at; at = &(*at)->next)
        if (*at == hook) {
            if (c->next_hook == hook)
                c->next_hook = hook->next;
            *at = hook->next;
            return;
        }
}
