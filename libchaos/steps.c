/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * steps.c: run a table of steps, time them if asked, undo them on failure.
 */
#include <time.h>

#include "internal.h"
#include "steps.h"

static uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static int run_step(struct chaos_ctx *ctx, const struct step *step,
                    struct create *c)
{
    uint64_t start;
    int rc;

    if (!ctx->step_fn)
        return step->run(c);
    start = now_ns();
    rc = step->run(c);
    ctx->step_fn(ctx->step_arg, step->name,
                 step->phase == STEP_PREPARE ? "prepare" : "execute",
                 now_ns() - start, rc);
    return rc;
}

int steps_run(struct chaos_ctx *ctx, const struct step *steps, size_t count,
              struct create *c)
{
    size_t i;

    for (i = 0; i < count; i++) {
        int rc = run_step(ctx, &steps[i], c);

        if (rc == 0)
            continue;
        while (i-- > 0) {
            if (steps[i].undo)
                steps[i].undo(c);
        }
        return rc;
    }
    return 0;
}
