/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What people read agrees with the table of keys: docs/config.md has a row for
 * each key with its default, and the examples in configs are good.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <chaos/chaos.h>

#include "config_keys.h"
#include "unit.h"

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 65536);

    assert_non_null(file);
    assert_non_null(text);
    assert_in_range(fread(text, 1, 65535, file), 1, 65534);
    fclose(file);
    return text;
}

/* The row of a key, up to its end. */
static void check_row(const char *docs, const char *name,
                      const struct config_key *key)
{
    char start[160], cell[64];
    const char *row, *end;

    (void)snprintf(start, sizeof(start), "\n| `%s` |", name);
    row = strstr(docs, start);
    if (!row)
        fail_msg("no row for %s", name);
    end = strchr(row + 1, '\n');
    assert_non_null(end);
    if (key->required)
        (void)snprintf(cell, sizeof(cell), "| required |\n");
    else if (key->fallback)
        (void)snprintf(cell, sizeof(cell), "| `%s` |\n", key->fallback);
    else if (key->kinds == CONFIG_OBJECT)
        (void)snprintf(cell, sizeof(cell), "| |\n");
    else
        (void)snprintf(cell, sizeof(cell), "| none");
    row = strstr(row + 1, cell);
    if (!row || row > end)
        fail_msg("the row of %s does not say: %s", name, cell);
}

static unsigned check_rows(const char *docs, const char *prefix,
                           const struct config_table *table)
{
    unsigned i, rows = 0;

    for (i = 0; i < table->count; i++) {
        const struct config_key *key = &table->keys[i];
        char name[128];

        (void)snprintf(name, sizeof(name), "%s%s", prefix, key->name);
        check_row(docs, name, key);
        rows++;
        strcat(name, key->max ? "[]." : ".");
        if (key->members)
            rows += check_rows(docs, name, key->members);
    }
    return rows;
}

static void test_docs(void **state)
{
    char *docs = read_text("docs/config.md");
    unsigned rows = 0;
    const char *p;

    (void)state;
    for (p = docs; (p = strstr(p, "\n| `")) != NULL; p++)
        rows++;
    assert_int_equal(check_rows(docs, "", &chaos__config_root), rows);
    free(docs);
}

static void test_examples(void **state)
{
    struct chaos_ctx *ctx;
    glob_t found;
    size_t i;

    (void)state;
    assert_int_equal(chaos_ctx_create(&ctx), 0);
    assert_int_equal(glob("configs/*.json", 0, NULL, &found), 0);
    for (i = 0; i < found.gl_pathc; i++) {
        struct chaos_config *cfg;

        assert_int_equal(chaos_config_create(ctx, &cfg), 0);
        if (chaos_config_load(ctx, cfg, found.gl_pathv[i]) < 0 ||
            chaos_config_check(ctx, cfg) < 0)
            fail_msg("%s", chaos_ctx_error(ctx));
        assert_non_null(chaos_config_name(cfg));
        assert_non_null(strstr(cfg->kernel, "/configs/../guests/"));
        chaos_config_destroy(cfg);
    }
    globfree(&found);
    chaos_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_docs),
        cmocka_unit_test(test_examples),
    };

    return cmocka_run_group_tests_name("config docs", tests, NULL, NULL);
}
