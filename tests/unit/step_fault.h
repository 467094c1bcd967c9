/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * step_fault.h: steps of a create that fail on purpose (steps_run() is wrapped
 * at link time, unit.mk).
 */
#ifndef TESTS_UNIT_STEP_FAULT_H
#define TESTS_UNIT_STEP_FAULT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * From now on, step `n` of each table (0: the first) is carried out and then
 * fails with -error after its own undo, as a step must. Negative: none.
 */
void step_fault_set(int n, int error);
/*
 * The same as if the program were killed there: -EINTR, and nothing is undone
 * but what the kernel takes back from a process.
 */
void step_fault_kill(int n);
/* Whether the last table had that step among those to run. */
bool step_fault_ran(void);
/* Steps of the table that was run last, and the name of one. */
size_t step_fault_count(void);
const char *step_fault_name(size_t i);

#endif /* TESTS_UNIT_STEP_FAULT_H */
