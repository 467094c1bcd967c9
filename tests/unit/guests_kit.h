/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guests_kit.h: the daemon's guests with a false server, where a client is what
 * it was sent. For one file of a program.
 */
#ifndef TESTS_UNIT_GUESTS_KIT_H
#define TESTS_UNIT_GUESTS_KIT_H

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
#include "../../chaosd/guests_internal.h"
#include "events_kit.h"
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

static inline void put(struct client *c, const struct sent *message,
                       const void *first, size_t first_size, const void *second,
                       size_t second_size)
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

/* --- what tests start from --------------------------------------------------
 */

struct fixture {
    struct kit *kit;
    struct conf conf;
    struct daemon d;
    struct client clients[4];
};

static inline void start(struct fixture *f)
{
    f->d.ctx = f->kit->ctx;
    assert_int_equal(guests_create(&f->d, &f->d.guests), 0);
    guests_register(f->d.guests, NULL);
    assert_int_equal(guests_scan(f->d.guests), 0);
}

static inline void stop(struct fixture *f)
{
    guests_destroy(f->d.guests);
    f->d.guests = NULL;
}

static inline int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    unsigned i;

    if (kit_setup((void **)&f->kit) != 0)
        return -1;
    log_level_set(CHAOS_LOG_ERROR);
    events_told[0] = '\0';
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
static inline int teardown(void **state)
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

static inline void turns(struct fixture *f, unsigned n)
{
    while (n-- > 0)
        (void)event_base_loop(f->d.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static inline void wait_ms(struct fixture *f, unsigned ms)
{
    while (ms-- > 0) {
        usleep(1000);
        turns(f, 1);
    }
}

static inline struct noxs_console *page_of(uint32_t domid)
{
    return model_control(domid, NOXS_DEV_CONSOLE);
}

static inline void writes(uint32_t domid, const char *text)
{
    struct noxs_console *page = page_of(domid);

    for (; *text; text++)
        page->out[page->out_prod++ % NOXS_CONSOLE_OUT] = (uint8_t)*text;
    model_ring(domid, model_device(domid, NOXS_DEV_CONSOLE)->evtchn);
}

static inline void asks(struct fixture *f, unsigned c, uint16_t type,
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

static inline void opens(struct fixture *f, unsigned c, uint32_t domid,
                         uint64_t from)
{
    struct chaosd_console ask = {.domid = domid, .from = from};

    asks(f, c, CHAOSD_CONSOLE, &ask, sizeof(ask));
}

static inline void types(struct fixture *f, unsigned c, const char *text)
{
    asks(f, c, CHAOSD_CONSOLE_INPUT, text, strlen(text));
}

static inline void leaves(struct fixture *f, unsigned c)
{
    struct client_hook *hook;

    while ((hook = f->clients[c].hooks)) {
        f->clients[c].hooks = hook->next;
        hook->gone(&f->clients[c], hook->arg);
    }
}

/* The next message, which is of that type. */
static inline struct sent *got(struct fixture *f, unsigned c, uint16_t type)
{
    struct client *client = &f->clients[c];

    if (client->seen == client->count)
        fail_msg("client %u was sent nothing more", c);
    assert_int_equal(client->sent[client->seen].type, type);
    assert_int_equal(client->sent[client->seen].id, 7);
    return &client->sent[client->seen++];
}

static inline void got_nothing(struct fixture *f, unsigned c)
{
    assert_int_equal(f->clients[c].seen, f->clients[c].count);
}

static inline void got_at(struct fixture *f, unsigned c, uint64_t first,
                          uint64_t next)
{
    struct sent *m = got(f, c, CHAOSD_CONSOLE);
    struct chaosd_console_at at;

    assert_int_equal(m->rc, 0);
    assert_int_equal(m->size, sizeof(at));
    memcpy(&at, m->payload, sizeof(at));
    assert_int_equal(at.first, first);
    assert_int_equal(at.next, next);
}

static inline void got_data(struct fixture *f, unsigned c, uint64_t offset,
                            const char *text)
{
    struct sent *m = got(f, c, CHAOSD_CONSOLE_DATA);
    struct chaosd_console_data data;

    memcpy(&data, m->payload, sizeof(data));
    assert_int_equal(data.offset, offset);
    assert_string_equal((char *)m->payload + sizeof(data), text);
}

static inline void got_end(struct fixture *f, unsigned c, uint32_t how,
                           uint32_t reason)
{
    struct sent *m = got(f, c, CHAOSD_CONSOLE_END);
    struct chaosd_console_end end;

    memcpy(&end, m->payload, sizeof(end));
    assert_int_equal(end.how, how);
    assert_int_equal(end.reason, reason);
}

static inline void got_failure(struct fixture *f, unsigned c, uint16_t type,
                               int rc)
{
    assert_int_equal(got(f, c, type)->rc, rc);
}

/* LOG of a name or an id: its JSON has this, its output is this. */
static inline void log_says(struct fixture *f, const char *who,
                            const char *json, uint64_t offset,
                            const char *output)
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

static inline void log_fails(struct fixture *f, const char *who, int rc)
{
    asks(f, 3, CHAOSD_LOG, who, strlen(who));
    got_failure(f, 3, CHAOSD_LOG, rc);
}

/* What exits.c does. */
static inline void exit_comes(struct fixture *f, uint32_t domid, uint8_t kind,
                              uint8_t reason)
{
    struct noxs_exit ex = {
        .domid = (uint16_t)domid, .kind = kind, .reason = reason};

    if (model_view(domid).exists && model_view(domid).page)
        memcpy(ex.uuid, model_view(domid).page->identity.uuid, 16);
    guests_exit(f->d.guests, &ex);
}

static inline bool has_ring_file(struct fixture *f, uint32_t domid)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/console/%u", f->kit->run, domid);
    return access(path, F_OK) == 0;
}

static inline void destroy(struct fixture *f, uint32_t domid)
{
    assert_int_equal(chaos_domain_destroy(f->kit->ctx, domid), 0);
    exit_comes(f, domid, NOXS_EXIT_DYING, 0);
    exit_comes(f, domid, NOXS_EXIT_DESTROYED, 0);
}

static inline void fill(char *text, size_t count, char c)
{
    memset(text, c, count);
    text[count] = '\0';
}

#endif /* TESTS_UNIT_GUESTS_KIT_H */
