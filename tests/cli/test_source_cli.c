/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_source_cli.c: consoles through a daemon, on the model hypervisor: from
 * the first byte that it kept to the last, and beyond its restart or end.
 */
#include <errno.h>
#include <string.h>

#include "cli_kit.h"
#include "daemon_kit.h"
#include "daemon_model.h"
#include "guest.h"
#include "unit.h"

static void send_output(int fd, uint64_t offset, const char *text)
{
    daemon_kit_send(fd, CHAOSD_CONSOLE_DATA, &offset, sizeof(offset), text,
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
    daemon_kit_send(fd, CHAOSD_CONSOLE_END, &end, sizeof(end), NULL, 0);
    daemon_model_wait(fd);
}

static void a_console(void **state)
{
    struct chaosd_console question;

    daemon_kit_make("");
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
    daemon_kit_send(fd, CHAOSD_CONSOLE_END, &end, sizeof(end), NULL, 0);
    daemon_model_wait(fd);
}

static void a_console_with_a_gap(void **state)
{
    daemon_kit_make("");
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
    daemon_kit_make("");
    daemon_model_start(*state, takes_input, NULL);
    cli_set_input("one\ntwo\n\035three\n");
    assert_int_equal(cli_run("console", "web", NULL), 0);
    daemon_model_stop();
    assert_string_equal(typed, "one\ntwo\n");
    /* The guest's own console was left alone. */
    assert_string_equal(guest.heard, "");
}

static void tells_the_rest(int fd)
{
    const struct chaosd_console_at at = {.first = 0};
    const struct chaosd_log log = {.json_size = 0};

    daemon_model_read(fd);
    daemon_model_reply(fd, 0, &at, sizeof(at));
    daemon_model_read(fd);
    send_output(fd, 0, "sleeping\n");
    daemon_model_reply(fd, 0, &log, sizeof(log));
    daemon_model_wait(fd);
}

/* For a daemon that is no end. */
static void a_guest_that_suspends(void **state)
{
    daemon_kit_make("");
    model_shutdown(1, CHAOS_REASON_SUSPEND);
    daemon_model_start(*state, tells_the_rest, NULL);
    assert_int_equal(cli_run("console", "web", NULL), 0);
    assert_string_equal(cli_out, "sleeping\n");
    cli_assert_error("web stopped: suspend\n");
    assert_int_equal(asked.type, CHAOSD_LOG);
    daemon_model_stop();
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
    daemon_kit_send(fd, CHAOSD_CONSOLE_END, &end, sizeof(end), NULL, 0);
    daemon_model_wait(fd);
}

/* Nothing is lost and nothing comes twice. */
static void a_console_beyond_a_restart(void **state)
{
    daemon_kit_make("");
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
    daemon_kit_make("");
    daemon_model_start(*state, is_busy, dies);
    assert_int_equal(cli_run("console", "web", NULL), 1);
    cli_assert_error("another program has it");
    /* A daemon that dies is as good as none. */
    cli_set_input("hi\035");
    assert_int_equal(cli_run("console", "web", NULL), 0);
    assert_string_equal(guest.heard, "hi");
    daemon_model_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(fn)                                                               \
    cmocka_unit_test_setup_teardown(fn, daemon_kit_setup, cli_teardown)
        TEST(a_console),
        TEST(a_console_with_a_gap),
        TEST(a_console_beyond_a_restart),
        TEST(a_guest_that_suspends),
        TEST(console_input),
        TEST(consoles_that_fail),
    };

    return cmocka_run_group_tests_name("consoles of a daemon", tests, NULL,
                                       NULL);
}
