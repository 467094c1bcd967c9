/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Marks of domains in the making, their owners, and an end to orphans.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "birth.h"
#include "host_model.h"
#include "hv_model_internal.h"
#include "shell_kit.h"
#include "step_fault.h"
#include "unit.h"

/* --- marks -------------------------------------------------------------------
 */

static void marks(void **state)
{
    static const uint8_t expected[NOXS_UUID_SIZE] = {
        'c',  'h',  'a',  'o',  's',  0,    0x81, 0,
        0x80, 0x56, 0x34, 0x12, 0xef, 0xcd, 0xab, 0x89};
    struct birth birth = {BIRTH_SHELL, 0x123456, 0x89abcdef}, out;
    uint8_t uuid[NOXS_UUID_SIZE];
    unsigned i, bit;

    (void)state;
    birth_encode(&birth, uuid);
    assert_memory_equal(uuid, expected, sizeof(uuid));
    assert_true(birth_decode(uuid, &out));
    assert_int_equal(out.kind, BIRTH_SHELL);
    assert_int_equal(out.serial, birth.serial);
    assert_int_equal(out.owner, birth.owner);
    /* Every bit of the fixed part matters, but for the kind's own. */
    for (i = 0; i < 9; i++) {
        for (bit = 0; bit < 8; bit++) {
            uuid[i] ^= (uint8_t)(1 << bit);
            assert_int_equal(birth_decode(uuid, &out), i == 6 && bit == 0);
            uuid[i] ^= (uint8_t)(1 << bit);
        }
    }
    memset(uuid + 12, 0, 4);
    assert_false(birth_decode(uuid, &out));
}

/* --- owners ------------------------------------------------------------------
 */

static void owners(void **state)
{
    struct kit *kit = *state;
    struct chaos_ctx *other = kit_second(kit);
    uint32_t a, b, again;

    assert_int_equal(chaos_owner(kit->ctx, &a), 0);
    assert_int_equal(chaos_owner(kit->ctx, &again), 0);
    assert_int_equal(a, again);
    assert_int_equal(chaos_owner(other, &b), 0);
    assert_int_not_equal(a, 0);
    assert_int_not_equal(a, b);
    assert_int_equal(birth_owner_lives(kit->ctx, a), 1);
    assert_int_equal(birth_owner_lives(kit->ctx, b), 1);
    assert_int_equal(birth_owner_lives(other, a), 1);
    assert_int_equal(birth_owner_lives(other, a + 1), 0);
    chaos_ctx_destroy(other);
    assert_int_equal(birth_owner_lives(kit->ctx, b), 0);
    assert_int_equal(birth_owner_lives(kit->ctx, a), 1);
}

/* One open and one lock for each context, however many VMs it makes. */
static void owner_once(void **state)
{
    struct kit *kit = *state;
    uint32_t a, b;
    struct snapshot before;

    kit_create(kit, NULL);
    assert_int_equal(chaos_owner(kit->ctx, &a), 0);
    before = kit_snapshot(kit);
    assert_int_equal(chaos_domain_destroy(kit->ctx, kit_create(kit, NULL)), 0);
    kit_assert_same(kit, &before, "a second VM");
    assert_int_equal(chaos_owner(kit->ctx, &b), 0);
    assert_int_equal(a, b);
}

static void no_run_dir(void **state)
{
    struct kit *kit = *state;
    struct chaos_birth *births;
    uint32_t owner = 0;
    size_t count;

    kit_write_file(kit->run, "x", 1);
    kit_assert_error(kit->ctx, chaos_owner(kit->ctx, &owner), -ENOTDIR);
    assert_int_equal(owner, 0);
    /* Nothing is in the making, so nobody's lock is asked for. */
    assert_int_equal(chaos_birth_list(kit->ctx, &births, &count), 0);
    assert_int_equal(count, 0);
    free(births);
    assert_int_equal(unlink(kit->run), 0);
}

/* --- who has which -----------------------------------------------------------
 */

static uint32_t abandon(struct kit *kit, int step)
{
    struct chaos_config *cfg = shell_rich_config(kit);
    struct chaos_ctx *ctx = kit_second(kit);
    uint32_t domid = 0;

    step_fault_kill(step);
    assert_int_equal(chaos_domain_create(ctx, cfg, &domid), -EINTR);
    step_fault_set(-1, 0);
    chaos_ctx_destroy(ctx);
    chaos_config_destroy(cfg);
    return model.next_domid - 1;
}

/* What an orphan has is free for the next create: no reaper need come first. */
static void orphans_name(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = shell_rich_config(kit);
    uint32_t domid, left = abandon(kit, 8);
    unsigned orphans;

    assert_int_equal(shell_births(kit->ctx, &orphans), 1);
    assert_int_equal(orphans, 1);
    assert_int_equal(chaos_config_set(kit->ctx, cfg, "vifs", "[]"), 0);
    assert_int_equal(chaos_config_set(kit->ctx, cfg, "vbds", "[]"), 0);
    assert_int_equal(chaos_domain_create(kit->ctx, cfg, &domid), 0);
    assert_int_equal(shell_births(kit->ctx, NULL), 0);
    assert_false(model_view(left).exists);
    /* One that is made keeps its name. */
    kit_assert_error(kit->ctx, chaos_domain_create(kit->ctx, cfg, &domid),
                     -EEXIST);
    chaos_config_destroy(cfg);
}

static void births(void **state)
{
    struct kit *kit = *state;
    uint32_t made = kit_create(kit, NULL), left, foreign;
    struct chaos_config *cfg = kit_config(kit, NULL);
    struct chaos_birth birth;
    struct chaos_shell *shell;
    unsigned orphans;

    foreign = model_domain_add("other");
    left = abandon(kit, 8);
    shell = shell_prepare(kit, kit->ctx, cfg, WAY_SHELL);
    assert_int_equal(shell_births(kit->ctx, &orphans), 2);
    assert_int_equal(orphans, 1);
    kit_assert_error(kit->ctx, chaos_birth(kit->ctx, made, &birth), -ENOENT);
    kit_assert_error(kit->ctx, chaos_birth(kit->ctx, foreign, &birth), -ENOENT);
    kit_assert_error(kit->ctx, chaos_birth(kit->ctx, 0, &birth), -ENOENT);
    kit_assert_error(kit->ctx, chaos_birth(kit->ctx, 900, &birth), -ESRCH);
    assert_int_equal(chaos_birth(kit->ctx, left, &birth), 0);
    assert_true(birth.orphan);
    assert_false(birth.shell);
    assert_int_equal(birth.domid, left);
    /* Only orphans are reaped, unless one insists. */
    kit_assert_error(kit->ctx, chaos_birth_reap(kit->ctx, made, true), -ENOENT);
    kit_assert_error(kit->ctx, chaos_birth_reap(kit->ctx, foreign, true),
                     -ENOENT);
    kit_assert_error(kit->ctx, chaos_birth_reap(kit->ctx, 900, true), -ESRCH);
    kit_assert_error(
        kit->ctx, chaos_birth_reap(kit->ctx, chaos_shell_domid(shell), false),
        -EBUSY);
    assert_int_equal(chaos_birth_reap(kit->ctx, left, false), 0);
    assert_int_equal(chaos_birth_reap(kit->ctx, chaos_shell_domid(shell), true),
                     0);
    assert_int_equal(shell_births(kit->ctx, NULL), 0);
    assert_int_equal(model_counts().domains, 3);
    chaos_shell_free(shell);
    chaos_config_destroy(cfg);
}

/* Its name, uuid and record are known by those of the VM it was to become. */
static void unfinished_vm(void **state)
{
    struct kit *kit = *state;
    struct chaos_domain_info info;
    struct chaos_config *cfg;
    uint32_t domid, found;

    domid = abandon(kit, 16);
    assert_int_equal(chaos_domain_info(kit->ctx, domid, &info), 0);
    assert_true(info.building);
    assert_string_equal(info.name, "web-1");
    assert_int_equal(info.uuid[0], 0x01);
    assert_int_equal(info.uuid[15], 0xef);
    assert_int_equal(chaos_domain_lookup(kit->ctx, "web-1", &found), 0);
    assert_int_equal(found, domid);
    assert_int_equal(chaos_domain_config(kit->ctx, domid, &cfg), 0);
    chaos_config_destroy(cfg);
    assert_int_equal(chaos_birth_reap(kit->ctx, domid, false), 0);
    kit_assert_error(kit->ctx, chaos_domain_config(kit->ctx, domid, &cfg),
                     -ESRCH);
}

/* More than a batch, and in the list of all domains, too. */
static void many(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = kit_config(kit, "memory", "64K", NULL);
    struct chaosd_shape shape = shell_shape(kit, cfg, WAY_SHELL);
    struct chaos_shell *shells[150];
    struct chaos_domain_info *infos;
    struct chaos_ctx *daemon = kit_second(kit);
    unsigned i, orphans;
    size_t n;

    for (i = 0; i < 150; i++) {
        if (i % 3 == 0)
            model_domain_add(NULL);
        assert_int_equal(chaos_shell_prepare(daemon, &shape, &shells[i]), 0);
        chaos_shell_free(shells[i]);
    }
    assert_int_equal(shell_births(kit->ctx, &orphans), 150);
    assert_int_equal(orphans, 0);
    assert_int_equal(chaos_domain_list(kit->ctx, &infos, &n), 0);
    assert_int_equal(n, 201);
    for (i = 1; i < n; i++)
        assert_int_equal(infos[i].building, i % 4 != 1);
    free(infos);
    chaos_ctx_destroy(daemon);
    assert_int_equal(shell_births(kit->ctx, &orphans), 150);
    assert_int_equal(orphans, 150);
    shell_reap_all(kit->ctx);
    assert_int_equal(model_counts().domains, 51);
    chaos_config_destroy(cfg);
}

/* --- ended by hand -----------------------------------------------------------
 */

struct ender {
    unsigned calls;  /* until it happens */
    uint32_t victim; /* the first id that a new domain can have */
};

static void end_it(void *arg, const char *operation)
{
    struct ender *e = arg;
    struct model_domain *d = model_get(e->victim);

    (void)operation;
    if (d && !d->state.dying && e->calls-- == 0)
        model_destroy(e->victim);
}

static void no_log(void *arg, enum chaos_log_level level, const char *text)
{
    (void)arg, (void)level;
    fail_msg("logged: %s", text);
}

/* An operator destroys what is being made, after each operation of its maker.
 */
static void ended_by_hand(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = shell_rich_config(kit);
    struct snapshot before;
    unsigned n;

    assert_int_equal(chaos_domain_destroy(kit->ctx, kit_create(kit, NULL)), 0);
    kit_renew(kit);
    before = kit_snapshot(kit);
    for (n = 0;; n++) {
        struct ender e = {.calls = n, .victim = model.next_domid};
        uint32_t domid = 0;
        char what[40];
        int rc;

        chaos_ctx_set_log(kit->ctx, CHAOS_LOG_ERROR, no_log, NULL);
        model_set_hook(end_it, &e);
        rc = chaos_domain_create(kit->ctx, cfg, &domid);
        model_set_hook(NULL, NULL);
        if (rc < 0) {
            kit_assert_text(kit->ctx);
        } else {
            /* It was made; what is left of it is its destroyer's to end. */
            assert_int_equal(domid, e.victim);
            model_host_reap(domid);
            assert_int_equal(chaos_records_sweep(kit->ctx), 1);
        }
        kit_renew(kit);
        snprintf(what, sizeof(what), "ended after %u", n);
        kit_assert_same(kit, &before, what);
        if (rc == 0)
            break;
    }
    assert_in_range(n, 15, 60);
    chaos_config_destroy(cfg);
}

/* --- files -------------------------------------------------------------------
 */

static void touch(struct kit *kit, const char *name)
{
    char path[160];

    snprintf(path, sizeof(path), "%s/%s", kit->run, name);
    kit_write_file(path, "x", 1);
}

static void sweep(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = kit_config(kit, NULL);
    struct chaos_shell *shell;
    struct snapshot before;

    assert_int_equal(chaos_records_sweep(kit->ctx), 0);
    kit_create(kit, NULL);
    assert_int_equal(chaos_records_sweep(kit->ctx), 0);
    shell = shell_prepare(kit, kit->ctx, cfg, WAY_SHELL);
    before = kit_snapshot(kit);
    assert_int_equal(before.files, 2);
    touch(kit, "domains/700");
    touch(kit, "domains/700.new");
    touch(kit, "shells/701");
    touch(kit, "shells/701.new");
    touch(kit, "domains/99999");
    assert_int_equal(chaos_records_sweep(kit->ctx), 5);
    kit_assert_same(kit, &before, "swept");
    /* What is not of a domain is not ours. */
    touch(kit, "domains/notes");
    touch(kit, "domains/7x");
    touch(kit, "domains/123456");
    assert_int_equal(chaos_records_sweep(kit->ctx), 0);
    assert_int_equal(kit_snapshot(kit).files, before.files + 3);
    assert_int_equal(chaos_shell_destroy(kit->ctx, shell), 0);
    chaos_shell_free(shell);
    chaos_config_destroy(cfg);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(marks),         TEST(owners), TEST(owner_once),
        TEST(no_run_dir),    TEST(births), TEST(orphans_name),
        TEST(unfinished_vm), TEST(many),   TEST(ended_by_hand),
        TEST(sweep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
