/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * steps.c: run a table of steps, time them if asked, undo them on failure.
 */
#include "create.h"
#include "internal.h"
#include "steps.h"

/* An image is loaded in the phase in which the others run. */
static const char *phase_of(const struct step *step, unsigned kinds)
{
    bool execute = step->kind == STEP_EXECUTE ||
                   (step->kind == STEP_IMAGE && (kinds & STEP_EXECUTE) != 0);

    return execute ? "execute" : "prepare";
}

static int run_step(struct chaos_ctx *ctx, const struct step *step,
                    unsigned kinds, struct create *c)
{
    uint64_t start;
    int rc;

    if (!ctx->step_fn)
        return step->run(c);
    start = chaos__now_ns();
    rc = step->run(c);
    ctx->step_fn(ctx->step_arg, step->name, phase_of(step, kinds),
                 chaos__now_ns() - start, rc);
    return rc;
}

void steps_undo(const struct step *steps, size_t count, struct create *c)
{
    while (count-- > 0) {
        uint32_t bit = UINT32_C(1) << count;

        if ((c->done & bit) && steps[count].undo)
            steps[count].undo(c);
        c->done &= ~bit;
    }
}

uint32_t steps_done(const struct step *steps, size_t count, unsigned kinds)
{
    uint32_t done = 0;
    size_t i;

    for (i = 0; i < count; i++) {
        if (steps[i].kind & kinds)
            done |= UINT32_C(1) << i;
    }
    return done;
}

int steps_run(struct chaos_ctx *ctx, const struct step *steps, size_t count,
              unsigned kinds, struct create *c)
{
    size_t i;

    for (i = 0; i < count; i++) {
        uint32_t bit = UINT32_C(1) << i;
        int rc;

        if (!(steps[i].kind & kinds) || (c->done & bit))
            continue;
        rc = run_step(ctx, &steps[i], kinds, c);
        if (rc < 0) {
            steps_undo(steps, count, c);
            return rc;
        }
        c->done |= bit;
    }
    return 0;
}
