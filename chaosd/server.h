/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * server.h: the socket, its clients, and their questions.
 *
 * Nothing a client does or leaves undone holds up another: input is bounded by
 * CHAOSD_REQUEST_MAX, output that a client does not fetch by CLIENT_BACKLOG, at
 * which it is cut off; one whose message is incomplete for CLIENT_SECONDS is
 * cut off, too.
 */
#ifndef CHAOSD_SERVER_H
#define CHAOSD_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <chaos/chaosd.h>

struct daemon;
struct client;
struct server;

#define CLIENT_BACKLOG (1u << 20)
#define CLIENT_SECONDS 10

/* A question; payload was copied, has the right size, and is followed by a
 * zero byte. It is gone when the handler returns. */
struct request {
    uint16_t type;
    uint32_t id;
    size_t size;
    const void *payload;
};

/* One line of the table of handlers. */
struct handler {
    uint16_t type;
    bool root;       /* only for root */
    size_t min, max; /* payload, in bytes */
    void (*run)(struct daemon *d, struct client *c, const struct request *rq);
};
/* Registered by each part before server_start. `count` lines. */
void server_handlers(struct server *server, const struct handler *table,
                     size_t count);

int server_create(struct daemon *d, struct server **server_out);
/*
 * Listen: on the socket passed by systemd, if any, else on conf->socket, which
 * is made with mode 0660 for root and the group; -EADDRINUSE where another
 * daemon answers there.
 */
int server_start(struct server *server);
/* Take no more clients. Those that are there stay. */
void server_stop_listening(struct server *server);
void server_destroy(struct server *server);
/* After a reload: group, number of clients. */
void server_reload(struct server *server);

/* A number that no other client of this process has ever had. */
uint64_t client_number(const struct client *c);
pid_t client_pid(const struct client *c);
/* NULL: it is gone. For replies that come later. */
struct client *client_find(struct server *server, uint64_t number);

/* The reply to a question: success with a payload (perhaps none) ... */
void client_reply(struct client *c, uint16_t type, uint32_t id,
                  const void *payload, size_t size);
/* ... of two pieces, one after the other ... */
void client_reply2(struct client *c, uint16_t type, uint32_t id,
                   const void *first, size_t first_size, const void *second,
                   size_t second_size);
/* ... or failure, with a sentence. */
void client_fail(struct client *c, uint16_t type, uint32_t id, int rc,
                 const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* What comes unasked (EVENT, CONSOLE_DATA, ...); id of the question. */
void client_send(struct client *c, uint16_t type, uint32_t id,
                 const void *first, size_t first_size, const void *second,
                 size_t second_size);
/* Bytes that wait for it to fetch them. */
size_t client_waiting(const struct client *c);
/* End it, when what waits was sent or CLIENT_SECONDS are over. */
void client_close(struct client *c);

/*
 * What a part keeps of a client. `drained` runs when all that waited was
 * fetched; `gone` once when the client is, whatever the cause, and must not
 * send to it. Either may be NULL.
 */
struct client_hook {
    void (*drained)(struct client *c, void *arg);
    void (*gone)(struct client *c, void *arg);
    void *arg;
    struct client_hook *next; /* the server's */
};
void client_hook_add(struct client *c, struct client_hook *hook);
void client_hook_remove(struct client *c, struct client_hook *hook);
/* Read no more from it until told to (a guest does not take its input). */
void client_hold_input(struct client *c, bool hold);

/* Text of INFO and for `metrics`. */
size_t server_clients(const struct server *server);
/* A group by its name or number. 0 or -errno. */
int peer_group(const char *name, gid_t *gid_out);

#endif /* CHAOSD_SERVER_H */
