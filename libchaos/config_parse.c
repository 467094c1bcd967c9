/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * config_parse.c: JSON into a configuration, in one pass of libyajl's
 * streaming parser along the tables of config_keys.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <yajl/yajl_parse.h>

#include "config_keys.h"
#include "config_yajl.h"
#include "internal.h"
#include "parse.h"

/* The whole, a list, an object in it: the tables are not deeper, so no text
 * can be. */
#define DEPTH_MAX 3
#define PATH_SHOWN 200

/* An object or a list that is open. */
struct frame {
    const struct config_table *table; /* NULL: a list */
    const struct config_key *key; /* whose value comes next, or the list's */
    void *obj;                    /* that has the fields of table or key */
    uint32_t seen;                /* bit n: table->keys[n] was there */
    unsigned index;               /* of the list's next element */
};

struct parser {
    struct chaos_ctx *ctx;
    struct chaos_config *cfg;
    const struct config_text *text;
    const char *path; /* of the only key that is read, or NULL */
    yajl_handle yajl;
    const char *at; /* where we are, or NULL: yajl knows */
    int rc;
    unsigned depth;
    struct frame frames[DEPTH_MAX];
};

static struct frame *top(struct parser *p)
{
    return &p->frames[p->depth - 1];
}

static unsigned line_of(const struct parser *p)
{
    const char *at = p->text->text;
    const char *end = p->at ? p->at : at + yajl_get_bytes_consumed(p->yajl);
    unsigned line = 1;

    while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        at++;
        line++;
    }
    return line;
}

/* "vifs[0].mac"; `last`: a key that is not in the table. */
static const char *path_of(struct parser *p, char buf[PATH_SHOWN],
                           const char *last)
{
    size_t used = 0;
    unsigned i;

    buf[0] = '\0';
    for (i = 0; i < p->depth && used < PATH_SHOWN; i++) {
        const struct frame *f = &p->frames[i];
        const char *name = i == 0 && p->path ? p->path
                           : f->key          ? f->key->name
                                             : "";

        if (i == p->depth - 1 && last)
            name = last;
        if (!f->table)
            used += (size_t)snprintf(buf + used, PATH_SHOWN - used, "[%u]",
                                     f->index);
        else
            used += (size_t)snprintf(buf + used, PATH_SHOWN - used, "%s%s",
                                     used ? "." : "", name);
    }
    return buf;
}

static void locate(struct parser *p, struct config_where *where,
                   char buf[PATH_SHOWN], const char *last)
{
    where->source = p->text->source;
    where->line = p->text->source ? line_of(p) : 0;
    where->path = path_of(p, buf, last);
    if (!buf[0])
        where->path = NULL;
}

/* All callbacks: 1 to go on; 0 to stop, with p->rc and the text set. */
static int refuse(struct parser *p, const struct config_value *value, int rc)
{
    struct config_where where;
    char buf[PATH_SHOWN];
    const struct config_key *key;

    locate(p, &where, buf, NULL);
    if (p->depth == 0) {
        p->rc = chaos__config_refuse_text(
            p->ctx, &where, "expected a JSON object: {\"kernel\": ..., ...}");
        return 0;
    }
    key = top(p)->key;
    if (!top(p)->table && key->element)
        key = key->element;
    p->rc = chaos__config_refuse(p->ctx, &where, key, value, rc);
    return 0;
}

static int on_scalar(struct parser *p, enum config_kind kind, const char *text,
                     size_t len)
{
    struct config_value value = {.kind = kind,
                                 .text = text,
                                 .len = len,
                                 .dir = p->text->dir,
                                 .dir_len = p->text->dir_len};
    const struct config_key *key;
    struct frame *f;
    int rc;

    if (p->depth == 0)
        return refuse(p, &value, -EINVAL);
    f = top(p);
    key = f->table ? f->key : f->key->element;
    rc = key ? chaos__config_assign(key, &value, f->obj) : -EINVAL;
    if (rc < 0)
        return refuse(p, &value, rc);
    f->index++;
    return 1;
}

static int on_null(void *arg)
{
    return on_scalar(arg, CONFIG_NULL, "null", 4);
}

static int on_bool(void *arg, int flag)
{
    return on_scalar(arg, CONFIG_BOOL, flag ? "true" : "false", flag ? 4 : 5);
}

static int on_number(void *arg, const char *text, size_t len)
{
    return on_scalar(arg, CONFIG_NUMBER, text, len);
}

static int on_string(void *arg, const unsigned char *text, size_t len)
{
    return on_scalar(arg, CONFIG_STRING, (const char *)text, len);
}

static int push(struct parser *p, const struct config_table *table,
                const struct config_key *key, void *obj)
{
    p->frames[p->depth++] =
        (struct frame){.table = table, .key = key, .obj = obj};
    return 1;
}

static int on_map(void *arg)
{
    static const struct config_value value = {.kind = CONFIG_OBJECT};
    struct parser *p = arg;
    struct frame *f;
    void *element;
    int rc;

    if (p->depth == 0)
        return push(p, &chaos__config_root, NULL, p->cfg);
    f = top(p);
    if (f->table) {
        if (!(f->key->kinds & CONFIG_OBJECT))
            return refuse(p, &value, -EINVAL);
        chaos__config_reset(f->key, f->obj);
        return push(p, f->key->members, NULL, f->obj);
    }
    if (f->key->element)
        return refuse(p, &value, -EINVAL);
    if (f->index == f->key->max)
        return refuse(p, &value, -ERANGE);
    rc = chaos__config_append(f->key, f->obj, &element);
    if (rc < 0)
        return refuse(p, &value, rc);
    return push(p, f->key->members, NULL, element);
}

static int on_key(void *arg, const unsigned char *text, size_t len)
{
    struct parser *p = arg;
    struct frame *f = top(p);
    struct config_where where;
    char shown[SHOW_SIZE(SHOW_CHARS)];
    char buf[PATH_SHOWN];
    uint32_t bit;

    f->key = chaos__config_key(f->table, (const char *)text, len);
    if (!f->key) {
        chaos__show_key(shown, (const char *)text, len);
        locate(p, &where, buf, shown);
        p->rc = chaos__config_refuse_unknown(p->ctx, &where, f->table);
        return 0;
    }
    bit = UINT32_C(1) << (f->key - f->table->keys);
    if (f->seen & bit) {
        locate(p, &where, buf, NULL);
        p->rc = chaos__config_refuse_text(
            p->ctx, &where, "duplicate key: expected each key once");
        return 0;
    }
    f->seen |= bit;
    return 1;
}

static int pop(struct parser *p)
{
    p->depth--;
    if (p->depth)
        top(p)->index++;
    return 1;
}

/* Keys of the whole may still come from a command line: config_check. */
static int on_map_end(void *arg)
{
    struct parser *p = arg;
    struct frame *f = top(p);
    struct config_where where;
    char buf[PATH_SHOWN];
    unsigned i;

    for (i = 0; f->table != &chaos__config_root && i < f->table->count; i++) {
        if (!f->table->keys[i].required || (f->seen >> i & 1))
            continue;
        locate(p, &where, buf, f->table->keys[i].name);
        p->rc =
            chaos__config_refuse_missing(p->ctx, &where, &f->table->keys[i]);
        return 0;
    }
    return pop(p);
}

static int on_list(void *arg)
{
    static const struct config_value value = {.kind = CONFIG_LIST};
    struct parser *p = arg;
    struct frame *f = p->depth ? top(p) : NULL;

    if (!f || !f->table || !(f->key->kinds & CONFIG_LIST))
        return refuse(p, &value, -EINVAL);
    chaos__config_reset(f->key, f->obj);
    return push(p, NULL, f->key, f->obj);
}

static int on_list_end(void *arg)
{
    static const struct config_value value = {.kind = CONFIG_LIST};
    struct parser *p = arg;
    struct frame *f = top(p);
    bool empty = f->key->element && f->index == 0;

    (void)pop(p);
    return empty ? refuse(p, &value, -EINVAL) : 1;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_bool,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_map,
    .yajl_map_key = on_key,
    .yajl_end_map = on_map_end,
    .yajl_start_array = on_list,
    .yajl_end_array = on_list_end,
};

static int refuse_text(struct parser *p, const char *text)
{
    struct config_where where = {.source = p->text->source, .path = p->path};

    if (where.source)
        where.line = line_of(p);
    return chaos__config_refuse_text(p->ctx, &where, text);
}

/* What yajl says, without its newline; it is made of constants. */
static int refuse_syntax(struct parser *p)
{
    const char *said = (const char *)yajl_get_error(p->yajl, 0, NULL, 0);
    char text[128];

    (void)snprintf(text, sizeof(text), "not JSON: %.*s",
                   (int)strcspn(said, ".\n"), said);
    return refuse_text(p, text);
}

static int run(struct parser *p)
{
    const unsigned char *text = (const unsigned char *)p->text->text;
    yajl_status status;

    p->at = chaos__json_half_escape(p->text->text, p->text->len);
    if (p->at)
        return refuse_text(p,
                           "not JSON: half a surrogate pair in a \\u escape");
    status = yajl_parse(p->yajl, text, p->text->len);
    if (status == yajl_status_ok) {
        p->at = p->text->text + p->text->len;
        status = yajl_complete_parse(p->yajl);
    }
    if (status == yajl_status_client_canceled)
        return p->rc;
    return status == yajl_status_ok ? 0 : refuse_syntax(p);
}

int chaos__config_parse(struct chaos_ctx *ctx, struct chaos_config *cfg,
                        const struct config_text *text,
                        const struct config_key *key, const char *path)
{
    struct chaos_config copy;
    struct parser p = {.ctx = ctx, .cfg = &copy, .text = text, .path = path};
    struct config_arena arena;
    int rc = chaos__config_clone(&chaos__config_root, &copy, cfg);

    if (rc < 0)
        return chaos__fail(ctx, rc, "configuration");
    rc = chaos__config_arena_init(&arena, text->len);
    if (rc < 0) {
        (void)chaos__fail(ctx, rc, "configuration");
    } else {
        if (key)
            (void)push(&p, &chaos__config_root, key, &copy);
        p.yajl = yajl_alloc(&callbacks, &arena.funcs, &p);
        rc = run(&p);
        chaos__config_arena_dispose(&arena);
    }
    if (rc == 0) {
        struct chaos_config old = *cfg;

        *cfg = copy;
        copy = old;
    }
    chaos__config_dispose(&chaos__config_root, &copy);
    return rc;
}
