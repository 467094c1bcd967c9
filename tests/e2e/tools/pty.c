/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pty.c: pty SECONDS [EXPECT SEND]... -- COMMAND [ARGS...]
 *
 * Runs a command on a terminal of its own, as somebody who types would: waits
 * until EXPECT has been shown, types SEND, and so on; then until the command
 * ends. In SEND, \r, \n and \xNN are what they are in C. Shows all that the
 * terminal showed and, when it is over, whether the terminal was raw while the
 * command ran and what it is afterwards. Ends with the command's exit code,
 * 128 + signal, or 124 when time is up.
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

#define SHOWN_MAX 65536

static struct {
    char shown[SHOWN_MAX + 1];
    size_t len, matched; /* matched: where to look for the next EXPECT */
    char **script;       /* pairs, up to "--" */
    int master, slave;
    bool was_raw;
    time_t end;
} pty;

static void type(const char *text)
{
    char bytes[256];
    size_t n = 0;

    while (*text && n < sizeof(bytes)) {
        char c = *text++;

        if (c == '\\' && *text == 'x') {
            char hex[3] = {text[1], text[1] ? text[2] : '\0', '\0'};

            c = (char)strtoul(hex, NULL, 16);
            text += 1 + strlen(hex);
        } else if (c == '\\' && *text) {
            c = *text == 'r' ? '\r' : *text == 'n' ? '\n' : *text;
            text++;
        }
        bytes[n++] = c;
    }
    if (write(pty.master, bytes, n) != (ssize_t)n)
        perror("pty: write");
}

static bool is_raw(void)
{
    struct termios t;

    return tcgetattr(pty.slave, &t) == 0 && !(t.c_lflag & (ICANON | ECHO));
}

/* Type what is due. */
static void advance(void)
{
    while (strcmp(pty.script[0], "--") != 0) {
        char *at = strstr(pty.shown + pty.matched, pty.script[0]);

        if (!at)
            return;
        pty.matched = (size_t)(at - pty.shown) + strlen(pty.script[0]);
        type(pty.script[1]);
        pty.script += 2;
    }
}

static void read_shown(void)
{
    char buf[1024];
    ssize_t n = read(pty.master, buf, sizeof(buf));

    if (n <= 0)
        return;
    if (write(STDOUT_FILENO, buf, (size_t)n) != n)
        perror("pty: output");
    if ((size_t)n > SHOWN_MAX - pty.len)
        return;
    memcpy(pty.shown + pty.len, buf, (size_t)n);
    pty.len += (size_t)n;
    pty.shown[pty.len] = '\0';
    advance();
}

static int follow(pid_t pid)
{
    struct pollfd fd = {.fd = pty.master, .events = POLLIN};
    int status;

    while (time(NULL) < pty.end) {
        int ready = poll(&fd, 1, 50);

        pty.was_raw |= is_raw();
        if (ready > 0)
            read_shown();
        else if (waitpid(pid, &status, WNOHANG) == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status)
                                     : 128 + WTERMSIG(status);
    }
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, &status, 0);
    return 124;
}

int main(int argc, char **argv)
{
    int i = 2, code;
    pid_t pid;

    while (i < argc && strcmp(argv[i], "--") != 0)
        i += 2;
    if (i + 1 >= argc || strcmp(argv[i], "--") != 0) {
        fprintf(stderr, "usage: pty SECONDS [EXPECT SEND]... -- COMMAND...\n");
        return 2;
    }
    pty.script = argv + 2;
    pty.end = time(NULL) + atol(argv[1]);
    if (openpty(&pty.master, &pty.slave, NULL, NULL, NULL) < 0) {
        perror("pty: openpty");
        return 2;
    }
    pid = fork();
    if (pid == 0) {
        (void)close(pty.master);
        if (login_tty(pty.slave) == 0)
            execvp(argv[i + 1], argv + i + 1);
        perror("pty: exec");
        _exit(127);
    }
    advance();
    code = follow(pid);
    printf("\npty: the terminal was %s and is %s\n",
           pty.was_raw ? "raw" : "cooked", is_raw() ? "raw" : "cooked");
    return code;
}
