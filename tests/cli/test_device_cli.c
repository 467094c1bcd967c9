/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_device_cli.c: chaos vif and chaos vbd on the model host.
 *
 * Devices are attached, shown and detached by each of their names; every
 * refusal says what was wrong and leaves the host as it was.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <yajl/yajl_tree.h>

#include "cli_kit.h"
#include "guest.h"
#include "host_model.h"
#include "unit.h"

#define MAC "02:00:00:00:00:01"

static char image[128];

static int setup(void **state)
{
    static const char sectors[4096];
    int rc = cli_setup(state);
    struct kit *kit = *state;

    guest_install();
    (void)snprintf(image, sizeof(image), "%s/disk.img", kit->dir);
    kit_write_file(image, sectors, sizeof(sectors));
    return rc;
}

static void make(struct kit *kit, const char *count, const char *more)
{
    assert_int_equal(cli_run("create", "-n", count, "--name=web-%d",
                             cli_config(kit, more), NULL),
                     0);
}

static yajl_val get(yajl_val map, const char *key)
{
    const char *path[] = {key, NULL};
    yajl_val value = yajl_tree_get(map, path, yajl_t_any);

    if (!value)
        fail_msg("there is no %s", key);
    return value;
}

static void assert_text(yajl_val map, const char *key, const char *text)
{
    assert_true(YAJL_IS_STRING(get(map, key)));
    assert_string_equal(YAJL_GET_STRING(get(map, key)), text);
}

/* `chaos KIND list --json`: so many, the first in *first_out. */
static yajl_val list(const char *kind, size_t count, yajl_val *first_out)
{
    yajl_val tree;

    assert_int_equal(cli_run(kind, "list", "--json", NULL), 0);
    tree = yajl_tree_parse(cli_out, NULL, 0);
    assert_true(YAJL_IS_ARRAY(tree));
    assert_int_equal(YAJL_GET_ARRAY(tree)->len, count);
    if (count)
        *first_out = YAJL_GET_ARRAY(tree)->values[0];
    return tree;
}

static void assert_count(const char *kind, size_t count)
{
    yajl_val first;

    yajl_tree_free(list(kind, count, &first));
}

static void vif_comes_and_goes(void **state)
{
    yajl_val tree, vif;

    make(*state, "1", "");
    assert_int_equal(cli_run("vif", "attach", "web-1", "bridge=xenbr0",
                             "mac=" MAC, "ip=10.0.0.2/24", "mtu=1400", NULL),
                     0);
    assert_string_equal(cli_out, "vif1.0\n");
    assert_string_equal(cli_err, "");
    tree = list("vif", 1, &vif);
    assert_text(vif, "domain", "web-1");
    assert_int_equal(YAJL_GET_INTEGER(get(vif, "domid")), 1);
    assert_int_equal(YAJL_GET_INTEGER(get(vif, "id")), 0);
    assert_text(vif, "ifname", "vif1.0");
    assert_text(vif, "bridge", "xenbr0");
    assert_text(vif, "mac", MAC);
    assert_text(vif, "ip", "10.0.0.2/24");
    assert_text(vif, "state", "ready");
    assert_int_equal(YAJL_GET_INTEGER(get(vif, "mtu")), 1400);
    assert_int_equal(YAJL_GET_INTEGER(get(vif, "sent_bytes")), 0);
    yajl_tree_free(tree);
    assert_int_equal(cli_run("vif", "detach", "1", "0", NULL), 0);
    assert_string_equal(cli_out, "");
    assert_string_equal(cli_err, "");
    assert_count("vif", 0);
}

static void vif_by_each_of_its_names(void **state)
{
    make(*state, "1", "");
    assert_int_equal(cli_run("vif", "attach", "web-1", "ifname=web0",
                             "mac=02:00:00:00:0A:01", NULL),
                     0);
    assert_string_equal(cli_out, "web0\n");
    assert_int_equal(cli_run("vif", "detach", "1", "vif1.0", NULL), 1);
    cli_assert_error("chaos: vif detach: domain 1 has no vif 'vif1.0'");
    assert_int_equal(cli_run("vif", "detach", "1", "web0", NULL), 0);
    assert_int_equal(
        cli_run("-q", "vif", "attach", "1", "mac=02:00:00:00:0A:01", NULL), 0);
    assert_string_equal(cli_out, "");
    assert_int_equal(
        cli_run("vif", "detach", "1", "02:00:00:00:0a:01", "-t5", NULL), 0);
    assert_int_equal(cli_run("vif", "attach", "1", "mtu=1500", NULL), 0);
    assert_int_equal(cli_run("vif", "detach", "-f", "1", "vif1.0", NULL), 0);
    assert_count("vif", 0);
    assert_int_equal(cli_run("vif", "detach", "1", "0", NULL), 1);
    cli_assert_error("chaos: vif detach: domain 1 has no vif 0\n");
    assert_int_equal(cli_run("vif", "detach", "99", "0", NULL), 1);
    cli_assert_error("there is no domain");
}

static void what_was_made_as_json(void **state)
{
    yajl_val tree;

    make(*state, "1", "");
    assert_int_equal(
        cli_run("vif", "attach", "--json", "-q", "1", "bridge=xenbr0", NULL),
        0);
    tree = yajl_tree_parse(cli_out, NULL, 0);
    assert_text(tree, "ifname", "vif1.0");
    assert_true(YAJL_IS_NULL(get(tree, "ip")));
    yajl_tree_free(tree);
}

static void vbd_comes_and_goes(void **state)
{
    char target[160];
    yajl_val tree, vbd;

    (void)snprintf(target, sizeof(target), "target=%s", image);
    make(*state, "1", "");
    assert_int_equal(cli_run("vbd", "attach", "web-1", target, "type=file",
                             "vdev=xvdb", "access=w", NULL),
                     0);
    assert_string_equal(cli_out, "xvdb\n");
    tree = list("vbd", 1, &vbd);
    assert_text(vbd, "domain", "web-1");
    assert_int_equal(YAJL_GET_INTEGER(get(vbd, "id")), 51728);
    assert_text(vbd, "vdev", "xvdb");
    assert_text(vbd, "target", image);
    assert_text(vbd, "access", "w");
    assert_text(vbd, "state", "ready");
    yajl_tree_free(tree);
    assert_int_equal(cli_run("vbd", "list", NULL), 0);
    assert_non_null(strstr(cli_out, image));
    assert_int_equal(cli_run("vbd", "detach", "1", "xvdb", NULL), 0);
    assert_count("vbd", 0);
    assert_int_equal(
        cli_run("vbd", "attach", "1", target, "type=file", "vdev=xvdb", NULL),
        0);
    assert_int_equal(cli_run("vbd", "detach", "1", "51728", NULL), 0);
    assert_int_equal(cli_run("vbd", "detach", "1", "xvdb", NULL), 1);
    cli_assert_error("chaos: vbd detach: ");
    assert_int_equal(cli_run("vbd", "detach", "1", "vda", NULL), 1);
    cli_assert_error("vda");
}

static void refused(void **state)
{
    struct snapshot before;

    make(*state, "1", "");
    assert_int_equal(cli_run("vif", "attach", "1", "mac=" MAC, NULL), 0);
    before = kit_snapshot(*state);
    assert_int_equal(cli_run("vif", "attach", "1", "bridge=nobr", NULL), 1);
    cli_assert_error("nobr");
    assert_int_equal(cli_run("vif", "attach", "1", "gateway=10.0.0.1", NULL),
                     1);
    cli_assert_error("gateway: \"10.0.0.1\": expected an ip beside it");
    assert_int_equal(cli_run("vif", "attach", "1", "mtu=67", NULL), 1);
    cli_assert_error("chaos: vif attach: mtu: \"67\": ");
    assert_int_equal(
        cli_run("vbd", "attach", "1", "target=/nonexistent", "vdev=xvda", NULL),
        1);
    cli_assert_error("/nonexistent");
    assert_int_equal(cli_run("vbd", "attach", "1", "vdev=xvda", NULL), 1);
    cli_assert_error("target: missing: ");
    assert_int_equal(cli_run("vif", "attach", "1", "mtu", NULL), 2);
    assert_string_equal(cli_out, "");
    kit_assert_same(*state, &before, "refused");
    assert_count("vif", 1);
}

/* What only the back end knows. */
static void refused_by_the_back_end(void **state)
{
    char target[160];

    (void)snprintf(target, sizeof(target), "target=%s", image);
    make(*state, "2", "");
    assert_int_equal(cli_run("vif", "attach", "1", "mac=" MAC, NULL), 0);
    assert_int_equal(cli_run("vif", "attach", "2", "mac=" MAC, NULL), 1);
    cli_assert_error("chaos: vif attach: mac: another vif of this host has");
    assert_int_equal(cli_run("vbd", "attach", "1", target, "type=file",
                             "vdev=xvda", "access=w", NULL),
                     0);
    assert_int_equal(
        cli_run("vbd", "attach", "2", target, "type=file", "vdev=xvda", NULL),
        1);
    cli_assert_error(image);
    assert_int_equal(model_backs(), 2);
    host_knobs.close_error = ETIMEDOUT;
    assert_int_equal(cli_run("vif", "detach", "1", "0", "-t1", NULL), 1);
    cli_assert_error("the guest did not let go of vif 0");
    assert_int_equal(cli_run("vbd", "detach", "1", "xvda", NULL), 1);
    assert_int_equal(model_backs(), 2);
    assert_int_equal(cli_run("vif", "detach", "--force", "1", "0", NULL), 0);
    assert_int_equal(cli_run("vbd", "detach", "-f", "1", "xvda", NULL), 0);
    assert_int_equal(model_backs(), 0);
    host_knobs.back_error = ENOENT;
    assert_int_equal(cli_run("vif", "attach", "1", "mtu=1500", NULL), 1);
    cli_assert_error("noxs_back is not loaded");
}

static void lists_of_several(void **state)
{
    make(*state, "3", "\"vifs\": [{\"bridge\": \"xenbr0\"}]");
    assert_count("vif", 3);
    assert_int_equal(cli_run("vif", "list", NULL), 0);
    assert_int_equal(strncmp(cli_out, "Name      ", 10), 0);
    assert_non_null(strstr(cli_out, "\nweb-3                        3   0 "
                                    "vif3.0          xenbr0 "));
    assert_int_equal(cli_run("vif", "list", "web-2", "bogus", NULL), 1);
    cli_assert_error("there is no domain 'bogus'");
    assert_non_null(strstr(cli_out, "vif2.0"));
    assert_null(strstr(cli_out, "vif1.0"));
    assert_int_equal(cli_run("vif", "list", "bogus", NULL), 1);
    assert_string_equal(cli_out, "");
    assert_int_equal(cli_run("destroy", "2", NULL), 0);
    assert_count("vif", 2);
}

static void in_the_list_of_vms(void **state)
{
    char more[400];
    yajl_val tree, vm;

    (void)snprintf(more, sizeof(more),
                   "\"vifs\": [{\"bridge\": \"xenbr0\", \"mac\": \"" MAC "\", "
                   "\"ip\": \"10.0.0.2/24\"}], \"vbds\": [{\"target\": \"%s\", "
                   "\"type\": \"file\", \"vdev\": \"xvda\"}]",
                   image);
    make(*state, "1", more);
    assert_int_equal(cli_run("list", "-l", "1", NULL), 0);
    assert_non_null(strstr(cli_out, "\nvif          0, vif1.0, bridge xenbr0, "
                                    "mac " MAC ", ip 10.0.0.2/24, mtu 1400, "
                                    "ready\n"));
    assert_non_null(strstr(cli_out, "\nvbd          xvda, target "));
    assert_non_null(strstr(cli_out, ", access r, "));
    assert_int_equal(cli_run("list", "--json", "1", NULL), 0);
    tree = yajl_tree_parse(cli_out, NULL, 0);
    vm = YAJL_GET_ARRAY(tree)->values[0];
    assert_int_equal(YAJL_GET_ARRAY(get(vm, "vifs"))->len, 1);
    assert_text(YAJL_GET_ARRAY(get(vm, "vifs"))->values[0], "bridge", "xenbr0");
    assert_int_equal(YAJL_GET_ARRAY(get(vm, "vbds"))->len, 1);
    assert_text(YAJL_GET_ARRAY(get(vm, "vbds"))->values[0], "target", image);
    yajl_tree_free(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, cli_teardown)
        TEST(vif_comes_and_goes),
        TEST(vif_by_each_of_its_names),
        TEST(what_was_made_as_json),
        TEST(vbd_comes_and_goes),
        TEST(refused),
        TEST(refused_by_the_back_end),
        TEST(lists_of_several),
        TEST(in_the_list_of_vms),
    };

    return cmocka_run_group_tests_name("devices", tests, NULL, NULL);
}
