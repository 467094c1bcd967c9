/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * out.h: buffered output without stdio, and text made safe for a terminal.
 */
#ifndef CHAOS_OUT_H
#define CHAOS_OUT_H

#include <stddef.h>

#define OUT_SIZE 4096

struct out {
    int fd;
    int rc; /* the first error, kept until out_flush reports it */
    size_t len;
    char buf[OUT_SIZE];
};

/* Leaves the buffer alone: clearing it would cost more than the output. */
void out_init(struct out *out, int fd);
void out_bytes(struct out *out, const char *bytes, size_t len);
void out_text(struct out *out, const char *text);
void out_printf(struct out *out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Whatever the text holds, no control character reaches the reader. */
void out_safe(struct out *out, const char *text);
/* The same, and blanks until it takes so many columns. */
void out_column(struct out *out, const char *text, unsigned columns);
/* 0, or the first -errno of all writes since the last flush. */
int out_flush(struct out *out);

/* text.c: the same into a buffer; returns the columns it takes. */
size_t text_safe(char *to, size_t size, const char *text);
/* Room that text_safe needs for a text of `len` bytes. */
#define TEXT_SAFE_SIZE(len) ((len)*4 + 1)

#endif /* CHAOS_OUT_H */
