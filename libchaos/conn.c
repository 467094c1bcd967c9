/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * conn.c: a connection to chaosd: opening it, and whole messages out.
 *
 * Only a daemon of root's (or one's own) is talked to. Nothing here raises
 * SIGPIPE.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "conn.h"
#include "internal.h"

#define BUFFER_SIZE 16384u

int conn_broken(struct chaos_conn *conn, int rc, const char *fmt, ...)
{
    char text[CHAOS_ERROR_SIZE];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    conn->broken = rc;
    return chaos__fail(conn->ctx, rc, "chaosd: %s", text);
}

int conn_still_broken(const struct chaos_conn *conn)
{
    return chaos__fail(conn->ctx, conn->broken,
                       "chaosd: the connection is broken");
}

/* --- opening -------------------------------------------------------------- */

static int address_make(struct chaos_ctx *ctx, struct sockaddr_un *addr)
{
    int len;

    if (ctx->daemon_off)
        return chaos__fail(ctx, -ENOENT, "chaosd is not to be used here");
    addr->sun_family = AF_UNIX;
    if (ctx->daemon_path)
        len = snprintf(addr->sun_path, sizeof(addr->sun_path), "%s",
                       ctx->daemon_path);
    else
        len = snprintf(addr->sun_path, sizeof(addr->sun_path), "%s/%s",
                       ctx->run_dir, "chaosd.sock");
    if ((size_t)len >= sizeof(addr->sun_path))
        return chaos__fail(ctx, -ENAMETOOLONG, "the path of chaosd's socket");
    return 0;
}

/* Many connect at once: wait for the daemon to accept some. */
static int connect_later(int fd, const struct sockaddr_un *addr)
{
    struct timeval limit = {.tv_sec = CHAOS_DAEMON_TIMEOUT_MS / 1000,
                            .tv_usec = CHAOS_DAEMON_TIMEOUT_MS % 1000 * 1000};
    int rc = 0;

    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ||
        fcntl(fd, F_SETFL, 0) < 0)
        return -errno;
    if (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0)
        rc = errno == EAGAIN ? -ETIMEDOUT : -errno;
    if (rc == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        rc = -errno;
    return rc;
}

/* A socket that somebody else left in the place of the daemon's. */
static int check_peer(struct chaos_ctx *ctx, int fd)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
        return chaos__fail(ctx, -errno, "chaosd: who it is");
    if (peer.uid != 0 && peer.uid != geteuid())
        return chaos__fail(ctx, -EPERM,
                           "what listens on chaosd's socket is of user %u, "
                           "not of root: it is not talked to",
                           peer.uid);
    return 0;
}

static int connect_failed(struct chaos_ctx *ctx, int rc)
{
    if (rc == -ENOENT || rc == -ECONNREFUSED)
        return chaos__fail(ctx, rc,
                           "chaosd is not running ('systemctl start chaosd' "
                           "starts it)");
    if (rc == -EACCES)
        return chaos__fail(ctx, rc, "chaosd does not let this user in");
    return chaos__fail(ctx, rc, "cannot connect to chaosd");
}

static int connect_fd(struct chaos_ctx *ctx, int fd)
{
    struct sockaddr_un addr = {0};
    int rc = address_make(ctx, &addr);

    if (rc < 0)
        return rc;
    if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
        rc = errno == EAGAIN ? connect_later(fd, &addr) : -errno;
    if (rc < 0)
        return connect_failed(ctx, rc);
    return check_peer(ctx, fd);
}

int chaos_conn_open(struct chaos_ctx *ctx, struct chaos_conn **conn_out)
{
    CLEANUP_CLOSE int fd =
        socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct chaos_conn *conn;
    int rc;

    if (fd < 0)
        return chaos__fail(ctx, -errno, "a socket for chaosd");
    rc = connect_fd(ctx, fd);
    if (rc < 0)
        return rc;
    conn = calloc(1, sizeof(*conn));
    if (conn)
        conn->buf = malloc(BUFFER_SIZE);
    if (!conn || !conn->buf) {
        free(conn);
        return chaos__fail(ctx, -ENOMEM, "no memory to talk to chaosd");
    }
    conn->size = BUFFER_SIZE;
    conn->ctx = ctx;
    conn->fd = TAKE_FD(fd);
    *conn_out = conn;
    return 0;
}

void chaos_conn_close(struct chaos_conn *conn)
{
    if (!conn)
        return;
    close(conn->fd);
    free(conn->buf);
    free(conn);
}

int chaos_conn_fd(const struct chaos_conn *conn)
{
    return conn->fd;
}

/* --- sending -------------------------------------------------------------- */

static int wait_for_room(const struct chaos_conn *conn)
{
    struct pollfd pfd = {.fd = conn->fd, .events = POLLOUT};

    return poll(&pfd, 1, -1) < 0 && errno != EINTR ? -errno : 0;
}

/* The header and the payload in one call wherever they fit. */
static int send_all(struct chaos_conn *conn, const struct iovec parts[2],
                    bool wait)
{
    size_t all = parts[0].iov_len + parts[1].iov_len, sent = 0;

    while (sent < all) {
        struct iovec left[2] = {parts[0], parts[1]};
        struct msghdr msg = {.msg_iov = left, .msg_iovlen = 2};
        size_t head = sent < left[0].iov_len ? sent : left[0].iov_len;
        ssize_t n;

        left[0].iov_base = (uint8_t *)left[0].iov_base + head;
        left[0].iov_len -= head;
        left[1].iov_base = (uint8_t *)left[1].iov_base + (sent - head);
        left[1].iov_len -= sent - head;
        n = sendmsg(conn->fd, &msg, MSG_NOSIGNAL);
        if (n >= 0)
            sent += (size_t)n;
        else if (errno == EAGAIN && wait && wait_for_room(conn) == 0)
            continue;
        else if (errno != EINTR)
            return -errno;
    }
    return 0;
}

static int send_message(struct chaos_conn *conn, unsigned type,
                        const void *payload, size_t size, bool wait)
{
    struct chaosd_header header = {
        .size = (uint32_t)(sizeof(header) + size),
        .version = CHAOSD_VERSION,
        .type = (uint16_t)type,
    };
    struct iovec parts[2] = {{&header, sizeof(header)}, {NULL, size}};
    int rc;

    if (conn->broken)
        return conn_still_broken(conn);
    if (size > CHAOSD_REQUEST_MAX - sizeof(header))
        return chaos__fail(conn->ctx, -EMSGSIZE,
                           "chaosd takes at most %u bytes at once",
                           CHAOSD_REQUEST_MAX);
    header.id = ++conn->last_id;
    memcpy(&parts[1].iov_base, &payload, sizeof(payload));
    rc = send_all(conn, parts, wait);
    if (rc == -EPIPE || rc == -ECONNRESET)
        return conn_broken(conn, -ECONNRESET, "it closed the connection");
    return rc < 0 ? conn_broken(conn, rc, "cannot send to it") : 0;
}

int chaos_conn_send(struct chaos_conn *conn, unsigned type, const void *payload,
                    size_t size)
{
    return send_message(conn, type, payload, size, true);
}

int conn_post(struct chaos_conn *conn, unsigned type, const void *payload,
              size_t size)
{
    return send_message(conn, type, payload, size, false);
}
