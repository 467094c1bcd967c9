/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * daemon.c: the context's own connection to chaosd, for creating VMs.
 *
 * Nothing here may make a create fail: it goes on without.
 */
#include <errno.h>
#include <string.h>

#include <noxs/noxs.h>

#include "conn.h"
#include "daemon.h"
#include "internal.h"

#define ABSENT_MS 1000u
#define AILING_MS 10000u
/* Destroying shells takes longer than answering. */
#define DRAIN_MS 5000u

static uint64_t clock_ms(void)
{
    return chaos__now_ns() / 1000000u;
}

void daemon_close(struct chaos_ctx *ctx)
{
    chaos_conn_close(ctx->daemon);
    ctx->daemon = NULL;
}

int chaos_ctx_set_daemon(struct chaos_ctx *ctx, const char *path)
{
    char *copy = path ? strdup(path) : NULL;

    if (path && !copy)
        return chaos__fail(ctx, -ENOMEM, "path of chaosd's socket");
    daemon_close(ctx);
    free(ctx->daemon_path);
    ctx->daemon_path = copy;
    ctx->daemon_off = !path;
    ctx->daemon_next_ms = 0;
    return 0;
}

static int leave_alone(struct chaos_ctx *ctx, int rc, unsigned ms)
{
    daemon_close(ctx);
    ctx->daemon_next_ms = clock_ms() + ms;
    chaos__log(ctx, CHAOS_LOG_DEBUG, "%s", ctx->error);
    return rc;
}

/* *fresh_out: it was made by this call. */
static int daemon_conn(struct chaos_ctx *ctx, bool *fresh_out)
{
    int rc;

    *fresh_out = !ctx->daemon;
    if (ctx->daemon)
        return 0;
    if (ctx->daemon_off)
        return -ENOENT;
    if (ctx->daemon_next_ms && clock_ms() < ctx->daemon_next_ms)
        return -ENOENT;
    rc = chaos_conn_open(ctx, &ctx->daemon);
    if (rc == -ENOENT || rc == -ECONNREFUSED)
        return leave_alone(ctx, rc, ABSENT_MS);
    return rc < 0 ? leave_alone(ctx, rc, AILING_MS) : 0;
}

/* Whether a reply came to what was asked last, be it a refusal. */
static bool has_answered(const struct chaos_conn *conn)
{
    return !conn->broken && conn->taken > 0;
}

static int ask_once(struct chaos_ctx *ctx, unsigned type, const void *payload,
                    size_t size, unsigned timeout_ms, const void **reply_out,
                    size_t *reply_size_out)
{
    int rc;

    conn_drop_taken(ctx->daemon);
    rc = conn_post(ctx->daemon, type, payload, size);
    if (rc < 0)
        return rc;
    return conn_reply(ctx->daemon, type, timeout_ms, reply_out, reply_size_out);
}

/*
 * A connection that was kept may be that to a daemon that has been restarted
 * since: then once more with a new one. One whose reply was not waited for is
 * given up with the question, which thereby is withdrawn.
 */
static int ask(struct chaos_ctx *ctx, unsigned type, const void *payload,
               size_t size, unsigned timeout_ms, const void **reply_out,
               size_t *reply_size_out)
{
    bool fresh;
    int rc = daemon_conn(ctx, &fresh);

    if (rc < 0)
        return rc;
    rc = ask_once(ctx, type, payload, size, timeout_ms, reply_out,
                  reply_size_out);
    if (rc == -ECONNRESET && !fresh && !has_answered(ctx->daemon)) {
        daemon_close(ctx);
        return ask(ctx, type, payload, size, timeout_ms, reply_out,
                   reply_size_out);
    }
    if (rc < 0 && !has_answered(ctx->daemon))
        return leave_alone(ctx, rc, AILING_MS);
    return rc;
}

static int take_read(struct chaos_ctx *ctx, const void *reply, size_t size,
                     struct chaosd_shell *shell)
{
    if (size >= sizeof(*shell)) {
        memcpy(shell, reply, sizeof(*shell));
        if (shell->domid > 0 && shell->domid < NOXS_DOMID_SELF &&
            shell->loaded <= 1)
            return 0;
    }
    return leave_alone(
        ctx, chaos__fail(ctx, -EPROTO, "chaosd: what it gave is no shell"),
        AILING_MS);
}

int daemon_take(struct chaos_ctx *ctx, const struct chaosd_shape *shape,
                uint32_t owner, const void **data_out, size_t *size_out,
                uint32_t *domid_out, bool *loaded_out)
{
    struct chaosd_take take = {.owner = owner, .shape = *shape};
    struct chaosd_shell shell;
    const void *reply;
    size_t size;
    int rc = ask(ctx, CHAOSD_TAKE, &take, sizeof(take), CHAOS_DAEMON_TIMEOUT_MS,
                 &reply, &size);

    if (rc == 0)
        rc = take_read(ctx, reply, size, &shell);
    if (rc < 0)
        return rc;
    *data_out = (const uint8_t *)reply + sizeof(shell);
    *size_out = size - sizeof(shell);
    *domid_out = shell.domid;
    *loaded_out = shell.loaded == 1;
    return 0;
}

void daemon_done(struct chaos_ctx *ctx, uint32_t domid, int result, bool shell,
                 uint64_t duration_ns)
{
    struct chaosd_done done = {
        .domid = domid,
        .result = result,
        .flags = shell ? CHAOSD_DONE_SHELL : 0,
        .duration_ns = duration_ns,
    };

    /* What is told of a shell is for the daemon that gave it. */
    if (!ctx->daemon)
        return;
    if (conn_post(ctx->daemon, CHAOSD_DONE, &done, sizeof(done)) < 0)
        daemon_close(ctx);
}

int daemon_make_room(struct chaos_ctx *ctx, uint64_t kb)
{
    struct chaosd_amount amount = {.kb = kb, .timeout_ms = DRAIN_MS};
    const void *reply;
    size_t size;

    return ask(ctx, CHAOSD_POOL_DRAIN, &amount, sizeof(amount), DRAIN_MS,
               &reply, &size);
}
