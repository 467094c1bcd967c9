/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of devices in XenStore as the guests lead it, against back ends that
 * behave as Linux's do, that do not answer, that go, and that write nonsense.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <guest/guest.h>
#include <guest/memory.h>

#include <noxs/block.h>
#include <noxs/net.h>
#include <xen/io/xenbus.h>

#include "bus_impl.h"
#include "bus_xs_world.h"

static struct bus_device dev;

#define LIST(names)                                                            \
    do {                                                                       \
        world.list = names;                                                    \
        world.list_len = sizeof(names) - 1;                                    \
    } while (0)

static int setup(void **state)
{
    (void)state;
    memset(&world, 0, sizeof(world));
    memset(&dev, 0, sizeof(dev));
    world.present = true;
    LIST("0\0");
    world_set(VIF, "backend", BACK);
    world_set(VIF, "backend-id", "0");
    world_set(VIF, "mac", "00:16:3E:00:0a:ff");
    world_set(BACK, "state", "2");
    world_set(BACK, "online", "1");
    world_set(BACK, "feature-sg", "1");
    world_set(VBD, "backend", VBACK);
    world_set(VBD, "backend-id", "0");
    world_set(VBACK, "state", "2");
    world_set(VBACK, "online", "1");
    return 0;
}

/* Nothing is kept of a device that was not opened, or was closed. */
static int teardown(void **state)
{
    (void)state;
    assert_int_equal(world.pages, 0);
    assert_int_equal(world.grants, 0);
    assert_int_equal(world.ports, 0);
    assert_null(world.watches[0]);
    assert_null(world.timer);
    return 0;
}

static int open_vif(void)
{
    return bus_xs.open(BUS_NET, 0, &dev);
}

static struct noxs_net_address address(void)
{
    struct noxs_net_address a;

    memcpy(&a, dev.config + sizeof(struct noxs_net_config), sizeof(a));
    return a;
}

static const char *front(const char *key)
{
    const char *value = world_node(VIF, key);

    return value ? value : "nothing";
}

/* --- as it should be
 * ---------------------------------------------------------- */

static void test_net(void **state)
{
    struct noxs_net_config config;
    const uint32_t *ring;

    (void)state;
    world_set(VIF, "mtu", "1400");
    world_set(BACK, "ip", "10.0.0.2");
    assert_int_equal(open_vif(), 0);
    memcpy(&config, dev.config, sizeof(config));
    assert_memory_equal(config.mac, "\x00\x16\x3e\x00\x0a\xff", 6);
    assert_int_equal(config.mtu, 1400);
    assert_int_equal(address().family, NOXS_NET_IPV4);
    assert_int_equal(address().prefix, 24);
    assert_false(address().has_gateway);
    assert_memory_equal(address().address, "\x0a\x00\x00\x02", 4);
    assert_true(dev.back_features & NOXS_NET_F_SG);
    assert_int_equal(bus_xs.state(&dev), BUS_READY);
    ring = dev.ring[1];
    assert_int_equal(ring[0], 0);
    assert_int_equal(ring[1], 1);
    assert_int_equal(ring[3], 1);
    assert_string_equal(front("state"), "nothing");
    assert_int_equal(bus_xs.connect(&dev, NOXS_NET_F_SG | NOXS_NET_F_CSUM), 0);
    assert_string_equal(front("tx-ring-ref"), "100");
    assert_string_equal(front("rx-ring-ref"), "101");
    assert_string_equal(front("event-channel"), "9");
    assert_string_equal(front("request-rx-copy"), "1");
    assert_string_equal(front("feature-sg"), "1");
    assert_string_equal(front("feature-no-csum-offload"), "0");
    assert_string_equal(front("feature-ipv6-csum-offload"), "0");
    assert_string_equal(front("state"), "4");
    assert_int_equal(bus_xs.state(&dev), BUS_CONNECTED);
    assert_int_equal(world.notified, 1);
    bus_xs.close(&dev);
    assert_string_equal(front("state"), "6");
}

static void test_block(void **state)
{
    struct noxs_block_config config;

    (void)state;
    LIST("51728\0"
         "51712\0"
         "x\0");
    assert_int_equal(bus_xs.open(BUS_BLOCK, 0, &dev), 0);
    assert_int_equal(dev.id, 51712);
    memcpy(&config, dev.config, sizeof(config));
    assert_int_equal(config.sectors, 8192);
    assert_int_equal(config.sector_size, 512);
    assert_int_equal(config.physical_sector_size, 4096);
    assert_int_equal(config.indirect, 256);
    assert_int_equal(dev.back_features, NOXS_BLOCK_F_READONLY |
                                            NOXS_BLOCK_F_FLUSH |
                                            NOXS_BLOCK_F_INDIRECT);
    assert_string_equal(world_node(VBD, "ring-ref"), "100");
    assert_string_equal(world_node(VBD, "protocol"), "x86_64-abi");
    assert_string_equal(world_node(VBD, "state"), "3");
    assert_int_equal(bus_xs.connect(&dev, 0), 0);
    assert_string_equal(world_node(VBD, "state"), "4");
    bus_xs.close(&dev);
}

static void test_none(void **state)
{
    (void)state;
    assert_int_equal(bus_xs.open(BUS_NET, 1, &dev), -ENOENT);
    LIST("");
    assert_int_equal(open_vif(), -ENOENT);
    world.list = NULL;
    assert_int_equal(open_vif(), -ENOENT);
}

/* Again, and after a kernel that was connected. */
static void test_again(void **state)
{
    (void)state;
    world_set(BACK, "state", "4");
    world_set(VIF, "state", "4");
    assert_int_equal(open_vif(), 0);
    assert_int_equal(bus_xs.connect(&dev, 0), 0);
    assert_int_equal(bus_xs.connect(&dev, 0), -ENOTCONN);
    assert_int_equal(bus_xs.disconnect(&dev), 0);
    assert_int_equal(bus_xs.state(&dev), BUS_CLOSED);
    assert_int_equal(bus_xs.connect(&dev, 0), 0);
    assert_int_equal(bus_xs.state(&dev), BUS_CONNECTED);
    bus_xs.close(&dev);
    assert_int_equal(open_vif(), 0);
    bus_xs.close(&dev);
}

static void test_taken_away(void **state)
{
    (void)state;
    assert_int_equal(open_vif(), 0);
    assert_int_equal(bus_xs.connect(&dev, 0), 0);
    assert_int_equal(world.changes, 0);
    world_set(BACK, "online", "0");
    world_set(BACK, "state", "5");
    world_deliver();
    assert_int_equal(world.changes, 1);
    assert_int_equal(bus_xs.state(&dev), BUS_CLOSING);
    bus_xs.close(&dev);
    assert_int_equal(open_vif(), -ENOENT);
}

static void test_gone(void **state)
{
    (void)state;
    assert_int_equal(open_vif(), 0);
    assert_int_equal(bus_xs.connect(&dev, 0), 0);
    world_forget(BACK);
    world_deliver();
    assert_int_equal(bus_xs.state(&dev), BUS_CLOSED);
    world.deaf = ~0u;
    bus_xs.close(&dev);
    assert_int_equal(open_vif(), -ENOENT);
}

/* --- as it should not be
 * -------------------------------------------------------- */

static void test_never_there(void **state)
{
    uint64_t begin = world.now;

    (void)state;
    world_set(BACK, "state", "1");
    assert_int_equal(open_vif(), -ETIMEDOUT);
    assert_in_range(world.now - begin, 1000000000, 60000000000);
}

static void test_never_connects(void **state)
{
    (void)state;
    world.deaf = 1u << XenbusStateConnected;
    assert_int_equal(open_vif(), 0);
    assert_int_equal(bus_xs.connect(&dev, 0), -ETIMEDOUT);
    bus_xs.close(&dev);
    assert_string_equal(front("state"), "6");
    world.deaf = 1u << XenbusStateInitialised;
    LIST("51712\0");
    assert_int_equal(bus_xs.open(BUS_BLOCK, 0, &dev), -ETIMEDOUT);
    assert_string_equal(world_node(VBD, "state"), "6");
}

/* What it holds on to is not used again. */
static void test_never_lets_go(void **state)
{
    void *rings[2];

    (void)state;
    assert_int_equal(open_vif(), 0);
    assert_int_equal(bus_xs.connect(&dev, 0), 0);
    memcpy(rings, dev.ring, sizeof(rings));
    world.deaf = ~0u;
    world.grants_held = true;
    bus_xs.close(&dev);
    assert_int_equal(world.pages, 2);
    page_free(rings[0]);
    page_free(rings[1]);
    world.grants = 0;
}

static void test_store_breaks(void **state)
{
    (void)state;
    assert_int_equal(open_vif(), 0);
    assert_int_equal(bus_xs.connect(&dev, 0), 0);
    world.present = false;
    assert_int_equal(bus_xs.state(&dev), BUS_BROKEN);
    bus_xs.close(&dev);
}

static void try_key(const char *dir, const char *key, const char *value)
{
    int rc;

    setup(NULL);
    world_set(dir, key, value);
    rc = open_vif();
    if (rc != -EINVAL && rc != -E2BIG && rc != -ETIMEDOUT)
        fail_msg("%s = '%s' gives %d", key, value, rc);
    teardown(NULL);
}

static void test_nonsense(void **state)
{
    (void)state;
    try_key(VIF, "backend-id", "32752");
    try_key(VIF, "backend-id", "x");
    try_key(VIF, "mac", "00:16:3e:00:00");
    try_key(VIF, "mac", "00:16:3e:00:00:0g");
    try_key(VIF, "mac", "00-16-3e-00-00-00");
    try_key(VIF, "mac", "00:16:3e:00:00:00:00");
    try_key(VIF, "mac", "");
    try_key(VIF, "mtu", "65536");
    try_key(BACK, "state", "99");
    try_key(BACK, "state", "-1");
    try_key(BACK, "state", "");
}

static uint8_t family_of(const char *ip)
{
    uint8_t family;

    setup(NULL);
    world_set(VIF, "ip", ip);
    world_set(VIF, "gateway", "10.0.0.1");
    assert_int_equal(open_vif(), 0);
    family = address().family;
    bus_xs.close(&dev);
    return family;
}

static void test_addresses(void **state)
{
    (void)state;
    assert_int_equal(family_of("10.0.0.2"), NOXS_NET_IPV4);
    assert_true(address().has_gateway);
    assert_int_equal(family_of("10.0.0.2/0"), NOXS_NET_IPV4);
    assert_int_equal(address().prefix, 0);
    assert_int_equal(family_of("10.0.0.2/16 10.1.0.2"), NOXS_NET_IPV4);
    assert_int_equal(address().prefix, 16);
    assert_int_equal(family_of("10.0.0.2/33"), NOXS_NET_NO_ADDRESS);
    assert_int_equal(family_of("10.0.0.256"), NOXS_NET_NO_ADDRESS);
    assert_int_equal(family_of("10.0.0"), NOXS_NET_NO_ADDRESS);
    assert_int_equal(family_of("10.0.0.2x"), NOXS_NET_NO_ADDRESS);
    assert_int_equal(family_of("fd00::2"), NOXS_NET_NO_ADDRESS);
    assert_int_equal(family_of(""), NOXS_NET_NO_ADDRESS);
}

static void test_bad_disks(void **state)
{
    (void)state;
    LIST("51712\0");
    world.deaf = 1u << XenbusStateInitialised;
    world_set(VBACK, "state", "2");
    world_set(VBACK, "sectors", "many");
    world_set(VBACK, "sector-size", "65536");
    assert_int_equal(bus_xs.open(BUS_BLOCK, 0, &dev), -ETIMEDOUT);
    LIST("4294967296\0");
    assert_int_equal(bus_xs.open(BUS_BLOCK, 0, &dev), -ENOENT);
    LIST("18446744073709551615\0");
    assert_int_equal(bus_xs.open(BUS_BLOCK, 0, &dev), -ENOENT);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_net),           TEST(test_block),
        TEST(test_none),          TEST(test_again),
        TEST(test_taken_away),    TEST(test_gone),
        TEST(test_never_there),   TEST(test_never_connects),
        TEST(test_never_lets_go), TEST(test_store_breaks),
        TEST(test_nonsense),      TEST(test_addresses),
        TEST(test_bad_disks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
