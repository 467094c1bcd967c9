/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * options.h: chaosd's command line.
 */
#ifndef CHAOSD_OPTIONS_H
#define CHAOSD_OPTIONS_H

struct options;

#define RUN_DIR_DEFAULT "/run/chaos"

/* Exit codes besides 0 and 1. */
#define EXIT_USAGE 2   /* the command line or the configuration is wrong */
#define EXIT_ANOTHER 3 /* another daemon runs here */

/* -1: go on with them; else the process ends with what is returned. */
int options_parse(struct options *o, int argc, char **argv);

#endif /* CHAOSD_OPTIONS_H */
