/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * steps.h: the ordered table of steps that makes a domain.
 *
 * A step does one thing; `undo` is its inverse, or NULL where destroying the
 * domain (the undo of the first hypervisor step) reclaims what it made. A
 * failure undoes exactly the steps that were done, in reverse, once, here.
 * PREPARE needs to know only a VM's shape, so it can run ahead of time;
 * EXECUTE needs its configuration.
 */
#ifndef LIBCHAOS_STEPS_H
#define LIBCHAOS_STEPS_H

#include <stdbool.h>
#include <stddef.h>

struct chaos_ctx;
struct create;

enum step_phase { STEP_PREPARE, STEP_EXECUTE };

struct step {
    const char *name;
    enum step_phase phase;
    int (*run)(struct create *c);
    void (*undo)(struct create *c);
};

/* Run steps[0] to steps[count - 1]; on failure everything is undone. */
int steps_run(struct chaos_ctx *ctx, const struct step *steps, size_t count,
              struct create *c);

#endif /* LIBCHAOS_STEPS_H */
