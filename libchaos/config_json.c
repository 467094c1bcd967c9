/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * config_json.c: a configuration back into JSON, through libyajl's generator
 * along the same tables that read it.
 */
#include <errno.h>
#include <string.h>

#include <yajl/yajl_gen.h>

#include "config_keys.h"
#include "config_yajl.h"
#include "internal.h"

struct writer {
    yajl_gen gen;
    char *text; /* owned */
    size_t len, room;
    bool failed; /* no memory; what follows is dropped */
};

/* yajl_print_t: one more piece. */
static void add(void *arg, const char *piece, size_t len)
{
    struct writer *w = arg;
    size_t room = w->room;
    char *text;

    while (room - w->len <= len)
        room = room ? room * 2 : 1024;
    if (room != w->room && !w->failed) {
        text = realloc(w->text, room);
        w->failed = !text;
        if (text) {
            w->text = text;
            w->room = room;
        }
    }
    if (w->failed)
        return;
    memcpy(w->text + w->len, piece, len);
    w->len += len;
}

static void write_string(struct writer *w, const char *text, size_t len)
{
    (void)yajl_gen_string(w->gen, (const unsigned char *)text, len);
}

static void write_members(struct writer *w, const struct config_table *table,
                          const void *obj);

static void write_array(struct writer *w, const struct config_key *key,
                        const void *obj)
{
    const char *element = chaos__config_array(key, obj);
    unsigned i;

    (void)yajl_gen_array_open(w->gen);
    for (i = 0; i < chaos__config_count(key, obj); i++) {
        write_members(w, key->members, element);
        element += key->members->size;
    }
    (void)yajl_gen_array_close(w->gen);
}

/*
 * What there is to write of a key: nothing where it is unset or at its
 * default. Most keys are, and each costs more to write than to compare.
 */
static bool has_value(const struct config_key *key, const void *obj,
                      struct config_value *value_out, char *buf)
{
    struct config_value member;
    unsigned i;

    value_out->kind = CONFIG_NONE;
    key->type->format(key, obj, value_out, buf);
    switch (value_out->kind) {
    case CONFIG_NONE:
        return false;
    case CONFIG_LIST:
        return chaos__config_count(key, obj) > 0;
    case CONFIG_OBJECT:
        for (i = 0; i < key->members->count; i++)
            if (has_value(&key->members->keys[i], obj, &member, buf))
                return true;
        return false;
    default:
        return !key->fallback || strlen(key->fallback) != value_out->len ||
               memcmp(key->fallback, value_out->text, value_out->len) != 0;
    }
}

static void write_key(struct writer *w, const struct config_key *key,
                      const void *obj)
{
    struct config_value value;
    char buf[CONFIG_BUF_SIZE];

    if (!has_value(key, obj, &value, buf))
        return;
    write_string(w, key->name, strlen(key->name));
    switch (value.kind) {
    case CONFIG_OBJECT:
        write_members(w, key->members, obj);
        break;
    case CONFIG_LIST:
        write_array(w, key, obj);
        break;
    case CONFIG_STRING:
        write_string(w, value.text, value.len);
        break;
    default: /* a number, true or false: as it is */
        (void)yajl_gen_number(w->gen, value.text, value.len);
        break;
    }
}

static void write_members(struct writer *w, const struct config_table *table,
                          const void *obj)
{
    unsigned i;

    (void)yajl_gen_map_open(w->gen);
    for (i = 0; i < table->count; i++)
        write_key(w, &table->keys[i], obj);
    (void)yajl_gen_map_close(w->gen);
}

int chaos_config_json(struct chaos_ctx *ctx, const struct chaos_config *cfg,
                      char **json_out)
{
    struct writer w = {.gen = NULL};
    struct config_arena arena;

    /* Of length 0: text goes out by add(), not into the generator. */
    (void)chaos__config_arena_init(&arena, 0);
    w.gen = yajl_gen_alloc(&arena.funcs);
    (void)yajl_gen_config(w.gen, yajl_gen_print_callback, add, &w);
    write_members(&w, &chaos__config_root, cfg);
    add(&w, "", 1);
    chaos__config_arena_dispose(&arena);
    if (w.failed) {
        free(w.text);
        return chaos__fail(ctx, -ENOMEM, "configuration");
    }
    *json_out = w.text;
    return 0;
}
