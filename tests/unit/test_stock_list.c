/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Linux's own back ends and their counters, in files as the kernel shows them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device_kit.h"
#include "host_linux.h"
#include "oom.h"
#include "unit.h"

static void put(const struct kit *kit, const char *path, const char *text)
{
    char whole[160], *slash;

    snprintf(whole, sizeof(whole), "%s/bus/%s", kit->dir, path);
    for (slash = whole + strlen(kit->dir) + 1; (slash = strchr(slash, '/'));
         slash++) {
        *slash = '\0';
        (void)mkdir(whole, 0777);
        *slash = '/';
    }
    if (text)
        kit_write_file(whole, text, strlen(text));
}

static const char *bus_of(const struct kit *kit)
{
    static char path[80];

    snprintf(path, sizeof(path), "%s/bus", kit->dir);
    return path;
}

/* As host_linux.c does it, but for netlink. */
static int list_all(const struct kit *kit, struct host_back **backs_out,
                    size_t *count_out)
{
    struct stock_backs found = {0};
    int rc = stock_find(bus_of(kit), &found);

    if (rc == 0)
        rc = stock_count_rest(bus_of(kit), &found);
    if (rc < 0) {
        free(found.list);
        return rc;
    }
    *backs_out = found.list;
    *count_out = found.count;
    return 0;
}

#define VIF "vif-3-0/net/web0/statistics/"
#define VBD "vbd-5-51712/statistics/"

static void make_bus(const struct kit *kit)
{
    put(kit, VIF "rx_packets", "1\n");
    put(kit, VIF "rx_bytes", "20\n");
    put(kit, VIF "tx_packets", "300\n");
    put(kit, VIF "tx_bytes", "18446744073709551615\n");
    put(kit, VIF "tx_dropped", "7\n");
    put(kit, VBD "wr_req", "2\n");
    put(kit, VBD "wr_sect", "16\n");
    put(kit, VBD "rd_req", "3\n");
    put(kit, VBD "rd_sect", "9000000000\n");
    /* One without an interface yet, and what are none. */
    put(kit, "vif-4-1/nodename", "");
    put(kit, "vif-4/nodename", "");
    put(kit, "vbd-4-1x/nodename", "");
    put(kit, "vkbd-4-0/nodename", "");
    put(kit, "qdisk-4-51712/nodename", "");
}

static void none(void **state)
{
    struct host_back *backs, back = {.domid = 3, .type = NOXS_DEV_VIF};
    struct kit *kit = *state;
    size_t count = 7;

    /* Without that bus, and with nothing on it. */
    assert_int_equal(list_all(kit, &backs, &count), 0);
    assert_int_equal(count, 0);
    assert_null(backs);
    assert_int_equal(stock_count(bus_of(kit), &back), 0);
    put(kit, "", NULL);
    count = 7;
    assert_int_equal(list_all(kit, &backs, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(stock_count(bus_of(kit), &back), 0);
    assert_string_equal(back.ifname, "");
}

static void check(const struct host_back *back)
{
    assert_true(back->stock);
    if (back->domid == 3) {
        assert_int_equal(back->type, NOXS_DEV_VIF);
        assert_int_equal(back->id, 0);
        assert_string_equal(back->ifname, "web0");
        assert_int_equal(back->sent_ops, 1);
        assert_int_equal(back->sent_bytes, 20);
        assert_int_equal(back->received_ops, 300);
        assert_int_equal(back->received_bytes, UINT64_MAX);
        assert_int_equal(back->errors, 7);
    } else if (back->domid == 4) {
        assert_int_equal(back->type, NOXS_DEV_VIF);
        assert_int_equal(back->id, 1);
        assert_string_equal(back->ifname, "");
        assert_int_equal(back->sent_ops | back->received_bytes, 0);
    } else {
        assert_int_equal(back->domid, 5);
        assert_int_equal(back->type, NOXS_DEV_VBD);
        assert_int_equal(back->id, XVDA);
        assert_int_equal(back->sent_ops, 2);
        assert_int_equal(back->sent_bytes, 16 * 512);
        assert_int_equal(back->received_ops, 3);
        assert_int_equal(back->received_bytes, 9000000000u * 512);
        assert_int_equal(back->errors, 0);
    }
}

static void some(void **state)
{
    struct kit *kit = *state;
    struct host_back *backs;
    unsigned seen = 0;
    size_t i, count;

    make_bus(kit);
    assert_int_equal(list_all(kit, &backs, &count), 0);
    assert_int_equal(count, 3);
    for (i = 0; i < count; i++) {
        check(&backs[i]);
        seen |= 1u << backs[i].domid;
    }
    assert_int_equal(seen, 1u << 3 | 1u << 4 | 1u << 5);
    free(backs);
}

static void one(void **state)
{
    struct host_back vif = {.domid = 3, .type = NOXS_DEV_VIF, .stock = true};
    struct host_back gone = {.domid = 9, .type = NOXS_DEV_VIF, .sent_ops = 1};
    struct kit *kit = *state;
    char path[160];

    make_bus(kit);
    memcpy(vif.ifname, "vif3.0", 7);
    memcpy(gone.ifname, "vif9.0", 7);
    assert_int_equal(stock_count(bus_of(kit), &vif), 0);
    check(&vif);
    assert_int_equal(stock_count(bus_of(kit), &gone), 0);
    assert_string_equal(gone.ifname, "vif9.0");
    assert_int_equal(gone.sent_ops, 1);
    /* A file that is not there. */
    snprintf(path, sizeof(path), "%s/" VIF "rx_bytes", bus_of(kit));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(stock_count(bus_of(kit), &vif), 0);
    assert_int_equal(vif.sent_ops, 1);
    assert_int_equal(vif.sent_bytes, 0);
}

static void many(void **state)
{
    struct kit *kit = *state;
    struct host_back *backs;
    size_t i, count;
    uint64_t sum = 0;
    char path[64];

    for (i = 1; i <= 100; i++) {
        snprintf(path, sizeof(path), "vbd-%zu-51712/statistics/rd_req", i);
        put(kit, path, "2\n");
    }
    assert_int_equal(list_all(kit, &backs, &count), 0);
    assert_int_equal(count, 100);
    for (i = 0; i < count; i++)
        sum += backs[i].domid * backs[i].received_ops;
    assert_int_equal(sum, 5050 * 2);
    free(backs);
}

static struct netlink_counters link_of(const char *name, const char *bus,
                                       const char *device)
{
    struct netlink_counters link = {.bus = bus, .device = device};

    memcpy(link.name, name, strlen(name) + 1);
    link.rx_packets = 1;
    link.rx_bytes = 20;
    link.tx_packets = 300;
    link.tx_bytes = UINT64_MAX;
    link.tx_dropped = 7;
    return link;
}

/* What netlink tells of a vif is not read from its files. */
static void links(void **state)
{
    const struct netlink_counters other[] = {
        link_of("lo", "", ""),
        link_of("eth0", "xen", "vif-4-1"),
        link_of("eth1", "xen-backend", "vif-4"),
        link_of("eth2", "xen-backend", "vif-4-2"),
        link_of("eth3", "xen-backend", "vif-5-1"),
    };
    const struct netlink_counters known =
        link_of("web0", "xen-backend", "vif-3-0");
    struct stock_backs found = {0};
    struct kit *kit = *state;
    size_t i;

    stock_link(&found, &known);
    make_bus(kit);
    put(kit, VIF "rx_bytes", "999\n");
    assert_int_equal(stock_find(bus_of(kit), &found), 0);
    assert_int_equal(found.count, 3);
    assert_int_equal(found.vifs, 2);
    for (i = 0; i < sizeof(other) / sizeof(other[0]); i++)
        stock_link(&found, &other[i]);
    for (i = 0; i < found.count; i++)
        assert_string_equal(found.list[i].ifname, "");
    stock_link(&found, &known);
    assert_int_equal(stock_count_rest(bus_of(kit), &found), 0);
    for (i = 0; i < found.count; i++)
        check(&found.list[i]);
    free(found.list);
}

/* Each descriptor and each allocation that is not to be had. */
static void failures(void **state)
{
    struct rlimit old, few;
    struct kit *kit = *state;
    struct snapshot before;
    struct host_back *backs;
    size_t count;
    int rc, fired;
    unsigned n;

    make_bus(kit);
    before = kit_snapshot(kit);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    for (n = 0, rc = -EMFILE; rc == -EMFILE && n < 64; n++) {
        few = (struct rlimit){n, old.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        rc = list_all(kit, &backs, &count);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    }
    assert_int_equal(rc, 0);
    assert_int_equal(count, 3);
    assert_true(n > 3);
    free(backs);
    for (n = 0, fired = 1; fired; n++) {
        oom_arm(n);
        rc = list_all(kit, &backs, &count);
        fired = oom_disarm();
        assert_int_equal(rc, fired ? -ENOMEM : 0);
    }
    assert_true(n > 1);
    free(backs);
    kit_assert_same(kit, &before, "after failures");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(none), TEST(some),  TEST(one),
                                       TEST(many), TEST(links), TEST(failures)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
