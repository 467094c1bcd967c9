/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * life.c: signals, the watchdog, a reload, and the way out.
 *
 *   SIGHUP            read the configuration again
 *   SIGTERM, SIGINT   lame duck: give no more shells, wait for those that
 *                     clients have, keep or destroy the rest, leave the loop
 *   again             end at once
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <event2/event.h>

#include "events.h"
#include "guests.h"
#include "life.h"
#include "metrics.h"
#include "notify.h"
#include "pool.h"
#include "server.h"

#define TEXT_SIZE 512
#define SIGNALS 3

struct life {
    struct daemon *d;              /* borrowed */
    const struct options *options; /* borrowed */
    struct event *signals[SIGNALS];
    struct event *watchdog;
    struct event *leaving; /* looks whether clients are done */
    uint64_t leave_ns;     /* when SIGTERM came */
};

int life_load_conf(const struct options *options, struct conf **conf_out,
                   char *text, size_t text_size)
{
    struct conf *conf;
    int rc = conf_load(options->file ? options->file : CONF_PATH, &conf, text,
                       text_size);

    if (rc < 0)
        return rc;
    if (options->on_stop >= 0)
        conf->on_stop = (enum conf_stop)options->on_stop;
    if (options->socket) {
        free(conf->socket);
        conf->socket = strdup(options->socket);
        if (!conf->socket) {
            conf_free(conf);
            snprintf(text, text_size, "no memory");
            return -ENOMEM;
        }
    }
    *conf_out = conf;
    return 0;
}

/* --- reload -----------------------------------------------------------------
 */

/* What cannot change while the daemon runs stays as it was. */
static void keep_fixed(struct conf *conf, struct conf *old)
{
    char *socket = conf->socket;

    if (strcmp(conf->socket, old->socket) != 0 || conf->workers != old->workers)
        log_warn("reload", "socket and workers take effect at the next start");
    conf->socket = old->socket;
    old->socket = socket;
    conf->workers = old->workers;
}

static void use_conf(struct daemon *d, struct conf *conf)
{
    struct conf *old = d->conf;

    keep_fixed(conf, old);
    d->conf = conf;
    server_reload(d->server);
    guests_reload(d->guests);
    if (metrics_listen(d->metrics) < 0)
        log_warn("reload", "metrics: there is nothing to read them from");
    pool_configure(d->pool, conf);
    conf_free(old);
}

static void on_reload(evutil_socket_t signal_number, short what, void *arg)
{
    struct life *life = arg;
    char text[TEXT_SIZE];
    struct conf *conf;

    (void)signal_number;
    (void)what;
    if (life->d->leaving)
        return;
    notify("RELOADING=1\nMONOTONIC_USEC=%llu",
           (unsigned long long)(now_ns() / 1000));
    if (life_load_conf(life->options, &conf, text, sizeof(text)) < 0) {
        log_error("reload", "the configuration stays as it was: %s", text);
        notify("READY=1\nSTATUS=Serving. The configuration stays as it was: %s",
               text);
        return;
    }
    use_conf(life->d, conf);
    log_info("reload", "done");
    events_emit(life->d->events, "reload", NULL);
    notify("READY=1\nSTATUS=Serving.");
}

/* --- the way out ------------------------------------------------------------
 */

static void leave_loop(void *arg)
{
    struct life *life = arg;

    event_base_loopbreak(life->d->base);
}

/* Nobody has a shell any more, or for too long. */
static void finish(struct life *life)
{
    event_del(life->leaving);
    if (life->d->conf->on_stop == CONF_STOP_DESTROY) {
        log_info("leave", "shells are destroyed");
        pool_drain(life->d->pool, leave_loop, life);
        return;
    }
    leave_loop(life);
}

static void on_leaving(evutil_socket_t fd, short what, void *arg)
{
    struct life *life = arg;
    size_t given = 0;

    (void)fd;
    (void)what;
    given = pool_counts(life->d->pool).given;
    if (given > 0 &&
        now_ns() - life->leave_ns < LEAVE_SECONDS * UINT64_C(1000000000))
        return;
    if (given > 0)
        log_warn("leave", "shells=%zu: their clients are not waited for",
                 given);
    finish(life);
}

static void on_leave(evutil_socket_t signal_number, short what, void *arg)
{
    static const struct timeval often = {.tv_usec = 50000};
    struct life *life = arg;
    struct daemon *d = life->d;

    (void)what;
    if (d->leaving) {
        log_warn("leave", "a second signal: at once");
        _exit(EXIT_FAILURE);
    }
    d->leaving = true;
    life->leave_ns = now_ns();
    log_info("leave", "signal %d", (int)signal_number);
    events_emit(d->events, "leaving", NULL);
    notify("STOPPING=1\nSTATUS=Leaving.");
    pool_leave(d->pool);
    server_stop_listening(d->server);
    event_add(life->leaving, &often);
    event_active(life->leaving, EV_TIMEOUT, 0);
}

/* --- the process ------------------------------------------------------------
 */

static void raise_limit(int which, const char *name)
{
    struct rlimit limit;

    if (getrlimit((__rlimit_resource_t)which, &limit) < 0 ||
        limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit((__rlimit_resource_t)which, &limit) < 0)
        log_warn("main", "%s: cannot be raised: %s", name, strerror(errno));
}

/*
 * A client that says DONE wakes the main thread. It would be preempted by it
 * then, before its create returns, for what nobody waits for; a thread of this
 * class preempts nobody. Workers and hooks do not inherit it.
 */
static void yield_to_clients(void)
{
    const struct sched_param none = {0};

    if (sched_setscheduler(0, SCHED_BATCH | SCHED_RESET_ON_FORK, &none) < 0)
        log_warn("main", "SCHED_BATCH: %s", strerror(errno));
}

void life_prepare(void)
{
    yield_to_clients();
    raise_limit(RLIMIT_NOFILE, "RLIMIT_NOFILE");
    raise_limit(RLIMIT_MEMLOCK, "RLIMIT_MEMLOCK");
    /* libevent writes without MSG_NOSIGNAL. */
    signal(SIGPIPE, SIG_IGN);
    /* Until there is something to reload. */
    signal(SIGHUP, SIG_IGN);
}

static void on_watchdog(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    notify("WATCHDOG=1");
}

/* Twice as often as systemd wants it, from the loop that is watched over. */
static int start_watchdog(struct life *life)
{
    uint64_t us = notify_watchdog_us() / 2;
    const struct timeval every = {.tv_sec = (time_t)(us / 1000000),
                                  .tv_usec = (suseconds_t)(us % 1000000)};

    if (us == 0)
        return 0;
    life->watchdog =
        event_new(life->d->base, -1, EV_PERSIST, on_watchdog, life);
    return life->watchdog && event_add(life->watchdog, &every) == 0 ? 0
                                                                    : -ENOMEM;
}

static int watch_signals(struct life *life)
{
    static const int numbers[SIGNALS] = {SIGTERM, SIGINT, SIGHUP};
    size_t i;

    for (i = 0; i < SIGNALS; i++) {
        life->signals[i] =
            evsignal_new(life->d->base, numbers[i],
                         numbers[i] == SIGHUP ? on_reload : on_leave, life);
        if (!life->signals[i] || event_add(life->signals[i], NULL) < 0)
            return -ENOMEM;
    }
    return 0;
}

int life_create(struct daemon *d, const struct options *options,
                struct life **life_out)
{
    struct life *life = calloc(1, sizeof(*life));
    int rc = -ENOMEM;

    if (!life)
        return rc;
    life->d = d;
    life->options = options;
    life->leaving = event_new(d->base, -1, EV_PERSIST, on_leaving, life);
    if (life->leaving)
        rc = watch_signals(life);
    if (rc == 0)
        rc = start_watchdog(life);
    if (rc < 0) {
        life_destroy(life);
        return rc;
    }
    *life_out = life;
    return 0;
}

void life_ready(struct life *life)
{
    log_info("main", "version=%s: ready", chaos_version());
    if (!life->d->leaving)
        notify("READY=1\nSTATUS=Serving.");
}

void life_destroy(struct life *life)
{
    size_t i;

    if (!life)
        return;
    for (i = 0; i < SIGNALS; i++)
        if (life->signals[i])
            event_free(life->signals[i]);
    if (life->watchdog)
        event_free(life->watchdog);
    if (life->leaving)
        event_free(life->leaving);
    free(life);
}
