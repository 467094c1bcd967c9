/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where metrics are fetched, and that nobody who does holds anything up.
 */
#include <netinet/in.h>
#include <sys/stat.h>

#include "metrics_kit.h"

static void test_requests(void **state)
{
    static char big[HTTP_REQUEST_MAX + 64];
    int fd;

    (void)state;
    assert_int_equal(metrics_listen(d.metrics), 0);
    ask("GET / HTTP/1.1\r\n\r\n");
    assert_begins("HTTP/1.1 404 ");
    ask("GET /metricsx HTTP/1.1\r\n\r\n");
    assert_begins("HTTP/1.1 404 ");
    ask("POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc");
    assert_begins("HTTP/1.1 405 ");
    assert_non_null(strstr(text, "\r\nAllow: GET\r\n"));
    ask("GET /metrics\r\n\r\n");
    assert_begins("HTTP/1.1 400 ");
    ask("GET /metrics HTTP/2 x\r\n\r\n");
    assert_begins("HTTP/1.1 400 ");
    ask("\r\n\r\n");
    assert_begins("HTTP/1.1 400 ");
    ask("GET /metrics?x=y HTTP/1.0\r\n\r\n");
    assert_begins("HTTP/1.1 200 OK\r\nContent-Type: "
                  "application/openmetrics-text; version=1.0.0; "
                  "charset=utf-8\r\nContent-Length: ");
    memset(big, 'x', sizeof(big) - 1);
    ask(big);
    assert_begins("HTTP/1.1 431 ");
    /* Piece by piece, and the sending side closed before the answer. */
    fd = visit();
    say(fd, "GET /met");
    (void)event_base_loop(d.base, EVLOOP_NONBLOCK);
    say(fd, "rics HTTP/1.1\r\n\r");
    (void)event_base_loop(d.base, EVLOOP_NONBLOCK);
    say(fd, "\n");
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    hear(fd);
    assert_begins("HTTP/1.1 200 ");
    assert_int_equal(strcmp(text + strlen(text) - 6, "# EOF\n"), 0);
}

/* So many say nothing that no more are let in; then their time is over. */
static void test_silent(void **state)
{
    int fds[HTTP_CLIENTS], fd, i;
    uint64_t begin = now_ns();

    (void)state;
    assert_int_equal(metrics_listen(d.metrics), 0);
    for (i = 0; i < HTTP_CLIENTS; i++) {
        fds[i] = visit();
        say(fds[i], "GET");
    }
    (void)event_base_loop(d.base, EVLOOP_NONBLOCK);
    fd = visit();
    say(fd, "GET /metrics HTTP/1.1\r\n\r\n");
    for (i = 0; i < 20; i++)
        (void)event_base_loop(d.base, EVLOOP_NONBLOCK);
    assert_int_equal(read(fd, text, 1), -1);
    assert_int_equal(errno, EAGAIN);
    /* One leaves. */
    close(fds[0]);
    hear(fd);
    assert_begins("HTTP/1.1 200 ");
    assert_true(now_ns() - begin < 3000000000u);
    hear(fds[1]);
    assert_int_equal(text[0], '\0');
    assert_in_range(now_ns() - begin, 4000000000u, 30000000000u);
    for (i = 2; i < HTTP_CLIENTS; i++)
        close(fds[i]);
}

/* Gone before the answer, and before the question. */
static void test_rude(void **state)
{
    int fd;

    (void)state;
    assert_int_equal(metrics_listen(d.metrics), 0);
    fd = visit();
    say(fd, "GET /metrics HTTP/1.1\r\n\r\n");
    close(fd);
    close(visit());
    (void)event_base_loop(d.base, EVLOOP_NONBLOCK);
    (void)event_base_loop(d.base, EVLOOP_NONBLOCK);
    fetch();
    /* And one is there when all ends. */
    fd = visit();
    (void)event_base_loop(d.base, EVLOOP_NONBLOCK);
    close(fd);
}

static void test_addresses(void **state)
{
    static const char *const bad[] = {
        "0.0.0.0:9090", "192.0.2.1:9090", "[::]:9090",       "[2001:db8::1]:90",
        "127.0.0.1",    "127.0.0.1:0",    "127.0.0.1:70000", "localhost:9090",
        "unix:",        "unix:relative",  "tcp:1",           "/run/socket",
    };
    char path[] = "/nowhere/at/all";
    char nowhere[64];
    struct stat st;
    size_t i;

    (void)state;
    assert_int_equal(metrics_listen(d.metrics), 0);
    for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        conf.metrics = (char *)(uintptr_t)bad[i];
        assert_int_equal(metrics_listen(d.metrics), -EINVAL);
    }
    (void)snprintf(nowhere, sizeof(nowhere), "unix:%s", path);
    conf.metrics = nowhere;
    assert_int_equal(metrics_listen(d.metrics), -ENOENT);
    /* What was there is there still. */
    fetch();
    assert_int_equal(stat(address + 5, &st), 0);
    assert_int_equal(st.st_mode, S_IFSOCK | 0660);
    conf.metrics = (char *)(uintptr_t) "";
    assert_int_equal(metrics_listen(d.metrics), 0);
    assert_int_equal(stat(address + 5, &st), -1);
}

/* A reload: another group, another place, one that is taken. */
static void test_reload(void **state)
{
    char other[80];
    struct stat st;
    FILE *file;

    (void)state;
    assert_int_equal(metrics_listen(d.metrics), 0);
    conf.group = (char *)(uintptr_t) "nobody-has-it";
    assert_int_equal(metrics_listen(d.metrics), -ENOENT);
    conf.group = (char *)(uintptr_t) "vms";
    assert_int_equal(metrics_listen(d.metrics), 0);
    assert_int_equal(stat(address + 5, &st), 0);
    assert_int_equal(st.st_mode, S_IFSOCK | 0660);
    fetch();
    (void)snprintf(other, sizeof(other), "%s-2", address);
    conf.metrics = other;
    file = fopen(other + 5, "w");
    assert_non_null(file);
    (void)fclose(file);
    assert_int_equal(metrics_listen(d.metrics), -EEXIST);
    assert_int_equal(unlink(other + 5), 0);
    fetch();
    assert_int_equal(metrics_listen(d.metrics), 0);
    assert_int_equal(stat(address + 5, &st), -1);
    assert_int_equal(stat(other + 5, &st), 0);
    /* What another daemon put there is not taken away. */
    assert_int_equal(unlink(other + 5), 0);
    file = fopen(other + 5, "w");
    assert_non_null(file);
    (void)fclose(file);
    conf.metrics = address;
    assert_int_equal(metrics_listen(d.metrics), 0);
    assert_int_equal(unlink(other + 5), 0);
}

static void test_loopback(void **state)
{
    struct sockaddr_in sin = {.sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(sin);
    char where[32];
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    (void)state;
    /* A port that is free. */
    assert_int_equal(bind(fd, (struct sockaddr *)&sin, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &size), 0);
    close(fd);
    (void)snprintf(where, sizeof(where), "127.0.0.1:%u", ntohs(sin.sin_port));
    conf.metrics = where;
    assert_int_equal(metrics_listen(d.metrics), 0);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
    say(fd, "GET /metrics HTTP/1.1\r\n\r\n");
    (void)event_base_loop(d.base, EVLOOP_ONCE);
    (void)event_base_loop(d.base, EVLOOP_ONCE);
    hear(fd);
    assert_begins("HTTP/1.1 200 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_requests, setup, teardown),
        cmocka_unit_test_setup_teardown(test_silent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rude, setup, teardown),
        cmocka_unit_test_setup_teardown(test_addresses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reload, setup, teardown),
        cmocka_unit_test_setup_teardown(test_loopback, setup, teardown),
    };

    /* As main does. */
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
