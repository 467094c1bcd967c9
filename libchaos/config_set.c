/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * config_set.c: one key by its name, as on a command line: "xen.pvh",
 * "vifs[0].bridge".
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config_keys.h"
#include "internal.h"
#include "parse.h"

/* A key on the way from its name to its place. */
struct target {
    const struct config_key *key;
    void *obj; /* that has its field */
    const struct config_key
        *list; /* one element more was made in it, or NULL */
};

static int refuse_name(struct chaos_ctx *ctx, const char *name,
                       const struct config_table *table, const char *text)
{
    char shown[SHOW_SIZE(SHOW_CHARS)];
    struct config_where where = {.path = shown};

    chaos__show_key(shown, name, strlen(name));
    if (text)
        return chaos__config_refuse_text(ctx, &where, text);
    return chaos__config_refuse_unknown(ctx, &where, table);
}

/*
 * "0]." behind a list's name: its element, where the index is the count a new
 * one. *rest: behind the dot.
 */
static int find_element(struct chaos_ctx *ctx, const char *name,
                        const struct config_key *list, const char **rest,
                        struct target *target)
{
    const char *end = strchr(*rest, ']');
    unsigned count = chaos__config_count(list, target->obj);
    char *array = chaos__config_array(list, target->obj);
    void *root = target->obj;
    uint64_t index;
    char text[80];
    int rc;

    if (!end || end[1] != '.')
        return refuse_name(ctx, name, list->members, NULL);
    rc = chaos__parse_uint(*rest, (size_t)(end - *rest), 0, count, &index);
    *rest = end + 2;
    if (rc < 0)
        (void)snprintf(text, sizeof(text), "expected an index from 0 to %u",
                       count < list->max ? count : count - 1);
    else if (index == list->max)
        (void)snprintf(text, sizeof(text), "expected %s", list->range);
    if (rc < 0 || index == list->max)
        return refuse_name(ctx, name, NULL, text);
    if (index < count) {
        target->obj = array + index * list->members->size;
        return 0;
    }
    rc = chaos__config_append(list, root, &target->obj);
    if (rc < 0)
        return chaos__fail(ctx, rc, "configuration");
    target->list = list;
    return 0;
}

/* Find, and make, where a name leads to. */
static int find(struct chaos_ctx *ctx, const char *name, struct target *target)
{
    const struct config_table *table = &chaos__config_root;
    const char *part = name;

    for (;;) {
        size_t len = strcspn(part, ".[");
        const struct config_key *key = chaos__config_key(table, part, len);
        int rc;

        if (!key)
            break;
        target->key = key;
        if (part[len] == '\0')
            return 0;
        if (part[len] == '[' && key->max && key->members) {
            part += len + 1;
            rc = find_element(ctx, name, key, &part, target);
            if (rc < 0)
                return rc;
        } else if (part[len] == '.' && (key->kinds & CONFIG_OBJECT)) {
            part += len + 1;
        } else {
            break;
        }
        table = key->members;
    }
    return refuse_name(ctx, name, table, NULL);
}

static int set(struct chaos_ctx *ctx, struct chaos_config *cfg,
               const struct target *target, const char *name, const char *text)
{
    const struct config_key *key = target->key;
    struct config_value value = {
        .kind = CONFIG_TEXT, .text = text, .len = strlen(text), .dir = ""};
    struct config_text json = {.text = text, .len = value.len, .dir = ""};
    struct config_where where = {.path = name};
    const char *first = text + strspn(text, " \t\r\n");
    int rc;

    /* Objects and lists have no form but JSON. They are not in a list. */
    if (((key->kinds & CONFIG_OBJECT) && *first == '{') ||
        ((key->kinds & CONFIG_LIST) && *first == '['))
        return value.len > CONFIG_SIZE_MAX
                   ? chaos__config_refuse_text(ctx, &where,
                                               "expected at most 1 MiB")
                   : chaos__config_parse(ctx, cfg, &json, key, name);
    rc = chaos__config_assign(key, &value, target->obj);
    return rc < 0 ? chaos__config_refuse(ctx, &where, key, &value, rc) : 0;
}

int chaos_config_set(struct chaos_ctx *ctx, struct chaos_config *cfg,
                     const char *name, const char *text)
{
    struct target target = {.obj = cfg};
    int rc = find(ctx, name, &target);

    if (rc == 0)
        rc = set(ctx, cfg, &target, name, text);
    if (rc < 0 && target.list)
        chaos__config_drop_last(target.list, cfg);
    return rc;
}
