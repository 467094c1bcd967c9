/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * worker.c: threads for what may block.
 *
 * `count` threads carry out exits and destroys, and at most all but one of them
 * destroys, so that a guest's exit does not wait for the hooks of others. One
 * thread more has the refills for itself, because a thread that lowered its
 * CPU priority may not be allowed to raise it again. With count 0 there is no
 * thread: each turn of the event loop runs one job.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <event2/event.h>

#include "worker.h"

#define REFILL_NICE 10

struct queue {
    struct job *head, *tail;
};

struct worker {
    struct workers *workers;
    struct chaos_ctx *ctx; /* owned */
    bool refills;          /* the one that has them */
    pthread_t thread;
    bool started;
};

struct workers {
    unsigned count;
    struct worker *worker; /* count + 1, the refills' the last; owned */
    int fd;                /* rings in the main thread */
    struct event *event;   /* of fd */

    /* Of the main thread alone. */
    size_t pending[JOB_PRIORITIES];

    pthread_mutex_t lock; /* for all that follows */
    pthread_cond_t wake;
    struct queue waiting[JOB_PRIORITIES];
    struct queue over;
    unsigned destroying; /* JOB_DESTROY that run */
    bool hold;
    bool stop;
};

static void queue_put(struct queue *q, struct job *job)
{
    job->next = NULL;
    if (q->tail)
        q->tail->next = job;
    else
        q->head = job;
    q->tail = job;
}

static struct job *queue_take(struct queue *q)
{
    struct job *job = q->head;

    if (!job)
        return NULL;
    q->head = job->next;
    if (!q->head)
        q->tail = NULL;
    return job;
}

static void ring(const struct workers *w)
{
    uint64_t one = 1;

    /* It can fail only when it is about to overflow, and then it rings. */
    if (write(w->fd, &one, sizeof(one)) < 0)
        return;
}

/* --- what to do next; with the lock -----------------------------------------
 */

static struct job *next_refill(struct workers *w)
{
    if (w->hold || w->waiting[JOB_EXIT].head || w->waiting[JOB_DESTROY].head)
        return NULL;
    return queue_take(&w->waiting[JOB_REFILL]);
}

static struct job *next_urgent(struct workers *w)
{
    struct job *job = queue_take(&w->waiting[JOB_EXIT]);

    if (job)
        return job;
    if (w->destroying > 0 && w->destroying + 1 >= w->count)
        return NULL;
    return queue_take(&w->waiting[JOB_DESTROY]);
}

/* --- a thread ---------------------------------------------------------------
 */

/* NULL: the workers stop and nothing is left for this one. */
static struct job *wait_for_job(struct worker *self)
{
    struct workers *w = self->workers;
    struct job *job;

    for (;;) {
        job = self->refills ? next_refill(w) : next_urgent(w);
        if (job || w->stop)
            return job;
        pthread_cond_wait(&w->wake, &w->lock);
    }
}

static void *work(void *arg)
{
    struct worker *self = arg;
    struct workers *w = self->workers;
    struct job *job;

    if (self->refills)
        setpriority(PRIO_PROCESS, (id_t)gettid(), REFILL_NICE);
    pthread_mutex_lock(&w->lock);
    while ((job = wait_for_job(self))) {
        bool destroys = job->priority == JOB_DESTROY;

        w->destroying += destroys;
        /* What this job was may have held up a refill. */
        pthread_cond_broadcast(&w->wake);
        pthread_mutex_unlock(&w->lock);
        job->run(job, self->ctx);
        pthread_mutex_lock(&w->lock);
        w->destroying -= destroys;
        queue_put(&w->over, job);
        ring(w);
        pthread_cond_broadcast(&w->wake);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* --- the main thread --------------------------------------------------------
 */

static void finish(struct workers *w)
{
    struct job *job;

    for (;;) {
        pthread_mutex_lock(&w->lock);
        job = queue_take(&w->over);
        pthread_mutex_unlock(&w->lock);
        if (!job)
            return;
        w->pending[job->priority]--;
        job->done(job);
    }
}

/* One job, where there is no thread to do it. False: there is none to do. */
static bool work_inline(struct workers *w)
{
    struct job *job = next_urgent(w);

    if (!job)
        job = next_refill(w);
    if (!job)
        return false;
    job->run(job, w->worker[0].ctx);
    queue_put(&w->over, job);
    ring(w);
    return true;
}

static void rang(evutil_socket_t fd, short what, void *arg)
{
    struct workers *w = arg;
    uint64_t n;

    (void)what;
    /* Another turn is at worst one for nothing. */
    if (read(fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
        return;
    if (w->count == 0)
        work_inline(w);
    finish(w);
}

void workers_submit(struct workers *w, struct job *job)
{
    pthread_mutex_lock(&w->lock);
    if (!w->stop) {
        w->pending[job->priority]++;
        queue_put(&w->waiting[job->priority], job);
        pthread_cond_broadcast(&w->wake);
    }
    pthread_mutex_unlock(&w->lock);
    if (w->count == 0)
        ring(w);
}

void workers_hold(struct workers *w, bool hold)
{
    pthread_mutex_lock(&w->lock);
    w->hold = hold;
    if (!hold && w->waiting[JOB_REFILL].head)
        pthread_cond_broadcast(&w->wake);
    pthread_mutex_unlock(&w->lock);
    if (w->count == 0 && !hold)
        ring(w);
}

size_t workers_count(const struct workers *w, enum job_priority priority)
{
    return w->pending[priority];
}

/* --- start and stop ---------------------------------------------------------
 */

static int start_thread(struct worker *self)
{
    sigset_t all, old;
    int r;

    /* Signals are the main thread's. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    r = pthread_create(&self->thread, NULL, work, self);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    self->started = r == 0;
    return -r;
}

static int start_worker(struct workers *w, struct worker *self,
                        int (*setup)(struct chaos_ctx *ctx, void *arg),
                        void *arg)
{
    int rc = chaos_ctx_create(&self->ctx);

    self->workers = w;
    if (rc == 0 && setup)
        rc = setup(self->ctx, arg);
    if (rc == 0 && w->count > 0)
        rc = start_thread(self);
    return rc;
}

int workers_start(struct event_base *base, unsigned count,
                  int (*setup)(struct chaos_ctx *ctx, void *arg), void *arg,
                  struct workers **workers_out)
{
    struct workers *w = calloc(1, sizeof(*w));
    unsigned i;
    int rc = 0;

    if (!w)
        return -ENOMEM;
    w->count = count;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    w->worker = calloc(count + 1, sizeof(*w->worker));
    w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->fd < 0)
        rc = -errno;
    else
        w->event = event_new(base, w->fd, EV_READ | EV_PERSIST, rang, w);
    if (rc == 0 && (!w->worker || !w->event || event_add(w->event, NULL) < 0))
        rc = -ENOMEM;
    for (i = 0; rc == 0 && i <= count; i++) {
        w->worker[i].refills = i == count;
        rc = start_worker(w, &w->worker[i], setup, arg);
    }
    if (rc < 0) {
        workers_stop(w);
        return rc;
    }
    *workers_out = w;
    return 0;
}

/* Nothing more comes in, and of what waits only exits are done. */
static void drop_waiting(struct workers *w)
{
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    w->waiting[JOB_DESTROY] = (struct queue){NULL, NULL};
    w->waiting[JOB_REFILL] = (struct queue){NULL, NULL};
    pthread_cond_broadcast(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

void workers_stop(struct workers *w)
{
    unsigned i;

    if (!w)
        return;
    drop_waiting(w);
    for (i = 0; w->worker && i <= w->count; i++) {
        if (w->worker[i].started)
            pthread_join(w->worker[i].thread, NULL);
    }
    while (w->count == 0 && work_inline(w))
        ;
    finish(w);
    for (i = 0; w->worker && i <= w->count; i++)
        chaos_ctx_destroy(w->worker[i].ctx);
    if (w->event)
        event_free(w->event);
    if (w->fd >= 0)
        close(w->fd);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w->worker);
    free(w);
}
