/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * config_assign.c: one value into its key, and the sentences for what is
 * wrong with it: web.json:7: memory: "4x": expected a number of MiB or ...
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config_keys.h"
#include "internal.h"
#include "parse.h"

#define SOURCE_CHARS 80

/* Put the place before the text that is there: "web.json:7: memory: ". */
static int add_place(struct chaos_ctx *ctx, int rc,
                     const struct config_where *where)
{
    char shown[SHOW_SIZE(SOURCE_CHARS)];
    const char *source = where->source;
    const char *cut = "";
    size_t len;

    if (where->path)
        rc = chaos__prefix(ctx, rc, "%s", where->path);
    if (!source)
        return rc;
    len = strlen(source);
    if (len > SOURCE_CHARS) {
        /* The end of a long path says more than its start. */
        source += len - SOURCE_CHARS;
        while ((*source & 0xc0) == 0x80)
            source++;
        cut = "...";
    }
    chaos__show(shown, SOURCE_CHARS, source, strlen(source));
    if (where->line)
        return chaos__prefix(ctx, rc, "%s%s:%u", cut, shown, where->line);
    return chaos__prefix(ctx, rc, "%s%s", cut, shown);
}

int chaos__config_refuse_text(struct chaos_ctx *ctx,
                              const struct config_where *where,
                              const char *text)
{
    return add_place(ctx, chaos__fail(ctx, -EINVAL, "%s", text), where);
}

static const char *expected(const struct config_key *key, int rc)
{
    return rc == -ERANGE && key->range ? key->range : key->expected;
}

int chaos__config_refuse(struct chaos_ctx *ctx,
                         const struct config_where *where,
                         const struct config_key *key,
                         const struct config_value *value, int rc)
{
    char shown[SHOW_SIZE(SHOW_CHARS)];

    if (rc == -ENOMEM)
        return add_place(ctx, chaos__fail(ctx, rc, "cannot be kept"), where);
    if (value->kind == CONFIG_OBJECT || value->kind == CONFIG_LIST) {
        (void)chaos__fail(ctx, rc, "%s: expected %s",
                          value->kind == CONFIG_OBJECT ? "{...}" : "[...]",
                          expected(key, rc));
    } else {
        const char *quote =
            value->kind & (CONFIG_STRING | CONFIG_TEXT) ? "\"" : "";

        chaos__show(shown, SHOW_CHARS, value->text, value->len);
        if (rc == -EINVAL || rc == -ERANGE)
            (void)chaos__fail(ctx, rc, "%s%s%s: expected %s", quote, shown,
                              quote, expected(key, rc));
        else /* getcwd() */
            (void)chaos__fail(ctx, rc,
                              "%s%s%s: expected an absolute path, as there is "
                              "no working directory",
                              quote, shown, quote);
    }
    return add_place(ctx, rc == -ERANGE ? -EINVAL : rc, where);
}

int chaos__config_refuse_missing(struct chaos_ctx *ctx,
                                 const struct config_where *where,
                                 const struct config_key *key)
{
    (void)chaos__fail(ctx, -EINVAL, "missing: expected %s", key->expected);
    return add_place(ctx, -EINVAL, where);
}

int chaos__config_refuse_unknown(struct chaos_ctx *ctx,
                                 const struct config_where *where,
                                 const struct config_table *table)
{
    char names[256];
    size_t used = 0;
    unsigned i;

    for (i = 0; i < table->count && used < sizeof(names); i++)
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
                                 i ? ", " : "", table->keys[i].name);
    (void)chaos__fail(ctx, -EINVAL, "unknown key: expected one of %s", names);
    return add_place(ctx, -EINVAL, where);
}

int chaos__config_assign(const struct config_key *key,
                         const struct config_value *value, void *obj)
{
    /* JSON has kinds; a command line's text is whatever the key takes. */
    if (!(value->kind & (key->kinds | CONFIG_TEXT)) ||
        !chaos__is_text(value->text, value->len))
        return -EINVAL;
    return key->type->parse(key, value, obj);
}
