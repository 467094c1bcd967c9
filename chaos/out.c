/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * out.c: a small buffer before write(2).
 *
 * A create prints one line: stdio's allocation and fstat cost more than that.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "out.h"

void out_init(struct out *out, int fd)
{
    out->fd = fd;
    out->rc = 0;
    out->len = 0;
}

static void write_all(struct out *out, const char *bytes, size_t len)
{
    while (len > 0 && out->rc == 0) {
        ssize_t n = write(out->fd, bytes, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            out->rc = -errno;
            return;
        }
        bytes += n;
        len -= (size_t)n;
    }
}

int out_flush(struct out *out)
{
    int rc;

    write_all(out, out->buf, out->len);
    out->len = 0;
    rc = out->rc;
    out->rc = 0;
    return rc;
}

void out_bytes(struct out *out, const char *bytes, size_t len)
{
    if (len > sizeof(out->buf) - out->len) {
        write_all(out, out->buf, out->len);
        out->len = 0;
    }
    if (len > sizeof(out->buf)) {
        write_all(out, bytes, len);
        return;
    }
    memcpy(out->buf + out->len, bytes, len);
    out->len += len;
}

void out_text(struct out *out, const char *text)
{
    out_bytes(out, text, strlen(text));
}

void out_printf(struct out *out, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    int len;

    va_start(ap, fmt);
    len = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (len < 0)
        return;
    out_bytes(out, text,
              (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1);
}

/* Returns the columns it took. */
static size_t put_safe(struct out *out, const char *text)
{
    size_t columns = 0;

    while (*text) {
        char piece[65], safe[TEXT_SAFE_SIZE(64)];
        size_t len = strnlen(text, 64);

        /* Never cut a UTF-8 sequence in two. */
        while (len == 64 && len > 60 &&
               ((unsigned char)text[len] & 0xc0) == 0x80)
            len--;
        memcpy(piece, text, len);
        piece[len] = '\0';
        columns += text_safe(safe, sizeof(safe), piece);
        out_text(out, safe);
        text += len;
    }
    return columns;
}

void out_safe(struct out *out, const char *text)
{
    (void)put_safe(out, text);
}

void out_column(struct out *out, const char *text, unsigned columns)
{
    size_t taken = put_safe(out, text);

    if (taken < columns)
        out_printf(out, "%*s", (int)(columns - taken), "");
}
