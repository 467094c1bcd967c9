/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_daemon.c: what a create asks of chaosd: it goes on without, whatever the
 * daemon does, and soon.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon.h"
#include "daemon_model.h"
#include "internal.h"
#include "kit.h"
#include "unit.h"

static int setup(void **state)
{
    struct kit *kit;
    int rc = kit_setup(state);

    kit = *state;
    assert_int_equal(mkdir(kit->run, 0700), 0);
    /* A write to a dead server must not raise it. */
    assert_true(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    return rc;
}

static uint64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static const struct chaosd_shape shape = {.memory_kb = 4096, .vcpus = 1};

static void send_shell(int fd, uint32_t domid, uint32_t loaded,
                       const char *data)
{
    struct chaosd_shell shell = {.domid = domid, .loaded = loaded};
    struct chaosd_header header =
        daemon_model_header(0, sizeof(shell) + strlen(data));

    daemon_model_send(fd, &header, sizeof(header));
    daemon_model_send(fd, &shell, sizeof(shell));
    daemon_model_send(fd, data, strlen(data));
}

static struct chaosd_done done;

static void gives_a_shell(int fd)
{
    daemon_model_read(fd);
    send_shell(fd, 7, 1, "a shell");
    daemon_model_read(fd);
    memcpy(&done, asked_payload, sizeof(done));
    daemon_model_wait(fd);
}

static int take(struct kit *kit, uint32_t *domid_out)
{
    const void *data;
    size_t size;
    bool loaded;

    return daemon_take(kit->ctx, &shape, 99, &data, &size, domid_out, &loaded);
}

static void take_and_done(void **state)
{
    struct kit *kit = *state;
    struct chaosd_take question;
    const void *data;
    uint32_t domid;
    size_t size;
    bool loaded;

    daemon_model_start(kit, gives_a_shell, NULL);
    assert_int_equal(
        daemon_take(kit->ctx, &shape, 99, &data, &size, &domid, &loaded), 0);
    memcpy(&question, asked_payload, sizeof(question));
    assert_int_equal(asked.size, sizeof(asked) + sizeof(question));
    assert_int_equal(question.owner, 99);
    assert_memory_equal(&question.shape, &shape, sizeof(shape));
    assert_int_equal(domid, 7);
    assert_true(loaded);
    assert_int_equal(size, 7);
    assert_memory_equal(data, "a shell", 7);
    daemon_done(kit->ctx, 7, -EIO, true, 12345);
    daemon_close(kit->ctx);
    daemon_model_stop();
    assert_int_equal(asked.type, CHAOSD_DONE);
    assert_int_equal(done.domid, 7);
    assert_int_equal(done.result, -EIO);
    assert_int_equal(done.flags, CHAOSD_DONE_SHELL);
    assert_int_equal(done.duration_ns, 12345);
}

static void has_none(int fd)
{
    daemon_model_read(fd);
    daemon_model_reply(fd, -ENOENT, "none fits", 9);
    daemon_model_read(fd);
    send_shell(fd, 8, 0, "");
    daemon_model_wait(fd);
}

/* That there is no shell is no reason to stop asking. */
static void a_miss(void **state)
{
    struct kit *kit = *state;
    uint32_t domid;

    daemon_model_start(kit, has_none, NULL);
    assert_int_equal(take(kit, &domid), -ENOENT);
    assert_int_equal(take(kit, &domid), 0);
    assert_int_equal(domid, 8);
    daemon_close(kit->ctx);
    daemon_model_stop();
}

static uint32_t bad_domid, bad_loaded;

static void gives_a_bad_one(int fd)
{
    daemon_model_read(fd);
    if (bad_domid == 5)
        daemon_model_reply(fd, 0, "short", 5);
    else
        send_shell(fd, bad_domid, bad_loaded, "");
    daemon_model_wait(fd);
}

static void bad_shells(void **state)
{
    static const uint32_t bad[][2] = {
        {0, 0}, {NOXS_DOMID_SELF, 0}, {UINT32_MAX, 0}, {7, 2}, {5, 0}};
    struct kit *kit = *state;
    uint32_t domid;
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        bad_domid = bad[i][0];
        bad_loaded = bad[i][1];
        daemon_model_start(kit, gives_a_bad_one, NULL);
        assert_int_equal(take(kit, &domid), -EPROTO);
        /* The shell, if it is one, is given back with the connection. */
        assert_null(kit->ctx->daemon);
        daemon_model_stop();
        kit_renew(kit);
    }
}

static void no_daemon(void **state)
{
    struct kit *kit = *state;
    struct chaos_conn *conn;
    uint32_t domid;

    kit_assert_error(kit->ctx, chaos_conn_open(kit->ctx, &conn), -ENOENT);
    kit_assert_says(kit->ctx, "systemctl start chaosd");
    assert_true(take(kit, &domid) < 0);
    /* One that starts now is found only after a while. */
    daemon_model_start(kit, gives_a_shell, NULL);
    assert_int_equal(take(kit, &domid), -ENOENT);
    kit->ctx->daemon_next_ms = now_ms() - 1;
    assert_int_equal(take(kit, &domid), 0);
    assert_int_equal(chaos_ctx_set_daemon(kit->ctx, NULL), 0);
    assert_int_equal(take(kit, &domid), -ENOENT);
    assert_int_equal(chaos_conn_open(kit->ctx, &conn), -ENOENT);
    daemon_done(kit->ctx, 7, 0, true, 1);
    daemon_model_stop();
}

static void says_nothing(int fd)
{
    daemon_model_wait(fd);
}

static void a_silent_daemon(void **state)
{
    struct kit *kit = *state;
    uint64_t began = now_ms();
    uint32_t domid;

    daemon_model_start(kit, says_nothing, NULL);
    assert_int_equal(take(kit, &domid), -ETIMEDOUT);
    assert_in_range(now_ms() - began, CHAOS_DAEMON_TIMEOUT_MS - 10,
                    CHAOS_DAEMON_TIMEOUT_MS + 900);
    /* Closing the connection withdraws the question. */
    assert_null(kit->ctx->daemon);
    began = now_ms();
    assert_int_equal(take(kit, &domid), -ENOENT);
    assert_in_range(now_ms() - began, 0, 100);
    assert_in_range(kit->ctx->daemon_next_ms, began + 8000, began + 10000);
    daemon_model_stop();
}

static void closes_at_once(int fd)
{
    (void)fd;
}

static void gives_and_dies(int fd)
{
    daemon_model_read(fd);
    send_shell(fd, 7, 0, "");
}

/* A context lives longer than a daemon. */
static void a_daemon_restarts(void **state)
{
    struct kit *kit = *state;
    uint32_t domid;

    daemon_model_start(kit, gives_and_dies, gives_a_shell);
    assert_int_equal(take(kit, &domid), 0);
    usleep(20000);
    assert_int_equal(take(kit, &domid), 0);
    daemon_close(kit->ctx);
    daemon_model_stop();
}

static void dies_twice(void **state)
{
    struct kit *kit = *state;
    uint32_t domid;

    daemon_model_start(kit, gives_and_dies, closes_at_once);
    assert_int_equal(take(kit, &domid), 0);
    usleep(20000);
    /* No third try, and no SIGPIPE. */
    assert_int_equal(take(kit, &domid), -ECONNRESET);
    daemon_done(kit->ctx, 7, 0, true, 1);
    daemon_model_stop();
}

static bool reads_on;

static void gives_and_stalls(int fd)
{
    daemon_model_read(fd);
    send_shell(fd, 7, 0, "");
    while (!__atomic_load_n(&reads_on, __ATOMIC_ACQUIRE))
        usleep(1000);
    daemon_model_wait(fd);
}

/* A daemon that reads nothing must not hold DONE up. */
static void done_never_waits(void **state)
{
    struct kit *kit = *state;
    uint64_t began = now_ms();
    uint32_t domid;
    unsigned i;

    reads_on = false;
    daemon_model_start(kit, gives_and_stalls, NULL);
    assert_int_equal(take(kit, &domid), 0);
    for (i = 0; i < 1000000 && kit->ctx->daemon; i++)
        daemon_done(kit->ctx, 7, 0, true, 1);
    assert_null(kit->ctx->daemon);
    assert_in_range(now_ms() - began, 0, 5000);
    __atomic_store_n(&reads_on, true, __ATOMIC_RELEASE);
    daemon_model_stop();
}

static void drains(int fd)
{
    struct chaosd_amount amount;

    daemon_model_read(fd);
    memcpy(&amount, asked_payload, sizeof(amount));
    daemon_model_reply(fd, amount.kb == 4096 ? 0 : -EINVAL, "{}", 2);
    daemon_model_read(fd);
    daemon_model_reply(fd, -ENOMEM, "none left", 9);
    daemon_model_wait(fd);
}

static void making_room(void **state)
{
    struct kit *kit = *state;

    daemon_model_start(kit, drains, NULL);
    assert_int_equal(daemon_make_room(kit->ctx, 4096), 0);
    assert_int_equal(asked.type, CHAOSD_POOL_DRAIN);
    assert_int_equal(daemon_make_room(kit->ctx, 4096), -ENOMEM);
    daemon_close(kit->ctx);
    daemon_model_stop();
}

/* A socket that another user left there is not talked to. Only root can try. */
static void a_strangers_socket(void **state)
{
    struct kit *kit = *state;
    struct chaos_conn *conn;
    int ready[2];
    char byte;
    pid_t pid;

    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(kit->dir, 0755), 0);
    assert_int_equal(chmod(kit->run, 0777), 0);
    assert_int_equal(pipe(ready), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (setuid(65534) < 0)
            _exit(1);
        daemon_model_listen(kit->run);
        (void)!write(ready[1], "x", 1);
        pause();
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    kit_assert_error(kit->ctx, chaos_conn_open(kit->ctx, &conn), -EPERM);
    kit_assert_says(kit->ctx, "not of root");
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    close(ready[0]);
    close(ready[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, kit_teardown)
        TEST(take_and_done),   TEST(a_miss),
        TEST(bad_shells),      TEST(no_daemon),
        TEST(a_silent_daemon), TEST(a_daemon_restarts),
        TEST(dies_twice),      TEST(done_never_waits),
        TEST(making_room),     TEST(a_strangers_socket),
    };

    return cmocka_run_group_tests_name("daemon", tests, NULL, NULL);
}
