/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * worker.h: threads for what may block, each with a context of its own.
 *
 * A job runs in a worker, then its `done` in the main thread. Jobs of a lower
 * priority start only when none of a higher one waits. Refills are started one
 * at a time, at low CPU priority, and not while workers_hold is on.
 */
#ifndef CHAOSD_WORKER_H
#define CHAOSD_WORKER_H

#include <stdbool.h>
#include <stddef.h>

#include <chaos/ctx.h>

struct event_base;

enum job_priority { JOB_EXIT, JOB_DESTROY, JOB_REFILL, JOB_PRIORITIES };

/* First member of the submitter's own structure. */
struct job {
    enum job_priority priority;
    void (*run)(struct job *job, struct chaos_ctx *ctx); /* in a worker */
    void (*done)(struct job *job); /* in the main thread */
    struct job *next;              /* the workers' */
};

struct workers;
/*
 * `count` threads, and one more for the refills. 0: none, each turn of the
 * event loop does one job, which is for tests. `setup` (may be NULL) runs for
 * each context that is made, in the calling thread.
 */
int workers_start(struct event_base *base, unsigned count,
                  int (*setup)(struct chaos_ctx *ctx, void *arg), void *arg,
                  struct workers **workers_out);
void workers_submit(struct workers *workers, struct job *job);
void workers_hold(struct workers *workers, bool hold);
/* Waiting and running. */
size_t workers_count(const struct workers *workers, enum job_priority priority);
/* Jobs that wait are dropped (done is not called) but for those of priority
 * JOB_EXIT; running ones are waited for. Blocks. */
void workers_stop(struct workers *workers);

#endif /* CHAOSD_WORKER_H */
