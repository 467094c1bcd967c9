/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_tty_cli.c: the command on a terminal: progress, and consoles, after
 * which it must be as it was before whatever ends them: ^], the guest, a
 * signal.
 */
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "batch.h"
#include "cli_kit.h"
#include "guest.h"
#include "unit.h"

#define TRIES 5000 /* of a millisecond */

static int master, slave;
static struct termios before;

static int setup(void **state)
{
    int rc = cli_setup(state);

    guest_install();
    assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
    assert_int_equal(tcgetattr(slave, &before), 0);
    /* So that what a test types ahead arrives as it is. */
    before.c_lflag &= ~(tcflag_t)(ICANON | ISIG);
    assert_int_equal(tcsetattr(slave, TCSANOW, &before), 0);
    cli_set_input_fd(slave);
    return rc;
}

static int teardown(void **state)
{
    close(master);
    close(slave);
    return cli_teardown(state);
}

static bool as_before(void)
{
    struct termios now;

    assert_int_equal(tcgetattr(slave, &now), 0);
    return now.c_iflag == before.c_iflag && now.c_oflag == before.c_oflag &&
           now.c_cflag == before.c_cflag && now.c_lflag == before.c_lflag;
}

static void make(struct kit *kit)
{
    assert_int_equal(cli_run("create", cli_config(kit, ""), NULL), 0);
}

static void escape(void **state)
{
    make(*state);
    assert_int_equal(write(master, "hi\003\032\035rest", 9), 9);
    assert_int_equal(cli_run("console", "web", NULL), 0);
    /* ^C and ^Z are the guest's, too. */
    assert_string_equal(guest.heard, "hi\003\032");
    assert_string_equal(cli_err,
                        "chaos: console: attached to web; ^] detaches\n");
    assert_true(as_before());
}

static void end_of_guest(void **state)
{
    guest.says = "bye\r\n";
    guest.stops_with = CHAOS_REASON_POWEROFF;
    assert_int_equal(cli_run("create", "-qc", cli_config(*state, ""), NULL), 0);
    assert_string_equal(cli_out, "bye\r\n");
    assert_string_equal(cli_err, "");
    assert_true(as_before());
}

static void wait_raw(void)
{
    int i;

    for (i = 0; i < TRIES && as_before(); i++)
        usleep(1000);
    assert_false(as_before());
}

/*
 * `chaos console web` in a process of its own, when the terminal is raw. What
 * whoever started the tests ignores (as nohup and shells in scripts do) it does
 * not.
 */
static pid_t attach(void)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        close(master);
        signal(SIGINT, SIG_DFL);
        signal(SIGHUP, SIG_DFL);
        _exit(cli_run("console", "web", NULL));
    }
    wait_raw();
    return pid;
}

static void die_by(int signal_number)
{
    pid_t pid = attach();
    int status;

    assert_int_equal(kill(pid, signal_number), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), signal_number);
    assert_true(as_before());
}

static void signals(void **state)
{
    make(*state);
    die_by(SIGTERM);
    die_by(SIGINT);
    die_by(SIGHUP);
}

static void hangup(void **state)
{
    pid_t pid;
    int status;

    make(*state);
    pid = attach();
    close(master);
    master = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* What comes out of the terminal, which may hand it over in pieces. */
static void read_terminal(char *text, size_t size)
{
    struct pollfd pfd = {.fd = master, .events = POLLIN};
    size_t used = 0;

    while (used < size - 1 && poll(&pfd, 1, 200) > 0) {
        ssize_t n = read(master, text + used, size - 1 - used);

        assert_true(n > 0);
        used += (size_t)n;
    }
    text[used] = '\0';
}

static void progress(void **state)
{
    struct cli cli = {.quiet = false};
    struct progress shown;
    char text[64] = "";
    int saved = dup(STDERR_FILENO);

    (void)state;
    assert_int_equal(dup2(slave, STDERR_FILENO), STDERR_FILENO);
    progress_start(&shown, &cli, 100);
    progress_show(&shown, 37);
    progress_show(&shown, 38); /* too soon after the last to be shown */
    progress_clear(&shown);
    cli.quiet = true;
    progress_start(&shown, &cli, 100);
    progress_show(&shown, 39);
    cli.quiet = false;
    progress_start(&shown, &cli, 1);
    progress_show(&shown, 1);
    assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
    close(saved);
    read_terminal(text, sizeof(text));
    assert_string_equal(text, "\r 37/100\r\033[K");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
        TEST(escape), TEST(end_of_guest), TEST(signals),
        TEST(hangup), TEST(progress),
    };

    return cmocka_run_group_tests_name("tty", tests, NULL, NULL);
}
