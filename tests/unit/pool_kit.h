/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool_kit.h: what tests of the pool and the ledger start from: the pool on the
 * model of the hypervisor, workers without threads, and stand-ins for the other
 * parts of the daemon that remember what they are told.
 *
 * It defines those parts' functions, so that the linker takes none of the real
 * ones: exactly one file of a program includes it.
 */
#ifndef TESTS_UNIT_POOL_KIT_H
#define TESTS_UNIT_POOL_KIT_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../chaosd/ledger.h"
#include "pool_parts.h"

#include "internal.h"

#define SHAPE_KB 2048u

/* --- clients ----------------------------------------------------------------
 */

static inline struct client *client_open(struct pool_kit *k)
{
    struct server *s = &k->server;
    unsigned i;

    for (i = 0; i < CLIENTS && s->clients[i].alive; i++)
        ;
    assert_true(i < CLIENTS);
    memset(&s->clients[i], 0, sizeof(s->clients[i]));
    s->clients[i].alive = true;
    s->clients[i].number = ++s->last_number;
    s->clients[i].ctx = kit_second(k->kit);
    assert_int_equal(chaos_owner(s->clients[i].ctx, &s->clients[i].owner), 0);
    return &s->clients[i];
}

/* The connection ends; the process, and so what it owns, perhaps as well. */
static inline void client_end(struct client *c, bool process)
{
    struct client_hook *hook;

    if (process) {
        chaos_ctx_destroy(c->ctx);
        c->ctx = NULL;
    }
    c->alive = false;
    while ((hook = c->hooks)) {
        c->hooks = hook->next;
        hook->gone(c, hook->arg);
    }
    chaos_ctx_destroy(c->ctx);
    c->ctx = NULL;
}

static inline void ask(struct pool_kit *k, struct client *c, uint16_t type,
                       const void *payload, size_t size)
{
    const struct handler *h = &k->server.handlers[type];
    char copy[CHAOSD_REQUEST_MAX];
    struct request rq = {.type = type, .id = type + 1000u, .size = size};

    assert_non_null(h->run);
    assert_true(size >= h->min && size <= h->max);
    memcpy(copy, payload, size);
    copy[size] = 0;
    rq.payload = copy;
    h->run(&k->d, c, &rq);
}

/* Returns the status; *domid_out is the shell's. */
static inline int take(struct pool_kit *k, struct client *c,
                       const struct chaosd_shape *shape, uint32_t *domid_out)
{
    struct chaosd_take t = {.owner = c->owner, .shape = *shape};
    struct chaosd_shell shell;

    ask(k, c, CHAOSD_TAKE, &t, sizeof(t));
    assert_int_equal(c->type, CHAOSD_TAKE);
    assert_int_equal(c->id, CHAOSD_TAKE + 1000);
    if (c->status == 0) {
        assert_true(c->size > sizeof(shell));
        memcpy(&shell, c->reply, sizeof(shell));
        *domid_out = shell.domid;
    }
    return c->status;
}

static inline void done(struct pool_kit *k, struct client *c, uint32_t domid,
                        int result, bool shell)
{
    struct chaosd_done t = {
        .domid = domid,
        .result = result,
        .flags = shell ? CHAOSD_DONE_SHELL : 0,
        .duration_ns = 1000000,
    };

    ask(k, c, CHAOSD_DONE, &t, sizeof(t));
}

/* The last step of a create. */
static inline void make_vm(struct client *c, uint32_t domid)
{
    uint8_t uuid[NOXS_UUID_SIZE] = {1, 2, 3};
    struct hv *hv;

    assert_int_equal(chaos__hv(c->ctx, &hv), 0);
    assert_int_equal(hv->ops->domain_handle(hv, domid, uuid), 0);
}

static inline bool exists(uint32_t domid)
{
    return model_view(domid).exists && !model_view(domid).dying;
}

/* --- time -------------------------------------------------------------------
 */

static inline void run_loop(struct pool_kit *k)
{
    event_base_loop(k->d.base, EVLOOP_NONBLOCK);
}

/* Until it is so, for two seconds at most. */
#define wait_for(k, condition)                                                 \
    do {                                                                       \
        unsigned left_ = 4000;                                                 \
                                                                               \
        while (!(condition)) {                                                 \
            if (left_-- == 0)                                                  \
                fail_msg("waited in vain for " #condition);                    \
            run_loop(k);                                                       \
            usleep(500);                                                       \
        }                                                                      \
    } while (0)

/* For so long, whatever happens. */
static inline void run_for(struct pool_kit *k, unsigned ms)
{
    uint64_t end = now_ns() + ms * UINT64_C(1000000);

    while (now_ns() < end) {
        run_loop(k);
        usleep(500);
    }
}

static inline size_t ready(const struct pool_kit *k)
{
    return pool_counts(k->d.pool).ready;
}

/* Nothing under way any more. */
static inline bool is_quiet(const struct pool_kit *k)
{
    struct pool_counts c = pool_counts(k->d.pool);

    return c.preparing + c.ending == 0 &&
           workers_count(k->d.workers, JOB_DESTROY) == 0;
}

/* Shells that are being made or ended, or are with clients. */
static inline size_t busy(const struct pool_kit *k)
{
    struct pool_counts c = pool_counts(k->d.pool);

    return c.preparing + c.given + c.ending;
}

static inline bool told(const struct pool_kit *k, const char *event,
                        uint32_t domid)
{
    char text[64];

    snprintf(text, sizeof(text), " %s:%u", event, domid);
    return strstr(k->events, text);
}

static inline bool was_found(const struct pool_kit *k, uint32_t domid)
{
    unsigned i;

    for (i = 0; i < k->found_count && k->found[i] != domid; i++)
        ;
    return i < k->found_count;
}

/* --- the pool ---------------------------------------------------------------
 */

/* Without images, of the kit's kernel, or of another class by its memory. */
static inline struct chaosd_shape bare_shape(uint64_t kb)
{
    return (struct chaosd_shape){.memory_kb = kb, .vcpus = 1};
}

static inline struct chaosd_shape loaded_shape(struct pool_kit *k, uint64_t kb)
{
    struct chaosd_shape shape;
    struct chaos_config *cfg = kit_config(k->kit, NULL);

    assert_int_equal(chaos_shape_of(k->kit->ctx, cfg, &shape), 0);
    chaos_config_destroy(cfg);
    shape.memory_kb = kb;
    return shape;
}

static inline void configure(struct pool_kit *k, const char *name,
                             const struct chaosd_shape *shape, uint32_t low,
                             uint32_t high)
{
    struct conf_shape *cs = &k->shapes[k->conf.shape_count++];

    assert_true(k->conf.shape_count <= 4);
    memset(cs, 0, sizeof(*cs));
    snprintf(cs->name, sizeof(cs->name), "%s", name);
    cs->shape = *shape;
    cs->low = low;
    cs->high = high;
}

static inline int use_run_dir(struct chaos_ctx *ctx, void *arg)
{
    struct kit *kit = arg;

    return chaos_ctx_set_run_dir(ctx, kit->run);
}

/* A daemon, as far as before its pool starts. */
static inline void daemon_begin(struct pool_kit *k)
{
    k->d.base = event_base_new();
    k->d.ctx = kit_second(k->kit);
    k->d.conf = &k->conf;
    k->d.server = &k->server;
    assert_non_null(k->d.base);
    assert_int_equal(
        workers_start(k->d.base, 0, use_run_dir, k->kit, &k->d.workers), 0);
    assert_int_equal(pool_create(&k->d, &k->d.pool), 0);
    pool_register(k->d.pool, &k->server);
    pool_configure(k->d.pool, &k->conf);
}

static inline void daemon_start(struct pool_kit *k)
{
    daemon_begin(k);
    pool_start(k->d.pool);
}

/* As kill -9 would: nobody says goodbye. Clients keep what they have. */
static inline void daemon_kill(struct pool_kit *k)
{
    unsigned i;

    for (i = 0; i < CLIENTS; i++)
        k->server.clients[i].hooks = NULL;
    ledger_stop(&k->d);
    workers_stop(k->d.workers);
    pool_destroy(k->d.pool);
    chaos_ctx_destroy(k->d.ctx);
    event_base_free(k->d.base);
    memset(&k->d, 0, sizeof(k->d));
}

static inline int pool_kit_setup(void **state)
{
    struct pool_kit *k = calloc(1, sizeof(*k));
    void *kit;

    assert_non_null(k);
    assert_int_equal(kit_setup(&kit), 0);
    k->kit = kit;
    the_kit = k;
    k->conf.pool_memory_kb = 1u << 20;
    k->conf.pool_reserve_kb = 1024;
    k->conf.pool_learn_max = 2;
    k->conf.pool_low = 1;
    k->conf.pool_high = 2;
    k->conf.pool_preload = true;
    k->conf.shapes = k->shapes;
    log_level_set((enum chaos_log_level) - 1);
    *state = k;
    return 0;
}

static inline int pool_kit_teardown(void **state)
{
    struct pool_kit *k = *state;
    void *kit = k->kit;
    unsigned i;

    for (i = 0; i < CLIENTS; i++) {
        if (k->server.clients[i].alive)
            client_end(&k->server.clients[i], true);
    }
    if (k->d.base)
        daemon_kill(k);
    kit_teardown(&kit);
    free(k);
    return 0;
}

#endif /* TESTS_UNIT_POOL_KIT_H */
