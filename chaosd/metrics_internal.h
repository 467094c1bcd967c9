/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * metrics_internal.h: what the files of the metrics share.
 */
#ifndef CHAOSD_METRICS_INTERNAL_H
#define CHAOSD_METRICS_INTERNAL_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "metrics.h"

struct evbuffer;
struct event_base;
struct metrics_http;

/* metrics.c: upper bounds, as OpenMetrics writes numbers; then +Inf. */
struct bound {
    uint64_t ns;
    const char *le;
};
#define BOUND_COUNT 19
extern const struct bound metrics_bounds[BOUND_COUNT];

struct durations {
    uint64_t buckets[BOUND_COUNT + 1]; /* not cumulative */
    uint64_t sum_ns;
};

/* Steps of which there may be times, each in two phases. */
#define STEPS_MAX 64
struct step_times {
    const char *step, *phase; /* constants */
    struct durations durations;
    uint64_t failures;
};

struct metrics {
    struct daemon *d;
    struct metrics_http *http;
    uint64_t counters[METRIC_COUNT];
    struct durations histograms[HISTOGRAM_COUNT];
    pthread_mutex_t lock; /* for what follows */
    size_t step_count;
    struct step_times steps[STEPS_MAX];
};

/* metrics_text.c: all there is, as OpenMetrics text. 0 or -ENOMEM. */
int metrics_write(struct metrics *metrics, struct evbuffer *out);

/* metrics_process.c: what the kernel knows of this process. */
struct process_figures {
    uint64_t resident_bytes, virtual_bytes;
    uint64_t cpu_ns;
    uint64_t open_fds, max_fds;
};
void process_figures(struct process_figures *figures);

/*
 * metrics_http.c: answer GET /metrics, and nothing else, with what `write`
 * writes. Clients are few, and have little time each.
 */
#define HTTP_CLIENTS 16
#define HTTP_SECONDS 5
#define HTTP_REQUEST_MAX 8192
typedef int metrics_write_fn(void *arg, struct evbuffer *out);
int metrics_http_create(struct event_base *base, metrics_write_fn *write,
                        void *arg, struct metrics_http **http_out);
/*
 * Listen at an address of conf.h and nowhere else; a socket in the file system
 * is root's and the group's. -EINVAL: it is no such address. After a failure
 * it is as it was before.
 */
int metrics_http_listen(struct metrics_http *http, const char *address,
                        const char *group);
void metrics_http_destroy(struct metrics_http *http);

/* metrics_socket.c: a socket that listens. 0 or -errno; logs why not. */
struct metrics_socket {
    int fd;         /* who has it closes it */
    char path[108]; /* "": it is not in the file system */
    uint64_t dev, ino;
};
int metrics_socket_open(const char *address, const char *group,
                        struct metrics_socket *socket_out);
/* Owner and mode, after a reload; nothing where it has no path. */
int metrics_socket_own(const struct metrics_socket *socket, const char *group);
/* Take it out of the file system. */
void metrics_socket_unlink(struct metrics_socket *socket);

#endif /* CHAOSD_METRICS_INTERNAL_H */
