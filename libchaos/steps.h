/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * steps.h: the ordered table of steps that makes a domain.
 *
 * A step does one thing; `undo` is its inverse, or NULL where destroying the
 * domain (the undo of the first hypervisor step) reclaims what it made. A
 * failure undoes exactly the steps that were done, in reverse, once, here.
 *
 * PREPARE needs to know only a VM's shape, so it can run ahead of time; EXECUTE
 * needs its configuration. IMAGE goes with PREPARE where the shape has images,
 * else with EXECUTE.
 */
#ifndef LIBCHAOS_STEPS_H
#define LIBCHAOS_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chaos_ctx;
struct create;

#define STEP_PREPARE 0x1u
#define STEP_IMAGE 0x2u
#define STEP_EXECUTE 0x4u
#define STEP_ALL (STEP_PREPARE | STEP_IMAGE | STEP_EXECUTE)

struct step {
    const char *name;
    unsigned kind; /* one of STEP_* */
    int (*run)(struct create *c);
    void (*undo)(struct create *c);
};

/*
 * Run those of steps[0] to steps[count - 1] whose kind is among `kinds`, except
 * those that c->done tells were done; it tells of them afterwards. On failure
 * everything is undone, whoever did it.
 */
int steps_run(struct chaos_ctx *ctx, const struct step *steps, size_t count,
              unsigned kinds, struct create *c);
/* Undo all that c->done tells of. */
void steps_undo(const struct step *steps, size_t count, struct create *c);
/* c->done when all of these kinds were done. */
uint32_t steps_done(const struct step *steps, size_t count, unsigned kinds);

#endif /* LIBCHAOS_STEPS_H */
