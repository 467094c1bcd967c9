/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * metrics.c: what is counted and timed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "daemon.h"
#include "metrics_internal.h"

const struct bound metrics_bounds[BOUND_COUNT] = {
    {10000, "1e-05"},      {25000, "2.5e-05"},  {50000, "5e-05"},
    {100000, "0.0001"},    {250000, "0.00025"}, {500000, "0.0005"},
    {1000000, "0.001"},    {2500000, "0.0025"}, {5000000, "0.005"},
    {10000000, "0.01"},    {25000000, "0.025"}, {50000000, "0.05"},
    {100000000, "0.1"},    {250000000, "0.25"}, {500000000, "0.5"},
    {1000000000, "1.0"},   {2500000000, "2.5"}, {5000000000, "5.0"},
    {10000000000, "10.0"},
};

static int write_all(void *arg, struct evbuffer *out)
{
    return metrics_write(arg, out);
}

int metrics_create(struct daemon *d, struct metrics **metrics_out)
{
    struct metrics *metrics = calloc(1, sizeof(*metrics));
    int rc;

    if (!metrics)
        return -ENOMEM;
    metrics->d = d;
    rc = metrics_http_create(d->base, write_all, metrics, &metrics->http);
    if (rc < 0) {
        free(metrics);
        return rc;
    }
    (void)pthread_mutex_init(&metrics->lock, NULL);
    *metrics_out = metrics;
    return 0;
}

int metrics_listen(struct metrics *metrics)
{
    const struct conf *conf = metrics->d->conf;

    return metrics_http_listen(metrics->http, conf->metrics, conf->group);
}

void metrics_destroy(struct metrics *metrics)
{
    if (!metrics)
        return;
    metrics_http_destroy(metrics->http);
    (void)pthread_mutex_destroy(&metrics->lock);
    free(metrics);
}

void metrics_add(struct metrics *metrics, enum metric which, uint64_t n)
{
    metrics->counters[which] += n;
}

uint64_t metrics_get(const struct metrics *metrics, enum metric which)
{
    return metrics->counters[which];
}

static void durations_add(struct durations *durations, uint64_t ns)
{
    size_t i = 0;

    while (i < BOUND_COUNT && ns > metrics_bounds[i].ns)
        i++;
    durations->buckets[i]++;
    durations->sum_ns += ns;
}

void metrics_observe(struct metrics *metrics, enum histogram which, uint64_t ns)
{
    durations_add(&metrics->histograms[which], ns);
}

/* NULL: there are more steps than anybody thought. */
static struct step_times *find_step(struct metrics *metrics, const char *step,
                                    const char *phase)
{
    struct step_times *times;
    size_t i;

    for (i = 0; i < metrics->step_count; i++) {
        times = &metrics->steps[i];
        if (strcmp(times->step, step) == 0 && strcmp(times->phase, phase) == 0)
            return times;
    }
    if (metrics->step_count == STEPS_MAX)
        return NULL;
    times = &metrics->steps[metrics->step_count++];
    times->step = step;
    times->phase = phase;
    return times;
}

void metrics_step(void *arg, const char *step, const char *phase,
                  uint64_t duration_ns, int rc)
{
    struct metrics *metrics = arg;
    struct step_times *times;

    (void)pthread_mutex_lock(&metrics->lock);
    times = find_step(metrics, step, phase);
    if (times && rc < 0)
        times->failures++;
    else if (times)
        durations_add(&times->durations, duration_ns);
    (void)pthread_mutex_unlock(&metrics->lock);
}
