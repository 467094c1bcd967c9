/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config_fixture.c: a context and a configuration to try keys on.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_fixture.h"
#include "unit.h"

int setup(void **state)
{
    static struct fixture f;

    assert_int_equal(chaos_ctx_create(&f.ctx), 0);
    assert_int_equal(chaos_config_create(f.ctx, &f.cfg), 0);
    *state = &f;
    return 0;
}

int teardown(void **state)
{
    struct fixture *f = *state;

    chaos_config_destroy(f->cfg);
    chaos_ctx_destroy(f->ctx);
    return 0;
}

static int parse(struct fixture *f, const char *inside)
{
    char text[8192];
    int len = snprintf(text, sizeof(text), "{\n  %s\n}\n", inside);

    assert_in_range(len, 0, sizeof(text) - 1);
    return chaos_config_parse(f->ctx, f->cfg, "web.json", text, (size_t)len);
}

void take(struct fixture *f, const char *inside)
{
    if (parse(f, inside) != 0)
        fail_msg("%s: %s", inside, chaos_ctx_error(f->ctx));
}

void refuse(struct fixture *f, const char *inside, const char *error)
{
    char *before, *after;

    assert_int_equal(chaos_config_json(f->ctx, f->cfg, &before), 0);
    assert_int_equal(parse(f, inside), -EINVAL);
    assert_string_equal(chaos_ctx_error(f->ctx), error);
    assert_int_equal(chaos_config_json(f->ctx, f->cfg, &after), 0);
    assert_string_equal(before, after);
    free(before);
    free(after);
}
