/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lists of domains: around the sizes of batches, with nameless domains, and
 * while domains come and go.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit.h"
#include "oom.h"
#include "unit.h"

/* Every third domain has no name. */
static void add_domains(unsigned count)
{
    unsigned i;

    for (i = 0; i < count; i++) {
        char name[32];

        snprintf(name, sizeof(name), "vm-%u", i + 1);
        model_domain_add(i % 3 == 2 ? NULL : name);
    }
}

static void check_entry(const struct chaos_domain_info *info, uint32_t domid)
{
    char name[32] = "";

    if (domid % 3 != 0)
        snprintf(name, sizeof(name), "vm-%u", domid);
    assert_int_equal(info->domid, domid);
    assert_string_equal(info->name, name);
    if (domid != 0)
        assert_int_equal(info->uuid[0] | info->uuid[1] << 8, domid);
}

static void any_number(void **state)
{
    static const unsigned counts[] = {0, 1, 62, 63, 64, 65, 127, 255, 256, 300};
    struct kit *kit = *state;
    struct chaos_domain_info *infos;
    size_t i, k, n;

    for (i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
        chaos_ctx_destroy(kit->ctx);
        kit->ctx = NULL;
        model_reset();
        kit_renew(kit);
        add_domains(counts[i]);
        assert_int_equal(chaos_domain_list(kit->ctx, &infos, &n), 0);
        assert_int_equal(n, counts[i] + 1);
        for (k = 0; k < n; k++)
            check_entry(&infos[k], (uint32_t)k);
        free(infos);
    }
}

static void holes(void **state)
{
    struct kit *kit = *state;
    struct chaos_domain_info *infos;
    uint32_t domid;
    size_t i, n;

    add_domains(200);
    for (domid = 1; domid <= 200; domid++) {
        if (domid % 5 != 1)
            model_destroy(domid);
    }
    assert_int_equal(chaos_domain_list(kit->ctx, &infos, &n), 0);
    assert_int_equal(n, 41);
    for (i = 1; i < n; i++)
        check_entry(&infos[i], (uint32_t)(i - 1) * 5 + 1);
    free(infos);
}

struct change {
    unsigned calls; /* of domain_states until it happens */
    uint32_t victim;
    bool add;
};

static void change(void *arg, const char *operation)
{
    struct change *c = arg;

    if (strcmp(operation, "domain_states") != 0 || --c->calls != 0)
        return;
    if (c->victim)
        model_destroy(c->victim);
    if (c->add)
        model_domain_add("late");
}

/* Gone after its state was read: it is there, but has no name any more. */
static void one_vanishes(void **state)
{
    struct kit *kit = *state;
    struct change c = {.calls = 1, .victim = 2};
    struct chaos_domain_info *infos;
    size_t n;

    add_domains(4);
    model_set_hook(change, &c);
    assert_int_equal(chaos_domain_list(kit->ctx, &infos, &n), 0);
    assert_int_equal(n, 5);
    check_entry(&infos[1], 1);
    assert_int_equal(infos[2].domid, 2);
    assert_string_equal(infos[2].name, "");
    check_entry(&infos[3], 3);
    check_entry(&infos[4], 4);
    free(infos);
}

/* Come after the states were read: its name must go to nobody else. */
static void one_appears(void **state)
{
    struct kit *kit = *state;
    struct change c = {.calls = 2, .victim = 3, .add = true};
    struct chaos_domain_info *infos;
    size_t i, n;

    add_domains(4);
    model_set_hook(change, &c);
    assert_int_equal(chaos_domain_list(kit->ctx, &infos, &n), 0);
    assert_int_equal(n, 5);
    for (i = 0; i < n; i++)
        assert_string_not_equal(infos[i].name, "late");
    check_entry(&infos[4], 4);
    free(infos);
}

/* A domain whose destruction hangs keeps its place and loses its name. */
static void one_dying(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "name", "web-1", NULL);
    struct chaos_domain_info *infos;
    struct chaos_console *con;
    size_t n;

    assert_int_equal(chaos_console_open(kit->ctx, domid, &con), 0);
    model_destroy(domid);
    assert_int_equal(chaos_domain_list(kit->ctx, &infos, &n), 0);
    assert_int_equal(n, 2);
    assert_true(infos[1].dying);
    assert_string_equal(infos[1].name, "");
    free(infos);
    chaos_console_close(con);
    assert_int_equal(chaos_domain_list(kit->ctx, &infos, &n), 0);
    assert_int_equal(n, 1);
    free(infos);
}

static void failures(void **state)
{
    struct kit *kit = *state;
    struct chaos_domain_info *infos = NULL;
    struct snapshot before;
    size_t count = 0;
    unsigned n;

    add_domains(300);
    before = kit_snapshot(kit);
    for (n = 1;; n++) {
        int rc;

        model_fail(n, EFAULT);
        rc = chaos_domain_list(kit->ctx, &infos, &count);
        if (!model_failed())
            break;
        /* What noxs knows is enough for a list. */
        if (strncmp(model_failed_name(), "store_", 6) == 0) {
            assert_int_equal(rc, 0);
            free(infos);
            infos = NULL;
            count = 0;
            continue;
        }
        kit_assert_error(kit->ctx, rc, -EFAULT);
        assert_null(infos);
        assert_int_equal(count, 0);
    }
    model_fail_end();
    free(infos);
    infos = NULL;
    kit_renew(kit);
    kit_assert_same(kit, &before, "list");
    assert_true(n > 7);
    for (n = 0;; n++) {
        int rc;

        oom_arm(n);
        rc = chaos_domain_list(kit->ctx, &infos, &count);
        if (!oom_disarm())
            break;
        kit_assert_error(kit->ctx, rc, -ENOMEM);
        assert_null(infos);
    }
    free(infos);
    assert_true(n > 5);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(any_number),  TEST(holes),     TEST(one_vanishes),
        TEST(one_appears), TEST(one_dying), TEST(failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
