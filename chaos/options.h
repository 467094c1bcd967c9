/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * options.h: what the parser and the help text of options share.
 */
#ifndef CHAOS_OPTIONS_H
#define CHAOS_OPTIONS_H

#include "cli.h"

/* Offsets of options that every command has; they go to struct cli. */
#define OPTIONS_COMMON ((size_t)1 << 16)
#define OPTIONS_HELP (OPTIONS_COMMON + 0)
#define OPTIONS_VERBOSE (OPTIONS_COMMON + 1)
#define OPTIONS_QUIET (OPTIONS_COMMON + 2)
#define OPTIONS_VERSION (OPTIONS_COMMON + 3)
#define OPTIONS_NO_DAEMON (OPTIONS_COMMON + 4)
#define OPTIONS_SOCKET (OPTIONS_COMMON + 5)

/* options.c: each ends with a row without long_name */
extern const struct option_row common_rows[]; /* of all commands */
extern const struct option_row main_rows[];   /* before the command only */

/* version.c: also run by --version */
struct version_options {
    bool json;
};

#endif /* CHAOS_OPTIONS_H */
