/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session.c: move bytes between this process and a guest's console.
 *
 * One poll loop. Fatal signals are blocked and seen through a signalfd, and not
 * consumed: when everything is back as it was and they are unblocked, they do
 * what they always do. So the terminal is restored on every way out.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <noxs/console.h>

#include "session.h"

#define ESCAPE 0x1d /* ^] */
#define EXITS 16
#define INPUT_SIZE 256

enum { FD_CONSOLE, FD_WATCH, FD_SIGNAL, FD_IN, FD_OUT, FD_COUNT };

struct session {
    struct cli *cli;
    const char *label; /* borrowed from the caller */
    uint32_t domid;
    struct chaos_console *con;
    struct chaos_watch *watch;
    struct tty tty;
    sigset_t mask_before;
    bool masked;
    int signal_fd;
    void (*pipe_before)(int);
    struct session_result result;
    bool ended, signalled;
    bool input_closed;
    size_t in_len, out_len;
    char in[NOXS_CONSOLE_IN], out[NOXS_CONSOLE_OUT];
};

static void end(struct session *s, enum session_end how, unsigned reason)
{
    /* That it was destroyed after it stopped does not change why. */
    if (!s->ended) {
        s->result.end = how;
        s->result.reason = reason;
    }
    s->ended = true;
}

/* --- opening and closing -------------------------------------------------- */

static int signals_open(struct session *s)
{
    sigset_t set;

    signals_fatal(&set);
    s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->signal_fd < 0)
        return cli_error(s->cli, -errno, "signalfd");
    /* A stop would leave the terminal raw: it has to wait. */
    (void)sigaddset(&set, SIGTSTP);
    (void)sigprocmask(SIG_BLOCK, &set, &s->mask_before);
    s->masked = true;
    s->pipe_before = signal(SIGPIPE, SIG_IGN);
    return EXIT_OK;
}

/* An end before the watch was opened would otherwise go unseen. */
static int look(struct session *s)
{
    struct chaos_domain_info info;
    int rc = chaos_domain_info(s->cli->ctx, s->domid, &info);

    if (rc == -ESRCH || (rc == 0 && info.dying))
        end(s, SESSION_GONE, 0);
    else if (rc < 0)
        return cli_fail(s->cli, rc);
    else if (info.stopped)
        end(s, SESSION_STOPPED, info.reason);
    return EXIT_OK;
}

static int session_open(struct session *s)
{
    int rc = chaos_watch_open(s->cli->ctx, &s->watch);

    if (rc == 0)
        rc = chaos_console_open(s->cli->ctx, s->domid, &s->con);
    if (rc < 0)
        return cli_fail(s->cli, rc);
    if (look(s) != EXIT_OK || signals_open(s) != EXIT_OK)
        return EXIT_FAILED;
    if (isatty(STDIN_FILENO))
        cli_notice(s->cli, "attached to %s; ^] detaches", s->label);
    rc = tty_raw(&s->tty, STDIN_FILENO);
    return rc < 0 ? cli_error(s->cli, rc, "terminal") : EXIT_OK;
}

/* The signals come last: what they do must find everything restored. */
static void session_close(struct session *s)
{
    chaos_console_close(s->con);
    chaos_watch_close(s->watch);
    tty_restore(&s->tty, STDIN_FILENO);
    if (s->signal_fd >= 0)
        (void)close(s->signal_fd);
    if (s->masked) {
        (void)signal(SIGPIPE, s->pipe_before);
        (void)sigprocmask(SIG_SETMASK, &s->mask_before, NULL);
    }
}

/* --- moving bytes --------------------------------------------------------- */

static int from_guest(struct session *s)
{
    ssize_t n;

    if (s->out_len > 0)
        return EXIT_OK;
    n = chaos_console_read(s->con, s->out, sizeof(s->out));
    if (n < 0 && s->ended)
        return EXIT_OK;
    if (n < 0)
        return cli_fail(s->cli, (int)n);
    s->out_len = (size_t)n;
    return EXIT_OK;
}

static int to_guest(struct session *s)
{
    ssize_t n;

    if (s->in_len == 0 || s->ended)
        return EXIT_OK;
    n = chaos_console_write(s->con, s->in, s->in_len);
    if (n < 0)
        return cli_fail(s->cli, (int)n);
    s->in_len -= (size_t)n;
    memmove(s->in, s->in + n, s->in_len);
    return EXIT_OK;
}

static int write_out(struct session *s)
{
    ssize_t n = write(STDOUT_FILENO, s->out, s->out_len);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return EXIT_OK;
    if (n < 0)
        return cli_error(s->cli, -errno, "standard output");
    s->out_len -= (size_t)n;
    memmove(s->out, s->out + n, s->out_len);
    return EXIT_OK;
}

static void append_in(struct session *s, const char *bytes, size_t len)
{
    size_t room = sizeof(s->in) - s->in_len;

    if (len > room)
        len = room;
    memcpy(s->in + s->in_len, bytes, len);
    s->in_len += len;
}

static int read_in(struct session *s)
{
    char bytes[INPUT_SIZE];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));
    const char *escape;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return EXIT_OK;
    if (n <= 0) {
        s->input_closed = true;
        if (s->tty.is_raw)
            end(s, SESSION_DETACHED, 0);
        return EXIT_OK;
    }
    escape = memchr(bytes, ESCAPE, (size_t)n);
    append_in(s, bytes, escape ? (size_t)(escape - bytes) : (size_t)n);
    if (!escape)
        return EXIT_OK;
    if (to_guest(s) != EXIT_OK)
        return EXIT_FAILED;
    end(s, SESSION_DETACHED, 0);
    return EXIT_OK;
}

/* --- events --------------------------------------------------------------- */

static int take_exits(struct session *s)
{
    struct noxs_exit exits[EXITS];
    int i, n;

    do {
        n = chaos_watch_read(s->watch, exits, EXITS);
        if (n == -EOVERFLOW)
            return look(s);
        if (n < 0)
            return cli_fail(s->cli, n);
        for (i = 0; i < n; i++) {
            if (exits[i].domid != s->domid)
                continue;
            if (exits[i].kind == NOXS_EXIT_SHUTDOWN)
                end(s, SESSION_STOPPED, exits[i].reason);
            else
                end(s, SESSION_GONE, 0);
        }
    } while (n == EXITS);
    return EXIT_OK;
}

/*
 * A guest that takes no input must not keep ^] from being seen: what is typed
 * meanwhile is dropped. A pipe waits.
 */
static bool may_read(const struct session *s)
{
    return s->tty.is_raw || sizeof(s->in) - s->in_len >= INPUT_SIZE;
}

static void want(const struct session *s, struct pollfd fds[FD_COUNT])
{
    bool reading = !s->ended && !s->input_closed && may_read(s);

    fds[FD_CONSOLE] = (struct pollfd){
        .fd = s->ended || s->out_len > 0 ? -1 : chaos_console_fd(s->con),
        .events = POLLIN,
    };
    fds[FD_WATCH] = (struct pollfd){
        .fd = s->ended ? -1 : chaos_watch_fd(s->watch),
        .events = POLLIN,
    };
    fds[FD_SIGNAL] = (struct pollfd){.fd = s->signal_fd, .events = POLLIN};
    fds[FD_IN] = (struct pollfd){
        .fd = reading ? STDIN_FILENO : -1,
        .events = POLLIN,
    };
    fds[FD_OUT] = (struct pollfd){
        .fd = s->out_len > 0 ? STDOUT_FILENO : -1,
        .events = POLLOUT,
    };
}

static int wait_events(struct session *s)
{
    struct pollfd fds[FD_COUNT];
    int code = EXIT_OK;

    want(s, fds);
    if (poll(fds, FD_COUNT, -1) < 0)
        return errno == EINTR ? EXIT_OK : cli_error(s->cli, -errno, "poll");
    if (fds[FD_SIGNAL].revents)
        s->signalled = true;
    if (fds[FD_OUT].revents)
        code = write_out(s);
    if (code == EXIT_OK && fds[FD_IN].revents)
        code = read_in(s);
    if (code == EXIT_OK && fds[FD_WATCH].revents)
        code = take_exits(s);
    return code;
}

/* When the guest has ended, what it wrote last is still to be shown. */
static int loop(struct session *s)
{
    int code = EXIT_OK;

    while (code == EXIT_OK && !s->signalled) {
        code = from_guest(s);
        if (s->ended && (s->out_len == 0 || s->result.end == SESSION_DETACHED))
            break;
        if (code == EXIT_OK)
            code = to_guest(s);
        if (code == EXIT_OK)
            code = wait_events(s);
    }
    return code;
}

int session_run(struct cli *cli, const char *label, uint32_t domid,
                bool unpause, struct session_result *result_out)
{
    struct session s = {
        .cli = cli,
        .label = label,
        .domid = domid,
        .signal_fd = -1,
    };
    int code = session_open(&s);

    if (code == EXIT_OK && unpause) {
        int rc = chaos_domain_unpause(cli->ctx, domid);

        if (rc < 0)
            code = cli_fail(cli, rc);
    }
    s.result.attached = code == EXIT_OK;
    if (code == EXIT_OK)
        code = loop(&s);
    session_close(&s);
    *result_out = s.result;
    return code;
}
