/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * parse.c: numbers, sizes, words and sets of CPUs.
 */
#include <errno.h>
#include <string.h>

#include "parse.h"

int chaos__parse_uint(const char *text, size_t len, uint64_t min, uint64_t max,
                      uint64_t *value_out)
{
    uint64_t value = 0;
    bool overflow = false;
    size_t i;

    if (len == 0 || (len > 1 && text[0] == '0'))
        return -EINVAL;
    for (i = 0; i < len; i++) {
        unsigned digit = (unsigned char)text[i] - '0';

        if (digit > 9)
            return -EINVAL;
        overflow |= __builtin_mul_overflow(value, 10, &value);
        overflow |= __builtin_add_overflow(value, digit, &value);
    }
    if (overflow || value < min || value > max)
        return -ERANGE;
    *value_out = value;
    return 0;
}

int chaos__parse_size_kb(const char *text, size_t len, uint64_t min_kb,
                         uint64_t max_kb, uint64_t *kb_out)
{
    unsigned shift = 10;
    uint64_t value;
    int rc;

    if (len > 1 && text[len - 1] > '9') {
        switch (text[len - 1]) {
        case 'K':
            shift = 0;
            break;
        case 'M':
            shift = 10;
            break;
        case 'G':
            shift = 20;
            break;
        default:
            return -EINVAL;
        }
        len--;
    }
    rc = chaos__parse_uint(text, len, 0, max_kb >> shift, &value);
    if (rc < 0)
        return rc;
    value <<= shift;
    if (value < min_kb || value % 4)
        return -ERANGE;
    *kb_out = value;
    return 0;
}

int chaos__parse_word(const char *text, size_t len, const char *const *words,
                      unsigned *index_out)
{
    unsigned i;

    for (i = 0; words[i]; i++) {
        if (strlen(words[i]) == len && !memcmp(words[i], text, len)) {
            *index_out = i;
            return 0;
        }
    }
    return -EINVAL;
}

/* "5" or "0-3". */
static int cpu_range(const char *text, size_t len, uint64_t *first_out,
                     uint64_t *last_out)
{
    const char *dash = memchr(text, '-', len);
    size_t first_len = dash ? (size_t)(dash - text) : len;
    int rc =
        chaos__parse_uint(text, first_len, 0, CONFIG_CPUS_MAX - 1, first_out);

    *last_out = *first_out;
    if (rc < 0 || !dash)
        return rc;
    rc = chaos__parse_uint(dash + 1, len - first_len - 1, 0,
                           CONFIG_CPUS_MAX - 1, last_out);
    return rc == 0 && *last_out < *first_out ? -EINVAL : rc;
}

int chaos__parse_cpumap(const char *text, size_t len,
                        uint64_t map_out[CONFIG_CPUS_MAX / 64])
{
    uint64_t map[CONFIG_CPUS_MAX / 64] = {0};
    const char *end = text + len;

    for (;;) {
        const char *comma = memchr(text, ',', (size_t)(end - text));
        uint64_t first = 0, last = 0;
        int rc = cpu_range(text, (size_t)((comma ? comma : end) - text), &first,
                           &last);

        if (rc < 0)
            return rc;
        for (; first <= last; first++)
            map[first / 64] |= UINT64_C(1) << (first % 64);
        if (!comma)
            break;
        text = comma + 1;
    }
    memcpy(map_out, map, sizeof(map));
    return 0;
}

size_t chaos__format_uint(char *buf, uint64_t value)
{
    char digits[FORMAT_UINT_SIZE];
    char *p = digits + sizeof(digits);
    size_t len;

    *--p = '\0';
    do {
        *--p = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    len = (size_t)(digits + sizeof(digits) - p) - 1;
    memcpy(buf, p, len + 1);
    return len;
}

size_t chaos__format_size_kb(char *buf, uint64_t kb)
{
    size_t len = chaos__format_uint(buf, kb % 1024 ? kb : kb / 1024);

    if (kb % 1024) {
        buf[len++] = 'K';
        buf[len] = '\0';
    }
    return len;
}

static bool has_cpu(const uint64_t *map, unsigned cpu)
{
    return cpu < CONFIG_CPUS_MAX && (map[cpu / 64] >> (cpu % 64) & 1);
}

size_t chaos__format_cpumap(char *buf, const uint64_t map[CONFIG_CPUS_MAX / 64])
{
    size_t len = 0;
    unsigned first, end;

    for (first = 0; first < CONFIG_CPUS_MAX; first = end) {
        end = first + 1;
        if (!has_cpu(map, first))
            continue;
        while (has_cpu(map, end))
            end++;
        if (len)
            buf[len++] = ',';
        len += chaos__format_uint(buf + len, first);
        if (end - first > 1) {
            buf[len++] = '-';
            len += chaos__format_uint(buf + len, end - 1);
        }
    }
    buf[len] = '\0';
    return len;
}
