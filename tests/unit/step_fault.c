/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * step_fault.c: steps of a create that fail on purpose.
 */
#include <errno.h>
#include <string.h>

#include "create.h"
#include "internal.h"
#include "step_fault.h"

#define STEPS_MAX 32

int __real_steps_run(struct chaos_ctx *ctx, const struct step *steps,
                     size_t count, struct create *c);
int __wrap_steps_run(struct chaos_ctx *ctx, const struct step *steps,
                     size_t count, struct create *c);

static struct {
    int step, error;
    const struct step *steps;
    size_t count;
} fault = {.step = -1};

void step_fault_set(int n, int error)
{
    fault.step = n;
    fault.error = error;
}

size_t step_fault_count(void)
{
    return fault.count;
}

const char *step_fault_name(size_t i)
{
    return fault.steps[i].name;
}

static int run_and_fail(struct create *c)
{
    const struct step *step = &fault.steps[fault.step];
    int rc = step->run(c);

    if (rc < 0)
        return rc;
    if (step->undo)
        step->undo(c);
    return chaos__fail(c->ctx, -fault.error, "step '%s' fails on purpose",
                       step->name);
}

int __wrap_steps_run(struct chaos_ctx *ctx, const struct step *steps,
                     size_t count, struct create *c)
{
    struct step copy[STEPS_MAX];

    if (count > STEPS_MAX)
        return chaos__fail(ctx, -E2BIG, "more steps than this test expects");
    memcpy(copy, steps, count * sizeof(*steps));
    fault.steps = steps;
    fault.count = count;
    if (fault.step >= 0 && (size_t)fault.step < count)
        copy[fault.step].run = run_and_fail;
    return __real_steps_run(ctx, copy, count, c);
}
