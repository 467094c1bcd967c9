/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Failures and deaths on the way of a shell: each step, operation and
 * allocation of preparing one, and of making a VM of one, fails in turn; and
 * each step is the last of the program that does it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oom.h"
#include "shell_kit.h"
#include "step_fault.h"
#include "unit.h"

#define SWEEP_MAX 500u
#define STEPS 18

/* --- one try -----------------------------------------------------------------
 */

struct
try {
    struct kit *kit;
    struct chaos_ctx *daemon;
    const struct chaos_config *cfg;
    enum way way;
    struct chaosd_shape shape;
    struct chaos_shell *shell; /* NULL: there is none */
};

/* As programs that have just started; a shell where the way has one. */
static void begin(struct try *t, bool with_shell)
{
    t->daemon = kit_second(t->kit);
    t->shell = NULL;
    t->shape = shell_shape(t->kit, t->cfg, t->way);
    if (with_shell && t->way != WAY_PLAIN) {
        t->shell = shell_prepare(t->kit, t->daemon, t->cfg, t->way);
        pool_offer(t->daemon, t->shell);
    }
}

/* Both programs end; what they left is reaped, and nothing else is there. */
static void end(struct try *t, const struct snapshot *before, const char *what)
{
    struct chaos_ctx *third = kit_second(t->kit);

    pool_end();
    chaos_shell_free(t->shell);
    chaos_ctx_destroy(t->daemon);
    kit_renew(t->kit);
    shell_reap_all(third);
    assert_int_equal(shell_births(third, NULL), 0);
    chaos_ctx_destroy(third);
    kit_assert_same(t->kit, before, what);
}

static int create(struct try *t)
{
    uint32_t domid = CHAOS_DOMID_NONE;
    int rc = chaos_domain_create(t->kit->ctx, t->cfg, &domid);

    step_fault_set(-1, 0);
    model_fail_end();
    if (rc < 0) {
        kit_assert_text(t->kit->ctx);
        assert_int_equal(domid, CHAOS_DOMID_NONE);
        return rc;
    }
    assert_false(model_view(domid).paused);
    kit_assert_error(t->kit->ctx,
                     chaos_birth(t->kit->ctx, domid, &(struct chaos_birth){0}),
                     -ENOENT);
    assert_int_equal(chaos_domain_destroy(t->kit->ctx, domid), 0);
    return 0;
}

static int prepare(struct try *t)
{
    int rc = chaos_shell_prepare(t->daemon, &t->shape, &t->shell);

    step_fault_set(-1, 0);
    model_fail_end();
    if (rc < 0) {
        kit_assert_text(t->daemon);
        assert_null(t->shell);
        return rc;
    }
    assert_int_equal(chaos_shell_destroy(t->daemon, t->shell), 0);
    return 0;
}

/* Directories are made, and nothing else is there. */
static struct snapshot settle_down(struct try *t)
{
    begin(t, true);
    assert_int_equal(create(t), 0);
    pool_end();
    chaos_shell_free(t->shell);
    chaos_ctx_destroy(t->daemon);
    kit_renew(t->kit);
    return kit_snapshot(t->kit);
}

/* --- each step ---------------------------------------------------------------
 */

static bool is_of(int step, const char *names)
{
    const char *name = step_fault_name((size_t)step);
    const char *at = strstr(names, name);

    return at && (at == names || at[-1] == ' ') &&
           (at[strlen(name)] == ' ' || at[strlen(name)] == '\0');
}

/* Which steps are run in which phase of which way. */
static bool is_prepared(int step, enum way way)
{
    return is_of(step, "domain vcpus memory channels vifs") ||
           (way == WAY_LOADED && is_of(step, "files image vcpu"));
}

/* A program killed after the last step leaves a VM like any other. */
static void destroy_made(struct chaos_ctx *ctx)
{
    struct chaos_domain_info *infos;
    size_t n;

    assert_int_equal(chaos_domain_list(ctx, &infos, &n), 0);
    assert_int_equal(n, 2);
    assert_false(infos[1].building);
    assert_false(infos[1].paused);
    assert_int_equal(chaos_domain_destroy(ctx, infos[1].domid), 0);
    free(infos);
}

static void fail_steps(struct try *t, bool kill)
{
    struct snapshot before = settle_down(t);
    int i;

    for (i = 0; i < STEPS; i++) {
        bool run = t->way == WAY_PLAIN || !is_prepared(i, t->way);
        char what[80];

        begin(t, true);
        snprintf(what, sizeof(what), "%s, %s", way_names[t->way],
                 step_fault_name((size_t)i));
        kill ? step_fault_kill(i) : step_fault_set(i, EXDEV);
        assert_int_equal(create(t), !run ? 0 : kill ? -EINTR : -EXDEV);
        assert_int_equal(step_fault_ran(), run);
        if (!kill)
            assert_int_equal(shell_births(t->daemon, NULL), 0);
        else if (i == STEPS - 1)
            destroy_made(t->daemon);
        end(t, &before, what);
    }
    assert_int_equal(step_fault_count(), STEPS);
}

static void fail_prepare(struct try *t, bool kill)
{
    struct snapshot before = settle_down(t);
    int i;

    for (i = 0; i < STEPS; i++) {
        bool run = is_prepared(i, t->way);

        begin(t, false);
        kill ? step_fault_kill(i) : step_fault_set(i, EXDEV);
        assert_int_equal(prepare(t), !run ? 0 : kill ? -EINTR : -EXDEV);
        assert_int_equal(step_fault_ran(), run);
        if (!kill)
            assert_int_equal(shell_births(t->daemon, NULL), 0);
        end(t, &before, step_fault_name((size_t)i));
    }
}

static void every_way(struct kit *kit, void (*sweep)(struct try *t, bool kill),
                      bool kill)
{
    struct try t = {.kit = kit};
    struct chaos_config *rich = shell_rich_config(kit);
    struct chaos_config *plain = kit_config(kit, NULL);

    for (t.way = sweep == fail_prepare ? WAY_SHELL : WAY_PLAIN; t.way < WAYS;
         t.way++) {
        t.cfg = rich;
        sweep(&t, kill);
        t.cfg = plain;
        sweep(&t, kill);
    }
    chaos_config_destroy(plain);
    chaos_config_destroy(rich);
}

static void steps_fail(void **state)
{
    every_way(*state, fail_steps, false);
}

static void steps_kill(void **state)
{
    every_way(*state, fail_steps, true);
}

static void prepare_steps_fail(void **state)
{
    every_way(*state, fail_prepare, false);
}

static void prepare_steps_kill(void **state)
{
    every_way(*state, fail_prepare, true);
}

/* --- each operation and each allocation --------------------------------------
 */

static void fail_operations(struct try *t, bool preparing)
{
    struct snapshot before = settle_down(t);
    unsigned n;

    for (n = 1; n < SWEEP_MAX; n++) {
        char what[80];
        int rc;

        begin(t, !preparing);
        model_fail(n, EFAULT);
        rc = preparing ? prepare(t) : create(t);
        snprintf(what, sizeof(what), "%s, operation %u: %s", way_names[t->way],
                 n, model_failed_name());
        /* Where a shell cannot be given or looked at, one goes without. */
        if (model_failed() && rc == 0 &&
            strcmp(model_failed_name(), "domain_states") != 0)
            assert_string_equal(model_failed_name(), "domain_handle");
        if (!model_failed())
            assert_int_equal(rc, 0);
        end(t, &before, what);
        if (!model_failed())
            break;
    }
    model_fail(0, 0);
    assert_in_range(n, 6, SWEEP_MAX - 1);
}

static void fail_allocations(struct try *t, bool preparing)
{
    struct snapshot before = settle_down(t);
    unsigned n;

    for (n = 0; n < SWEEP_MAX; n++) {
        char what[80];
        bool fired;
        int rc;

        begin(t, !preparing);
        oom_arm(n);
        rc = preparing ? prepare(t) : create(t);
        fired = oom_disarm();
        if (rc < 0)
            assert_int_equal(rc, -ENOMEM);
        if (!fired)
            assert_int_equal(rc, 0);
        snprintf(what, sizeof(what), "%s, allocation %u", way_names[t->way], n);
        end(t, &before, what);
        if (!fired)
            break;
    }
    assert_in_range(n, 2, SWEEP_MAX - 1);
}

static void operations_fail(void **state)
{
    every_way(*state, fail_operations, false);
}

static void allocations_fail(void **state)
{
    every_way(*state, fail_allocations, false);
}

static void prepare_operations_fail(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = shell_rich_config(kit);
    struct try t = {.kit = kit, .cfg = cfg};

    for (t.way = WAY_SHELL; t.way < WAYS; t.way++) {
        fail_operations(&t, true);
        fail_allocations(&t, true);
    }
    chaos_config_destroy(cfg);
}

/* --- what the daemon gives ---------------------------------------------------
 */

/* The name is taken: the shell is lost, and the create says why. */
static void name_is_taken(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = kit_config(kit, "name", "web-1", NULL);
    struct try t = {.kit = kit, .cfg = cfg, .way = WAY_LOADED};
    uint32_t domid = kit_create(kit, "name", "web-1", NULL);
    struct snapshot before;

    kit_renew(kit);
    before = kit_snapshot(kit);
    begin(&t, true);
    assert_int_equal(create(&t), -EEXIST);
    assert_int_equal(pool_done().dones, 1);
    assert_int_equal(pool_done().result, -EEXIST);
    assert_int_equal(pool_done().domid, chaos_shell_domid(t.shell));
    assert_true(pool_done().shell);
    assert_false(model_view(chaos_shell_domid(t.shell)).exists);
    end(&t, &before, "name");
    assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
    chaos_config_destroy(cfg);
}

/* What is given and cannot be used is ended, and the VM made without it. */
static void useless_shells(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = kit_config(kit, NULL);
    struct chaos_config *other = kit_config(kit, "memory", "8", NULL);
    struct try t = {.kit = kit, .cfg = cfg, .way = WAY_SHELL};
    struct snapshot before = settle_down(&t);
    uint8_t *copy;
    size_t size;
    unsigned i;

    for (i = 0; i < 4; i++) {
        begin(&t, true);
        (void)chaos_shell_data(t.shell, &size);
        copy = malloc(size);
        memcpy(copy, chaos_shell_data(t.shell, &size), size);
        copy[4] += i == 0;        /* another version */
        copy[size / 2] += i == 1; /* spoiled */
        if (i == 2)
            t.cfg = other; /* not of this shape */
        pool_offer_data(t.daemon, t.shell, copy, i == 3 ? 1 : size);
        assert_int_equal(create(&t), 0);
        assert_int_equal(pool_done().dones, 2);
        assert_true(pool_done().result < 0);
        assert_int_equal(pool_done().domid, chaos_shell_domid(t.shell));
        assert_false(model_view(chaos_shell_domid(t.shell)).exists);
        free(copy);
        t.cfg = cfg;
        end(&t, &before, "useless");
    }
    chaos_config_destroy(other);
    chaos_config_destroy(cfg);
}

/* It died between the daemon's word and its use. */
static void shell_is_gone(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = kit_config(kit, NULL);
    struct try t = {.kit = kit, .cfg = cfg, .way = WAY_SHELL};
    struct snapshot before = settle_down(&t);
    uint32_t domid;

    begin(&t, true);
    assert_int_equal(chaos_shell_give(t.daemon, t.shell, 12345), 0);
    /* Given to somebody else: it is not touched. */
    domid = chaos_shell_domid(t.shell);
    kit_assert_error(t.daemon, chaos_shell_give(t.daemon, t.shell, 6), -ENOENT);
    assert_true(model_view(domid).exists);
    end(&t, &before, "given");
    chaos_config_destroy(cfg);
}

/* A full host makes room once, and the create succeeds. */
static void room_is_made(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = kit_config(kit, "memory", "4", NULL);
    struct try t = {.kit = kit, .cfg = cfg, .way = WAY_SHELL};
    struct snapshot before = settle_down(&t);

    begin(&t, true);
    model_knobs.host_pages = 1024 + 100;
    pool_drain(t.daemon, NULL);
    assert_int_equal(create(&t), -ENOMEM);
    kit_assert_says(kit->ctx, "KiB");
    pool_drain(t.daemon, t.shell);
    assert_int_equal(create(&t), 0);
    assert_int_equal(pool_done().dones, 1);
    assert_false(pool_done().shell);
    end(&t, &before, "room");
    chaos_config_destroy(cfg);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)
#define STOCK(f)                                                               \
    {                                                                          \
        "xenstore_" #f, f, kit_setup_stock, kit_teardown, NULL                 \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(steps_fail),
        TEST(steps_kill),
        TEST(prepare_steps_fail),
        TEST(prepare_steps_kill),
        TEST(operations_fail),
        TEST(allocations_fail),
        TEST(prepare_operations_fail),
        TEST(name_is_taken),
        TEST(useless_shells),
        TEST(shell_is_gone),
        TEST(room_is_made),
        STOCK(steps_fail),
        STOCK(steps_kill),
        STOCK(prepare_steps_fail),
        STOCK(prepare_steps_kill),
        STOCK(operations_fail),
        STOCK(name_is_taken),
        STOCK(useless_shells),
        STOCK(room_is_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
