/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz_server.c: any bytes from a client of the daemon, in pieces of any size:
 * the frames, the filter of EVENTS, the shape of POOL_SET. Besides not crashing
 * and not leaking: what comes back is whole messages, each question has one
 * reply, in order, and when the client is gone nothing of it is left.
 *
 * The first byte tells how to read the rest: bit 0: as pairs of type and size
 * with a payload, of which messages are made that are framed well; otherwise as
 * the stream itself. The other bits: the size of the pieces.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../chaosd/events.h"
#include "../../chaosd/server_internal.h"

#define OUTPUT_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

void metrics_add(struct metrics *metrics, enum metric which, uint64_t n)
{
    (void)metrics;
    (void)which;
    (void)n;
}

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* --- handlers ---------------------------------------------------------------
 */

static struct {
    struct client_hook hook;
    unsigned hooked, gone;
    uint64_t later; /* who waits for a reply */
    uint16_t later_type;
    uint32_t later_id;
} seen;

static void on_gone(struct client *c, void *arg)
{
    (void)c;
    (void)arg;
    seen.gone++;
}

static void run_echo(struct daemon *d, struct client *c,
                     const struct request *rq)
{
    (void)d;
    must(((const uint8_t *)rq->payload)[rq->size] == 0);
    client_reply(c, rq->type, rq->id, rq->payload, rq->size);
}

static void run_later(struct daemon *d, struct client *c,
                      const struct request *rq)
{
    (void)d;
    seen.later = client_number(c);
    seen.later_type = rq->type;
    seen.later_id = rq->id;
}

static void run_hook(struct daemon *d, struct client *c,
                     const struct request *rq)
{
    if (!seen.hooked++)
        client_hook_add(c, &seen.hook);
    run_echo(d, c, rq);
}

static void run_input(struct daemon *d, struct client *c,
                      const struct request *rq)
{
    (void)d;
    client_hold_input(c, rq->size % 2 == 0);
}

static void run_shape(struct daemon *d, struct client *c,
                      const struct request *rq)
{
    struct conf_shape shape;
    char text[512] = "";

    (void)d;
    if (conf_parse_shape(rq->payload, rq->size, &shape, text, sizeof(text)) <
        0) {
        must(text[0] != '\0');
        client_fail(c, rq->type, rq->id, -EINVAL, "%s", text);
    } else {
        must(shape.low <= shape.high);
        client_reply(c, rq->type, rq->id, &shape, sizeof(shape));
    }
}

/* Sizes as the daemon's own handlers have them. */
static const struct handler handlers[] = {
    {.type = CHAOSD_INFO, .run = run_echo},
    {.type = CHAOSD_TAKE,
     .root = true,
     .min = sizeof(struct chaosd_take),
     .max = sizeof(struct chaosd_take),
     .run = run_echo},
    {.type = CHAOSD_DONE, .min = 24, .max = 24, .run = run_input},
    {.type = CHAOSD_POOL_SET, .max = CHAOSD_REQUEST_MAX, .run = run_shape},
    {.type = CHAOSD_POOL_FILL, .min = 16, .max = 16, .run = run_later},
    {.type = CHAOSD_CONSOLE, .min = 16, .max = 16, .run = run_hook},
    {.type = CHAOSD_CONSOLE_INPUT,
     .min = 1,
     .max = CHAOSD_REQUEST_MAX,
     .run = run_input},
    {.type = CHAOSD_LOG, .min = 1, .max = 255, .run = run_echo},
};

/* --- one client -------------------------------------------------------------
 */

struct peer_side {
    struct daemon d;
    struct server *server;
    struct events *events;
    int fd;
    uint8_t output[OUTPUT_MAX];
    size_t output_size;
    uint64_t questions, replies;
};

static void turn(struct peer_side *p)
{
    ssize_t r;

    must(event_base_loop(p->d.base, EVLOOP_NONBLOCK) >= 0);
    while ((r = recv(p->fd, p->output + p->output_size,
                     OUTPUT_MAX - p->output_size, MSG_DONTWAIT)) > 0)
        p->output_size += (size_t)r;
}

static void answer_later(struct peer_side *p)
{
    struct client *c = client_find(p->server, seen.later);

    seen.later = 0;
    if (c)
        client_reply(c, seen.later_type, seen.later_id, NULL, 0);
}

static void put(struct peer_side *p, const uint8_t *data, size_t size,
                size_t piece)
{
    while (size > 0) {
        size_t n = size < piece ? size : piece;
        ssize_t r = send(p->fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (r < 0 && errno != EAGAIN)
            return;
        if (r > 0) {
            data += r;
            size -= (size_t)r;
        }
        turn(p);
        if (r < 0) {
            struct client *c = TAILQ_FIRST(&p->server->clients);

            /* Held by a handler, or it waits for a reply. */
            if (!c)
                return;
            client_hold_input(c, false);
            answer_later(p);
        }
    }
}

/* Ids count, so that the order of the replies can be seen. */
static void put_framed(struct peer_side *p, const uint8_t *data, size_t size,
                       size_t piece)
{
    uint8_t message[sizeof(struct chaosd_header) + 1024];

    while (size >= 2) {
        size_t n = (size_t)data[1] * 4 + (data[0] >> 6);
        struct chaosd_header h = {.version = CHAOSD_VERSION,
                                  .type = data[0] & 15,
                                  .id = (uint32_t)++p->questions};

        data += 2;
        size -= 2;
        n = n < size ? n : size;
        h.size = (uint32_t)(sizeof(h) + n);
        memcpy(message, &h, sizeof(h));
        memcpy(message + sizeof(h), data, n);
        put(p, message, h.size, piece);
        data += n;
        size -= n;
    }
}

static void check_output(const struct peer_side *p, bool framed)
{
    size_t at = 0;
    uint32_t last = 0;

    while (at < p->output_size) {
        struct chaosd_header h;

        must(p->output_size - at >= sizeof(h));
        memcpy(&h, p->output + at, sizeof(h));
        must(h.version == CHAOSD_VERSION && h.pad == 0);
        must(h.size >= sizeof(h) && h.size <= p->output_size - at);
        must(h.status <= 0);
        must(h.status == 0 || h.size > sizeof(h));
        at += h.size;
        if (!framed || h.type == CHAOSD_REFUSED || h.type == CHAOSD_EVENT)
            continue;
        must(h.id > last && h.id <= p->questions);
        last = h.id;
    }
}

static void add_client(struct peer_side *p)
{
    const struct peer peer = {.pid = 1, .uid = 0, .allowed = true};
    struct client *c;
    int fds[2];

    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                    fds) == 0);
    p->fd = fds[0];
    must(client_create(p->server, fds[1], &peer, &c) == 0);
    client_turn(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct conf conf = {.clients = 8};
    static struct event_base *base;
    static struct peer_side p;
    size_t piece;
    bool framed;

    if (size == 0)
        return 0;
    log_level_set((enum chaos_log_level) - 1);
    if (!base)
        base = event_base_new();
    must(base != NULL);
    memset(&p, 0, offsetof(struct peer_side, output));
    p.output_size = 0;
    p.questions = 0;
    memset(&seen, 0, sizeof(seen));
    seen.hook.gone = on_gone;
    p.d.base = base;
    p.d.conf = &conf;
    must(server_create(&p.d, &p.server) == 0);
    p.d.server = p.server;
    must(events_create(&p.d, &p.events) == 0);
    p.d.events = p.events;
    server_handlers(p.server, handlers, sizeof(handlers) / sizeof(handlers[0]));
    events_register(p.events, p.server);
    add_client(&p);
    framed = data[0] & 1;
    piece = data[0] >> 1 ? data[0] >> 1 : CHAOSD_REQUEST_MAX;
    if (framed)
        put_framed(&p, data + 1, size - 1, piece);
    else
        put(&p, data + 1, size - 1, piece);
    events_emit(p.events, "up", "domid", EVENT_UINT(1), NULL);
    answer_later(&p);
    turn(&p);
    turn(&p);
    check_output(&p, framed);
    close(p.fd);
    must(event_base_loop(base, EVLOOP_NONBLOCK) >= 0);
    must(event_base_loop(base, EVLOOP_NONBLOCK) >= 0);
    must(server_clients(p.server) == 0);
    must(seen.gone == (seen.hooked > 0));
    events_destroy(p.events);
    server_destroy(p.server);
    return 0;
}
