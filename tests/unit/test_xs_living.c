/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Living VMs on XenStore: they are asked to stop, and their ends are told of,
 * and nothing that fails leaves a watch behind or waits for ever.
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit.h"
#include "store_model.h"
#include "unit.h"

/* --- asking a guest ----------------------------------------------------------
 */

/* The guest, as it sees the request being written. */
static void obey(void *arg, const char *operation)
{
    uint32_t domid = *(uint32_t *)arg;

    if (strcmp(operation, "store_write") != 0)
        return;
    model_set_hook(NULL, NULL);
    kit_assert_node(domid, "control/shutdown", "reboot");
    model_store_set(kit_node(domid, "control/shutdown"), "");
    model_shutdown(domid, CHAOS_REASON_REBOOT);
}

static void crash(void *arg, const char *operation)
{
    if (strcmp(operation, "store_write") != 0)
        return;
    model_set_hook(NULL, NULL);
    model_shutdown(*(uint32_t *)arg, CHAOS_REASON_CRASH);
}

static void test_request(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, NULL);
    unsigned reason;

    model_set_hook(obey, &domid);
    assert_int_equal(
        chaos_domain_request(kit->ctx, domid, CHAOS_REASON_REBOOT, 1000), 0);
    assert_int_equal(chaos_domain_wait(kit->ctx, domid, 1000, &reason), 0);
    assert_int_equal(reason, CHAOS_REASON_REBOOT);
    assert_int_equal(model_store_watches(), 0);
    assert_int_equal(model_stores(), 1);
}

static void test_request_fails(void **state)
{
    struct kit *kit = *state;
    uint32_t deaf = kit_create(kit, NULL), domid = kit_create(kit, NULL);
    unsigned reason;

    kit_assert_error(
        kit->ctx,
        chaos_domain_request(kit->ctx, deaf, CHAOS_REASON_POWEROFF, 20),
        -ETIMEDOUT);
    kit_assert_error(
        kit->ctx, chaos_domain_request(kit->ctx, deaf, CHAOS_REASON_CRASH, 20),
        -EOPNOTSUPP);
    model_set_hook(crash, &domid);
    kit_assert_error(
        kit->ctx,
        chaos_domain_request(kit->ctx, domid, CHAOS_REASON_POWEROFF, 1000),
        -ESHUTDOWN);
    assert_int_equal(model_store_watches(), 0);
    kit_assert_error(kit->ctx, chaos_domain_wait(kit->ctx, deaf, 20, &reason),
                     -ETIMEDOUT);
    assert_int_equal(model_store_watches(), 0);
}

/* --- exits -------------------------------------------------------------------
 */

static void assert_exit(const struct noxs_exit *e, uint32_t domid,
                        unsigned kind, unsigned reason)
{
    assert_int_equal(e->domid, domid);
    assert_int_equal(e->kind, kind);
    assert_int_equal(e->reason, reason);
}

static void test_exits(void **state)
{
    struct kit *kit = *state;
    struct pollfd fd = {.events = POLLIN};
    uint32_t a = kit_create(kit, NULL), b = kit_create(kit, NULL), c;
    struct chaos_watch *watch;
    struct noxs_exit exits[8];

    assert_int_equal(chaos_watch_open(kit->ctx, &watch), 0);
    fd.fd = chaos_watch_fd(watch);
    /* The first ring tells of nothing. */
    assert_int_equal(chaos_watch_read(watch, exits, 8), 0);
    assert_int_equal(poll(&fd, 1, 0), 0);
    model_shutdown(a, CHAOS_REASON_REBOOT);
    assert_int_equal(poll(&fd, 1, 0), 1);
    assert_int_equal(chaos_watch_read(watch, exits, 8), 1);
    assert_exit(&exits[0], a, NOXS_EXIT_SHUTDOWN, CHAOS_REASON_REBOOT);
    assert_int_equal(chaos_watch_read(watch, exits, 8), 0);
    /* One that came later, and more than there is room for. */
    c = kit_create(kit, NULL);
    model_shutdown(c, CHAOS_REASON_CRASH);
    assert_int_equal(chaos_domain_destroy(kit->ctx, a), 0);
    assert_int_equal(chaos_domain_destroy(kit->ctx, b), 0);
    assert_int_equal(chaos_watch_read(watch, exits, 3), 3);
    assert_exit(&exits[0], a, NOXS_EXIT_DYING, 0);
    assert_exit(&exits[1], a, NOXS_EXIT_DESTROYED, 0);
    assert_exit(&exits[2], b, NOXS_EXIT_DYING, 0);
    assert_int_equal(poll(&fd, 1, 0), 1);
    assert_int_equal(chaos_watch_read(watch, exits, 3), 2);
    assert_exit(&exits[0], b, NOXS_EXIT_DESTROYED, 0);
    assert_exit(&exits[1], c, NOXS_EXIT_SHUTDOWN, CHAOS_REASON_CRASH);
    assert_int_equal(chaos_watch_read(watch, exits, 3), 0);
    assert_int_equal(poll(&fd, 1, 0), 0);
    store_knobs.dead = true;
    kit_assert_error(kit->ctx, chaos_watch_read(watch, exits, 3), -EPIPE);
    chaos_watch_close(watch);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup_stock, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_request),
        TEST(test_request_fails),
        TEST(test_exits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
