/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_top_tty_cli.c: chaos top on a terminal: as much as the window shows,
 * until q or a signal, and then the terminal is as it was.
 */
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "cli_kit.h"
#include "unit.h"

int chaos_main(int argc, char **argv);

/* The command in a process of its own, with a terminal of 3 lines. */
static pid_t on_terminal(int *master_out, struct termios *modes_out)
{
    struct winsize size = {.ws_row = 3, .ws_col = 40};
    char *argv[] = {(char *)(uintptr_t) "chaos", (char *)(uintptr_t) "top",
                    (char *)(uintptr_t) "-sid", NULL};
    int slave;
    pid_t pid;

    assert_int_equal(openpty(master_out, &slave, NULL, NULL, &size), 0);
    assert_int_equal(tcgetattr(slave, modes_out), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(*master_out);
        dup2(slave, 0);
        dup2(slave, 1);
        dup2(slave, 2);
        _exit(chaos_main(3, argv));
    }
    close(slave);
    return pid;
}

/* What the terminal shows until `text` comes. */
static void see(int master, const char *text)
{
    struct pollfd fd = {.fd = master, .events = POLLIN};
    size_t used = 0;

    do {
        ssize_t n = -1;

        if (poll(&fd, 1, 20000) == 1)
            n = read(master, cli_out + used, sizeof(cli_out) - 1 - used);
        if (n <= 0)
            fail_msg("no %s on the terminal", text);
        used += (size_t)n;
        cli_out[used] = '\0';
    } while (!strstr(cli_out, text));
}

static void screen(void **state)
{
    struct winsize size = {.ws_row = 4, .ws_col = 40};
    struct termios modes, after;
    int master, status;
    pid_t pid;

    assert_int_equal(cli_run("create", cli_config(*state, ""), NULL), 0);
    pid = on_terminal(&master, &modes);
    see(master, "\033[?1049h");
    see(master, "Domain-0");
    assert_null(strstr(cli_out, "web"));
    /* A larger window is used at once. */
    assert_int_equal(ioctl(master, TIOCSWINSZ, &size), 0);
    assert_int_equal(kill(pid, SIGWINCH), 0);
    see(master, "web");
    assert_int_equal(write(master, "xq", 2), 2);
    see(master, "\033[?1049l");
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(tcgetattr(master, &after), 0);
    assert_int_equal(after.c_lflag, modes.c_lflag);
    close(master);
}

static void screen_and_signal(void **state)
{
    struct termios modes;
    int master, status;
    pid_t pid;

    (void)state;
    pid = on_terminal(&master, &modes);
    see(master, "Domain-0");
    assert_int_equal(kill(pid, SIGTERM), 0);
    see(master, "\033[?1049l");
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    close(master);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(screen, cli_setup, cli_teardown),
        cmocka_unit_test_setup_teardown(screen_and_signal, cli_setup,
                                        cli_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
