/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * ctx.c: the context: errors, log, and what is opened on first use: the
 * hypervisor, dom0's kernel, XenStore.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon.h"
#include "host.h"
#include "hv.h"
#include "internal.h"
#include "store.h"

#define RUN_DIR "/run/chaos"

int chaos_ctx_create(struct chaos_ctx **ctx_out)
{
    struct chaos_ctx *ctx = calloc(1, sizeof(*ctx));

    if (!ctx)
        return -ENOMEM;
    ctx->lock_fd = -1;
    ctx->run_dir = strdup(RUN_DIR);
    if (!ctx->run_dir) {
        chaos_ctx_destroy(ctx);
        return -ENOMEM;
    }
    *ctx_out = ctx;
    return 0;
}

void chaos_ctx_destroy(struct chaos_ctx *ctx)
{
    if (!ctx)
        return;
    daemon_close(ctx);
    if (ctx->store)
        ctx->store->ops->close(ctx->store);
    if (ctx->host)
        ctx->host->ops->close(ctx->host);
    if (ctx->hv)
        ctx->hv->ops->close(ctx->hv);
    chaos__closep(&ctx->lock_fd);
    free(ctx->daemon_path);
    free(ctx->run_dir);
    free(ctx);
}

const char *chaos_ctx_error(const struct chaos_ctx *ctx)
{
    return ctx->error;
}

void chaos_ctx_set_log(struct chaos_ctx *ctx, enum chaos_log_level level,
                       chaos_log_fn *fn, void *arg)
{
    ctx->log_level = level;
    ctx->log_fn = fn;
    ctx->log_arg = arg;
}

void chaos_ctx_set_step_probe(struct chaos_ctx *ctx, chaos_step_fn *fn,
                              void *arg)
{
    ctx->step_fn = fn;
    ctx->step_arg = arg;
}

int chaos_ctx_set_run_dir(struct chaos_ctx *ctx, const char *path)
{
    char *copy = strdup(path);

    if (!copy)
        return chaos__fail(ctx, -ENOMEM, "run directory");
    daemon_close(ctx);
    free(ctx->run_dir);
    ctx->run_dir = copy;
    chaos__closep(&ctx->lock_fd);
    ctx->lock_fd = -1;
    ctx->owner = 0;
    ctx->daemon_next_ms = 0;
    return 0;
}

const char *chaos_version(void)
{
    return CHAOS_VERSION;
}

/* Names and paths come from anywhere; a message stays one harmless line. */
static void make_one_line(char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
    }
}

int chaos__fail(struct chaos_ctx *ctx, int rc, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(ctx->error, sizeof(ctx->error), fmt, ap);
    va_end(ap);
    make_one_line(ctx->error);
    return rc;
}

int chaos__prefix(struct chaos_ctx *ctx, int rc, const char *fmt, ...)
{
    char old[CHAOS_ERROR_SIZE];
    va_list ap;
    size_t used;

    memcpy(old, ctx->error, sizeof(old));
    va_start(ap, fmt);
    (void)vsnprintf(ctx->error, sizeof(ctx->error), fmt, ap);
    va_end(ap);
    used = strlen(ctx->error);
    (void)snprintf(ctx->error + used, sizeof(ctx->error) - used, ": %s", old);
    make_one_line(ctx->error);
    return rc;
}

void chaos__log(struct chaos_ctx *ctx, enum chaos_log_level level,
                const char *fmt, ...)
{
    char text[CHAOS_ERROR_SIZE];
    va_list ap;

    if (!ctx->log_fn || level > ctx->log_level)
        return;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    ctx->log_fn(ctx->log_arg, level, text);
}

static int open_failed(struct chaos_ctx *ctx, int rc)
{
    switch (rc) {
    case -ENOENT:
    case -ENODEV:
    case -ENXIO:
        return chaos__fail(ctx, rc,
                           "this is not a Xen host, or its kernel's "
                           "xen-privcmd and xen-evtchn modules are not loaded "
                           "(docs/install.md)");
    case -EACCES:
    case -EPERM:
        return chaos__fail(ctx, rc,
                           "no privilege to control Xen: run as root in dom0");
    default:
        return chaos__fail(ctx, rc, "cannot open the hypervisor interface");
    }
}

int chaos__hv(struct chaos_ctx *ctx, struct hv **hv_out)
{
    int rc;

    if (!ctx->hv) {
        rc = hv_xen_open(&ctx->hv);
        if (rc < 0)
            return open_failed(ctx, rc);
    }
    *hv_out = ctx->hv;
    return 0;
}

int chaos__hv_noxs(struct chaos_ctx *ctx, struct hv **hv_out)
{
    struct noxs_op_version op = {0};
    int rc = chaos__hv(ctx, hv_out);

    if (rc < 0 || ctx->noxs_checked)
        return rc;
    rc = ctx->noxs_absent ? -ENOSYS
                          : (*hv_out)->ops->noxs(*hv_out, NOXS_OP_VERSION, &op,
                                                 sizeof(op), NULL, 0);
    ctx->noxs_absent = rc == -ENOSYS;
    if (rc == -ENOSYS)
        return chaos__fail(ctx, rc,
                           "this Xen has no noxs: boot the patched hypervisor "
                           "(docs/install.md)");
    if (rc < 0)
        return chaos__fail(ctx, rc, "cannot ask this Xen for its noxs version");
    if (op.version != NOXS_VERSION)
        return chaos__fail(ctx, -EPROTO,
                           "this Xen speaks noxs version %u, this library "
                           "version %d: install the two of one release",
                           op.version, NOXS_VERSION);
    ctx->noxs_checked = true;
    return 0;
}

int chaos__host(struct chaos_ctx *ctx, struct host **host_out)
{
    if (!ctx->host) {
        int rc = host_linux_open(&ctx->host);

        if (rc < 0)
            return chaos__fail(ctx, rc, "no memory for the host's devices");
    }
    *host_out = ctx->host;
    return 0;
}

/* As long as one that is silent was waited for. */
#define STORE_PAUSE_NS UINT64_C(30000000000)

int chaos__store_open(struct chaos_ctx *ctx, struct store **store_out)
{
    int rc;

    /* What is undone after a failure does not wait for it once more. */
    if (chaos__now_ns() < ctx->store_next_ns)
        return chaos__fail(ctx, -ETIMEDOUT,
                           "XenStore's daemon did not answer a moment ago");
    rc = store_xen_open(store_out);
    if (rc == -ENOENT || rc == -ECONNREFUSED)
        return chaos__fail(ctx, -ENODEV,
                           "XenStore's daemon is not running: start "
                           "xenstored or oxenstored (docs/install.md)");
    if (rc == -EAGAIN || rc == -ETIMEDOUT) {
        ctx->store_next_ns = chaos__now_ns() + STORE_PAUSE_NS;
        return chaos__fail(ctx, -ETIMEDOUT,
                           "XenStore's daemon takes no connection: it hangs");
    }
    if (rc < 0)
        return chaos__fail(ctx, rc, "cannot connect to XenStore");
    return 0;
}

/* A handle that broke is of no use; one whose daemon hangs is not replaced. */
static void store_renew(struct chaos_ctx *ctx)
{
    int fd = ctx->store->ops->fd(ctx->store);

    if (fd >= 0)
        return;
    if (fd == -ETIMEDOUT)
        ctx->store_next_ns = chaos__now_ns() + STORE_PAUSE_NS;
    ctx->store->ops->close(ctx->store);
    ctx->store = NULL;
}

int chaos__store(struct chaos_ctx *ctx, struct store **store_out)
{
    int rc = 0;

    if (ctx->store)
        store_renew(ctx);
    if (!ctx->store)
        rc = chaos__store_open(ctx, &ctx->store);
    if (rc == 0)
        *store_out = ctx->store;
    return rc;
}
