/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * metrics_text.c: the figures in OpenMetrics' text format, version 1.0.0.
 *
 * A family is announced once, then come its samples, all together. What other
 * parts know is asked for at this moment.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <event2/buffer.h>

#include "daemon.h"
#include "guests.h"
#include "metrics_internal.h"
#include "pool.h"
#include "server.h"
#include "worker.h"

struct writer {
    struct evbuffer *out;
    int rc;
};

static void put(struct writer *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void put(struct writer *w, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    if (evbuffer_add_vprintf(w->out, fmt, args) < 0)
        w->rc = -ENOMEM;
    va_end(args);
}

/* Its name ends with the unit, where it has one. */
static void family(struct writer *w, const char *type, const char *name,
                   const char *unit, const char *help)
{
    put(w, "# TYPE chaosd_%s %s\n", name, type);
    if (unit)
        put(w, "# UNIT chaosd_%s %s\n", name, unit);
    put(w, "# HELP chaosd_%s %s\n", name, help);
}

static void gauge(struct writer *w, const char *name, const char *unit,
                  const char *help, uint64_t value)
{
    family(w, "gauge", name, unit, help);
    put(w, "chaosd_%s %llu\n", name, (unsigned long long)value);
}

static void put_seconds(struct writer *w, uint64_t ns)
{
    put(w, " %llu.%09llu\n", (unsigned long long)ns / 1000000000u,
        (unsigned long long)ns % 1000000000u);
}

/* --- counters ----------------------------------------------------------------
 */

struct counter_row {
    const char *name;
    const char *labels; /* with braces, or "" */
    const char *help;   /* NULL: one more of the family before */
};
static const struct counter_row counter_rows[METRIC_COUNT] = {
    [METRIC_TAKES] = {"takes", "", "Shells given to clients."},
    [METRIC_MISSES] = {"take_misses", "",
                       "Requests for a shell when there was none that fits."},
    [METRIC_CREATED] = {"creates", "{from=\"shell\"}",
                        "VMs made, as clients told."},
    [METRIC_CREATED_PLAIN] = {"creates", "{from=\"nothing\"}", NULL},
    [METRIC_CREATE_FAILED] = {"create_failures", "",
                              "VMs that could not be made, as clients told."},
    [METRIC_LEASES_LOST] = {"leases_lost", "",
                            "Shells whose takers went without a word."},
    [METRIC_REFILLS] = {"refills", "", "Shells made for the pool."},
    [METRIC_REFILL_FAILED] = {"refill_failures", "",
                              "Shells that could not be made."},
    [METRIC_ADOPTED] = {"shells_adopted", "",
                        "Shells of an earlier daemon that were taken over."},
    [METRIC_REAPED] = {"domains_reaped", "",
                       "Domains in the making whose makers died, ended."},
    [METRIC_EXITS] = {"exits", "", "VMs that stopped."},
    [METRIC_RESTARTS] = {"restarts", "", "VMs restarted by their policy."},
    [METRIC_RESTARTS_LIMITED] = {"restarts_limited", "",
                                 "VMs not restarted, for it was too often."},
    [METRIC_SETTLE_FAILED] = {"settle_failures", "",
                              "VMs whose policy could not be carried out."},
    [METRIC_CONNECTIONS] = {"connections", "", "Clients that connected."},
    [METRIC_REFUSED] = {"connections_refused", "",
                        "Clients turned away, as strangers or too many."},
    [METRIC_PROTOCOL_ERRORS] = {"protocol_errors", "",
                                "Clients cut off for a message against the "
                                "rules."},
};

static void put_counters(struct writer *w, const struct metrics *metrics)
{
    size_t i;

    for (i = 0; i < METRIC_COUNT; i++) {
        const struct counter_row *row = &counter_rows[i];

        if (row->help)
            family(w, "counter", row->name, NULL, row->help);
        put(w, "chaosd_%s_total%s %llu\n", row->name, row->labels,
            (unsigned long long)metrics->counters[i]);
    }
}

/* --- histograms --------------------------------------------------------------
 */

/* `labels` as `a="b",` or "". */
static void put_durations(struct writer *w, const char *name,
                          const char *labels, const struct durations *durations)
{
    unsigned long long count = 0;
    size_t i;
    int len = (int)strlen(labels);

    for (i = 0; i <= BOUND_COUNT; i++) {
        count += durations->buckets[i];
        put(w, "chaosd_%s_bucket{%sle=\"%s\"} %llu\n", name, labels,
            i < BOUND_COUNT ? metrics_bounds[i].le : "+Inf", count);
    }
    /* Without the comma that le would follow. */
    if (len > 0) {
        put(w, "chaosd_%s_count{%.*s} %llu\n", name, len - 1, labels, count);
        put(w, "chaosd_%s_sum{%.*s}", name, len - 1, labels);
    } else {
        put(w, "chaosd_%s_count %llu\n", name, count);
        put(w, "chaosd_%s_sum", name);
    }
    put_seconds(w, durations->sum_ns);
}

static void put_histograms(struct writer *w, const struct metrics *metrics)
{
    static const struct {
        const char *name, *help;
    } rows[HISTOGRAM_COUNT] = {
        [HISTOGRAM_CREATE] = {"create_duration_seconds",
                              "Whole creates, as clients told."},
        [HISTOGRAM_REFILL] = {"refill_duration_seconds",
                              "Making a shell for the pool."},
        [HISTOGRAM_SETTLE] = {"settle_duration_seconds",
                              "From a VM's stop to its policy carried out."},
    };
    size_t i;

    for (i = 0; i < HISTOGRAM_COUNT; i++) {
        family(w, "histogram", rows[i].name, "seconds", rows[i].help);
        put_durations(w, rows[i].name, "", &metrics->histograms[i]);
    }
}

static void put_steps(struct writer *w, struct metrics *metrics)
{
    static const char times[] = "step_duration_seconds";
    static const char failures[] = "step_failures";
    char labels[128];
    size_t i;

    (void)pthread_mutex_lock(&metrics->lock);
    family(w, "histogram", times, "seconds",
           "Steps of shells that the daemon makes and VMs that it restarts.");
    for (i = 0; i < metrics->step_count; i++) {
        const struct step_times *step = &metrics->steps[i];

        (void)snprintf(labels, sizeof(labels), "step=\"%s\",phase=\"%s\",",
                       step->step, step->phase);
        put_durations(w, times, labels, &step->durations);
    }
    family(w, "counter", failures, NULL, "Steps that failed.");
    for (i = 0; i < metrics->step_count; i++) {
        const struct step_times *step = &metrics->steps[i];

        put(w, "chaosd_%s_total{step=\"%s\",phase=\"%s\"} %llu\n", failures,
            step->step, step->phase, (unsigned long long)step->failures);
    }
    (void)pthread_mutex_unlock(&metrics->lock);
}

/* --- what other parts know ---------------------------------------------------
 */

static void put_pool(struct writer *w, const struct pool *pool)
{
    struct pool_counts counts = pool_counts(pool);

    family(w, "gauge", "shells", NULL, "Shells, by their state.");
    put(w, "chaosd_shells{state=\"ready\"} %zu\n", counts.ready);
    put(w, "chaosd_shells{state=\"preparing\"} %zu\n", counts.preparing);
    put(w, "chaosd_shells{state=\"given\"} %zu\n", counts.given);
    put(w, "chaosd_shells{state=\"ending\"} %zu\n", counts.ending);
    gauge(w, "shells_memory_bytes", "bytes", "Memory that shells have.",
          counts.memory_kb * 1024);
    gauge(w, "shapes", NULL, "Shapes that the pool has shells of.",
          counts.shapes);
}

static void put_guests(struct writer *w, const struct guests *guests)
{
    struct guests_counts counts = guests_counts(guests);

    gauge(w, "consoles", NULL, "VMs whose console the daemon reads.",
          counts.attached);
    gauge(w, "console_readers", NULL, "Clients that read a console.",
          counts.readers);
    gauge(w, "logs", NULL, "Dead VMs whose last output is kept.", counts.dead);
    family(w, "counter", "console_output_bytes", "bytes",
           "Output of VMs that the daemon took.");
    put(w, "chaosd_console_output_bytes_total %llu\n",
        (unsigned long long)counts.bytes);
}

static void put_jobs(struct writer *w, const struct workers *workers)
{
    static const char *const names[JOB_PRIORITIES] = {
        [JOB_EXIT] = "exit",
        [JOB_DESTROY] = "destroy",
        [JOB_REFILL] = "refill",
    };
    enum job_priority i;

    family(w, "gauge", "jobs", NULL,
           "Jobs of the threads, waiting or running.");
    for (i = 0; i < JOB_PRIORITIES; i++)
        put(w, "chaosd_jobs{kind=\"%s\"} %zu\n", names[i],
            workers_count(workers, i));
}

/* While the daemon comes up or goes, not every part is there. */
static void put_parts(struct writer *w, const struct daemon *d)
{
    if (d->pool)
        put_pool(w, d->pool);
    if (d->guests)
        put_guests(w, d->guests);
    if (d->workers)
        put_jobs(w, d->workers);
    if (d->server)
        gauge(w, "clients", NULL, "Clients that are connected.",
              server_clients(d->server));
    gauge(w, "leaving", NULL, "1 while the daemon is about to end.",
          d->leaving);
}

static void put_process(struct writer *w, const struct daemon *d)
{
    struct process_figures figures;
    uint64_t age_ns = now_ns() - d->started_ns;
    struct timespec now;

    process_figures(&figures);
    (void)clock_gettime(CLOCK_REALTIME, &now);
    gauge(w, "resident_memory_bytes", "bytes", "Memory in use.",
          figures.resident_bytes);
    gauge(w, "virtual_memory_bytes", "bytes", "Address space in use.",
          figures.virtual_bytes);
    gauge(w, "open_fds", NULL, "Open file descriptors.", figures.open_fds);
    gauge(w, "max_fds", NULL, "Most that may be open.", figures.max_fds);
    family(w, "counter", "cpu_seconds", "seconds",
           "Processor time of all threads.");
    put(w, "chaosd_cpu_seconds_total");
    put_seconds(w, figures.cpu_ns);
    family(w, "gauge", "start_time_seconds", "seconds",
           "When the daemon started, since the epoch.");
    put(w, "chaosd_start_time_seconds");
    put_seconds(w, (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec -
                       age_ns);
    family(w, "gauge", "uptime_seconds", "seconds",
           "Time since the daemon started.");
    put(w, "chaosd_uptime_seconds");
    put_seconds(w, age_ns);
    family(w, "info", "build", NULL, "The version that runs.");
    put(w, "chaosd_build_info{version=\"%s\"} 1\n", chaos_version());
}

int metrics_write(struct metrics *metrics, struct evbuffer *out)
{
    struct writer w = {.out = out};

    put_counters(&w, metrics);
    put_histograms(&w, metrics);
    put_steps(&w, metrics);
    put_parts(&w, metrics->d);
    put_process(&w, metrics->d);
    put(&w, "# EOF\n");
    return w.rc;
}
