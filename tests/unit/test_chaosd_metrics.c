/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Metrics: the text is right by a strict reader, the figures are those that
 * were told, and nobody who fetches them holds anything up.
 */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "../../chaosd/conf.h"
#include "../../chaosd/daemon.h"
#include "../../chaosd/guests.h"
#include "../../chaosd/metrics_internal.h"
#include "../../chaosd/pool.h"
#include "../../chaosd/server.h"
#include "../../chaosd/worker.h"
#include "openmetrics.h"
#include "unit.h"

static struct daemon d;
static struct conf conf;
static char dir[] = "/tmp/metrics.XXXXXX";
static char address[64], text[1 << 18];

/* --- the other parts ---------------------------------------------------------
 */

struct pool_counts pool_counts(const struct pool *pool)
{
    (void)pool;
    return (struct pool_counts){.ready = 3,
                                .preparing = 1,
                                .given = 2,
                                .ending = 4,
                                .memory_kb = 12288,
                                .shapes = 2};
}

struct guests_counts guests_counts(const struct guests *guests)
{
    (void)guests;
    return (struct guests_counts){
        .attached = 9, .readers = 1, .dead = 5, .bytes = 777};
}

size_t server_clients(const struct server *server)
{
    (void)server;
    return 6;
}

size_t workers_count(const struct workers *workers, enum job_priority priority)
{
    (void)workers;
    return priority == JOB_REFILL;
}

int peer_group(const char *name, gid_t *gid_out);
int peer_group(const char *name, gid_t *gid_out)
{
    if (strcmp(name, "vms") != 0)
        return -ENOENT;
    *gid_out = getgid();
    return 0;
}

/* --- what the tests share ----------------------------------------------------
 */

static int setup(void **state)
{
    (void)state;
    memset(&d, 0, sizeof(d));
    memset(&conf, 0, sizeof(conf));
    (void)snprintf(dir, sizeof(dir), "/tmp/metrics.XXXXXX");
    assert_non_null(mkdtemp(dir));
    (void)snprintf(address, sizeof(address), "unix:%s/socket", dir);
    conf.metrics = address;
    d.conf = &conf;
    d.started_ns = now_ns();
    d.base = event_base_new();
    assert_non_null(d.base);
    assert_int_equal(metrics_create(&d, &d.metrics), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    metrics_destroy(d.metrics);
    event_base_free(d.base);
    /* The socket is gone. */
    assert_int_equal(rmdir(dir), 0);
    return 0;
}

static int visit(void)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    assert_true(fd >= 0);
    (void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", address + 5);
    assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
    return fd;
}

static void say(int fd, const char *words)
{
    assert_int_equal(send(fd, words, strlen(words), MSG_NOSIGNAL),
                     strlen(words));
}

/* All that comes until the other side closes. */
static void hear(int fd)
{
    size_t used = 0;
    ssize_t r;

    for (;;) {
        (void)event_base_loop(d.base, EVLOOP_NONBLOCK);
        r = read(fd, text + used, sizeof(text) - 1 - used);
        if (r == 0 || (r < 0 && errno != EAGAIN))
            break;
        used += r > 0 ? (size_t)r : 0;
    }
    text[used] = '\0';
    close(fd);
}

static void ask(const char *request)
{
    int fd = visit();

    say(fd, request);
    hear(fd);
}

static void assert_begins(const char *begin)
{
    if (strncmp(text, begin, strlen(begin)) != 0)
        fail_msg("%.60s does not begin with %s", text, begin);
}

/* Fetch, and leave the body in `text`. */
static void fetch(void)
{
    char *body;

    ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_begins("HTTP/1.1 200 OK\r\n");
    body = strstr(text, "\r\n\r\n");
    assert_non_null(body);
    memmove(text, body + 4, strlen(body + 4) + 1);
}

static void assert_line(const char *line)
{
    char with_ends[256];

    (void)snprintf(with_ends, sizeof(with_ends), "\n%s\n", line);
    if (!strstr(text, with_ends))
        fail_msg("there is no line: %s", line);
}

static void assert_valid(void)
{
    char why[256];

    if (openmetrics_check(text, why, sizeof(why)) < 0)
        fail_msg("%s", why);
}

/* --- the tests ---------------------------------------------------------------
 */

/* The reader that judges finds what it is for. */
static void test_reader(void **state)
{
#define FAMILY "# TYPE a_b counter\n# HELP a_b X.\n"
#define BUCKETS "# TYPE h histogram\n# HELP h X.\n"
    static const char *const good[] = {
        "# EOF\n",
        FAMILY "a_b_total 1\n# EOF\n",
        FAMILY "a_b_total{x=\"y\",z=\"w\"} 1.5\n# EOF\n",
        "# TYPE a_s gauge\n# UNIT a_s s\n# HELP a_s X.\na_s 0\n# EOF\n",
        BUCKETS "h_bucket{le=\"1.0\"} 1\nh_bucket{le=\"+Inf\"} 2\n"
                "h_count 2\nh_sum 9\n# EOF\n",
    };
    static const char *const bad[] = {
        "",
        FAMILY "a_b_total 1\n",
        FAMILY "a_b_total 1\n# EOF\n\n",
        FAMILY "a_b_total 1\n\n# EOF\n",
        FAMILY "a_b 1\n# EOF\n",
        FAMILY "a_b_total\n# EOF\n",
        FAMILY "a_b_total x\n# EOF\n",
        FAMILY "a_b_total 1\na_b_total 1\n# EOF\n",
        FAMILY "a_b_total{x=y} 1\n# EOF\n",
        FAMILY "a_b_total{x=\"y\" 1\n# EOF\n",
        FAMILY "c_total 1\n# EOF\n",
        FAMILY "a_b_total 1\n" FAMILY "# EOF\n",
        "# TYPE a counter\na_total 1\n# EOF\n",
        "# TYPE a_total counter\n# HELP a_total X.\na_total 1\n# EOF\n",
        "# TYPE a gauge\n# UNIT a s\n# HELP a X.\na 0\n# EOF\n",
        "# TYPE a colour\n# HELP a X.\na 0\n# EOF\n",
        "a 1\n# EOF\n",
        BUCKETS "h_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\n"
                "h_count 2\nh_sum 9\n# EOF\n",
        BUCKETS "h_bucket{le=\"1.0\"} 1\nh_count 1\nh_sum 9\n# EOF\n",
        BUCKETS "h_bucket{le=\"1.0\"} 2\nh_bucket{le=\"+Inf\"} 1\n"
                "h_count 1\nh_sum 9\n# EOF\n",
        BUCKETS "h_bucket{le=\"1.0\"} 1\nh_bucket{le=\"+Inf\"} 2\n"
                "h_count 3\nh_sum 9\n# EOF\n",
        BUCKETS "h_bucket{le=\"1.0\"} 1\nh_bucket{le=\"+Inf\"} 2\n# EOF\n",
    };
    char why[256];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
        (void)snprintf(text, sizeof(text), "%s", good[i]);
        assert_valid();
    }
    for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        (void)snprintf(text, sizeof(text), "%s", bad[i]);
        if (openmetrics_check(text, why, sizeof(why)) == 0)
            fail_msg("passes: %s", bad[i]);
    }
}

static void test_empty(void **state)
{
    (void)state;
    assert_int_equal(metrics_listen(d.metrics), 0);
    fetch();
    assert_line("chaosd_takes_total 0");
    assert_line("chaosd_create_duration_seconds_count 0");
    assert_line("chaosd_create_duration_seconds_sum 0.000000000");
    assert_null(strstr(text, "chaosd_shells{"));
    assert_valid();
}

static void tell(void)
{
    metrics_add(d.metrics, METRIC_TAKES, 5);
    metrics_add(d.metrics, METRIC_CREATED, 4);
    metrics_add(d.metrics, METRIC_CREATED_PLAIN, 1);
    metrics_add(d.metrics, METRIC_PROTOCOL_ERRORS, UINT64_C(1) << 60);
    metrics_observe(d.metrics, HISTOGRAM_SETTLE, 10000);
    metrics_observe(d.metrics, HISTOGRAM_SETTLE, 10001);
    metrics_observe(d.metrics, HISTOGRAM_SETTLE, 10000000001u);
    metrics_step(d.metrics, "memory", "prepare", 1500000, 0);
    metrics_step(d.metrics, "memory", "execute", 20000, 0);
    metrics_step(d.metrics, "memory", "prepare", 99, -ENOMEM);
}

static void test_figures(void **state)
{
    (void)state;
    assert_int_equal(metrics_listen(d.metrics), 0);
    tell();
    d.pool = (void *)&d;
    d.guests = (void *)&d;
    d.workers = (void *)&d;
    d.server = (void *)&d;
    fetch();
    assert_line("chaosd_takes_total 5");
    assert_line("chaosd_creates_total{from=\"shell\"} 4");
    assert_line("chaosd_creates_total{from=\"nothing\"} 1");
    assert_line("chaosd_protocol_errors_total 1152921504606846976");
    assert_line("chaosd_settle_duration_seconds_bucket{le=\"1e-05\"} 1");
    assert_line("chaosd_settle_duration_seconds_bucket{le=\"2.5e-05\"} 2");
    assert_line("chaosd_settle_duration_seconds_bucket{le=\"10.0\"} 2");
    assert_line("chaosd_settle_duration_seconds_bucket{le=\"+Inf\"} 3");
    assert_line("chaosd_settle_duration_seconds_sum 10.000020002");
    assert_line("chaosd_step_duration_seconds_bucket"
                "{step=\"memory\",phase=\"prepare\",le=\"0.0025\"} 1");
    assert_line("chaosd_step_duration_seconds_sum"
                "{step=\"memory\",phase=\"execute\"} 0.000020000");
    assert_line("chaosd_step_failures_total"
                "{step=\"memory\",phase=\"prepare\"} 1");
    assert_line("chaosd_shells{state=\"given\"} 2");
    assert_line("chaosd_shells_memory_bytes 12582912");
    assert_line("chaosd_consoles 9");
    assert_line("chaosd_console_output_bytes_total 777");
    assert_line("chaosd_jobs{kind=\"refill\"} 1");
    assert_line("chaosd_clients 6");
    assert_line("chaosd_leaving 0");
    assert_line("chaosd_build_info{version=\"test\"} 1");
    assert_valid();
    assert_int_equal(metrics_get(d.metrics, METRIC_TAKES), 5);
}

static uint64_t figure(const char *name)
{
    char *line = strstr(text, name);

    assert_non_null(line);
    return strtoull(line + strlen(name), NULL, 10);
}

static void test_process(void **state)
{
    uint64_t fds;
    int fd;

    (void)state;
    assert_int_equal(metrics_listen(d.metrics), 0);
    fetch();
    fds = figure("\nchaosd_open_fds ");
    assert_in_range(fds, 3, 100);
    assert_in_range(figure("\nchaosd_resident_memory_bytes "), 1 << 20,
                    (uint64_t)1 << 40);
    assert_in_range(figure("\nchaosd_start_time_seconds "), 1700000000,
                    (uint64_t)1 << 40);
    assert_in_range(figure("\nchaosd_uptime_seconds "), 0, 60);
    fd = dup(0);
    fetch();
    assert_int_equal(figure("\nchaosd_open_fds "), fds + 1);
    close(fd);
}

static void *count_steps(void *arg)
{
    unsigned i;

    for (i = 0; i < 10000; i++)
        metrics_step(d.metrics, i % 2 ? "memory" : "vcpus", "prepare", 1, 0);
    return arg;
}

static void test_threads(void **state)
{
    pthread_t threads[2];
    unsigned i;

    (void)state;
    assert_int_equal(metrics_listen(d.metrics), 0);
    for (i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_steps, NULL),
                         0);
    fetch();
    assert_valid();
    for (i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    fetch();
    assert_line("chaosd_step_duration_seconds_count"
                "{step=\"memory\",phase=\"prepare\"} 10000");
    assert_line("chaosd_step_duration_seconds_count"
                "{step=\"vcpus\",phase=\"prepare\"} 10000");
}

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
        cmocka_unit_test(test_reader),
        cmocka_unit_test_setup_teardown(test_empty, setup, teardown),
        cmocka_unit_test_setup_teardown(test_figures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_process, setup, teardown),
        cmocka_unit_test_setup_teardown(test_threads, setup, teardown),
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
