/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * doctor_kit.h: a kernel that is a tree of files, and what chaos doctor found
 * in it.
 */
#ifndef TESTS_CLI_DOCTOR_KIT_H
#define TESTS_CLI_DOCTOR_KIT_H

#include <stddef.h>

#include <yajl/yajl_tree.h>

/* --- the kernel ----------------------------------------------------------- */

#define HOST_ROOT_SIZE 128

/* Where its files lie. */
extern char host_root[HOST_ROOT_SIZE];

/* For cmocka: a host without faults below host_root; *state: struct kit. */
int host_setup(void **state);
int host_teardown(void **state);

/* A file, and the directories that lead to it; NULL: a directory. */
void host_put(const char *name, const char *text);
void host_put_bridge(const char *name, unsigned ports);

/* --- what was found ------------------------------------------------------- */

/* Of the last run with --json that was read; owned here. */
extern yajl_val found_tree;

void found_read(void);
yajl_val found_get(yajl_val object, const char *key);
const char *found_text(yajl_val object, const char *key);
/* What was found of that name; NULL: nothing. `at` may be NULL. */
yajl_val found_look(const char *name, size_t *at);

/* room: -1 where guests do not count. */
void assert_limit(const char *name, long long used, long long limit,
                  long long room);
void assert_state(const char *name, const char *state);

#endif /* TESTS_CLI_DOCTOR_KIT_H */
