/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stream.c: whole buffers through a TCP connection; see stream.h.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "peer.h"
#include "sample.h"
#include "stream.h"

static char chunk[PEER_CHUNK];

static size_t next_chunk(uint64_t left)
{
    return left < sizeof(chunk) ? (size_t)left : sizeof(chunk);
}

void send_all(int fd, const void *data, size_t size)
{
    const char *p = data;

    while (size > 0) {
        ssize_t n = send(fd, p, size, MSG_NOSIGNAL);

        if (n < 0)
            die("send", strerror(errno));
        p += n;
        size -= (size_t)n;
    }
}

void receive_all(int fd, void *data, size_t size)
{
    char *p = data;

    while (size > 0) {
        ssize_t n = recv(fd, p, size, MSG_WAITALL);

        if (n <= 0)
            die("receive", n ? strerror(errno) : "the other side left");
        p += n;
        size -= (size_t)n;
    }
}

void send_bytes(int fd, uint64_t bytes)
{
    for (uint64_t left = bytes; left > 0; left -= next_chunk(left))
        send_all(fd, chunk, next_chunk(left));
}

/* Without MSG_WAITALL, which would wake us up more seldom than a real reader.
 */
void receive_bytes(int fd, uint64_t bytes)
{
    while (bytes > 0) {
        ssize_t n = recv(fd, chunk, next_chunk(bytes), 0);

        if (n <= 0)
            die("receive", n ? strerror(errno) : "the other side left");
        bytes -= (uint64_t)n;
    }
}

void no_delay(int fd)
{
    int on = 1;

    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0)
        die("TCP_NODELAY", strerror(errno));
}
