/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * conf_kit.h: configurations of the daemon in a directory of their own, beside
 * a VM's configuration and its kernel.
 */
#ifndef TESTS_UNIT_CONF_KIT_H
#define TESTS_UNIT_CONF_KIT_H

#include "../../chaosd/conf_internal.h"

#define TEXT_SIZE 512

struct files {
    char dir[64];
    char conf[80];
    char vm[80];          /* {"kernel": "k.elf", "memory": 8} */
    char kernel[80];      /* 6 bytes */
    char text[TEXT_SIZE]; /* of the last fault */
};

/* For cmocka: *state is the files. */
int conf_kit_setup(void **state);
int conf_kit_teardown(void **state);

void conf_kit_write(const char *path, const char *text);
int conf_kit_load(struct files *f, const char *json, struct conf **conf_out);
/* Asserts that it worked. */
struct conf *conf_kit_must_load(struct files *f, const char *json);

#endif /* TESTS_UNIT_CONF_KIT_H */
