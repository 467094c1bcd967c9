/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source_daemon.c: a session's bytes from chaosd: first what it has kept of
 * the guest's output, then what comes.
 *
 * What it keeps outlives it. So where it ends and starts again, the session
 * goes on with the byte that is next; where it does not, with the guest's own
 * console.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "source.h"

/* Of input, so that it fits wherever the socket says that there is room. */
#define PIECE 1024
/* How long to wait for a daemon to start again. */
#define RESTART_NS UINT64_C(5000000000)

#define EXITS 16

static void daemon_close_source(struct source *src)
{
    chaos_conn_close(src->conn);
    chaos_watch_close(src->watch);
}

static void daemon_want(const struct source *src, bool reading, bool writing,
                        struct pollfd fds[SOURCE_FDS])
{
    bool any = src->conn && !src->ended && (reading || writing);

    fds[0] = (struct pollfd){
        .fd = any ? chaos_conn_fd(src->conn) : -1,
        .events = (short)((reading ? POLLIN : 0) | (writing ? POLLOUT : 0)),
    };
    fds[1] = (struct pollfd){
        .fd = src->ended ? -1 : chaos_watch_fd(src->watch),
        .events = POLLIN,
    };
}

/*
 * To the daemon a guest that suspends has not ended. The reply to this question
 * comes when all that it wrote until then has been sent.
 */
static void ask_for_rest(struct source *src)
{
    char id[16];
    int len = snprintf(id, sizeof(id), "%u", src->domid);

    /* Where that fails, so does the next that is received. */
    if (src->conn)
        (void)!chaos_conn_send(src->conn, CHAOSD_LOG, id, (size_t)len);
}

static int look_suspended(struct source *src)
{
    struct chaos_domain_info info;
    int rc = chaos_domain_info(src->cli->ctx, src->domid, &info);

    if (rc == 0 && info.stopped && info.reason == CHAOS_REASON_SUSPEND)
        ask_for_rest(src);
    return rc == -ESRCH ? 0 : rc;
}

static int take_exits(struct source *src)
{
    struct noxs_exit exits[EXITS];
    int i, n;

    do {
        n = chaos_watch_read(src->watch, exits, EXITS);
        if (n == -EOVERFLOW)
            return look_suspended(src);
        for (i = 0; i < n; i++)
            if (exits[i].domid == src->domid &&
                exits[i].kind == NOXS_EXIT_SHUTDOWN &&
                exits[i].reason == CHAOS_REASON_SUSPEND)
                ask_for_rest(src);
    } while (n == EXITS);
    return n < 0 ? n : 0;
}

/* It has ended, or no longer keeps to the rules. */
static void lose(struct source *src)
{
    chaos_conn_close(src->conn);
    src->conn = NULL;
    src->data_len = 0;
    src->lost_ns = clock_ns();
}

static int daemon_polled(struct source *src,
                         const struct pollfd fds[SOURCE_FDS])
{
    int rc;

    if (!src->lost_ns)
        return fds[1].revents ? take_exits(src) : 0;
    rc = source_open_daemon(src);
    if (rc == -ESRCH) {
        source_end(src, SESSION_GONE, 0);
        rc = 0;
    } else if (rc < 0 && clock_ns() - src->lost_ns < RESTART_NS) {
        return 0;
    }
    if (rc < 0)
        rc = source_open_direct(src);
    src->lost_ns = 0;
    return rc;
}

static void take_data(struct source *src, const uint8_t *payload, size_t size)
{
    struct chaosd_console_data head;

    memcpy(&head, payload, sizeof(head));
    if (head.offset > src->next)
        cli_notice(src->cli, "%llu bytes of output were too fast, and are lost",
                   (unsigned long long)(head.offset - src->next));
    src->data = payload + sizeof(head);
    src->data_len = size - sizeof(head);
    src->next = head.offset + src->data_len;
}

/* The next message. -EAGAIN: none is there, or the daemon is lost. */
static int take_message(struct source *src)
{
    struct chaosd_console_end end;
    struct chaosd_header header;
    const void *payload;
    size_t size;
    int rc = chaos_conn_recv(src->conn, 0, &header, &payload);

    if (rc < 0 && rc != -ETIMEDOUT)
        lose(src);
    if (rc < 0)
        return -EAGAIN;
    size = header.size - sizeof(header);
    if (header.type == CHAOSD_CONSOLE_DATA &&
        size >= sizeof(struct chaosd_console_data)) {
        take_data(src, payload, size);
    } else if (header.type == CHAOSD_CONSOLE_END && size >= sizeof(end)) {
        memcpy(&end, payload, sizeof(end));
        if (end.how == CHAOSD_END_STOPPED)
            source_end(src, SESSION_STOPPED, end.reason);
        else
            source_end(src, SESSION_GONE, 0);
    } else if (header.type == CHAOSD_LOG) {
        source_end(src, SESSION_STOPPED, CHAOS_REASON_SUSPEND);
    }
    return 0;
}

static ssize_t daemon_read(struct source *src, void *buf, size_t size)
{
    size_t len;

    while (src->data_len == 0 && src->conn && !src->ended)
        if (take_message(src) < 0)
            return 0;
    len = src->data_len < size ? src->data_len : size;
    if (len > 0)
        memcpy(buf, src->data, len);
    src->data += len;
    src->data_len -= len;
    return (ssize_t)len;
}

/* A guest that takes nothing must not make this wait. */
static ssize_t daemon_write(struct source *src, const void *buf, size_t len)
{
    struct pollfd fd = {.events = POLLOUT};
    size_t piece = len < PIECE ? len : PIECE;

    if (src->ended || !src->conn)
        return 0;
    fd.fd = chaos_conn_fd(src->conn);
    if (poll(&fd, 1, 0) <= 0 || !(fd.revents & POLLOUT) ||
        chaos_conn_send(src->conn, CHAOSD_CONSOLE_INPUT, buf, piece) < 0)
        return 0;
    return (ssize_t)piece;
}

/* Whether it did not answer at all, so that one can do without it. */
static bool is_silent(int rc)
{
    return rc == -ETIMEDOUT || rc == -ECONNRESET || rc == -EPROTO;
}

static int ask_for_console(struct source *src)
{
    const struct chaosd_console question = {.domid = src->domid,
                                            .from = src->next};
    struct chaosd_console_at at;
    const void *reply;
    size_t size;
    int rc =
        chaos_conn_ask(src->conn, CHAOSD_CONSOLE, &question, sizeof(question),
                       CHAOS_DAEMON_TIMEOUT_MS, &reply, &size);

    if (rc < 0)
        return is_silent(rc) ? -EAGAIN : rc;
    if (size < sizeof(at))
        return -EAGAIN;
    memcpy(&at, reply, sizeof(at));
    /* What was written long before the session is not missed. */
    if (!src->lost_ns)
        src->next = at.first;
    return 0;
}

int source_open_daemon(struct source *src)
{
    static const struct source_ops ops = {
        .close = daemon_close_source,
        .want = daemon_want,
        .polled = daemon_polled,
        .read = daemon_read,
        .write = daemon_write,
    };
    int rc;

    if (chaos_conn_open(src->cli->ctx, &src->conn) < 0)
        return -EAGAIN;
    rc = src->watch ? 0 : chaos_watch_open(src->cli->ctx, &src->watch);
    if (rc == 0)
        rc = ask_for_console(src);
    if (rc == 0)
        rc = look_suspended(src);
    if (rc < 0) {
        chaos_conn_close(src->conn);
        src->conn = NULL;
        return rc;
    }
    src->ops = &ops;
    return 0;
}
