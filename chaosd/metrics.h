/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * metrics.h: counters, histograms, and the socket on which they are read, in
 * OpenMetrics' text format over HTTP (docs/chaosd.md lists them).
 *
 * metrics_step may be called from any thread; all else from the main one.
 */
#ifndef CHAOSD_METRICS_H
#define CHAOSD_METRICS_H

#include <stdint.h>

struct daemon;
struct metrics;

enum metric {
    METRIC_TAKES,         /* shells given */
    METRIC_MISSES,        /* TAKEs that found none */
    METRIC_CREATED,       /* VMs made from shells */
    METRIC_CREATED_PLAIN, /* VMs made without, as clients told */
    METRIC_CREATE_FAILED,
    METRIC_LEASES_LOST, /* takers that went without a word */
    METRIC_REFILLS,
    METRIC_REFILL_FAILED,
    METRIC_ADOPTED,
    METRIC_REAPED,
    METRIC_EXITS,
    METRIC_RESTARTS,
    METRIC_RESTARTS_LIMITED,
    METRIC_SETTLE_FAILED,
    METRIC_CONNECTIONS,
    METRIC_REFUSED, /* by credentials or number */
    METRIC_PROTOCOL_ERRORS,
    METRIC_COUNT
};
enum histogram {
    HISTOGRAM_CREATE, /* what DONE says */
    HISTOGRAM_REFILL,
    HISTOGRAM_SETTLE, /* from the exit to its policy carried out */
    HISTOGRAM_COUNT
};

int metrics_create(struct daemon *d, struct metrics **metrics_out);
/* Listen where conf says; nothing where it says "". Also after a reload. */
int metrics_listen(struct metrics *metrics);
void metrics_destroy(struct metrics *metrics);

void metrics_add(struct metrics *metrics, enum metric which, uint64_t n);
uint64_t metrics_get(const struct metrics *metrics, enum metric which);
void metrics_observe(struct metrics *metrics, enum histogram which,
                     uint64_t ns);
/* A chaos_step_fn; arg is the struct metrics. */
void metrics_step(void *arg, const char *step, const char *phase,
                  uint64_t duration_ns, int rc);

#endif /* CHAOSD_METRICS_H */
