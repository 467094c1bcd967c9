/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * conn_recv.c: a connection to chaosd: whole messages in, and their order.
 *
 * What comes is checked before it is used. Questions are numbered, so that a
 * reply that comes after its question was given up is never taken for
 * another's.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "conn.h"
#include "domain.h"
#include "internal.h"

#define ERRNO_MAX 4095

static int check(struct chaos_conn *conn, const struct chaosd_header *header)
{
    if (header->version != CHAOSD_VERSION)
        return conn_broken(conn, -EPROTO,
                           "it speaks version %u of the protocol, this program "
                           "version %d: install the two of one release",
                           header->version, CHAOSD_VERSION);
    if (header->size < sizeof(*header) || header->size > CHAOSD_REPLY_MAX ||
        header->pad != 0 || header->type > CHAOSD_TYPE_MAX ||
        header->status > 0 || header->status < -ERRNO_MAX)
        return conn_broken(conn, -EPROTO, "it sent what is no message");
    return 0;
}

/* 1: a whole message is there; 0: *need_out bytes must be. */
static int look(struct chaos_conn *conn, struct chaosd_header *header,
                size_t *need_out)
{
    size_t have = conn->end - conn->start;
    int rc;

    *need_out = sizeof(*header);
    if (have < *need_out)
        return 0;
    memcpy(header, conn->buf + conn->start, sizeof(*header));
    rc = check(conn, header);
    if (rc < 0)
        return rc;
    *need_out = header->size;
    return have >= *need_out;
}

/* What is left moves to the front, so that payloads are aligned as malloc
 * aligns. */
void conn_drop_taken(struct chaos_conn *conn)
{
    conn->start += conn->taken;
    conn->taken = 0;
    if (conn->start == 0)
        return;
    memmove(conn->buf, conn->buf + conn->start, conn->end - conn->start);
    conn->end -= conn->start;
    conn->start = 0;
}

static int make_room(struct chaos_conn *conn, size_t need)
{
    uint8_t *buf;

    if (need <= conn->size)
        return 0;
    buf = realloc(conn->buf, need);
    if (!buf)
        return chaos__fail(conn->ctx, -ENOMEM,
                           "no memory for what chaosd sends");
    conn->buf = buf;
    conn->size = need;
    return 0;
}

/* -EAGAIN: there is nothing now. */
static int receive(struct chaos_conn *conn)
{
    ssize_t n;

    do {
        n = recv(conn->fd, conn->buf + conn->end, conn->size - conn->end, 0);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN)
        return -EAGAIN;
    if (n < 0 && errno != ECONNRESET)
        return conn_broken(conn, -errno, "cannot receive from it");
    if (n <= 0)
        return conn_broken(conn, -ECONNRESET, "it closed the connection");
    conn->end += (size_t)n;
    return 0;
}

/* The wait comes first, since it is almost always needed. */
static int receive_by(struct chaos_conn *conn, uint64_t deadline, bool wait)
{
    int rc = wait ? deadline_poll(deadline, conn->fd) : 0;

    if (rc < 0 && rc != -ETIMEDOUT)
        return chaos__fail(conn->ctx, rc, "waiting for chaosd");
    if (rc == 0)
        rc = receive(conn);
    if (rc == -EAGAIN && wait)
        return 0;
    if (rc == -EAGAIN || rc == -ETIMEDOUT)
        return chaos__fail(conn->ctx, -ETIMEDOUT,
                           "chaosd does not answer in time");
    return rc;
}

/* Why the daemon ends the connection. */
static int cut_off(struct chaos_conn *conn, const struct chaosd_header *header)
{
    size_t len = header->size - sizeof(*header);
    const char *text = (const char *)conn->buf + conn->start + sizeof(*header);

    return conn_broken(conn, header->status < 0 ? header->status : -EPROTO,
                       "it closes the connection: %.*s",
                       len < CHAOS_ERROR_SIZE ? (int)len : CHAOS_ERROR_SIZE,
                       text);
}

static int receive_message(struct chaos_conn *conn, uint64_t deadline,
                           bool wait, struct chaosd_header *header_out,
                           const void **payload_out)
{
    struct chaosd_header header;
    size_t need;
    int rc;

    if (conn->broken)
        return conn_still_broken(conn);
    conn_drop_taken(conn);
    while ((rc = look(conn, &header, &need)) == 0) {
        rc = make_room(conn, need);
        if (rc == 0)
            rc = receive_by(conn, deadline, wait);
        if (rc < 0)
            return rc;
    }
    if (rc < 0)
        return rc;
    conn->taken = header.size;
    if (header.type == CHAOSD_REFUSED)
        return cut_off(conn, &header);
    *header_out = header;
    *payload_out = conn->buf + conn->start + sizeof(header);
    return 0;
}

int chaos_conn_recv(struct chaos_conn *conn, unsigned timeout_ms,
                    struct chaosd_header *header_out, const void **payload_out)
{
    uint64_t deadline = timeout_ms > 0 ? deadline_after(timeout_ms) : 0;

    return receive_message(conn, deadline, timeout_ms > 0, header_out,
                           payload_out);
}

/* The daemon's own sentence; it may be long or none. */
static int refused(struct chaos_conn *conn, const struct chaosd_header *header,
                   const void *text)
{
    size_t len = header->size - sizeof(*header);

    if (len == 0)
        return chaos__fail(conn->ctx, header->status, "chaosd refuses");
    return chaos__fail(conn->ctx, header->status, "chaosd: %.*s",
                       len < CHAOS_ERROR_SIZE ? (int)len : CHAOS_ERROR_SIZE,
                       (const char *)text);
}

int conn_reply(struct chaos_conn *conn, unsigned type, unsigned timeout_ms,
               const void **reply_out, size_t *reply_size_out)
{
    uint64_t deadline = deadline_after(timeout_ms);
    struct chaosd_header header;
    const void *payload;
    int rc;

    do {
        rc = receive_message(conn, deadline, true, &header, &payload);
        if (rc < 0)
            return rc;
        /* Numbers may wrap; half of them lie in the past. */
    } while ((int32_t)(header.id - conn->last_id) < 0);
    if (header.id != conn->last_id || header.type != type)
        return conn_broken(conn, -EPROTO, "it answers what was not asked");
    if (header.status < 0)
        return refused(conn, &header, payload);
    *reply_out = payload;
    *reply_size_out = header.size - sizeof(header);
    return 0;
}

int chaos_conn_ask(struct chaos_conn *conn, unsigned type, const void *payload,
                   size_t size, unsigned timeout_ms, const void **reply_out,
                   size_t *reply_size_out)
{
    int rc = chaos_conn_send(conn, type, payload, size);

    if (rc < 0)
        return rc;
    return conn_reply(conn, type, timeout_ms, reply_out, reply_size_out);
}
