/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * daemon.h: chaosd: what its parts are, and which way they know one another.
 *
 *   main     options, life (signals, readiness, watchdog), the order of it all
 *   conf     the configuration
 *   server   the socket and its clients
 *   worker   threads for what may block: preparing, destroying, settling
 *   pool     shells ready to be taken
 *   ledger   what is found at start; orphans
 *   exits    guests that stop, and what is then done
 *   guests   each guest's console and log
 *   events   what clients of EVENTS are told
 *   metrics  counters and histograms, and their HTTP socket
 *
 * One thread, the main one, runs the event loop and everything here but what
 * worker.h says. It never blocks: no wait for a client, a guest, a hook or a
 * file system that is not in memory. Nobody but its own file touches a part's
 * insides.
 */
#ifndef CHAOSD_DAEMON_H
#define CHAOSD_DAEMON_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <chaos/chaos.h>

struct event_base;

struct daemon {
    struct event_base *base;
    struct chaos_ctx *ctx; /* the main thread's */
    const char *run_dir;   /* "/run/chaos"; there when the parts are made */
    struct conf *conf;     /* owned; replaced as a whole by a reload */
    struct events *events;
    struct metrics *metrics;
    struct workers *workers;
    struct server *server;
    struct guests *guests;
    struct exits *exits;
    struct pool *pool;
    struct ledger *ledger;
    uint64_t started_ns;
    bool leaving; /* lame duck: nothing is given or refilled any more */
};

static inline uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/*
 * log.c: one line on standard error, with journald's priority in front where
 * it reads it; `what` is a word, the rest KEY=VALUE pairs and a sentence:
 *   log_info("shell", "domid=%u: ready", domid)
 */
void log_level_set(enum chaos_log_level level);
enum chaos_log_level log_level(void);
void log_line(enum chaos_log_level level, const char *what, const char *fmt,
              ...) __attribute__((format(printf, 3, 4)));
#define log_error(...) log_line(CHAOS_LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_line(CHAOS_LOG_WARN, __VA_ARGS__)
#define log_info(...) log_line(CHAOS_LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(CHAOS_LOG_DEBUG, __VA_ARGS__)

#endif /* CHAOSD_DAEMON_H */
