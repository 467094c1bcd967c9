/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * server.c: the daemon's socket: handlers, accepting, the end of clients.
 *
 * Clients end from the event loop alone (on_reap), whatever found out that they
 * must: so no part's hook runs while another part sends to a client.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "events.h"
#include "server_internal.h"

static const struct timeval one_second = {.tv_sec = 1};

void server_count(struct server *server, enum metric which)
{
    if (server->d->metrics)
        metrics_add(server->d->metrics, which, 1);
}

void server_complain(struct server *s, const struct client *c, const char *fmt,
                     ...)
{
    uint64_t now = now_ns();
    char text[256];
    va_list args;

    if (now - s->complaint_ns > COMPLAINT_SECONDS * UINT64_C(1000000000)) {
        s->complaint_ns = now;
        s->complaints = 0;
    }
    if (++s->complaints > COMPLAINTS)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    log_warn("client", "pid=%ld uid=%lu: %s%s", (long)c->pid,
             (unsigned long)c->uid, text,
             s->complaints == COMPLAINTS ? "; and others, not told" : "");
}

void server_handlers(struct server *server, const struct handler *table,
                     size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (table[i].type <= CHAOSD_TYPE_MAX)
            server->handlers[table[i].type] = &table[i];
}

struct client *client_find(struct server *server, uint64_t number)
{
    struct client *c;

    TAILQ_FOREACH(c, &server->clients, list)
    if (c->number == number)
        return c;
    return NULL;
}

size_t server_clients(const struct server *server)
{
    return server->count;
}

/* --- the end of clients -----------------------------------------------------
 */

void client_end(struct client *c)
{
    struct server *s = c->server;

    if (c->dead)
        return;
    c->dead = true;
    s->waiting -= client_waiting(c);
    if (c->watched)
        event_del(&c->in);
    if (c->out_added)
        event_del(&c->out);
    event_del(&c->turn);
    c->watched = 0;
    c->out_added = false;
    TAILQ_REMOVE(&s->clients, c, list);
    TAILQ_INSERT_TAIL(&s->dying, c, list);
    event_active(&s->reap, 0, 0);
}

static void reap(struct server *s)
{
    struct client *c;

    while ((c = TAILQ_FIRST(&s->dying)) != NULL) {
        while (c->hooks) {
            struct client_hook *hook = c->hooks;

            c->hooks = hook->next;
            if (hook->gone)
                hook->gone(c, hook->arg);
        }
        TAILQ_REMOVE(&s->dying, c, list);
        s->count--;
        client_destroy(c);
    }
}

static void on_reap(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    reap(arg);
}

static bool is_late(const struct client *c, uint64_t now)
{
    uint64_t since = c->closing ? c->closed_ns : c->since_ns;

    return since && now - since >= CLIENT_SECONDS * UINT64_C(1000000000);
}

/* Once a second, but only while there is somebody to wait for. */
static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
    struct server *s = arg;
    struct client *c, *next;
    uint64_t now = now_ns();
    bool more = false;

    (void)fd;
    (void)what;
    for (c = TAILQ_FIRST(&s->clients); c; c = next) {
        next = TAILQ_NEXT(c, list);
        if (is_late(c, now)) {
            server_count(s, METRIC_PROTOCOL_ERRORS);
            server_complain(s, c, "is too slow");
            client_end(c);
        } else {
            more = more || c->since_ns || c->closing;
        }
    }
    s->sweeping = more;
    if (more)
        event_add(&s->sweep, &one_second);
}

void server_sweep(struct server *server)
{
    if (server->sweeping)
        return;
    server->sweeping = true;
    event_add(&server->sweep, &one_second);
}

/* --- accepting --------------------------------------------------------------
 */

static void refuse(struct server *s, int fd, const struct peer *peer, int rc,
                   const char *text)
{
    const struct client c = {.pid = peer->pid, .uid = peer->uid};

    server_count(s, METRIC_REFUSED);
    server_complain(s, &c, "%s", text);
    /* As seldom as they are in the log: nobody is to flood the others. */
    if (s->d->events && s->complaints <= COMPLAINTS)
        events_emit(s->d->events, "client_refused", "pid",
                    EVENT_UINT(peer->pid), "uid", EVENT_UINT(peer->uid),
                    "error", EVENT_UINT(-rc), NULL);
    client_refuse(fd, rc, text);
    close(fd);
}

/* Others may not take all the places: root's work goes on. */
static bool has_place(const struct server *s, uid_t uid)
{
    uint32_t most = s->d->conf->clients;

    return s->count < (uid == 0 ? most : most - most / ROOT_SHARE);
}

static void welcome(struct server *s, int fd)
{
    struct client *c;
    struct peer peer;

    if (peer_check(s, fd, &peer) < 0) {
        close(fd);
    } else if (!peer.allowed) {
        refuse(s, fd, &peer, -EACCES,
               "only root and the configured group may use chaosd");
    } else if (!has_place(s, peer.uid)) {
        refuse(s, fd, &peer, -EUSERS, "chaosd has too many clients");
    } else if (client_create(s, fd, &peer, &c) < 0) {
        close(fd);
    } else {
        server_count(s, METRIC_CONNECTIONS);
        /* Its first question is mostly there already. */
        client_turn(c);
    }
}

/* Without descriptors or memory a connection stays where it is: look later. */
static void pause_accepting(struct server *s, int error)
{
    if (error != s->accept_error)
        log_error("server", "no more clients can be taken: %s",
                  strerror(error));
    s->accept_error = error;
    event_del(&s->accept);
    event_add(&s->resume, &one_second);
}

static void on_accept(evutil_socket_t listener, short what, void *arg)
{
    struct server *s = arg;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    (void)what;
    if (fd >= 0) {
        s->accept_error = 0;
        welcome(s, fd);
    } else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
        pause_accepting(s, errno);
    }
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
    struct server *s = arg;

    (void)fd;
    (void)what;
    if (s->listener.fd >= 0)
        event_add(&s->accept, NULL);
}

/* --- the server -------------------------------------------------------------
 */

int server_create(struct daemon *d, struct server **server_out)
{
    struct server *s = calloc(1, sizeof(*s));

    if (!s)
        return -ENOMEM;
    s->d = d;
    s->listener.fd = -1;
    TAILQ_INIT(&s->clients);
    TAILQ_INIT(&s->dying);
    event_assign(&s->resume, d->base, -1, 0, on_resume, s);
    event_assign(&s->reap, d->base, -1, 0, on_reap, s);
    event_assign(&s->sweep, d->base, -1, 0, on_sweep, s);
    *server_out = s;
    return 0;
}

void server_reload(struct server *server)
{
    const char *name = server->d->conf->group;

    server->has_group = name && peer_group(name, &server->group) == 0;
    if (name && !server->has_group)
        log_warn("server", "there is no group %s: only root may connect", name);
    listener_own(&server->listener, server->has_group, server->group);
}

int server_start(struct server *server)
{
    int flags, rc = listener_open(&server->listener, server->d->conf);

    if (rc < 0)
        return rc;
    flags = fcntl(server->listener.fd, F_GETFL);
    if (flags < 0 ||
        fcntl(server->listener.fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(server->listener.fd, F_SETFD, FD_CLOEXEC) < 0) {
        rc = -errno;
        listener_close(&server->listener);
        return rc;
    }
    server_reload(server);
    event_assign(&server->accept, server->d->base, server->listener.fd,
                 EV_READ | EV_PERSIST, on_accept, server);
    if (event_add(&server->accept, NULL) < 0) {
        listener_close(&server->listener);
        return -ENOMEM;
    }
    return 0;
}

void server_stop_listening(struct server *server)
{
    if (server->listener.fd < 0)
        return;
    event_del(&server->accept);
    event_del(&server->resume);
    listener_close(&server->listener);
}

void server_destroy(struct server *server)
{
    struct client *c;

    if (!server)
        return;
    server_stop_listening(server);
    while ((c = TAILQ_FIRST(&server->clients)) != NULL)
        client_end(c);
    reap(server);
    event_del(&server->reap);
    event_del(&server->sweep);
    free(server);
}
