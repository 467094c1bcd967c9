/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * metrics_http.c: as much HTTP as somebody who fetches metrics needs.
 *
 * libevent's own server limits neither how many clients it has nor how long
 * one may take over a request, byte by byte. Here a client has HTTP_SECONDS
 * for everything, gets one answer, and is done; more than HTTP_CLIENTS wait to
 * be accepted.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "daemon.h"
#include "metrics_internal.h"

struct visitor {
    struct metrics_http *http;
    struct bufferevent *bev;
    struct event *deadline;
    bool answered;
    bool silent; /* it will send no more */
    struct visitor *next, **link;
};

struct metrics_http {
    struct event_base *base;
    metrics_write_fn *write;
    void *arg;
    char *address; /* owned; NULL: nowhere */
    struct metrics_socket socket;
    struct evconnlistener *listener; /* has the socket */
    struct event *resume;            /* accepting */
    struct visitor *visitors;
    unsigned count;
};

static void visitor_free(struct visitor *v)
{
    struct metrics_http *http = v->http;

    *v->link = v->next;
    if (v->next)
        v->next->link = v->link;
    if (v->deadline)
        event_free(v->deadline);
    bufferevent_free(v->bev);
    free(v);
    http->count--;
    if (http->listener)
        (void)evconnlistener_enable(http->listener);
}

/* --- answering ---------------------------------------------------------------
 */

static void answer(struct visitor *v, const char *status, const char *type,
                   const char *more, struct evbuffer *body)
{
    struct evbuffer *out = bufferevent_get_output(v->bev);

    v->answered = true;
    if (evbuffer_add_printf(out,
                            "HTTP/1.1 %s\r\nContent-Type: %s\r\n"
                            "Content-Length: %zu\r\n%sConnection: close\r\n"
                            "\r\n",
                            status, type, evbuffer_get_length(body),
                            more) < 0 ||
        evbuffer_add_buffer(out, body) < 0)
        visitor_free(v);
}

static void answer_text(struct visitor *v, const char *status, const char *more,
                        const char *text)
{
    struct evbuffer *body = evbuffer_new();

    if (!body || evbuffer_add_printf(body, "%s\n", text) < 0)
        visitor_free(v);
    else
        answer(v, status, "text/plain; charset=utf-8", more, body);
    if (body)
        evbuffer_free(body);
}

static void answer_metrics(struct visitor *v)
{
    static const char type[] =
        "application/openmetrics-text; version=1.0.0; charset=utf-8";
    struct evbuffer *body = evbuffer_new();

    if (!body || v->http->write(v->http->arg, body) < 0)
        visitor_free(v);
    else
        answer(v, "200 OK", type, "", body);
    if (body)
        evbuffer_free(body);
}

static void answer_request(struct visitor *v, char *line)
{
    char *save, *method = strtok_r(line, " ", &save);
    char *target = method ? strtok_r(NULL, " ", &save) : NULL;
    const char *version = target ? strtok_r(NULL, " ", &save) : NULL;

    if (!version || strncmp(version, "HTTP/1.", 7) != 0 ||
        strtok_r(NULL, " ", &save)) {
        answer_text(v, "400 Bad Request", "", "This is not HTTP/1.");
        return;
    }
    if (strcmp(method, "GET") != 0) {
        answer_text(v, "405 Method Not Allowed", "Allow: GET\r\n",
                    "There is only GET.");
        return;
    }
    target[strcspn(target, "?")] = '\0';
    if (strcmp(target, "/metrics") == 0)
        answer_metrics(v);
    else
        answer_text(v, "404 Not Found", "", "There is only /metrics.");
}

/* A request is whole when an empty line came. */
static void on_read(struct bufferevent *bev, void *arg)
{
    struct visitor *v = arg;
    struct evbuffer *in = bufferevent_get_input(bev);
    struct evbuffer_ptr end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
    char *line;

    if (v->answered) {
        (void)evbuffer_drain(in, evbuffer_get_length(in));
        return;
    }
    if (end.pos < 0 && evbuffer_get_length(in) < HTTP_REQUEST_MAX)
        return;
    if (end.pos < 0) {
        answer_text(v, "431 Request Header Fields Too Large", "",
                    "The request is too long.");
        return;
    }
    line = evbuffer_readln(in, NULL, EVBUFFER_EOL_CRLF);
    if (line)
        answer_request(v, line);
    else
        visitor_free(v);
    free(line);
}

/*
 * All is sent. Closing now, with input unread, would take the answer from a
 * client that has not read it; so it closes first, or runs out of time.
 */
static void on_written(struct bufferevent *bev, void *arg)
{
    struct visitor *v = arg;

    if (!v->answered || evbuffer_get_length(bufferevent_get_output(bev)) > 0)
        return;
    if (v->silent)
        visitor_free(v);
    else
        (void)shutdown(bufferevent_getfd(bev), SHUT_WR);
}

static void on_end(struct bufferevent *bev, short what, void *arg)
{
    struct visitor *v = arg;

    /* One may send its request, close that side, and read the answer. */
    if ((what & BEV_EVENT_EOF) && v->answered &&
        evbuffer_get_length(bufferevent_get_output(bev)) > 0)
        v->silent = true;
    else
        visitor_free(v);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    visitor_free(arg);
}

/* --- coming in ---------------------------------------------------------------
 */

static bool visitor_start(struct visitor *v)
{
    const struct timeval limit = {.tv_sec = HTTP_SECONDS};

    v->deadline = evtimer_new(v->http->base, on_deadline, v);
    if (!v->deadline || event_add(v->deadline, &limit) < 0)
        return false;
    bufferevent_setcb(v->bev, on_read, on_written, on_end, v);
    bufferevent_setwatermark(v->bev, EV_READ, 0, HTTP_REQUEST_MAX);
    return bufferevent_enable(v->bev, EV_READ | EV_WRITE) == 0;
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
                      struct sockaddr *peer, int peer_size, void *arg)
{
    struct metrics_http *http = arg;
    struct visitor *v = calloc(1, sizeof(*v));

    (void)peer;
    (void)peer_size;
    if (v)
        v->bev = bufferevent_socket_new(http->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (!v || !v->bev) {
        free(v);
        (void)close(fd);
        return;
    }
    v->http = http;
    v->next = http->visitors;
    v->link = &http->visitors;
    if (v->next)
        v->next->link = &v->next;
    http->visitors = v;
    if (++http->count >= HTTP_CLIENTS)
        (void)evconnlistener_disable(listener);
    if (!visitor_start(v))
        visitor_free(v);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
    const struct metrics_http *http = arg;

    (void)fd;
    (void)what;
    if (http->listener && http->count < HTTP_CLIENTS)
        (void)evconnlistener_enable(http->listener);
}

/* No descriptor is free, say: trying again at once would only take time. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    const struct timeval pause = {.tv_sec = 1};
    const struct metrics_http *http = arg;

    log_warn("metrics", "accept: %s", strerror(errno));
    (void)evconnlistener_disable(listener);
    (void)event_add(http->resume, &pause);
}

int metrics_http_create(struct event_base *base, metrics_write_fn *write,
                        void *arg, struct metrics_http **http_out)
{
    struct metrics_http *http = calloc(1, sizeof(*http));

    if (!http)
        return -ENOMEM;
    http->base = base;
    http->write = write;
    http->arg = arg;
    http->resume = evtimer_new(base, on_resume, http);
    if (!http->resume) {
        free(http);
        return -ENOMEM;
    }
    *http_out = http;
    return 0;
}

static void stop(struct metrics_http *http)
{
    if (http->listener)
        evconnlistener_free(http->listener);
    http->listener = NULL;
    metrics_socket_unlink(&http->socket);
    free(http->address);
    http->address = NULL;
}

static int listen_on(struct metrics_http *http, char *address,
                     const struct metrics_socket *socket)
{
    struct evconnlistener *listener = evconnlistener_new(
        http->base, on_accept, http,
        LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, socket->fd);

    if (!listener)
        return -ENOMEM;
    evconnlistener_set_error_cb(listener, on_accept_error);
    stop(http);
    http->listener = listener;
    http->address = address;
    http->socket = *socket;
    return 0;
}

static int start(struct metrics_http *http, const char *address,
                 const char *group)
{
    char *copy = strdup(address);
    struct metrics_socket socket;
    int rc;

    if (!copy)
        return -ENOMEM;
    rc = metrics_socket_open(address, group, &socket);
    if (rc == 0) {
        rc = listen_on(http, copy, &socket);
        if (rc < 0) {
            metrics_socket_unlink(&socket);
            (void)close(socket.fd);
        }
    }
    if (rc < 0)
        free(copy);
    return rc;
}

int metrics_http_listen(struct metrics_http *http, const char *address,
                        const char *group)
{
    if (!address || address[0] == '\0') {
        stop(http);
        return 0;
    }
    if (http->address && strcmp(http->address, address) == 0)
        return metrics_socket_own(&http->socket, group);
    return start(http, address, group);
}

void metrics_http_destroy(struct metrics_http *http)
{
    if (!http)
        return;
    stop(http);
    while (http->visitors)
        visitor_free(http->visitors);
    event_free(http->resume);
    free(http);
}
