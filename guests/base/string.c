/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * string.c: memory and strings.
 */
#include <guest/hypercall.h>
#include <guest/lib.h>

/* The compiler calls these wherever it likes, after it has seen all calls. */
#define KEEP __attribute__((used))

KEEP void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    void *p = to;
    size_t words = n / 8;

    n %= 8;
    __asm__ volatile("rep movsq" : "+D"(p), "+S"(from), "+c"(words)::"memory");
    __asm__ volatile("rep movsb" : "+D"(p), "+S"(from), "+c"(n)::"memory");
    return to;
}

KEEP void *memmove(void *to, const void *from, size_t n)
{
    char *d = (char *)to + n;
    const char *s = (const char *)from + n;

    if ((uintptr_t)to - (uintptr_t)from >= n)
        return memcpy(to, from, n);
    while (n--)
        *--d = *--s;
    return to;
}

KEEP void *memset(void *p, int c, size_t n)
{
    uint64_t value = (uint8_t)c * 0x0101010101010101ul;
    void *q = p;
    size_t words = n / 8;

    n %= 8;
    __asm__ volatile("rep stosq"
                     : "+D"(q), "+c"(words)
                     : "a"(value)
                     : "memory");
    __asm__ volatile("rep stosb" : "+D"(q), "+c"(n) : "a"(value) : "memory");
    return p;
}

KEEP int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *x = a, *y = b;

    for (; n; n--, x++, y++)
        if (*x != *y)
            return *x < *y ? -1 : 1;
    return 0;
}

size_t strnlen(const char *s, size_t max)
{
    size_t n = 0;

    while (n < max && s[n])
        n++;
    return n;
}

size_t strlen(const char *s)
{
    return strnlen(s, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n; n--, a++, b++)
        if (*a != *b || !*a)
            return (unsigned char)*a - (unsigned char)*b;
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

int parse_u64(const char **s, uint64_t *out)
{
    const char *p = *s;
    uint64_t value = 0;

    if (*p < '0' || *p > '9')
        return -EINVAL;
    for (; *p >= '0' && *p <= '9'; p++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
            return -ERANGE;
    *s = p;
    *out = value;
    return 0;
}

bool cmdline_has(const char *cmdline, const char *word, const char **value_out)
{
    size_t len = strlen(word);
    const char *p = cmdline;
    bool is_key = len && word[len - 1] == '=';

    while (*p) {
        while (*p == ' ')
            p++;
        if (!strncmp(p, word, len) && (is_key || !p[len] || p[len] == ' ')) {
            if (value_out)
                *value_out = p + len;
            return true;
        }
        while (*p && *p != ' ')
            p++;
    }
    return false;
}
