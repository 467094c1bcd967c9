/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * serve.h: TCP services that read a request, or none, send an answer and close
 * the connection.
 *
 * At most SERVE_CONNECTIONS are open at once in all; more are reset. One that
 * does not move for SERVE_IDLE_MS is reset, one that is slow is not. All share
 * the memory for what is under way evenly.
 */
#ifndef GUEST_SERVE_H
#define GUEST_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERVE_CONNECTIONS 64
#define SERVE_IDLE_MS 60000
#define SERVE_REQUEST_MAX 1024

struct serve_answer {
    char head[256];
    size_t head_len;
    /* What follows: text, or fill is asked for it, in order, bit by bit. */
    uint64_t length;
    const char *text;
    void (*fill)(char *to, size_t len, uint64_t offset); /* NULL: text */
};

/*
 * What has come so far is len bytes (terminated). Without a request (NULL) it
 * is called as soon as somebody connects. 0: here is the answer. -EAGAIN: more
 * of the request is needed; if none follows, the connection is closed.
 */
typedef int serve_fn(const char *request, size_t len, struct serve_answer *a);

/* Has a request's head ended? Its lines may end as they like. */
bool serve_has_blank_line(const char *request);

/*
 * Listen on a TCP port; with_request: clients say something first. -ENOMEM;
 * -EADDRINUSE. After inet_start.
 */
int serve_tcp(uint16_t port, serve_fn *answer, bool with_request);

#endif /* GUEST_SERVE_H */
