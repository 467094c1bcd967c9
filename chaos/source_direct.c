/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source_direct.c: a session's bytes from the guest's own console.
 */
#include <errno.h>

#include "source.h"

#define EXITS 16

enum { FD_CONSOLE, FD_WATCH };

static void direct_close(struct source *src)
{
    chaos_console_close(src->con);
    chaos_watch_close(src->watch);
}

/* An end before the watch was opened would otherwise go unseen. */
static int look(struct source *src)
{
    struct chaos_domain_info info;
    int rc = chaos_domain_info(src->cli->ctx, src->domid, &info);

    if (rc == -ESRCH || (rc == 0 && info.dying))
        source_end(src, SESSION_GONE, 0);
    else if (rc < 0)
        return rc;
    else if (info.stopped)
        source_end(src, SESSION_STOPPED, info.reason);
    return 0;
}

static int take_exits(struct source *src)
{
    struct noxs_exit exits[EXITS];
    int i, n;

    do {
        n = chaos_watch_read(src->watch, exits, EXITS);
        if (n == -EOVERFLOW)
            return look(src);
        if (n < 0)
            return n;
        for (i = 0; i < n; i++) {
            if (exits[i].domid != src->domid)
                continue;
            if (exits[i].kind == NOXS_EXIT_SHUTDOWN)
                source_end(src, SESSION_STOPPED, exits[i].reason);
            else
                source_end(src, SESSION_GONE, 0);
        }
    } while (n == EXITS);
    return 0;
}

static void direct_want(const struct source *src, bool reading, bool writing,
                        struct pollfd fds[SOURCE_FDS])
{
    /* The guest rings when it has taken input, too. */
    (void)writing;
    fds[FD_CONSOLE] = (struct pollfd){
        .fd = src->ended || !reading ? -1 : chaos_console_fd(src->con),
        .events = POLLIN,
    };
    fds[FD_WATCH] = (struct pollfd){
        .fd = src->ended ? -1 : chaos_watch_fd(src->watch),
        .events = POLLIN,
    };
}

static int direct_polled(struct source *src,
                         const struct pollfd fds[SOURCE_FDS])
{
    return fds[FD_WATCH].revents ? take_exits(src) : 0;
}

static ssize_t direct_read(struct source *src, void *buf, size_t size)
{
    ssize_t n = chaos_console_read(src->con, buf, size);

    return n < 0 && src->ended ? 0 : n;
}

static ssize_t direct_write(struct source *src, const void *buf, size_t len)
{
    return src->ended ? 0 : chaos_console_write(src->con, buf, len);
}

int source_open_direct(struct source *src)
{
    static const struct source_ops ops = {
        .close = direct_close,
        .want = direct_want,
        .polled = direct_polled,
        .read = direct_read,
        .write = direct_write,
    };
    int rc;

    src->ops = &ops;
    rc = src->watch ? 0 : chaos_watch_open(src->cli->ctx, &src->watch);
    if (rc == 0)
        rc = chaos_console_open(src->cli->ctx, src->domid, &src->con);
    return rc < 0 ? rc : look(src);
}
