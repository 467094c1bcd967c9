/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nth_host.h: the host of bench-nth: making guests, and what they cost.
 */
#ifndef BENCH_NTH_HOST_H
#define BENCH_NTH_HOST_H

#include <stdbool.h>
#include <stdint.h>

struct nth_memory {
    uint64_t xen_kb;  /* not given to any domain */
    uint64_t dom0_kb; /* available in dom0 */
};

struct nth_cpu {
    double dom0_percent, guests_percent; /* of one CPU */
};

void nth_open(bool pool);
void nth_close(void);

/* fork, exec and wait. Returns its status: 0 is success. */
int nth_try(const char *const argv[], double *us_out);
/* chaos_domain_create of a configuration read before. */
int nth_create_here(const char *config, double *us_out);
/* Wait until the pool is full, or until memory does not suffice for that. */
void nth_fill(void);
bool nth_is_full(void); /* the latter */

struct nth_memory nth_memory(void);
/* Guests that run or wait: neither stopped nor dying nor in the making. */
unsigned nth_alive(void);
/* Processes of that name. */
unsigned nth_processes(const char *name);
/* CPU time while nothing happens. */
struct nth_cpu nth_idle(unsigned seconds);
/* 1 when the n-th guest says something on a TCP port within 10 seconds. */
unsigned nth_answers(unsigned long n, unsigned port);
/* Until the n-th guest answers a ping; -ETIMEDOUT: it did not in a minute. */
int nth_wait_ping(unsigned long n);

#endif /* BENCH_NTH_HOST_H */
