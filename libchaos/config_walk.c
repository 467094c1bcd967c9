/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * config_walk.c: defaults, copies and the end of what the tables describe.
 *
 * An object's members lie in the same structure as the object; a list of
 * objects is an array of structures of its own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config_keys.h"

static bool is_array(const struct config_key *key)
{
    return key->max && key->members;
}

static void *get_pointer(const void *obj, size_t offset)
{
    void *pointer;

    memcpy(&pointer, (const char *)obj + offset, sizeof(pointer));
    return pointer;
}

static void set_pointer(void *obj, size_t offset, void *pointer)
{
    memcpy((char *)obj + offset, &pointer, sizeof(pointer));
}

static void set_count(const struct config_key *key, void *obj, unsigned count)
{
    memcpy((char *)obj + key->count_offset, &count, sizeof(count));
}

void *chaos__config_array(const struct config_key *key, const void *obj)
{
    return get_pointer(obj, key->offset);
}

unsigned chaos__config_count(const struct config_key *key, const void *obj)
{
    unsigned count;

    memcpy(&count, (const char *)obj + key->count_offset, sizeof(count));
    return count;
}

int chaos__config_append(const struct config_key *key, void *obj,
                         void **element_out)
{
    unsigned count = chaos__config_count(key, obj);
    size_t size = key->members->size;
    char *array = realloc(chaos__config_array(key, obj), (count + 1) * size);

    if (!array)
        return -ENOMEM;
    *element_out = array + count * size;
    memset(*element_out, 0, size);
    chaos__config_defaults(key->members, *element_out);
    set_pointer(obj, key->offset, array);
    set_count(key, obj, count + 1);
    return 0;
}

void chaos__config_drop_last(const struct config_key *key, void *obj)
{
    unsigned last = chaos__config_count(key, obj) - 1;
    char *array = chaos__config_array(key, obj);

    chaos__config_dispose(key->members, array + last * key->members->size);
    set_count(key, obj, last);
}

static void dispose_array(const struct config_key *key, void *obj)
{
    char *array = chaos__config_array(key, obj);
    unsigned i, count = chaos__config_count(key, obj);

    for (i = 0; i < count; i++)
        chaos__config_dispose(key->members, array + i * key->members->size);
    free(array);
    set_pointer(obj, key->offset, NULL);
    set_count(key, obj, 0);
}

static void dispose_key(const struct config_key *key, void *obj)
{
    if (is_array(key)) {
        dispose_array(key, obj);
    } else if (key->members) {
        chaos__config_dispose(key->members, obj);
    } else if (key->type->owned) {
        free(get_pointer(obj, key->offset));
        set_pointer(obj, key->offset, NULL);
    }
}

void chaos__config_dispose(const struct config_table *table, void *obj)
{
    unsigned i;

    for (i = 0; i < table->count; i++)
        dispose_key(&table->keys[i], obj);
}

static void key_default(const struct config_key *key, void *obj)
{
    struct config_value value = {.kind = CONFIG_TEXT, .text = key->fallback};

    if (!key->fallback) {
        if (key->members && !is_array(key))
            chaos__config_defaults(key->members, obj);
        return;
    }
    value.len = strlen(key->fallback);
    /* Cannot fail: a default is a constant of the table and owns nothing. */
    (void)key->type->parse(key, &value, obj);
}

void chaos__config_defaults(const struct config_table *table, void *obj)
{
    unsigned i;

    for (i = 0; i < table->count; i++)
        key_default(&table->keys[i], obj);
}

void chaos__config_reset(const struct config_key *key, void *obj)
{
    dispose_key(key, obj);
    key_default(key, obj);
}

/* What dst shares with its original is no longer its own. */
static void disown(const struct config_table *table, void *dst)
{
    unsigned i;

    for (i = 0; i < table->count; i++) {
        const struct config_key *key = &table->keys[i];

        if (is_array(key)) {
            set_pointer(dst, key->offset, NULL);
            set_count(key, dst, 0);
        } else if (key->members) {
            disown(key->members, dst);
        } else if (key->type->owned) {
            set_pointer(dst, key->offset, NULL);
        }
    }
}

static int clone_array(const struct config_key *key, void *dst, const void *src)
{
    const char *from = chaos__config_array(key, src);
    unsigned i, count = chaos__config_count(key, src);
    size_t size = key->members->size;
    char *to;
    int rc;

    if (count == 0)
        return 0;
    to = calloc(count, size);
    if (!to)
        return -ENOMEM;
    set_pointer(dst, key->offset, to);
    for (i = 0; i < count; i++) {
        rc = chaos__config_clone(key->members, to + i * size, from + i * size);
        if (rc < 0)
            return rc;
        set_count(key, dst, i + 1);
    }
    return 0;
}

static int clone_owned(const struct config_table *table, void *dst,
                       const void *src)
{
    unsigned i;
    int rc = 0;

    for (i = 0; rc == 0 && i < table->count; i++) {
        const struct config_key *key = &table->keys[i];
        const char *from;

        if (is_array(key)) {
            rc = clone_array(key, dst, src);
        } else if (key->members) {
            rc = clone_owned(key->members, dst, src);
        } else if (key->type->owned) {
            from = get_pointer(src, key->offset);
            set_pointer(dst, key->offset, from ? strdup(from) : NULL);
            if (from && !get_pointer(dst, key->offset))
                rc = -ENOMEM;
        }
    }
    return rc;
}

int chaos__config_clone(const struct config_table *table, void *dst,
                        const void *src)
{
    int rc;

    memcpy(dst, src, table->size);
    disown(table, dst);
    rc = clone_owned(table, dst, src);
    if (rc < 0)
        chaos__config_dispose(table, dst);
    return rc;
}
