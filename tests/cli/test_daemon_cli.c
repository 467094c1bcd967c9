/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_daemon_cli.c: what a daemon tells is shown, safely; what it is asked is
 * what was meant; and what needs one says so where there is none.
 */
#include <errno.h>
#include <string.h>

#include <yajl/yajl_tree.h>

#include "cli_kit.h"
#include "daemon_kit.h"
#include "daemon_model.h"
#include "unit.h"

static void tells_pool(int fd)
{
    daemon_model_read(fd);
    daemon_kit_reply(
        fd, "{\"memory_kb\": 8192, \"budget_kb\": 262144, "
            "\"resting\": true, \"shapes\": [{\"name\": \"we\\u0007b\", "
            "\"memory_kb\": 4096, \"vcpus\": 1, \"vifs\": [\"br0\"], "
            "\"ready\": 2, \"taken\": 41, \"rate_per_1000_s\": 1500, "
            "\"bus\": \"xenstore\", \"kernel\": \"/k\"}]}");
    daemon_model_wait(fd);
}

static void pool_status(void **state)
{
    daemon_model_start(*state, tells_pool, tells_pool);
    assert_int_equal(cli_run("pool", "status", NULL), 0);
    assert_int_equal(asked.type, CHAOSD_POOL_STATUS);
    assert_non_null(strstr(cli_out, "\nwe\\x07b "));
    assert_non_null(strstr(cli_out, " 41 "));
    assert_non_null(strstr(cli_out, " 1.50  xenstore  /k\n"));
    assert_non_null(strstr(cli_out, "8192 KiB of at most 262144 KiB"));
    assert_non_null(strstr(cli_out, "rests until 'chaos pool fill'"));
    assert_int_equal(cli_run("pool", "status", "--json", NULL), 0);
    assert_int_equal(strncmp(cli_out, "{\"memory_kb\": 8192,", 19), 0);
    daemon_model_stop();
}

static void obeys(int fd)
{
    daemon_model_read(fd);
    daemon_kit_reply(fd, "{\"ready\": 3}");
    daemon_model_wait(fd);
}

static yajl_val member(yajl_val map, const char *key)
{
    const char *path[] = {key, NULL};

    return yajl_tree_get(map, path, yajl_t_any);
}

static void pool_set(void **state)
{
    struct kit *kit = *state;
    const char *file = cli_config(kit, "");
    yajl_val shape;

    daemon_model_start(kit, obeys, NULL);
    assert_int_equal(cli_run("pool", "set", "--low=1", "--high=3", "-i", file,
                             "memory=8", NULL),
                     0);
    assert_string_equal(cli_out, "");
    assert_int_equal(asked.type, CHAOSD_POOL_SET);
    asked_payload[asked.size - sizeof(asked)] = '\0';
    shape = yajl_tree_parse((const char *)asked_payload, NULL, 0);
    assert_string_equal(YAJL_GET_STRING(member(shape, "name")), "web");
    assert_int_equal(YAJL_GET_INTEGER(member(shape, "low")), 1);
    assert_int_equal(YAJL_GET_INTEGER(member(shape, "high")), 3);
    assert_true(YAJL_IS_TRUE(member(shape, "image")));
    assert_string_equal(YAJL_GET_STRING(member(member(shape, "vm"), "kernel")),
                        kit->kernel);
    yajl_tree_free(shape);
    daemon_model_stop();
    assert_int_equal(cli_run("pool", "set", "--low=9", "--high=3", file, NULL),
                     2);
}

static void pool_amounts(void **state)
{
    struct chaosd_amount amount;

    daemon_model_start(*state, obeys, obeys);
    assert_int_equal(cli_run("pool", "drain", NULL), 0);
    memcpy(&amount, asked_payload, sizeof(amount));
    assert_int_equal(asked.type, CHAOSD_POOL_DRAIN);
    assert_true(amount.kb == UINT64_MAX);
    assert_int_equal(cli_run("pool", "fill", "-t7", "--json", NULL), 0);
    memcpy(&amount, asked_payload, sizeof(amount));
    assert_int_equal(asked.type, CHAOSD_POOL_FILL);
    assert_int_equal(amount.timeout_ms, 7000);
    assert_string_equal(cli_out, "{\"ready\": 3}\n");
    daemon_model_stop();
}

static void refuses(int fd)
{
    daemon_model_read(fd);
    daemon_model_reply(fd, -EPERM, "the group may only look", 23);
    daemon_model_wait(fd);
}

static void says_no_json(int fd)
{
    daemon_model_read(fd);
    daemon_kit_reply(fd, "{\"shapes\":");
    daemon_model_wait(fd);
}

static void refusals(void **state)
{
    daemon_model_start(*state, refuses, says_no_json);
    assert_int_equal(cli_run("pool", "fill", NULL), 1);
    cli_assert_error("chaos: pool fill: chaosd: the group may only look");
    assert_int_equal(cli_run("pool", "status", NULL), 1);
    cli_assert_error("no JSON");
    assert_string_equal(cli_out, "");
    daemon_model_stop();
}

static void tells_events(int fd)
{
    daemon_model_read(fd);
    daemon_kit_reply(fd, "{\"seq\": 4}");
    daemon_kit_event(fd, "{\"seq\":5,\"time\":\"T1\",\"event\":\"exited\","
                         "\"domid\":7,\"name\":\"a\\u001bb\"}");
    daemon_kit_event(
        fd, "{\"seq\":6,\"time\":\"T2\",\"event\":\"up\",\"domid\":7}");
    daemon_model_wait(fd);
}

static void events(void **state)
{
    daemon_model_start(*state, tells_events, tells_events);
    assert_int_equal(cli_run("events", "-n2", "7", NULL), 0);
    assert_string_equal(cli_out,
                        "T1 exited domid=7 name=a\\x1bb\nT2 up domid=7\n");
    asked_payload[asked.size - sizeof(asked)] = '\0';
    assert_non_null(strstr((const char *)asked_payload, "\"domid\": 7"));
    assert_int_equal(cli_run("events", "-n1", "--history=3", "--json", NULL),
                     0);
    assert_int_equal(strncmp(cli_out, "{\"seq\":5,", 9), 0);
    assert_non_null(strstr((const char *)asked_payload, "\"history\": 3"));
    daemon_model_stop();
}

static const char facts[] = "{\"name\":\"web\",\"reason\":\"crash\","
                            "\"exit_code\":3,\"ended\":null}";
static const char output[] = "fine\r\nthen\033[2J\377\tbad\0end";

static void tells_log(int fd)
{
    struct chaosd_log log = {.json_size = sizeof(facts) - 1, .offset = 10};
    char first[sizeof(log) + sizeof(facts) - 1];

    daemon_model_read(fd);
    memcpy(first, &log, sizeof(log));
    memcpy(first + sizeof(log), facts, sizeof(facts) - 1);
    daemon_kit_send(fd, CHAOSD_LOG, first, sizeof(first), output,
                    sizeof(output) - 1);
    daemon_model_wait(fd);
}

static void a_log(void **state)
{
    yajl_val tree;

    daemon_model_start(*state, tells_log, tells_log);
    assert_int_equal(cli_run("log", "web", NULL), 0);
    assert_memory_equal(asked_payload, "web", 3);
    assert_string_equal(cli_out,
                        "name         web\nreason       crash\n"
                        "exit_code    3\n"
                        "console      23 bytes, 10 before them are not kept\n"
                        "\nfine\nthen\\x1b[2J\\xff\tbad\\x00end\n");
    assert_int_equal(cli_run("log", "--json", "web", NULL), 0);
    tree = yajl_tree_parse(cli_out, NULL, 0);
    assert_int_equal(YAJL_GET_INTEGER(member(tree, "exit_code")), 3);
    assert_string_equal(YAJL_GET_STRING(member(tree, "console")),
                        "fine\nthen\\x1b[2J\\xff\tbad\\x00end");
    yajl_tree_free(tree);
    daemon_model_stop();
}

static void tells_half_a_log(int fd)
{
    struct chaosd_log log = {.json_size = 100};

    daemon_model_read(fd);
    daemon_kit_send(fd, CHAOSD_LOG, &log, sizeof(log), "{}", 2);
    daemon_model_wait(fd);
}

static void a_bad_log(void **state)
{
    daemon_model_start(*state, tells_half_a_log, NULL);
    assert_int_equal(cli_run("log", "web", NULL), 1);
    cli_assert_error("no log");
    daemon_model_stop();
}

static void tells_of_itself(int fd)
{
    daemon_model_read(fd);
    daemon_kit_reply(fd,
                     "{\"version\":\"0.9\",\"pid\":77,\"uptime_ms\":65000}");
    daemon_model_wait(fd);
}

static void the_host(void **state)
{
    daemon_model_start(*state, tells_of_itself, NULL);
    assert_int_equal(cli_run("info", NULL), 0);
    assert_non_null(
        strstr(cli_out, "chaosd       0.9, process 77, up for 65 s\n"));
    daemon_model_stop();
    assert_int_equal(cli_run("info", NULL), 0);
    assert_non_null(strstr(cli_out, "chaosd       not running\n"));
}

static void without(void **state)
{
    (void)state;
    assert_int_equal(cli_run("pool", "status", NULL), 1);
    cli_assert_error("chaosd is not running ('systemctl start chaosd' "
                     "starts it)\n");
    assert_int_equal(cli_run("events", NULL), 1);
    assert_int_equal(cli_run("log", "x", NULL), 1);
    assert_int_equal(cli_run("--no-daemon", "pool", "fill", NULL), 1);
    cli_assert_error("not to be used");
    assert_int_equal(cli_run("--socket", "/nonexistent/x", "log", "x", NULL),
                     1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(fn)                                                               \
    cmocka_unit_test_setup_teardown(fn, daemon_kit_setup, cli_teardown)
        TEST(pool_status), TEST(pool_set), TEST(pool_amounts),
        TEST(refusals),    TEST(events),   TEST(a_log),
        TEST(a_bad_log),   TEST(the_host), TEST(without),
    };

    return cmocka_run_group_tests_name("beside a daemon", tests, NULL, NULL);
}
