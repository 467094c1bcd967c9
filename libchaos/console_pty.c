/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * console_pty.c: a console that xenconsoled serves: the terminal whose name it
 * writes to XenStore when it has taken up a new domain.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "internal.h"
#include "xs.h"

/* As long as xl waits for it. */
#define TERMINAL_MS 5000u

static bool has_name(const struct store_request *answer)
{
    return answer->rc == 0 && answer->size > 0;
}

/* *name_out is owned by the caller. */
static int find_terminal(struct chaos_ctx *ctx, uint32_t domid, char **name_out)
{
    char path[64];
    struct xs_wait w = {
        .domid = domid,
        .path = path,
        .ready = has_name,
        .deadline = deadline_after(TERMINAL_MS),
    };
    struct store *store;
    int rc = chaos__store(ctx, &store);

    (void)snprintf(path, sizeof(path), "/local/domain/%u/console/tty", domid);
    if (rc == 0)
        rc = xs_wait(ctx, store, &w, name_out);
    if (rc == -ESHUTDOWN)
        return chaos__fail(ctx, -EOPNOTSUPP,
                           "domain %u ended without a console", domid);
    if (rc == -ETIME)
        return chaos__fail(ctx, -ETIMEDOUT,
                           "domain %u: nobody serves its console ('%s' in "
                           "XenStore is empty): is xenconsoled running?",
                           domid, path);
    return rc;
}

static int open_terminal(struct chaos_console *con, const char *name)
{
    int rc = con->host->ops->terminal_open(con->host, con->domid, name,
                                           &con->terminal);

    if (rc == -EBUSY)
        return chaos__fail(con->ctx, rc,
                           "domain %u: another program is attached to its "
                           "console",
                           con->domid);
    if (rc == -ENOENT)
        return chaos__fail(con->ctx, rc,
                           "domain %u: its console '%s' is gone: did "
                           "xenconsoled end?",
                           con->domid, name);
    if (rc < 0)
        return chaos__fail(con->ctx, rc, "domain %u: cannot open '%s'",
                           con->domid, name);
    return 0;
}

static int attach(struct chaos_ctx *ctx, uint32_t domid, const char *name,
                  struct chaos_console **con_out)
{
    struct chaos_console *con = calloc(1, sizeof(*con));
    int rc;

    if (!con)
        return chaos__fail(ctx, -ENOMEM, "no memory for a console");
    con->ctx = ctx;
    con->domid = domid;
    rc = chaos__host(ctx, &con->host);
    if (rc == 0)
        rc = open_terminal(con, name);
    if (rc < 0)
        free(con);
    else
        *con_out = con;
    return rc;
}

int xs_console_open(struct chaos_ctx *ctx, uint32_t domid,
                    struct chaos_console **con_out)
{
    CLEANUP_FREE char *name = NULL;
    struct hv_domain_state state;
    struct hv *hv;
    int rc = domain_look(ctx, &hv, domid, &state);

    if (rc == 0)
        rc = find_terminal(ctx, domid, &name);
    return rc < 0 ? rc : attach(ctx, domid, name, con_out);
}

void pty_close(struct chaos_console *con)
{
    con->host->ops->terminal_close(con->host, con->domid, &con->terminal);
}

static ssize_t failed(struct chaos_console *con, int error)
{
    if (error == EAGAIN || error == EINTR)
        return 0;
    return chaos__fail(con->ctx, error == EIO ? -EPIPE : -error,
                       "domain %u: xenconsoled has closed its console",
                       con->domid);
}

ssize_t pty_read(struct chaos_console *con, void *buf, size_t len)
{
    ssize_t n = read(con->terminal.fd, buf, len);

    if (n < 0 || (n == 0 && len > 0))
        return failed(con, n < 0 ? errno : EIO);
    return n;
}

ssize_t pty_write(struct chaos_console *con, const void *buf, size_t len)
{
    ssize_t n = write(con->terminal.fd, buf, len);

    return n < 0 ? failed(con, errno) : n;
}
