/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stop.c: ask several VMs to stop, and wait for their ends at once.
 *
 * One watch serves them all. It is opened before they are first looked at and
 * asked, so that no end goes unseen, however soon chaosd clears it away.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "stop.h"

/* A guest that can answer does so within milliseconds. */
#define ACK_MS 10000u
#define EXITS 64
#define SECOND_NS UINT64_C(1000000000)

struct ending {
    struct policy_vm vm;
    bool stopped; /* for `reason`; its policy is being carried out */
    unsigned reason;
    uint64_t patience_ns; /* when to stop waiting for the daemon to do so */
};

struct stopping {
    struct cli *cli;
    const struct stop *stop; /* borrowed from the caller */
    struct target *targets;  /* borrowed from the caller */
    struct ending *endings;  /* owned; of each target */
    size_t count, left;
    struct chaos_watch *watch; /* NULL where nothing is to be waited for */
    struct policy policy;
    int code;
};

/* --- opening and asking ----------------------------------------------------
 */

static void finish(struct stopping *s, size_t i, int code)
{
    s->targets[i].done = true;
    s->left--;
    if (code != EXIT_OK)
        s->code = code;
}

static void look_at_targets(struct stopping *s)
{
    size_t i;

    for (i = 0; i < s->count; i++) {
        const struct target *t = &s->targets[i];
        int rc;

        if (t->done)
            continue;
        s->left++;
        rc = policy_look(&s->policy, t->label, t->domid, &s->endings[i].vm);
        if (rc < 0)
            finish(s, i, cli_fail(s->cli, rc));
    }
}

static struct stopping *stopping_alloc(size_t count)
{
    struct stopping *s = calloc(1, sizeof(*s));

    if (s)
        s->endings = calloc(count + 1, sizeof(*s->endings));
    if (s && s->endings)
        return s;
    free(s);
    return NULL;
}

int stopping_open(struct cli *cli, const struct stop *stop,
                  struct target *targets, size_t count, struct stopping **s_out)
{
    struct stopping *s = stopping_alloc(count);
    int rc;

    *s_out = NULL;
    if (!s)
        return cli_error(cli, -ENOMEM, "%zu domains", count);
    s->cli = cli;
    s->stop = stop;
    s->targets = targets;
    s->count = count;
    rc = chaos_watch_open(cli->ctx, &s->watch);
    if (rc < 0) {
        stopping_close(s);
        return cli_fail(cli, rc);
    }
    policy_open(&s->policy, cli);
    look_at_targets(s);
    *s_out = s;
    return s->code;
}

void stopping_close(struct stopping *s)
{
    if (!s)
        return;
    policy_close(&s->policy);
    chaos_watch_close(s->watch);
    free(s->endings);
    free(s);
}

/* To be kept also by chaosd, or whoever settles it, before it can stop. */
static int request_one(struct stopping *s, uint32_t domid)
{
    const struct stop *stop = s->stop;
    unsigned ms =
        stop->seconds * 1000u < ACK_MS ? stop->seconds * 1000u : ACK_MS;
    int rc = stop->keep ? chaos_domain_keep(s->cli->ctx, domid) : 0;

    if (rc < 0)
        return rc;
    return chaos_domain_request(s->cli->ctx, domid, stop->what, ms);
}

int stopping_request(struct stopping *s)
{
    int code = EXIT_OK;
    size_t i;

    for (i = 0; i < s->count; i++) {
        int rc = s->targets[i].done ? 0 : request_one(s, s->targets[i].domid);

        if (rc < 0) {
            code = cli_fail(s->cli, rc);
            finish(s, i, code);
        }
    }
    return code;
}

bool stopping_is_needed(const struct stopping *s)
{
    return s->left > 0 && !s->stop->keep && !policy_is_daemons(&s->policy);
}

/* --- ends ------------------------------------------------------------------
 */

static void has_stopped(struct stopping *s, size_t i, unsigned reason)
{
    struct ending *e = &s->endings[i];

    if (e->stopped)
        return;
    e->stopped = true;
    e->reason = reason;
    if (reason != s->stop->what)
        s->code = cli_error(s->cli, 0, "%s stopped for another reason: %s",
                            s->targets[i].label, chaos_reason_name(reason));
    if (s->stop->keep)
        finish(s, i, EXIT_OK);
    else if (policy_is_awaited(&s->policy, reason))
        e->patience_ns = clock_ns() + POLICY_MS * UINT64_C(1000000);
    else
        finish(s, i, policy_settle(&s->policy, &e->vm));
}

/* Gone is as good as powered off, but it is no reboot. */
static void has_gone(struct stopping *s, size_t i)
{
    int code = EXIT_OK;

    if (s->endings[i].stopped)
        return;
    if (s->stop->what != CHAOS_REASON_POWEROFF)
        code = cli_error(s->cli, 0, "%s was destroyed", s->targets[i].label);
    finish(s, i, code);
}

static void look(struct stopping *s, size_t i)
{
    const struct policy_vm *vm = &s->endings[i].vm;
    struct chaos_domain_info info;
    int rc = chaos_domain_info(s->cli->ctx, vm->domid, &info);

    if (rc == -ESRCH ||
        (rc == 0 &&
         (info.dying || memcmp(info.uuid, vm->uuid, sizeof(vm->uuid)) != 0)))
        has_gone(s, i);
    else if (rc < 0)
        finish(s, i, cli_fail(s->cli, rc));
    else if (info.stopped)
        has_stopped(s, i, info.reason);
}

static void look_at_all(struct stopping *s)
{
    size_t i;

    for (i = 0; i < s->count; i++)
        if (!s->targets[i].done)
            look(s, i);
}

/* The log knows no uuid of a VM without noxs devices. */
static bool is_of(const struct noxs_exit *ex, const struct policy_vm *vm)
{
    static const uint8_t none[sizeof(ex->uuid)];

    return ex->domid == vm->domid &&
           (memcmp(ex->uuid, vm->uuid, sizeof(none)) == 0 ||
            memcmp(ex->uuid, none, sizeof(none)) == 0);
}

static void take_exit(struct stopping *s, const struct noxs_exit *ex)
{
    size_t i;

    for (i = 0; i < s->count; i++) {
        if (s->targets[i].done || !is_of(ex, &s->endings[i].vm))
            continue;
        if (ex->kind == NOXS_EXIT_SHUTDOWN)
            has_stopped(s, i, ex->reason);
        else
            has_gone(s, i);
    }
}

/* 0 or -errno, with the context's text. */
static int take_exits(struct stopping *s)
{
    struct noxs_exit exits[EXITS];
    int i, n;

    do {
        n = chaos_watch_read(s->watch, exits, EXITS);
        if (n == -EOVERFLOW)
            look_at_all(s);
        else if (n < 0)
            return n;
        for (i = 0; i < n; i++)
            take_exit(s, &exits[i]);
    } while (n == EXITS || n == -EOVERFLOW);
    return 0;
}

/* --- what the daemon does ---------------------------------------------------
 */

/* The daemon's limit is for restarts that nobody asked for. */
static int report_outcome(struct stopping *s, const struct ending *e,
                          const struct outcome *o)
{
    if (o->limited && e->reason == s->stop->what)
        return policy_settle(&s->policy, &e->vm);
    return policy_report(&s->policy, &e->vm, o);
}

/* The exit lies before it, but may have been read by nobody yet. */
static int take_outcome(struct stopping *s, const struct outcome *o)
{
    int rc = take_exits(s);
    size_t i;

    for (i = 0; rc == 0 && i < s->count; i++) {
        const struct ending *e = &s->endings[i];

        if (!s->targets[i].done && e->stopped &&
            policy_is_done(&e->vm, e->reason, o))
            finish(s, i, report_outcome(s, e, o));
    }
    return rc;
}

static int take_outcomes(struct stopping *s)
{
    struct outcome o;
    int rc = 0;

    while (rc == 0 && policy_is_daemons(&s->policy) &&
           policy_read(&s->policy, 0, &o) == 0)
        rc = take_outcome(s, &o);
    return rc;
}

/* Of those that wait for the daemon; it has ended, or is too slow. */
static void settle_overdue(struct stopping *s, uint64_t now)
{
    size_t i;

    for (i = 0; i < s->count; i++) {
        const struct ending *e = &s->endings[i];

        if (!s->targets[i].done && e->stopped &&
            (!policy_is_daemons(&s->policy) || now >= e->patience_ns))
            finish(s, i, policy_settle(&s->policy, &e->vm));
    }
}

/* --- waiting ----------------------------------------------------------------
 */

/* 0: there is nothing to wait for any more. */
static uint64_t next_deadline(const struct stopping *s, uint64_t now,
                              uint64_t end)
{
    uint64_t next = 0;
    size_t i;

    for (i = 0; i < s->count; i++) {
        const struct ending *e = &s->endings[i];
        uint64_t its = e->stopped ? e->patience_ns : end;

        if (s->targets[i].done || (!e->stopped && now >= end))
            continue;
        if (next == 0 || its < next)
            next = its;
    }
    return next;
}

static int wait_once(struct stopping *s, uint64_t ns)
{
    struct pollfd fds[2] = {
        {.fd = chaos_watch_fd(s->watch), .events = POLLIN},
        {.fd = policy_fd(&s->policy), .events = POLLIN},
    };
    int rc;

    if (poll(fds, 2, (int)(ns / 1000000u + 1)) < 0 && errno != EINTR)
        return cli_error(s->cli, -errno, "poll");
    rc = take_exits(s);
    if (rc == 0)
        rc = take_outcomes(s);
    return rc < 0 ? cli_fail(s->cli, rc) : EXIT_OK;
}

/* What was logged comes first: it tells why those that are gone have gone. */
static int wait_all(struct stopping *s)
{
    uint64_t end = clock_ns() + s->stop->seconds * SECOND_NS;
    int code, rc = take_exits(s);

    if (rc < 0)
        return cli_fail(s->cli, rc);
    look_at_all(s);
    for (code = EXIT_OK; code == EXIT_OK && s->left > 0;) {
        uint64_t now = clock_ns(), next;

        settle_overdue(s, now);
        next = next_deadline(s, now, end);
        if (next == 0)
            break;
        code = wait_once(s, next > now ? next - now : 0);
    }
    return code;
}

static void report_running(struct stopping *s)
{
    size_t i;

    for (i = 0; i < s->count; i++)
        if (!s->targets[i].done)
            s->code =
                cli_error(s->cli, -ETIMEDOUT, "%s is still running after %u s",
                          s->targets[i].label, s->stop->seconds);
}

int stopping_wait(struct stopping *s)
{
    int code;

    if (s->left == 0)
        return s->code;
    code = wait_all(s);
    if (code != EXIT_OK)
        return code;
    report_running(s);
    return s->code;
}
