/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * server_kit.c: the daemon's server and clients of it in one process.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "server_kit.h"
#include "unit.h"

/* d is the first member. */
static struct server_kit *kit_of(struct daemon *d)
{
    return (struct server_kit *)d;
}

static void note(struct daemon *d, const struct client *c,
                 const struct request *rq)
{
    struct server_kit *kit = kit_of(d);

    kit->asked++;
    kit->last = client_number(c);
    kit->last_id = rq->id;
    assert_int_equal(((const char *)rq->payload)[rq->size], 0);
}

static void run_echo(struct daemon *d, struct client *c,
                     const struct request *rq)
{
    note(d, c, rq);
    client_reply(c, rq->type, rq->id, rq->payload, rq->size);
}

static void run_big(struct daemon *d, struct client *c,
                    const struct request *rq)
{
    uint32_t size = *(const uint32_t *)rq->payload;
    char *text = calloc(1, size + 1);

    note(d, c, rq);
    assert_non_null(text);
    client_reply2(c, rq->type, rq->id, text, size / 2, text, size - size / 2);
    free(text);
}

static void run_nothing(struct daemon *d, struct client *c,
                        const struct request *rq)
{
    note(d, c, rq);
}

static void run_empty(struct daemon *d, struct client *c,
                      const struct request *rq)
{
    note(d, c, rq);
    client_reply(c, rq->type, rq->id, NULL, 0);
}

static void run_hook(struct daemon *d, struct client *c,
                     const struct request *rq)
{
    client_hook_add(c, &kit_of(d)->hook);
    run_empty(d, c, rq);
}

static void run_input(struct daemon *d, struct client *c,
                      const struct request *rq)
{
    note(d, c, rq);
    kit_of(d)->input_size += (int)rq->size;
    client_hold_input(c, true);
}

static const struct handler handlers[] = {
    {.type = CHAOSD_LOG, .max = 100, .run = run_echo},
    {.type = CHAOSD_POOL_STATUS, .min = 4, .max = 4, .run = run_big},
    {.type = CHAOSD_POOL_FILL, .run = run_nothing},
    {.type = CHAOSD_POOL_SET, .root = true, .run = run_empty},
    {.type = CHAOSD_CONSOLE, .run = run_hook},
    {.type = CHAOSD_CONSOLE_INPUT, .min = 4, .max = 100, .run = run_input},
};

static void on_gone(struct client *c, void *arg)
{
    struct server_kit *kit = arg;

    assert_null(client_find(kit->server, client_number(c)));
    kit->gone++;
}

static void on_drained(struct client *c, void *arg)
{
    struct server_kit *kit = arg;

    assert_int_equal(client_waiting(c), 0);
    kit->drained++;
}

int server_kit_setup(void **state)
{
    struct server_kit *kit = calloc(1, sizeof(*kit));

    assert_non_null(kit);
    log_level_set(CHAOS_LOG_ERROR);
    snprintf(kit->dir, sizeof(kit->dir), "/tmp/chaosd-XXXXXX");
    assert_non_null(mkdtemp(kit->dir));
    snprintf(kit->path, sizeof(kit->path), "%s/sock", kit->dir);
    snprintf(kit->group, sizeof(kit->group), "%u", (unsigned)getegid());
    kit->conf =
        (struct conf){.socket = kit->path, .group = kit->group, .clients = 32};
    kit->hook = (struct client_hook){
        .gone = on_gone, .drained = on_drained, .arg = kit};
    kit->d.conf = &kit->conf;
    kit->d.base = event_base_new();
    assert_non_null(kit->d.base);
    assert_int_equal(server_create(&kit->d, &kit->server), 0);
    kit->d.server = kit->server;
    server_handlers(kit->server, handlers,
                    sizeof(handlers) / sizeof(handlers[0]));
    assert_int_equal(server_start(kit->server), 0);
    *state = kit;
    return 0;
}

int server_kit_teardown(void **state)
{
    struct server_kit *kit = *state;

    server_destroy(kit->server);
    event_base_free(kit->d.base);
    assert_int_equal(access(kit->path, F_OK), -1);
    assert_int_equal(rmdir(kit->dir), 0);
    free(kit);
    return 0;
}

void server_kit_turn(struct server_kit *kit)
{
    int i;

    for (i = 0; i < 8; i++)
        assert_true(event_base_loop(kit->d.base, EVLOOP_NONBLOCK) >= 0);
}

int server_kit_connect(struct server_kit *kit)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    memcpy(sun.sun_path, kit->path, strlen(kit->path));
    assert_int_equal(connect(fd, (const struct sockaddr *)&sun, sizeof(sun)),
                     0);
    server_kit_turn(kit);
    return fd;
}

/* A server that ended the connection takes no more; that is not seen here. */
void server_kit_bytes(struct server_kit *kit, int fd, const void *data,
                      size_t size)
{
    size_t sent = 0;

    while (sent < size) {
        ssize_t r = send(fd, (const char *)data + sent, size - sent,
                         MSG_DONTWAIT | MSG_NOSIGNAL);

        if (r > 0)
            sent += (size_t)r;
        else if (errno == EPIPE || errno == ECONNRESET)
            return;
        else
            assert_int_equal(errno, EAGAIN);
        server_kit_turn(kit);
    }
}

void server_kit_send(struct server_kit *kit, int fd, uint16_t type, uint32_t id,
                     const void *payload, size_t size)
{
    struct chaosd_header h = {.size = (uint32_t)(sizeof(h) + size),
                              .version = CHAOSD_VERSION,
                              .type = type,
                              .id = id};
    char message[sizeof(h) + 256];

    assert_true(size <= 256);
    memcpy(message, &h, sizeof(h));
    if (size)
        memcpy(message + sizeof(h), payload, size);
    server_kit_bytes(kit, fd, message, sizeof(h) + size);
}

/* -1: it ended before anything of it came. */
static ssize_t recv_all(struct server_kit *kit, int fd, void *buf, size_t size)
{
    size_t have = 0;
    int tries;

    for (tries = 0; have < size && tries < 100000; tries++) {
        ssize_t r = recv(fd, (char *)buf + have, size - have, MSG_DONTWAIT);

        if (r == 0 || (r < 0 && errno == ECONNRESET))
            break;
        if (r > 0)
            have += (size_t)r;
        else
            assert_int_equal(errno, EAGAIN);
        server_kit_turn(kit);
    }
    assert_true(tries < 100000);
    assert_true(have == size || have == 0);
    return have == size ? (ssize_t)size : -1;
}

ssize_t server_kit_recv(struct server_kit *kit, int fd,
                        struct chaosd_header *header_out, void *buf,
                        size_t size)
{
    if (recv_all(kit, fd, header_out, sizeof(*header_out)) < 0)
        return -1;
    assert_int_equal(header_out->version, CHAOSD_VERSION);
    assert_int_equal(header_out->pad, 0);
    assert_true(header_out->size >= sizeof(*header_out));
    assert_true(header_out->size - sizeof(*header_out) <= size);
    return recv_all(kit, fd, buf, header_out->size - sizeof(*header_out));
}

size_t server_kit_expect(struct server_kit *kit, int fd, uint16_t type,
                         uint32_t id, int status)
{
    char *buf = malloc(CHAOSD_REPLY_MAX);
    struct chaosd_header h;
    ssize_t r;

    assert_non_null(buf);
    r = server_kit_recv(kit, fd, &h, buf, CHAOSD_REPLY_MAX);
    free(buf);
    assert_true(r >= 0);
    assert_int_equal(h.type, type);
    assert_int_equal(h.id, id);
    assert_int_equal(h.status, status);
    /* A failure comes with a sentence. */
    assert_true(status == 0 || r > 0);
    return (size_t)r;
}

void server_kit_expect_refused(struct server_kit *kit, int fd, int status)
{
    server_kit_expect(kit, fd, CHAOSD_REFUSED, 0, status);
    assert_true(server_kit_is_ended(kit, fd));
}

void server_kit_expect_alive(struct server_kit *kit, int fd)
{
    server_kit_send(kit, fd, CHAOSD_LOG, 4711, "alive", 5);
    assert_int_equal(server_kit_expect(kit, fd, CHAOSD_LOG, 4711, 0), 5);
}

bool server_kit_is_ended(struct server_kit *kit, int fd)
{
    char byte;
    ssize_t r;

    server_kit_turn(kit);
    r = recv(fd, &byte, 1, MSG_DONTWAIT);
    return r == 0 || (r < 0 && errno == ECONNRESET);
}
