/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * json.c: json KEY... <FILE: print the value under these keys and indices.
 *
 * Proves that a text is JSON, and lets shell scripts ask about it. Without
 * keys, it only checks. Of an array or object, the number of elements is
 * printed. Exit code 1: no JSON; 2: nothing is there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_tree.h>

#define TEXT_MAX (4u << 20)

static yajl_val in_object(yajl_val v, const char *key)
{
    size_t i;

    for (i = 0; i < v->u.object.len; i++)
        if (strcmp(v->u.object.keys[i], key) == 0)
            return v->u.object.values[i];
    return NULL;
}

static yajl_val step(yajl_val v, const char *key)
{
    if (YAJL_IS_OBJECT(v))
        return in_object(v, key);
    if (YAJL_IS_ARRAY(v)) {
        size_t i = strtoul(key, NULL, 10);

        return i < v->u.array.len ? v->u.array.values[i] : NULL;
    }
    return NULL;
}

static void print(yajl_val v)
{
    if (YAJL_IS_STRING(v))
        puts(v->u.string);
    else if (YAJL_IS_NUMBER(v))
        puts(v->u.number.r);
    else if (YAJL_IS_ARRAY(v))
        printf("%zu\n", v->u.array.len);
    else if (YAJL_IS_OBJECT(v))
        printf("%zu\n", v->u.object.len);
    else
        puts(YAJL_IS_TRUE(v) ? "true" : YAJL_IS_FALSE(v) ? "false" : "null");
}

int main(int argc, char **argv)
{
    char *text = malloc(TEXT_MAX), error[256];
    size_t len = text ? fread(text, 1, TEXT_MAX - 1, stdin) : 0;
    yajl_val v;
    int i;

    if (!text)
        return 1;
    text[len] = '\0';
    v = yajl_tree_parse(text, error, sizeof(error));
    if (!v) {
        fprintf(stderr, "json: %s\n", len ? error : "no input");
        return 1;
    }
    for (i = 1; v && i < argc; i++)
        v = step(v, argv[i]);
    if (!v)
        return 2;
    if (argc > 1)
        print(v);
    return 0;
}
