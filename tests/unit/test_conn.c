/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_conn.c: messages to and from chaosd, against servers that keep the
 * rules, break them, or die.
 *
 * What comes is checked before it is used, and a late reply is never another's.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon_model.h"
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

static struct chaos_conn *connect_to(struct kit *kit)
{
    struct chaos_conn *conn;

    if (chaos_conn_open(kit->ctx, &conn) != 0)
        fail_msg("%s", chaos_ctx_error(kit->ctx));
    return conn;
}

/* INFO's reply, or what became of it. */
static int ask_info(struct chaos_conn *conn, const char **text_out,
                    size_t *size_out)
{
    const void *text = NULL;
    int rc = chaos_conn_ask(conn, CHAOSD_INFO, NULL, 0, 500, &text, size_out);

    *text_out = text;
    return rc;
}

static void assert_info_fails(struct kit *kit, daemon_script *how, int expected,
                              const char *says)
{
    struct chaos_conn *conn;
    const char *text;
    size_t size;

    daemon_model_start(kit, how, NULL);
    conn = connect_to(kit);
    assert_int_equal(ask_info(conn, &text, &size), expected);
    kit_assert_says(kit->ctx, says);
    chaos_conn_close(conn);
    daemon_model_stop();
}

/* --- messages ----------------------------------------------------------------
 */

static void answers_twice(int fd)
{
    daemon_model_read(fd);
    daemon_model_reply(fd, 0, "{}", 2);
    daemon_model_read(fd);
    daemon_model_reply(fd, 0, NULL, 0);
    daemon_model_wait(fd);
}

static void an_answer(void **state)
{
    struct chaos_conn *conn;
    const char *text;
    size_t size;

    daemon_model_start(*state, answers_twice, NULL);
    conn = connect_to(*state);
    assert_int_equal(ask_info(conn, &text, &size), 0);
    assert_int_equal(size, 2);
    assert_memory_equal(text, "{}", 2);
    assert_int_equal(asked.size, sizeof(asked));
    assert_int_equal(asked.version, CHAOSD_VERSION);
    assert_int_equal(asked.type, CHAOSD_INFO);
    assert_int_equal(asked.pad, 0);
    assert_int_equal(asked.status, 0);
    assert_int_equal(ask_info(conn, &text, &size), 0);
    assert_int_equal(size, 0);
    chaos_conn_close(conn);
    daemon_model_stop();
}

static void byte_by_byte(int fd)
{
    const char text[] = "piecemeal";
    struct chaosd_header header;
    uint8_t bytes[sizeof(header) + sizeof(text)];
    size_t i;

    daemon_model_read(fd);
    header = daemon_model_header(0, sizeof(text));
    memcpy(bytes, &header, sizeof(header));
    memcpy(bytes + sizeof(header), text, sizeof(text));
    for (i = 0; i < sizeof(bytes); i++) {
        daemon_model_send(fd, bytes + i, 1);
        usleep(1000);
    }
    daemon_model_wait(fd);
}

static void partial_frames(void **state)
{
    struct chaos_conn *conn;
    const char *text;
    size_t size;

    daemon_model_start(*state, byte_by_byte, NULL);
    conn = connect_to(*state);
    assert_int_equal(ask_info(conn, &text, &size), 0);
    assert_string_equal(text, "piecemeal");
    chaos_conn_close(conn);
    daemon_model_stop();
}

static uint8_t big[1 << 20];

static void answers_big(int fd)
{
    size_t i;

    daemon_model_read(fd);
    for (i = 0; i < sizeof(big); i++)
        big[i] = (uint8_t)(i * 7);
    daemon_model_reply(fd, 0, big, sizeof(big));
    daemon_model_wait(fd);
}

static void a_large_answer(void **state)
{
    struct chaos_conn *conn;
    const char *text;
    size_t size;

    daemon_model_start(*state, answers_big, NULL);
    conn = connect_to(*state);
    assert_int_equal(ask_info(conn, &text, &size), 0);
    assert_int_equal(size, sizeof(big));
    assert_memory_equal(text, big, sizeof(big));
    assert_int_equal((uintptr_t)text % 8, 0);
    chaos_conn_close(conn);
    daemon_model_stop();
}

/* Three in one write, of sizes that would leave the next unaligned. */
static void sends_three(int fd)
{
    uint8_t bytes[256];
    size_t used = 0, i;

    daemon_model_read(fd);
    for (i = 1; i <= 3; i++) {
        struct chaosd_header header = daemon_model_header(0, i);

        header.type = i == 1 ? asked.type : CHAOSD_EVENT;
        memcpy(bytes + used, &header, sizeof(header));
        used += sizeof(header);
        memset(bytes + used, (int)i, i);
        used += i;
    }
    daemon_model_send(fd, bytes, used);
    daemon_model_wait(fd);
}

static void a_stream(void **state)
{
    struct chaosd_header header;
    struct chaos_conn *conn;
    const void *payload;
    size_t size, i;

    daemon_model_start(*state, sends_three, NULL);
    conn = connect_to(*state);
    assert_int_equal(
        chaos_conn_ask(conn, CHAOSD_EVENTS, NULL, 0, 500, &payload, &size), 0);
    for (i = 2; i <= 3; i++) {
        assert_int_equal(chaos_conn_recv(conn, 500, &header, &payload), 0);
        assert_int_equal(header.type, CHAOSD_EVENT);
        assert_int_equal(header.size, sizeof(header) + i);
        assert_int_equal((uintptr_t)payload % 8, 0);
        assert_int_equal(*(const uint8_t *)payload, i);
    }
    assert_int_equal(chaos_conn_recv(conn, 0, &header, &payload), -ETIMEDOUT);
    chaos_conn_close(conn);
    daemon_model_stop();
}

/* --- what breaks the rules ---------------------------------------------------
 */

static void refuses(int fd)
{
    daemon_model_read(fd);
    daemon_model_reply(fd, -EPERM, "only root\nmay", 13);
    daemon_model_read(fd);
    daemon_model_reply(fd, -EINVAL, NULL, 0);
    daemon_model_read(fd);
    daemon_model_reply(fd, 0, "ok", 2);
    daemon_model_wait(fd);
}

static void a_refusal(void **state)
{
    struct kit *kit = *state;
    struct chaos_conn *conn;
    const char *text;
    size_t size;

    daemon_model_start(kit, refuses, NULL);
    conn = connect_to(kit);
    kit_assert_error(kit->ctx, ask_info(conn, &text, &size), -EPERM);
    assert_string_equal(chaos_ctx_error(kit->ctx), "chaosd: only root?may");
    kit_assert_error(kit->ctx, ask_info(conn, &text, &size), -EINVAL);
    /* And the connection is as good as before. */
    assert_int_equal(ask_info(conn, &text, &size), 0);
    chaos_conn_close(conn);
    daemon_model_stop();
}

static void cuts_off(int fd)
{
    struct chaosd_header header;

    daemon_model_read(fd);
    header = daemon_model_header(-EACCES, 8);
    header.type = CHAOSD_REFUSED;
    header.id = 0;
    daemon_model_send(fd, &header, sizeof(header));
    daemon_model_send(fd, "not you!", 8);
}

static void being_cut_off(void **state)
{
    assert_info_fails(*state, cuts_off, -EACCES, "not you!");
}

static void (*spoil)(struct chaosd_header *header);

static void answers_spoilt(int fd)
{
    struct chaosd_header header;

    daemon_model_read(fd);
    header = daemon_model_header(0, 4);
    spoil(&header);
    daemon_model_send(fd, &header, sizeof(header));
    daemon_model_send(fd, "four", 4);
    daemon_model_wait(fd);
}

static void spoil_version(struct chaosd_header *header)
{
    header->version++;
}

static void spoil_pad(struct chaosd_header *header)
{
    header->pad = 1;
}

static void spoil_id(struct chaosd_header *header)
{
    header->id++;
}

static void spoil_type(struct chaosd_header *header)
{
    header->type = CHAOSD_TAKE;
}

static void spoil_type_far(struct chaosd_header *header)
{
    header->type = CHAOSD_TYPE_MAX + 1;
}

static void spoil_status(struct chaosd_header *header)
{
    header->status = 5;
}

static void spoil_status_far(struct chaosd_header *header)
{
    header->status = INT32_MIN;
}

static void too_small(struct chaosd_header *header)
{
    header->size = sizeof(*header) - 1;
}

static void too_large(struct chaosd_header *header)
{
    header->size = CHAOSD_REPLY_MAX + 1;
}

static void broken_rules(void **state)
{
    static void (*const spoilers[])(struct chaosd_header *) = {
        spoil_version, spoil_pad,        spoil_id,  spoil_type, spoil_type_far,
        spoil_status,  spoil_status_far, too_small, too_large};
    struct kit *kit = *state;
    size_t i;

    for (i = 0; i < sizeof(spoilers) / sizeof(*spoilers); i++) {
        struct chaosd_header header;
        struct chaos_conn *conn;
        const void *payload;
        const char *text;
        size_t size;

        spoil = spoilers[i];
        daemon_model_start(kit, answers_spoilt, NULL);
        conn = connect_to(kit);
        kit_assert_error(kit->ctx, ask_info(conn, &text, &size), -EPROTO);
        /* From then on there is nothing to be had from it. */
        assert_int_equal(ask_info(conn, &text, &size), -EPROTO);
        assert_int_equal(chaos_conn_recv(conn, 10, &header, &payload), -EPROTO);
        chaos_conn_close(conn);
        daemon_model_stop();
    }
}

static void closes_within(int fd)
{
    struct chaosd_header header;

    daemon_model_read(fd);
    header = daemon_model_header(0, 100);
    daemon_model_send(fd, &header, sizeof(header));
    daemon_model_send(fd, "half", 4);
}

static void closes_in_header(int fd)
{
    daemon_model_read(fd);
    daemon_model_send(fd, "\x20\0\0", 3);
}

static void closes_at_once(int fd)
{
    (void)fd;
}

static void closed_connections(void **state)
{
    assert_info_fails(*state, closes_within, -ECONNRESET, "closed");
    assert_info_fails(*state, closes_in_header, -ECONNRESET, "closed");
    assert_info_fails(*state, closes_at_once, -ECONNRESET, "closed");
}

static void a_question_too_long(void **state)
{
    struct kit *kit = *state;
    struct chaos_conn *conn;
    const char *text;
    size_t size;

    daemon_model_start(kit, answers_twice, NULL);
    conn = connect_to(kit);
    kit_assert_error(
        kit->ctx,
        chaos_conn_send(conn, CHAOSD_LOG, big,
                        CHAOSD_REQUEST_MAX - sizeof(struct chaosd_header) + 1),
        -EMSGSIZE);
    /* Nothing of it was sent. */
    assert_int_equal(ask_info(conn, &text, &size), 0);
    assert_int_equal(asked.type, CHAOSD_INFO);
    chaos_conn_close(conn);
    daemon_model_stop();
}

/* --- time
 * ---------------------------------------------------------------------
 */

static void is_late(int fd)
{
    struct chaosd_header first;

    daemon_model_read(fd);
    first = asked;
    daemon_model_read(fd);
    asked = first;
    daemon_model_reply(fd, 0, "late", 4);
    asked.id++;
    daemon_model_reply(fd, 0, "due", 3);
    daemon_model_wait(fd);
}

static void a_late_reply(void **state)
{
    struct kit *kit = *state;
    struct chaos_conn *conn;
    const void *reply_to;
    const char *text;
    size_t size;

    daemon_model_start(kit, is_late, NULL);
    conn = connect_to(kit);
    kit_assert_error(
        kit->ctx,
        chaos_conn_ask(conn, CHAOSD_INFO, NULL, 0, 20, &reply_to, &size),
        -ETIMEDOUT);
    assert_int_equal(ask_info(conn, &text, &size), 0);
    assert_int_equal(size, 3);
    assert_memory_equal(text, "due", 3);
    chaos_conn_close(conn);
    daemon_model_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, kit_teardown)
        TEST(an_answer),    TEST(partial_frames),     TEST(a_large_answer),
        TEST(a_stream),     TEST(a_refusal),          TEST(being_cut_off),
        TEST(broken_rules), TEST(closed_connections), TEST(a_question_too_long),
        TEST(a_late_reply),
    };

    return cmocka_run_group_tests_name("conn", tests, NULL, NULL);
}
