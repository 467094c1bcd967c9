/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * parse_rate.c: what an interface may send: "10Mb/s", "250KB/s",
 * "1MB/s@20ms". The forms are those of xl; units are powers of 1000.
 */
#include <errno.h>
#include <string.h>

#include "parse.h"

#define RATE_MAX UINT64_C(1000000000000) /* bytes per second */
#define USEC_PER_SEC 1000000

struct unit {
    const char *text;
    uint64_t factor;
};

/* Longest first, where one ends like another. */
static const struct unit rate_units[] = {
    {"GB/s", 8000000000}, {"MB/s", 8000000}, {"KB/s", 8000},
    {"Gb/s", 1000000000}, {"Mb/s", 1000000}, {"Kb/s", 1000},
    {"B/s", 8},           {"b/s", 1},
};
static const struct unit time_units[] = {
    {"us", 1}, {"ms", 1000}, {"s", USEC_PER_SEC}};

/* "250KB/s" in its smallest unit, at most max. */
static int parse_quantity(const char *text, size_t len,
                          const struct unit *units, size_t count, uint64_t max,
                          uint64_t *value_out)
{
    size_t i;

    for (i = 0; i < count; i++) {
        size_t unit_len = strlen(units[i].text);
        uint64_t number;
        int rc;

        if (len <= unit_len ||
            memcmp(text + len - unit_len, units[i].text, unit_len) != 0)
            continue;
        rc = chaos__parse_uint(text, len - unit_len, 0, max / units[i].factor,
                               &number);
        if (rc == 0)
            *value_out = number * units[i].factor;
        return rc;
    }
    return -EINVAL;
}

int chaos__parse_rate(const char *text, size_t len, uint64_t *bytes_out,
                      uint32_t *interval_us_out)
{
    const char *at = memchr(text, '@', len);
    size_t rate_len = at ? (size_t)(at - text) : len;
    uint64_t interval = RATE_INTERVAL_DEFAULT_US;
    uint64_t bits = 0, bytes;
    int rc = parse_quantity(text, rate_len, rate_units,
                            sizeof(rate_units) / sizeof(rate_units[0]),
                            RATE_MAX * 8, &bits);

    if (at && (rc == 0 || rc == -ERANGE)) {
        int interval_rc =
            parse_quantity(at + 1, len - rate_len - 1, time_units,
                           sizeof(time_units) / sizeof(time_units[0]),
                           RATE_INTERVAL_MAX_US, &interval);

        /* A form that is wrong says more than a value. */
        if (interval_rc < 0)
            rc = interval_rc;
    }
    if (rc < 0)
        return rc;
    bytes = bits / 8 * interval / USEC_PER_SEC;
    if (bytes == 0 || interval < RATE_INTERVAL_MIN_US)
        return -ERANGE;
    *bytes_out = bytes;
    *interval_us_out = (uint32_t)interval;
    return 0;
}

/* In the largest unit that it is a multiple of. */
static size_t put_quantity(char *buf, uint64_t value, const struct unit *units,
                           size_t count)
{
    const struct unit *best = &units[0];
    size_t len, i;

    for (i = 1; i < count; i++)
        if (value % units[i].factor == 0)
            best = &units[i];
    len = chaos__format_uint(buf, value / best->factor);
    memcpy(buf + len, best->text, strlen(best->text) + 1);
    return len + strlen(best->text);
}

size_t chaos__format_rate(char *buf, uint64_t bytes, uint32_t interval_us)
{
    static const struct unit units[] = {
        {"B/s", 1}, {"KB/s", 1000}, {"MB/s", 1000000}, {"GB/s", 1000000000}};
    /*
     * Rounded up: an interval is at most a second, so that reading rounds
     * down to the same bytes again.
     */
    uint64_t rate = (bytes * USEC_PER_SEC + interval_us - 1) / interval_us;
    size_t len =
        put_quantity(buf, rate, units, sizeof(units) / sizeof(units[0]));

    if (interval_us == RATE_INTERVAL_DEFAULT_US)
        return len;
    buf[len++] = '@';
    return len + put_quantity(buf + len, interval_us, time_units,
                              sizeof(time_units) / sizeof(time_units[0]));
}
