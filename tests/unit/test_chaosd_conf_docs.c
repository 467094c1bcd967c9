/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_chaosd_conf_docs.c: docs/chaosd.md has a row for each key of the
 * daemon's configuration, with its default, and the example is good.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_kit.h"
#include "unit.h"

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 1 << 18);

    assert_non_null(file);
    assert_non_null(text);
    assert_in_range(fread(text, 1, (1 << 18) - 1, file), 1, (1 << 18) - 2);
    fclose(file);
    return text;
}

/* "| `pool.low` | a number ... | `2` |": its default, as JSON. */
static void find_default(const char *docs, const char *name, char out[64])
{
    char start[CONF_PLACE_SIZE + 8];
    const char *row, *end, *cell;

    snprintf(start, sizeof(start), "\n| `%s` |", name);
    row = strstr(docs, start);
    if (!row)
        fail_msg("docs/chaosd.md has no row for %s", name);
    end = strchr(row + 1, '\n');
    assert_non_null(end);
    assert_memory_equal(end - 3, "` |", 3);
    for (cell = end - 4; *cell != '`'; cell--)
        ;
    assert_in_range(end - 3 - cell, 2, 63);
    snprintf(out, 64, "%.*s", (int)(end - 4 - cell), cell + 1);
}

static unsigned check_rows(struct files *f, const char *docs,
                           const char *section, const struct conf_key *keys)
{
    char name[CONF_PLACE_SIZE], fallback[64], json[256];
    unsigned rows = 0;

    for (; keys->name; keys++) {
        struct conf *conf, *plain;

        conf_place(name, section, keys->name);
        if (keys->type == CONF_SECTION) {
            rows += check_rows(f, docs, name, keys->keys);
            continue;
        }
        find_default(docs, name, fallback);
        snprintf(json, sizeof(json),
                 section[0] ? "{\"%s\": {\"%s\": %s}}" : "{%s\"%s\": %s}",
                 section, keys->name, fallback);
        conf = conf_kit_must_load(f, json);
        plain = conf_kit_must_load(f, "{}");
        if (keys->type == CONF_TEXT)
            assert_string_equal(*(char **)((char *)conf + keys->offset),
                                *(char **)((char *)plain + keys->offset));
        else if (keys->type == CONF_KB || keys->type == CONF_BYTES)
            assert_memory_equal((char *)conf + keys->offset,
                                (char *)plain + keys->offset, 8);
        else if (keys->type == CONF_BOOL)
            assert_memory_equal((char *)conf + keys->offset,
                                (char *)plain + keys->offset, sizeof(bool));
        else if (keys->type != CONF_NAME && keys->type != CONF_SHAPES)
            assert_memory_equal((char *)conf + keys->offset,
                                (char *)plain + keys->offset, 4);
        conf_free(conf);
        conf_free(plain);
        rows++;
    }
    return rows;
}

static void test_docs(void **state)
{
    static const char *const shape_keys[] = {"name",  "vm",  "file",
                                             "image", "low", "high"};
    struct files *f = *state;
    char *docs = read_text("docs/chaosd.md"), row[64];
    const char *p, *end;
    unsigned rows = 0, i;

    p = strstr(docs, "\n## Configuration\n");
    assert_non_null(p);
    end = strstr(p + 1, "\n## ");
    assert_non_null(end);
    for (; (p = strstr(p, "\n| `")) != NULL && p < end; p++)
        rows++;
    for (i = 0; i < 6; i++) {
        snprintf(row, sizeof(row), "\n| `pool.shapes[].%s` |", shape_keys[i]);
        if (!strstr(docs, row))
            fail_msg("docs/chaosd.md has no row for %s", shape_keys[i]);
    }
    assert_int_equal(check_rows(f, docs, "", conf_root) + 6, rows);
    free(docs);
}

static void test_example(void **state)
{
    struct files *f = *state;
    struct conf *conf;

    if (conf_load("chaosd/chaosd.json", &conf, f->text, TEXT_SIZE) < 0)
        fail_msg("%s", f->text);
    conf_free(conf);
}

/* The client in Python is shown as it is. */
static void test_client(void **state)
{
    char *docs = read_text("docs/chaosd.md");
    char *client = read_text("docs/examples/chaosd-client.py");

    (void)state;
    assert_non_null(strstr(docs, client));
    free(client);
    free(docs);
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, conf_kit_setup, conf_kit_teardown)
    const struct CMUnitTest tests[] = {TEST(test_docs), TEST(test_example),
                                       TEST(test_client)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
