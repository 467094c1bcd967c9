/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Jobs: who runs them, in which order, and what becomes of them at the end;
 * once with threads and once without.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <event2/event.h>

#include "../../chaosd/worker.h"
#include "kit.h"
#include "unit.h"

#define JOBS 16

struct bench;

struct test_job {
    struct job job;
    struct bench *bench;
    char name;
    unsigned done;
};

struct bench {
    struct event_base *base;
    struct workers *workers;
    pthread_t main;
    struct test_job jobs[JOBS];
    unsigned made, contexts;

    pthread_mutex_t lock;                 /* for what follows */
    char ran[JOBS + 1];                   /* their names, in order */
    unsigned refills, destroys;           /* that run now */
    unsigned refills_most, destroys_most; /* that ever ran at once */
    int refill_nice, destroy_nice;
    atomic_bool gate; /* destroys wait while it is closed */
};

static int count_context(struct chaos_ctx *ctx, void *arg)
{
    struct bench *b = arg;

    assert_non_null(ctx);
    return b->contexts++ < 100 ? 0 : -EPERM;
}

static void bench_open(struct bench *b, unsigned count)
{
    memset(b, 0, sizeof(*b));
    pthread_mutex_init(&b->lock, NULL);
    b->main = pthread_self();
    b->base = event_base_new();
    assert_non_null(b->base);
    assert_int_equal(
        workers_start(b->base, count, count_context, b, &b->workers), 0);
}

static void bench_close(struct bench *b)
{
    event_base_free(b->base);
    pthread_mutex_destroy(&b->lock);
}

static void most(unsigned now, unsigned *most_ever)
{
    if (now > *most_ever)
        *most_ever = now;
}

static void run_job(struct job *job, struct chaos_ctx *ctx)
{
    struct test_job *t = (struct test_job *)job;
    struct bench *b = t->bench;
    bool refill = job->priority == JOB_REFILL;
    bool destroy = job->priority == JOB_DESTROY;

    assert_non_null(ctx);
    pthread_mutex_lock(&b->lock);
    b->ran[strlen(b->ran)] = t->name;
    b->refills += refill;
    b->destroys += destroy;
    most(b->refills, &b->refills_most);
    most(b->destroys, &b->destroys_most);
    if (refill)
        b->refill_nice = getpriority(PRIO_PROCESS, (id_t)gettid());
    else if (destroy)
        b->destroy_nice = getpriority(PRIO_PROCESS, (id_t)gettid());
    pthread_mutex_unlock(&b->lock);
    while (destroy && atomic_load(&b->gate))
        usleep(1000);
    pthread_mutex_lock(&b->lock);
    b->refills -= refill;
    b->destroys -= destroy;
    pthread_mutex_unlock(&b->lock);
}

static void job_done(struct job *job)
{
    struct test_job *t = (struct test_job *)job;

    assert_true(pthread_equal(pthread_self(), t->bench->main));
    t->done++;
}

static struct test_job *submit(struct bench *b, enum job_priority priority,
                               char name)
{
    struct test_job *t = &b->jobs[b->made++];

    assert_true(b->made <= JOBS);
    *t = (struct test_job){
        .job = {.priority = priority, .run = run_job, .done = job_done},
        .bench = b,
        .name = name,
    };
    workers_submit(b->workers, &t->job);
    return t;
}

/* Until nothing waits or runs. */
static void settle(struct bench *b)
{
    while (workers_count(b->workers, JOB_EXIT) +
           workers_count(b->workers, JOB_DESTROY) +
           workers_count(b->workers, JOB_REFILL))
        event_base_loop(b->base, EVLOOP_ONCE);
}

static void wait_until_ran(struct bench *b, size_t count)
{
    size_t n;

    do {
        pthread_mutex_lock(&b->lock);
        n = strlen(b->ran);
        pthread_mutex_unlock(&b->lock);
    } while (n < count && usleep(1000) == 0);
}

static void test_inline_order(void **state)
{
    struct bench b;
    unsigned i;

    (void)state;
    bench_open(&b, 0);
    assert_int_equal(b.contexts, 1);
    submit(&b, JOB_REFILL, 'r');
    submit(&b, JOB_DESTROY, 'd');
    submit(&b, JOB_EXIT, 'e');
    submit(&b, JOB_REFILL, 's');
    assert_int_equal(workers_count(b.workers, JOB_REFILL), 2);
    assert_string_equal(b.ran, "");
    settle(&b);
    assert_string_equal(b.ran, "edrs");
    for (i = 0; i < b.made; i++)
        assert_int_equal(b.jobs[i].done, 1);
    workers_stop(b.workers);
    bench_close(&b);
}

static void test_inline_hold(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b, 0);
    workers_hold(b.workers, true);
    submit(&b, JOB_REFILL, 'r');
    submit(&b, JOB_DESTROY, 'd');
    event_base_loop(b.base, EVLOOP_NONBLOCK);
    event_base_loop(b.base, EVLOOP_NONBLOCK);
    event_base_loop(b.base, EVLOOP_NONBLOCK);
    assert_string_equal(b.ran, "d");
    workers_hold(b.workers, false);
    settle(&b);
    assert_string_equal(b.ran, "dr");
    workers_stop(b.workers);
    bench_close(&b);
}

/* At the end, exits are done and nothing else that waits. */
static void test_inline_stop(void **state)
{
    struct test_job *r, *d, *e;
    struct bench b;

    (void)state;
    bench_open(&b, 0);
    r = submit(&b, JOB_REFILL, 'r');
    d = submit(&b, JOB_DESTROY, 'd');
    e = submit(&b, JOB_EXIT, 'e');
    workers_stop(b.workers);
    assert_string_equal(b.ran, "e");
    assert_int_equal(e->done, 1);
    assert_int_equal(d->done + r->done, 0);
    bench_close(&b);
}

static void *open_gate(void *arg)
{
    struct bench *b = arg;

    usleep(30000);
    atomic_store(&b->gate, false);
    return NULL;
}

static void test_threads_stop(void **state)
{
    struct test_job *d, *later, *r, *e;
    pthread_t opener;
    struct bench b;

    (void)state;
    bench_open(&b, 1);
    atomic_store(&b.gate, true);
    d = submit(&b, JOB_DESTROY, 'd');
    wait_until_ran(&b, 1);
    later = submit(&b, JOB_DESTROY, 'l');
    r = submit(&b, JOB_REFILL, 'r');
    e = submit(&b, JOB_EXIT, 'e');
    assert_int_equal(pthread_create(&opener, NULL, open_gate, &b), 0);
    workers_stop(b.workers);
    pthread_join(opener, NULL);
    assert_string_equal(b.ran, "de");
    assert_int_equal(d->done, 1);
    assert_int_equal(e->done, 1);
    assert_int_equal(later->done + r->done, 0);
    bench_close(&b);
}

/* One for each thread, and one for the refills'. */
static void test_threads_contexts(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b, 3);
    assert_int_equal(b.contexts, 4);
    workers_stop(b.workers);
    bench_close(&b);
}

static void test_threads_priorities(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b, 1);
    atomic_store(&b.gate, true);
    submit(&b, JOB_DESTROY, 'a');
    wait_until_ran(&b, 1);
    submit(&b, JOB_REFILL, 'r');
    submit(&b, JOB_DESTROY, 'b');
    submit(&b, JOB_EXIT, 'e');
    usleep(20000);
    /* The refill has a thread but yields to what waits. */
    pthread_mutex_lock(&b.lock);
    assert_string_equal(b.ran, "a");
    pthread_mutex_unlock(&b.lock);
    atomic_store(&b.gate, false);
    settle(&b);
    assert_int_equal(strlen(b.ran), 4);
    assert_memory_equal(b.ran, "aeb", 2);
    assert_true(strchr(b.ran, 'e') < strchr(b.ran, 'b'));
    assert_true(strchr(b.ran, 'e') < strchr(b.ran, 'r'));
    workers_stop(b.workers);
    bench_close(&b);
}

/* However many destroys hang, an exit finds a thread. */
static void test_threads_exit_passes(void **state)
{
    struct bench b;
    unsigned i;

    (void)state;
    bench_open(&b, 3);
    atomic_store(&b.gate, true);
    for (i = 0; i < 5; i++)
        submit(&b, JOB_DESTROY, 'd');
    wait_until_ran(&b, 2);
    submit(&b, JOB_EXIT, 'e');
    wait_until_ran(&b, 3);
    pthread_mutex_lock(&b.lock);
    assert_string_equal(b.ran, "dde");
    pthread_mutex_unlock(&b.lock);
    atomic_store(&b.gate, false);
    settle(&b);
    assert_int_equal(b.destroys_most, 2);
    workers_stop(b.workers);
    bench_close(&b);
}

static void test_threads_refills(void **state)
{
    int nice_before = getpriority(PRIO_PROCESS, 0);
    struct bench b;
    unsigned i;

    (void)state;
    bench_open(&b, 2);
    for (i = 0; i < 8; i++)
        submit(&b, JOB_REFILL, 'r');
    submit(&b, JOB_DESTROY, 'd');
    settle(&b);
    assert_int_equal(b.refills_most, 1);
    assert_true(b.refill_nice > nice_before || nice_before >= 10);
    assert_int_equal(b.destroy_nice, nice_before);
    workers_hold(b.workers, true);
    submit(&b, JOB_REFILL, 'x');
    usleep(20000);
    pthread_mutex_lock(&b.lock);
    assert_null(strchr(b.ran, 'x'));
    pthread_mutex_unlock(&b.lock);
    workers_hold(b.workers, false);
    settle(&b);
    assert_non_null(strchr(b.ran, 'x'));
    workers_stop(b.workers);
    bench_close(&b);
}

static int refuse_second(struct chaos_ctx *ctx, void *arg)
{
    unsigned *n = arg;

    (void)ctx;
    return ++*n < 2 ? 0 : -EPERM;
}

static void test_start_fails(void **state)
{
    struct event_base *base = event_base_new();
    struct workers *workers = NULL;
    unsigned n = 0;

    (void)state;
    assert_int_equal(workers_start(base, 2, refuse_second, &n, &workers),
                     -EPERM);
    assert_null(workers);
    workers_stop(NULL);
    event_base_free(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inline_order),
        cmocka_unit_test(test_inline_hold),
        cmocka_unit_test(test_inline_stop),
        cmocka_unit_test(test_threads_stop),
        cmocka_unit_test(test_threads_contexts),
        cmocka_unit_test(test_threads_priorities),
        cmocka_unit_test(test_threads_exit_passes),
        cmocka_unit_test(test_threads_refills),
        cmocka_unit_test(test_start_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
