/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shapes: which shells serve which VMs, what is learnt and forgotten, images
 * that change, reloads.
 */
#include "kernel.h"
#include "pool_kit.h"

#define KB SHAPE_KB

static struct shape *named(const struct pool_kit *k, const char *name)
{
    return shapes_named(&k->d.pool->shapes, name);
}

static struct chaosd_shape with_bridge(struct chaosd_shape shape,
                                       const char *bridge)
{
    shape.vif_count = 1;
    strcpy(shape.bridges[0], bridge);
    return shape;
}

/* Another file in the kernel's place. */
static void replace_kernel(struct pool_kit *k)
{
    struct kernel other;

    unlink(k->kit->kernel);
    usleep(20000); /* the clock of files ticks slowly */
    kernel_make(&other, 0, 0);
    kernel_write(&other, k->kit->kernel);
}

/* --- which serve which ------------------------------------------------------
 */

static void test_fit(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape vm = with_bridge(loaded_shape(k, KB), "br0"), s;

#define FIT(change, value)                                                     \
    do {                                                                       \
        s = vm;                                                                \
        change;                                                                \
        assert_int_equal(shape_fit(&s, &vm), value);                           \
    } while (0)
    FIT((void)0, SHAPE_FIT_LOADED + SHAPE_FIT_BRIDGES);
    FIT(strcpy(s.bridges[0], "br1"), SHAPE_FIT_LOADED);
    FIT(strcpy(s.kernel.path, "/other/name"),
        SHAPE_FIT_LOADED + SHAPE_FIT_BRIDGES);
    FIT(memset(&s.kernel, 0, sizeof(s.kernel)),
        SHAPE_FIT_BARE + SHAPE_FIT_BRIDGES);
    FIT(s.kernel.dev++, SHAPE_FIT_NONE);
    FIT(s.kernel.ino++, SHAPE_FIT_NONE);
    FIT(s.kernel.size++, SHAPE_FIT_NONE);
    FIT(s.kernel.mtime_ns++, SHAPE_FIT_NONE);
    FIT(s.kernel.ctime_ns++, SHAPE_FIT_NONE);
    FIT(s.ramdisk = s.kernel, SHAPE_FIT_NONE);
    FIT(s.memory_kb += 4, SHAPE_FIT_NONE);
    FIT(s.memory_kb -= 4, SHAPE_FIT_NONE);
    FIT(s.vcpus++, SHAPE_FIT_NONE);
    FIT(s.flags = CHAOSD_SHAPE_PVH, SHAPE_FIT_NONE);
    FIT(s.vif_count = 0, SHAPE_FIT_NONE);
    FIT(s.vbd_count = 1, SHAPE_FIT_NONE);
#undef FIT
}

/* Loaded before bare, the same bridge before another, the oldest first. */
static void test_best(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape vm = with_bridge(loaded_shape(k, KB), "xenbr0");
    struct chaosd_shape moved = with_bridge(loaded_shape(k, KB), "");
    struct chaosd_shape bare = with_bridge(bare_shape(KB), "xenbr0");
    struct chaosd_shape large = with_bridge(bare_shape(2 * KB), "xenbr0");
    static const char *const order[] = {"same", "same", "moved", "moved",
                                        "bare"};
    struct client *c = client_open(k);
    uint32_t domid;
    size_t i;

    configure(k, "bare", &bare, 1, 1);
    configure(k, "moved", &moved, 2, 2);
    configure(k, "same", &vm, 2, 2);
    configure(k, "large", &large, 1, 1);
    daemon_start(k);
    wait_for(k, ready(k) == 6);
    for (i = 0; i < sizeof(order) / sizeof(*order); i++) {
        const struct shell *oldest = TAILQ_FIRST(&named(k, order[i])->shells);
        uint32_t expected = oldest->domid;

        assert_int_equal(take(k, c, &vm, &domid), 0);
        assert_int_equal(domid, expected);
    }
    assert_int_equal(take(k, c, &vm, &domid), -ENOENT);
    assert_int_equal(named(k, "large")->ready, 1);
    assert_int_equal(named(k, "same")->missed, 1);
}

/* --- learning ---------------------------------------------------------------
 */

static void test_learn(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape vm = loaded_shape(k, KB);
    struct client *c = client_open(k);
    const struct shape *s;
    uint32_t domid;

    k->conf.pool_learn = true;
    daemon_start(k);
    assert_int_equal(take(k, c, &vm, &domid), -ENOENT);
    run_for(k, 30);
    assert_int_equal(pool_counts(k->d.pool).shapes, 0);
    assert_int_equal(take(k, c, &vm, &domid), -ENOENT);
    assert_int_equal(pool_counts(k->d.pool).shapes, 1);
    wait_for(k, ready(k) == 2);
    s = named(k, "learnt-1");
    assert_non_null(s);
    assert_true(shape_has_images(&s->is));
    assert_int_equal(s->missed, 1);
    assert_int_equal(take(k, c, &vm, &domid), 0);
    assert_int_equal(k->counters[METRIC_MISSES], 2);
}

static void test_learn_bare(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape vm = loaded_shape(k, KB);
    struct client *c = client_open(k);
    uint32_t domid;

    k->conf.pool_learn = true;
    k->conf.pool_preload = false;
    daemon_start(k);
    take(k, c, &vm, &domid);
    take(k, c, &vm, &domid);
    wait_for(k, ready(k) == 2);
    assert_false(shape_has_images(&named(k, "learnt-1")->is));
    assert_int_equal(take(k, c, &vm, &domid), 0);
}

static void test_not_learnt(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape vm = loaded_shape(k, KB);
    struct client *c = client_open(k);
    uint32_t domid;
    unsigned i;

    daemon_start(k);
    for (i = 0; i < 4; i++)
        assert_int_equal(take(k, c, &vm, &domid), -ENOENT);
    assert_int_equal(pool_counts(k->d.pool).shapes, 0);
    k->conf.pool_learn = true;
    pool_configure(k->d.pool, &k->conf);
    vm.flags = CHAOSD_SHAPE_PVH;
    for (i = 0; i < 4; i++)
        assert_int_equal(take(k, c, &vm, &domid), -ENOENT);
    assert_int_equal(pool_counts(k->d.pool).shapes, 0);
    /* Asked for once a minute is not enough, nor once among many others. */
    vm.flags = 0;
    for (i = 0; i < 4; i++) {
        struct miss *m;

        take(k, c, &vm, &domid);
        for (m = k->d.pool->shapes.misses;
             m < k->d.pool->shapes.misses + SHAPES_MISSES; m++)
            m->at_ns -= m->at_ns ? SHAPES_LEARN_NS + 1 : 0;
    }
    for (i = 0; i < 3 * SHAPES_MISSES; i++) {
        struct chaosd_shape other = bare_shape(4 * (i + 1000));

        take(k, c, &other, &domid);
        if (i % (SHAPES_MISSES + 1) == 0)
            take(k, c, &vm, &domid);
    }
    assert_int_equal(pool_counts(k->d.pool).shapes, 0);
}

/* Only so many: who was not asked for the longest makes way. */
static void test_learn_max(void **state)
{
    struct pool_kit *k = *state;
    struct client *c = client_open(k);
    struct chaosd_shape vm[3];
    uint32_t domid, given;
    unsigned i;

    k->conf.pool_learn = true;
    daemon_start(k);
    for (i = 0; i < 3; i++) {
        vm[i] = bare_shape(KB * (i + 1));
        take(k, c, &vm[i], &domid);
    }
    take(k, c, &vm[0], &domid);
    take(k, c, &vm[1], &domid);
    wait_for(k, ready(k) == 4);
    assert_int_equal(take(k, c, &vm[0], &given), 0);
    take(k, c, &vm[2], &domid);
    assert_int_equal(pool_counts(k->d.pool).shapes, 2);
    assert_null(named(k, "learnt-2"));
    wait_for(k, ready(k) == 4 && is_quiet(k));
    assert_int_equal(take(k, c, &vm[1], &domid), -ENOENT);
    /* Its shape goes, the create goes on. */
    k->conf.pool_learn = false;
    pool_configure(k->d.pool, &k->conf);
    wait_for(k, is_quiet(k));
    assert_int_equal(pool_counts(k->d.pool).shapes, 0);
    assert_int_equal(pool_counts(k->d.pool).given, 1);
    make_vm(c, given);
    done(k, c, given, 0, true);
    assert_true(TAILQ_EMPTY(&k->d.pool->shapes.list));
    assert_int_equal(model_counts().domains, 2);
}

static void test_forget(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape vm = loaded_shape(k, KB), kept = bare_shape(KB);
    struct client *c = client_open(k);
    uint32_t domid;

    k->conf.pool_learn = true;
    kept.vcpus = 2;
    configure(k, "kept", &kept, 1, 1);
    daemon_start(k);
    take(k, c, &vm, &domid);
    take(k, c, &vm, &domid);
    wait_for(k, ready(k) == 3);
    named(k, "learnt-1")->asked_ns -= PLAN_FORGET_NS - UINT64_C(100000000);
    named(k, "kept")->asked_ns -= PLAN_FORGET_NS;
    pool_turn_soon(k->d.pool);
    run_for(k, 40);
    assert_int_equal(ready(k), 3);
    wait_for(k, ready(k) == 1 && is_quiet(k));
    assert_int_equal(pool_counts(k->d.pool).shapes, 1);
    assert_int_equal(model_counts().domains, 2);
}

/* --- images that change -----------------------------------------------------
 */

/* A client sees it first. */
static void test_image_changes(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape old = loaded_shape(k, KB), now;
    struct client *c = client_open(k);
    uint32_t given, domid;

    configure(k, "loaded", &old, 1, 2);
    daemon_start(k);
    wait_for(k, ready(k) == 2);
    assert_int_equal(take(k, c, &old, &given), 0);
    replace_kernel(k);
    now = loaded_shape(k, KB);
    assert_false(shape_same_images(&old, &now));
    assert_int_equal(take(k, c, &now, &domid), -ENOENT);
    assert_int_equal(named(k, "loaded")->missed, 1);
    wait_for(k, shape_same_images(&named(k, "loaded")->is, &now));
    wait_for(k, ready(k) == 2 && is_quiet(k));
    assert_int_equal(pool_counts(k->d.pool).given, 1); /* a VM of the old one */
    assert_int_equal(take(k, c, &now, &domid), 0);
    /* What is no more is not brought back by one who still asks for it. */
    assert_int_equal(take(k, c, &old, &domid), -ENOENT);
    run_for(k, 60);
    assert_true(shape_same_images(&named(k, "loaded")->is, &now));
    assert_int_equal(k->counters[METRIC_REFILL_FAILED], 0);
}

/* A refill sees it first. */
static void test_image_stale(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape old = loaded_shape(k, KB), now;

    configure(k, "loaded", &old, 1, 2);
    daemon_begin(k);
    replace_kernel(k);
    now = loaded_shape(k, KB);
    pool_start(k->d.pool);
    wait_for(k, ready(k) == 2);
    assert_true(shape_same_images(&named(k, "loaded")->is, &now));
    assert_int_equal(k->counters[METRIC_REFILL_FAILED], 1);
}

/* A configuration that knows only the path. */
static void test_image_unknown(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape now = loaded_shape(k, KB), path = now;

    memset(&path.kernel, 0, offsetof(struct chaosd_image, path));
    configure(k, "loaded", &path, 1, 1);
    daemon_start(k);
    wait_for(k, ready(k) == 1);
    assert_true(shape_same_images(&named(k, "loaded")->is, &now));
    assert_int_equal(k->counters[METRIC_REFILL_FAILED], 0);
}

/* Gone for a while: nothing is ready, and then it goes on. */
static void test_image_gone(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape old = loaded_shape(k, KB), now;
    struct client *c = client_open(k);
    uint32_t domid;

    configure(k, "loaded", &old, 1, 1);
    daemon_start(k);
    wait_for(k, ready(k) == 1);
    unlink(k->kit->kernel);
    old.kernel.ino++;
    assert_int_equal(take(k, c, &old, &domid), -ENOENT);
    wait_for(k, ready(k) == 0 && k->counters[METRIC_REFILL_FAILED] > 0);
    replace_kernel(k);
    now = loaded_shape(k, KB);
    wait_for(k, ready(k) == 1);
    assert_int_equal(take(k, c, &now, &domid), 0);
}

/* --- reload -----------------------------------------------------------------
 */

static void test_reload(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape a = bare_shape(KB), b = bare_shape(2 * KB);
    struct client *c = client_open(k);
    uint32_t given;

    configure(k, "a", &a, 1, 2);
    configure(k, "b", &b, 1, 2);
    daemon_start(k);
    wait_for(k, ready(k) == 4);
    assert_int_equal(take(k, c, &b, &given), 0);
    /* a has another name and is more, b is no more. */
    k->conf.shape_count = 0;
    configure(k, "new", &a, 1, 3);
    pool_configure(k->d.pool, &k->conf);
    assert_int_equal(named(k, "new")->ready, 2);
    assert_null(named(k, "a"));
    assert_null(named(k, "b"));
    wait_for(k, ready(k) == 3 && is_quiet(k));
    assert_int_equal(k->counters[METRIC_REFILLS], 5);
    assert_int_equal(pool_counts(k->d.pool).given, 1);
    /* Less of it. */
    k->conf.shape_count = 0;
    configure(k, "new", &a, 0, 1);
    pool_configure(k->d.pool, &k->conf);
    wait_for(k, ready(k) == 1 && is_quiet(k));
    assert_int_equal(model_counts().domains, 3);
}

/* What was learnt and is now configured keeps its shells. */
static void test_reload_learnt(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape vm = loaded_shape(k, KB);
    struct client *c = client_open(k);
    uint32_t domid;

    k->conf.pool_learn = true;
    daemon_start(k);
    take(k, c, &vm, &domid);
    take(k, c, &vm, &domid);
    wait_for(k, ready(k) == 2);
    configure(k, "vm", &vm, 1, 2);
    k->conf.pool_learn = false;
    pool_configure(k->d.pool, &k->conf);
    run_for(k, 30);
    assert_int_equal(named(k, "vm")->ready, 2);
    assert_false(named(k, "vm")->learnt);
    assert_int_equal(k->d.pool->shapes.learnt, 0);
    assert_int_equal(k->counters[METRIC_REFILLS], 2);
}

/* A shape that goes while a shell of it is being made. */
static void test_reload_preparing(void **state)
{
    struct pool_kit *k = *state;
    struct chaosd_shape a = bare_shape(KB);

    configure(k, "a", &a, 1, 1);
    daemon_start(k);
    while (pool_counts(k->d.pool).preparing == 0)
        event_base_loop(k->d.base, EVLOOP_ONCE);
    k->conf.shape_count = 0;
    pool_configure(k->d.pool, &k->conf);
    assert_int_equal(pool_counts(k->d.pool).shapes, 0);
    wait_for(k, is_quiet(k));
    assert_int_equal(model_counts().domains, 1);
    assert_true(TAILQ_EMPTY(&k->d.pool->shapes.list));
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, pool_kit_setup, pool_kit_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_fit),           TEST(test_best),
        TEST(test_learn),         TEST(test_learn_bare),
        TEST(test_not_learnt),    TEST(test_learn_max),
        TEST(test_forget),        TEST(test_image_changes),
        TEST(test_image_stale),   TEST(test_image_unknown),
        TEST(test_image_gone),    TEST(test_reload),
        TEST(test_reload_learnt), TEST(test_reload_preparing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
