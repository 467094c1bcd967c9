/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_daemon_cli.c: the commands beside a daemon, on the model hypervisor.
 *
 * What it tells is shown, safely; consoles come through it; what it did with a
 * VM before the command looked is told as if the command had done it; and what
 * it leaves undone the command does.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <noxs/sysctl.h>
#include <yajl/yajl_tree.h>

#include "cli_kit.h"
#include "daemon_model.h"
#include "guest.h"
#include "unit.h"

static struct kit *the_kit;
static bool stopped; /* the guest has; for the daemon's thread */

static int setup(void **state)
{
    int rc = cli_setup(state);

    the_kit = *state;
    (void)mkdir(the_kit->run, 0700);
    guest_install();
    __atomic_store_n(&stopped, false, __ATOMIC_RELEASE);
    return rc;
}

static void make(const char *more)
{
    assert_int_equal(cli_run("--no-daemon", "create", "--name=web",
                             cli_config(the_kit, more), NULL),
                     0);
}

static void send_message(int fd, uint16_t type, const void *first,
                         size_t first_size, const void *second, size_t size)
{
    struct chaosd_header header = daemon_model_header(0, first_size + size);

    header.type = type;
    daemon_model_send(fd, &header, sizeof(header));
    daemon_model_send(fd, first, first_size);
    daemon_model_send(fd, second, size);
}

static void send_event(int fd, const char *json)
{
    send_message(fd, CHAOSD_EVENT, json, strlen(json), NULL, 0);
}

static void reply_text(int fd, const char *text)
{
    daemon_model_reply(fd, 0, text, strlen(text));
}

/* --- what it tells
 * ------------------------------------------------------------
 */

static void tells_pool(int fd)
{
    daemon_model_read(fd);
    reply_text(fd, "{\"memory_kb\": 8192, \"budget_kb\": 262144, "
                   "\"resting\": true, \"shapes\": [{\"name\": \"we\\u0007b\", "
                   "\"memory_kb\": 4096, \"vcpus\": 1, \"vifs\": [\"br0\"], "
                   "\"ready\": 2, \"taken\": 41, \"rate_per_1000_s\": 1500, "
                   "\"kernel\": \"/k\"}]}");
    daemon_model_wait(fd);
}

static void pool_status(void **state)
{
    daemon_model_start(*state, tells_pool, tells_pool);
    assert_int_equal(cli_run("pool", "status", NULL), 0);
    assert_int_equal(asked.type, CHAOSD_POOL_STATUS);
    assert_non_null(strstr(cli_out, "\nwe\\x07b "));
    assert_non_null(strstr(cli_out, " 41 "));
    assert_non_null(strstr(cli_out, " 1.50  /k\n"));
    assert_non_null(strstr(cli_out, "8192 KiB of at most 262144 KiB"));
    assert_non_null(strstr(cli_out, "rests until 'chaos pool fill'"));
    assert_int_equal(cli_run("pool", "status", "--json", NULL), 0);
    assert_int_equal(strncmp(cli_out, "{\"memory_kb\": 8192,", 19), 0);
    daemon_model_stop();
}

static void obeys(int fd)
{
    daemon_model_read(fd);
    reply_text(fd, "{\"ready\": 3}");
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
    reply_text(fd, "{\"shapes\":");
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
    reply_text(fd, "{\"seq\": 4}");
    send_event(fd, "{\"seq\":5,\"time\":\"T1\",\"event\":\"exited\","
                   "\"domid\":7,\"name\":\"a\\u001bb\"}");
    send_event(fd, "{\"seq\":6,\"time\":\"T2\",\"event\":\"up\",\"domid\":7}");
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
    send_message(fd, CHAOSD_LOG, first, sizeof(first), output,
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
    send_message(fd, CHAOSD_LOG, &log, sizeof(log), "{}", 2);
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
    reply_text(fd, "{\"version\":\"0.9\",\"pid\":77,\"uptime_ms\":65000}");
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

/* --- consoles
 * ------------------------------------------------------------------
 */

static void send_output(int fd, uint64_t offset, const char *text)
{
    send_message(fd, CHAOSD_CONSOLE_DATA, &offset, sizeof(offset), text,
                 strlen(text));
}

static void has_a_console(int fd)
{
    const struct chaosd_console_at at = {.first = 3, .next = 8};
    const struct chaosd_console_end end = {.how = CHAOSD_END_STOPPED,
                                           .reason = CHAOS_REASON_CRASH};

    daemon_model_read(fd);
    daemon_model_reply(fd, 0, &at, sizeof(at));
    send_output(fd, 3, "kept ");
    send_output(fd, 8, "and new\n");
    send_message(fd, CHAOSD_CONSOLE_END, &end, sizeof(end), NULL, 0);
    daemon_model_wait(fd);
}

static void a_console(void **state)
{
    struct chaosd_console question;

    make("");
    daemon_model_start(*state, has_a_console, NULL);
    assert_int_equal(cli_run("console", "web", NULL), 0);
    assert_string_equal(cli_out, "kept and new\n");
    cli_assert_error("chaos: console: web stopped: crash\n");
    memcpy(&question, asked_payload, sizeof(question));
    assert_int_equal(question.domid, 1);
    assert_int_equal(question.from, 0);
    daemon_model_stop();
}

static void has_lost_some(int fd)
{
    const struct chaosd_console_at at = {.first = 0, .next = 2};
    const struct chaosd_console_end end = {.how = CHAOSD_END_GONE};

    daemon_model_read(fd);
    daemon_model_reply(fd, 0, &at, sizeof(at));
    send_output(fd, 0, "a");
    send_output(fd, 100, "b\n");
    send_message(fd, CHAOSD_CONSOLE_END, &end, sizeof(end), NULL, 0);
    daemon_model_wait(fd);
}

static void a_console_with_a_gap(void **state)
{
    make("");
    daemon_model_start(*state, has_lost_some, NULL);
    assert_int_equal(cli_run("console", "web", NULL), 0);
    assert_string_equal(cli_out, "ab\n");
    assert_non_null(strstr(cli_err, "99 bytes of output "));
    assert_non_null(strstr(cli_err, "web was destroyed\n"));
    daemon_model_stop();
}

static char typed[64];

static void takes_input(int fd)
{
    const struct chaosd_console_at at = {.first = 0};
    size_t size;

    daemon_model_read(fd);
    daemon_model_reply(fd, 0, &at, sizeof(at));
    daemon_model_read(fd);
    size = asked.size - sizeof(asked);
    if (asked.type == CHAOSD_CONSOLE_INPUT && size < sizeof(typed)) {
        memcpy(typed, asked_payload, size);
        typed[size] = '\0';
    }
    daemon_model_wait(fd);
}

static void console_input(void **state)
{
    make("");
    daemon_model_start(*state, takes_input, NULL);
    cli_set_input("one\ntwo\n\035three\n");
    assert_int_equal(cli_run("console", "web", NULL), 0);
    daemon_model_stop();
    assert_string_equal(typed, "one\ntwo\n");
    /* The guest's own console was left alone. */
    assert_string_equal(guest.heard, "");
}

static void dies_within(int fd)
{
    const struct chaosd_console_at at = {.first = 3, .next = 8};

    daemon_model_read(fd);
    daemon_model_reply(fd, 0, &at, sizeof(at));
    send_output(fd, 3, "kept ");
}

static void goes_on(int fd)
{
    const struct chaosd_console_at at = {.first = 3, .next = 16};
    const struct chaosd_console_end end = {.how = CHAOSD_END_GONE};
    struct chaosd_console question;

    daemon_model_read(fd);
    memcpy(&question, asked_payload, sizeof(question));
    daemon_model_reply(fd, 0, &at, sizeof(at));
    if (question.from == 8)
        send_output(fd, 8, "and new\n");
    send_message(fd, CHAOSD_CONSOLE_END, &end, sizeof(end), NULL, 0);
    daemon_model_wait(fd);
}

/* Nothing is lost and nothing comes twice. */
static void a_console_beyond_a_restart(void **state)
{
    make("");
    daemon_model_start(*state, dies_within, goes_on);
    assert_int_equal(cli_run("console", "web", NULL), 0);
    assert_string_equal(cli_out, "kept and new\n");
    cli_assert_error("chaos: console: web was destroyed\n");
    daemon_model_stop();
}

static void is_busy(int fd)
{
    daemon_model_read(fd);
    daemon_model_reply(fd, -EBUSY, "another program has it", 22);
    daemon_model_wait(fd);
}

static void dies(int fd)
{
    daemon_model_read(fd);
}

static void consoles_that_fail(void **state)
{
    make("");
    daemon_model_start(*state, is_busy, dies);
    assert_int_equal(cli_run("console", "web", NULL), 1);
    cli_assert_error("another program has it");
    /* A daemon that dies is as good as none. */
    cli_set_input("hi\035");
    assert_int_equal(cli_run("console", "web", NULL), 0);
    assert_string_equal(guest.heard, "hi");
    daemon_model_stop();
}

/* --- policies
 * ------------------------------------------------------------------
 */

/* The daemon is quicker than the command: as soon as the guest has stopped. */
static void stop_and_settle(void *arg, uint32_t domid, uint32_t port)
{
    struct noxs_sysctl *page = model_control(domid, NOXS_DEV_SYSCTL);
    unsigned reason = page->request_cmd == NOXS_SYSCTL_REBOOT
                          ? CHAOS_REASON_REBOOT
                          : CHAOS_REASON_POWEROFF;
    struct chaos_ctx *ctx = arg;
    uint32_t now;

    if (page->ack_id == page->request_id)
        return;
    page->ack_status = NOXS_ACK_ACCEPTED;
    page->ack_id = page->request_id;
    model_ring(domid, port);
    model_shutdown(domid, reason);
    if (ctx)
        assert_int_equal(chaos_domain_settle(ctx, domid, &now), 0);
    __atomic_store_n(&stopped, true, __ATOMIC_RELEASE);
}

static void wait_stopped(void)
{
    while (!__atomic_load_n(&stopped, __ATOMIC_ACQUIRE))
        usleep(1000);
}

static void tells_of_a_restart(int fd)
{
    daemon_model_read(fd);
    reply_text(fd, "{}");
    wait_stopped();
    send_event(fd, "{\"event\":\"destroyed\",\"domid\":1}");
    send_event(fd, "{\"event\":\"restarted\",\"domid\":2,\"previous\":1}");
    daemon_model_wait(fd);
}

static void a_reboot(void **state)
{
    make("");
    assert_int_equal(chaos_ctx_set_daemon(the_kit->ctx, NULL), 0);
    model_set_guest(stop_and_settle, the_kit->ctx);
    daemon_model_start(*state, tells_of_a_restart, NULL);
    assert_int_equal(cli_run("reboot", "web", NULL), 0);
    assert_string_equal(cli_out, "web 2\n");
    assert_string_equal(cli_err, "");
    daemon_model_stop();
    assert_false(model_view(1).exists && !model_view(1).dying);
    assert_true(model_view(2).exists);
}

static void tells_of_an_end(int fd)
{
    daemon_model_read(fd);
    reply_text(fd, "{}");
    wait_stopped();
    send_event(fd, "{\"event\":\"destroyed\",\"domid\":1}");
    daemon_model_wait(fd);
}

static void a_shutdown(void **state)
{
    make("");
    assert_int_equal(chaos_ctx_set_daemon(the_kit->ctx, NULL), 0);
    model_set_guest(stop_and_settle, the_kit->ctx);
    daemon_model_start(*state, tells_of_an_end, NULL);
    assert_int_equal(cli_run("shutdown", "-w", "web", NULL), 0);
    assert_string_equal(cli_out, "");
    assert_string_equal(cli_err, "");
    daemon_model_stop();
}

/* Nobody is left behind to do what the daemon does. */
static void a_shutdown_unattended(void **state)
{
    make("");
    model_set_guest(stop_and_settle, NULL);
    daemon_model_start(*state, tells_of_an_end, NULL);
    assert_int_equal(cli_run("shutdown", "web", NULL), 0);
    daemon_model_stop();
    usleep(50000);
    assert_true(model_view(1).stopped && !model_view(1).dying);
}

static void tells_of_a_failure(int fd)
{
    daemon_model_read(fd);
    reply_text(fd, "{}");
    wait_stopped();
    send_event(fd, "{\"event\":\"settle_failed\",\"domid\":1,"
                   "\"error\":\"no kernel\"}");
    daemon_model_wait(fd);
}

static void a_failed_reboot(void **state)
{
    make("");
    model_set_guest(stop_and_settle, NULL);
    daemon_model_start(*state, tells_of_a_failure, NULL);
    assert_int_equal(cli_run("reboot", "web", NULL), 1);
    cli_assert_error("chaos: reboot: web: chaosd: no kernel\n");
    daemon_model_stop();
    assert_true(model_view(1).stopped && !model_view(1).dying);
}

static void limits(int fd)
{
    daemon_model_read(fd);
    reply_text(fd, "{}");
    wait_stopped();
    send_event(fd, "{\"event\":\"restart_limited\",\"domid\":1}");
    daemon_model_wait(fd);
}

/* A reboot that was asked for is none of those that are limited. */
static void a_limited_reboot(void **state)
{
    make("");
    model_set_guest(stop_and_settle, NULL);
    daemon_model_start(*state, limits, dies);
    assert_int_equal(cli_run("reboot", "web", NULL), 0);
    assert_string_equal(cli_out, "web 2\n");
    daemon_model_stop();
}

static void dies_meanwhile(int fd)
{
    daemon_model_read(fd);
    reply_text(fd, "{}");
    wait_stopped();
}

/* The new VM is made without a daemon. */
static void a_daemon_that_dies(void **state)
{
    make("");
    model_set_guest(stop_and_settle, NULL);
    daemon_model_start(*state, dies_meanwhile, dies);
    assert_int_equal(cli_run("reboot", "web", NULL), 0);
    assert_string_equal(cli_out, "web 2\n");
    daemon_model_stop();
}

static void keeping(void **state)
{
    make("");
    model_set_guest(stop_and_settle, the_kit->ctx);
    assert_int_equal(chaos_ctx_set_daemon(the_kit->ctx, NULL), 0);
    assert_int_equal(cli_run("shutdown", "-wk", "web", NULL), 0);
    (void)state;
    /* Whoever settled it kept it. */
    assert_true(model_view(1).stopped && !model_view(1).dying);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, cli_teardown)
        TEST(pool_status),
        TEST(pool_set),
        TEST(pool_amounts),
        TEST(refusals),
        TEST(events),
        TEST(a_log),
        TEST(a_bad_log),
        TEST(the_host),
        TEST(without),
        TEST(a_console),
        TEST(a_console_with_a_gap),
        TEST(a_console_beyond_a_restart),
        TEST(console_input),
        TEST(consoles_that_fail),
        TEST(a_reboot),
        TEST(a_shutdown),
        TEST(a_shutdown_unattended),
        TEST(a_failed_reboot),
        TEST(a_limited_reboot),
        TEST(a_daemon_that_dies),
        TEST(keeping),
    };

    return cmocka_run_group_tests_name("beside a daemon", tests, NULL, NULL);
}
