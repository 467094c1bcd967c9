/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * conn.h: a connection to chaosd, as its two files (conn.c opens and sends,
 * conn_recv.c receives) and daemon.c have it.
 */
#ifndef LIBCHAOS_CONN_H
#define LIBCHAOS_CONN_H

#include <stddef.h>
#include <stdint.h>

#include <chaos/daemon.h>

struct chaos_conn {
    struct chaos_ctx *ctx; /* borrowed from the caller */
    int fd;
    int broken;       /* -errno of the failure that stays; 0: none */
    uint32_t last_id; /* of what was sent last */
    uint8_t *buf;     /* owned */
    /* What was received and not yet done with begins at `start`; the first
     * `taken` bytes of it are the message that was returned last. */
    size_t size, start, end, taken;
};

/* The stream is in an unknown state: nothing more comes or goes. Returns rc. */
int conn_broken(struct chaos_conn *conn, int rc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* What every use after that returns. */
int conn_still_broken(const struct chaos_conn *conn);

/*
 * As chaos_conn_send, but -EAGAIN rather than wait where the socket is full;
 * the connection is broken then.
 */
int conn_post(struct chaos_conn *conn, unsigned type, const void *payload,
              size_t size) CHAOS_CHECK;
/* Be done with the message that was returned last. */
void conn_drop_taken(struct chaos_conn *conn);
/* The second half of chaos_conn_ask: the reply to what was sent last. */
int conn_reply(struct chaos_conn *conn, unsigned type, unsigned timeout_ms,
               const void **reply_out, size_t *reply_size_out) CHAOS_CHECK;

#endif /* LIBCHAOS_CONN_H */
