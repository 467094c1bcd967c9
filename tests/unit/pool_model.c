/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool_model.c: a daemon inside the test's own process.
 */
#include <errno.h>
#include <string.h>

#include "daemon.h"
#include "pool_model.h"
#include "unit.h"

int __real_daemon_take(struct chaos_ctx *ctx, const struct chaosd_shape *shape,
                       uint32_t owner, const void **data_out, size_t *size_out,
                       uint32_t *domid_out, bool *loaded_out);
void __real_daemon_done(struct chaos_ctx *ctx, uint32_t domid, int result,
                        bool shell, uint64_t duration_ns);
int __real_daemon_make_room(struct chaos_ctx *ctx, uint64_t kb);

int __wrap_daemon_take(struct chaos_ctx *ctx, const struct chaosd_shape *shape,
                       uint32_t owner, const void **data_out, size_t *size_out,
                       uint32_t *domid_out, bool *loaded_out);
void __wrap_daemon_done(struct chaos_ctx *ctx, uint32_t domid, int result,
                        bool shell, uint64_t duration_ns);
int __wrap_daemon_make_room(struct chaos_ctx *ctx, uint64_t kb);

static struct {
    bool runs;
    struct chaos_ctx *daemon;
    struct chaos_shell *shell, *spare;
    const void *data;
    size_t size;
    struct pool_done done;
} pool;

void pool_offer(struct chaos_ctx *daemon, struct chaos_shell *shell)
{
    size_t size;
    const void *data = chaos_shell_data(shell, &size);

    pool_offer_data(daemon, shell, data, size);
}

void pool_offer_data(struct chaos_ctx *daemon, struct chaos_shell *shell,
                     const void *data, size_t size)
{
    memset(&pool, 0, sizeof(pool));
    pool.runs = true;
    pool.daemon = daemon;
    pool.shell = shell;
    pool.data = data;
    pool.size = size;
}

void pool_drain(struct chaos_ctx *daemon, struct chaos_shell *shell)
{
    memset(&pool, 0, sizeof(pool));
    pool.runs = true;
    pool.daemon = daemon;
    pool.spare = shell;
}

void pool_end(void)
{
    pool.runs = false;
}

struct pool_done pool_done(void)
{
    return pool.done;
}

int __wrap_daemon_take(struct chaos_ctx *ctx, const struct chaosd_shape *shape,
                       uint32_t owner, const void **data_out, size_t *size_out,
                       uint32_t *domid_out, bool *loaded_out)
{
    int rc;

    if (!pool.runs)
        return __real_daemon_take(ctx, shape, owner, data_out, size_out,
                                  domid_out, loaded_out);
    pool.done.takes++;
    if (!pool.shell)
        return -ENOENT;
    rc = chaos_shell_give(pool.daemon, pool.shell, owner);
    if (rc < 0)
        return rc;
    *data_out = pool.data;
    *size_out = pool.size;
    *domid_out = chaos_shell_domid(pool.shell);
    *loaded_out = chaos_shell_shape(pool.shell)->kernel.path[0] != '\0';
    pool.shell = NULL;
    return 0;
}

void __wrap_daemon_done(struct chaos_ctx *ctx, uint32_t domid, int result,
                        bool shell, uint64_t duration_ns)
{
    if (!pool.runs) {
        __real_daemon_done(ctx, domid, result, shell, duration_ns);
        return;
    }
    if (pool.done.dones++ == 0) {
        pool.done.domid = domid;
        pool.done.result = result;
        pool.done.shell = shell;
    }
}

int __wrap_daemon_make_room(struct chaos_ctx *ctx, uint64_t kb)
{
    int rc;

    if (!pool.runs)
        return __real_daemon_make_room(ctx, kb);
    if (!pool.spare)
        return -ENOENT;
    rc = chaos_shell_destroy(pool.daemon, pool.spare);
    pool.spare = NULL;
    return rc;
}
