/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events: what clients are sent, in which order, and what they can ask for. The
 * server is played here: it notes what each client gets.
 */
#include <errno.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../chaosd/daemon.h"
#include "../../chaosd/events.h"
#include "../../chaosd/server.h"
#include "oom.h"
#include "unit.h"

#define SENT_MAX 2000

struct sent {
    uint16_t type;
    uint32_t id;
    int status;
    char *text;
};

struct client {
    struct sent sent[SENT_MAX];
    unsigned count;
    bool closed;
    struct client_hook *hook;
};

static const struct handler *handler;
static struct daemon d;
static struct client *one, *two;

/* --- the server --------------------------------------------------------------
 */

void server_handlers(struct server *server, const struct handler *table,
                     size_t count)
{
    (void)server;
    assert_int_equal(count, 1);
    handler = table;
}

static void note(struct client *c, uint16_t type, uint32_t id, int status,
                 const char *text, size_t size)
{
    assert_true(c->count < SENT_MAX);
    c->sent[c->count++] = (struct sent){type, id, status, strndup(text, size)};
}

void client_reply(struct client *c, uint16_t type, uint32_t id,
                  const void *payload, size_t size)
{
    note(c, type, id, 0, payload, size);
}

void client_fail(struct client *c, uint16_t type, uint32_t id, int rc,
                 const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    note(c, type, id, rc, text, strlen(text));
}

void client_send(struct client *c, uint16_t type, uint32_t id,
                 const void *first, size_t first_size, const void *second,
                 size_t second_size)
{
    (void)second;
    assert_int_equal(second_size, 0);
    note(c, type, id, 0, first, first_size);
}

void client_close(struct client *c)
{
    c->closed = true;
}

void client_hook_add(struct client *c, struct client_hook *hook)
{
    assert_null(c->hook);
    c->hook = hook;
}

void client_hook_remove(struct client *c, struct client_hook *hook)
{
    assert_ptr_equal(c->hook, hook);
    c->hook = NULL;
}

static void go(struct client *c)
{
    struct client_hook *hook = c->hook;

    c->hook = NULL;
    hook->gone(c, hook->arg);
}

/* --- what the tests share ----------------------------------------------------
 */

static struct client *client_new(void)
{
    struct client *c = calloc(1, sizeof(*c));

    assert_non_null(c);
    return c;
}

static void forget(struct client *c)
{
    while (c->count > 0)
        free(c->sent[--c->count].text);
}

static int setup(void **state)
{
    (void)state;
    memset(&d, 0, sizeof(d));
    assert_int_equal(events_create(&d, &d.events), 0);
    events_register(d.events, NULL);
    one = client_new();
    two = client_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    events_destroy(d.events);
    assert_null(one->hook);
    assert_null(two->hook);
    forget(one);
    forget(two);
    free(one);
    free(two);
    return 0;
}

static void ask(struct client *c, uint32_t id, const char *json)
{
    struct request rq = {CHAOSD_EVENTS, id, strlen(json), json};

    assert_in_range(rq.size, handler->min, handler->max);
    handler->run(&d, c, &rq);
}

/* Subscribe and see that it is granted; the reply is forgotten. */
static void subscribe(struct client *c, const char *json)
{
    ask(c, 7, json);
    assert_true(c->count > 0);
    assert_int_equal(c->sent[0].status, 0);
    assert_int_equal(c->sent[0].type, CHAOSD_EVENTS);
}

static void emit(const char *event, uint64_t domid)
{
    events_emit(d.events, event, "domid", EVENT_UINT(domid), NULL);
}

static void assert_has(const struct client *c, unsigned which, const char *text)
{
    assert_true(which < c->count);
    if (!strstr(c->sent[which].text, text))
        fail_msg("%s is not in %s", text, c->sent[which].text);
}

/* Of the message `which`, which is an event. */
static unsigned long seq_of(const struct client *c, unsigned which)
{
    unsigned long seq;

    assert_true(which < c->count);
    assert_int_equal(c->sent[which].type, CHAOSD_EVENT);
    assert_int_equal(sscanf(c->sent[which].text, "{\"seq\":%lu,", &seq), 1);
    return seq;
}

/* What it was sent after the reply are just these events. */
static void assert_seqs(const struct client *c, unsigned long first,
                        unsigned long last)
{
    unsigned long seq;

    assert_int_equal(c->count, 1 + (last + 1 - first));
    for (seq = first; seq <= last; seq++)
        assert_int_equal(seq_of(c, (unsigned)(1 + seq - first)), seq);
}

/* --- the tests ---------------------------------------------------------------
 */

static void test_form(void **state)
{
    static const char pattern[] =
        "^\\{\"seq\":1,\"time\":\"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:"
        "[0-5][0-9]:[0-6][0-9]\\.[0-9]{6}Z\",\"event\":\"exited\","
        "\"domid\":12,\"name\":\"a\\\\\"b\\\\u0007\",\"none\":\"\","
        "\"bad\":\"\\\\\\\\xffx\",\"big\":18446744073709551615\\}$";
    regex_t regex;

    (void)state;
    subscribe(one, "");
    events_emit(d.events, "exited", "domid", EVENT_UINT(12), "name",
                EVENT_TEXT("a\"b\a"), "none", EVENT_TEXT(NULL), "bad",
                EVENT_TEXT("\xffx"), "big", EVENT_UINT(UINT64_MAX), NULL);
    assert_int_equal(one->count, 2);
    assert_int_equal(one->sent[1].type, CHAOSD_EVENT);
    assert_int_equal(one->sent[1].id, 7);
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    if (regexec(&regex, one->sent[1].text, 0, NULL, 0) != 0)
        fail_msg("%s", one->sent[1].text);
    regfree(&regex);
}

static void test_all_get_all(void **state)
{
    (void)state;
    emit("created", 1);
    subscribe(one, "");
    subscribe(two, "{}");
    assert_has(one, 0, "\"seq\":1,\"next\":2,\"lost\":0");
    emit("up", 1);
    emit("one_that_no_filter_knows", 2);
    assert_seqs(one, 2, 3);
    assert_seqs(two, 2, 3);
    go(one);
    emit("exited", 1);
    assert_seqs(one, 2, 3);
    assert_seqs(two, 2, 4);
    forget(one);
    subscribe(one, "");
    go(two);
    emit("exited", 2);
    assert_seqs(one, 5, 5);
}

static void test_by_name(void **state)
{
    (void)state;
    subscribe(one, "{\"events\":[\"exited\",\"leaving\"]}");
    emit("created", 1);
    emit("exited", 1);
    emit("one_that_no_filter_knows", 1);
    events_emit(d.events, "leaving", NULL);
    assert_int_equal(one->count, 3);
    assert_int_equal(seq_of(one, 1), 2);
    assert_int_equal(seq_of(one, 2), 4);
}

static void test_by_domid(void **state)
{
    (void)state;
    subscribe(one, "{\"domid\":5,\"events\":[\"exited\",\"restarted\"]}");
    emit("exited", 4);
    emit("exited", 5);
    emit("created", 5);
    events_emit(d.events, "restarted", "domid", EVENT_UINT(9), "previous",
                EVENT_UINT(5), NULL);
    events_emit(d.events, "restarted", "count", EVENT_UINT(5), "domid",
                EVENT_TEXT("5"), NULL);
    assert_int_equal(one->count, 3);
    assert_int_equal(seq_of(one, 1), 2);
    assert_int_equal(seq_of(one, 2), 4);
}

static void test_history(void **state)
{
    unsigned i;

    (void)state;
    for (i = 1; i <= 10; i++)
        emit("created", i);
    subscribe(one, "{\"history\":3}");
    assert_has(one, 0, "\"seq\":10,\"next\":8,\"lost\":0");
    assert_seqs(one, 8, 10);
    subscribe(two, "{\"history\":4000}");
    assert_seqs(two, 1, 10);
}

static void test_since(void **state)
{
    unsigned i;

    (void)state;
    for (i = 1; i <= 10; i++)
        emit("created", i);
    subscribe(one, "{\"since\":7}");
    assert_seqs(one, 8, 10);
    subscribe(two, "{\"since\":10}");
    assert_seqs(two, 11, 10);
    emit("up", 1);
    assert_seqs(one, 8, 11);
    assert_seqs(two, 11, 11);
}

/* What is kept has an end, by number and by size. */
static void test_lost(void **state)
{
    char text[500];
    unsigned i;

    (void)state;
    for (i = 1; i <= 1500; i++)
        emit("created", i);
    subscribe(one, "{\"since\":100}");
    assert_has(one, 0, "\"seq\":1500,\"next\":501,\"lost\":400");
    assert_seqs(one, 501, 1500);
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    go(one);
    for (i = 0; i < 1000; i++)
        events_emit(d.events, "reaped", "why", EVENT_TEXT(text), NULL);
    subscribe(two, "{\"history\":1000}");
    /* Asking for as much as there is loses nothing. */
    assert_has(two, 0, "\"lost\":0");
    assert_in_range(two->count, 300, 700);
    assert_int_equal(seq_of(two, two->count - 1), 2500);
}

static void test_instance(void **state)
{
    char filter[128];

    (void)state;
    emit("created", 1);
    emit("created", 2);
    subscribe(one, "");
    /* {"instance":"0123456789abcdef", */
    (void)snprintf(filter, sizeof(filter), "%.31s\"since\":1}",
                   one->sent[0].text);
    subscribe(two, filter);
    assert_seqs(two, 2, 2);
    go(two);
    forget(two);
    ask(two, 3, "{\"instance\":\"0\",\"since\":1}");
    assert_int_equal(two->sent[0].status, -ESTALE);
    assert_null(two->hook);
}

static void test_refused(void **state)
{
    (void)state;
    ask(one, 9, "{\"events\":[\"made\"]}");
    assert_int_equal(one->sent[0].id, 9);
    assert_int_equal(one->sent[0].status, -EINVAL);
    assert_has(one, 0, "no event 'made'");
    assert_null(one->hook);
    ask(one, 9, "{\"since\":1}");
    assert_int_equal(one->sent[1].status, -ERANGE);
    assert_null(one->hook);
}

static void test_once(void **state)
{
    (void)state;
    subscribe(one, "");
    ask(one, 8, "");
    assert_int_equal(one->sent[1].status, -EBUSY);
    emit("created", 1);
    assert_int_equal(one->count, 3);
}

/* Nobody is to believe that there was nothing. */
static void test_no_memory(void **state)
{
    (void)state;
    subscribe(one, "");
    oom_arm(0);
    emit("created", 1);
    assert_true(oom_disarm());
    assert_true(one->closed);
    assert_int_equal(one->count, 1);
    oom_arm(0);
    assert_int_equal(events_create(&d, &(struct events *){NULL}), -ENOMEM);
    assert_true(oom_disarm());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_form, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_get_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_by_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_by_domid, setup, teardown),
        cmocka_unit_test_setup_teardown(test_history, setup, teardown),
        cmocka_unit_test_setup_teardown(test_since, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(test_instance, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
