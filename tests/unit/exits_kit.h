/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exits_kit.h: the daemon's guests and exits with false workers: a job runs
 * when the test says so. For one file of a program.
 */
#ifndef TESTS_UNIT_EXITS_KIT_H
#define TESTS_UNIT_EXITS_KIT_H

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <event2/event.h>

#include "../../chaosd/conf.h"
#include "../../chaosd/exits_internal.h"
#include "../../chaosd/worker.h"
#include "events_kit.h"
#include "kit.h"
#include "unit.h"

struct fixture {
    struct kit *kit;
    struct chaos_ctx *worker;
    struct conf conf;
    struct daemon d;
};

static struct job *queue[64];
static unsigned queued;
static uint64_t counted[METRIC_COUNT], observed;

/* --- false parts ------------------------------------------------------------
 */

void workers_submit(struct workers *workers, struct job *job)
{
    (void)workers;
    assert_int_equal(job->priority, JOB_EXIT);
    assert_true(queued < 64);
    queue[queued++] = job;
}

void metrics_add(struct metrics *metrics, enum metric which, uint64_t n)
{
    (void)metrics;
    counted[which] += n;
}

void metrics_observe(struct metrics *metrics, enum histogram which, uint64_t ns)
{
    (void)metrics;
    (void)ns;
    assert_int_equal(which, HISTOGRAM_SETTLE);
    observed++;
}

/* --- what tests start from --------------------------------------------------
 */

static inline void start(struct fixture *f)
{
    assert_int_equal(guests_create(&f->d, &f->d.guests), 0);
    assert_int_equal(exits_create(&f->d, &f->d.exits), 0);
    assert_int_equal(guests_scan(f->d.guests), 0);
    assert_int_equal(exits_start(f->d.exits), 0);
}

static inline void stop(struct fixture *f)
{
    exits_destroy(f->d.exits);
    guests_destroy(f->d.guests);
}

static inline int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (kit_setup((void **)&f->kit) != 0)
        return -1;
    log_level_set(CHAOS_LOG_ERROR);
    events_told[0] = '\0';
    queued = 0;
    observed = 0;
    memset(counted, 0, sizeof(counted));
    (void)mkdir(f->kit->run, 0755);
    f->worker = kit_second(f->kit);
    f->conf = (struct conf){
        .restarts = 3,
        .restart_seconds = 60,
        .ring_bytes = 4096,
        .log_seconds = 3600,
        .log_bytes = 1u << 20,
        .log_guest_bytes = 4096,
    };
    f->d.conf = &f->conf;
    f->d.run_dir = f->kit->run;
    f->d.ctx = f->kit->ctx;
    f->d.base = event_base_new();
    start(f);
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;

    stop(f);
    assert_int_equal(model_counts().watches, 0);
    chaos_ctx_destroy(f->worker);
    event_base_free(f->d.base);
    kit_teardown((void **)&f->kit);
    free(f);
    return 0;
}

static inline void turn(struct fixture *f)
{
    unsigned i;

    for (i = 0; i < 3; i++)
        (void)event_base_loop(f->d.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

/* Let workers do what they were given, and the loop what comes of it. */
static inline void work(struct fixture *f)
{
    while (queued > 0) {
        struct job *job = queue[0];

        queued--;
        memmove(queue, queue + 1, queued * sizeof(queue[0]));
        job->run(job, f->worker);
        job->done(job);
        turn(f);
    }
}

static inline void stops(struct fixture *f, uint32_t domid, unsigned reason)
{
    model_shutdown(domid, reason);
    turn(f);
}

/* What was told since the last call. */
static inline void told(const char *text)
{
    assert_string_equal(events_told, text);
    events_told[0] = '\0';
}

static inline bool lives(uint32_t domid)
{
    return model_view(domid).exists && !model_view(domid).dying;
}

#endif /* TESTS_UNIT_EXITS_KIT_H */
