/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * events_filter.c: read what a client of EVENTS wants.
 *
 * The text is anybody's: yajl sees to the JSON, a table to the keys.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_tree.h>

#include <chaos/domain.h>

#include "events_filter.h"

/* All that there are, in the order of docs/chaosd.md. */
static const char *const names[] = {
    "created",        "create_failed", "up",        "exited",
    "restarted",      "destroyed",     "preserved", "restart_limited",
    "settle_failed",  "pool_used",     "pool_miss", "refill",
    "refill_failed",  "shell_lost",    "adopted",   "reaped",
    "client_refused", "reload",        "leaving",
};
#define NAME_COUNT (sizeof(names) / sizeof(*names))

struct parse {
    struct event_filter *filter;
    char *text;
    size_t text_size;
};

static int bad(const struct parse *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static int bad(const struct parse *p, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(p->text, p->text_size, fmt, args);
    va_end(args);
    return -EINVAL;
}

/* 0 where it has none. */
static uint32_t name_bit(const char *name)
{
    size_t i;

    for (i = 0; i < NAME_COUNT; i++)
        if (strcmp(names[i], name) == 0)
            return UINT32_C(1) << i;
    return 0;
}

static int parse_names(const struct parse *p, yajl_val value)
{
    size_t i;

    if (!YAJL_IS_ARRAY(value) || value->u.array.len == 0)
        return bad(p, "events: not an array of names");
    for (i = 0; i < value->u.array.len; i++) {
        const char *name = YAJL_GET_STRING(value->u.array.values[i]);
        uint32_t bit = name ? name_bit(name) : 0;

        if (!name)
            return bad(p, "events: not an array of names");
        if (!bit)
            return bad(p, "events: there is no event '%.40s'", name);
        p->filter->names |= bit;
    }
    return 0;
}

/* yajl has checked its form; negative ones and fractions are none of ours. */
static int parse_number(const struct parse *p, const char *key, yajl_val value,
                        uint64_t max, uint64_t *number_out)
{
    const char *digits = YAJL_GET_NUMBER(value);
    unsigned long long number;

    if (!digits || digits[strspn(digits, "0123456789")] != '\0')
        return bad(p, "%s: not a whole number", key);
    errno = 0;
    number = strtoull(digits, NULL, 10);
    if (errno || number > max)
        return bad(p, "%s: more than %llu", key, (unsigned long long)max);
    *number_out = number;
    return 0;
}

static int parse_domid(const struct parse *p, yajl_val value)
{
    uint64_t number;
    int rc = parse_number(p, "domid", value, UINT16_MAX, &number);

    if (rc < 0)
        return rc;
    p->filter->domid = (uint32_t)number;
    p->filter->has_domid = true;
    return 0;
}

static int parse_since(const struct parse *p, yajl_val value)
{
    p->filter->has_since = true;
    return parse_number(p, "since", value, UINT64_MAX, &p->filter->since);
}

static int parse_history(const struct parse *p, yajl_val value)
{
    return parse_number(p, "history", value, UINT32_MAX, &p->filter->history);
}

static int parse_instance(const struct parse *p, yajl_val value)
{
    const char *text = YAJL_GET_STRING(value);
    size_t len = text ? strlen(text) : 0;

    if (len == 0 || len >= sizeof(p->filter->instance))
        return bad(p, "instance: not what a reply to EVENTS had");
    memcpy(p->filter->instance, text, len + 1);
    return 0;
}

static const struct key {
    const char *name;
    int (*parse)(const struct parse *p, yajl_val value);
} keys[] = {
    {"events", parse_names},      {"domid", parse_domid},
    {"since", parse_since},       {"history", parse_history},
    {"instance", parse_instance},
};
#define KEY_COUNT (sizeof(keys) / sizeof(*keys))

static int parse_key(const struct parse *p, const char *key, yajl_val value,
                     unsigned *seen)
{
    size_t i;

    for (i = 0; i < KEY_COUNT; i++)
        if (strcmp(keys[i].name, key) == 0)
            break;
    if (i == KEY_COUNT)
        return bad(p, "there is no key '%.40s'", key);
    if (*seen & 1u << i)
        return bad(p, "%s: twice", key);
    *seen |= 1u << i;
    return keys[i].parse(p, value);
}

static int parse_tree(const struct parse *p, yajl_val tree)
{
    unsigned seen = 0;
    size_t i;
    int rc = 0;

    if (!YAJL_IS_OBJECT(tree))
        return bad(p, "a filter is an object");
    for (i = 0; rc == 0 && i < tree->u.object.len; i++)
        rc = parse_key(p, tree->u.object.keys[i], tree->u.object.values[i],
                       &seen);
    if (rc == 0 && p->filter->has_since && p->filter->history)
        rc = bad(p, "since and history exclude one another");
    return rc;
}

int event_filter_parse(const char *json, size_t size,
                       struct event_filter *filter_out, char *text,
                       size_t text_size)
{
    struct event_filter filter = {0};
    const struct parse p = {&filter, text, text_size};
    char why[128];
    yajl_val tree;
    int rc;

    if (size > 0) {
        if (memchr(json, '\0', size))
            return bad(&p, "a zero byte in a filter");
        tree = yajl_tree_parse(json, why, sizeof(why));
        if (!tree)
            return bad(&p, "not JSON");
        rc = parse_tree(&p, tree);
        yajl_tree_free(tree);
        if (rc < 0)
            return rc;
    }
    *filter_out = filter;
    return 0;
}

/* One that is not in the table passes only where all do. */
bool event_filter_passes(const struct event_filter *filter, const char *event)
{
    return filter->names == 0 || (filter->names & name_bit(event));
}
