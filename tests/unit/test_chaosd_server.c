/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_chaosd_server.c: clients of every kind: whole, split, wrong, slow,
 * silent, half-closed, greedy and dead. None of them harms another.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server_kit.h"
#include "unit.h"

static const struct chaosd_header good = {
    .size = sizeof(good), .version = CHAOSD_VERSION, .type = CHAOSD_LOG};

static void test_split(void **state)
{
    struct {
        struct chaosd_header h;
        char payload[3];
    } __attribute__((packed)) message = {.h = good, .payload = "abc"};
    struct server_kit *kit = *state;
    int fd = server_kit_connect(kit);
    size_t i;

    message.h.size = sizeof(message);
    for (i = 0; i < sizeof(message); i++) {
        assert_int_equal(kit->asked, 0);
        server_kit_bytes(kit, fd, (const char *)&message + i, 1);
    }
    assert_int_equal(server_kit_expect(kit, fd, CHAOSD_LOG, 0, 0), 3);
    assert_int_equal(kit->asked, 1);
    close(fd);
}

static void expect_fault(struct server_kit *kit, struct chaosd_header h)
{
    int fd = server_kit_connect(kit);

    server_kit_bytes(kit, fd, &h, sizeof(h));
    server_kit_expect_refused(kit, fd, -EPROTO);
    close(fd);
}

static void test_wrong_headers(void **state)
{
    struct server_kit *kit = *state;
    struct chaosd_header h;

    h = good;
    h.version = CHAOSD_VERSION + 1;
    expect_fault(kit, h);
    h = good;
    h.pad = 1;
    expect_fault(kit, h);
    h = good;
    h.status = -1;
    expect_fault(kit, h);
    h = good;
    h.size = sizeof(h) - 1;
    expect_fault(kit, h);
    h.size = 0;
    expect_fault(kit, h);
    /* Not waited for until the rest is there. */
    h.size = CHAOSD_REQUEST_MAX + 1;
    expect_fault(kit, h);
    h.size = UINT32_MAX;
    expect_fault(kit, h);
    assert_int_equal(kit->asked, 0);
    assert_int_equal(server_clients(kit->server), 0);
}

static void test_largest(void **state)
{
    struct server_kit *kit = *state;
    uint8_t *message = calloc(1, CHAOSD_REQUEST_MAX);
    struct chaosd_header h = good;
    int fd = server_kit_connect(kit);

    assert_non_null(message);
    h.size = CHAOSD_REQUEST_MAX;
    memcpy(message, &h, sizeof(h));
    server_kit_bytes(kit, fd, message, CHAOSD_REQUEST_MAX);
    /* Too much for this handler, but not for the protocol. */
    server_kit_expect(kit, fd, CHAOSD_LOG, 0, -EINVAL);
    server_kit_expect_alive(kit, fd);
    free(message);
    close(fd);
}

static void test_unknown_types(void **state)
{
    static const uint16_t types[] = {0, CHAOSD_EVENT, CHAOSD_TYPE_MAX + 1,
                                     UINT16_MAX};
    struct server_kit *kit = *state;
    int fd = server_kit_connect(kit);
    size_t i;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        server_kit_send(kit, fd, types[i], 9, "x", 1);
        server_kit_expect(kit, fd, types[i], 9, -EOPNOTSUPP);
    }
    server_kit_expect_alive(kit, fd);
    close(fd);
}

static void test_payload_sizes(void **state)
{
    struct server_kit *kit = *state;
    int fd = server_kit_connect(kit);

    server_kit_send(kit, fd, CHAOSD_POOL_STATUS, 1, "abc", 3);
    server_kit_expect(kit, fd, CHAOSD_POOL_STATUS, 1, -EINVAL);
    server_kit_send(kit, fd, CHAOSD_POOL_STATUS, 2, "abcde", 5);
    server_kit_expect(kit, fd, CHAOSD_POOL_STATUS, 2, -EINVAL);
    server_kit_expect_alive(kit, fd);
    assert_int_equal(kit->asked, 1);
    /* What has no reply cannot be told otherwise. */
    server_kit_send(kit, fd, CHAOSD_CONSOLE_INPUT, 3, "abc", 3);
    server_kit_expect_refused(kit, fd, -EINVAL);
    close(fd);
}

static struct client *only_client(struct server_kit *kit)
{
    struct client *c = TAILQ_FIRST(&kit->server->clients);

    assert_non_null(c);
    assert_null(TAILQ_NEXT(c, list));
    return c;
}

static void hook(struct server_kit *kit, int fd)
{
    server_kit_send(kit, fd, CHAOSD_CONSOLE, 1, NULL, 0);
    server_kit_expect(kit, fd, CHAOSD_CONSOLE, 1, 0);
}

/* The seconds are not waited for: the client's time is moved. */
static void sweep_after(struct server_kit *kit, uint64_t seconds)
{
    struct client *c;

    TAILQ_FOREACH(c, &kit->server->clients, list)
    {
        c->since_ns -= c->since_ns ? seconds * 1000000000 : 0;
        c->closed_ns -= c->closed_ns ? seconds * 1000000000 : 0;
    }
    if (event_pending(&kit->server->sweep, EV_TIMEOUT, NULL))
        event_active(&kit->server->sweep, EV_TIMEOUT, 0);
    server_kit_turn(kit);
}

static void test_slow(void **state)
{
    struct server_kit *kit = *state;
    int fd = server_kit_connect(kit);

    hook(kit, fd);
    server_kit_bytes(kit, fd, &good, 15);
    assert_true(event_pending(&kit->server->sweep, EV_TIMEOUT, NULL));
    sweep_after(kit, CLIENT_SECONDS - 1);
    assert_int_equal(server_clients(kit->server), 1);
    /* One byte more is no message more. */
    sweep_after(kit, 2);
    assert_true(server_kit_is_ended(kit, fd));
    assert_int_equal(kit->gone, 1);
    assert_int_equal(server_clients(kit->server), 0);
    close(fd);
}

static void test_whole_in_time(void **state)
{
    struct server_kit *kit = *state;
    int fd = server_kit_connect(kit);

    server_kit_bytes(kit, fd, &good, 15);
    sweep_after(kit, CLIENT_SECONDS - 1);
    server_kit_bytes(kit, fd, (const char *)&good + 15, 1);
    server_kit_expect(kit, fd, CHAOSD_LOG, 0, 0);
    sweep_after(kit, CLIENT_SECONDS);
    server_kit_expect_alive(kit, fd);
    close(fd);
}

/* A client that says nothing is none to wait for: no timer runs. */
static void test_silent(void **state)
{
    struct server_kit *kit = *state;
    int fd = server_kit_connect(kit);

    assert_false(event_pending(&kit->server->sweep, EV_TIMEOUT, NULL));
    sweep_after(kit, 1000);
    server_kit_expect_alive(kit, fd);
    assert_false(event_pending(&kit->server->sweep, EV_TIMEOUT, NULL));
    close(fd);
}

static void test_half_closed(void **state)
{
    struct server_kit *kit = *state;
    int fd = server_kit_connect(kit);

    hook(kit, fd);
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    assert_true(server_kit_is_ended(kit, fd));
    assert_int_equal(kit->gone, 1);
    close(fd);
}

static void test_end_within_message(void **state)
{
    struct server_kit *kit = *state;
    int fd = server_kit_connect(kit);

    hook(kit, fd);
    server_kit_bytes(kit, fd, &good, 10);
    close(fd);
    server_kit_turn(kit);
    assert_int_equal(kit->gone, 1);
    assert_int_equal(server_clients(kit->server), 0);
}

/* What comes later keeps its place, whatever was asked behind it. */
static void test_reply_later(void **state)
{
    struct server_kit *kit = *state;
    int fd = server_kit_connect(kit), other = server_kit_connect(kit);
    struct client *c;

    server_kit_send(kit, fd, CHAOSD_POOL_FILL, 1, NULL, 0);
    server_kit_send(kit, fd, CHAOSD_LOG, 2, "x", 1);
    server_kit_turn(kit);
    assert_int_equal(kit->asked, 1);
    c = client_find(kit->server, kit->last);
    assert_non_null(c);
    server_kit_expect_alive(kit, other);
    /* Not the reply that is waited for. */
    client_send(c, CHAOSD_EVENT, 1, NULL, 0, NULL, 0);
    server_kit_expect(kit, fd, CHAOSD_EVENT, 1, 0);
    assert_int_equal(kit->asked, 2);
    client_fail(c, CHAOSD_POOL_FILL, 1, -ETIMEDOUT, "%s", "late");
    assert_int_equal(
        server_kit_expect(kit, fd, CHAOSD_POOL_FILL, 1, -ETIMEDOUT), 4);
    server_kit_expect(kit, fd, CHAOSD_LOG, 2, 0);
    close(fd);
    close(other);
}

static void test_dies_before_reply(void **state)
{
    struct server_kit *kit = *state;
    int fd = server_kit_connect(kit);

    hook(kit, fd);
    server_kit_send(kit, fd, CHAOSD_POOL_FILL, 1, NULL, 0);
    server_kit_send(kit, fd, CHAOSD_LOG, 2, "x", 1);
    assert_non_null(client_find(kit->server, kit->last));
    close(fd);
    server_kit_turn(kit);
    assert_null(client_find(kit->server, kit->last));
    assert_int_equal(kit->gone, 1);
    assert_int_equal(server_clients(kit->server), 0);
}

static void test_hold(void **state)
{
    struct server_kit *kit = *state;
    int fd = server_kit_connect(kit);
    int i;

    hook(kit, fd);
    for (i = 0; i < 3; i++)
        server_kit_send(kit, fd, CHAOSD_CONSOLE_INPUT, 0, "abcd", 4);
    assert_int_equal(kit->input_size, 4);
    client_hold_input(only_client(kit), false);
    server_kit_turn(kit);
    assert_int_equal(kit->input_size, 8);
    client_hold_input(only_client(kit), false);
    client_hold_input(only_client(kit), true);
    server_kit_turn(kit);
    assert_int_equal(kit->input_size, 8);
    /* Its end is seen though nothing is read. */
    close(fd);
    server_kit_turn(kit);
    assert_int_equal(kit->gone, 1);
}

/* Questions and no fetching of the answers: it is ended, others go on. */
static void test_flood(void **state)
{
    uint32_t size = 60000;
    struct server_kit *kit = *state;
    int fd = server_kit_connect(kit), other = server_kit_connect(kit);
    unsigned i;

    hook(kit, fd);
    for (i = 0; i < 100 && kit->gone == 0; i++) {
        struct client *c;

        server_kit_send(kit, fd, CHAOSD_POOL_STATUS, i, &size, 4);
        TAILQ_FOREACH(c, &kit->server->clients, list)
        assert_true(client_waiting(c) <= CLIENT_BACKLOG);
    }
    assert_int_equal(kit->gone, 1);
    assert_true(i * size > CLIENT_BACKLOG);
    assert_int_equal(server_clients(kit->server), 1);
    server_kit_expect_alive(kit, other);
    close(fd);
    close(other);
}

/* One message may be as large as the protocol has it. */
static void test_large_reply(void **state)
{
    uint32_t size = 6u << 20;
    struct server_kit *kit = *state;
    int fd = server_kit_connect(kit);

    hook(kit, fd);
    server_kit_send(kit, fd, CHAOSD_POOL_STATUS, 1, &size, 4);
    assert_true(client_waiting(only_client(kit)) > 4u << 20);
    assert_int_equal(kit->drained, 0);
    assert_int_equal(server_kit_expect(kit, fd, CHAOSD_POOL_STATUS, 1, 0),
                     size);
    server_kit_turn(kit);
    assert_int_equal(kit->drained, 1);
    assert_int_equal(kit->gone, 0);
    size = CHAOSD_REPLY_MAX;
    server_kit_send(kit, fd, CHAOSD_POOL_STATUS, 2, &size, 4);
    server_kit_expect(kit, fd, CHAOSD_POOL_STATUS, 2, -EMSGSIZE);
    server_kit_expect_alive(kit, fd);
    close(fd);
}

/* Each within its own limit, but too much together. */
static void test_all_together(void **state)
{
    enum { COUNT = 8 };
    uint32_t size = CHAOSD_REPLY_MAX - 16, small = 3u << 20;
    struct server_kit *kit = *state;
    int fds[COUNT], first = server_kit_connect(kit), i;

    hook(kit, first);
    server_kit_send(kit, first, CHAOSD_POOL_STATUS, 1, &small, 4);
    for (i = 0; i < COUNT; i++) {
        fds[i] = server_kit_connect(kit);
        server_kit_send(kit, fds[i], CHAOSD_POOL_STATUS, 1, &size, 4);
        assert_true(kit->server->waiting <= SERVER_BACKLOG);
    }
    assert_int_equal(server_clients(kit->server), COUNT);
    /* One of those that have most went; all others get what is theirs. */
    assert_int_equal(kit->gone, 0);
    assert_int_equal(server_kit_expect(kit, first, CHAOSD_POOL_STATUS, 1, 0),
                     small);
    close(first);
    for (i = 0; i < COUNT; i++)
        close(fds[i]);
    server_kit_turn(kit);
    assert_int_equal(server_clients(kit->server), 0);
    assert_int_equal(kit->server->waiting, 0);
}

static void test_close(void **state)
{
    uint32_t size = 1u << 20;
    struct server_kit *kit = *state;
    int fd = server_kit_connect(kit);

    hook(kit, fd);
    server_kit_send(kit, fd, CHAOSD_POOL_STATUS, 1, &size, 4);
    client_close(only_client(kit));
    server_kit_turn(kit);
    assert_int_equal(kit->gone, 0);
    server_kit_expect(kit, fd, CHAOSD_POOL_STATUS, 1, 0);
    assert_true(server_kit_is_ended(kit, fd));
    assert_int_equal(kit->gone, 1);
    close(fd);
}

static void test_close_not_fetched(void **state)
{
    uint32_t size = 1u << 20;
    struct server_kit *kit = *state;
    int fd = server_kit_connect(kit);

    hook(kit, fd);
    server_kit_send(kit, fd, CHAOSD_POOL_STATUS, 1, &size, 4);
    client_close(only_client(kit));
    sweep_after(kit, CLIENT_SECONDS);
    assert_int_equal(kit->gone, 1);
    close(fd);
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, server_kit_setup, server_kit_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_split),
        TEST(test_wrong_headers),
        TEST(test_largest),
        TEST(test_unknown_types),
        TEST(test_payload_sizes),
        TEST(test_slow),
        TEST(test_whole_in_time),
        TEST(test_silent),
        TEST(test_half_closed),
        TEST(test_end_within_message),
        TEST(test_reply_later),
        TEST(test_dies_before_reply),
        TEST(test_hold),
        TEST(test_flood),
        TEST(test_large_reply),
        TEST(test_all_together),
        TEST(test_close),
        TEST(test_close_not_fetched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
