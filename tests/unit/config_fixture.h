/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config_fixture.h: a context and a configuration to try keys on.
 */
#ifndef TESTS_UNIT_CONFIG_FIXTURE_H
#define TESTS_UNIT_CONFIG_FIXTURE_H

#include <chaos/chaos.h>

struct fixture {
    struct chaos_ctx *ctx;
    struct chaos_config *cfg;
};

/* For cmocka: *state is the fixture. */
int setup(void **state);
int teardown(void **state);
/* Read an object with this inside, which is on line 2 of web.json. */
void take(struct fixture *f, const char *inside);
/* Refused with this sentence and nothing changed. */
void refuse(struct fixture *f, const char *inside, const char *error);

#endif /* TESTS_UNIT_CONFIG_FIXTURE_H */
