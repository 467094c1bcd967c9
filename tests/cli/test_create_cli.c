/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_create_cli.c: chaos create on the model hypervisor.
 *
 * What it makes, prints and returns; which failures stop a series and which
 * do not; that a failure leaves nothing but what was reported as made.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <yajl/yajl_tree.h>

#include "cli_kit.h"
#include "unit.h"

static unsigned count_lines(const char *text)
{
    unsigned n = 0;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void one(void **state)
{
    struct kit *kit = *state;

    assert_int_equal(cli_run("create", cli_config(kit, ""), NULL), 0);
    assert_string_equal(cli_out, "web 1\n");
    assert_string_equal(cli_err, "");
    assert_false(model_view(1).paused);
    assert_int_equal(cli_run("domid", "web", NULL), 0);
    assert_string_equal(cli_out, "1\n");
}

static void names_and_keys(void **state)
{
    struct kit *kit = *state;
    const char *file = cli_config(kit, "\"name\": \"db-%02d\"");

    assert_int_equal(cli_run("create", file, "memory=8", "-p", NULL), 0);
    assert_string_equal(cli_out, "db-01 1\n");
    assert_true(model_view(1).paused);
    assert_int_equal(model_view(1).pages, 2048);
    assert_int_equal(
        cli_run("create", "--name", "x-%d", "--first", "7", file, NULL), 0);
    assert_string_equal(cli_out, "x-7 2\n");
    assert_int_equal(cli_run("-q", "create", file, "name=y", NULL), 0);
    assert_string_equal(cli_out, "");
    assert_int_equal(cli_run("domid", "y", NULL), 0);
}

static void hundred(void **state)
{
    struct kit *kit = *state;

    assert_int_equal(cli_run("create", "-n100",
                             cli_config(kit, "\"memory\": "
                                             "\"256K\""),
                             NULL),
                     0);
    assert_int_equal(count_lines(cli_out), 100);
    assert_int_equal(strncmp(cli_out, "web-1 1\nweb-2 2\n", 16), 0);
    assert_int_equal(cli_run("domname", "100", NULL), 0);
    assert_string_equal(cli_out, "web-100\n");
    assert_int_equal(cli_run("list", NULL), 0);
    assert_int_equal(count_lines(cli_out), 102);
}

static void a_taken_name_fails_one(void **state)
{
    struct kit *kit = *state;
    const char *file = cli_config(kit, "");

    assert_int_equal(cli_run("create", "--name=web-2", file, NULL), 0);
    assert_int_equal(cli_run("create", "-n", "3", file, NULL), 1);
    assert_string_equal(cli_out, "web-1 2\nweb-3 4\n");
    assert_int_equal(count_lines(cli_err), 2);
    assert_non_null(strstr(cli_err, "chaos: create: web-2: "));
    assert_non_null(strstr(cli_err, ": File exists\n"));
    assert_non_null(
        strstr(cli_err, "chaos: create: made and kept 2 of 3 VMs, 1 failed\n"));
}

static void no_memory_stops(void **state)
{
    struct kit *kit = *state;
    const char *file = cli_config(kit, "\"memory\": 4");
    struct snapshot before;

    model_knobs.host_pages = 2600;
    assert_int_equal(cli_run("create", "-n9", file, NULL), 1);
    assert_int_equal(strncmp(cli_out, "web-1 1\n", 8), 0);
    assert_int_equal(count_lines(cli_err), 2);
    assert_non_null(strstr(cli_err, "not tried ("));
    assert_non_null(strstr(cli_err, " to web-9)\n"));
    before = kit_snapshot(kit);
    assert_int_equal(cli_run("create", file, NULL), 1);
    cli_assert_error("memory");
    kit_assert_same(kit, &before, "no memory");
}

static void every_operation_may_fail(void **state)
{
    struct kit *kit = *state;
    const char *file = cli_config(kit, "");
    struct snapshot before = kit_snapshot(kit);
    unsigned n;

    for (n = 1; n < 200; n++) {
        int rc;

        model_fail(n, EIO);
        rc = cli_run("create", file, NULL);
        model_fail_end();
        if (!model_failed())
            break;
        assert_int_equal(rc, 1);
        cli_assert_error("chaos: create: ");
        assert_string_equal(cli_out, "");
        kit_assert_same(kit, &before, model_failed_name());
    }
    assert_in_range(n, 10, 199);
}

static unsigned rings;

static void at_the_second(void *arg, const char *operation)
{
    if (strcmp(operation, "domain_create") == 0 && ++rings == 2)
        raise(*(int *)arg);
}

static void nothing(int signal_number)
{
    (void)signal_number;
}

/* Ends the series after the VM that was in the making, unless ignored. */
static void an_interrupt(void **state)
{
    struct kit *kit = *state;
    const char *file = cli_config(kit, "");
    int interrupt = SIGINT;

    rings = 0;
    model_set_hook(at_the_second, &interrupt);
    assert_true(signal(SIGINT, nothing) != SIG_ERR);
    assert_int_equal(cli_run("create", "-n5", file, NULL), 1);
    assert_string_equal(cli_out, "web-1 1\nweb-2 2\n");
    cli_assert_error("made and kept 2 of 5 VMs, 0 failed, 3 not tried");
    rings = 0;
    assert_true(signal(SIGINT, SIG_IGN) != SIG_ERR);
    assert_int_equal(cli_run("create", "-n5", "--name=db", file, NULL), 0);
    assert_true(signal(SIGINT, SIG_DFL) != SIG_ERR);
}

static yajl_val element(yajl_val array, size_t i, const char *key)
{
    const char *path[] = {key, NULL};

    assert_true(i < YAJL_GET_ARRAY(array)->len);
    return yajl_tree_get(YAJL_GET_ARRAY(array)->values[i], path, yajl_t_any);
}

static void json(void **state)
{
    struct kit *kit = *state;
    const char *file = cli_config(kit, "");
    char why[256] = "";
    yajl_val tree, steps;

    assert_int_equal(cli_run("create", "--name=web-2", file, NULL), 0);
    assert_int_equal(cli_run("create", "-n2", "--json", file, NULL), 1);
    tree = yajl_tree_parse(cli_out, why, sizeof(why));
    assert_string_equal(why, "");
    assert_int_equal(YAJL_GET_ARRAY(tree)->len, 2);
    assert_string_equal(YAJL_GET_STRING(element(tree, 0, "name")), "web-1");
    assert_int_equal(YAJL_GET_INTEGER(element(tree, 0, "domid")), 2);
    assert_null(element(tree, 0, "error"));
    steps = element(tree, 0, "steps");
    assert_true(YAJL_GET_ARRAY(steps)->len > 5);
    assert_true(YAJL_IS_INTEGER(element(steps, 0, "ns")));
    assert_null(element(tree, 1, "domid"));
    assert_true(YAJL_IS_STRING(element(tree, 1, "error")));
    yajl_tree_free(tree);
}

static void timing(void **state)
{
    struct kit *kit = *state;
    const char *file = cli_config(kit, "");

    assert_int_equal(cli_run("create", "--timing", file, NULL), 0);
    assert_string_equal(cli_out, "web 1\n");
    assert_int_equal(strncmp(cli_err, "step ", 5), 0);
    assert_non_null(strstr(cli_err, "\nidentity     execute "));
    assert_non_null(strstr(cli_err, "\ntotal "));
    assert_int_equal(cli_run("create", "--timing", "-n3", file, NULL), 0);
    assert_non_null(strstr(cli_err, " median us       max us\n"));
}

static void bad_usage(void **state)
{
    static const char *const counts[] = {"0",  "-1", "32753", "99999999999",
                                         "1x", "",   "ten"};
    struct kit *kit = *state;
    const char *file = cli_config(kit, "");
    struct snapshot before = kit_snapshot(kit);
    size_t i;

    for (i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
        assert_int_equal(cli_run("create", "-n", counts[i], file, NULL), 2);
        cli_assert_error("is not a number from 1 to 32752");
    }
    assert_int_equal(cli_run("create", NULL), 2);
    assert_int_equal(cli_run("create", "-c", "-n2", file, NULL), 2);
    assert_int_equal(cli_run("create", "-c", "--json", file, NULL), 2);
    assert_int_equal(cli_run("create", "-p", "-w", file, NULL), 2);
    assert_int_equal(cli_run("create", "--name=%s", file, NULL), 2);
    cli_assert_error("%0Nd");
    assert_int_equal(cli_run("create", file, "memory", NULL), 2);
    cli_assert_error("'memory' is not KEY=VALUE");
    assert_int_equal(cli_run("create", "-n2", "--first", "32752", file, NULL),
                     2);
    assert_int_equal(cli_run("create", "-n2", file,
                             "uuid=01234567-89ab-4def-8123-456789abcdef", NULL),
                     2);
    cli_assert_error("uuid: 2 VMs cannot share one");
    assert_int_equal(cli_run("create", "-n2", file, "vifs[0].mtu=1500",
                             "vifs[1].mac=02:00:00:00:00:01", NULL),
                     2);
    cli_assert_error("mac: 2 VMs cannot share one");
    assert_int_equal(
        cli_run("create", "-n2", file, "vifs[0].ifname=web0", NULL), 2);
    cli_assert_error("ifname: 2 VMs cannot share one");
    assert_int_equal(cli_run("create", "-n2", file, "vbds[0].target=/d",
                             "vbds[0].vdev=xvda", "vbds[0].access=w", NULL),
                     2);
    cli_assert_error("disk with access w: 2 VMs cannot share one");
    kit_assert_same(kit, &before, "usage errors");
}

static void bad_input(void **state)
{
    struct kit *kit = *state;
    const char *file = cli_config(kit, "");
    struct snapshot before = kit_snapshot(kit);
    char name[10001];

    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(cli_run("create", "--name", name, file, NULL), 1);
    cli_assert_error("name");
    assert_int_equal(cli_run("create", "--name", "a\033[2Jb", file, NULL), 1);
    cli_assert_error("name");
    assert_null(strchr(cli_err, '\033'));
    assert_int_equal(cli_run("create", kit->dir, NULL), 1);
    cli_assert_error("Is a directory");
    assert_int_equal(cli_run("create", "/nonexistent", NULL), 1);
    cli_assert_error("No such file or directory");
    assert_int_equal(cli_run("create", file, "memory=0", NULL), 1);
    cli_assert_error("memory");
    assert_int_equal(cli_run("create", file, "kernel=/nonexistent", NULL), 1);
    cli_assert_error("/nonexistent: No such file or directory");
    kit_assert_same(kit, &before, "bad input");
}

static void no_host(void **state)
{
    struct kit *kit = *state;
    const char *file = cli_config(kit, "");

    model_knobs.open_error = ENOENT;
    assert_int_equal(cli_run("create", "-n5", file, NULL), 1);
    assert_non_null(strstr(cli_err, "not a Xen host"));
    assert_non_null(strstr(cli_err, "0 of 5 VMs, 1 failed, 4 not tried"));
    model_knobs.open_error = 0;
    model_knobs.no_noxs = true;
    assert_int_equal(cli_run("create", file, NULL), 1);
    cli_assert_error("this Xen has no noxs: ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, cli_setup, cli_teardown)
        TEST(one),
        TEST(names_and_keys),
        TEST(hundred),
        TEST(a_taken_name_fails_one),
        TEST(no_memory_stops),
        TEST(every_operation_may_fail),
        TEST(an_interrupt),
        TEST(json),
        TEST(timing),
        TEST(bad_usage),
        TEST(bad_input),
        TEST(no_host),
    };

    return cmocka_run_group_tests_name("create", tests, NULL, NULL);
}
