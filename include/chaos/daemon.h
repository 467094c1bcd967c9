/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * chaos/daemon.h: talking to chaosd (chaos/chaosd.h, docs/chaosd.md).
 *
 * Every context uses the daemon by itself where it runs: chaos_domain_create
 * asks for a shell and says what became of it. Without one, or when it does not
 * answer within CHAOS_DAEMON_TIMEOUT_MS, everything goes on without.
 */
#ifndef CHAOS_DAEMON_H
#define CHAOS_DAEMON_H

#include <stdbool.h>

#include <chaos/chaosd.h>
#include <chaos/ctx.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CHAOS_DAEMON_TIMEOUT_MS 1000

/*
 * Where the daemon listens; NULL: use none. The default is CHAOSD_SOCKET, or
 * chaosd.sock in the run directory that was set: a daemon serves one of them.
 * The path is copied.
 */
int chaos_ctx_set_daemon(struct chaos_ctx *ctx, const char *path) CHAOS_CHECK;

struct chaos_conn;

/*
 * Connect. -ENOENT or -ECONNREFUSED: no daemon runs here; -EACCES: it does not
 * let this user in.
 */
int chaos_conn_open(struct chaos_ctx *ctx,
                    struct chaos_conn **conn_out) CHAOS_CHECK;
void chaos_conn_close(struct chaos_conn *conn);
/* Readable when a message may be there. Borrowed; do not close it. */
int chaos_conn_fd(const struct chaos_conn *conn);

/* Send one message. Blocks while the socket is full. */
int chaos_conn_send(struct chaos_conn *conn, unsigned type, const void *payload,
                    size_t size) CHAOS_CHECK;
/*
 * The next message, at most timeout_ms from now: -ETIMEDOUT (0: only what is
 * there). *payload_out is borrowed until the next chaos_conn_recv or _ask, and
 * aligned to 8 bytes; header_out->size tells its size. -ECONNRESET: the daemon
 * closed the connection. A status of less than 0 is no error of this function.
 */
int chaos_conn_recv(struct chaos_conn *conn, unsigned timeout_ms,
                    struct chaosd_header *header_out,
                    const void **payload_out) CHAOS_CHECK;
/*
 * Send a question and wait for its reply. A status of less than 0 is returned,
 * with the daemon's sentence as the context's error.
 */
int chaos_conn_ask(struct chaos_conn *conn, unsigned type, const void *payload,
                   size_t size, unsigned timeout_ms, const void **reply_out,
                   size_t *reply_size_out) CHAOS_CHECK;

#ifdef __cplusplus
}
#endif

#endif /* CHAOS_DAEMON_H */
