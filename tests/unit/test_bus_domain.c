/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A Xen with noxs and XenStore's daemon beside it: VMs of noxs, our own VMs on
 * XenStore and xl's are found, named and asked each by its bus; and without
 * that daemon, or those VMs, nothing is asked of it.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <noxs/sysctl.h>

#include "host_model.h"
#include "kit.h"
#include "store_model.h"
#include "unit.h"

struct fixture {
    struct kit *kit;
    uint32_t noxs, ours, theirs;
};

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){0};
    if (kit_setup((void **)&f.kit) != 0)
        return -1;
    store_knobs.open_error = 0;
    model_store_set("/local/domain/0/name", "Domain-0");
    model_store_set("/vm", "");
    f.noxs = kit_create(f.kit, "name", "noxs", NULL);
    f.ours =
        kit_create(f.kit, "name", "ours", "xen.dev_method", "xenstore", NULL);
    f.theirs = model_domain_add(NULL);
    model_store_set(kit_node(f.theirs, "name"), "theirs");
    model_store_set(kit_node(f.theirs, "control/shutdown"), "");
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    return kit_teardown((void **)&f->kit);
}

static struct chaos_domain_info info_of(struct fixture *f, uint32_t domid)
{
    struct chaos_domain_info info;

    assert_int_equal(chaos_domain_info(f->kit->ctx, domid, &info), 0);
    return info;
}

static void assert_found(struct fixture *f, const char *name, uint32_t domid)
{
    uint32_t found;

    assert_int_equal(chaos_domain_lookup(f->kit->ctx, name, &found), 0);
    assert_int_equal(found, domid);
}

static void assert_lost(struct fixture *f, const char *name)
{
    uint32_t found;

    kit_assert_error(f->kit->ctx,
                     chaos_domain_lookup(f->kit->ctx, name, &found), -ESRCH);
    kit_assert_says(f->kit->ctx, name);
}

static void test_list(void **state)
{
    static const struct {
        const char *name;
        enum chaos_bus bus;
        unsigned generation;
    } wanted[] = {{"Domain-0", CHAOS_BUS_NONE, 0},
                  {"noxs", CHAOS_BUS_NOXS, 1},
                  {"ours", CHAOS_BUS_XENSTORE, 1},
                  {"theirs", CHAOS_BUS_XENSTORE, 0}};
    struct fixture *f = *state;
    struct chaos_domain_info *infos;
    size_t i, count;

    assert_int_equal(chaos_domain_list(f->kit->ctx, &infos, &count), 0);
    assert_int_equal(count, 4);
    for (i = 0; i < count; i++) {
        struct chaos_domain_info one = info_of(f, infos[i].domid);

        /* Dom0 is named by who shows it. */
        if (i > 0)
            assert_string_equal(infos[i].name, wanted[i].name);
        assert_int_equal(infos[i].bus, wanted[i].bus);
        assert_int_equal(infos[i].generation, wanted[i].generation);
        assert_string_equal(one.name, infos[i].name);
        assert_int_equal(one.bus, infos[i].bus);
    }
    free(infos);
    assert_string_equal(chaos_bus_name(CHAOS_BUS_NOXS), "noxs");
    assert_string_equal(chaos_bus_name(CHAOS_BUS_XENSTORE), "xenstore");
    assert_null(chaos_bus_name(CHAOS_BUS_NONE));
}

static void test_names(void **state)
{
    struct fixture *f = *state;
    struct chaos_ctx *ctx = f->kit->ctx;

    assert_found(f, "noxs", f->noxs);
    assert_found(f, "ours", f->ours);
    assert_found(f, "theirs", f->theirs);
    assert_lost(f, "nobody");
    /* A name that somebody has is refused, whoever. */
    kit_assert_error(ctx, chaos_domain_rename(ctx, f->ours, "noxs"), -EEXIST);
    kit_assert_error(ctx, chaos_domain_rename(ctx, f->ours, "theirs"), -EEXIST);
    assert_found(f, "ours", f->ours);
    kit_assert_error(ctx, chaos_domain_rename(ctx, f->theirs, "ours"), -EEXIST);
    kit_assert_error(ctx, chaos_domain_rename(ctx, f->theirs, "noxs"), -EEXIST);
    assert_string_equal(model_store_value(kit_node(f->ours, "name")), "ours");
    assert_string_equal(model_store_value(kit_node(f->theirs, "name")),
                        "theirs");
    /* All can have another. */
    assert_int_equal(chaos_domain_rename(ctx, f->noxs, "n"), 0);
    assert_int_equal(chaos_domain_rename(ctx, f->ours, "o"), 0);
    assert_int_equal(chaos_domain_rename(ctx, f->theirs, "t"), 0);
    assert_found(f, "n", f->noxs);
    assert_found(f, "o", f->ours);
    assert_found(f, "t", f->theirs);
    assert_lost(f, "ours");
    assert_lost(f, "theirs");
    assert_string_equal(model_store_value(kit_node(f->ours, "name")), "o");
    assert_string_equal(model_view(f->ours).page->identity.name, "o");
    assert_string_equal(model_view(f->theirs).page->identity.name, "");
    assert_null(model_store_value(kit_node(f->noxs, "name")));
    /* xl's own renaming of ours is seen. */
    model_store_set(kit_node(f->ours, "name"), "mine");
    assert_string_equal(info_of(f, f->ours).name, "mine");
    assert_found(f, "mine", f->ours);
}

/* Whatever fails, both places have the same name afterwards. */
static void test_rename_fails(void **state)
{
    struct fixture *f = *state;
    unsigned n;

    for (n = 1;; n++) {
        int rc;

        model_fail(n, EIO);
        rc = chaos_domain_rename(f->kit->ctx, f->ours, "new");
        if (!model_failed())
            break;
        kit_assert_error(f->kit->ctx, rc, -EIO);
        assert_string_equal(model_store_value(kit_node(f->ours, "name")),
                            "ours");
        assert_string_equal(model_view(f->ours).page->identity.name, "ours");
    }
    model_fail_end();
    assert_true(n > 8);
    assert_string_equal(model_store_value(kit_node(f->ours, "name")), "new");
}

/* --- asking ------------------------------------------------------------------
 */

static void obey(void *arg, const char *operation)
{
    uint32_t domid = *(uint32_t *)arg;

    if (strcmp(operation, "store_write") != 0)
        return;
    model_set_hook(NULL, NULL);
    model_store_set(kit_node(domid, "control/shutdown"), "");
    model_shutdown(domid, CHAOS_REASON_REBOOT);
}

static void acknowledge(void *arg, uint32_t domid, uint32_t port)
{
    struct noxs_sysctl *page = model_control(domid, NOXS_DEV_SYSCTL);

    (void)arg;
    (void)port;
    page->ack_status = NOXS_ACK_ACCEPTED;
    page->ack_id = page->request_id;
    page->state = NOXS_STATE_UP;
}

static void test_request(void **state)
{
    struct fixture *f = *state;
    struct chaos_ctx *ctx = f->kit->ctx;
    struct chaos_guest_state guest;
    uint32_t *each[] = {&f->ours, &f->theirs};
    unsigned i, reason;

    for (i = 0; i < 2; i++) {
        model_set_hook(obey, each[i]);
        assert_int_equal(
            chaos_domain_request(ctx, *each[i], CHAOS_REASON_REBOOT, 1000), 0);
        assert_int_equal(chaos_domain_wait(ctx, *each[i], 1000, &reason), 0);
        assert_int_equal(reason, CHAOS_REASON_REBOOT);
    }
    model_store_set(kit_node(f->ours, "data/up"), "7");
    assert_int_equal(chaos_domain_wait_up(ctx, f->ours, 0), 0);
    assert_int_equal(chaos_domain_guest_state(ctx, f->ours, &guest), 0);
    assert_int_equal(guest.up_time_ns, 7);
    model_set_guest(acknowledge, NULL);
    assert_int_equal(
        chaos_domain_request(ctx, f->noxs, CHAOS_REASON_POWEROFF, 1000), 0);
    assert_int_equal(chaos_domain_wait_up(ctx, f->noxs, 0), 0);
    assert_int_equal(chaos_domain_guest_state(ctx, f->noxs, &guest), 0);
    assert_int_equal(guest.state, NOXS_STATE_UP);
}

/* One of xl's that stopped is not ours to settle; ours goes on where it was. */
static void test_settle(void **state)
{
    struct fixture *f = *state;
    struct chaos_ctx *ctx = f->kit->ctx;
    struct chaos_domain_info info;
    uint32_t after;

    assert_int_equal(chaos_domain_rename(ctx, f->ours, "o"), 0);
    model_shutdown(f->ours, CHAOS_REASON_REBOOT);
    assert_int_equal(chaos_domain_settle(ctx, f->ours, &after), 0);
    info = info_of(f, after);
    assert_string_equal(info.name, "o");
    assert_int_equal(info.bus, CHAOS_BUS_XENSTORE);
    assert_int_equal(info.generation, 2);
    assert_null(model_store_value(kit_node(f->ours, "name")));
    model_shutdown(f->theirs, CHAOS_REASON_REBOOT);
    assert_int_equal(chaos_domain_settle(ctx, f->theirs, &after), 0);
    assert_int_equal(after, f->theirs);
    assert_true(model_view(f->theirs).stopped);
    assert_int_equal(chaos_domain_destroy(ctx, f->theirs), 0);
    assert_lost(f, "theirs");
}

static void test_console(void **state)
{
    struct fixture *f = *state;
    struct chaos_console *con;

    assert_int_equal(chaos_console_open(f->kit->ctx, f->ours, &con), 0);
    assert_true(chaos_console_is_pty(con));
    chaos_console_close(con);
    model_store_set(kit_node(f->theirs, "console/tty"), MODEL_TERMINAL);
    assert_int_equal(chaos_console_open(f->kit->ctx, f->theirs, &con), 0);
    assert_true(chaos_console_is_pty(con));
    chaos_console_close(con);
    assert_int_equal(chaos_console_open(f->kit->ctx, f->noxs, &con), 0);
    assert_false(chaos_console_is_pty(con));
    chaos_console_close(con);
}

/* --- without -----------------------------------------------------------------
 */

/* All that can be done with a VM of noxs. */
static void use_noxs(struct fixture *f)
{
    struct chaos_ctx *ctx = f->kit->ctx;
    struct chaos_domain_info *infos;
    struct chaos_console *con;
    unsigned reason;
    size_t count;

    model_set_guest(acknowledge, NULL);
    assert_found(f, "noxs", f->noxs);
    assert_int_equal(info_of(f, f->noxs).bus, CHAOS_BUS_NOXS);
    assert_int_equal(chaos_domain_list(ctx, &infos, &count), 0);
    free(infos);
    assert_int_equal(
        chaos_domain_request(ctx, f->noxs, CHAOS_REASON_POWEROFF, 1000), 0);
    assert_int_equal(chaos_domain_wait_up(ctx, f->noxs, 0), 0);
    assert_int_equal(chaos_console_open(ctx, f->noxs, &con), 0);
    chaos_console_close(con);
    assert_int_equal(chaos_domain_rename(ctx, f->noxs, "new"), 0);
    model_shutdown(f->noxs, CHAOS_REASON_REBOOT);
    assert_int_equal(chaos_domain_wait(ctx, f->noxs, 0, &reason), 0);
    assert_int_equal(chaos_domain_settle(ctx, f->noxs, &f->noxs), 0);
    assert_int_equal(chaos_domain_destroy(ctx, f->noxs), 0);
}

static void test_untouched(void **state)
{
    struct fixture *f = *state;
    unsigned calls;

    assert_int_equal(chaos_domain_destroy(f->kit->ctx, f->ours), 0);
    model_destroy(f->theirs);
    kit_renew(f->kit);
    calls = model_store_calls();
    use_noxs(f);
    assert_int_equal(model_store_calls(), calls);
    assert_int_equal(model_stores(), 0);
}

static void test_no_daemon(void **state)
{
    struct fixture *f = *state;
    struct chaos_ctx *ctx = f->kit->ctx;
    struct chaos_domain_info info;
    struct chaos_console *con;

    store_knobs.open_error = ENOENT;
    kit_renew(f->kit);
    ctx = f->kit->ctx;
    info = info_of(f, f->ours);
    assert_string_equal(info.name, "ours");
    assert_int_equal(info.bus, CHAOS_BUS_NONE);
    assert_lost(f, "theirs");
    kit_assert_error(
        ctx, chaos_domain_request(ctx, f->theirs, CHAOS_REASON_REBOOT, 10),
        -EOPNOTSUPP);
    kit_assert_error(ctx, chaos_console_open(ctx, f->theirs, &con),
                     -EOPNOTSUPP);
    use_noxs(f);
}

static void count_warning(void *arg, enum chaos_log_level level,
                          const char *text)
{
    assert_int_equal(level, CHAOS_LOG_WARN);
    assert_non_null(strstr(text, "XenStore"));
    ++*(unsigned *)arg;
}

/* It died just now: VMs of noxs are listed all the same, and it is said. */
static void test_daemon_dies(void **state)
{
    struct fixture *f = *state;
    struct chaos_ctx *ctx = f->kit->ctx;
    struct chaos_domain_info *infos;
    unsigned warnings = 0, reason;
    size_t count;

    chaos_ctx_set_log(ctx, CHAOS_LOG_WARN, count_warning, &warnings);
    store_knobs.dead = true;
    assert_int_equal(chaos_domain_list(ctx, &infos, &count), 0);
    assert_int_equal(count, 4);
    assert_string_equal(infos[1].name, "noxs");
    free(infos);
    assert_int_equal(warnings, 1);
    kit_assert_error(
        ctx, chaos_domain_request(ctx, f->ours, CHAOS_REASON_REBOOT, 1000),
        -EPIPE);
    kit_assert_error(ctx, chaos_domain_wait(ctx, f->ours, 0, &reason),
                     -ETIMEDOUT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_list),      TEST(test_names),     TEST(test_rename_fails),
        TEST(test_request),   TEST(test_settle),    TEST(test_console),
        TEST(test_untouched), TEST(test_no_daemon), TEST(test_daemon_dies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
