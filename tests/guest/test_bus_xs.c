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
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <guest/event.h>
#include <guest/grant.h>
#include <guest/guest.h>
#include <guest/memory.h>
#include <guest/time.h>
#include <guest/xs.h>

#include <noxs/block.h>
#include <noxs/net.h>
#include <xen/io/xenbus.h>

#include "bus_impl.h"

#define NODES 48
#define VIF "device/vif/0"
#define BACK "/local/domain/0/backend/vif/5/0"
#define VBD "device/vbd/51712"
#define VBACK "/local/domain/0/backend/vbd/5/51712"

/* --- the store, and a back end behind it ------------------------------------
 */

static struct {
    char path[96], value[64];
} nodes[NODES];
static struct xs_watch *watches[4];
static struct timer *timer;
static uint64_t now;
/* Front states that it does not answer, as a set. */
static unsigned int deaf;
static bool present, grants_held;
static unsigned int pages, grants, ports, changes, notified;

static char *node(const char *dir, const char *key)
{
    char path[128];
    unsigned int i;

    snprintf(path, sizeof(path), "%s%s%s", dir ? dir : "", dir ? "/" : "", key);
    for (i = 0; i < NODES; i++)
        if (!strcmp(nodes[i].path, path))
            return nodes[i].value;
    return NULL;
}

static void set(const char *dir, const char *key, const char *value)
{
    char *at = node(dir, key);
    unsigned int i;

    for (i = 0; !at && i < NODES; i++)
        if (!nodes[i].path[0]) {
            snprintf(nodes[i].path, sizeof(nodes[i].path), "%s%s%s",
                     dir ? dir : "", dir ? "/" : "", key);
            at = nodes[i].value;
        }
    assert_non_null(at);
    snprintf(at, sizeof(nodes[0].value), "%s", value);
    for (i = 0; i < 4; i++)
        if (watches[i] && node(NULL, watches[i]->path) == at)
            watches[i]->fired = true;
}

static void forget(const char *dir)
{
    unsigned int i;

    for (i = 0; i < NODES; i++)
        if (!strncmp(nodes[i].path, dir, strlen(dir)))
            memset(&nodes[i], 0, sizeof(nodes[i]));
    for (i = 0; i < 4; i++)
        if (watches[i] && !strncmp(watches[i]->path, dir, strlen(dir)))
            watches[i]->fired = true;
}

static void deliver(void)
{
    unsigned int i;

    for (i = 0; i < 4; i++)
        if (watches[i] && watches[i]->fired) {
            watches[i]->fired = false;
            watches[i]->fn(watches[i]);
        }
}

static void connect_disk(void)
{
    set(VBACK, "sectors", "8192");
    set(VBACK, "sector-size", "512");
    set(VBACK, "physical-sector-size", "4096");
    set(VBACK, "info", "4");
    set(VBACK, "feature-flush-cache", "1");
    set(VBACK, "feature-max-indirect-segments", "256");
    set(VBACK, "state", "4");
}

static void back_end(const char *back, unsigned int front)
{
    const char *value = node(back, "state");
    int state;

    if (!value || deaf >> front & 1)
        return;
    state = atoi(value);
    if (front == XenbusStateInitialising && state == XenbusStateClosed)
        set(back, "state", "2");
    else if (front == XenbusStateInitialised && !strcmp(back, VBACK))
        connect_disk();
    else if (front == XenbusStateConnected && !strcmp(back, BACK))
        set(back, "state", "4");
    else if (front == XenbusStateClosing)
        set(back, "state", "5");
    else if (front == XenbusStateClosed)
        set(back, "state", "6");
}

int xs_write(const char *dir, const char *key, const char *value)
{
    if (!present)
        return -EIO;
    set(dir, key, value);
    if (!strcmp(key, "state") && !strcmp(dir, VIF))
        back_end(BACK, (unsigned)atoi(value));
    if (!strcmp(key, "state") && !strcmp(dir, VBD))
        back_end(VBACK, (unsigned)atoi(value));
    return 0;
}

int xs_write_u64(const char *dir, const char *key, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%lu", value);
    return xs_write(dir, key, text);
}

int xs_read(const char *dir, const char *key, char *buf, size_t size)
{
    const char *value = present ? node(dir, key) : NULL;

    if (!value)
        return -ENOENT;
    if (strlen(value) >= size)
        return -E2BIG;
    strcpy(buf, value);
    return (int)strlen(value);
}

int xs_read_u64(const char *dir, const char *key, uint64_t *out)
{
    char *end;
    const char *value = node(dir, key);

    if (!value)
        return -ENOENT;
    *out = strtoull(value, &end, 10);
    return *end || end == value ? -EINVAL : 0;
}

uint64_t xs_read_or(const char *dir, const char *key, uint64_t other)
{
    uint64_t value;

    return xs_read_u64(dir, key, &value) ? other : value;
}

static const char *list;
static size_t list_len;

int xs_list(const char *dir, const char *key, char *buf, size_t size)
{
    (void)dir;
    (void)key;
    (void)size;
    if (!list)
        return -ENOENT;
    memcpy(buf, list, list_len + 1);
    return (int)list_len;
}

int xs_watch(struct xs_watch *w)
{
    unsigned int i;

    for (i = 0; watches[i]; i++)
        assert_in_range(i, 0, 2);
    watches[i] = w;
    w->id = i + 1;
    w->fired = true;
    return 0;
}

void xs_unwatch(struct xs_watch *w)
{
    if (w->id)
        watches[w->id - 1] = NULL;
    w->id = 0;
}

bool xs_present(void)
{
    return present;
}

/* --- the base beneath it -----------------------------------------------------
 */

void bus_changed(void)
{
    changes++;
}

bool events_disable(void)
{
    return true;
}

void events_enable(void)
{
}

/* What is to come, comes; else it is time that passes. */
void event_block(void)
{
    struct timer *t = timer;
    unsigned int i;

    for (i = 0; i < 4; i++)
        if (watches[i] && watches[i]->fired) {
            deliver();
            return;
        }
    assert_non_null(t);
    now = t->at;
    timer = NULL;
    t->fn(t);
}

int timer_arm(struct timer *t, uint64_t at)
{
    assert_null(timer);
    t->at = at;
    timer = t;
    return 0;
}

void timer_cancel(struct timer *t)
{
    if (timer == t)
        timer = NULL;
}

uint64_t time_now(void)
{
    return now;
}

int event_alloc(uint16_t domid, uint32_t *port_out)
{
    assert_int_equal(domid, 0);
    ports++;
    *port_out = 9;
    return 0;
}

int event_close(uint32_t port)
{
    assert_int_equal(port, 9);
    ports--;
    return 0;
}

void event_unbind(uint32_t port)
{
    assert_int_equal(port, 9);
}

int event_notify(uint32_t port)
{
    assert_int_equal(port, 9);
    notified++;
    return 0;
}

void *page_alloc(size_t n)
{
    assert_int_equal(n, 1);
    pages++;
    return aligned_alloc(PAGE_SIZE, PAGE_SIZE);
}

void page_free(void *page)
{
    pages--;
    free(page);
}

int grant_access(uint16_t domid, const void *va, bool readonly,
                 uint32_t *ref_out)
{
    (void)va;
    assert_int_equal(domid, 0);
    assert_false(readonly);
    *ref_out = 100 + grants++;
    return 0;
}

int grant_end(uint32_t ref)
{
    assert_in_range(ref, 100, 110);
    if (grants_held)
        return -EBUSY;
    grants--;
    return 0;
}

int parse_u64(const char **s, uint64_t *value);
int parse_u64(const char **s, uint64_t *value)
{
    char *end;

    if (**s < '0' || **s > '9')
        return -EINVAL;
    *value = strtoull(*s, &end, 10);
    *s = end;
    return 0;
}

static struct bus_device dev;

#define LIST(names)                                                            \
    do {                                                                       \
        list = names;                                                          \
        list_len = sizeof(names) - 1;                                          \
    } while (0)

static int setup(void **state)
{
    (void)state;
    memset(nodes, 0, sizeof(nodes));
    memset(watches, 0, sizeof(watches));
    memset(&dev, 0, sizeof(dev));
    timer = NULL;
    present = true;
    deaf = pages = grants = ports = changes = notified = 0;
    grants_held = false;
    LIST("0\0");
    set(VIF, "backend", BACK);
    set(VIF, "backend-id", "0");
    set(VIF, "mac", "00:16:3E:00:0a:ff");
    set(BACK, "state", "2");
    set(BACK, "online", "1");
    set(BACK, "feature-sg", "1");
    set(VBD, "backend", VBACK);
    set(VBD, "backend-id", "0");
    set(VBACK, "state", "2");
    set(VBACK, "online", "1");
    return 0;
}

/* Nothing is kept of a device that was not opened, or was closed. */
static int teardown(void **state)
{
    (void)state;
    assert_int_equal(pages, 0);
    assert_int_equal(grants, 0);
    assert_int_equal(ports, 0);
    assert_null(watches[0]);
    assert_null(timer);
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
    const char *value = node(VIF, key);

    return value ? value : "nothing";
}

/* --- as it should be
 * ---------------------------------------------------------- */

static void test_net(void **state)
{
    struct noxs_net_config config;
    const uint32_t *ring;

    (void)state;
    set(VIF, "mtu", "1400");
    set(BACK, "ip", "10.0.0.2");
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
    assert_int_equal(notified, 1);
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
    assert_string_equal(node(VBD, "ring-ref"), "100");
    assert_string_equal(node(VBD, "protocol"), "x86_64-abi");
    assert_string_equal(node(VBD, "state"), "3");
    assert_int_equal(bus_xs.connect(&dev, 0), 0);
    assert_string_equal(node(VBD, "state"), "4");
    bus_xs.close(&dev);
}

static void test_none(void **state)
{
    (void)state;
    assert_int_equal(bus_xs.open(BUS_NET, 1, &dev), -ENOENT);
    LIST("");
    assert_int_equal(open_vif(), -ENOENT);
    list = NULL;
    assert_int_equal(open_vif(), -ENOENT);
}

/* Again, and after a kernel that was connected. */
static void test_again(void **state)
{
    (void)state;
    set(BACK, "state", "4");
    set(VIF, "state", "4");
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
    assert_int_equal(changes, 0);
    set(BACK, "online", "0");
    set(BACK, "state", "5");
    deliver();
    assert_int_equal(changes, 1);
    assert_int_equal(bus_xs.state(&dev), BUS_CLOSING);
    bus_xs.close(&dev);
    assert_int_equal(open_vif(), -ENOENT);
}

static void test_gone(void **state)
{
    (void)state;
    assert_int_equal(open_vif(), 0);
    assert_int_equal(bus_xs.connect(&dev, 0), 0);
    forget(BACK);
    deliver();
    assert_int_equal(bus_xs.state(&dev), BUS_CLOSED);
    deaf = ~0u;
    bus_xs.close(&dev);
    assert_int_equal(open_vif(), -ENOENT);
}

/* --- as it should not be
 * -------------------------------------------------------- */

static void test_never_there(void **state)
{
    uint64_t begin = now;

    (void)state;
    set(BACK, "state", "1");
    assert_int_equal(open_vif(), -ETIMEDOUT);
    assert_in_range(now - begin, 1000000000, 60000000000);
}

static void test_never_connects(void **state)
{
    (void)state;
    deaf = 1u << XenbusStateConnected;
    assert_int_equal(open_vif(), 0);
    assert_int_equal(bus_xs.connect(&dev, 0), -ETIMEDOUT);
    bus_xs.close(&dev);
    assert_string_equal(front("state"), "6");
    deaf = 1u << XenbusStateInitialised;
    LIST("51712\0");
    assert_int_equal(bus_xs.open(BUS_BLOCK, 0, &dev), -ETIMEDOUT);
    assert_string_equal(node(VBD, "state"), "6");
}

/* What it holds on to is not used again. */
static void test_never_lets_go(void **state)
{
    void *rings[2];

    (void)state;
    assert_int_equal(open_vif(), 0);
    assert_int_equal(bus_xs.connect(&dev, 0), 0);
    memcpy(rings, dev.ring, sizeof(rings));
    deaf = ~0u;
    grants_held = true;
    bus_xs.close(&dev);
    assert_int_equal(pages, 2);
    page_free(rings[0]);
    page_free(rings[1]);
    grants = 0;
}

static void test_store_breaks(void **state)
{
    (void)state;
    assert_int_equal(open_vif(), 0);
    assert_int_equal(bus_xs.connect(&dev, 0), 0);
    present = false;
    assert_int_equal(bus_xs.state(&dev), BUS_BROKEN);
    bus_xs.close(&dev);
}

static void try_key(const char *dir, const char *key, const char *value)
{
    int rc;

    setup(NULL);
    set(dir, key, value);
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
    set(VIF, "ip", ip);
    set(VIF, "gateway", "10.0.0.1");
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
    deaf = 1u << XenbusStateInitialised;
    set(VBACK, "state", "2");
    set(VBACK, "sectors", "many");
    set(VBACK, "sector-size", "65536");
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
