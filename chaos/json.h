/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * json.h: write JSON to a command's output.
 */
#ifndef CHAOS_JSON_H
#define CHAOS_JSON_H

#include <yajl/yajl_gen.h>

#include "cli.h"

struct json {
    yajl_gen gen; /* owned */
    bool failed;
};

/* 0 or -ENOMEM. What is written goes to `out`. */
int json_open(struct json *json, struct out *out) CHAOS_CHECK;
/* The same in one line in memory: yajl_gen_get_buf(json->gen, ...). */
int json_memory(struct json *json) CHAOS_CHECK;
/* -EIO: something could not be written. */
int json_close(struct json *json) CHAOS_CHECK;

/* `key` is NULL within an array and at the top. */
void json_map(struct json *json, const char *key);
void json_map_end(struct json *json);
void json_array(struct json *json, const char *key);
void json_array_end(struct json *json);
void json_null(struct json *json, const char *key);
void json_bool(struct json *json, const char *key, bool value);
void json_number(struct json *json, const char *key, uint64_t value);
/* Text of unknown origin is made safe, which also makes it valid UTF-8. */
void json_text(struct json *json, const char *key, const char *text);
/* Text that is so already. */
void json_safe(struct json *json, const char *key, const char *text);
/* A value that is JSON. */
void json_raw(struct json *json, const char *key, const char *value);
/* "bus", null for none. */
void json_bus(struct json *json, enum chaos_bus bus);
void json_uuid(struct json *json, const char *key, const uint8_t *uuid);

/* Room for a uuid's text with its zero. */
#define UUID_TEXT 37
void uuid_text(char text[UUID_TEXT], const uint8_t *uuid);

#endif /* CHAOS_JSON_H */
