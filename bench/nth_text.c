/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nth_text.c: what differs from one guest of bench-nth to the next; see
 * nth_text.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nth_text.h"
#include "sample.h"

#define VALUE_SIZE 32
#define CONFIG_SIZE 8192

/* Guest 0, which is gone before the first comes, has that one's place. */
static unsigned long place(unsigned long n)
{
    return n ? n - 1 : 0;
}

void nth_address(char *out, size_t size, unsigned long n)
{
    unsigned long host = place(n) % NTH_PER_BRIDGE + 2;

    (void)snprintf(out, size, "10.%lu.%lu.%lu", place(n) / NTH_PER_BRIDGE,
                   host >> 8, host & 0xff);
}

static void value_of(char key, char *out, unsigned long n)
{
    switch (key) {
    case 'N':
        (void)snprintf(out, VALUE_SIZE, "%lu", n);
        break;
    case 'A':
        nth_address(out, VALUE_SIZE, n);
        break;
    case 'M':
        (void)snprintf(out, VALUE_SIZE, "00:16:3e:00:%02lx:%02lx",
                       n >> 8 & 0xff, n & 0xff);
        break;
    case 'B':
        (void)snprintf(out, VALUE_SIZE, "xenbr%lu", place(n) / NTH_PER_BRIDGE);
        break;
    default:
        die("template", "only %N, %A, %M and %B are known");
    }
}

void nth_expand(char *out, size_t size, const char *from, unsigned long n)
{
    char value[VALUE_SIZE];
    size_t used = 0;

    while (*from) {
        size_t length;

        if (*from == '%') {
            value_of(from[1], value, n);
            from += 2;
        } else {
            length = strcspn(from, "%");
            if (length >= sizeof(value))
                length = sizeof(value) - 1;
            memcpy(value, from, length);
            value[length] = '\0';
            from += length;
        }
        length = strlen(value);
        if (used + length >= size)
            die("template", "too long");
        memcpy(out + used, value, length);
        used += length;
    }
    out[used] = '\0';
}

void nth_write_config(const char *template, unsigned long n)
{
    static char from[CONFIG_SIZE], to[CONFIG_SIZE];
    FILE *f = fopen(template, "r");

    if (!f)
        die(template, strerror(errno));
    from[fread(from, 1, sizeof(from) - 1, f)] = '\0';
    (void)fclose(f);
    nth_expand(to, sizeof(to), from, n);
    f = fopen(NTH_CONFIG, "w");
    if (!f || fputs(to, f) < 0 || fclose(f) != 0)
        die(NTH_CONFIG, strerror(errno));
}
