/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * server_internal.h: what the files of the server share.
 *
 *   server.c         the parts' handlers, accepting, the end of clients
 *   server_socket.c  the socket that is listened on
 *   server_peer.c    who may connect
 *   client.c         a client's questions
 *   client_out.c     what it is sent
 */
#ifndef CHAOSD_SERVER_INTERNAL_H
#define CHAOSD_SERVER_INTERNAL_H

#include <sys/queue.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/event_struct.h>

#include "conf.h"
#include "daemon.h"
#include "metrics.h"
#include "server.h"

/* Questions of one client that are answered before others have their turn. */
#define TURN_QUESTIONS 32
/* One in so many places is kept for root. */
#define ROOT_SHARE 8
/* Bytes that may wait for all clients together. */
#define SERVER_BACKLOG (64u << 20)
/* Lines on clients that break the rules, in so many seconds. */
#define COMPLAINTS 10
#define COMPLAINT_SECONDS 10

struct client {
    TAILQ_ENTRY(client) list; /* the server's clients or dying */
    struct server *server;    /* borrowed */
    uint64_t number;
    int fd;
    pid_t pid;
    uid_t uid;
    bool dead;    /* in the server's list of the dying */
    bool closing; /* nothing more is read or added; what waits is sent */
    bool held;    /* by client_hold_input */
    bool asking;  /* there is a question whose reply is to come */
    bool running; /* its handler runs */
    uint16_t asked_type;
    uint32_t asked_id;

    struct event in;
    short watched;      /* EV_READ, EV_CLOSED; 0: nothing */
    uint8_t *part;      /* owned; read and not yet used */
    size_t part_size;   /* at most CHAOSD_REQUEST_MAX */
    uint64_t since_ns;  /* that its message is incomplete, or 0 */
    uint64_t closed_ns; /* of client_close */
    struct event turn;  /* goes on with `part` */

    struct event out;
    bool out_made, out_added;
    struct evbuffer *queue; /* owned; NULL until something had to wait */

    struct client_hook *hooks; /* borrowed */
    struct client_hook *next_hook;
};
TAILQ_HEAD(client_list, client);

struct server {
    struct daemon *d;                                    /* borrowed */
    const struct handler *handlers[CHAOSD_TYPE_MAX + 1]; /* borrowed */
    struct client_list clients, dying;
    size_t count;         /* of both */
    uint64_t last_number; /* of a client */
    size_t waiting;       /* bytes, for all clients together */

    struct listener {
        int fd;    /* -1: not listening */
        bool ours; /* made here, not passed by systemd */
        char path[108];
        uint64_t dev, ino; /* of the path */
    } listener;
    struct event accept, resume, reap, sweep;
    bool sweeping;
    int accept_error; /* of the last attempt; 0: it worked */
    bool has_group;
    gid_t group;

    uint64_t complaint_ns; /* the beginning of the period */
    unsigned complaints;   /* in it */

    uint8_t input[CHAOSD_REQUEST_MAX];
    /* A copy of one payload, aligned for every structure. */
    _Alignas(16) uint8_t payload[CHAOSD_REQUEST_MAX + 1];
};

/* server.c */
void server_count(struct server *server, enum metric which);
/* A line in the log, unless there were too many. */
void server_complain(struct server *server, const struct client *c,
                     const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Look after clients that take too long, from now on. */
void server_sweep(struct server *server);
/* It is over; the rest is done from the event loop. */
void client_end(struct client *c);

/* server_socket.c */
int listener_open(struct listener *listener, const struct conf *conf);
/* Its group, after a reload. */
void listener_own(const struct listener *listener, bool has_group, gid_t group);
void listener_close(struct listener *listener);

/* server_peer.c */
struct peer {
    pid_t pid;
    uid_t uid;
    bool allowed;
};
int peer_check(const struct server *server, int fd, struct peer *peer_out);

/* client.c */
/* On success fd is the client's. */
int client_create(struct server *server, int fd, const struct peer *peer,
                  struct client **client_out);
void client_destroy(struct client *c);
/* What it sent is looked at, at once. */
void client_turn(struct client *c);
/* The same after others had their turn, without anything having to come. */
void client_turn_soon(struct client *c);
/* After a change of what keeps it from being read. */
void client_watch(struct client *c);

/* client_out.c */
/* Tell somebody who is no client that he cannot be one. */
void client_refuse(int fd, int rc, const char *text);
/* The same to a client that broke the rules, and end it. */
void client_blame(struct client *c, int rc, const char *text);

#endif /* CHAOSD_SERVER_INTERNAL_H */
