/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cli_kit.h: run the chaos command in the test's own process, on the model.
 */
#ifndef TESTS_CLI_CLI_KIT_H
#define TESTS_CLI_CLI_KIT_H

#include "kit.h"

/* Between kit_setup and kit_teardown; *state is the struct kit. */
int cli_setup(void **state);
int cli_teardown(void **state);

/* What the last run printed; valid until the next. */
extern char cli_out[1 << 20], cli_err[1 << 16];

/* What the next run reads; NULL: nothing. */
void cli_set_input(const char *text);
/* The next runs read from this; -1: from the text again. Not closed. */
void cli_set_input_fd(int fd);

/* Where chaos doctor finds /proc, /sys and the like; not copied. */
void cli_set_root(const char *path);

/* chaos with these words, ending with NULL. Returns its exit code. */
int cli_run(const char *word, ...) __attribute__((sentinel));

/* The last run printed this to stderr, and stderr is one line. */
void cli_assert_error(const char *text);

/* A configuration with the kit's kernel and these further keys (or ""). */
const char *cli_config(struct kit *kit, const char *more);

#endif /* TESTS_CLI_CLI_KIT_H */
