/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main.c: chaosd: the order in which its parts come and go.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "conf.h"
#include "daemon.h"
#include "events.h"
#include "exits.h"
#include "guests.h"
#include "info.h"
#include "instance.h"
#include "ledger.h"
#include "life.h"
#include "metrics.h"
#include "notify.h"
#include "options.h"
#include "pool.h"
#include "server.h"
#include "worker.h"

#define TEXT_SIZE 512

/* --- contexts ---------------------------------------------------------------
 */

static void on_library(void *arg, enum chaos_log_level level, const char *text)
{
    (void)arg;
    log_line(level, "libchaos", "%s", text);
}

/* The daemon never asks itself for shells. Runs in workers, too. */
static int setup_ctx(struct chaos_ctx *ctx, void *arg)
{
    struct daemon *d = arg;
    int rc = chaos_ctx_set_run_dir(ctx, d->run_dir);

    if (rc == 0)
        rc = chaos_ctx_set_daemon(ctx, NULL);
    if (rc < 0)
        return rc;
    chaos_ctx_set_log(ctx, log_level(), on_library, NULL);
    chaos_ctx_set_step_probe(ctx, metrics_step, d->metrics);
    return 0;
}

/* --- the parts, in the order in which they start -----------------------------
 */

static int start_base(struct daemon *d)
{
    d->base = event_base_new();
    return d->base ? 0 : -ENOMEM;
}

static int start_events(struct daemon *d)
{
    return events_create(d, &d->events);
}

static int start_metrics(struct daemon *d)
{
    return metrics_create(d, &d->metrics);
}

static int start_ctx(struct daemon *d)
{
    int rc = chaos_ctx_create(&d->ctx);

    return rc < 0 ? rc : setup_ctx(d->ctx, d);
}

static int start_workers(struct daemon *d)
{
    return workers_start(d->base, d->conf->workers, setup_ctx, d, &d->workers);
}

static int start_server(struct daemon *d)
{
    return server_create(d, &d->server);
}

static int start_guests(struct daemon *d)
{
    return guests_create(d, &d->guests);
}

static int start_exits(struct daemon *d)
{
    return exits_create(d, &d->exits);
}

static int start_pool(struct daemon *d)
{
    int rc = pool_create(d, &d->pool);

    if (rc == 0)
        pool_configure(d->pool, d->conf);
    return rc;
}

static int register_handlers(struct daemon *d)
{
    info_register(d->server);
    events_register(d->events, d->server);
    guests_register(d->guests, d->server);
    pool_register(d->pool, d->server);
    return 0;
}

static int listen_metrics(struct daemon *d)
{
    /* Guests matter more than figures. */
    if (metrics_listen(d->metrics) < 0)
        log_warn("metrics", "there is nothing to read them from");
    return 0;
}

static int listen_clients(struct daemon *d)
{
    return server_start(d->server);
}

static int scan_guests(struct daemon *d)
{
    return guests_scan(d->guests);
}

static int watch_exits(struct daemon *d)
{
    return exits_start(d->exits);
}

static int refill_pool(struct daemon *d)
{
    pool_start(d->pool);
    return 0;
}

static int start_parts(struct daemon *d)
{
    static const struct {
        const char *name;
        int (*start)(struct daemon *d);
        bool library; /* its failures are the library's, which says why */
    } parts[] = {
        {"the event loop", start_base, false},
        {"events", start_events, false},
        {"metrics", start_metrics, false},
        {"the library", start_ctx, false},
        {"workers", start_workers, false},
        {"the server", start_server, false},
        {"consoles", start_guests, false},
        {"exits", start_exits, false},
        {"the pool", start_pool, false},
        {"handlers", register_handlers, false},
        /* What is left of others is dealt with before anybody can ask. */
        {"recovery", ledger_recover, true},
        {"metrics", listen_metrics, false},
        {"the socket", listen_clients, false},
        {"consoles", scan_guests, true},
        {"exits", watch_exits, true},
        {"the pool", refill_pool, false},
        {"the ledger", ledger_start, false},
    };
    size_t i;

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        int rc = parts[i].start(d);

        if (rc < 0) {
            const char *why = parts[i].library ? chaos_ctx_error(d->ctx) : "";

            log_error("main", "%s: %s%s%s", parts[i].name, why,
                      why[0] ? ": " : "", strerror(-rc));
            return rc;
        }
    }
    return 0;
}

/*
 * Clients first, as what parts keep of them refers to the parts; then the
 * threads, which use them, so that no job's part is gone before the job. All of
 * it takes parts that never started.
 */
static void stop_parts(struct daemon *d)
{
    server_destroy(d->server);
    d->server = NULL;
    if (d->workers)
        workers_stop(d->workers);
    d->workers = NULL;
    ledger_stop(d);
    exits_destroy(d->exits);
    guests_destroy(d->guests);
    pool_destroy(d->pool);
    chaos_ctx_destroy(d->ctx);
    metrics_destroy(d->metrics);
    events_destroy(d->events);
    if (d->base)
        event_base_free(d->base);
}

/* --- the process ------------------------------------------------------------
 */

/* Descriptors that are closed would be given to the hypervisor's devices, and
 * the log be written to those. */
static int open_standard(void)
{
    struct pollfd fds[3] = {{.fd = 0}, {.fd = 1}, {.fd = 2}};
    int i;

    if (poll(fds, 3, 0) <= 0)
        return 0;
    for (i = 0; i < 3; i++)
        if ((fds[i].revents & POLLNVAL) && open("/dev/null", O_RDWR) < 0)
            return -errno;
    return 0;
}

static int run(struct daemon *d, const struct options *options)
{
    struct life *life = NULL;
    int rc = start_parts(d);

    if (rc == 0)
        rc = life_create(d, options, &life);
    if (rc == 0) {
        life_ready(life);
        event_base_dispatch(d->base);
    }
    life_destroy(life);
    stop_parts(d);
    return rc;
}

int main(int argc, char **argv)
{
    struct daemon d = {.started_ns = now_ns()};
    char text[TEXT_SIZE];
    struct options options;
    int lock = -1, rc;

    if (open_standard() < 0)
        return EXIT_FAILURE;
    umask(022);
    rc = options_parse(&options, argc, argv);
    if (rc >= 0)
        return rc;
    log_level_set(options.level);
    notify_init();
    d.run_dir = options.run_dir;
    rc = life_load_conf(&options, &d.conf, text, sizeof(text));
    if (rc < 0) {
        log_error("conf", "%s", text);
        return EXIT_USAGE;
    }
    if (!options.check) {
        life_prepare();
        rc = instance_take(d.run_dir, &lock);
        if (rc == 0)
            rc = run(&d, &options);
    }
    conf_free(d.conf);
    if (lock >= 0)
        close(lock);
    if (rc == -EADDRINUSE)
        return EXIT_ANOTHER;
    return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
