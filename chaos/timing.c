/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * timing.c: why was this create slow? A table of the steps and their times.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch.h"

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* The middle one of sorted times; of an even number, the mean of two. */
static uint64_t median(const uint64_t *times, size_t count)
{
    if (count % 2)
        return times[count / 2];
    return (times[count / 2 - 1] + times[count / 2]) / 2;
}

static void print_row(struct out *err, const char *step, const char *phase,
                      uint64_t *times, size_t count)
{
    if (count == 0)
        return;
    qsort(times, count, sizeof(*times), compare);
    out_printf(err, "%-12s %-8s %12.1f", step, phase,
               (double)median(times, count) / 1e3);
    if (count > 1)
        out_printf(err, " %12.1f", (double)times[count - 1] / 1e3);
    out_text(err, "\n");
}

/* The VM with most steps: of one that failed, the later steps are missing. */
static const struct vm *most_steps(const struct batch *b)
{
    const struct vm *most = &b->vms[0];
    unsigned i;

    for (i = 1; i < b->tried; i++)
        if (b->vms[i].step_count > most->step_count)
            most = &b->vms[i];
    return most;
}

static size_t gather_step(const struct batch *b, size_t step, uint64_t *times)
{
    size_t count = 0;
    unsigned i;

    for (i = 0; i < b->tried; i++)
        if (step < b->vms[i].step_count)
            times[count++] = b->vms[i].steps[step].ns;
    return count;
}

static size_t gather_total(const struct batch *b, uint64_t *times)
{
    size_t count = 0;
    unsigned i;

    for (i = 0; i < b->tried; i++)
        if (b->vms[i].made)
            times[count++] = b->vms[i].total_ns;
    return count;
}

void timing_print(const struct batch *b)
{
    struct out err;
    uint64_t *times = calloc(b->tried + 1u, sizeof(*times));
    const struct vm *vm = most_steps(b);
    size_t i;

    if (!times)
        return;
    out_init(&err, STDERR_FILENO);
    if (b->tried > 1)
        out_printf(&err, "%-12s %-8s %12s %12s\n", "step", "phase", "median us",
                   "max us");
    else
        out_printf(&err, "%-12s %-8s %12s\n", "step", "phase", "us");
    for (i = 0; i < vm->step_count; i++)
        print_row(&err, vm->steps[i].step, vm->steps[i].phase, times,
                  gather_step(b, i, times));
    print_row(&err, "total", "", times, gather_total(b, times));
    (void)out_flush(&err);
    free(times);
}
