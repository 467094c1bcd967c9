/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMs through XenStore on a Xen without noxs: what a stock guest, xl and
 * xenconsoled find; that each sees the other's; and that whatever fails leaves
 * neither a domain nor a node.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/xen.h>

#include "birth.h"
#include "internal.h"
#include "kit.h"
#include "store_model.h"
#include "unit.h"
#include "xs.h"

#define UUID "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"

static void assert_number(uint32_t domid, const char *below, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%lu", (unsigned long)value);
    kit_assert_node(domid, below, text);
}

static void test_create(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "name", "web", "memory", "8M", "uuid",
                                UUID, "vcpus.count", "2", NULL);
    struct model_view view = model_view(domid);
    const start_info_t *si;
    uint64_t frame = model_walk(domid, view.start.start_info, NULL);
    char reads[32], owns[32];

    assert_true(view.started && !view.paused);
    kit_assert_node(domid, "name", "web");
    kit_assert_node(domid, "vm", "/vm/" UUID);
    assert_number(domid, "domid", domid);
    kit_assert_node(domid, "cpu/1/availability", "online");
    assert_number(domid, "memory/target", view.pages * 4);
    kit_assert_node(domid, "control/shutdown", "");
    assert_string_equal(model_store_value("/vm/" UUID "/name"), "web");
    assert_string_equal(model_store_value("/vm/" UUID "/uuid"), UUID);
    snprintf(reads, sizeof(reads), "n0 r%u", domid);
    snprintf(owns, sizeof(owns), "n%u", domid);
    assert_string_equal(model_store_permissions(kit_node(domid, "name")),
                        reads);
    assert_string_equal(
        model_store_permissions(kit_node(domid, "control/shutdown")), owns);
    /* What the guest is told is what the daemons are told. */
    si = (const start_info_t *)model_frame(frame >> 12 & 0xffffffffff);
    assert_int_not_equal(si->store_evtchn, 0);
    assert_number(domid, "console/port", si->console.domU.evtchn);
    assert_number(domid, "console/ring-ref", si->console.domU.mfn);
    kit_assert_node(domid, "console/type", "xenconsoled");
    kit_assert_node(domid, "console/tty", "/dev/pts/7");
    assert_int_equal(model_store_domains(), 1);
}

static void test_destroy(void **state)
{
    struct kit *kit = *state;
    struct snapshot before;
    uint32_t domid;

    (void)kit_create(kit, "name", "other", NULL);
    before = kit_snapshot(kit);
    domid = kit_create(kit, "name", "web", NULL);
    assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
    kit_assert_same(kit, &before, "destroy");
}

/* Everything that a create does fails in turn, the daemon's death included. */
static void create_fails_everywhere(struct kit *kit, int error)
{
    struct chaos_config *cfg = kit_config(kit, "name", "web", NULL);

    (void)kit_create(kit, "name", "other", NULL);
    kit_assert_create_fails(kit, cfg, error, 40);
    chaos_config_destroy(cfg);
}

static void test_create_fails(void **state)
{
    create_fails_everywhere(*state, EIO);
}

static void test_create_without_quota(void **state)
{
    create_fails_everywhere(*state, ENOSPC);
}

/* Which quota it is: oxenstored says E2BIG of a node's size. */
static void test_names_of_quotas(void **state)
{
    struct kit *kit = *state;

    kit_assert_error(kit->ctx, xs_refused(kit->ctx, -ENOSPC, "/vm/1"), -ENOSPC);
    kit_assert_says(kit->ctx, "XenStore's quota is used up, at '/vm/1': raise");
    kit_assert_error(kit->ctx, xs_refused(kit->ctx, -E2BIG, "/vm/1"),
                     -EMSGSIZE);
    kit_assert_says(kit->ctx,
                    "quota of a node's size is too small, at '/vm/1'");
}

static void test_busy(void **state)
{
    struct kit *kit = *state;
    struct snapshot before;
    struct chaos_config *cfg = kit_config(kit, "name", "web", NULL);
    uint32_t domid;

    store_knobs.conflicts = 3;
    domid = kit_create(kit, "name", "other", NULL);
    before = kit_snapshot(kit);
    store_knobs.conflicts = 1000;
    kit_assert_error(kit->ctx, chaos_domain_create(kit->ctx, cfg, &domid),
                     -EAGAIN);
    kit_assert_says(kit->ctx, "busy");
    kit_assert_same(kit, &before, "too busy");
    chaos_config_destroy(cfg);
}

static void test_no_daemon(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = kit_config(kit, NULL);
    struct chaos_domain_info *infos;
    uint32_t domid;
    size_t count;

    store_knobs.open_error = ECONNREFUSED;
    kit_assert_error(kit->ctx, chaos_domain_create(kit->ctx, cfg, &domid),
                     -ENOSYS);
    kit_assert_says(kit->ctx, "xenstored");
    kit_assert_error(kit->ctx, chaos_domain_list(kit->ctx, &infos, &count),
                     -ENOSYS);
    /* It is looked for again. */
    store_knobs.open_error = 0;
    assert_int_equal(chaos_domain_create(kit->ctx, cfg, &domid), 0);
    /* One that was restarted is connected to again. */
    store_knobs.dead = true;
    kit_assert_error(kit->ctx, chaos_domain_list(kit->ctx, &infos, &count),
                     -EPIPE);
    store_knobs.dead = false;
    assert_int_equal(chaos_domain_list(kit->ctx, &infos, &count), 0);
    free(infos);
    chaos_config_destroy(cfg);
}

/* xl's are there under their names, and a name is given once. */
static void test_names(void **state)
{
    struct kit *kit = *state;
    struct chaos_domain_info *infos, info;
    struct chaos_config *cfg = kit_config(kit, "name", "theirs", NULL);
    uint32_t ours = kit_create(kit, "name", "ours", NULL), domid;
    uint32_t theirs = model_domain_add(NULL);
    size_t count;

    model_store_set(kit_node(theirs, "name"), "theirs");
    assert_int_equal(chaos_domain_list(kit->ctx, &infos, &count), 0);
    assert_int_equal(count, 3);
    assert_string_equal(infos[0].name, "Domain-0");
    assert_string_equal(infos[1].name, "ours");
    assert_string_equal(infos[2].name, "theirs");
    free(infos);
    assert_int_equal(chaos_domain_lookup(kit->ctx, "theirs", &domid), 0);
    assert_int_equal(domid, theirs);
    kit_assert_error(kit->ctx, chaos_domain_lookup(kit->ctx, "no", &domid),
                     -ESRCH);
    kit_assert_error(kit->ctx, chaos_domain_create(kit->ctx, cfg, &domid),
                     -EEXIST);
    kit_assert_error(kit->ctx, chaos_domain_rename(kit->ctx, ours, "theirs"),
                     -EEXIST);
    assert_int_equal(chaos_domain_rename(kit->ctx, ours, "new"), 0);
    assert_int_equal(chaos_domain_info(kit->ctx, ours, &info), 0);
    assert_string_equal(info.name, "new");
    assert_false(info.building);
    assert_int_equal(chaos_domain_destroy(kit->ctx, theirs), 0);
    assert_null(model_store_value(kit_node(theirs, "name")));
    chaos_config_destroy(cfg);
}

/* One of xl's goes with its devices, and with nobody else's. */
static void test_destroy_theirs(void **state)
{
    struct kit *kit = *state;
    unsigned nodes = model_store_nodes();
    uint32_t domid = model_domain_add(NULL);
    char path[64];

    model_store_set("/local/domain/0/backend/vif/99/0/state", "4");
    model_store_set(kit_node(domid, "name"), "theirs");
    snprintf(path, sizeof(path), "/libxl/%u/device/vif/0/backend", domid);
    model_store_set(path, "/local/domain/0/backend/vif/1/0");
    snprintf(path, sizeof(path), "/libxl/%u/device/vbd/51712/backend", domid);
    model_store_set(path, "/local/domain/0");
    model_store_set("/local/domain/0/backend/vif/1/0/state", "4");
    assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
    assert_null(model_store_value("/local/domain/0/backend/vif/1/0/state"));
    assert_non_null(model_store_value("/local/domain/0/name"));
    assert_non_null(model_store_value("/local/domain/0/backend/vif/99/0"));
    model_store_set("/local/domain/0/backend/vif/99", NULL);
    assert_int_equal(model_store_nodes(), nodes);
}

/* More than one round trip's worth. */
static void test_many_names(void **state)
{
    struct kit *kit = *state;
    uint32_t domid, last = 0;
    char name[16];
    unsigned i;

    for (i = 0; i < 150; i++) {
        last = model_domain_add(NULL);
        snprintf(name, sizeof(name), "vm%u", i);
        model_store_set(kit_node(last, "name"), name);
    }
    assert_int_equal(chaos_domain_lookup(kit->ctx, "vm149", &domid), 0);
    assert_int_equal(domid, last);
}

/* A create costs the daemon the same, however many ours there are. */
static void test_known_names(void **state)
{
    struct kit *kit = *state;
    unsigned before, first;
    uint32_t a, b, domid;
    char name[16];
    unsigned i;

    before = model_store_calls();
    a = kit_create(kit, "name", "a", NULL);
    first = model_store_calls() - before;
    for (i = 0; i < 40; i++) {
        snprintf(name, sizeof(name), "vm%u", i);
        (void)kit_create(kit, "name", name, NULL);
    }
    before = model_store_calls();
    b = kit_create(kit, "name", "b", NULL);
    assert_int_equal(model_store_calls() - before, first);
    before = model_store_calls();
    assert_int_equal(chaos_domain_lookup(kit->ctx, "a", &domid), 0);
    assert_true(model_store_calls() - before < 4);
    /* Renamed by xl, which does not tell. */
    model_store_set(kit_node(a, "name"), "c");
    assert_int_equal(chaos_domain_lookup(kit->ctx, "c", &domid), 0);
    assert_int_equal(domid, a);
    assert_int_equal(chaos_domain_rename(kit->ctx, b, "a"), 0);
    assert_int_equal(chaos_domain_lookup(kit->ctx, "a", &domid), 0);
    assert_int_equal(domid, b);
    kit_assert_error(kit->ctx, chaos_domain_rename(kit->ctx, b, "vm7"),
                     -EEXIST);
}

/* Who did not ask for XenStore is told that it is used, and told once. */
static void count_warning(void *arg, enum chaos_log_level level,
                          const char *text)
{
    assert_int_equal(level, CHAOS_LOG_WARN);
    assert_non_null(strstr(text, "no noxs"));
    ++*(unsigned *)arg;
}

static void test_hint(void **state)
{
    struct kit *kit = *state;
    unsigned warnings = 0;

    chaos_ctx_set_log(kit->ctx, CHAOS_LOG_WARN, count_warning, &warnings);
    (void)kit_create(kit, "xen.dev_method", "xenstore", NULL);
    assert_int_equal(warnings, 0);
    (void)kit_create(kit, NULL);
    (void)kit_create(kit, NULL);
    assert_int_equal(warnings, 1);
}

/* --- beside noxs -------------------------------------------------------------
 */

/* A VM may ask for XenStore where there is noxs, which still knows its name. */
static void test_beside_noxs(void **state)
{
    struct kit *kit = *state;
    struct snapshot before;
    uint32_t domid, found;

    model_knobs.no_noxs = false;
    (void)kit_create(kit, "name", "other", "xen.dev_method", "xenstore", NULL);
    before = kit_snapshot(kit);
    domid = kit_create(kit, "name", "web", "xen.dev_method", "xenstore", NULL);
    kit_assert_node(domid, "name", "web");
    assert_int_equal(chaos_domain_lookup(kit->ctx, "web", &found), 0);
    assert_int_equal(found, domid);
    assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
    kit_assert_same(kit, &before, "destroy");
}

/* Who has noxs never looks for XenStore. */
static void test_noxs_alone(void **state)
{
    struct kit *kit = *state;
    uint32_t domid;

    model_knobs.no_noxs = false;
    domid = kit_create(kit, "name", "web", NULL);
    assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
    assert_int_equal(model_stores(), 0);
    assert_int_equal(model_store_calls(), 0);
}

static void test_refused(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = kit_config(kit, "xen.dev_method", "noxs", NULL);
    uint32_t domid;

    kit_assert_error(kit->ctx, chaos_domain_create(kit->ctx, cfg, &domid),
                     -ENOSYS);
    chaos_config_destroy(cfg);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup_stock, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_create),          TEST(test_destroy),
        TEST(test_create_fails),    TEST(test_create_without_quota),
        TEST(test_names_of_quotas), TEST(test_busy),
        TEST(test_no_daemon),       TEST(test_names),
        TEST(test_destroy_theirs),  TEST(test_many_names),
        TEST(test_known_names),     TEST(test_hint),
        TEST(test_beside_noxs),     TEST(test_noxs_alone),
        TEST(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
