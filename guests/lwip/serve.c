/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * serve.c: connections of serve.h, on lwIP's raw API.
 */
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/serve.h>

#include <lwip/mem.h>
#include <lwip/tcp.h>

/* lwIP asks each connection this often (in half seconds) how it is. */
#define POLL 4
#define IDLE_POLLS (SERVE_IDLE_MS / (POLL * 500))
/* What all connections together may have under way, and each in any case. */
#define UNDER_WAY (512u * 1024)
#define UNDER_WAY_EACH (2u * TCP_MSS)

struct connection {
    serve_fn *answer;
    bool with_request;
    bool answering;
    unsigned int idle;
    uint64_t sent; /* of the answer, head included; handed to lwIP */
    size_t len;
    char request[SERVE_REQUEST_MAX + 1];
    struct serve_answer a;
};

struct service {
    serve_fn *answer;
    bool with_request;
};

static unsigned int connections;

static void forget(struct connection *c)
{
    mem_free(c);
    connections--;
}

/* The last callback that lwIP makes for the connection is behind us. */
static void detach(struct tcp_pcb *pcb)
{
    tcp_arg(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_sent(pcb, NULL);
    tcp_err(pcb, NULL);
    tcp_poll(pcb, NULL, 0);
}

static err_t reset(struct tcp_pcb *pcb, struct connection *c)
{
    detach(pcb);
    forget(c);
    tcp_abort(pcb);
    return ERR_ABRT;
}

/* What has been queued is still sent. Without memory for that, reset. */
static err_t end(struct tcp_pcb *pcb, struct connection *c)
{
    detach(pcb);
    forget(c);
    /*
     * lwIP resets a connection that has bytes not read yet. Between an
     * acknowledgement that lets us finish and the end that came with it, which
     * counts as a byte, it thinks so.
     */
    tcp_recved(pcb, (u16_t)(TCP_WND - pcb->rcv_wnd));
    if (tcp_close(pcb) == ERR_OK)
        return ERR_OK;
    tcp_abort(pcb);
    return ERR_ABRT;
}

/* How much of the answer may be queued now. */
static size_t room(const struct tcp_pcb *pcb)
{
    size_t share = UNDER_WAY / connections;
    size_t queued = TCP_SND_BUF - tcp_sndbuf(pcb);

    if (share < UNDER_WAY_EACH)
        share = UNDER_WAY_EACH;
    if (share > TCP_SND_BUF)
        share = TCP_SND_BUF;
    return queued < share ? share - queued : 0;
}

bool serve_has_blank_line(const char *request)
{
    const char *s;

    for (s = request; *s; s++)
        if (s[0] == '\n' && (s[1] == '\n' || (s[1] == '\r' && s[2] == '\n')))
            return true;
    return false;
}

static void fill(const struct serve_answer *a, char *to, size_t len,
                 uint64_t offset)
{
    if (a->fill)
        a->fill(to, len, offset);
    else
        memcpy(to, a->text + offset, len);
}

/* The next piece of the answer, at most max bytes of it. */
static size_t next_piece(const struct connection *c, char *to, size_t max)
{
    const struct serve_answer *a = &c->a;
    uint64_t left = a->head_len + a->length - c->sent;
    size_t len = left < max ? (size_t)left : max;

    if (c->sent >= a->head_len) {
        fill(a, to, len, c->sent - a->head_len);
        return len;
    }
    if (len > a->head_len - c->sent)
        len = a->head_len - c->sent;
    memcpy(to, a->head + c->sent, len);
    return len;
}

/* Queue what there is room for; close when it is all. */
static err_t send_on(struct tcp_pcb *pcb, struct connection *c)
{
    static char piece[TCP_MSS];
    uint64_t total = c->a.head_len + c->a.length;
    size_t len, space;

    while (c->sent < total && (space = room(pcb))) {
        len =
            next_piece(c, piece, space < sizeof(piece) ? space : sizeof(piece));
        if (tcp_write(pcb, piece, (u16_t)len,
                      TCP_WRITE_FLAG_COPY |
                          (c->sent + len < total ? TCP_WRITE_FLAG_MORE : 0)))
            break;
        c->sent += len;
    }
    if (c->sent == total)
        return end(pcb, c);
    tcp_output(pcb);
    return ERR_OK;
}

static err_t consider(struct tcp_pcb *pcb, struct connection *c)
{
    int rc = c->answer(c->with_request ? c->request : NULL, c->len, &c->a);

    if (rc == -EAGAIN && c->len < SERVE_REQUEST_MAX)
        return ERR_OK;
    if (rc)
        return reset(pcb, c);
    c->answering = true;
    return send_on(pcb, c);
}

static void take(struct connection *c, const struct pbuf *p)
{
    size_t space = SERVE_REQUEST_MAX - c->len;

    /* What follows a request is not for us. */
    if (c->answering)
        return;
    c->len +=
        pbuf_copy_partial(p, c->request + c->len,
                          (u16_t)(p->tot_len < space ? p->tot_len : space), 0);
    c->request[c->len] = '\0';
}

static err_t on_received(void *arg, struct tcp_pcb *pcb, struct pbuf *p,
                         err_t err)
{
    struct connection *c = arg;

    (void)err;
    /* The other side will say no more. */
    if (!p)
        return c->answering ? ERR_OK : end(pcb, c);
    c->idle = 0;
    take(c, p);
    tcp_recved(pcb, p->tot_len);
    pbuf_free(p);
    return c->answering ? ERR_OK : consider(pcb, c);
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t len)
{
    struct connection *c = arg;

    (void)len;
    c->idle = 0;
    return c->answering ? send_on(pcb, c) : ERR_OK;
}

/* Also the second chance of what found no memory. */
static err_t on_poll(void *arg, struct tcp_pcb *pcb)
{
    struct connection *c = arg;

    if (++c->idle > IDLE_POLLS)
        return reset(pcb, c);
    return c->answering ? send_on(pcb, c) : ERR_OK;
}

static void on_error(void *arg, err_t err)
{
    (void)err;
    forget(arg);
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
    const struct service *s = arg;
    struct connection *c;

    if (err || !pcb || connections == SERVE_CONNECTIONS)
        return ERR_MEM;
    c = mem_calloc(1, sizeof(*c));
    if (!c)
        return ERR_MEM;
    connections++;
    c->answer = s->answer;
    c->with_request = s->with_request;
    tcp_arg(pcb, c);
    tcp_recv(pcb, on_received);
    tcp_sent(pcb, on_sent);
    tcp_err(pcb, on_error);
    tcp_poll(pcb, on_poll, POLL);
    return c->with_request ? ERR_OK : consider(pcb, c);
}

/* A service is for ever, so nothing of it is given back. */
int serve_tcp(uint16_t port, serve_fn *answer, bool with_request)
{
    struct service *s = mem_malloc(sizeof(*s));
    struct tcp_pcb *pcb = s ? tcp_new() : NULL;
    struct tcp_pcb *listening;

    if (!pcb)
        return -ENOMEM;
    s->answer = answer;
    s->with_request = with_request;
    if (tcp_bind(pcb, IP_ANY_TYPE, port))
        return -EADDRINUSE;
    listening = tcp_listen(pcb);
    if (!listening)
        return -ENOMEM;
    tcp_arg(listening, s);
    tcp_accept(listening, on_accept);
    return 0;
}
