/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * conf_value.c: one JSON value into its place in the configuration, and the
 * sentences for what is wrong with it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_internal.h"

#define SHOW_SIZE 64

/* --- sentences --------------------------------------------------------------
 */

void conf_place(char place[CONF_PLACE_SIZE], const char *parent,
                const char *name)
{
    snprintf(place, CONF_PLACE_SIZE, "%s%s%.40s", parent, parent[0] ? "." : "",
             name);
}

int conf_fault(const struct conf_reader *r, int rc, const char *place,
               const char *sentence)
{
    snprintf(r->text, r->text_size, "%s: %s%s%s", r->source, place,
             place[0] ? ": " : "", sentence);
    return rc;
}

/* The value as it was written, or nearly so. */
static void show(char out[SHOW_SIZE], yajl_val value)
{
    if (YAJL_IS_STRING(value))
        snprintf(out, SHOW_SIZE, "\"%.40s\"", YAJL_GET_STRING(value));
    else if (YAJL_IS_NUMBER(value))
        snprintf(out, SHOW_SIZE, "%.40s", YAJL_GET_NUMBER(value));
    else
        snprintf(out, SHOW_SIZE, "%s",
                 YAJL_IS_TRUE(value)     ? "true"
                 : YAJL_IS_FALSE(value)  ? "false"
                 : YAJL_IS_NULL(value)   ? "null"
                 : YAJL_IS_OBJECT(value) ? "{...}"
                                         : "[...]");
}

int conf_refuse(const struct conf_reader *r, const char *place, yajl_val value,
                const char *expected)
{
    char shown[SHOW_SIZE], sentence[SHOW_SIZE + 128];

    show(shown, value);
    snprintf(sentence, sizeof(sentence), "%s: expected %s", shown, expected);
    return conf_fault(r, -EINVAL, place, sentence);
}

int conf_check_unique(const struct conf_reader *r, const char *place,
                      yajl_val object)
{
    char at[CONF_PLACE_SIZE];
    size_t i, k;

    for (i = 0; i < object->u.object.len; i++)
        for (k = 0; k < i; k++)
            if (strcmp(object->u.object.keys[i], object->u.object.keys[k]) ==
                0) {
                conf_place(at, place, object->u.object.keys[i]);
                return conf_fault(r, -EINVAL, at,
                                  "duplicate key: expected each key once");
            }
    return 0;
}

/* --- values -----------------------------------------------------------------
 */

/* "512M" in bytes. */
static int parse_size(const char *text, uint64_t *bytes_out)
{
    static const char units[] = "KMG";
    unsigned long long number;
    const char *unit;
    char *end;

    if (text[0] < '0' || text[0] > '9')
        return -EINVAL;
    errno = 0;
    number = strtoull(text, &end, 10);
    unit = *end ? strchr(units, *end) : NULL;
    if (errno || !unit || end[1])
        return -EINVAL;
    if (number >> 30)
        return -ERANGE;
    *bytes_out = (uint64_t)number << (10 * (unit - units + 1));
    return 0;
}

/* As in a VM's configuration: a number is one of MiB. */
static int get_size(yajl_val value, uint64_t *bytes_out)
{
    if (YAJL_IS_STRING(value))
        return parse_size(YAJL_GET_STRING(value), bytes_out);
    if (!YAJL_IS_INTEGER(value) || YAJL_GET_INTEGER(value) < 0 ||
        YAJL_GET_INTEGER(value) >> 40)
        return -EINVAL;
    *bytes_out = (uint64_t)YAJL_GET_INTEGER(value) << 20;
    return 0;
}

static bool is_power_of_two(uint64_t n)
{
    return n && !(n & (n - 1));
}

static int assign_size(const struct conf_key *key, yajl_val value, void *at)
{
    uint64_t size;
    int rc = get_size(value, &size);

    if (rc < 0)
        return rc;
    if (key->type == CONF_KB)
        size >>= 10;
    if (size < key->min || size > key->max)
        return -ERANGE;
    if (key->type == CONF_BYTES32) {
        /* Only rings have a least size. */
        if (key->min && !is_power_of_two(size))
            return -EINVAL;
        *(uint32_t *)at = (uint32_t)size;
    } else {
        *(uint64_t *)at = size;
    }
    return 0;
}

static int assign_count(const struct conf_key *key, yajl_val value, void *at)
{
    if (!YAJL_IS_INTEGER(value) || YAJL_GET_INTEGER(value) < 0 ||
        (uint64_t)YAJL_GET_INTEGER(value) < key->min ||
        (uint64_t)YAJL_GET_INTEGER(value) > key->max)
        return -EINVAL;
    *(uint32_t *)at = (uint32_t)YAJL_GET_INTEGER(value);
    return 0;
}

static int assign_text(const struct conf_key *key, yajl_val value, void *at)
{
    const char *text = YAJL_GET_STRING(value);
    char *copy = NULL;

    if (key->type == CONF_NAME && YAJL_IS_NULL(value))
        text = "";
    if (!text || (key->is_valid && !key->is_valid(text)))
        return -EINVAL;
    if (key->type != CONF_NAME || text[0]) {
        copy = strdup(text);
        if (!copy)
            return -ENOMEM;
    }
    free(*(char **)at);
    *(char **)at = copy;
    return 0;
}

static int assign_stop(yajl_val value, enum conf_stop *at)
{
    const char *text = YAJL_GET_STRING(value);

    if (!text || (strcmp(text, "keep") != 0 && strcmp(text, "destroy") != 0))
        return -EINVAL;
    *at = text[0] == 'k' ? CONF_STOP_KEEP : CONF_STOP_DESTROY;
    return 0;
}

static int assign(const struct conf_key *key, yajl_val value, void *at)
{
    switch (key->type) {
    case CONF_TEXT:
    case CONF_NAME:
        return assign_text(key, value, at);
    case CONF_COUNT:
        return assign_count(key, value, at);
    case CONF_BOOL:
        if (!YAJL_IS_TRUE(value) && !YAJL_IS_FALSE(value))
            return -EINVAL;
        *(bool *)at = YAJL_IS_TRUE(value);
        return 0;
    case CONF_KB:
    case CONF_BYTES:
    case CONF_BYTES32:
        return assign_size(key, value, at);
    case CONF_STOP:
        return assign_stop(value, at);
    case CONF_SHAPES:
    case CONF_SECTION:
        break;
    }
    return -EINVAL;
}

int conf_assign(const struct conf_reader *r, const char *place,
                const struct conf_key *key, yajl_val value, struct conf *conf)
{
    int rc = assign(key, value, (char *)conf + key->offset);

    if (rc == -ENOMEM)
        return conf_fault(r, rc, place, "cannot be kept");
    return rc < 0 ? conf_refuse(r, place, value, key->expected) : 0;
}

int conf_count(const struct conf_reader *r, const char *place, yajl_val value,
               uint32_t max, uint32_t *out)
{
    const struct conf_key key = {.type = CONF_COUNT, .max = max};
    char expected[48];

    snprintf(expected, sizeof(expected), "a number from 0 to %u", max);
    if (assign_count(&key, value, out) < 0)
        return conf_refuse(r, place, value, expected);
    return 0;
}
