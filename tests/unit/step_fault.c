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
                     size_t count, unsigned kinds, struct create *c);
int __wrap_steps_run(struct chaos_ctx *ctx, const struct step *steps,
                     size_t count, unsigned kinds, struct create *c);

static struct {
    int step, error;
    bool abandon, ran;
    const struct step *steps;
    size_t count;
} fault = {.step = -1};

void step_fault_set(int n, int error)
{
    fault.step = n;
    fault.error = error;
    fault.abandon = false;
}

void step_fault_kill(int n)
{
    step_fault_set(n, EINTR);
    fault.abandon = true;
}

bool step_fault_ran(void)
{
    return fault.ran;
}

size_t step_fault_count(void)
{
    return fault.count;
}

const char *step_fault_name(size_t i)
{
    return fault.steps[i].name;
}

/* As a program that is killed: only what the process has itself goes. */
static bool is_local(const struct step *step)
{
    return strcmp(step->name, "files") == 0 ||
           strcmp(step->name, "disks") == 0 ||
           strcmp(step->name, "memory") == 0;
}

static int run_and_fail(struct create *c)
{
    const struct step *step = &fault.steps[fault.step];
    int rc = step->run(c);

    if (rc < 0)
        return rc;
    if (step->undo && (!fault.abandon || is_local(step)))
        step->undo(c);
    return chaos__fail(c->ctx, -fault.error, "step '%s' fails on purpose",
                       step->name);
}

int __wrap_steps_run(struct chaos_ctx *ctx, const struct step *steps,
                     size_t count, unsigned kinds, struct create *c)
{
    struct step copy[STEPS_MAX];
    size_t i;

    if (count > STEPS_MAX)
        return chaos__fail(ctx, -E2BIG, "more steps than this test expects");
    memcpy(copy, steps, count * sizeof(*steps));
    fault.steps = steps;
    fault.count = count;
    fault.ran = false;
    if (fault.step >= 0 && (size_t)fault.step < count) {
        fault.ran = (steps[fault.step].kind & kinds) &&
                    !(c->done & UINT32_C(1) << fault.step);
        copy[fault.step].run = run_and_fail;
    }
    for (i = 0; i < count; i++) {
        if (fault.abandon && fault.ran && !is_local(&copy[i]))
            copy[i].undo = NULL;
    }
    return __real_steps_run(ctx, copy, count, kinds, c);
}
