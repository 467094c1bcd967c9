/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_policy_cli.c: policies beside a daemon, on the model hypervisor.
 *
 * What it did with a VM before the command looked is told as if the command had
 * done it, and what it leaves undone the command does.
 */
#include <string.h>
#include <unistd.h>

#include <noxs/sysctl.h>

#include "cli_kit.h"
#include "daemon_kit.h"
#include "daemon_model.h"
#include "unit.h"

static bool stopped; /* the guest has; for the daemon's thread */

static int setup(void **state)
{
    __atomic_store_n(&stopped, false, __ATOMIC_RELEASE);
    return daemon_kit_setup(state);
}

static void dies(int fd)
{
    daemon_model_read(fd);
}

/* The daemon is quicker than the command: as soon as the guest has stopped. */
static void stop_and_settle(void *arg, uint32_t domid, uint32_t port)
{
    struct noxs_sysctl *page = model_control(domid, NOXS_DEV_SYSCTL);
    unsigned reason = page->request_cmd == NOXS_SYSCTL_REBOOT
                          ? CHAOS_REASON_REBOOT
                          : CHAOS_REASON_POWEROFF;
    struct chaos_ctx *ctx = arg;
    uint32_t now;

    if (page->ack_id == page->request_id)
        return;
    page->ack_status = NOXS_ACK_ACCEPTED;
    page->ack_id = page->request_id;
    model_ring(domid, port);
    model_shutdown(domid, reason);
    if (ctx)
        assert_int_equal(chaos_domain_settle(ctx, domid, &now), 0);
    __atomic_store_n(&stopped, true, __ATOMIC_RELEASE);
}

static void wait_stopped(void)
{
    while (!__atomic_load_n(&stopped, __ATOMIC_ACQUIRE))
        usleep(1000);
}

static void tells_of_a_restart(int fd)
{
    daemon_model_read(fd);
    daemon_kit_reply(fd, "{}");
    wait_stopped();
    daemon_kit_event(fd, "{\"event\":\"destroyed\",\"domid\":1}");
    daemon_kit_event(fd,
                     "{\"event\":\"restarted\",\"domid\":2,\"previous\":1}");
    daemon_model_wait(fd);
}

static void a_reboot(void **state)
{
    struct kit *kit = *state;

    daemon_kit_make("");
    assert_int_equal(chaos_ctx_set_daemon(kit->ctx, NULL), 0);
    model_set_guest(stop_and_settle, kit->ctx);
    daemon_model_start(kit, tells_of_a_restart, NULL);
    assert_int_equal(cli_run("reboot", "web", NULL), 0);
    assert_string_equal(cli_out, "web 2\n");
    assert_string_equal(cli_err, "");
    daemon_model_stop();
    assert_false(model_view(1).exists && !model_view(1).dying);
    assert_true(model_view(2).exists);
}

static void tells_of_an_end(int fd)
{
    daemon_model_read(fd);
    daemon_kit_reply(fd, "{}");
    wait_stopped();
    daemon_kit_event(fd, "{\"event\":\"destroyed\",\"domid\":1}");
    daemon_model_wait(fd);
}

static void a_shutdown(void **state)
{
    struct kit *kit = *state;

    daemon_kit_make("");
    assert_int_equal(chaos_ctx_set_daemon(kit->ctx, NULL), 0);
    model_set_guest(stop_and_settle, kit->ctx);
    daemon_model_start(kit, tells_of_an_end, NULL);
    assert_int_equal(cli_run("shutdown", "-w", "web", NULL), 0);
    assert_string_equal(cli_out, "");
    assert_string_equal(cli_err, "");
    daemon_model_stop();
}

/* Nobody is left behind to do what the daemon does. */
static void a_shutdown_unattended(void **state)
{
    daemon_kit_make("");
    model_set_guest(stop_and_settle, NULL);
    daemon_model_start(*state, tells_of_an_end, NULL);
    assert_int_equal(cli_run("shutdown", "web", NULL), 0);
    daemon_model_stop();
    usleep(50000);
    assert_true(model_view(1).stopped && !model_view(1).dying);
}

static void tells_of_a_failure(int fd)
{
    daemon_model_read(fd);
    daemon_kit_reply(fd, "{}");
    wait_stopped();
    daemon_kit_event(fd, "{\"event\":\"settle_failed\",\"domid\":1,"
                         "\"error\":\"no kernel\"}");
    daemon_model_wait(fd);
}

static void a_failed_reboot(void **state)
{
    daemon_kit_make("");
    model_set_guest(stop_and_settle, NULL);
    daemon_model_start(*state, tells_of_a_failure, NULL);
    assert_int_equal(cli_run("reboot", "web", NULL), 1);
    cli_assert_error("chaos: reboot: web: chaosd: no kernel\n");
    daemon_model_stop();
    assert_true(model_view(1).stopped && !model_view(1).dying);
}

static void limits(int fd)
{
    daemon_model_read(fd);
    daemon_kit_reply(fd, "{}");
    wait_stopped();
    daemon_kit_event(fd, "{\"event\":\"restart_limited\",\"domid\":1}");
    daemon_model_wait(fd);
}

/* A reboot that was asked for is none of those that are limited. */
static void a_limited_reboot(void **state)
{
    daemon_kit_make("");
    model_set_guest(stop_and_settle, NULL);
    daemon_model_start(*state, limits, dies);
    assert_int_equal(cli_run("reboot", "web", NULL), 0);
    assert_string_equal(cli_out, "web 2\n");
    daemon_model_stop();
}

static void dies_meanwhile(int fd)
{
    daemon_model_read(fd);
    daemon_kit_reply(fd, "{}");
    wait_stopped();
}

/* The new VM is made without a daemon. */
static void a_daemon_that_dies(void **state)
{
    daemon_kit_make("");
    model_set_guest(stop_and_settle, NULL);
    daemon_model_start(*state, dies_meanwhile, dies);
    assert_int_equal(cli_run("reboot", "web", NULL), 0);
    assert_string_equal(cli_out, "web 2\n");
    daemon_model_stop();
}

static void keeping(void **state)
{
    struct kit *kit = *state;

    daemon_kit_make("");
    model_set_guest(stop_and_settle, kit->ctx);
    assert_int_equal(chaos_ctx_set_daemon(kit->ctx, NULL), 0);
    assert_int_equal(cli_run("shutdown", "-wk", "web", NULL), 0);
    /* Whoever settled it kept it. */
    assert_true(model_view(1).stopped && !model_view(1).dying);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, cli_teardown)
        TEST(a_reboot),
        TEST(a_shutdown),
        TEST(a_shutdown_unattended),
        TEST(a_failed_reboot),
        TEST(a_limited_reboot),
        TEST(a_daemon_that_dies),
        TEST(keeping),
    };

    return cmocka_run_group_tests_name("policies", tests, NULL, NULL);
}
