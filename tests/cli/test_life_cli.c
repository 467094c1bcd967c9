/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_life_cli.c: the commands on living VMs, on the model hypervisor.
 *
 * Ids and names, several at once with one that fails, the policies after an
 * end, consoles from the first byte to the last, lists.
 */
#include <signal.h>
#include <string.h>
#include <sys/time.h>

#include <chaos/shell.h>
#include <yajl/yajl_tree.h>

#include "cli_kit.h"
#include "guest.h"
#include "store_model.h"
#include "unit.h"

static int setup(void **state)
{
    int rc = cli_setup(state);

    guest_install();
    return rc;
}

static void make(struct kit *kit, const char *count, const char *more)
{
    assert_int_equal(cli_run("create", "-n", count, "--name=web-%d",
                             cli_config(kit, more), NULL),
                     0);
}

static bool lives(uint32_t domid)
{
    return model_view(domid).exists && !model_view(domid).dying;
}

static void several_and_one_fails(void **state)
{
    make(*state, "3", "");
    assert_int_equal(cli_run("pause", "web-1", "bogus", "3", NULL), 1);
    cli_assert_error("chaos: pause: there is no domain 'bogus'");
    assert_true(model_view(1).paused && model_view(3).paused);
    assert_false(model_view(2).paused);
    assert_int_equal(cli_run("unpause", "1", "web-3", NULL), 0);
    assert_false(model_view(1).paused || model_view(3).paused);
    assert_int_equal(cli_run("destroy", "1", "99", "web-3", NULL), 1);
    assert_false(lives(1) || lives(3));
    assert_true(lives(2));
    assert_int_equal(cli_run("destroy", "0", NULL), 1);
    assert_int_equal(cli_run("destroy", "Domain-0", NULL), 1);
    assert_int_equal(cli_run("destroy", NULL), 2);
}

static void names(void **state)
{
    make(*state, "2", "");
    assert_int_equal(cli_run("rename", "web-1", "db", NULL), 0);
    assert_int_equal(cli_run("domid", "db", NULL), 0);
    assert_string_equal(cli_out, "1\n");
    assert_int_equal(cli_run("domname", "1", NULL), 0);
    assert_string_equal(cli_out, "db\n");
    assert_int_equal(cli_run("rename", "2", "db", NULL), 1);
    cli_assert_error(": File exists");
    assert_int_equal(cli_run("domid", "web-1", NULL), 1);
    assert_int_equal(cli_run("domname", "0", NULL), 0);
    assert_string_equal(cli_out, "Domain-0\n");
    assert_int_equal(cli_run("domid", "Domain-0", NULL), 0);
    assert_string_equal(cli_out, "0\n");
    model_domain_add(NULL);
    assert_int_equal(cli_run("domname", "3", NULL), 1);
    assert_int_equal(cli_run("rename", "1", NULL), 2);
    assert_int_equal(cli_run("rename", "1", "a", "b", NULL), 2);
}

static void shutdown_waits(void **state)
{
    struct snapshot before;

    make(*state, "2", "");
    assert_int_equal(cli_run("destroy", "1", "2", NULL), 0);
    before = kit_snapshot(*state);
    make(*state, "2", "");
    assert_int_equal(cli_run("shutdown", "-w", "3", "web-2", NULL), 0);
    assert_string_equal(cli_out, "");
    assert_string_equal(cli_err, "");
    assert_int_equal(guest.requests, 2);
    kit_assert_same(*state, &before, "shutdown");
}

/* Takes its request up at one tick, and stops at a later one. */
static void tick(int signal_number)
{
    const char *path = kit_node(1, "control/shutdown");
    const char *request = model_store_value(path);

    (void)signal_number;
    if (request && *request)
        model_store_set(path, "");
    else if (request && ++guest.requests == 2)
        model_shutdown(1, CHAOS_REASON_POWEROFF);
}

/* Of xl's: the log of exits, by which it is noticed, has no uuid of it. */
static void shutdown_of_theirs(void **state)
{
    static const struct itimerval often = {{0, 50000}, {0, 50000}}, never;
    sighandler_t before = signal(SIGALRM, tick);

    (void)state;
    kit_make_stock();
    model_knobs.no_noxs = false;
    model_domain_add(NULL);
    model_store_set("/local/domain/1/name", "theirs");
    model_store_set("/local/domain/1/control/shutdown", "");
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    assert_int_equal(cli_run("shutdown", "-w", "-t9", "theirs", NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    (void)signal(SIGALRM, before);
    assert_string_equal(cli_err, "");
    assert_true(lives(1) && model_view(1).stopped);
}

static void shutdown_keeps(void **state)
{
    make(*state, "1", "");
    assert_int_equal(cli_run("shutdown", "-wk", "1", NULL), 0);
    assert_true(lives(1) && model_view(1).stopped);
}

static void shutdown_tells_a_crash(void **state)
{
    guest.own_reason = true;
    guest.reason = CHAOS_REASON_CRASH;
    make(*state, "1", "");
    assert_int_equal(cli_run("shutdown", "-w", "web-1", NULL), 1);
    cli_assert_error("web-1 stopped for another reason: crash");
    assert_false(lives(1));
}

static void shutdown_has_a_limit(void **state)
{
    guest.slow = true;
    make(*state, "2", "");
    assert_int_equal(cli_run("shutdown", "-w", "-t1", "1", "2", NULL), 1);
    assert_non_null(strstr(cli_err, "1 is still running after 1 s\n"));
    assert_non_null(strstr(cli_err, "2 is still running after 1 s\n"));
    assert_true(lives(1) && lives(2));
    guest.deaf = true;
    assert_int_equal(cli_run("shutdown", "-t1", "1", NULL), 1);
    cli_assert_error("the guest did not answer");
    assert_int_equal(cli_run("shutdown", "-t0", "1", NULL), 2);
}

static void reboot_makes_a_new_one(void **state)
{
    make(*state, "1", "");
    assert_int_equal(cli_run("reboot", "web-1", NULL), 0);
    assert_string_equal(cli_out, "web-1 2\n");
    assert_false(lives(1));
    assert_int_equal(cli_run("domid", "web-1", NULL), 0);
    assert_string_equal(cli_out, "2\n");
    guest.own_reason = true;
    guest.reason = CHAOS_REASON_POWEROFF;
    assert_int_equal(cli_run("reboot", "web-1", NULL), 1);
    cli_assert_error("web-1 stopped for another reason: poweroff");
    assert_false(lives(2));
}

static void console_from_first_to_last(void **state)
{
    struct kit *kit = *state;

    guest.says = "hello\nand goodbye\n";
    guest.stops_with = CHAOS_REASON_POWEROFF;
    assert_int_equal(cli_run("create", "-c", cli_config(kit, ""), NULL), 0);
    assert_string_equal(cli_out, "hello\nand goodbye\n");
    assert_string_equal(cli_err, "");
    assert_false(lives(1));
}

static void console_tells_why(void **state)
{
    struct kit *kit = *state;

    guest.says = "oops\n";
    guest.stops_with = CHAOS_REASON_CRASH;
    assert_int_equal(
        cli_run("create", "-c", cli_config(kit, ""), "on_crash=preserve", NULL),
        0);
    assert_string_equal(cli_out, "oops\n");
    cli_assert_error("chaos: create: web stopped: crash\n");
    assert_true(lives(1));
    /* What is left of it can be read as often as one likes. */
    assert_int_equal(cli_run("console", "web", NULL), 0);
    cli_assert_error("chaos: console: web stopped: crash\n");
}

static void console_takes_input(void **state)
{
    make(*state, "1", "");
    cli_set_input("one\ntwo\n\035three\n");
    assert_int_equal(cli_run("console", "1", NULL), 0);
    assert_string_equal(guest.heard, "one\ntwo\n");
    assert_true(lives(1) && !model_view(1).stopped);
    assert_int_equal(cli_run("console", "77", NULL), 1);
}

static void a_console_in_use(void **state)
{
    struct kit *kit = *state;
    struct chaos_console *con;

    make(kit, "1", "");
    assert_int_equal(chaos_console_open(kit->ctx, 1, &con), 0);
    assert_int_equal(cli_run("console", "1", NULL), 1);
    cli_assert_error("another program");
    chaos_console_close(con);
}

static void a_list_for_people(void **state)
{
    const char *row;

    make(*state, "2", "");
    assert_int_equal(cli_run("pause", "2", NULL), 0);
    assert_int_equal(cli_run("list", NULL), 0);
    assert_int_equal(strncmp(cli_out, "Name      ", 10), 0);
    assert_non_null(strstr(cli_out, "\nDomain-0      "));
    assert_int_equal(cli_run("list", "2", "bogus", NULL), 1);
    row = strstr(cli_out, "\nweb-2                                        2"
                          "     4     1  ");
    assert_non_null(row);
    assert_int_equal(row[1 + 40 + 3 * 6 + 2 + 2], 'p');
    assert_null(strstr(cli_out, "web-1"));
    assert_int_equal(cli_run("list", "-l", "web-2", NULL), 0);
    assert_non_null(strstr(cli_out, "name         web-2\nid           2\n"));
    assert_non_null(strstr(cli_out, "\ndevice       console 0, "));
    assert_non_null(strstr(cli_out, "\nguest        booting\n"));
}

static yajl_val get(yajl_val map, const char *key)
{
    const char *path[] = {key, NULL};

    return yajl_tree_get(map, path, yajl_t_any);
}

static void a_list_for_programs(void **state)
{
    yajl_val tree, vm;

    make(*state, "1", "");
    model_domain_add(NULL);
    assert_int_equal(cli_run("list", "--json", NULL), 0);
    tree = yajl_tree_parse(cli_out, NULL, 0);
    assert_true(YAJL_IS_ARRAY(tree));
    assert_int_equal(YAJL_GET_ARRAY(tree)->len, 3);
    vm = YAJL_GET_ARRAY(tree)->values[0];
    assert_string_equal(YAJL_GET_STRING(get(vm, "name")), "Domain-0");
    vm = YAJL_GET_ARRAY(tree)->values[1];
    assert_string_equal(YAJL_GET_STRING(get(vm, "name")), "web-1");
    assert_int_equal(YAJL_GET_INTEGER(get(vm, "memory_kb")), 4096);
    assert_int_equal(YAJL_GET_ARRAY(get(vm, "devices"))->len, 2);
    assert_string_equal(YAJL_GET_STRING(get(get(vm, "guest"), "state")),
                        "booting");
    vm = YAJL_GET_ARRAY(tree)->values[2];
    assert_true(YAJL_IS_NULL(get(vm, "name")));
    assert_true(YAJL_IS_NULL(get(vm, "guest")));
    yajl_tree_free(tree);
}

/* One of a pool, whose owner is the kit's context. */
static uint32_t make_shell(struct kit *kit)
{
    struct chaos_config *cfg = kit_config(kit, NULL);
    struct chaosd_shape shape;
    struct chaos_shell *shell;
    uint32_t domid;

    assert_int_equal(chaos_shape_of(kit->ctx, cfg, &shape), 0);
    chaos_config_destroy(cfg);
    assert_int_equal(chaos_shell_prepare(kit->ctx, &shape, &shell), 0);
    domid = chaos_shell_domid(shell);
    chaos_shell_free(shell);
    return domid;
}

static void what_is_in_the_making(void **state)
{
    struct kit *kit = *state;
    yajl_val tree;

    make(kit, "1", "");
    assert_int_equal(make_shell(kit), 2);
    assert_int_equal(cli_run("list", NULL), 0);
    assert_null(strstr(cli_out, "shell"));
    assert_int_equal(cli_run("list", "-a", NULL), 0);
    assert_non_null(strstr(cli_out, "\n[shell]       "));
    assert_int_equal(cli_run("list", "-a", "--json", NULL), 0);
    tree = yajl_tree_parse(cli_out, NULL, 0);
    assert_int_equal(YAJL_GET_ARRAY(tree)->len, 3);
    assert_true(YAJL_IS_NULL(get(YAJL_GET_ARRAY(tree)->values[1], "building")));
    assert_string_equal(
        YAJL_GET_STRING(get(YAJL_GET_ARRAY(tree)->values[2], "building")),
        "shell");
    yajl_tree_free(tree);
    assert_int_equal(cli_run("destroy", "2", NULL), 1);
    cli_assert_error("domain 2 is a shell of chaosd's pool: 'chaos pool "
                     "drain' ends shells\n");
    assert_int_equal(cli_run("unpause", "2", NULL), 1);
    assert_int_equal(cli_run("list", "2", NULL), 1);
    assert_true(lives(2) && model_view(2).paused);
}

static void orphans(void **state)
{
    struct kit *kit = *state;
    struct snapshot before;

    make(kit, "1", "");
    before = kit_snapshot(kit);
    assert_int_equal(make_shell(kit), 2);
    assert_int_equal(cli_run("reap", NULL), 0);
    assert_string_equal(cli_out, "");
    /* The owner dies. */
    kit_renew(kit);
    assert_int_equal(cli_run("destroy", "2", NULL), 1);
    cli_assert_error("'chaos reap' ends it");
    assert_int_equal(cli_run("reap", "-n", NULL), 0);
    assert_string_equal(cli_out, "would end shell 2\n");
    assert_true(lives(2));
    assert_int_equal(cli_run("reap", NULL), 0);
    assert_string_equal(cli_out, "ended shell 2\n");
    assert_false(lives(2));
    assert_true(lives(1));
    kit_renew(kit);
    assert_int_equal(cli_run("reap", NULL), 0);
    assert_string_equal(cli_out, "");
    kit_assert_same(kit, &before, "reap");
}

static void the_host(void **state)
{
    yajl_val tree;

    (void)state;
    assert_int_equal(cli_run("info", NULL), 0);
    assert_non_null(strstr(cli_out, "\nnoxs         2\n"));
    assert_int_equal(cli_run("info", "--json", NULL), 0);
    tree = yajl_tree_parse(cli_out, NULL, 0);
    assert_int_equal(YAJL_GET_INTEGER(get(tree, "noxs")), 2);
    yajl_tree_free(tree);
    model_knobs.no_noxs = true;
    assert_int_equal(cli_run("info", NULL), 0);
    assert_non_null(strstr(cli_out, "not patched"));
    assert_int_equal(cli_run("list", NULL), 1);
    cli_assert_error("chaos: list: this Xen has no noxs: ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, cli_teardown)
        TEST(several_and_one_fails),
        TEST(names),
        TEST(shutdown_waits),
        TEST(shutdown_of_theirs),
        TEST(shutdown_keeps),
        TEST(shutdown_tells_a_crash),
        TEST(shutdown_has_a_limit),
        TEST(reboot_makes_a_new_one),
        TEST(console_from_first_to_last),
        TEST(console_tells_why),
        TEST(console_takes_input),
        TEST(a_console_in_use),
        TEST(a_list_for_people),
        TEST(a_list_for_programs),
        TEST(what_is_in_the_making),
        TEST(orphans),
        TEST(the_host),
    };

    return cmocka_run_group_tests_name("life", tests, NULL, NULL);
}
