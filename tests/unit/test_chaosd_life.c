/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_chaosd_life.c: what systemd is told, and that there is one daemon.
 */
#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "../../chaosd/instance.h"
#include "../../chaosd/life.h"
#include "../../chaosd/notify.h"
#include "../../chaosd/options.h"
#include "unit.h"

/* --- systemd ----------------------------------------------------------------
 */

/* In a child, as notify_init is for once in a process. */
static int tell(const char *address, const char *pid)
{
    setenv("NOTIFY_SOCKET", address, 1);
    setenv("WATCHDOG_USEC", "30000000", 1);
    if (pid)
        setenv("WATCHDOG_PID", pid, 1);
    log_level_set((enum chaos_log_level) - 1);
    notify_init();
    notify("READY=1\nSTATUS=%s", "Serving.");
    if (getenv("NOTIFY_SOCKET") || getenv("WATCHDOG_USEC"))
        return 1;
    return notify_watchdog_us() == 30000000 ? 0 : 2;
}

/* Exit code of the child; what it told is in text. */
static int told(const char *address, const char *pid, char text[128])
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    size_t len = strlen(address);
    int status, fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    ssize_t n;
    pid_t child;

    assert_true(fd >= 0);
    assert_true(len < sizeof(sun.sun_path));
    memcpy(sun.sun_path, address, len);
    if (address[0] == '@')
        sun.sun_path[0] = '\0';
    assert_int_equal(bind(fd, (const struct sockaddr *)&sun, size), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(tell(address, pid));
    assert_int_equal(waitpid(child, &status, 0), child);
    n = recv(fd, text, 127, MSG_DONTWAIT);
    text[n > 0 ? n : 0] = '\0';
    close(fd);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_notify(void **state)
{
    char address[64], text[128];

    (void)state;
    snprintf(address, sizeof(address), "/tmp/notify-%ld", (long)getpid());
    assert_int_equal(told(address, NULL, text), 0);
    assert_string_equal(text, "READY=1\nSTATUS=Serving.");
    unlink(address);
    snprintf(address, sizeof(address), "@chaosd-notify-%ld", (long)getpid());
    assert_int_equal(told(address, NULL, text), 0);
    assert_string_equal(text, "READY=1\nSTATUS=Serving.");
    /* The watchdog of another process. */
    assert_int_equal(told(address, "1", text), 2);
    assert_string_equal(text, "READY=1\nSTATUS=Serving.");
}

/* --- the watchdog -----------------------------------------------------------
 */

/* In a child: an event loop with nothing in it but what life adds. */
static int live(const char *address)
{
    static const struct timeval span = {.tv_usec = 500000};
    const struct options options = {.run_dir = "/", .on_stop = -1};
    struct daemon d = {.base = event_base_new()};
    struct life *life;

    setenv("NOTIFY_SOCKET", address, 1);
    setenv("WATCHDOG_USEC", "100000", 1);
    log_level_set((enum chaos_log_level) - 1);
    notify_init();
    life_prepare();
    if (!d.base || life_create(&d, &options, &life) < 0)
        return 1;
    life_ready(life);
    event_base_loopexit(d.base, &span);
    event_base_dispatch(d.base);
    life_destroy(life);
    event_base_free(d.base);
    return 0;
}

static void test_watchdog(void **state)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    unsigned barks = 0;
    char text[128];
    int status;
    pid_t child;
    ssize_t n;

    (void)state;
    assert_true(fd >= 0);
    snprintf(sun.sun_path, sizeof(sun.sun_path), "/tmp/watchdog-%ld",
             (long)getpid());
    assert_int_equal(bind(fd, (const struct sockaddr *)&sun, sizeof(sun)), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(live(sun.sun_path));
    assert_int_equal(waitpid(child, &status, 0), child);
    unlink(sun.sun_path);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
    assert_true(n > 0);
    assert_memory_equal(text, "READY=1\n", 8);
    while ((n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT)) > 0) {
        assert_int_equal(n, strlen("WATCHDOG=1"));
        assert_memory_equal(text, "WATCHDOG=1", strlen("WATCHDOG=1"));
        barks++;
    }
    /* Each 50 ms; a busy host may be late, but not as late as that. */
    assert_in_range(barks, 3, 10);
    close(fd);
}

static void test_no_systemd(void **state)
{
    char address[200];

    (void)state;
    unsetenv("NOTIFY_SOCKET");
    notify_init();
    notify("READY=1");
    assert_int_equal(notify_watchdog_us(), 0);
    /* An address that is none is not used. */
    memset(address, 'a', sizeof(address) - 1);
    address[0] = '/';
    address[sizeof(address) - 1] = '\0';
    log_level_set((enum chaos_log_level) - 1);
    setenv("NOTIFY_SOCKET", address, 1);
    setenv("WATCHDOG_USEC", "1", 1);
    notify_init();
    assert_int_equal(notify_watchdog_us(), 0);
    assert_null(getenv("NOTIFY_SOCKET"));
}

/* --- one daemon -------------------------------------------------------------
 */

/* One that was killed takes a moment to let go. */
static void take_from_dying(const char *run, int first)
{
    int status, second;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        /* A copy of the descriptor would hold the lock as well. */
        close(first);
        _exit(instance_take(run, &second) == 0 ? 0 : 1);
    }
    usleep(200000);
    close(first);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_instance(void **state)
{
    char dir[] = "/tmp/instance-XXXXXX", run[64], pid[80];
    struct stat st;
    int first, second;

    (void)state;
    log_level_set((enum chaos_log_level) - 1);
    assert_non_null(mkdtemp(dir));
    snprintf(run, sizeof(run), "%s/run", dir);
    snprintf(pid, sizeof(pid), "%s/chaosd.pid", run);
    assert_int_equal(instance_take(run, &first), 0);
    assert_int_equal(stat(run, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0755);
    assert_int_equal(instance_take(run, &second), -EADDRINUSE);
    take_from_dying(run, first);
    /* The lock goes with its holder, not with the file. */
    assert_int_equal(access(pid, F_OK), 0);
    assert_int_equal(instance_take(run, &second), 0);
    close(second);
    /* Where others can write, they could take the socket's place. */
    assert_int_equal(chmod(run, 0777), 0);
    assert_int_equal(instance_take(run, &first), -EPERM);
    assert_int_equal(chmod(run, 0755), 0);
    assert_int_equal(unlink(pid), 0);
    assert_int_equal(symlink("/dev/null", pid), 0);
    assert_int_equal(instance_take(run, &first), -ELOOP);
    assert_int_equal(unlink(pid), 0);
    assert_int_equal(rmdir(run), 0);
    assert_int_equal(symlink(dir, run), 0);
    assert_int_equal(instance_take(run, &first), -EPERM);
    assert_int_equal(unlink(run), 0);
    assert_int_equal(rmdir(dir), 0);
}

/* --- the command line -------------------------------------------------------
 */

static int parse(struct options *o, const char *a, const char *b)
{
    char *argv[] = {strdup("chaosd"), a ? strdup(a) : NULL,
                    b ? strdup(b) : NULL, NULL};
    int i, rc, argc = 1 + (a != NULL) + (b != NULL);

    optind = 0;
    opterr = 0;
    rc = options_parse(o, argc, argv);
    /* What is borrowed of them is looked at here. */
    if (rc < 0 && o->socket)
        assert_string_equal(o->socket, "/s");
    for (i = 0; i < 3; i++)
        free(argv[i]);
    return rc;
}

static void test_options(void **state)
{
    struct options o;

    (void)state;
    assert_int_equal(parse(&o, NULL, NULL), -1);
    assert_null(o.file);
    assert_string_equal(o.run_dir, "/run/chaos");
    assert_int_equal(o.on_stop, -1);
    assert_false(o.check);
    assert_int_equal(parse(&o, "-t", "--drain-on-stop"), -1);
    assert_true(o.check);
    assert_int_equal(o.on_stop, CONF_STOP_DESTROY);
    assert_int_equal(parse(&o, "--keep-on-stop", "-v"), -1);
    assert_int_equal(o.on_stop, CONF_STOP_KEEP);
    assert_int_equal(o.level, CHAOS_LOG_DEBUG);
    assert_int_equal(parse(&o, "--log-level", "warning"), -1);
    assert_int_equal(o.level, CHAOS_LOG_WARN);
    assert_int_equal(parse(&o, "--socket", "/s"), -1);
}

static void test_wrong_options(void **state)
{
    struct options o;
    int err = dup(STDERR_FILENO);

    (void)state;
    assert_true(err >= 0);
    assert_non_null(freopen("/dev/null", "w", stderr));
    assert_int_equal(parse(&o, "x", NULL), EXIT_USAGE);
    assert_int_equal(parse(&o, "-x", NULL), EXIT_USAGE);
    assert_int_equal(parse(&o, "-f", NULL), EXIT_USAGE);
    assert_int_equal(parse(&o, "--log-level", "loud"), EXIT_USAGE);
    assert_int_equal(parse(&o, "--socket", "s"), EXIT_USAGE);
    assert_int_equal(parse(&o, "--run-dir", "r"), EXIT_USAGE);
    fflush(stderr);
    assert_int_equal(dup2(err, STDERR_FILENO), STDERR_FILENO);
    close(err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_notify),     cmocka_unit_test(test_watchdog),
        cmocka_unit_test(test_no_systemd), cmocka_unit_test(test_instance),
        cmocka_unit_test(test_options),    cmocka_unit_test(test_wrong_options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
