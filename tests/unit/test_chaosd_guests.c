/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon and its guests: who is attached to, what readers get, what is kept
 * of those that end, and what a daemon that was killed leaves its successor.
 * The server is a false one: a client is what it was sent.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chaos/shell.h>
#include <event2/event.h>
#include <noxs/console.h>
#include <noxs/sysctl.h>

#include "../../chaosd/conf.h"
#include "../../chaosd/events.h"
#include "../../chaosd/guests_internal.h"
#include "kit.h"
#include "unit.h"

#define SENT_MAX 4096
#define RING 4096u

/* --- a false server ---------------------------------------------------------
 */

struct sent {
    uint16_t type;
    uint32_t id;
    int rc;
    size_t size;
    uint8_t *payload;
};

struct client {
    uint64_t number;
    struct client_hook *hooks;
    struct sent sent[SENT_MAX];
    unsigned count, seen;
    size_t waiting;
    bool slow; /* it fetches nothing */
    bool held, closed;
};

static const struct handler *handlers;
static size_t handler_count;
static char events_seen[8192];

void server_handlers(struct server *server, const struct handler *table,
                     size_t count)
{
    (void)server;
    handlers = table;
    handler_count = count;
}

uint64_t client_number(const struct client *c)
{
    return c->number;
}

static void put(struct client *c, const struct sent *message, const void *first,
                size_t first_size, const void *second, size_t second_size)
{
    struct sent *m = &c->sent[c->count++];

    assert_true(c->count < SENT_MAX);
    *m = *message;
    m->size = first_size + second_size;
    m->payload = malloc(m->size + 1);
    memcpy(m->payload, first, first_size);
    if (second_size)
        memcpy(m->payload + first_size, second, second_size);
    m->payload[m->size] = '\0';
    if (c->slow)
        c->waiting += m->size + sizeof(struct chaosd_header);
}

void client_send(struct client *c, uint16_t type, uint32_t id,
                 const void *first, size_t first_size, const void *second,
                 size_t second_size)
{
    const struct sent m = {.type = type, .id = id};

    put(c, &m, first, first_size, second, second_size);
}

void client_reply2(struct client *c, uint16_t type, uint32_t id,
                   const void *first, size_t first_size, const void *second,
                   size_t second_size)
{
    client_send(c, type, id, first, first_size, second, second_size);
}

void client_reply(struct client *c, uint16_t type, uint32_t id,
                  const void *payload, size_t size)
{
    client_send(c, type, id, payload, size, NULL, 0);
}

void client_fail(struct client *c, uint16_t type, uint32_t id, int rc,
                 const char *fmt, ...)
{
    const struct sent m = {.type = type, .id = id, .rc = rc};

    assert_true(rc < 0);
    put(c, &m, fmt, strlen(fmt), NULL, 0);
}

size_t client_waiting(const struct client *c)
{
    return c->waiting;
}

void client_close(struct client *c)
{
    c->closed = true;
}

void client_hold_input(struct client *c, bool hold)
{
    c->held = hold;
}

void client_hook_add(struct client *c, struct client_hook *hook)
{
    hook->next = c->hooks;
    c->hooks = hook;
}

void client_hook_remove(struct client *c, struct client_hook *hook)
{
    struct client_hook **at;

    for (at = &c->hooks; *at != hook; at = &(*at)->next)
        assert_non_null(*at);
    *at = hook->next;
}

/* Its name, domain and text. */
void events_emit(struct events *events, const char *event, ...)
{
    size_t at = strlen(events_seen);
    const char *key;
    va_list ap;

    (void)events;
    va_start(ap, event);
    at += (size_t)snprintf(events_seen + at, sizeof(events_seen) - at, "%s",
                           event);
    while ((key = va_arg(ap, const char *))) {
        if (va_arg(ap, int) == EVENT_S)
            at += (size_t)snprintf(events_seen + at, sizeof(events_seen) - at,
                                   " %s=%s", key, va_arg(ap, const char *));
        else
            at += (size_t)snprintf(events_seen + at, sizeof(events_seen) - at,
                                   " %s=%llu", key,
                                   (unsigned long long)va_arg(ap, uint64_t));
    }
    va_end(ap);
    (void)snprintf(events_seen + at, sizeof(events_seen) - at, "\n");
}

/* --- what tests start from --------------------------------------------------
 */

struct fixture {
    struct kit *kit;
    struct conf conf;
    struct daemon d;
    struct client clients[4];
};

static void start(struct fixture *f)
{
    f->d.ctx = f->kit->ctx;
    assert_int_equal(guests_create(&f->d, &f->d.guests), 0);
    guests_register(f->d.guests, NULL);
    assert_int_equal(guests_scan(f->d.guests), 0);
}

static void stop(struct fixture *f)
{
    guests_destroy(f->d.guests);
    f->d.guests = NULL;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    unsigned i;

    if (kit_setup((void **)&f->kit) != 0)
        return -1;
    log_level_set(CHAOS_LOG_ERROR);
    events_seen[0] = '\0';
    (void)mkdir(f->kit->run, 0755);
    f->conf.ring_bytes = RING;
    f->conf.log_seconds = 3600;
    f->conf.log_bytes = 1u << 20;
    f->conf.log_guest_bytes = 1000;
    f->d.conf = &f->conf;
    f->d.run_dir = f->kit->run;
    f->d.base = event_base_new();
    for (i = 0; i < 4; i++)
        f->clients[i].number = 100 + i;
    start(f);
    *state = f;
    return 0;
}

/* Nothing that belongs to a domain of this test may be left. */
static int teardown(void **state)
{
    struct fixture *f = *state;
    unsigned i, k;

    stop(f);
    for (i = 0; i < 4; i++) {
        assert_null(f->clients[i].hooks);
        for (k = 0; k < f->clients[i].count; k++)
            free(f->clients[i].sent[k].payload);
    }
    assert_int_equal(model_counts().mappings, 0);
    assert_int_equal(model_counts().host_ports, 0);
    event_base_free(f->d.base);
    kit_teardown((void **)&f->kit);
    free(f);
    return 0;
}

static void turns(struct fixture *f, unsigned n)
{
    while (n-- > 0)
        (void)event_base_loop(f->d.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void wait_ms(struct fixture *f, unsigned ms)
{
    while (ms-- > 0) {
        usleep(1000);
        turns(f, 1);
    }
}

static struct noxs_console *page_of(uint32_t domid)
{
    return model_control(domid, NOXS_DEV_CONSOLE);
}

static void writes(uint32_t domid, const char *text)
{
    struct noxs_console *page = page_of(domid);

    for (; *text; text++)
        page->out[page->out_prod++ % NOXS_CONSOLE_OUT] = (uint8_t)*text;
    model_ring(domid, model_device(domid, NOXS_DEV_CONSOLE)->evtchn);
}

static void asks(struct fixture *f, unsigned c, uint16_t type,
                 const void *payload, size_t size)
{
    char copy[CHAOSD_REQUEST_MAX + 1];
    struct request rq = {.type = type, .id = 7, .size = size, .payload = copy};
    size_t i;

    memcpy(copy, payload, size);
    copy[size] = '\0';
    for (i = 0; i < handler_count; i++) {
        if (handlers[i].type == type) {
            assert_in_range(size, handlers[i].min, handlers[i].max);
            handlers[i].run(&f->d, &f->clients[c], &rq);
            return;
        }
    }
    fail_msg("nobody handles %u", type);
}

static void opens(struct fixture *f, unsigned c, uint32_t domid, uint64_t from)
{
    struct chaosd_console ask = {.domid = domid, .from = from};

    asks(f, c, CHAOSD_CONSOLE, &ask, sizeof(ask));
}

static void types(struct fixture *f, unsigned c, const char *text)
{
    asks(f, c, CHAOSD_CONSOLE_INPUT, text, strlen(text));
}

static void leaves(struct fixture *f, unsigned c)
{
    struct client_hook *hook;

    while ((hook = f->clients[c].hooks)) {
        f->clients[c].hooks = hook->next;
        hook->gone(&f->clients[c], hook->arg);
    }
}

/* The next message, which is of that type. */
static struct sent *got(struct fixture *f, unsigned c, uint16_t type)
{
    struct client *client = &f->clients[c];

    if (client->seen == client->count)
        fail_msg("client %u was sent nothing more", c);
    assert_int_equal(client->sent[client->seen].type, type);
    assert_int_equal(client->sent[client->seen].id, 7);
    return &client->sent[client->seen++];
}

static void got_nothing(struct fixture *f, unsigned c)
{
    assert_int_equal(f->clients[c].seen, f->clients[c].count);
}

static void got_at(struct fixture *f, unsigned c, uint64_t first, uint64_t next)
{
    struct sent *m = got(f, c, CHAOSD_CONSOLE);
    struct chaosd_console_at at;

    assert_int_equal(m->rc, 0);
    assert_int_equal(m->size, sizeof(at));
    memcpy(&at, m->payload, sizeof(at));
    assert_int_equal(at.first, first);
    assert_int_equal(at.next, next);
}

static void got_data(struct fixture *f, unsigned c, uint64_t offset,
                     const char *text)
{
    struct sent *m = got(f, c, CHAOSD_CONSOLE_DATA);
    struct chaosd_console_data data;

    memcpy(&data, m->payload, sizeof(data));
    assert_int_equal(data.offset, offset);
    assert_string_equal((char *)m->payload + sizeof(data), text);
}

static void got_end(struct fixture *f, unsigned c, uint32_t how,
                    uint32_t reason)
{
    struct sent *m = got(f, c, CHAOSD_CONSOLE_END);
    struct chaosd_console_end end;

    memcpy(&end, m->payload, sizeof(end));
    assert_int_equal(end.how, how);
    assert_int_equal(end.reason, reason);
}

static void got_failure(struct fixture *f, unsigned c, uint16_t type, int rc)
{
    assert_int_equal(got(f, c, type)->rc, rc);
}

/* LOG of a name or an id: its JSON has this, its output is this. */
static void log_says(struct fixture *f, const char *who, const char *json,
                     uint64_t offset, const char *output)
{
    struct chaosd_log head;
    struct sent *m;
    char *text;

    asks(f, 3, CHAOSD_LOG, who, strlen(who));
    m = got(f, 3, CHAOSD_LOG);
    assert_int_equal(m->rc, 0);
    memcpy(&head, m->payload, sizeof(head));
    text = (char *)m->payload + sizeof(head);
    assert_int_equal(head.offset, offset);
    assert_string_equal(text + head.json_size, output);
    text[head.json_size] = '\0';
    if (!strstr(text, json))
        fail_msg("%s: there is no %s", text, json);
}

static void log_fails(struct fixture *f, const char *who, int rc)
{
    asks(f, 3, CHAOSD_LOG, who, strlen(who));
    got_failure(f, 3, CHAOSD_LOG, rc);
}

/* What exits.c does. */
static void exit_comes(struct fixture *f, uint32_t domid, uint8_t kind,
                       uint8_t reason)
{
    struct noxs_exit ex = {
        .domid = (uint16_t)domid, .kind = kind, .reason = reason};

    if (model_view(domid).exists && model_view(domid).page)
        memcpy(ex.uuid, model_view(domid).page->identity.uuid, 16);
    guests_exit(f->d.guests, &ex);
}

static bool has_ring_file(struct fixture *f, uint32_t domid)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/console/%u", f->kit->run, domid);
    return access(path, F_OK) == 0;
}

static void destroy(struct fixture *f, uint32_t domid)
{
    assert_int_equal(chaos_domain_destroy(f->kit->ctx, domid), 0);
    exit_comes(f, domid, NOXS_EXIT_DYING, 0);
    exit_comes(f, domid, NOXS_EXIT_DESTROYED, 0);
}

/* --- tests ------------------------------------------------------------------
 */

static void readers(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, "name", "a", NULL);

    /* What was written before anybody attached is the first. */
    writes(domid, "early ");
    guests_found(f->d.guests, domid);
    assert_int_equal(page_of(domid)->attached, 1);
    assert_true(has_ring_file(f, domid));
    opens(f, 0, domid, 0);
    got_at(f, 0, 0, 6);
    got_data(f, 0, 0, "early ");
    writes(domid, "and ");
    turns(f, 2);
    got_data(f, 0, 6, "and ");
    opens(f, 1, domid, 8);
    got_at(f, 1, 0, 10);
    got_data(f, 1, 8, "d ");
    opens(f, 2, domid, ~0ull);
    got_at(f, 2, 0, 10);
    got_nothing(f, 2);
    writes(domid, "late");
    turns(f, 2);
    got_data(f, 0, 10, "late");
    got_data(f, 1, 10, "late");
    got_data(f, 2, 10, "late");
    assert_int_equal(guests_counts(f->d.guests).readers, 3);
    /* One leaves, and comes again for what it missed. */
    leaves(f, 1);
    assert_int_equal(guests_counts(f->d.guests).readers, 2);
    writes(domid, " more");
    turns(f, 2);
    got_nothing(f, 1);
    opens(f, 1, domid, 14);
    got_at(f, 1, 0, 19);
    got_data(f, 1, 14, " more");
    got_data(f, 0, 14, " more");
    opens(f, 0, domid, 0);
    got_failure(f, 0, CHAOSD_CONSOLE, -EBUSY);
    opens(f, 3, 0, 0);
    got_failure(f, 3, CHAOSD_CONSOLE, -ESRCH);
    opens(f, 3, 99, 0);
    got_failure(f, 3, CHAOSD_CONSOLE, -ESRCH);
    opens(f, 3, 0xffffffff, 0);
    got_failure(f, 3, CHAOSD_CONSOLE, -ESRCH);
    opens(f, 3, model_domain_add("by-xl"), 0);
    got_failure(f, 3, CHAOSD_CONSOLE, -ESRCH);
    assert_int_equal(guests_counts(f->d.guests).attached, 1);
    assert_int_equal(guests_counts(f->d.guests).bytes, 19);
    leaves(f, 0);
    leaves(f, 1);
    leaves(f, 2);
}

static void fill(char *text, size_t count, char c)
{
    memset(text, c, count);
    text[count] = '\0';
}

static void slow_reader(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, NULL);
    char text[1025];
    struct sent *m;
    struct chaosd_console_data data;
    unsigned i;

    f->clients[0].slow = true;
    f->clients[0].waiting = 1u << 20;
    opens(f, 0, domid, 0);
    opens(f, 1, domid, 0);
    got_at(f, 0, 0, 0);
    got_at(f, 1, 0, 0);
    for (i = 0; i < 10; i++) {
        fill(text, 1024, (char)('a' + i));
        writes(domid, text);
        turns(f, 2);
        got_data(f, 1, i * 1024, text);
    }
    got_nothing(f, 0);
    /* It fetched all: it goes on with what the ring still has. */
    f->clients[0].waiting = 0;
    f->clients[0].slow = false;
    f->clients[0].hooks->drained(&f->clients[0], f->clients[0].hooks->arg);
    m = got(f, 0, CHAOSD_CONSOLE_DATA);
    memcpy(&data, m->payload, sizeof(data));
    assert_int_equal(data.offset, 10 * 1024 - RING);
    assert_int_equal(m->payload[sizeof(data)], 'g');
    while (f->clients[0].seen < f->clients[0].count)
        m = got(f, 0, CHAOSD_CONSOLE_DATA);
    assert_int_equal(m->payload[m->size - 1], 'j');
    writes(domid, "again");
    turns(f, 2);
    got_data(f, 0, 10 * 1024, "again");
    leaves(f, 0);
    leaves(f, 1);
}

static void input(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, NULL);
    struct noxs_console *page = page_of(domid);
    char text[3001];

    fill(text, 3000, 'i');
    types(f, 0, "to nobody");
    opens(f, 0, domid, 0);
    opens(f, 1, domid, 0);
    types(f, 0, "hello");
    assert_int_equal(page->in_prod, 5);
    assert_memory_equal(page->in, "hello", 5);
    types(f, 1, text);
    assert_int_equal(page->in_prod, NOXS_CONSOLE_IN);
    assert_true(f->clients[1].held);
    assert_false(f->clients[0].held);
    page->in_cons += 100;
    writes(domid, "");
    turns(f, 2);
    assert_int_equal(page->in_prod, NOXS_CONSOLE_IN + 100);
    assert_true(f->clients[1].held);
    while (page->in_prod < 3005) {
        page->in_cons = page->in_prod;
        writes(domid, "");
        turns(f, 2);
    }
    assert_false(f->clients[1].held);
    /* A reader may go while the guest takes nothing. */
    page->in_cons = page->in_prod - NOXS_CONSOLE_IN;
    types(f, 1, "lost");
    assert_true(f->clients[1].held);
    leaves(f, 1);
    /* And a guest may end under one who types. */
    types(f, 0, "lost");
    assert_true(f->clients[0].held);
    model_shutdown(domid, CHAOS_REASON_POWEROFF);
    exit_comes(f, domid, NOXS_EXIT_SHUTDOWN, CHAOS_REASON_POWEROFF);
    got_at(f, 0, 0, 0);
    got_end(f, 0, CHAOSD_END_STOPPED, CHAOS_REASON_POWEROFF);
    assert_false(f->clients[0].held);
    types(f, 0, "to the dead");
}

static void stops(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, "name", "web", NULL);
    struct noxs_sysctl *ctl = model_control(domid, NOXS_DEV_SYSCTL);
    uint8_t uuid[16];

    memcpy(uuid, model_view(domid).page->identity.uuid, 16);
    opens(f, 0, domid, 0);
    log_says(f, "web", "\"state\":\"running\",\"reason\":null", 0, "");
    writes(domid, "last words");
    page_of(domid)->dropped = 12;
    ctl->exit_code = 42;
    model_shutdown(domid, CHAOS_REASON_POWEROFF);
    exit_comes(f, domid, NOXS_EXIT_SHUTDOWN, CHAOS_REASON_POWEROFF);
    got_at(f, 0, 0, 0);
    got_data(f, 0, 0, "last words");
    got_end(f, 0, CHAOSD_END_STOPPED, CHAOS_REASON_POWEROFF);
    assert_null(f->clients[0].hooks);
    /* It stays readable while it is kept ... */
    opens(f, 0, domid, 5);
    got_at(f, 0, 0, 10);
    got_data(f, 0, 5, "words");
    got_end(f, 0, CHAOSD_END_STOPPED, CHAOS_REASON_POWEROFF);
    log_says(f, "web",
             "\"state\":\"stopped\",\"reason\":\"poweroff\",\"exit_code\":42",
             0, "last words");
    assert_int_equal(chaos_domain_rename(f->kit->ctx, domid, "old"), 0);
    log_says(f, "old", "\"name\":\"old\"", 0, "last words");
    /* ... and afterwards. */
    destroy(f, domid);
    assert_false(model_view(domid).exists);
    assert_false(has_ring_file(f, domid));
    assert_int_equal(guests_counts(f->d.guests).attached, 0);
    assert_int_equal(guests_counts(f->d.guests).dead, 1);
    log_says(f, "old", "\"exit_code\":42", 0, "last words");
    log_says(f, "old", "\"lost_bytes\":12,\"bytes\":10", 0, "last words");
    {
        char id[16];

        (void)snprintf(id, sizeof(id), "%u", domid);
        log_says(f, id, "\"state\":\"gone\",\"reason\":\"poweroff\"", 0,
                 "last words");
    }
    log_fails(f, "web", -ESRCH);
    log_fails(f, "4711", -ESRCH);
    log_fails(f, "\"quotes\"", -ESRCH);
    asks(f, 3, CHAOSD_LOG, "a\0b", 3);
    got_failure(f, 3, CHAOSD_LOG, -EINVAL);
    opens(f, 0, domid, 0);
    got_failure(f, 0, CHAOSD_CONSOLE, -ESRCH);
}

/* Destroyed while it runs, with a reader that fetches nothing for now. */
static void destroyed(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, "name", "x", NULL);
    uint32_t other;

    opens(f, 0, domid, 0);
    f->clients[1].slow = true;
    f->clients[1].waiting = 1u << 20;
    opens(f, 1, domid, 0);
    got_at(f, 0, 0, 0);
    got_at(f, 1, 0, 0);
    writes(domid, "unread");
    destroy(f, domid);
    got_data(f, 0, 0, "unread");
    got_end(f, 0, CHAOSD_END_GONE, 0);
    got_nothing(f, 1);
    assert_false(has_ring_file(f, domid));
    assert_int_equal(model_counts().mappings, 0);
    log_says(f, "x", "\"state\":\"gone\",\"reason\":\"destroyed\"", 0,
             "unread");
    other = kit_create(f->kit, "name", "x", NULL);
    log_says(f, "x", "\"previous\":1", 0, "");
    assert_int_not_equal(domid, other);
    f->clients[1].waiting = 0;
    f->clients[1].hooks->drained(&f->clients[1], f->clients[1].hooks->arg);
    got_data(f, 1, 0, "unread");
    got_end(f, 1, CHAOSD_END_GONE, 0);
    assert_null(f->clients[1].hooks);
    /* The same with a reader that goes, and one that is there at the end. */
    f->clients[1].waiting = f->clients[2].waiting = 1u << 20;
    opens(f, 1, other, 0);
    opens(f, 2, other, 0);
    writes(other, "unread, too");
    destroy(f, other);
    leaves(f, 1);
}

static void suspended(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, NULL);

    opens(f, 0, domid, 0);
    got_at(f, 0, 0, 0);
    exit_comes(f, domid, NOXS_EXIT_SHUTDOWN, CHAOS_REASON_SUSPEND);
    got_nothing(f, 0);
    writes(domid, "resumed");
    turns(f, 2);
    got_data(f, 0, 0, "resumed");
    leaves(f, 0);
}

/* It ends before it was found: it is attached to for its last words. */
static void never_found(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, "name", "quick", NULL);

    writes(domid, "short life");
    model_shutdown(domid, CHAOS_REASON_CRASH);
    exit_comes(f, domid, NOXS_EXIT_SHUTDOWN, CHAOS_REASON_CRASH);
    destroy(f, domid);
    log_says(f, "quick", "\"reason\":\"crash\",\"exit_code\":null", 0,
             "short life");
}

/* An orderly end, and the next daemon. */
static void next_daemon(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, "name", "stays", NULL);
    uint32_t gone = kit_create(f->kit, "name", "goes", NULL);

    guests_found(f->d.guests, domid);
    guests_found(f->d.guests, gone);
    writes(domid, "one ");
    writes(gone, "goodbye");
    turns(f, 2);
    opens(f, 0, domid, 0);
    stop(f);
    assert_null(f->clients[0].hooks);
    assert_int_equal(page_of(domid)->attached, 0);
    writes(domid, "two ");
    assert_int_equal(chaos_domain_destroy(f->kit->ctx, gone), 0);
    start(f);
    writes(domid, "three");
    turns(f, 2);
    opens(f, 1, domid, 0);
    got_at(f, 1, 0, 13);
    got_data(f, 1, 0, "one two three");
    log_says(f, "goes", "\"state\":\"gone\"", 0, "goodbye");
    assert_false(has_ring_file(f, gone));
    assert_int_equal(guests_counts(f->d.guests).dead, 1);
    leaves(f, 1);
    /* What is dead stays so. */
    stop(f);
    start(f);
    assert_int_equal(guests_counts(f->d.guests).dead, 1);
    log_says(f, "goes", "\"bytes\":7", 0, "goodbye");
}

/* Killed between the count and telling the guest; or one that read meanwhile.
 */
static void killed(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, NULL);
    struct chaos_ctx *second = kit_second(f->kit);
    struct chaos_console *con;
    char buf[8];

    writes(domid, "0123");
    guests_found(f->d.guests, domid);
    writes(domid, "456789");
    ring_append(&guest_of(f->d.guests, domid)->ring, "4567", 4);
    stop(f);
    assert_int_equal(page_of(domid)->out_cons, 4);
    start(f);
    opens(f, 0, domid, 0);
    got_at(f, 0, 0, 10);
    got_data(f, 0, 0, "0123456789");
    leaves(f, 0);
    stop(f);
    writes(domid, "abcdef");
    assert_int_equal(chaos_console_open(second, domid, &con), 0);
    assert_int_equal(chaos_console_read(con, buf, 3), 3);
    chaos_console_close(con);
    start(f);
    opens(f, 0, domid, 10);
    got_at(f, 0, 0, 13);
    got_data(f, 0, 10, "def");
    leaves(f, 0);
    chaos_ctx_destroy(second);
}

/* A ring of another guest of the same id is the last of that one. */
static void another_of_that_id(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, "name", "new", NULL);
    struct guest_facts facts = {
        .uuid = {9}, .domid = domid, .reason = 3, .name = "old"};
    struct ring ring;
    char path[128];

    stop(f);
    (void)snprintf(path, sizeof(path), "%s/console/%u", f->kit->run, domid);
    assert_int_equal(ring_create(path, RING, &facts, &ring), 0);
    ring_append(&ring, "of old", 6);
    ring_close(&ring);
    (void)snprintf(path, sizeof(path), "%s/console/77", f->kit->run);
    kit_write_file(path, "rubbish", 7);
    start(f);
    log_says(f, "old", "\"reason\":\"crash\"", 0, "of old");
    log_says(f, "new", "\"bytes\":0", 0, "");
    assert_int_equal(access(path, F_OK), -1);
}

/* Another program is attached, and lets go. */
static void busy(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, NULL);
    struct chaos_ctx *second = kit_second(f->kit);
    struct chaos_console *con;

    assert_int_equal(chaos_console_open(second, domid, &con), 0);
    guests_found(f->d.guests, domid);
    opens(f, 0, domid, 0);
    got_failure(f, 0, CHAOSD_CONSOLE, -EBUSY);
    wait_ms(f, 5);
    assert_int_equal(guests_counts(f->d.guests).attached, 0);
    chaos_console_close(con);
    writes(domid, "free");
    wait_ms(f, 60);
    assert_int_equal(guests_counts(f->d.guests).attached, 1);
    opens(f, 0, domid, 0);
    got_at(f, 0, 0, 4);
    leaves(f, 0);
    chaos_ctx_destroy(second);
}

/* Shells are nobody's guests. */
static void shells(void **state)
{
    struct fixture *f = *state;
    const struct chaosd_shape shape = {.memory_kb = 4096, .vcpus = 1};
    struct chaos_shell *shell;
    uint32_t domid;

    if (chaos_shell_prepare(f->kit->ctx, &shape, &shell) != 0)
        fail_msg("%s", chaos_ctx_error(f->kit->ctx));
    domid = chaos_shell_domid(shell);
    guests_found(f->d.guests, domid);
    assert_int_equal(guests_scan(f->d.guests), 0);
    assert_null(guest_of(f->d.guests, domid));
    opens(f, 0, domid, 0);
    got_failure(f, 0, CHAOSD_CONSOLE, -ESRCH);
    assert_int_equal(chaos_shell_destroy(f->kit->ctx, shell), 0);
    chaos_shell_free(shell);
}

/* A guest that writes as fast as it is read. */
static uint32_t flooder;

static void flood(void *arg, uint32_t domid, uint32_t port)
{
    (void)arg;
    (void)port;
    if (domid == flooder) {
        struct noxs_console *page = page_of(domid);

        page->out_prod = page->out_cons + NOXS_CONSOLE_OUT;
        model_ring(domid, port);
    }
}

static void fair(void **state)
{
    struct fixture *f = *state;
    uint32_t quiet = kit_create(f->kit, NULL);
    uint64_t before;
    unsigned i;

    flooder = kit_create(f->kit, NULL);
    opens(f, 0, quiet, 0);
    got_at(f, 0, 0, 0);
    guests_found(f->d.guests, flooder);
    model_set_guest(flood, NULL);
    writes(flooder, "!");
    for (i = 0; i < 20; i++) {
        before = guests_counts(f->d.guests).bytes;
        writes(quiet, "me");
        turns(f, 2);
        got_data(f, 0, i * 2, "me");
        /* It has its turn, no more and no less. */
        assert_in_range(guests_counts(f->d.guests).bytes - before, 2049,
                        100000);
    }
    model_set_guest(NULL, NULL);
    leaves(f, 0);
}

static void logs_are_limited(void **state)
{
    struct fixture *f = *state;
    char text[2001], name[16];
    uint32_t domid, first = 0;
    unsigned i;

    fill(text, 2000, 'x');
    for (i = 0; i < 20; i++) {
        (void)snprintf(name, sizeof(name), "g%u", i);
        domid = kit_create(f->kit, "name", name, NULL);
        first = i == 0 ? domid : first;
        guests_found(f->d.guests, domid);
        writes(domid, text);
        destroy(f, domid);
    }
    /* The last bytes of each. */
    log_says(f, "g3", "\"bytes\":2000", 1000, text + 1000);
    assert_int_equal(guests_counts(f->d.guests).dead, 20);
    f->conf.log_bytes = 10 * 4096;
    guests_reload(f->d.guests);
    assert_int_equal(guests_counts(f->d.guests).dead, 10);
    log_fails(f, "g3", -ESRCH);
    log_says(f, "g19", "\"bytes\":2000", 1000, text + 1000);
    stop(f);
    start(f);
    assert_int_equal(guests_counts(f->d.guests).dead, 10);
    log_says(f, "g10", "\"bytes\":2000", 1000, text + 1000);
    f->conf.log_bytes = 0;
    guests_reload(f->d.guests);
    assert_int_equal(guests_counts(f->d.guests).dead, 0);
}

static void many(void **state)
{
    struct fixture *f = *state;
    uint32_t domids[200];
    char text[16];
    unsigned i;

    for (i = 0; i < 200; i++)
        domids[i] = kit_create(f->kit, NULL);
    assert_int_equal(guests_scan(f->d.guests), 0);
    assert_int_equal(guests_counts(f->d.guests).attached, 200);
    for (i = 0; i < 200; i++) {
        (void)snprintf(text, sizeof(text), "guest %u", i);
        writes(domids[i], text);
    }
    turns(f, 10);
    for (i = 0; i < 200; i += 17) {
        (void)snprintf(text, sizeof(text), "guest %u", i);
        opens(f, 0, domids[i], 0);
        got_at(f, 0, 0, strlen(text));
        got_data(f, 0, 0, text);
        leaves(f, 0);
    }
    /* Some end and nobody tells: the next look finds out. */
    for (i = 0; i < 200; i += 2)
        assert_int_equal(chaos_domain_destroy(f->kit->ctx, domids[i]), 0);
    assert_int_equal(guests_scan(f->d.guests), 0);
    assert_int_equal(guests_counts(f->d.guests).attached, 100);
    assert_int_equal(guests_counts(f->d.guests).dead, 100);
}

static void up(void **state)
{
    struct fixture *f = *state;
    uint32_t domid = kit_create(f->kit, "name", "slow", NULL);
    uint32_t quick = kit_create(f->kit, "name", "quick", NULL);
    struct noxs_sysctl *ctl = model_control(domid, NOXS_DEV_SYSCTL);

    guests_found(f->d.guests, domid);
    guests_found(f->d.guests, quick);
    wait_ms(f, 10);
    assert_string_equal(events_seen, "");
    ctl->up_time = 1234;
    ctl->state = NOXS_STATE_UP;
    wait_ms(f, 60);
    assert_string_equal(events_seen, "up domid=1 name=slow up_time_ns=1234\n");
    /* It was up and ended between two looks. */
    ctl = model_control(quick, NOXS_DEV_SYSCTL);
    ctl->up_time = 99;
    ctl->state = NOXS_STATE_STOPPING;
    model_shutdown(quick, CHAOS_REASON_POWEROFF);
    exit_comes(f, quick, NOXS_EXIT_SHUTDOWN, CHAOS_REASON_POWEROFF);
    assert_string_equal(events_seen, "up domid=1 name=slow up_time_ns=1234\n"
                                     "up domid=2 name=quick up_time_ns=99\n");
    /* What was up before the daemon was is no news to it. */
    stop(f);
    start(f);
    wait_ms(f, 10);
    assert_non_null(strstr(events_seen, "quick up_time_ns=99\n"));
    assert_null(strstr(strstr(events_seen, "quick") + 1, "up "));
}

static void failures(void **state)
{
    struct fixture *f = *state;
    struct snapshot before;
    uint32_t domid = kit_create(f->kit, NULL);
    struct guests *gs = NULL;
    unsigned n;

    stop(f);
    before = kit_snapshot(f->kit);
    for (n = 1;; n++) {
        int rc;

        model_fail(n, EIO);
        rc = guests_create(&f->d, &gs);
        if (rc == 0) {
            rc = guests_scan(gs);
            guests_destroy(gs);
        }
        if (!model_failed())
            break;
        model_fail_end();
        /* A guest that cannot be had is one less. */
        assert_true(rc == -EIO || rc == 0);
        /* A ring stays for the next daemon. */
        before.files = kit_snapshot(f->kit).files;
        kit_assert_same(f->kit, &before, model_failed_name());
    }
    model_fail_end();
    assert_true(n > 5);
    start(f);
    assert_int_equal(page_of(domid)->attached, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(readers),     TEST(slow_reader),
        TEST(input),       TEST(stops),
        TEST(destroyed),   TEST(suspended),
        TEST(never_found), TEST(next_daemon),
        TEST(killed),      TEST(another_of_that_id),
        TEST(busy),        TEST(shells),
        TEST(fair),        TEST(logs_are_limited),
        TEST(many),        TEST(up),
        TEST(failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
