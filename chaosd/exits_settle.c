/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exits_settle.c: what is done with a domain that stopped, as its configuration
 * says; by a worker, since a destroy and a restart may block.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <chaos/shell.h>
#include <event2/event.h>
#include <yajl/yajl_tree.h>

#include "conf.h"
#include "exits_internal.h"
#include "worker.h"

/* Between two looks at one that is still being made. */
#define RETRY_MS_FIRST 2
#define RETRY_MS_MAX 100

enum outcome {
    OUTCOME_SETTLED,
    OUTCOME_GONE,    /* somebody else was quicker */
    OUTCOME_FOREIGN, /* not made by chaos */
    OUTCOME_MAKING,  /* its maker is not done yet */
    OUTCOME_MADE,    /* it is now, and has another uuid than at its end */
    OUTCOME_LIMITED, /* to be restarted, but was so too often */
    OUTCOME_FAILED,
};

struct settling {
    struct job job; /* first */
    TAILQ_ENTRY(settling) list;
    struct exits *x;
    struct noxs_exit ex;
    char name[NOXS_NAME_SIZE];
    uint64_t began_ns;
    struct event *retry; /* NULL: it never was in the making */
    unsigned retry_ms;
    bool limited; /* no more restarts */
    /* The worker's. */
    enum outcome outcome;
    int rc;
    uint32_t domid;                /* the new one, the old one, or none */
    uint8_t uuid[NOXS_UUID_SIZE];  /* of the old one */
    uint8_t uuid2[NOXS_UUID_SIZE]; /* of the new one */
    char text[512];
};

/* --- in a worker ------------------------------------------------------------
 */

static void failed(struct settling *s, struct chaos_ctx *ctx, int rc)
{
    s->outcome = rc == -ESRCH ? OUTCOME_GONE : OUTCOME_FAILED;
    s->rc = rc;
    memcpy(s->text, chaos_ctx_error(ctx), strlen(chaos_ctx_error(ctx)) + 1);
}

/* What is not set is not in the text: of these, only a reboot restarts. */
static bool says_restart(const char *json, unsigned reason)
{
    const char *path[] = {reason == CHAOS_REASON_POWEROFF ? "on_poweroff"
                          : reason == CHAOS_REASON_REBOOT ? "on_reboot"
                                                          : "on_crash",
                          NULL};
    yajl_val top = yajl_tree_parse(json, NULL, 0);
    yajl_val value = top ? yajl_tree_get(top, path, yajl_t_string) : NULL;
    const char *text = YAJL_GET_STRING(value);
    bool restart =
        text ? strstr(text, "restart") != NULL : reason == CHAOS_REASON_REBOOT;

    yajl_tree_free(top);
    return restart;
}

/* 1: the policy is to restart it; 0: it is not. -ENOENT: not ours. */
static int is_restart(struct chaos_ctx *ctx, const struct settling *s)
{
    struct chaos_config *cfg;
    char *json;
    int rc = chaos_domain_config(ctx, s->ex.domid, &cfg);

    if (rc < 0)
        return rc;
    rc = chaos_config_json(ctx, cfg, &json);
    chaos_config_destroy(cfg);
    if (rc < 0)
        return rc;
    rc = says_restart(json, s->ex.reason);
    free(json);
    return rc;
}

static int look(struct settling *s, struct chaos_ctx *ctx)
{
    struct chaos_domain_info info;
    int rc = chaos_domain_info(ctx, s->ex.domid, &info);

    if (rc < 0)
        return rc;
    if (info.dying || !info.stopped)
        return -ESRCH;
    memcpy(s->uuid, info.uuid, sizeof(s->uuid));
    return info.building ? -EAGAIN : 0;
}

static void settle(struct settling *s, struct chaos_ctx *ctx)
{
    struct chaos_domain_info info;
    int rc = chaos_domain_settle(ctx, s->ex.domid, &s->domid);

    if (rc < 0) {
        failed(s, ctx, rc);
        return;
    }
    s->outcome = OUTCOME_SETTLED;
    if (s->domid == CHAOS_DOMID_NONE || s->domid == s->ex.domid)
        return;
    memcpy(s->uuid2, s->uuid, sizeof(s->uuid2));
    if (chaos_domain_info(ctx, s->domid, &info) == 0 && !info.building)
        memcpy(s->uuid2, info.uuid, sizeof(s->uuid2));
}

static void settle_job(struct job *job, struct chaos_ctx *ctx)
{
    struct settling *s = (struct settling *)job;
    int rc = look(s, ctx);

    if (rc == -EAGAIN) {
        s->outcome = OUTCOME_MAKING;
        return;
    }
    if (rc == 0 && memcmp(s->ex.uuid, s->uuid, sizeof(s->uuid)) != 0) {
        memcpy(s->ex.uuid, s->uuid, sizeof(s->uuid));
        s->outcome = OUTCOME_MADE;
        return;
    }
    if (rc == 0)
        rc = is_restart(ctx, s);
    if (rc == -ENOENT)
        s->outcome = OUTCOME_FOREIGN;
    else if (rc < 0)
        failed(s, ctx, rc);
    else if (rc == 1 && s->limited)
        s->outcome = OUTCOME_LIMITED;
    else
        settle(s, ctx);
}

/* --- in the main thread -----------------------------------------------------
 */

static void settling_free(struct settling *s)
{
    TAILQ_REMOVE(&s->x->settling, s, list);
    if (s->retry)
        event_free(s->retry);
    free(s);
}

static void tell(const struct settling *s, const char *event)
{
    events_emit(s->x->d->events, event, "domid", EVENT_UINT(s->ex.domid),
                "name", EVENT_TEXT(s->name), "reason",
                EVENT_TEXT(chaos_reason_name(s->ex.reason)), NULL);
}

static void restarted(struct settling *s)
{
    struct daemon *d = s->x->d;

    if (history_add(s->x->history, s->uuid, s->uuid2, now_ns(),
                    d->conf->restarts) < 0)
        log_warn("exits", "domid=%u: no memory to count its restarts",
                 s->domid);
    metrics_add(d->metrics, METRIC_RESTARTS, 1);
    events_emit(d->events, "restarted", "domid", EVENT_UINT(s->domid), "name",
                EVENT_TEXT(s->name), "reason",
                EVENT_TEXT(chaos_reason_name(s->ex.reason)), "previous",
                EVENT_UINT(s->ex.domid), NULL);
    log_info("restarted", "domid=%u name=%s previous=%u reason=%s", s->domid,
             s->name, s->ex.domid, chaos_reason_name(s->ex.reason));
    guests_found(d->guests, s->domid);
}

/* The old domain's end is in the hypervisor's log by now, and is told first. */
static void settled(struct settling *s)
{
    exits_read(s->x);
    if (s->domid == s->ex.domid)
        tell(s, "preserved");
    else if (s->domid != CHAOS_DOMID_NONE)
        restarted(s);
    metrics_observe(s->x->d->metrics, HISTOGRAM_SETTLE, now_ns() - s->began_ns);
}

static void limited(const struct settling *s)
{
    const struct conf *conf = s->x->d->conf;

    metrics_add(s->x->d->metrics, METRIC_RESTARTS_LIMITED, 1);
    tell(s, "restart_limited");
    log_warn("restart_limited",
             "domid=%u name=%s reason=%s: restarted %u times within %u "
             "seconds, and now kept as it stopped",
             s->ex.domid, s->name, chaos_reason_name(s->ex.reason),
             conf->restarts, conf->restart_seconds);
}

static void settle_failed(const struct settling *s)
{
    metrics_add(s->x->d->metrics, METRIC_SETTLE_FAILED, 1);
    events_emit(s->x->d->events, "settle_failed", "domid",
                EVENT_UINT(s->ex.domid), "name", EVENT_TEXT(s->name), "reason",
                EVENT_TEXT(chaos_reason_name(s->ex.reason)), "error",
                EVENT_TEXT(s->text), NULL);
    log_error("settle_failed", "domid=%u name=%s reason=%s: %s: %s",
              s->ex.domid, s->name, chaos_reason_name(s->ex.reason), s->text,
              strerror(-s->rc));
}

static void submit(struct settling *s);

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    submit(arg);
}

/* There is no event for a VM that is made at last. */
static int retry(struct settling *s)
{
    struct timeval wait = {.tv_usec = (int)s->retry_ms * 1000};

    if (!s->retry)
        s->retry = event_new(s->x->d->base, -1, 0, on_retry, s);
    if (!s->retry || event_add(s->retry, &wait) < 0)
        return -ENOMEM;
    s->retry_ms *= 2;
    if (s->retry_ms > RETRY_MS_MAX)
        s->retry_ms = RETRY_MS_MAX;
    return 0;
}

static void settle_done(struct job *job)
{
    struct settling *s = (struct settling *)job;

    switch (s->outcome) {
    case OUTCOME_MAKING:
        if (retry(s) == 0)
            return;
        log_error("exits", "domid=%u: no memory to settle it", s->ex.domid);
        break;
    case OUTCOME_MADE:
        submit(s);
        return;
    case OUTCOME_SETTLED:
        settled(s);
        break;
    case OUTCOME_LIMITED:
        limited(s);
        break;
    case OUTCOME_FAILED:
        settle_failed(s);
        break;
    case OUTCOME_GONE:
    case OUTCOME_FOREIGN:
        break;
    }
    settling_free(s);
}

static uint64_t ago(uint32_t seconds)
{
    uint64_t now = now_ns(), span = seconds * UINT64_C(1000000000);

    return now > span ? now - span : 0;
}

static void submit(struct settling *s)
{
    const struct conf *conf = s->x->d->conf;

    s->limited = history_count(s->x->history, s->ex.uuid,
                               ago(conf->restart_seconds)) >= conf->restarts;
    workers_submit(s->x->d->workers, &s->job);
}

void exits_settle(struct exits *x, const struct noxs_exit *ex)
{
    const struct guest_facts *facts = guests_facts(x->d->guests, ex->domid);
    struct settling *s = calloc(1, sizeof(*s));

    if (!s) {
        log_error("exits", "domid=%u: no memory to settle it", ex->domid);
        return;
    }
    s->job = (struct job){
        .priority = JOB_EXIT, .run = settle_job, .done = settle_done};
    s->x = x;
    s->ex = *ex;
    s->began_ns = now_ns();
    s->retry_ms = RETRY_MS_FIRST;
    if (facts)
        memcpy(s->name, facts->name, sizeof(s->name));
    TAILQ_INSERT_TAIL(&x->settling, s, list);
    submit(s);
}

void exits_settle_end(struct exits *x)
{
    struct settling *s;

    while ((s = TAILQ_FIRST(&x->settling)))
        settling_free(s);
}
