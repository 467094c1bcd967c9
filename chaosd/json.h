/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * json.h: write JSON for replies, events and logs of guests.
 */
#ifndef CHAOSD_JSON_H
#define CHAOSD_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yajl/yajl_gen.h>

struct json {
    yajl_gen gen; /* owned */
    bool failed;
};

/* 0 or -ENOMEM. The same one serves for document after document. */
int json_open(struct json *json);
void json_close(struct json *json);
/*
 * Of the document that is complete: its text in one line, borrowed until
 * json_clear or json_close. -EIO: something could not be written.
 */
int json_result(struct json *json, const char **text_out, size_t *size_out);
/* Begin the next document. */
void json_clear(struct json *json);

/* `key` is NULL within an array and at the top. */
void json_map(struct json *json, const char *key);
void json_map_end(struct json *json);
void json_array(struct json *json, const char *key);
void json_array_end(struct json *json);
void json_null(struct json *json, const char *key);
void json_bool(struct json *json, const char *key, bool value);
void json_number(struct json *json, const char *key, uint64_t value);
/* Whatever the text holds, the result is valid: broken UTF-8 becomes \xNN. */
void json_text(struct json *json, const char *key, const char *text);

#endif /* CHAOSD_JSON_H */
