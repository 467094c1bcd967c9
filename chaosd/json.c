/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * json.c: a thin layer on yajl's generator.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

int json_open(struct json *json)
{
    json->failed = false;
    json->gen = yajl_gen_alloc(NULL);
    if (!json->gen)
        return -ENOMEM;
    (void)yajl_gen_config(json->gen, yajl_gen_validate_utf8, 1);
    return 0;
}

void json_close(struct json *json)
{
    if (json->gen)
        yajl_gen_free(json->gen);
    json->gen = NULL;
}

int json_result(struct json *json, const char **text_out, size_t *size_out)
{
    const unsigned char *text;
    size_t size;

    if (json->failed ||
        yajl_gen_get_buf(json->gen, &text, &size) != yajl_gen_status_ok)
        return -EIO;
    *text_out = (const char *)text;
    *size_out = size;
    return 0;
}

void json_clear(struct json *json)
{
    json->failed = false;
    yajl_gen_clear(json->gen);
    yajl_gen_reset(json->gen, NULL);
}

static void check(struct json *json, yajl_gen_status status)
{
    if (status != yajl_gen_status_ok)
        json->failed = true;
}

static yajl_gen_status put(struct json *json, const char *text)
{
    return yajl_gen_string(json->gen, (const unsigned char *)text,
                           strlen(text));
}

static void put_key(struct json *json, const char *key)
{
    if (key)
        check(json, put(json, key));
}

void json_map(struct json *json, const char *key)
{
    put_key(json, key);
    check(json, yajl_gen_map_open(json->gen));
}

void json_map_end(struct json *json)
{
    check(json, yajl_gen_map_close(json->gen));
}

void json_array(struct json *json, const char *key)
{
    put_key(json, key);
    check(json, yajl_gen_array_open(json->gen));
}

void json_array_end(struct json *json)
{
    check(json, yajl_gen_array_close(json->gen));
}

void json_null(struct json *json, const char *key)
{
    put_key(json, key);
    check(json, yajl_gen_null(json->gen));
}

void json_bool(struct json *json, const char *key, bool value)
{
    put_key(json, key);
    check(json, yajl_gen_bool(json->gen, value));
}

/* yajl's own integers end at 2^63. */
void json_number(struct json *json, const char *key, uint64_t value)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%llu", (unsigned long long)value);

    put_key(json, key);
    check(json, yajl_gen_number(json->gen, text, (size_t)len));
}

/* Text that is not UTF-8 is at least shown in part: its ASCII. */
static void put_escaped(struct json *json, const char *text)
{
    char *safe = malloc(strlen(text) * 4 + 1), *to = safe;

    if (!safe) {
        json->failed = true;
        return;
    }
    for (; *text; text++)
        if ((unsigned char)*text < 0x80)
            *to++ = *text;
        else
            to += snprintf(to, 5, "\\x%02x", (unsigned char)*text);
    *to = '\0';
    check(json, put(json, safe));
    free(safe);
}

void json_text(struct json *json, const char *key, const char *text)
{
    yajl_gen_status status;

    put_key(json, key);
    status = put(json, text);
    if (status == yajl_gen_invalid_string)
        put_escaped(json, text);
    else
        check(json, status);
}
