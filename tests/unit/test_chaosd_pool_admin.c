/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * POOL_STATUS, POOL_SET, POOL_DRAIN, POOL_FILL, and memory: the budget, the
 * reserve, and who makes room for whom.
 */
#include <yajl/yajl_tree.h>

#include "pool_kit.h"

#define KB SHAPE_KB
#define ALL UINT64_MAX
/* What a shell of KB takes of the host: its memory alone, in the model. */
#define PAGES(shells) ((shells)*KB / 4)

static void amount(struct pool_kit *k, struct client *c, uint16_t type,
                   uint64_t kb, uint32_t ms)
{
    struct chaosd_amount a = {.kb = kb, .timeout_ms = ms};

    c->replies = 0;
    ask(k, c, type, &a, sizeof(a));
}

static struct shape *named(const struct pool_kit *k, const char *name)
{
    return shapes_named(&k->d.pool->shapes, name);
}

/* A number of the last reply, or of one in its list of shapes. */
static long long number(const struct client *c, const char *list, size_t i,
                        const char *key)
{
    const char *list_path[] = {list, NULL}, *path[] = {key, NULL};
    yajl_val root, at, v;
    long long n = -1;

    root = yajl_tree_parse(c->reply, NULL, 0);
    assert_non_null(root);
    at = root;
    if (list) {
        at = yajl_tree_get(root, list_path, yajl_t_array);
        assert_non_null(at);
        at = i < at->u.array.len ? at->u.array.values[i] : NULL;
    }
    v = at ? yajl_tree_get(at, path, yajl_t_number) : NULL;
    if (v)
        n = YAJL_IS_INTEGER(v) ? YAJL_GET_INTEGER(v)
                               : (long long)YAJL_GET_DOUBLE(v);
    yajl_tree_free(root);
    return n;
}

/* --- STATUS, SET ------------------------------------------------------------
 */

static void test_status(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape shape = bare_shape(KB);
    struct client *c = client_open(k);
    uint32_t domid;

    shape.vif_count = 1;
    strcpy(shape.bridges[0], "xenbr0");
    configure(k, "web", &shape, 1, 2);
    daemon_start(k);
    wait_for(k, ready(k) == 2);
    assert_int_equal(take(k, c, &shape, &domid), 0);
    assert_int_equal(take(k, c, &shape, &domid), 0);
    assert_int_equal(take(k, c, &shape, &domid), -ENOENT);
    ask(k, c, CHAOSD_POOL_STATUS, "", 0);
    assert_int_equal(c->status, 0);
    assert_int_equal(number(c, NULL, 0, "memory_kb"), 2 * KB);
    assert_int_equal(number(c, NULL, 0, "budget_kb"), 1 << 20);
    assert_int_equal(number(c, NULL, 0, "given"), 2);
    assert_int_equal(number(c, "shapes", 0, "given"), 2);
    assert_int_equal(number(c, "shapes", 0, "ready"), 0);
    assert_int_equal(number(c, "shapes", 0, "taken"), 2);
    assert_int_equal(number(c, "shapes", 0, "missed"), 1);
    assert_int_equal(number(c, "shapes", 0, "vifs"), 1);
    assert_int_equal(number(c, "shells", 1, "domid"), domid);
    assert_int_equal(number(c, "shells", 2, "domid"), -1);
    assert_non_null(strstr(c->reply, "\"bridges\":[\"xenbr0\"]"));
    assert_non_null(strstr(c->reply, "\"state\":\"given\""));
}

static void test_set(void **state)
{
    static const char one[] =
        "{\"name\": \"x\", \"low\": 1, \"high\": 2, \"image\": false,"
        " \"vm\": {\"kernel\": \"/dev/null\", \"memory\": \"2M\"}}";
    static const char two[] =
        "{\"name\": \"x\", \"low\": 1, \"high\": 1, \"image\": false,"
        " \"vm\": {\"kernel\": \"/dev/null\", \"memory\": \"4M\"}}";
    static const char *const bad[] = {
        "{}", "{ ", "[]", "{\"name\": \"y\", \"low\": 3}", "{\"mane\": \"y\"}"};
    struct pool_kit *k = *state;
    struct client *c = client_open(k);
    size_t i;

    daemon_start(k);
    ask(k, c, CHAOSD_POOL_SET, one, sizeof(one) - 1);
    assert_int_equal(c->status, 0);
    wait_for(k, ready(k) == 2);
    ask(k, c, CHAOSD_POOL_SET, two, sizeof(two) - 1);
    assert_int_equal(c->status, 0);
    wait_for(k, ready(k) == 1 && is_quiet(k));
    assert_int_equal(named(k, "x")->is.memory_kb, 4096);
    assert_int_equal(pool_counts(k->d.pool).memory_kb, 4096);
    assert_int_equal(model_counts().domains, 2);
    for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        ask(k, c, CHAOSD_POOL_SET, bad[i], strlen(bad[i]));
        assert_true(c->status < 0);
    }
    assert_int_equal(pool_counts(k->d.pool).shapes, 1);
    /* Until the next reload. */
    pool_configure(k->d.pool, &k->conf);
    wait_for(k, is_quiet(k));
    assert_int_equal(model_counts().domains, 1);
}

/* --- DRAIN, FILL ------------------------------------------------------------
 */

static void test_drain_all(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape shape = bare_shape(KB);
    struct client *c = client_open(k);

    configure(k, "bare", &shape, 2, 3);
    daemon_start(k);
    wait_for(k, ready(k) == 3);
    amount(k, c, CHAOSD_POOL_DRAIN, ALL, 1000);
    assert_int_equal(c->replies, 0);
    wait_for(k, c->replies == 1);
    assert_int_equal(c->status, 0);
    assert_int_equal(c->type, CHAOSD_POOL_DRAIN);
    assert_int_equal(number(c, NULL, 0, "destroyed"), 3);
    assert_int_equal(number(c, NULL, 0, "free_kb"), 4 << 20);
    assert_int_equal(model_counts().domains, 1);
    /* It rests until it is told otherwise. */
    run_for(k, 40);
    assert_int_equal(pool_counts(k->d.pool).preparing + ready(k), 0);
    amount(k, c, CHAOSD_POOL_FILL, 0, 1000);
    wait_for(k, c->replies == 1);
    assert_int_equal(c->status, 0);
    assert_int_equal(ready(k), 3);
    assert_int_equal(number(c, NULL, 0, "ready"), 3);
    /* So does a reload. */
    amount(k, c, CHAOSD_POOL_DRAIN, ALL, 1000);
    wait_for(k, c->replies == 1);
    pool_configure(k->d.pool, &k->conf);
    wait_for(k, ready(k) == 3);
}

static void test_drain_some(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape shape = bare_shape(KB), idle = bare_shape(2 * KB);
    struct client *c = client_open(k);
    uint64_t free_kb;
    uint32_t domid;

    configure(k, "busy", &shape, 3, 3);
    configure(k, "idle", &idle, 2, 2);
    daemon_start(k);
    wait_for(k, ready(k) == 5);
    assert_int_equal(take(k, c, &shape, &domid), 0);
    make_vm(c, domid);
    done(k, c, domid, 0, true);
    wait_for(k, ready(k) == 5);
    free_kb = pool_free_kb(k->d.pool);
    amount(k, c, CHAOSD_POOL_DRAIN, free_kb, 1000);
    wait_for(k, c->replies == 1);
    assert_int_equal(number(c, NULL, 0, "destroyed"), 0);
    /* The least useful first: nobody ever asked for `idle`. */
    amount(k, c, CHAOSD_POOL_DRAIN, free_kb + 3 * KB, 1000);
    wait_for(k, c->replies == 1);
    assert_int_equal(c->status, 0);
    assert_int_equal(number(c, NULL, 0, "destroyed"), 2);
    assert_int_equal(named(k, "idle")->ready, 0);
    assert_int_equal(named(k, "busy")->ready, 3);
    assert_true(k->d.pool->rest_ns > now_ns());
    assert_true(k->d.pool->rest_ns < now_ns() + 1000000000);
    /* More than there is. */
    amount(k, c, CHAOSD_POOL_DRAIN, UINT64_C(1) << 40, 1000);
    wait_for(k, c->replies == 1);
    assert_int_equal(number(c, NULL, 0, "destroyed"), 3);
    assert_int_equal(ready(k), 0);
}

static void test_drain_hangs(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape shape = bare_shape(KB);
    struct client *c = client_open(k), *gone = client_open(k);

    configure(k, "bare", &shape, 2, 2);
    daemon_start(k);
    wait_for(k, ready(k) == 2);
    amount(k, c, CHAOSD_POOL_DRAIN, ALL, 0);
    amount(k, gone, CHAOSD_POOL_DRAIN, ALL, 1000);
    client_end(gone, true);
    wait_for(k, c->replies == 1);
    assert_int_equal(c->status, -ETIMEDOUT);
    model_knobs.undestroyable = true;
    wait_for(k, TAILQ_EMPTY(&k->d.pool->waiters));
    model_knobs.undestroyable = false;
}

static void test_fill_fails(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape shape = loaded_shape(k, KB);
    struct client *c = client_open(k), *later = client_open(k);
    struct chaosd_amount bad = {.pad = 1};

    configure(k, "loaded", &shape, 2, 4);
    k->conf.pool_memory_kb = 3 * KB;
    daemon_start(k);
    wait_for(k, ready(k) == 3);
    amount(k, c, CHAOSD_POOL_FILL, 0, 1000);
    wait_for(k, c->replies == 1);
    assert_int_equal(c->status, -ENOMEM);
    ask(k, c, CHAOSD_POOL_FILL, &bad, sizeof(bad));
    assert_int_equal(c->status, -EINVAL);
    unlink(k->kit->kernel);
    k->d.pool->budget_kb = 4 * KB;
    amount(k, c, CHAOSD_POOL_FILL, 0, 20);
    wait_for(k, c->replies == 1);
    assert_int_equal(c->status, -ETIMEDOUT);
    assert_true(k->counters[METRIC_REFILL_FAILED] > 0);
    amount(k, later, CHAOSD_POOL_FILL, 0, 1000);
    pool_leave(k->d.pool);
    wait_for(k, later->replies == 1);
    assert_int_equal(later->status, -ESHUTDOWN);
}

/* --- memory -----------------------------------------------------------------
 */

static void test_budget(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape shape = bare_shape(KB);
    struct client *c = client_open(k);
    uint32_t domid;
    unsigned i;

    configure(k, "bare", &shape, 4, 8);
    k->conf.pool_memory_kb = 3 * KB;
    daemon_start(k);
    for (i = 0; i < 5; i++) {
        wait_for(k, ready(k) == 3);
        run_for(k, 5);
        assert_int_equal(pool_counts(k->d.pool).memory_kb, 3 * KB);
        assert_int_equal(take(k, c, &shape, &domid), 0);
        run_for(k, 60);
        /* Those that are given count, too. */
        assert_int_equal(ready(k), 2);
        make_vm(c, domid);
        done(k, c, domid, 0, true);
    }
    /* A reload with less. */
    k->conf.pool_memory_kb = 2 * KB - 4;
    pool_configure(k->d.pool, &k->conf);
    wait_for(k, is_quiet(k) && ready(k) == 1);
    assert_int_equal(model_counts().domains, 1 + 5 + 1);
}

static void test_reserve(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape shape = bare_shape(KB);

    model_knobs.host_pages = PAGES(5);
    k->conf.pool_reserve_kb = 2 * KB;
    configure(k, "bare", &shape, 4, 4);
    daemon_start(k);
    wait_for(k, ready(k) == 2);
    run_for(k, 40);
    /* A third would leave no room for what Xen needs besides. */
    assert_int_equal(ready(k), 2);
    assert_int_equal(k->counters[METRIC_REFILL_FAILED], 0);
    model_knobs.host_pages = PAGES(6);
    wait_for(k, ready(k) == 3);
}

/* Within the budget, the shape that is asked for gets the room. */
static void test_share(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape a = bare_shape(KB), b = bare_shape(2 * KB);
    struct client *c = client_open(k);
    uint32_t domid;

    k->conf.pool_memory_kb = 4 * KB;
    configure(k, "a", &a, 1, 4);
    daemon_start(k);
    wait_for(k, ready(k) == 4);
    configure(k, "b", &b, 1, 2);
    pool_configure(k->d.pool, &k->conf);
    /* Its low watermark is worth more than another's surplus. */
    wait_for(k, named(k, "b")->ready == 1 && is_quiet(k));
    assert_int_equal(named(k, "a")->ready, 2);
    run_for(k, 40);
    assert_int_equal(named(k, "a")->ready, 2);
    assert_int_equal(named(k, "b")->ready, 1);
    /* Asked for, and the other not: it takes all that it needs. */
    named(k, "b")->low = 2;
    assert_int_equal(take(k, c, &b, &domid), 0);
    done(k, c, domid, -EIO, true);
    wait_for(k, named(k, "b")->ready == 2 && is_quiet(k));
    assert_int_equal(named(k, "a")->ready, 0);
    assert_true(pool_counts(k->d.pool).memory_kb <= 4 * KB);
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, pool_kit_setup, pool_kit_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_status),     TEST(test_set),         TEST(test_drain_all),
        TEST(test_drain_some), TEST(test_drain_hangs), TEST(test_fill_fails),
        TEST(test_budget),     TEST(test_reserve),     TEST(test_share),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
