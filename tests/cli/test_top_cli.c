/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_top_cli.c: chaos top: what is between two looks, the orders, the forms,
 * and the command itself.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <yajl/yajl_tree.h>

#include "cli_kit.h"
#include "top.h"
#include "unit.h"

#define SECOND_NS 1000000000u

static struct chaos_domain_info old_infos[8], new_infos[8];
static struct chaos_traffic old_traffic[8], new_traffic[8];
static struct top_sample before, now;
static struct top_view view;

static int start(void **state)
{
    (void)state;
    memset(old_infos, 0, sizeof(old_infos));
    memset(new_infos, 0, sizeof(new_infos));
    memset(old_traffic, 0, sizeof(old_traffic));
    memset(new_traffic, 0, sizeof(new_traffic));
    before = (struct top_sample){
        .at_ns = 1, .infos = old_infos, .traffic = old_traffic};
    now = (struct top_sample){
        .at_ns = 1 + 2 * (uint64_t)SECOND_NS,
        .infos = new_infos,
        .traffic = new_traffic,
        .host = {.cpus = 2, .total_kb = 2048 * 1024, .free_kb = 512 * 1024}};
    return 0;
}

/* In ascending order of id. */
static struct chaos_domain_info *add(struct top_sample *sample, uint32_t domid,
                                     const char *name, unsigned cpu_ms)
{
    struct chaos_domain_info *info = &sample->infos[sample->count++];

    info->domid = domid;
    (void)snprintf(info->name, sizeof(info->name), "%s", name);
    info->cpu_time_ns = (uint64_t)cpu_ms * 1000000;
    info->memory_kb = 1024 * (uint64_t)(domid + 1);
    info->vcpus = 1;
    info->blocked = true;
    return info;
}

static struct chaos_traffic *move(struct top_sample *sample, uint32_t domid,
                                  uint64_t received, uint64_t written)
{
    struct chaos_traffic *t = &sample->traffic[sample->traffic_count++];

    t->domid = domid;
    t->vifs = 1;
    t->received_bytes = received;
    if (written > 0) {
        t->vbds = 1;
        t->written_bytes = written;
    }
    return t;
}

static void make(bool all)
{
    assert_int_equal(top_view_make(&before, &now, all, &view), 0);
}

/* The ids of the rows, in order. */
static void assert_rows(const char *expected)
{
    char text[128] = "";
    size_t i, used = 0;

    for (i = 0; i < view.count; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%u",
                                 i ? " " : "", view.rows[i].info->domid);
    assert_string_equal(text, expected);
}

static void sort(const char *key, const char *expected)
{
    top_order *order = top_order_find(key);

    assert_non_null(order);
    top_view_sort(&view, order);
    assert_rows(expected);
}

static void two_looks(void)
{
    add(&before, 0, "Domain-0", 1000);
    add(&before, 2, "gone", 9999);
    add(&before, 3, "busy", 100);
    add(&before, 5, "idle", 700);
    move(&before, 2, 1, 1);
    move(&before, 3, 1000, 5000);
    add(&now, 0, "Domain-0", 1500);
    add(&now, 3, "busy", 1900)->running = true;
    add(&now, 5, "idle", 700);
    add(&now, 6, "new", 800);
    move(&now, 3, 5000, 4000);
    move(&now, 5, 600, 0);
    move(&now, 6, 999, 999);
}

static void rates(void **state)
{
    (void)state;
    two_looks();
    make(false);
    assert_rows("0 3 5 6");
    assert_true(view.seconds == 2);
    assert_int_equal(view.vms, 3);
    assert_int_equal(view.running, 1);
    assert_true(view.cpu > 114.9 && view.cpu < 115.1);
    assert_true(view.rows[1].cpu > 89.9 && view.rows[1].cpu < 90.1);
    assert_true(view.rows[1].received == 2000);
    /* A disk went away meanwhile. */
    assert_true(view.rows[1].written == 0);
    /* Its vif was not there before. */
    assert_true(view.rows[2].has_rates && view.rows[2].cpu == 0);
    assert_true(view.rows[2].received == 300);
    assert_false(view.rows[3].has_rates);
    assert_null(view.rows[0].traffic);
    top_view_free(&view);
}

/* The id was another domain's; and there is nothing before the first look. */
static void no_rates(void **state)
{
    (void)state;
    add(&before, 3, "long", 5000);
    add(&now, 3, "fresh", 4999);
    make(false);
    assert_false(view.rows[0].has_rates);
    top_view_free(&view);
    before = (struct top_sample){0};
    make(false);
    assert_true(view.seconds == 0);
    assert_false(view.rows[0].has_rates);
    top_view_free(&view);
}

static void making(void **state)
{
    (void)state;
    two_looks();
    new_infos[1].building = true;
    make(false);
    assert_rows("0 5 6");
    assert_int_equal(view.vms, 2);
    assert_true(view.cpu > 114.9);
    top_view_free(&view);
    make(true);
    assert_rows("0 3 5 6");
    top_view_free(&view);
}

static void orders(void **state)
{
    (void)state;
    two_looks();
    make(false);
    sort("cpu", "3 0 5 6");
    sort("mem", "6 5 3 0");
    sort("net", "3 5 0 6");
    new_traffic[1].written_bytes = 100;
    sort("disk", "0 3 5 6");
    sort("name", "0 3 5 6");
    (void)snprintf(new_infos[3].name, sizeof(new_infos[3].name), "a");
    sort("name", "0 6 3 5");
    sort("id", "0 3 5 6");
    assert_null(top_order_find("CPU"));
    assert_null(top_order_find(""));
    top_view_free(&view);
}

static void states(void **state)
{
    struct chaos_domain_info info = {.blocked = true};

    (void)state;
    assert_string_equal(top_state(&info), "blocked");
    info.running = true;
    assert_string_equal(top_state(&info), "running");
    info.paused = true;
    assert_string_equal(top_state(&info), "paused");
    info.building = true;
    assert_string_equal(top_state(&info), "making");
    info.stopped = true;
    assert_string_equal(top_state(&info), "stopped");
    info.reason = CHAOS_REASON_CRASH;
    assert_string_equal(top_state(&info), "crashed");
    info.dying = true;
    assert_string_equal(top_state(&info), "dying");
}

/* What the view looks like, in cli_out. */
static void show(unsigned lines)
{
    struct out out;
    int fds[2];
    ssize_t n;

    assert_int_equal(pipe(fds), 0);
    out_init(&out, fds[1]);
    top_show(&out, &view, lines, "$\n");
    assert_int_equal(out_flush(&out), 0);
    close(fds[1]);
    n = read(fds[0], cli_out, sizeof(cli_out) - 1);
    assert_true(n > 0);
    cli_out[n] = '\0';
    close(fds[0]);
}

static void table(void **state)
{
    (void)state;
    two_looks();
    new_traffic[0].received_bytes = 1000 + 2 * 999;
    new_traffic[1].received_bytes = (uint64_t)3 << 31;
    make(false);
    show(0);
    assert_string_equal(
        cli_out,
        "3 VMs, 1 running; CPU 115.0 % of 200 %; memory 2048 MiB, 512 free$\n"
        "   ID Name                     State     CPU%    Mem VCPUs   In/s"
        "  Out/s Read/s Writ/s   Time(s)$\n"
        "    0 Domain-0                 blocked   25.0      1     1      -"
        "      -      -      -       1.5$\n"
        "    3 busy                     running   90.0      4     1    999"
        "      0      0      0       1.9$\n"
        "    5 idle                     blocked    0.0      6     1   3.0G"
        "      0      -      -       0.7$\n"
        "    6 new                      blocked      -      7     1      -"
        "      -      -      -       0.8$\n");
    show(4);
    assert_non_null(strstr(cli_out, "busy"));
    assert_null(strstr(cli_out, "idle"));
    assert_int_equal(cli_out[strlen(cli_out) - 1], '9');
    show(1);
    assert_null(strstr(cli_out, "Domain-0"));
    top_view_free(&view);
}

static yajl_val value(yajl_val tree, const char *key)
{
    const char *path[] = {key, NULL};
    yajl_val found = yajl_tree_get(tree, path, yajl_t_any);

    if (!found)
        fail_msg("no key %s", key);
    return found;
}

static void json(void **state)
{
    yajl_val tree, busy, fresh;
    struct out out;
    int fds[2];
    ssize_t n;

    (void)state;
    two_looks();
    make(false);
    assert_int_equal(pipe(fds), 0);
    out_init(&out, fds[1]);
    assert_int_equal(top_json(&out, &view), 0);
    assert_int_equal(out_flush(&out), 0);
    n = read(fds[0], cli_out, sizeof(cli_out) - 1);
    assert_true(n > 0);
    cli_out[n] = '\0';
    /* One line. */
    assert_ptr_equal(strchr(cli_out, '\n'), cli_out + n - 1);
    tree = yajl_tree_parse(cli_out, NULL, 0);
    assert_non_null(tree);
    assert_true(YAJL_GET_DOUBLE(value(tree, "seconds")) == 2);
    busy = value(tree, "vms")->u.array.values[1];
    assert_string_equal(YAJL_GET_STRING(value(busy, "name")), "busy");
    assert_string_equal(YAJL_GET_NUMBER(value(busy, "cpu_percent")), "90.000");
    assert_string_equal(
        YAJL_GET_NUMBER(value(busy, "received_bytes_per_second")), "2000.000");
    assert_int_equal(YAJL_GET_INTEGER(value(busy, "received_bytes")), 5000);
    fresh = value(tree, "vms")->u.array.values[3];
    assert_true(YAJL_IS_NULL(value(fresh, "cpu_percent")));
    assert_true(YAJL_IS_NULL(value(fresh, "received_bytes_per_second")));
    yajl_tree_free(tree);
    top_view_free(&view);
    close(fds[0]);
    close(fds[1]);
}

/* --- the command -------------------------------------------------------------
 */

static void refused(void **state)
{
    (void)state;
    assert_int_equal(cli_run("top", "-s", "size", NULL), 2);
    cli_assert_error(
        "top: --sort: 'size' is not cpu, mem, net, disk, name or id");
    assert_int_equal(cli_run("top", "-d", "0", NULL), 2);
    cli_assert_error("--delay: '0' is not a number from 1 to 86400");
    assert_int_equal(cli_run("top", "-d", "0.5", NULL), 2);
    assert_int_equal(cli_run("top", "-n", "-1", NULL), 2);
    cli_assert_error("--count: '-1' is not a number");
    assert_int_equal(cli_run("top", "web", NULL), 2);
    cli_assert_error("too many arguments");
    assert_string_equal(cli_out, "");
}

static void plain(void **state)
{
    const char *second;

    assert_int_equal(cli_run("create", cli_config(*state, ""), NULL), 0);
    assert_int_equal(cli_run("top", "-d1", "-n2", "-sid", NULL), 0);
    assert_string_equal(cli_err, "");
    assert_null(strchr(cli_out, '\033'));
    assert_non_null(strstr(cli_out, "1 VM, "));
    assert_non_null(strstr(cli_out, "    1 web   "));
    second = strstr(cli_out, "\n\n1 VM, ");
    assert_non_null(second);
    assert_null(strstr(second + 2, "\n\n"));
}

static void json_once(void **state)
{
    yajl_val tree;

    assert_int_equal(cli_run("create", cli_config(*state, ""), NULL), 0);
    assert_int_equal(cli_run("top", "--json", "-d1", "-s", "id", NULL), 0);
    tree = yajl_tree_parse(cli_out, NULL, 0);
    assert_non_null(tree);
    assert_in_range(YAJL_GET_DOUBLE(value(tree, "seconds")) * 1000, 900, 9000);
    assert_int_equal(value(tree, "vms")->u.array.len, 2);
    yajl_tree_free(tree);
}

static void fails(void **state)
{
    (void)state;
    model_fail(1, EIO);
    assert_int_equal(cli_run("top", "-n1", NULL), 1);
    assert_string_equal(cli_out, "");
    assert_int_equal(strncmp(cli_err, "chaos: top: ", 12), 0);
    assert_true(model_failed());
    model_fail_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(rates, start),
        cmocka_unit_test_setup(no_rates, start),
        cmocka_unit_test_setup(making, start),
        cmocka_unit_test_setup(orders, start),
        cmocka_unit_test_setup(states, start),
        cmocka_unit_test_setup(table, start),
        cmocka_unit_test_setup(json, start),
        cmocka_unit_test_setup_teardown(refused, cli_setup, cli_teardown),
        cmocka_unit_test_setup_teardown(plain, cli_setup, cli_teardown),
        cmocka_unit_test_setup_teardown(json_once, cli_setup, cli_teardown),
        cmocka_unit_test_setup_teardown(fails, cli_setup, cli_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
