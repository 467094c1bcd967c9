/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Metrics: the text is right by a strict reader, and the figures are those that
 * were told.
 */
#include <pthread.h>

#include "metrics_kit.h"
#include "openmetrics.h"

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

    for (i = 0; i < 1000000; i++)
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
                "{step=\"memory\",phase=\"prepare\"} 1000000");
    assert_line("chaosd_step_duration_seconds_count"
                "{step=\"vcpus\",phase=\"prepare\"} 1000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reader),
        cmocka_unit_test_setup_teardown(test_empty, setup, teardown),
        cmocka_unit_test_setup_teardown(test_figures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_process, setup, teardown),
        cmocka_unit_test_setup_teardown(test_threads, setup, teardown),
    };

    /* As main does. */
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
