/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source_direct.c: a session's bytes from the guest's own console.
 */
#include <errno.h>

#include "source.h"

#define EXITS 16
/*
 * What a stopped guest wrote last may be with xenconsoled still, which looks
 * at a guest that writes much every 200 ms only.
 */
#define QUIET_NS UINT64_C(500000000)

enum { FD_CONSOLE, FD_WATCH };

static void direct_close(struct source *src)
{
    chaos_console_close(src->con);
    chaos_watch_close(src->watch);
}

static void stop(struct source *src, unsigned reason)
{
    if (!chaos_console_is_pty(src->con)) {
        source_end(src, SESSION_STOPPED, reason);
        return;
    }
    if (!src->stopped_ns)
        src->stopped_reason = reason;
    src->stopped_ns = clock_ns();
}

/* There is nothing more to come. */
static void gone(struct source *src)
{
    if (src->stopped_ns)
        source_end(src, SESSION_STOPPED, src->stopped_reason);
    else
        source_end(src, SESSION_GONE, 0);
}

/* An end before the watch was opened would otherwise go unseen. */
static int look(struct source *src)
{
    struct chaos_domain_info info;
    int rc = chaos_domain_info(src->cli->ctx, src->domid, &info);

    if (rc == -ESRCH || (rc == 0 && info.dying))
        gone(src);
    else if (rc < 0)
        return rc;
    else if (info.stopped)
        stop(src, info.reason);
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
                stop(src, exits[i].reason);
            else
                gone(src);
        }
    } while (n == EXITS);
    return 0;
}

static void direct_want(const struct source *src, bool reading, bool writing,
                        struct pollfd fds[SOURCE_FDS])
{
    bool is_pty = chaos_console_is_pty(src->con);

    /* A guest of noxs rings when it has taken input, too. */
    writing &= is_pty;
    fds[FD_CONSOLE] = (struct pollfd){
        .fd = src->ended || !(reading || writing) ? -1
                                                  : chaos_console_fd(src->con),
        .events = (short)((reading ? POLLIN : 0) | (writing ? POLLOUT : 0)),
    };
    fds[FD_WATCH] = (struct pollfd){
        .fd = src->ended ? -1 : chaos_watch_fd(src->watch),
        .events = POLLIN,
    };
}

static int direct_polled(struct source *src,
                         const struct pollfd fds[SOURCE_FDS])
{
    const struct pollfd *con = &fds[FD_CONSOLE];
    bool was_read = con->fd >= 0 && con->events & POLLIN;

    if (fds[FD_WATCH].revents)
        return take_exits(src);
    /* While nobody takes what there is, it is not quiet. */
    if (src->stopped_ns && (!was_read || con->revents & POLLIN))
        src->stopped_ns = clock_ns();
    else if (src->stopped_ns && clock_ns() - src->stopped_ns > QUIET_NS)
        gone(src);
    return 0;
}

/* xenconsoled lets go of a guest that is gone; else it has ended itself. */
static ssize_t let_go(struct source *src)
{
    int rc = take_exits(src);

    if (rc == 0 && !src->ended)
        rc = look(src);
    if (rc == 0 && !src->ended && src->stopped_ns)
        gone(src);
    return rc;
}

static ssize_t direct_read(struct source *src, void *buf, size_t size)
{
    ssize_t n = chaos_console_read(src->con, buf, size);

    if (n == -EPIPE && !src->ended) {
        ssize_t rc = let_go(src);

        if (rc < 0)
            return rc;
        if (!src->ended)
            n = chaos_console_read(src->con, buf, size);
    }
    return n < 0 && src->ended ? 0 : n;
}

static ssize_t direct_write(struct source *src, const void *buf, size_t len)
{
    ssize_t n = src->ended ? 0 : chaos_console_write(src->con, buf, len);

    /* Reading finds out why. */
    return n == -EPIPE ? 0 : n;
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
