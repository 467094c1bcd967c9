/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an earlier daemon or a client that died left behind: each domain is in
 * the end the operator's, a shell of the pool, or no more.
 */
#include <dirent.h>

#include "pool_kit.h"

#define KB SHAPE_KB

static struct pool_kit *start(void **state, uint32_t high)
{
    struct pool_kit *k = *state;
    struct chaosd_shape shape = bare_shape(KB);

    configure(k, "bare", &shape, 1, high);
    daemon_start(k);
    wait_for(k, ready(k) == high);
    return k;
}

/* As main does it. */
static void restart(struct pool_kit *k)
{
    daemon_begin(k);
    assert_int_equal(ledger_recover(&k->d), 0);
    pool_start(k->d.pool);
    assert_int_equal(ledger_start(&k->d), 0);
}

/* The timer's own turn is far away. */
static void look_now(struct pool_kit *k)
{
    ledger_look(&k->d);
    wait_for(k, is_quiet(k));
    run_for(k, 3);
    wait_for(k, is_quiet(k));
}

static unsigned files_in(const struct pool_kit *k, const char *dir)
{
    char path[128];
    struct dirent *e;
    unsigned n = 0;
    DIR *d;

    snprintf(path, sizeof(path), "%s/%s", k->kit->run, dir);
    d = opendir(path);
    while (d && (e = readdir(d)))
        n += e->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

static void spoil(const struct pool_kit *k, uint32_t domid, const char *text)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/shells/%u", k->kit->run, domid);
    assert_int_equal(access(path, F_OK), 0);
    if (text)
        kit_write_file(path, text, strlen(text));
    else
        unlink(path);
}

static void test_adopt(void **state)
{
    struct pool_kit *k = start(state, 3);
    struct chaosd_shape shape = bare_shape(KB);
    struct client *c;
    uint32_t domid;

    daemon_kill(k);
    assert_int_equal(model_counts().domains, 4);
    restart(k);
    assert_int_equal(ready(k), 3);
    assert_int_equal(k->counters[METRIC_ADOPTED], 3);
    assert_true(told(k, "adopted", 1) && told(k, "adopted", 3));
    run_for(k, 30);
    assert_int_equal(k->counters[METRIC_REFILLS], 3); /* those of the first */
    assert_int_equal(model_counts().domains, 4);
    c = client_open(k);
    assert_int_equal(take(k, c, &shape, &domid), 0);
    make_vm(c, domid);
    done(k, c, domid, 0, true);
    assert_int_equal(k->counters[METRIC_CREATED], 1);
}

/* Shells that were given when the daemon died. */
static void test_given(void **state)
{
    struct pool_kit *k = start(state, 4);
    struct chaosd_shape shape = bare_shape(KB);
    struct client *alive = client_open(k), *dead = client_open(k);
    uint32_t made, lost, working, operators = model_domain_add("mine");

    assert_int_equal(take(k, alive, &shape, &made), 0);
    assert_int_equal(take(k, alive, &shape, &working), 0);
    assert_int_equal(take(k, dead, &shape, &lost), 0);
    daemon_kill(k);
    make_vm(alive, made);
    client_end(dead, true);
    restart(k);
    assert_int_equal(k->counters[METRIC_ADOPTED], 1);
    assert_int_equal(k->counters[METRIC_REAPED], 1);
    assert_true(told(k, "reaped", lost));
    assert_false(exists(lost));
    assert_true(exists(made) && exists(operators));
    /* One at work is not disturbed, until it dies as well. */
    look_now(k);
    assert_true(exists(working));
    assert_int_equal(k->counters[METRIC_REAPED], 1);
    client_end(alive, true);
    look_now(k);
    assert_false(exists(working));
    assert_int_equal(k->counters[METRIC_REAPED], 2);
    assert_true(exists(made) && exists(operators));
    wait_for(k, ready(k) == 4);
    assert_int_equal(model_counts().domains, 1 + 2 + 4);
}

static void test_spoiled(void **state)
{
    struct pool_kit *k = start(state, 4);

    spoil(k, 1, "");
    spoil(k, 2, "something else altogether, which is no shell of anybody's");
    spoil(k, 3, NULL);
    daemon_kill(k);
    restart(k);
    assert_int_equal(k->counters[METRIC_ADOPTED], 1);
    assert_int_equal(k->counters[METRIC_REAPED], 3);
    assert_int_equal(ready(k), 1);
    assert_true(pool_knows(k->d.pool, 4));
    wait_for(k, ready(k) == 4);
    assert_int_equal(model_counts().domains, 5);
    assert_int_equal(files_in(k, "shells"), 4);
}

/* Files without domains, domains without files. */
static void test_sweep(void **state)
{
    struct pool_kit *k = start(state, 2);

    daemon_kill(k);
    model_destroy(1);
    assert_int_equal(files_in(k, "shells"), 2);
    restart(k);
    assert_int_equal(k->counters[METRIC_ADOPTED], 1);
    assert_int_equal(files_in(k, "shells"), 1);
    wait_for(k, ready(k) == 2);
}

/* Of a shape that nobody configured: learnt or ended. */
static void test_other_shape(void **state)
{
    struct pool_kit *k = start(state, 2);

    daemon_kill(k);
    k->conf.shape_count = 0;
    k->conf.pool_learn = true;
    restart(k);
    assert_int_equal(ready(k), 2);
    assert_non_null(shapes_named(&k->d.pool->shapes, "learnt-1"));
    daemon_kill(k);
    k->conf.pool_learn = false;
    restart(k);
    assert_int_equal(ready(k), 0);
    wait_for(k, is_quiet(k));
    assert_int_equal(model_counts().domains, 1);
    assert_int_equal(files_in(k, "shells"), 0);
    assert_true(TAILQ_EMPTY(&k->d.pool->shapes.list));
}

/* The image changed while no daemon ran. */
static void test_other_image(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape old = loaded_shape(k, KB), now = old;

    configure(k, "loaded", &old, 1, 2);
    daemon_start(k);
    wait_for(k, ready(k) == 2);
    daemon_kill(k);
    now.kernel.ino++;
    k->conf.shape_count = 0;
    configure(k, "loaded", &now, 0, 0);
    restart(k);
    assert_int_equal(k->counters[METRIC_ADOPTED], 2);
    wait_for(k, is_quiet(k));
    assert_int_equal(ready(k), 0);
    assert_int_equal(model_counts().domains, 1);
}

/* Less is allowed than there is. */
static void test_too_many(void **state)
{
    struct pool_kit *k = start(state, 4);

    daemon_kill(k);
    k->conf.pool_memory_kb = 2 * KB;
    restart(k);
    wait_for(k, is_quiet(k) && ready(k) == 2);
    assert_int_equal(model_counts().domains, 3);
}

/* Whatever fails while it looks, it starts or says why, and loses nothing. */
static void test_faults(void **state)
{
    struct pool_kit *k = start(state, 2);
    unsigned n, failures = 0;

    daemon_kill(k);
    for (n = 1;; n++) {
        int rc;

        daemon_begin(k);
        model_fail(n, EIO);
        rc = ledger_recover(&k->d);
        if (!model_failed())
            assert_int_equal(rc, 0);
        failures += rc < 0;
        model_fail_end();
        /* None is both here and gone. */
        assert_true(model_counts().domains >= 1 + ready(k));
        if (rc == 0 && !model_failed())
            break;
        daemon_kill(k);
    }
    assert_true(n > 3 && failures > 0);
    pool_start(k->d.pool);
    assert_int_equal(ledger_start(&k->d), 0);
    look_now(k);
    wait_for(k, ready(k) == 2);
    assert_int_equal(model_counts().domains, 3);
}

/* An operator ends a shell; a client makes VMs without the daemon and dies. */
static void test_from_time_to_time(void **state)
{
    struct pool_kit *k = start(state, 3);
    struct chaosd_shape shape = bare_shape(KB);
    struct client *c = client_open(k);
    struct chaos_shell *half;
    uint32_t orphan;

    daemon_kill(k);
    restart(k);
    run_for(k, 2);
    model_destroy(2);
    assert_int_equal(chaos_shell_prepare(c->ctx, &shape, &half), 0);
    orphan = chaos_shell_domid(half);
    assert_int_equal(chaos_shell_give(c->ctx, half, c->owner), 0);
    chaos_shell_free(half);
    look_now(k);
    assert_true(told(k, "shell_lost", 2));
    assert_false(pool_knows(k->d.pool, 2));
    assert_true(exists(orphan));
    wait_for(k, ready(k) == 3);
    client_end(c, true);
    look_now(k);
    assert_false(exists(orphan));
    assert_true(told(k, "reaped", orphan));
    assert_int_equal(model_counts().domains, 4);
    /* Nothing more to do. */
    look_now(k);
    assert_int_equal(k->counters[METRIC_REAPED], 1);
    assert_int_equal(ready(k), 3);
}

/* Again and again, at every moment of a refill. */
static void test_many_restarts(void **state)
{
    struct pool_kit *k = start(state, 3);
    unsigned i;

    daemon_kill(k);
    for (i = 0; i < 20; i++) {
        unsigned turns;

        restart(k);
        for (turns = 0; turns < i; turns++)
            event_base_loop(k->d.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
        if (i % 3 == 0 && ready(k) > 0)
            shell_end(
                TAILQ_FIRST(&TAILQ_FIRST(&k->d.pool->shapes.list)->shells));
        daemon_kill(k);
    }
    restart(k);
    wait_for(k, ready(k) == 3 && is_quiet(k));
    assert_int_equal(model_counts().domains, 4);
    assert_int_equal(files_in(k, "shells"), 3);
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, pool_kit_setup, pool_kit_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_adopt),
        TEST(test_given),
        TEST(test_spoiled),
        TEST(test_sweep),
        TEST(test_other_shape),
        TEST(test_other_image),
        TEST(test_too_many),
        TEST(test_faults),
        TEST(test_from_time_to_time),
        TEST(test_many_restarts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
