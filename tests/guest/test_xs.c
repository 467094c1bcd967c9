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

#define PORT 7
#define NODES 8

/* --- the base beneath it ---------------------------------------------------
 */

static struct start_info start;
struct start_info *guest_start_info = &start;
static struct xenstore_domain_interface ring;
static event_fn *handler;
static uint64_t now;
static uint32_t acted;
static bool events_on = true;

/* What the daemon has yet to say, and how much of it at a time. */
static char out[65536];
static size_t out_len, out_at, chunk;
static bool serves, answers;
static struct {
    char path[1100], value[600];
    bool used;
} nodes[NODES];
static char watched[8][2][1100];
static unsigned int nr_watched;
static unsigned int requests;
static uint32_t last_id;

static void serve(void);
static void feed(void);

bool events_disable(void)
{
    bool on = events_on;

    events_on = false;
    return on;
}

void events_restore(bool on)
{
    events_on = on;
}

int event_bind(uint32_t port, event_fn *fn, void *arg)
{
    (void)arg;
    assert_int_equal(port, PORT);
    handler = fn;
    return 0;
}

void event_unbind(uint32_t port)
{
    assert_int_equal(port, PORT);
    handler = NULL;
}

int event_notify(uint32_t port)
{
    assert_int_equal(port, PORT);
    if (serves)
        serve();
    return 0;
}

/* Nothing else runs meanwhile. */
void event_poll(uint32_t port, uint64_t until)
{
    assert_int_equal(port, PORT);
    assert_false(events_on);
    now += out_at < out_len ? 1000 : until - now;
    feed();
}

uint64_t time_now(void)
{
    return now;
}

int page_of_frame(uint64_t mfn, void **va_out)
{
    if (mfn != 99)
        return -ERANGE;
    *va_out = &ring;
    return 0;
}

struct noxs_sysctl *sysctl_page(void)
{
    return NULL;
}

void sysctl_act(uint32_t cmd)
{
    acted = cmd;
}

/* string.c's neighbours are the C library's here. */
int parse_u64(const char **s, uint64_t *value);
int parse_u64(const char **s, uint64_t *value)
{
    char *end;

    if (**s < '0' || **s > '9')
        return -EINVAL;
    *value = strtoull(*s, &end, 10);
    *s = end;
    return 0;
}

/* --- a daemon --------------------------------------------------------------
 */

static void say(uint32_t type, uint32_t id, const void *data, size_t len)
{
    struct xsd_sockmsg head = {.type = type, .req_id = id, .len = len};

    assert_true(out_len + sizeof(head) + len <= sizeof(out));
    memcpy(out + out_len, &head, sizeof(head));
    memcpy(out + out_len + sizeof(head), data, len);
    out_len += sizeof(head) + len;
}

static void feed(void)
{
    size_t n;

    for (n = 0; n < chunk && out_at < out_len &&
                ring.rsp_prod - ring.rsp_cons < XENSTORE_RING_SIZE;
         n++)
        ring.rsp[MASK_XENSTORE_IDX(ring.rsp_prod++)] = out[out_at++];
    if (out_at == out_len)
        out_at = out_len = 0;
}

/* Until it has said everything; as an event would have it. */
static void events(void)
{
    while (out_at < out_len && handler) {
        feed();
        events_on = false;
        handler(PORT, NULL);
        events_on = true;
    }
}

static unsigned int node(const char *path)
{
    unsigned int i;

    for (i = 0; i < NODES && (!nodes[i].used || strcmp(nodes[i].path, path));
         i++)
        ;
    return i;
}

static void set(const char *path, const char *value)
{
    unsigned int i = node(path);

    if (i == NODES)
        for (i = 0; nodes[i].used; i++)
            ;
    nodes[i].used = true;
    snprintf(nodes[i].path, sizeof(nodes[i].path), "%s", path);
    snprintf(nodes[i].value, sizeof(nodes[i].value), "%s", value);
}

static void fire(const char *path, const char *token)
{
    char text[128];
    int len = snprintf(text, sizeof(text), "%s%c%s", path, 0, token) + 1;

    say(XS_WATCH_EVENT, 0, text, (size_t)len);
}

static void handle(const struct xsd_sockmsg *head, const char *text)
{
    const char *second = text + strlen(text) + 1;
    unsigned int i = node(text);

    requests++;
    last_id = head->req_id;
    if (!answers)
        return;
    switch (head->type) {
    case XS_READ:
    case XS_DIRECTORY:
        if (i == NODES)
            say(XS_ERROR, head->req_id, "ENOENT", 7);
        else if (!strcmp(nodes[i].value, "secret"))
            say(XS_ERROR, head->req_id, "EACCES", 7);
        else if (head->type == XS_READ)
            say(XS_READ, head->req_id, nodes[i].value, strlen(nodes[i].value));
        else
            say(XS_DIRECTORY, head->req_id,
                "0\0"
                "17",
                5);
        break;
    case XS_WRITE:
        set(text, second);
        say(XS_WRITE, head->req_id, "OK", 3);
        break;
    case XS_WATCH:
        assert_in_range(nr_watched, 0, 7);
        strcpy(watched[nr_watched][0], text);
        strcpy(watched[nr_watched++][1], second);
        /* Some say so before they answer. */
        fire(text, second);
        say(XS_WATCH, head->req_id, "OK", 3);
        break;
    default:
        say(head->type, head->req_id, "OK", 3);
    }
}

static void serve(void)
{
    struct xsd_sockmsg head;
    char text[1025];
    uint32_t i, at;

    while (ring.req_prod != ring.req_cons) {
        assert_in_range(ring.req_prod - ring.req_cons, sizeof(head),
                        XENSTORE_RING_SIZE);
        at = ring.req_cons;
        for (i = 0; i < sizeof(head); i++)
            ((char *)&head)[i] = ring.req[MASK_XENSTORE_IDX(at++)];
        assert_int_equal(head.tx_id, 0);
        assert_true(sizeof(head) + head.len <= ring.req_prod - ring.req_cons);
        for (i = 0; i < head.len; i++)
            text[i] = ring.req[MASK_XENSTORE_IDX(at++)];
        text[i] = '\0';
        ring.req_cons = at;
        handle(&head, text);
    }
}

static int setup(void **state)
{
    (void)state;
    memset(&xs, 0, sizeof(xs));
    memset(&ring, 0, sizeof(ring));
    memset(nodes, 0, sizeof(nodes));
    out_len = out_at = 0;
    nr_watched = requests = 0;
    chunk = sizeof(out);
    serves = answers = events_on = true;
    acted = 0;
    start.store_mfn = 99;
    start.store_evtchn = PORT;
    set("control/shutdown", "");
    xs_init();
    events();
    assert_true(xs_present());
    assert_int_equal(nr_watched, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_true(events_on);
    return 0;
}

/* --- a daemon that keeps to the rules ---------------------------------------
 */

static void test_boot(void **state)
{
    (void)state;
    assert_string_equal(nodes[node("control/feature-poweroff")].value, "1");
    assert_string_equal(nodes[node("control/feature-reboot")].value, "1");
    assert_string_equal(watched[0][0], "control/shutdown");
}

static void test_requests(void **state)
{
    char text[16], list[16];
    uint64_t n;

    (void)state;
    set("a/b", "text");
    set("/abs", "42");
    set("not", "secret");
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
    assert_string_equal(nodes[node("a/b")].value, "new");
    assert_int_equal(xs_write_u64("a", "b", UINT64_MAX), 0);
    assert_string_equal(nodes[node("a/b")].value, "18446744073709551615");
}

/* Its answer comes when something else is asked. */
static void test_post(void **state)
{
    char text[32];

    (void)state;
    xs_post_u64("data/up", 1234);
    assert_string_equal(nodes[node("data/up")].value, "1234");
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
        chunk = i % 37 + 1;
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
    unsigned int before = requests;

    (void)state;
    memset(value, 'x', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    assert_int_equal(xs_write("dir", "key", value), -E2BIG);
    assert_int_equal(xs_read(value, "key", text, sizeof(text)), -E2BIG);
    assert_int_equal(requests, before);
    set("long", value);
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

    assert_false(events_on);
    called++;
    called_rc = xs_read(NULL, w->path, text, sizeof(text));
}

static void test_watch(void **state)
{
    struct xs_watch w = {.path = "dev", .fn = on_watch, .shallow = true};
    const char *token;

    (void)state;
    set("dev", "abc");
    called = 0;
    assert_int_equal(xs_watch(&w), 0);
    assert_int_equal(called, 1);
    assert_int_equal(called_rc, 3);
    token = watched[1][1];
    fire("dev/0", token);
    events();
    assert_int_equal(called, 2);
    fire("dev/0/state", token);
    fire("dev/0", "77");
    fire("dev/0", "x");
    fire("d", token);
    events();
    assert_int_equal(called, 3);
    xs_unwatch(&w);
    fire("dev/0", token);
    events();
    assert_int_equal(called, 3);
}

/* --- what the toolstack asks for --------------------------------------------
 */

static void shutdown(const char *what)
{
    set("control/shutdown", what);
    fire("control/shutdown", watched[0][1]);
    events();
}

static void test_shutdown(void **state)
{
    (void)state;
    shutdown("");
    assert_int_equal(acted, 0);
    shutdown("poweroff");
    assert_int_equal(acted, NOXS_SYSCTL_POWEROFF);
    assert_string_equal(nodes[node("control/shutdown")].value, "");
    shutdown("reboot");
    assert_int_equal(acted, NOXS_SYSCTL_REBOOT);
    acted = 0;
    shutdown("suspend");
    assert_int_equal(acted, 0);
    assert_string_equal(nodes[node("control/shutdown")].value, "suspend");
    shutdown("poweroff, but longer than any word there is");
    assert_int_equal(acted, 0);
}

/* --- one that does not ------------------------------------------------------
 */

static void test_silence(void **state)
{
    char text[8];
    uint64_t begin = now;

    (void)state;
    answers = false;
    assert_int_equal(xs_read(NULL, "a", text, sizeof(text)), -ETIMEDOUT);
    assert_true(now - begin >= 1000000000);
    /* The answer to that comes at last; it is not taken for the next one's. */
    say(XS_READ, last_id, "old", 3);
    answers = true;
    set("a", "new");
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
    serves = false;
    memset(value, 'x', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    for (i = 0; i < 3; i++) {
        prod = ring.req_prod;
        assert_int_equal(xs_write("dir", "key", value), -ETIMEDOUT);
    }
    assert_int_equal(ring.req_prod, prod);
    ring.req_cons = ring.req_prod + 5;
    assert_int_equal(xs_write("dir", "key", "v"), -ETIMEDOUT);
    assert_int_equal(ring.req_prod, prod);
}

static void test_wrong_type(void **state)
{
    char text[8];

    (void)state;
    answers = false;
    say(XS_DIRECTORY, last_id + 1, "list", 4);
    assert_int_equal(xs_read(NULL, "a", text, sizeof(text)), -EIO);
    say(XS_ERROR, last_id + 1, "", 0);
    assert_int_equal(xs_read(NULL, "a", text, sizeof(text)), -EIO);
}

static void test_bad_index(void **state)
{
    char text[8];

    (void)state;
    ring.rsp_prod = ring.rsp_cons + XENSTORE_RING_SIZE + 1;
    handler(PORT, NULL);
    assert_false(xs_present());
    assert_null(handler);
    assert_int_equal(xs_read(NULL, "a", text, sizeof(text)), -EIO);
    xs_post_u64("a", 1);
}

static void test_bad_length(void **state)
{
    struct xsd_sockmsg head = {.type = XS_WATCH_EVENT,
                               .len = XENSTORE_PAYLOAD_MAX + 1};

    (void)state;
    memcpy(out + out_len, &head, sizeof(head));
    out_len += sizeof(head);
    events();
    assert_false(xs_present());
}

/* As long as may be, and of no use. */
static void test_long_events(void **state)
{
    static char text[XENSTORE_PAYLOAD_MAX];
    char value[8];

    (void)state;
    memset(text, 'p', sizeof(text));
    say(XS_WATCH_EVENT, 0, text, sizeof(text));
    say(XS_WATCH_EVENT, 0, "", 0);
    say(XS_WATCH_EVENT, 0, "path", 4);
    say(XS_WATCH_EVENT, 0, "path", 5);
    events();
    set("a", "b");
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
        out_len = out_at = 0;
        answers = rand() % 2;
        head.type = (uint32_t)rand() % 20;
        head.req_id = (uint32_t)rand() % 8;
        head.len = (uint32_t)rand() % (rand() % 4 ? 64 : 5000);
        memcpy(out, &head, sizeof(head));
        for (i = sizeof(head); i < sizeof(head) + head.len; i++)
            out[i] = (char)(rand() % 4 ? '0' + rand() % 10 : 0);
        out_len = i;
        chunk = (size_t)rand() % 300 + 1;
        if (rand() % 8 == 0)
            ring.rsp_prod += (uint32_t)rand();
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
