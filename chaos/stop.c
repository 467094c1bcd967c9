/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stop.c: wait for the end of several VMs at once.
 *
 * One watch serves them all. It is opened before the domains are first looked
 * at, so that no end falls between the look and the wait.
 */
#include <errno.h>
#include <poll.h>

#include "stop.h"

/* A guest that can answer does so within milliseconds. */
#define ACK_MS 10000u
#define EXITS 64

struct waiting {
    struct cli *cli;
    const struct stop *stop;
    struct target *targets;
    size_t count, left;
    struct chaos_watch *watch;
    int code;
};

int stop_request(struct cli *cli, const struct stop *stop,
                 struct target *targets, size_t count)
{
    unsigned ms =
        stop->seconds * 1000u < ACK_MS ? stop->seconds * 1000u : ACK_MS;
    int code = EXIT_OK;
    size_t i;

    for (i = 0; i < count; i++) {
        int rc =
            chaos_domain_request(cli->ctx, targets[i].domid, stop->what, ms);

        if (rc < 0) {
            code = cli_fail(cli, rc);
            targets[i].done = true;
        }
    }
    return code;
}

int stop_settle(struct cli *cli, const char *label, uint32_t domid)
{
    uint32_t now;
    int rc;

    signals_hold();
    rc = chaos_domain_settle(cli->ctx, domid, &now);
    if (rc == 0 && now != CHAOS_DOMID_NONE && now != domid && !cli->quiet) {
        out_safe(&cli->out, label);
        out_printf(&cli->out, " %u\n", now);
    }
    signals_release();
    return rc < 0 && rc != -ESRCH ? cli_fail(cli, rc) : EXIT_OK;
}

static void finish(struct waiting *w, struct target *target, int code)
{
    target->done = true;
    w->left--;
    if (code != EXIT_OK)
        w->code = code;
}

static int has_stopped(struct waiting *w, const struct target *target,
                       unsigned reason)
{
    int code = EXIT_OK;

    if (reason != w->stop->what)
        code = cli_error(w->cli, 0, "%s stopped for another reason: %s",
                         target->label, chaos_reason_name(reason));
    if (!w->stop->keep &&
        stop_settle(w->cli, target->label, target->domid) != EXIT_OK)
        code = EXIT_FAILED;
    return code;
}

/* Gone is as good as powered off, but it is no reboot. */
static int has_gone(struct waiting *w, const struct target *target)
{
    if (w->stop->what == CHAOS_REASON_POWEROFF)
        return EXIT_OK;
    return cli_error(w->cli, 0, "%s was destroyed", target->label);
}

static void look(struct waiting *w, struct target *target)
{
    struct chaos_domain_info info;
    int rc = chaos_domain_info(w->cli->ctx, target->domid, &info);

    if (rc == -ESRCH || (rc == 0 && info.dying))
        finish(w, target, has_gone(w, target));
    else if (rc < 0)
        finish(w, target, cli_fail(w->cli, rc));
    else if (info.stopped)
        finish(w, target, has_stopped(w, target, info.reason));
}

static void look_at_all(struct waiting *w)
{
    size_t i;

    for (i = 0; i < w->count; i++)
        if (!w->targets[i].done)
            look(w, &w->targets[i]);
}

static void look_at(struct waiting *w, uint32_t domid)
{
    size_t i;

    for (i = 0; i < w->count; i++)
        if (!w->targets[i].done && w->targets[i].domid == domid)
            look(w, &w->targets[i]);
}

/* 0 or -errno, with the context's text. */
static int take_exits(struct waiting *w)
{
    struct noxs_exit exits[EXITS];
    int i, n;

    do {
        n = chaos_watch_read(w->watch, exits, EXITS);
        if (n == -EOVERFLOW)
            look_at_all(w);
        else if (n < 0)
            return n;
        for (i = 0; i < n; i++)
            look_at(w, exits[i].domid);
    } while (n == EXITS || n == -EOVERFLOW);
    return 0;
}

static int wait_all(struct waiting *w)
{
    uint64_t end = clock_ns() + w->stop->seconds * UINT64_C(1000000000);
    struct pollfd fd = {.fd = chaos_watch_fd(w->watch), .events = POLLIN};

    look_at_all(w);
    while (w->left > 0) {
        uint64_t now = clock_ns();
        int rc;

        if (now >= end)
            return EXIT_OK;
        if (poll(&fd, 1, (int)((end - now) / 1000000u + 1)) < 0 &&
            errno != EINTR)
            return cli_error(w->cli, -errno, "poll");
        rc = take_exits(w);
        if (rc < 0)
            return cli_fail(w->cli, rc);
    }
    return EXIT_OK;
}

static void report_running(struct waiting *w)
{
    size_t i;

    for (i = 0; i < w->count; i++)
        if (!w->targets[i].done)
            w->code =
                cli_error(w->cli, -ETIMEDOUT, "%s is still running after %u s",
                          w->targets[i].label, w->stop->seconds);
}

int stop_wait(struct cli *cli, const struct stop *stop, struct target *targets,
              size_t count)
{
    struct waiting w = {
        .cli = cli,
        .stop = stop,
        .targets = targets,
        .count = count,
    };
    size_t i;
    int rc;

    for (i = 0; i < count; i++)
        w.left += !targets[i].done;
    if (w.left == 0)
        return EXIT_OK;
    rc = chaos_watch_open(cli->ctx, &w.watch);
    if (rc < 0)
        return cli_fail(cli, rc);
    rc = wait_all(&w);
    chaos_watch_close(w.watch);
    if (rc != EXIT_OK)
        return rc;
    report_running(&w);
    return w.code;
}
