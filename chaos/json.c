/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * json.c: a thin layer on yajl's generator.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

static void print(void *arg, const char *text, size_t len)
{
    out_bytes(arg, text, len);
}

int json_memory(struct json *json)
{
    json->failed = false;
    json->gen = yajl_gen_alloc(NULL);
    return json->gen ? 0 : -ENOMEM;
}

int json_open(struct json *json, struct out *out)
{
    int rc = json_memory(json);

    if (rc < 0)
        return rc;
    (void)yajl_gen_config(json->gen, yajl_gen_beautify, 1);
    (void)yajl_gen_config(json->gen, yajl_gen_indent_string, "  ");
    (void)yajl_gen_config(json->gen, yajl_gen_print_callback, print, out);
    return 0;
}

/* With beautify, yajl ends a whole document with a newline by itself. */
int json_close(struct json *json)
{
    yajl_gen_free(json->gen);
    return json->failed ? -EIO : 0;
}

static void check(struct json *json, yajl_gen_status status)
{
    if (status != yajl_gen_status_ok)
        json->failed = true;
}

static void put(struct json *json, const char *text)
{
    check(json, yajl_gen_string(json->gen, (const unsigned char *)text,
                                strlen(text)));
}

static void put_key(struct json *json, const char *key)
{
    if (key)
        put(json, key);
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

void json_text(struct json *json, const char *key, const char *text)
{
    size_t size = TEXT_SAFE_SIZE(strlen(text));
    char *safe = malloc(size);

    put_key(json, key);
    if (!safe) {
        json->failed = true;
        return;
    }
    (void)text_safe(safe, size, text);
    put(json, safe);
    free(safe);
}

void json_raw(struct json *json, const char *key, const char *value)
{
    put_key(json, key);
    check(json, yajl_gen_number(json->gen, value, strlen(value)));
}

void json_safe(struct json *json, const char *key, const char *text)
{
    put_key(json, key);
    put(json, text);
}

void json_uuid(struct json *json, const char *key, const uint8_t *uuid)
{
    char text[UUID_TEXT];

    uuid_text(text, uuid);
    put_key(json, key);
    put(json, text);
}

void uuid_text(char text[UUID_TEXT], const uint8_t *u)
{
    (void)snprintf(text, UUID_TEXT,
                   "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
                   "%02x%02x%02x%02x%02x%02x",
                   u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9],
                   u[10], u[11], u[12], u[13], u[14], u[15]);
}

void json_bus(struct json *json, enum chaos_bus bus)
{
    const char *name = chaos_bus_name(bus);

    if (name)
        json_text(json, "bus", name);
    else
        json_null(json, "bus");
}
