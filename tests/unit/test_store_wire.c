/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XenStore's protocol: what goes out is what the daemon reads, what comes in is
 * understood in whatever pieces it comes, and a daemon that errs, vanishes or
 * keeps silent is an error and never a wait without end.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <xen/io/xs_wire.h>

#include "store.h"
#include "unit.h"

/* The daemon's end: what it will say is written before it is asked. */
struct wire {
    struct store *store;
    int daemon;
};

static int setup(void **state)
{
    struct wire *w = calloc(1, sizeof(*w));
    struct timeval limit = {.tv_usec = 50000};
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    w->daemon = fds[1];
    assert_int_equal(store_wire_open(fds[0], &w->store), 0);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct wire *w = *state;

    w->store->ops->close(w->store);
    close(w->daemon);
    free(w);
    return 0;
}

static void say(const struct wire *w, uint32_t type, uint32_t id,
                const void *data, uint32_t len)
{
    struct xsd_sockmsg head = {.type = type, .req_id = id, .len = len};

    assert_int_equal(write(w->daemon, &head, sizeof(head)), sizeof(head));
    assert_int_equal(write(w->daemon, data, len), len);
}

static void hear(const struct wire *w, uint32_t type, uint32_t transaction,
                 const void *data, uint32_t len)
{
    struct xsd_sockmsg head;
    char payload[XENSTORE_PAYLOAD_MAX];

    assert_int_equal(read(w->daemon, &head, sizeof(head)), sizeof(head));
    assert_int_equal(head.type, type);
    assert_int_equal(head.tx_id, transaction);
    assert_int_equal(head.len, len);
    assert_int_equal(read(w->daemon, payload, len), len);
    assert_memory_equal(payload, data, len);
}

static void silent(const struct wire *w)
{
    char byte;

    assert_int_equal(recv(w->daemon, &byte, 1, MSG_DONTWAIT), -1);
}

static void test_requests(void **state)
{
    struct wire *w = *state;
    struct store_request r[] = {
        {.verb = STORE_WRITE, .path = "/a", .value = "xy"},
        {.verb = STORE_MKDIR, .path = "/b"},
        {.verb = STORE_PERMISSIONS,
         .path = "/b",
         .perms = {.owner = 7, .others = 'n', .has_reader = true}},
        {.verb = STORE_READ, .path = "/c"},
        {.verb = STORE_RM, .path = "/d"},
        {.verb = STORE_DIRECTORY, .path = "/"},
    };

    say(w, XS_WRITE, 1, "OK", 3);
    say(w, XS_MKDIR, 2, "OK", 3);
    say(w, XS_WATCH_EVENT, 0, "/w\0tok", 7);
    say(w, XS_SET_PERMS, 3, "OK", 3);
    say(w, XS_READ, 4, "value", 5);
    say(w, XS_ERROR, 5, "ENOENT", 7);
    say(w, XS_DIRECTORY, 6, "a\0bc", 5);
    assert_int_equal(w->store->ops->run(w->store, 9, r, 6), -ENOENT);
    hear(w, XS_WRITE, 9, "/a\0xy", 5);
    hear(w, XS_MKDIR, 9, "/b", 3);
    hear(w, XS_SET_PERMS, 9, "/b\0n7\0r0", 9);
    hear(w, XS_READ, 9, "/c", 3);
    hear(w, XS_RM, 9, "/d", 3);
    hear(w, XS_DIRECTORY, 9, "/", 2);
    silent(w);
    assert_int_equal(r[0].rc, 0);
    assert_int_equal(r[3].rc, 0);
    assert_string_equal(r[3].text, "value");
    assert_int_equal(r[3].size, 5);
    assert_int_equal(r[4].rc, -ENOENT);
    assert_int_equal(r[5].size, 5);
    assert_memory_equal(r[5].text, "a\0bc", 6);
    free(r[3].text);
    free(r[5].text);
}

/* An event that came among answers is there, though nothing is to be read. */
static void test_events(void **state)
{
    struct wire *w = *state;
    const struct store_ops *ops = w->store->ops;
    char token[8];

    assert_int_equal(ops->event(w->store, token, sizeof(token)), -EAGAIN);
    say(w, XS_WATCH_EVENT, 0, "/w\0one", 7);
    say(w, XS_WATCH, 1, "OK", 3);
    assert_int_equal(ops->watch(w->store, "/w", "one"), 0);
    hear(w, XS_WATCH, 0, "/w\0one", 7);
    assert_int_equal(ops->event(w->store, token, sizeof(token)), 0);
    assert_string_equal(token, "one");
    assert_int_equal(ops->event(w->store, token, sizeof(token)), -EAGAIN);
    say(w, XS_UNWATCH, 2, "OK", 3);
    assert_int_equal(ops->unwatch(w->store, "/w", "one"), 0);
    hear(w, XS_UNWATCH, 0, "/w\0one", 7);
}

/* Half an event is none yet, and the rest comes before the next answer. */
static void test_pieces(void **state)
{
    struct wire *w = *state;
    const struct store_ops *ops = w->store->ops;
    struct xsd_sockmsg head = {.type = XS_WATCH_EVENT, .len = 5};
    char token[8];

    assert_int_equal(write(w->daemon, &head, 7), 7);
    assert_int_equal(ops->event(w->store, token, sizeof(token)), -EAGAIN);
    assert_int_equal(write(w->daemon, (char *)&head + 7, sizeof(head) - 7),
                     sizeof(head) - 7);
    assert_int_equal(write(w->daemon, "/w", 2), 2);
    assert_int_equal(ops->event(w->store, token, sizeof(token)), -EAGAIN);
    assert_int_equal(write(w->daemon, "\0t", 3), 3);
    say(w, XS_UNWATCH, 1, "OK", 3);
    assert_int_equal(ops->unwatch(w->store, "/w", "t"), 0);
    hear(w, XS_UNWATCH, 0, "/w\0t", 5);
    assert_int_equal(ops->event(w->store, token, sizeof(token)), 0);
    assert_string_equal(token, "t");
}

static void test_domains_and_transactions(void **state)
{
    struct wire *w = *state;
    const struct store_ops *ops = w->store->ops;
    uint32_t t;

    say(w, XS_TRANSACTION_START, 1, "4711", 5);
    say(w, XS_ERROR, 2, "EAGAIN", 7);
    say(w, XS_TRANSACTION_END, 3, "OK", 3);
    say(w, XS_INTRODUCE, 4, "OK", 3);
    assert_int_equal(ops->begin(w->store, &t), 0);
    assert_int_equal(t, 4711);
    assert_int_equal(ops->end(w->store, t, true), -EAGAIN);
    assert_int_equal(ops->end(w->store, 5, false), 0);
    assert_int_equal(ops->introduce(w->store, 3, 0x123456789, 2), 0);
    hear(w, XS_TRANSACTION_START, 0, "", 1);
    hear(w, XS_TRANSACTION_END, 4711, "T", 2);
    hear(w, XS_TRANSACTION_END, 5, "F", 2);
    hear(w, XS_INTRODUCE, 0,
         "3\0"
         "4886718345\0"
         "2",
         15);
}

/* More than goes out at once: every request has its own answer. */
static void test_many(void **state)
{
    enum { COUNT = 40 };
    struct wire *w = *state;
    struct store_request r[COUNT];
    char value[1001] = "";
    unsigned i;

    memset(value, 'v', sizeof(value) - 1);
    for (i = 0; i < COUNT; i++) {
        r[i] = (struct store_request){
            .verb = STORE_WRITE, .path = "/a", .value = value};
        say(w, i % 2 ? XS_ERROR : XS_WRITE, i + 1, "EACCES", 7);
    }
    assert_int_equal(w->store->ops->run(w->store, 0, r, COUNT), -EACCES);
    for (i = 0; i < COUNT; i++)
        assert_int_equal(r[i].rc, i % 2 ? -EACCES : 0);
}

/* As oxenstored says it; and an error that no version of the protocol knows. */
static void test_errors(void **state)
{
    struct wire *w = *state;
    struct store_request r[] = {
        {.verb = STORE_WRITE, .path = "/a", .value = ""},
        {.verb = STORE_WRITE, .path = "/b", .value = ""},
    };

    say(w, XS_ERROR, 1, "EQUOTA", 7);
    say(w, XS_ERROR, 2, "EWHATEVER", 10);
    assert_int_equal(w->store->ops->run(w->store, 0, r, 2), -ENOSPC);
    assert_int_equal(r[1].rc, -EIO);
}

static void broken(const struct wire *w, int rc)
{
    struct store_request r[] = {
        {.verb = STORE_READ, .path = "/a"},
        {.verb = STORE_READ, .path = "/b"},
    };

    assert_int_equal(w->store->ops->run(w->store, 0, r, 2), rc);
    assert_int_equal(r[1].rc, rc);
    assert_int_equal(w->store->ops->run(w->store, 0, r, 2), -EPIPE);
    assert_int_equal(w->store->ops->watch(w->store, "/", ""), -EPIPE);
    assert_int_equal(w->store->ops->fd(w->store), rc);
}

static void test_silent_daemon(void **state)
{
    broken(*state, -ETIMEDOUT);
}

static void test_daemon_gone(void **state)
{
    struct wire *w = *state;
    char token[4];

    shutdown(w->daemon, SHUT_RDWR);
    broken(w, -EPIPE);
    assert_int_equal(w->store->ops->event(w->store, token, 4), -EPIPE);
}

static void test_wrong_answer(void **state)
{
    say(*state, XS_READ, 5, "v", 1);
    broken(*state, -EPROTO);
}

static void test_endless_answer(void **state)
{
    struct wire *w = *state;
    struct xsd_sockmsg head = {
        .type = XS_READ,
        .req_id = 1,
        .len = XENSTORE_PAYLOAD_MAX + 1,
    };

    assert_int_equal(write(w->daemon, &head, sizeof(head)), sizeof(head));
    broken(w, -EPROTO);
}

/* It died after the first answer, which stands. */
static void test_half_answered(void **state)
{
    struct wire *w = *state;
    struct store_request r[] = {
        {.verb = STORE_WRITE, .path = "/a", .value = ""},
        {.verb = STORE_WRITE, .path = "/b", .value = ""},
    };

    say(w, XS_WRITE, 1, "OK", 3);
    shutdown(w->daemon, SHUT_WR);
    assert_int_equal(w->store->ops->run(w->store, 0, r, 2), -EPIPE);
    assert_int_equal(r[0].rc, 0);
    assert_int_equal(r[1].rc, -EPIPE);
}

/* Nothing of it goes out, and the others are carried out. */
static void test_too_long(void **state)
{
    struct wire *w = *state;
    static char value[XENSTORE_PAYLOAD_MAX + 1], path[STORE_PATH_SIZE + 2];
    struct store_request r[] = {
        {.verb = STORE_WRITE, .path = "/a", .value = value},
        {.verb = STORE_READ, .path = path},
        {.verb = STORE_RM, .path = "/b"},
    };

    memset(value, 'x', sizeof(value) - 1);
    memset(path, '/', sizeof(path) - 1);
    say(w, XS_RM, 1, "OK", 3);
    assert_int_equal(w->store->ops->run(w->store, 0, r, 3), -E2BIG);
    assert_int_equal(r[1].rc, -E2BIG);
    assert_int_equal(r[2].rc, 0);
    hear(w, XS_RM, 0, "/b", 3);
    silent(w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_requests),       TEST(test_events),
        TEST(test_pieces),         TEST(test_domains_and_transactions),
        TEST(test_many),           TEST(test_silent_daemon),
        TEST(test_daemon_gone),    TEST(test_wrong_answer),
        TEST(test_endless_answer), TEST(test_half_answered),
        TEST(test_too_long),       TEST(test_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
