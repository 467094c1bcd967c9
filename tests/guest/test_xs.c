/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guests' XenStore client and what it makes of control/shutdown, against a
 * daemon that keeps the protocol, and against one that writes what it likes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* For a client that is as new in each test. */
#include "xs.c"
#include "xs_daemon.h"

static int setup(void **state)
{
    (void)state;
    memset(&xs, 0, sizeof(xs));
    xsd_reset();
    xsd_set("control/shutdown", "");
    xs_init();
    xsd_events();
    assert_true(xs_present());
    assert_int_equal(xsd.nr_watched, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_true(xsd.events_on);
    return 0;
}

/* --- a daemon that keeps to the rules ---------------------------------------
 */

static void test_boot(void **state)
{
    (void)state;
    assert_string_equal(xsd_value("control/feature-poweroff"), "1");
    assert_string_equal(xsd_value("control/feature-reboot"), "1");
    assert_string_equal(xsd.watched[0][0], "control/shutdown");
}

static void test_requests(void **state)
{
    char text[16], list[16];
    uint64_t n;

    (void)state;
    xsd_set("a/b", "text");
    xsd_set("/abs", "42");
    xsd_set("not", "secret");
    assert_int_equal(xs_read("a", "b", text, sizeof(text)), 4);
    assert_string_equal(text, "text");
    assert_int_equal(xs_read_u64(NULL, "/abs", &n), 0);
    assert_int_equal(n, 42);
    assert_int_equal(xs_read_u64("a", "b", &n), -EINVAL);
    assert_int_equal(xs_read_or("a", "c", 5), 5);
    assert_int_equal(xs_read("a", "c", text, sizeof(text)), -ENOENT);
    assert_int_equal(xs_read(NULL, "not", text, sizeof(text)), -EIO);
    assert_int_equal(xs_read("a", "b", text, 4), -E2BIG);
    assert_int_equal(xs_list("a", "b", list, sizeof(list)), 5);
    assert_memory_equal(list,
                        "0\0"
                        "17",
                        6);
    assert_int_equal(xs_write("a", "b", "new"), 0);
    assert_string_equal(xsd_value("a/b"), "new");
    assert_int_equal(xs_write_u64("a", "b", UINT64_MAX), 0);
    assert_string_equal(xsd_value("a/b"), "18446744073709551615");
}

/* Its answer comes when something else is asked. */
static void test_post(void **state)
{
    char text[32];

    (void)state;
    xs_post_u64("data/up", 1234);
    assert_string_equal(xsd_value("data/up"), "1234");
    assert_int_equal(xs_read(NULL, "data/up", text, sizeof(text)), 4);
    assert_string_equal(text, "1234");
}

/* Round the ring many times, by pieces of all sizes. */
static void test_pieces(void **state)
{
    char value[500], text[501];
    unsigned int i;

    (void)state;
    for (i = 1; i < 400; i++) {
        xsd.chunk = i % 37 + 1;
        memset(value, 'a' + (int)i % 26, i);
        value[i] = '\0';
        assert_int_equal(xs_write("dir", "key", value), 0);
        assert_int_equal(xs_read("dir", "key", text, sizeof(text)), i);
        assert_string_equal(text, value);
    }
}

static void test_too_long(void **state)
{
    char value[600], text[600];
    unsigned int before = xsd.requests;

    (void)state;
    memset(value, 'x', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    assert_int_equal(xs_write("dir", "key", value), -E2BIG);
    assert_int_equal(xs_read(value, "key", text, sizeof(text)), -E2BIG);
    assert_int_equal(xsd.requests, before);
    xsd_set("long", value);
    assert_int_equal(xs_read(NULL, "long", text, sizeof(text)), -E2BIG);
    assert_true(xs_read(NULL, "control/shutdown", text, sizeof(text)) == 0);
}

/* --- watches ----------------------------------------------------------------
 */

static unsigned int called;
static int called_rc;

static void on_watch(struct xs_watch *w)
{
    char text[16];

    assert_false(xsd.events_on);
    called++;
    called_rc = xs_read(NULL, w->path, text, sizeof(text));
}

static void test_watch(void **state)
{
    struct xs_watch w = {.path = "dev", .fn = on_watch, .shallow = true};
    const char *token;

    (void)state;
    xsd_set("dev", "abc");
    called = 0;
    assert_int_equal(xs_watch(&w), 0);
    assert_int_equal(called, 1);
    assert_int_equal(called_rc, 3);
    token = xsd.watched[1][1];
    xsd_fire("dev/0", token);
    xsd_events();
    assert_int_equal(called, 2);
    xsd_fire("dev/0/state", token);
    xsd_fire("dev/0", "77");
    xsd_fire("dev/0", "x");
    xsd_fire("d", token);
    xsd_events();
    assert_int_equal(called, 3);
    xs_unwatch(&w);
    xsd_fire("dev/0", token);
    xsd_events();
    assert_int_equal(called, 3);
}

/* --- what the toolstack asks for --------------------------------------------
 */

static void shutdown(const char *what)
{
    xsd_set("control/shutdown", what);
    xsd_fire("control/shutdown", xsd.watched[0][1]);
    xsd_events();
}

static void test_shutdown(void **state)
{
    (void)state;
    shutdown("");
    assert_int_equal(xsd.acted, 0);
    shutdown("poweroff");
    assert_int_equal(xsd.acted, NOXS_SYSCTL_POWEROFF);
    assert_string_equal(xsd_value("control/shutdown"), "");
    shutdown("reboot");
    assert_int_equal(xsd.acted, NOXS_SYSCTL_REBOOT);
    xsd.acted = 0;
    shutdown("suspend");
    assert_int_equal(xsd.acted, 0);
    assert_string_equal(xsd_value("control/shutdown"), "suspend");
    shutdown("poweroff, but longer than any word there is");
    assert_int_equal(xsd.acted, 0);
}

/* --- one that does not ------------------------------------------------------
 */

static void test_silence(void **state)
{
    char text[8];
    uint64_t begin = xsd.now;

    (void)state;
    xsd.answers = false;
    assert_int_equal(xs_read(NULL, "a", text, sizeof(text)), -ETIMEDOUT);
    assert_true(xsd.now - begin >= 1000000000);
    /* The answer to that comes at last; it is not taken for the next one's. */
    xsd_say(XS_READ, xsd.last_id, "old", 3);
    xsd.answers = true;
    xsd_set("a", "new");
    assert_int_equal(xs_read(NULL, "a", text, sizeof(text)), 3);
    assert_string_equal(text, "new");
}

/* It takes nothing off the ring: no request is cut in two. */
static void test_no_room(void **state)
{
    char value[400];
    uint32_t prod = 0;
    int i;

    (void)state;
    xsd.serves = false;
    memset(value, 'x', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    for (i = 0; i < 3; i++) {
        prod = xsd.ring.req_prod;
        assert_int_equal(xs_write("dir", "key", value), -ETIMEDOUT);
    }
    assert_int_equal(xsd.ring.req_prod, prod);
    xsd.ring.req_cons = xsd.ring.req_prod + 5;
    assert_int_equal(xs_write("dir", "key", "v"), -ETIMEDOUT);
    assert_int_equal(xsd.ring.req_prod, prod);
}

static void test_wrong_type(void **state)
{
    char text[8];

    (void)state;
    xsd.answers = false;
    xsd_say(XS_DIRECTORY, xsd.last_id + 1, "list", 4);
    assert_int_equal(xs_read(NULL, "a", text, sizeof(text)), -EIO);
    xsd_say(XS_ERROR, xsd.last_id + 1, "", 0);
    assert_int_equal(xs_read(NULL, "a", text, sizeof(text)), -EIO);
}

static void test_bad_index(void **state)
{
    char text[8];

    (void)state;
    xsd.ring.rsp_prod = xsd.ring.rsp_cons + XENSTORE_RING_SIZE + 1;
    xsd.handler(XSD_PORT, NULL);
    assert_false(xs_present());
    assert_null(xsd.handler);
    assert_int_equal(xs_read(NULL, "a", text, sizeof(text)), -EIO);
    xs_post_u64("a", 1);
}

static void test_bad_length(void **state)
{
    struct xsd_sockmsg head = {.type = XS_WATCH_EVENT,
                               .len = XENSTORE_PAYLOAD_MAX + 1};

    (void)state;
    memcpy(xsd.out + xsd.out_len, &head, sizeof(head));
    xsd.out_len += sizeof(head);
    xsd_events();
    assert_false(xs_present());
}

/* As long as may be, and of no use. */
static void test_long_events(void **state)
{
    static char text[XENSTORE_PAYLOAD_MAX];
    char value[8];

    (void)state;
    memset(text, 'p', sizeof(text));
    xsd_say(XS_WATCH_EVENT, 0, text, sizeof(text));
    xsd_say(XS_WATCH_EVENT, 0, "", 0);
    xsd_say(XS_WATCH_EVENT, 0, "path", 4);
    xsd_say(XS_WATCH_EVENT, 0, "path", 5);
    xsd_events();
    xsd_set("a", "b");
    assert_int_equal(xs_read(NULL, "a", value, sizeof(value)), 1);
}

/* Whatever it is, it is not followed out of the ring. */
static void test_noise(void **state)
{
    struct xsd_sockmsg head;
    char value[32];
    unsigned int round, i;

    (void)state;
    srand(1);
    for (round = 0; round < 3000; round++) {
        if (!xs_present())
            setup(NULL);
        xsd.out_len = xsd.out_at = 0;
        xsd.answers = rand() % 2;
        head.type = (uint32_t)rand() % 20;
        head.req_id = (uint32_t)rand() % 8;
        head.len = (uint32_t)rand() % (rand() % 4 ? 64 : 5000);
        memcpy(xsd.out, &head, sizeof(head));
        for (i = sizeof(head); i < sizeof(head) + head.len; i++)
            xsd.out[i] = (char)(rand() % 4 ? '0' + rand() % 10 : 0);
        xsd.out_len = i;
        xsd.chunk = (size_t)rand() % 300 + 1;
        if (rand() % 8 == 0)
            xsd.ring.rsp_prod += (uint32_t)rand();
        xs_read(NULL, "a", value, sizeof(value));
        xs_list(NULL, "a", value, sizeof(value));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
        TEST(test_boot),        TEST(test_requests),  TEST(test_post),
        TEST(test_pieces),      TEST(test_too_long),  TEST(test_watch),
        TEST(test_shutdown),    TEST(test_silence),   TEST(test_no_room),
        TEST(test_wrong_type),  TEST(test_bad_index), TEST(test_bad_length),
        TEST(test_long_events), TEST(test_noise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
