/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * conf_kit.c: configurations of the daemon in a directory of their own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf_kit.h"
#include "unit.h"

void conf_kit_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

int conf_kit_setup(void **state)
{
    struct files *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    snprintf(f->dir, sizeof(f->dir), "/tmp/conf-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->conf, sizeof(f->conf), "%s/c.json", f->dir);
    snprintf(f->vm, sizeof(f->vm), "%s/vm.json", f->dir);
    snprintf(f->kernel, sizeof(f->kernel), "%s/k.elf", f->dir);
    conf_kit_write(f->kernel, "kernel");
    conf_kit_write(f->vm, "{\"kernel\": \"k.elf\", \"memory\": 8}");
    *state = f;
    return 0;
}

int conf_kit_teardown(void **state)
{
    struct files *f = *state;

    unlink(f->conf);
    unlink(f->vm);
    unlink(f->kernel);
    assert_int_equal(rmdir(f->dir), 0);
    free(f);
    return 0;
}

int conf_kit_load(struct files *f, const char *json, struct conf **conf_out)
{
    conf_kit_write(f->conf, json);
    return conf_load(f->conf, conf_out, f->text, sizeof(f->text));
}

struct conf *conf_kit_must_load(struct files *f, const char *json)
{
    struct conf *conf;

    if (conf_kit_load(f, json, &conf) < 0)
        fail_msg("%s: %s", json, f->text);
    return conf;
}
