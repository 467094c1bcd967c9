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
#include "source.h"

#define ESCAPE 0x1d /* ^] */
#define INPUT_SIZE 256

/* The source's come first. */
enum { FD_SIGNAL = SOURCE_FDS, FD_IN, FD_OUT, FD_COUNT };

struct session {
    struct cli *cli;
    const char *label; /* borrowed from the caller */
    struct source source;
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
    if (!s->ended) {
        s->result.end = how;
        s->result.reason = reason;
    }
    s->ended = true;
}

static void notice_end(struct session *s)
{
    if (s->source.ended)
        end(s, s->source.how, s->source.reason);
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

static int session_open(struct session *s, uint32_t domid)
{
    int rc;

    if (source_open(&s->source, s->cli, domid) != EXIT_OK)
        return EXIT_FAILED;
    notice_end(s);
    if (signals_open(s) != EXIT_OK)
        return EXIT_FAILED;
    if (isatty(STDIN_FILENO))
        cli_notice(s->cli, "attached to %s; ^] detaches", s->label);
    rc = tty_raw(&s->tty, STDIN_FILENO);
    return rc < 0 ? cli_error(s->cli, rc, "terminal") : EXIT_OK;
}

/* The signals come last: what they do must find everything restored. */
static void session_close(struct session *s)
{
    source_close(&s->source);
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
    n = s->source.ops->read(&s->source, s->out, sizeof(s->out));
    if (n < 0 && s->ended)
        return EXIT_OK;
    if (n < 0)
        return cli_fail(s->cli, (int)n);
    s->out_len = (size_t)n;
    notice_end(s);
    return EXIT_OK;
}

static int to_guest(struct session *s)
{
    ssize_t n;

    if (s->in_len == 0 || s->ended)
        return EXIT_OK;
    n = s->source.ops->write(&s->source, s->in, s->in_len);
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

    s->source.ops->want(&s->source, s->out_len == 0, s->in_len > 0, fds);
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

static int source_polled(struct session *s, const struct pollfd *fds)
{
    int rc = s->source.ops->polled(&s->source, fds);

    notice_end(s);
    return rc < 0 ? cli_fail(s->cli, rc) : EXIT_OK;
}

static int wait_events(struct session *s)
{
    struct pollfd fds[FD_COUNT];
    int code = EXIT_OK;

    want(s, fds);
    if (poll(fds, FD_COUNT, source_timeout(&s->source)) < 0)
        return errno == EINTR ? EXIT_OK : cli_error(s->cli, -errno, "poll");
    if (fds[FD_SIGNAL].revents)
        s->signalled = true;
    if (fds[FD_OUT].revents)
        code = write_out(s);
    if (code == EXIT_OK && fds[FD_IN].revents)
        code = read_in(s);
    return code == EXIT_OK ? source_polled(s, fds) : code;
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
        .signal_fd = -1,
    };
    int code = session_open(&s, domid);

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
