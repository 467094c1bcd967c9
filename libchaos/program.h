/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * program.h: programs that libchaos runs: vifs' hooks and xl's scripts.
 */
#ifndef LIBCHAOS_PROGRAM_H
#define LIBCHAOS_PROGRAM_H

#include <chaos/chaos.h>

struct program {
    const char *what; /* for messages: "hook" */
    const char *path;
    char *const *argv; /* ends with NULL */
    char *const *env;  /* beside this process's own; NULL: nothing */
    unsigned limit_ms; /* then it and all that it began is killed; 0: none */
};

/*
 * Run it and wait. It gets no input, and its output goes where errors go.
 * Its failure is -ECANCELED with text: "WHAT PATH: it failed with status N".
 */
int program_run(struct chaos_ctx *ctx, const struct program *p) CHAOS_CHECK;

#endif /* LIBCHAOS_PROGRAM_H */
