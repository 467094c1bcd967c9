/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sample.h: what the programs of bench/ share: a clock, samples, processes.
 *
 * Samples go to standard output, one a line, for bench/report.awk; everything
 * else goes to standard error. What is wrong ends the program.
 */
#ifndef BENCH_SAMPLE_H
#define BENCH_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Give standard output a buffer so large that printing disturbs no round. */
void sample_init(const char *program);

void die(const char *what, const char *why) __attribute__((noreturn));
double now_us(void);
void pause_us(unsigned us);

/* Xen wipes what a domain leaves behind while it has nothing else to do. */
void settle(void);

/* Standard output and error meet in the lab: whole lines of each. */
void progress(const char *what, unsigned i, unsigned n);
void sample(const char *series, double us);
/* Samples that do not count: the first round after boot finds cold caches. */
void sample_mute(bool muted);
/* A chaos_step_fn: the time of each step of a create that it did. */
void sample_step(void *arg, const char *step, const char *phase,
                 uint64_t duration_ns, int rc);
unsigned long number(const char *text);

/* Start a process; its standard output is standard error, or that file. */
void sample_output(const char *path);
pid_t start_process(const char *const argv[]);
/* Wait for its end, which has to be a good one. */
void wait_process(pid_t pid, const char *name);
/* fork, exec and wait, as a shell would. Returns microseconds. */
double run_process(const char *const argv[]);

#endif /* BENCH_SAMPLE_H */
