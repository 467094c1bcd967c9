/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib.h: the few functions of the C library that guests have.
 */
#ifndef GUEST_LIB_H
#define GUEST_LIB_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *p, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);

/*
 * A decimal number at the start of *s, which moves behind it. -EINVAL: there
 * is none; -ERANGE: it does not fit.
 */
int parse_u64(const char **s, uint64_t *out);
/*
 * Is `word` one of the words of the command line (separated by blanks)? With
 * "key=" as the word, value_out (may be NULL) points to what follows it.
 */
bool cmdline_has(const char *cmdline, const char *word, const char **value_out);

/*
 * Formats: d i u x X p c s %, flags 0 and -, width, precision for s (also *),
 * and l, ll, z. Always terminates; returns the length the text would have had.
 */
__attribute__((format(printf, 3, 0))) int
vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
__attribute__((format(printf, 3, 4))) int snprintf(char *buf, size_t size,
                                                   const char *fmt, ...);
/* To the console; what is longer than 255 characters is cut. */
__attribute__((format(printf, 1, 2))) int printf(const char *fmt, ...);
__attribute__((format(printf, 1, 0))) int vprintf(const char *fmt, va_list ap);

#endif /* GUEST_LIB_H */
