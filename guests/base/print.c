/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * print.c: formatted text.
 */
#include <guest/console.h>
#include <guest/lib.h>

struct out {
    char *buf;
    size_t size;
    size_t len; /* of the whole text, whether it fits or not */
};

struct spec {
    bool left, zero;
    int width, precision; /* precision -1: none */
    int longs;
};

static void put(struct out *o, char c)
{
    if (o->len + 1 < o->size)
        o->buf[o->len] = c;
    o->len++;
}

static void put_field(struct out *o, const struct spec *s, const char *text,
                      int len)
{
    int pad = s->width - len;

    for (; !s->left && pad > 0; pad--)
        put(o, ' ');
    while (len--)
        put(o, *text++);
    for (; pad > 0; pad--)
        put(o, ' ');
}

static void put_number(struct out *o, struct spec *s, uint64_t n, bool negative,
                       unsigned int base, char ten)
{
    char text[32];
    char *p = text + sizeof(text);
    int digits = 0;

    do {
        unsigned int d = (unsigned int)(n % base);

        *--p = (char)(d < 10 ? '0' + d : ten + (d - 10));
        digits++;
    } while (n /= base);
    while (s->zero && !s->left && p > text + 1 &&
           digits + negative < s->width) {
        *--p = '0';
        digits++;
    }
    if (negative)
        *--p = '-';
    put_field(o, s, p, (int)(text + sizeof(text) - p));
}

static int number(const char **fmt, va_list *ap)
{
    int n = 0;

    if (**fmt == '*') {
        ++*fmt;
        return va_arg(*ap, int);
    }
    for (; **fmt >= '0' && **fmt <= '9'; ++*fmt)
        n = n * 10 + (**fmt - '0');
    return n;
}

static struct spec parse_spec(const char **fmt, va_list *ap)
{
    struct spec s = {.precision = -1};

    for (; **fmt == '-' || **fmt == '0'; ++*fmt)
        if (**fmt == '-')
            s.left = true;
        else
            s.zero = true;
    s.width = number(fmt, ap);
    if (**fmt == '.') {
        ++*fmt;
        s.precision = number(fmt, ap);
    }
    for (; **fmt == 'l' || **fmt == 'z'; ++*fmt)
        s.longs++;
    return s;
}

static void put_string(struct out *o, const struct spec *s, const char *text)
{
    size_t max = s->precision < 0 ? SIZE_MAX : (size_t)s->precision;

    if (!text)
        text = "(null)";
    put_field(o, s, text, (int)strnlen(text, max));
}

static void put_signed(struct out *o, struct spec *s, int64_t n)
{
    put_number(o, s, n < 0 ? -(uint64_t)n : (uint64_t)n, n < 0, 10, 'a');
}

static void put_spec(struct out *o, struct spec *s, char type, va_list *ap)
{
    char c;

    switch (type) {
    case 'c':
        c = (char)va_arg(*ap, int);
        put_field(o, s, &c, 1);
        break;
    case 's':
        put_string(o, s, va_arg(*ap, const char *));
        break;
    case 'd':
    case 'i':
        put_signed(o, s, s->longs ? va_arg(*ap, long) : va_arg(*ap, int));
        break;
    case 'u':
    case 'x':
    case 'X':
        put_number(o, s,
                   s->longs ? va_arg(*ap, unsigned long)
                            : va_arg(*ap, unsigned int),
                   false, type == 'u' ? 10 : 16, type == 'X' ? 'A' : 'a');
        break;
    case 'p':
        put(o, '0');
        put(o, 'x');
        put_number(o, s, (uintptr_t)va_arg(*ap, void *), false, 16, 'a');
        break;
    default:
        put(o, type);
    }
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
    struct out o = {.buf = buf, .size = size};
    struct spec s;
    va_list args;

    va_copy(args, ap);
    for (; *fmt; fmt++) {
        if (*fmt != '%') {
            put(&o, *fmt);
            continue;
        }
        fmt++;
        s = parse_spec(&fmt, &args);
        if (!*fmt)
            break;
        put_spec(&o, &s, *fmt, &args);
    }
    va_end(args);
    if (size)
        buf[o.len < size ? o.len : size - 1] = '\0';
    return (int)o.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;
    int len;

    va_start(ap, fmt);
    len = vsnprintf(buf, size, fmt, ap);
    va_end(ap);
    return len;
}

int vprintf(const char *fmt, va_list ap)
{
    char text[256];
    int len = vsnprintf(text, sizeof(text), fmt, ap);

    console_write(text, strnlen(text, sizeof(text)));
    return len;
}

int printf(const char *fmt, ...)
{
    va_list ap;
    int len;

    va_start(ap, fmt);
    len = vprintf(fmt, ap);
    va_end(ap);
    return len;
}
