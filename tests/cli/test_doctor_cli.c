/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_doctor_cli.c: chaos doctor on the model hypervisor and a kernel that is
 * a tree of files: what it counts, what comes first, what it fails for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <yajl/yajl_tree.h>

#include "cli_kit.h"
#include "daemon_model.h"
#include "doctor_kit.h"
#include "unit.h"

static void what_is_counted(void **state)
{
    uint32_t domid = kit_create(*state, NULL);

    assert_int_equal(domid, 1);
    model_domain_add("other");
    assert_int_equal(cli_run("doctor", "--json", NULL), 0);
    found_read();
    assert_limit("domain ids", 3, 32752, 32749);
    assert_limit("event channels (FIFO)", 2, 131071, (131071 - 2) / 2);
    assert_limit("grants of domain 0", 0, 64 * 512, 64 * 512 / 3);
    assert_limit("ports of xenbr0", 3, 1023, 1020);
    assert_null(found_look("ports of eth0", NULL));
    assert_limit("ipv4 neighbours", 0x1f, 1024, 1024 - 0x1f);
    assert_limit("open files", 1000, 5000, -1);
    assert_int_equal(YAJL_GET_INTEGER(found_get(
                         found_look("memory of domain 0", NULL), "used")),
                     200000);
    assert_state("noxs in xen", "ok");
    assert_state("noxs_back", "ok");
    assert_state("chaosd", "note");
    /* There is nothing to say of what guests do not use. */
    assert_null(found_look("loop devices", NULL));
}

static void the_first_comes_first(void **state)
{
    yajl_val list;
    uint64_t before = 0;
    size_t i;

    (void)state;
    host_put_bridge("full", 1000);
    assert_int_equal(cli_run("doctor", "--json", NULL), 0);
    found_read();
    list = found_get(found_tree, "findings");
    for (i = 0; i < YAJL_GET_ARRAY(list)->len; i++) {
        yajl_val room = found_get(YAJL_GET_ARRAY(list)->values[i], "room");
        uint64_t now =
            YAJL_IS_NULL(room) ? UINT64_MAX : (uint64_t)YAJL_GET_INTEGER(room);

        assert_true(now >= before);
        before = now;
    }
    assert_string_equal(found_text(found_tree, "first"), "ports of full");
    assert_int_equal(YAJL_GET_INTEGER(found_get(found_tree, "room")), 23);
    assert_int_equal(cli_run("doctor", NULL), 0);
    assert_non_null(strstr(cli_out, "\nroom for 23 more guests of 4096 KiB, "
                                    "1 vifs and 0 vbds; met first: "
                                    "ports of full\n"));
}

static void too_many_are_wanted(void **state)
{
    (void)state;
    host_put_bridge("full", 1023);
    assert_int_equal(cli_run("doctor", "-n", "900", "--json", NULL), 0);
    found_read();
    assert_state("ports of full", "note");
    assert_int_equal(cli_run("doctor", "-n", "1021", "--json", NULL), 1);
    found_read();
    assert_true(YAJL_IS_TRUE(found_get(found_tree, "bad")));
    assert_state("ports of xenbr0", "bad");
    assert_state("domain ids", "ok");
}

static void a_guest_of_its_own(void **state)
{
    const char *file = cli_config(*state, "\"memory\": 8, \"vifs\": "
                                          "[{\"bridge\": \"xenbr0\"}, "
                                          "{\"bridge\": \"full\"}]");
    size_t at;

    host_put_bridge("full", 1023);
    host_put_bridge("other", 1023);
    assert_int_equal(cli_run("doctor", file, "memory=16", "--json", NULL), 1);
    found_read();
    assert_int_equal(YAJL_GET_INTEGER(found_get(found_get(found_tree, "guest"),
                                                "memory_kb")),
                     16384);
    assert_limit("grants of domain 0", 0, 64 * 512, 64 * 512 / 6);
    assert_limit("ports of xenbr0", 3, 1023, 1020);
    assert_limit("ports of other", 1023, 1023, -1);
    assert_non_null(found_look("ports of full", &at));
    assert_int_equal(at, 0);
    assert_int_equal(cli_run("doctor", file, "vifs=[]", NULL), 0);
    assert_int_equal(cli_run("doctor", "/nonexistent", NULL), 1);
    cli_assert_error("chaos: doctor: ");
}

/* More than a shell has room for. */
static void many_vifs(void **state)
{
    char more[512] = "\"vifs\": [{\"bridge\": \"other\"}";
    int i;

    for (i = 0; i < 12; i++)
        strcat(more, ", {\"bridge\": \"xenbr0\"}");
    strcat(more, "]");
    host_put_bridge("other", 1000);
    assert_int_equal(
        cli_run("doctor", cli_config(*state, more), "--json", NULL), 0);
    found_read();
    assert_int_equal(
        YAJL_GET_INTEGER(found_get(found_get(found_tree, "guest"), "vifs")),
        13);
    assert_limit("ports of xenbr0", 3, 1023, 85);
    assert_limit("ports of other", 1000, 1023, 23);
}

static void disks(void **state)
{
    const char *file = cli_config(
        *state, "\"vbds\": [{\"target\": \"/dev/null\", \"vdev\": \"xvda\"}]");

    host_put("/sys/module/loop/parameters/max_part", "15\n");
    host_put("/sys/block/loop0/loop/backing_file", "/a\n");
    host_put("/sys/block/loop1/size", "0\n");
    host_put("/sys/block/sda/loop/backing_file", "no\n");
    (void)cli_run("doctor", file, "--json", NULL);
    found_read();
    assert_limit("loop devices", 1, 65536, 65535);
    assert_limit("open files", 1000, 5000, 4000);
}

static void two_levels(void **state)
{
    (void)state;
    host_put("/dev/kmsg", "6,2,0,-;xen:events: Using 2-level ABI\n");
    assert_int_equal(cli_run("doctor", "--json", NULL), 0);
    found_read();
    assert_limit("event channels (2-level)", 2, 4096, 2047);
    /* The log has lost it: the command line knows. */
    host_put("/dev/kmsg", "6,2,0,-;something else\n");
    host_put("/proc/cmdline", "root=/dev/sda xen.fifo_events=0\n");
    assert_int_equal(cli_run("doctor", "--json", NULL), 0);
    found_read();
    assert_non_null(found_look("event channels (2-level)", NULL));
    host_put("/proc/cmdline", "root=/dev/sda\n");
    assert_int_equal(cli_run("doctor", "--json", NULL), 0);
    found_read();
    assert_non_null(found_look("event channels (FIFO)", NULL));
}

static void a_line_of_any_length(void **state)
{
    char *text = malloc(40001);

    (void)state;
    assert_non_null(text);
    memset(text, 'x', 40000);
    memcpy(text + 30000, "\nMemTotal: 5000 kB\nMemAvailable: 4000 kB\n", 41);
    text[40000] = '\0';
    host_put("/proc/meminfo", text);
    free(text);
    (void)cli_run("doctor", "--json", NULL);
    found_read();
    assert_limit("memory of domain 0", 1000, 5000, 4000 / 96);
}

static void fair_queues(void **state)
{
    yajl_val f;

    (void)state;
    host_put("/proc/sys/net/core/default_qdisc", "fq_codel\n");
    assert_int_equal(cli_run("doctor", "--json", NULL), 0);
    found_read();
    f = found_look("memory of domain 0", NULL);
    assert_int_equal(YAJL_GET_INTEGER(found_get(f, "room")), 800000 / 168);
    assert_non_null(strstr(found_text(f, "remedy"), "pfifo_fast"));
}

static void has_info(int fd)
{
    static const char text[] = "{\"version\": \"1\", \"pid\": 77}";

    daemon_model_read(fd);
    daemon_model_reply(fd, 0, text, sizeof(text) - 1);
    daemon_model_wait(fd);
}

static void the_daemon(void **state)
{
    host_put("/proc/77/limits",
             "Limit  Soft\nMax open files   1024  4096  files\n");
    host_put("/proc/77/fd/0", "");
    host_put("/proc/77/fd/1", "");
    host_put("/proc/77/maps", "a\nb\nc\n");
    (void)kit_create(*state, NULL); /* and so the run directory */
    daemon_model_start(*state, has_info, NULL);
    assert_int_equal(cli_run("doctor", "--json", NULL), 0);
    daemon_model_stop();
    found_read();
    assert_state("chaosd", "ok");
    assert_limit("chaosd's open files", 2, 1024, -1);
    assert_limit("chaosd's mappings", 3, 65530, (65530 - 3) / 2);
}

static void what_is_missing(void **state)
{
    char path[160];

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/dev/xen/gntdev", host_root);
    assert_int_equal(remove(path), 0);
    assert_int_equal(cli_run("doctor", "--json", NULL), 1);
    found_read();
    assert_state("/dev/xen/gntdev", "bad");
    host_put("/dev/xen/gntdev", "");
    model_knobs.no_noxs = true;
    assert_int_equal(cli_run("doctor", "--json", NULL), 1);
    found_read();
    assert_state("noxs in xen", "bad");
    assert_state("xenstored", "bad");
    model_knobs.no_noxs = false;
    model_knobs.open_error = 2;
    assert_int_equal(cli_run("doctor", "--json", NULL), 1);
    cli_assert_error("chaos: doctor: this is not a Xen host");
}

static int listen_as_xenstored(void)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    host_put("/run/xenstored/pid", "1\n");
    (void)snprintf(to.sun_path, sizeof(to.sun_path),
                   "%.80s/run/xenstored/socket", host_root);
    assert_int_equal(bind(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    assert_int_equal(listen(fd, 1), 0);
    return fd;
}

/* Guests of a Xen without noxs have other back ends, and more ports. */
static void by_xenstore(void **state)
{
    int fd = listen_as_xenstored();

    (void)state;
    model_knobs.no_noxs = true;
    assert_int_equal(cli_run("doctor", "--json", NULL), 0);
    (void)close(fd);
    found_read();
    assert_state("xenstored", "ok");
    assert_state("noxs in xen", "note");
    assert_null(found_look("noxs_back", NULL));
    assert_state("xen-netback", "note");
    assert_limit("event channels (FIFO)", 2, 131071, (131071 - 2) / 4);
    assert_limit("grants of domain 0", 0, 64 * 512, -1);
}

/* A guest may want them on a Xen that has both, too. */
static void by_choice(void **state)
{
    const char *file = cli_config(
        *state, "\"vifs\": [{}], \"xen\": {\"dev_method\": \"xenstore\"}, "
                "\"vbds\": [{\"target\": \"/dev/null\", \"vdev\": \"xvda\"}]");
    int fd;

    assert_int_equal(cli_run("doctor", file, "--json", NULL), 1);
    found_read();
    assert_state("noxs in xen", "ok");
    assert_state("xenstored", "bad");
    assert_null(found_look("noxs_back", NULL));
    fd = listen_as_xenstored();
    assert_int_equal(cli_run("doctor", file, "--json", NULL), 0);
    (void)close(fd);
    found_read();
    assert_state("xenstored", "ok");
    assert_state("xen-netback", "note");
    assert_state("xen-blkback", "note");
    assert_state("loop", "note");
    assert_limit("event channels (FIFO)", 2, 131071, (131071 - 2) / 5);
}

/* Whatever cannot be asked, there is an answer and no crash. */
static void nothing_to_read(void **state)
{
    unsigned n;

    (void)state;
    cli_set_root("/nonexistent");
    assert_int_equal(cli_run("doctor", "--json", NULL), 1);
    found_read();
    assert_null(found_look("memory of domain 0", NULL));
    cli_set_root(host_root);
    for (n = 1; n < 20; n++) {
        model_fail(n, 5);
        (void)cli_run("doctor", NULL);
        model_fail_end();
    }
}

static void many_bridges(void **state)
{
    char name[16];
    unsigned i;

    (void)state;
    for (i = 0; i < 300; i++) {
        (void)snprintf(name, sizeof(name), "br%u", i);
        host_put_bridge(name, 0);
    }
    assert_int_equal(cli_run("doctor", NULL), 0);
    assert_non_null(strstr(cli_out, " more\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, host_setup, host_teardown)
        TEST(what_is_counted),     TEST(the_first_comes_first),
        TEST(too_many_are_wanted), TEST(a_guest_of_its_own),
        TEST(many_vifs),           TEST(disks),
        TEST(two_levels),          TEST(a_line_of_any_length),
        TEST(the_daemon),          TEST(what_is_missing),
        TEST(by_xenstore),         TEST(by_choice),
        TEST(nothing_to_read),     TEST(many_bridges),
        TEST(fair_queues),
    };

    return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
