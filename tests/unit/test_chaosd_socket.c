/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_chaosd_socket.c: where the daemon listens, and whom it lets in: stale
 * and living sockets, systemd's, credentials, too many clients, and a process
 * without descriptors.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server_kit.h"
#include "unit.h"

#define STRANGER 65534
#define GROUP 54321

static struct server *second(struct server_kit *kit)
{
    struct server *s;

    assert_int_equal(server_create(&kit->d, &s), 0);
    return s;
}

static void test_mode(void **state)
{
    struct server_kit *kit = *state;
    struct stat st;

    assert_int_equal(lstat(kit->path, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    assert_int_equal(st.st_mode & 07777, 0660);
    assert_int_equal(st.st_gid, getegid());
}

static void test_living(void **state)
{
    struct server_kit *kit = *state;
    struct server *other = second(kit);
    int fd;

    assert_int_equal(server_start(other), -EADDRINUSE);
    server_destroy(other);
    /* The one that lives was not disturbed. */
    fd = server_kit_connect(kit);
    server_kit_expect_alive(kit, fd);
    close(fd);
}

/* A daemon that was killed leaves its socket behind. */
static void test_stale(void **state)
{
    struct server_kit *kit = *state;
    struct server *other = second(kit);
    int fd;

    kit->server->listener.ours = false;
    server_stop_listening(kit->server);
    assert_int_equal(access(kit->path, F_OK), 0);
    assert_int_equal(server_start(other), 0);
    server_destroy(kit->server);
    kit->server = kit->d.server = other;
    fd = server_kit_connect(kit);
    assert_int_equal(server_clients(other), 1);
    close(fd);
}

static void test_not_ours_to_replace(void **state)
{
    struct server_kit *kit = *state;
    struct server *other = second(kit);
    int fd;

    server_stop_listening(kit->server);
    assert_int_equal(access(kit->path, F_OK), -1);
    fd = open(kit->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(server_start(other), -EEXIST);
    server_destroy(other);
    assert_int_equal(access(kit->path, F_OK), 0);
    unlink(kit->path);
}

/* Another daemon's socket is not removed by the one that it replaced. */
static void test_leaves_others_socket(void **state)
{
    struct server_kit *kit = *state;
    struct server *other = second(kit);

    assert_int_equal(unlink(kit->path), 0);
    assert_int_equal(server_start(other), 0);
    server_stop_listening(kit->server);
    assert_int_equal(access(kit->path, F_OK), 0);
    server_destroy(other);
}

/* Restarts of the daemon do not disturb clients that are there. */
static void test_stop_listening(void **state)
{
    struct server_kit *kit = *state;
    int fd = server_kit_connect(kit);

    server_stop_listening(kit->server);
    server_kit_expect_alive(kit, fd);
    close(fd);
}

static void test_too_many(void **state)
{
    struct server_kit *kit = *state;
    int fds[8], i, fd, most = geteuid() == 0 ? 8 : 7;

    kit->conf.clients = 8;
    for (i = 0; i < most; i++)
        fds[i] = server_kit_connect(kit);
    fd = server_kit_connect(kit);
    server_kit_expect_refused(kit, fd, -EUSERS);
    close(fd);
    for (i = 0; i < most; i++)
        server_kit_expect_alive(kit, fds[i]);
    close(fds[0]);
    server_kit_turn(kit);
    fds[0] = server_kit_connect(kit);
    server_kit_expect_alive(kit, fds[0]);
    for (i = 0; i < most; i++)
        close(fds[i]);
}

/* --- somebody who is not root -----------------------------------------------
 */

/* In the child: one question; exits with its status, or 255. */
static void ask_as_stranger(const char *path, gid_t extra, uint16_t type)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    struct chaosd_header h = {
        .size = sizeof(h), .version = CHAOSD_VERSION, .type = type, .id = 1};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(sun.sun_path, path, strlen(path));
    if (setgroups(extra ? 1 : 0, &extra) < 0 || setgid(STRANGER) < 0 ||
        setuid(STRANGER) < 0 ||
        connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) < 0)
        _exit(255);
    /* Refused, it may be closed already; the reply is there all the same. */
    if (send(fd, &h, sizeof(h), MSG_NOSIGNAL) < 0 && errno != EPIPE)
        _exit(255);
    if (recv(fd, &h, sizeof(h), MSG_WAITALL) != sizeof(h))
        _exit(255);
    _exit(-h.status);
}

static int as_stranger(struct server_kit *kit, gid_t extra, uint16_t type)
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0)
        ask_as_stranger(kit->path, extra, type);
    while (waitpid(pid, &status, WNOHANG) == 0)
        server_kit_turn(kit);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_credentials(void **state)
{
    struct server_kit *kit = *state;

    if (geteuid() != 0)
        skip();
    /* The mode of the socket keeps strangers out; the daemon does so, too. */
    assert_int_equal(chmod(kit->dir, 0755), 0);
    kit->conf.group = NULL;
    server_reload(kit->server);
    assert_int_equal(as_stranger(kit, GROUP, CHAOSD_LOG), 255);
    assert_int_equal(chmod(kit->path, 0666), 0);
    assert_int_equal(as_stranger(kit, GROUP, CHAOSD_LOG), EACCES);
    snprintf(kit->group, sizeof(kit->group), "%u", GROUP);
    kit->conf.group = kit->group;
    server_reload(kit->server);
    assert_int_equal(chmod(kit->path, 0666), 0);
    assert_int_equal(as_stranger(kit, 0, CHAOSD_LOG), EACCES);
    /* A member by a group that is not the first ... */
    assert_int_equal(as_stranger(kit, GROUP, CHAOSD_LOG), 0);
    assert_int_equal(as_stranger(kit, GROUP, CHAOSD_POOL_SET), EPERM);
    /* ... and by the first. */
    snprintf(kit->group, sizeof(kit->group), "%u", STRANGER);
    server_reload(kit->server);
    assert_int_equal(chmod(kit->path, 0666), 0);
    assert_int_equal(as_stranger(kit, 0, CHAOSD_LOG), 0);
    assert_int_equal(kit->asked, 2);
}

static void test_group_names(void **state)
{
    gid_t gid = 1;

    (void)state;
    assert_int_equal(peer_group("root", &gid), 0);
    assert_int_equal(gid, 0);
    assert_int_equal(peer_group("12", &gid), 0);
    assert_int_equal(gid, 12);
    assert_int_equal(peer_group("no such group", &gid), -ENOENT);
    assert_int_equal(peer_group("99999999999", &gid), -ENOENT);
    assert_int_equal(peer_group("", &gid), -ENOENT);
}

/* --- the client of docs/examples
 * ----------------------------------------------
 */

#define EXAMPLE "docs/examples/chaosd-client.py"

/* Its exit code; what it prints is in text. */
static int run_example(struct server_kit *kit, const char *what,
                       const char *argument, char text[128])
{
    int fds[2], status;
    ssize_t n;
    pid_t pid;

    assert_int_equal(pipe(fds), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(STDERR_FILENO);
        dup2(fds[1], STDOUT_FILENO);
        execlp("python3", "python3", EXAMPLE, kit->path, what, argument,
               (char *)NULL);
        _exit(255);
    }
    close(fds[1]);
    while (waitpid(pid, &status, WNOHANG) == 0)
        server_kit_turn(kit);
    n = read(fds[0], text, 127);
    text[n > 0 ? n : 0] = '\0';
    close(fds[0]);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* The handler of LOG sends back what it gets; 16 bytes of it are a header. */
static void test_example(void **state)
{
    struct server_kit *kit = *state;
    char text[128];

    assert_int_equal(run_example(kit, "log", "0123456789abcdefhello", text), 0);
    assert_string_equal(text, "hello\n");
    assert_int_equal(run_example(kit, "info", "", text), 1);
    assert_string_equal(text, "");
}

/* --- no descriptors ---------------------------------------------------------
 */

static void test_no_descriptors(void **state)
{
    struct server_kit *kit = *state;
    int there = server_kit_connect(kit), late, fds[2];
    struct rlimit limit, low;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = limit;
    /* The client's is the last that there is. */
    close(fds[1]);
    low.rlim_cur = (rlim_t)fds[1] + 1;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    late = server_kit_connect(kit);
    assert_int_equal(late, fds[1]);
    /* It waits, and the server does not turn in circles meanwhile. */
    assert_false(event_pending(&kit->server->accept, EV_READ, NULL));
    assert_true(event_pending(&kit->server->resume, EV_TIMEOUT, NULL));
    server_kit_expect_alive(kit, there);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    event_active(&kit->server->resume, EV_TIMEOUT, 0);
    server_kit_expect_alive(kit, late);
    close(there);
    close(late);
    close(fds[0]);
}

/* --- systemd's --------------------------------------------------------------
 */

/* In a child, where descriptor 3 can be what it must. 0: as it should be. */
static int try_passed(struct server_kit *kit, const char *names, int type,
                      bool listens, int expected)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    struct listener l = {.fd = -1};
    char pid[16];
    int fd = socket(AF_UNIX, type, 0);

    if (fd < 0)
        return 1;
    snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/passed", kit->dir);
    if (bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) < 0 ||
        (listens && listen(fd, 1) < 0) || (fd != 3 && dup2(fd, 3) < 0))
        return 2;
    unlink(sun.sun_path);
    snprintf(pid, sizeof(pid), "%ld", (long)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "1", 1);
    if (names)
        setenv("LISTEN_FDNAMES", names, 1);
    if (listener_open(&l, &kit->conf) != expected)
        return 3;
    if (expected == 0 && (l.fd != 3 || l.ours))
        return 4;
    return getenv("LISTEN_FDS") || getenv("LISTEN_PID") ? 5 : 0;
}

static int passed(struct server_kit *kit, const char *names, int type,
                  bool listens, int expected)
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0)
        _exit(try_passed(kit, names, type, listens, expected));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_passed(void **state)
{
    struct server_kit *kit = *state;

    log_level_set((enum chaos_log_level) - 1);
    assert_int_equal(passed(kit, NULL, SOCK_STREAM, true, 0), 0);
    assert_int_equal(passed(kit, "chaosd.socket", SOCK_STREAM, true, 0), 0);
    assert_int_equal(passed(kit, "other", SOCK_STREAM, true, -EINVAL), 0);
    assert_int_equal(passed(kit, "", SOCK_STREAM, true, -EINVAL), 0);
    assert_int_equal(passed(kit, NULL, SOCK_STREAM, false, -EINVAL), 0);
    assert_int_equal(passed(kit, NULL, SOCK_DGRAM, false, -EINVAL), 0);
}

/* For another process: they are not looked at. */
static void test_passed_to_another(void **state)
{
    struct server_kit *kit = *state;
    struct listener l = {.fd = -1};

    setenv("LISTEN_PID", "1", 1);
    setenv("LISTEN_FDS", "1", 1);
    assert_int_equal(listener_open(&l, &kit->conf), -EADDRINUSE);
    assert_null(getenv("LISTEN_FDS"));
    assert_int_equal(l.fd, -1);
}

static int setup(void **state)
{
    int rc = server_kit_setup(state);

    /* What is meant to fail here says so otherwise. */
    log_level_set((enum chaos_log_level) - 1);
    return rc;
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, setup, server_kit_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_mode),
        TEST(test_living),
        TEST(test_stale),
        TEST(test_not_ours_to_replace),
        TEST(test_leaves_others_socket),
        TEST(test_stop_listening),
        TEST(test_too_many),
        TEST(test_credentials),
        TEST(test_group_names),
        TEST(test_example),
        TEST(test_no_descriptors),
        TEST(test_passed),
        TEST(test_passed_to_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
