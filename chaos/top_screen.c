/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * top_screen.c: the terminal while chaos top has it.
 *
 * Another screen without a cursor, lines cut at its edge, keys as they are
 * typed. Fatal signals are seen by a signalfd, not consumed: they do what they
 * always do when all is as it was.
 */
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "session.h"
#include "top.h"

#define ENTER "\033[?1049h\033[?25l\033[?7l"
#define LEAVE "\033[?7h\033[?25h\033[?1049l"
/* Clear what was there before, right of a line and below the last. */
#define LINE_END "\033[K\r\n"
#define SCREEN_END "\033[K\033[J"
#define ROWS 24 /* where the terminal does not say */
#define INTERRUPT 3

struct top_screen {
    struct cli *cli;
    struct tty tty;
    int signal_fd, resize_fd;
    bool has_keys;
    sigset_t before;
};

static int signals_open(struct top_screen *s)
{
    sigset_t fatal, resize, both;

    signals_fatal(&fatal);
    (void)sigemptyset(&resize);
    (void)sigaddset(&resize, SIGWINCH);
    s->signal_fd = signalfd(-1, &fatal, SFD_CLOEXEC | SFD_NONBLOCK);
    s->resize_fd = signalfd(-1, &resize, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->signal_fd < 0 || s->resize_fd < 0)
        return -1;
    both = fatal;
    (void)sigaddset(&both, SIGWINCH);
    /* A stop would leave the terminal raw: it has to wait. */
    (void)sigaddset(&both, SIGTSTP);
    return sigprocmask(SIG_BLOCK, &both, NULL);
}

int top_screen_open(struct cli *cli, struct top_screen **screen_out)
{
    struct top_screen *s = calloc(1, sizeof(*s));
    int rc;

    if (!s)
        return cli_error(cli, 0, "no memory");
    s->cli = cli;
    s->signal_fd = s->resize_fd = -1;
    (void)sigprocmask(SIG_BLOCK, NULL, &s->before);
    if (signals_open(s) < 0) {
        top_screen_close(s);
        return cli_error(cli, 0, "signals");
    }
    rc = tty_raw(&s->tty, STDIN_FILENO);
    if (rc < 0) {
        top_screen_close(s);
        return cli_error(cli, rc, "terminal");
    }
    s->has_keys = s->tty.is_raw;
    out_text(&cli->out, ENTER);
    *screen_out = s;
    return EXIT_OK;
}

/* The signals come last: what they do must find everything restored. */
void top_screen_close(struct top_screen *s)
{
    if (!s)
        return;
    out_text(&s->cli->out, LEAVE);
    (void)cli_flush(s->cli);
    tty_restore(&s->tty, STDIN_FILENO);
    if (s->signal_fd >= 0)
        (void)close(s->signal_fd);
    if (s->resize_fd >= 0)
        (void)close(s->resize_fd);
    (void)sigprocmask(SIG_SETMASK, &s->before, NULL);
    free(s);
}

static unsigned rows(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0)
        return ROWS;
    return size.ws_row;
}

void top_screen_show(struct top_screen *s, const struct top_view *view)
{
    struct out *out = &s->cli->out;

    out_text(out, "\033[H");
    top_show(out, view, rows(), LINE_END);
    out_text(out, SCREEN_END);
}

/* What is typed; an end of the terminal is an end of this, too. */
static bool wants_to_quit(void)
{
    char keys[64];
    ssize_t i, n = read(STDIN_FILENO, keys, sizeof(keys));

    if (n <= 0)
        return true;
    for (i = 0; i < n; i++)
        if (keys[i] == 'q' || keys[i] == 'Q' || keys[i] == INTERRUPT)
            return true;
    return false;
}

enum top_wait top_screen_wait(struct top_screen *s, uint64_t until_ns)
{
    struct pollfd fds[] = {
        {.fd = s->signal_fd, .events = POLLIN},
        {.fd = s->resize_fd, .events = POLLIN},
        {.fd = s->has_keys ? STDIN_FILENO : -1, .events = POLLIN},
    };
    struct signalfd_siginfo info;
    uint64_t now;

    while ((now = clock_ns()) < until_ns) {
        int ms = (int)((until_ns - now + 999999) / 1000000);

        if (poll(fds, 3, ms) <= 0)
            continue;
        if (fds[0].revents || (fds[2].revents && wants_to_quit()))
            return TOP_QUIT;
        if (fds[1].revents &&
            read(s->resize_fd, &info, sizeof(info)) == sizeof(info))
            return TOP_RESIZE;
    }
    return TOP_TIME;
}
