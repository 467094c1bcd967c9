/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys set as on a command line, and the checks of the whole.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <chaos/chaos.h>

#include "config.h"
#include "unit.h"

struct fixture {
    struct chaos_ctx *ctx;
    struct chaos_config *cfg;
};

static int setup(void **state)
{
    static struct fixture f;

    assert_int_equal(chaos_ctx_create(&f.ctx), 0);
    assert_int_equal(chaos_config_create(f.ctx, &f.cfg), 0);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    chaos_config_destroy(f->cfg);
    chaos_ctx_destroy(f->ctx);
    return 0;
}

static void set(struct fixture *f, const char *key, const char *value)
{
    if (chaos_config_set(f->ctx, f->cfg, key, value) != 0)
        fail_msg("%s=%s: %s", key, value, chaos_ctx_error(f->ctx));
}

/* Refused with this sentence and nothing changed. */
static void refuse(struct fixture *f, const char *key, const char *value,
                   const char *error)
{
    char *before, *after;

    assert_int_equal(chaos_config_json(f->ctx, f->cfg, &before), 0);
    assert_int_equal(chaos_config_set(f->ctx, f->cfg, key, value), -EINVAL);
    assert_string_equal(chaos_ctx_error(f->ctx), error);
    assert_int_equal(chaos_config_json(f->ctx, f->cfg, &after), 0);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void test_scalars(void **state)
{
    struct fixture *f = *state;

    set(f, "name", "web-1");
    set(f, "name", "web-2");
    assert_string_equal(f->cfg->name, "web-2");
    set(f, "uuid", "6e5d1ad3-8c0f-4a4e-9f6b-0f3c1d2b7a55");
    assert_true(f->cfg->has_uuid);
    set(f, "kernel", "/k");
    set(f, "ramdisk", "/r");
    set(f, "ramdisk", "");
    assert_null(f->cfg->ramdisk);
    set(f, "cmdline", "a b=[c] {d}");
    assert_string_equal(f->cfg->cmdline, "a b=[c] {d}");
    set(f, "memory", "8");
    assert_int_equal(f->cfg->memory_kb, 8192);
    set(f, "memory", "3600K");
    assert_int_equal(f->cfg->memory_kb, 3600);
    set(f, "address_size", "32");
    assert_int_equal(f->cfg->address_size, 32);
    set(f, "paused", "true");
    assert_true(f->cfg->paused);
    set(f, "paused", "false");
    assert_false(f->cfg->paused);
    set(f, "on_crash", "preserve");
    assert_int_equal(f->cfg->on_crash, CONFIG_PRESERVE);
    set(f, "xen.pvh", "true");
    set(f, "xen.dev_method", "noxs");
    assert_true(f->cfg->pvh);
    assert_int_equal(f->cfg->dev_method, CONFIG_DEV_NOXS);

    refuse(f, "memory", "4x",
           "memory: \"4x\": expected a number of MiB or a size such as "
           "\"3600K\"");
    refuse(f, "paused", "yes", "paused: \"yes\": expected true or false");
    refuse(f, "kernel", "",
           "kernel: \"\": expected the path of a kernel image");
    refuse(f, "kernel", "/\xff",
           "kernel: \"/\\xff\": expected the path of a kernel image");
    refuse(f, "uuid", "",
           "uuid: \"\": expected a UUID such as "
           "6e5d1ad3-8c0f-4a4e-9f6b-0f3c1d2b7a55");
    refuse(f, "xen.pvh", "", "xen.pvh: \"\": expected true or false");
}

static void test_vcpus(void **state)
{
    struct fixture *f = *state;

    set(f, "vcpus", "2");
    set(f, "vcpus.cpumap", "0-1,8");
    assert_int_equal(f->cfg->vcpus, 2);
    assert_int_equal(f->cfg->cpumap[0], 0x103);
    set(f, "vcpus.count", "3");
    assert_int_equal(f->cfg->vcpus, 3);
    assert_true(f->cfg->has_cpumap);
    set(f, "vcpus.cpumap", "[4, 5]");
    assert_int_equal(f->cfg->cpumap[0], 0x30);
    refuse(f, "vcpus.cpumap", "[4, -5]",
           "vcpus.cpumap[1]: -5: expected the number of a CPU");
    refuse(f, "vcpus.count", "129",
           "vcpus.count: \"129\": expected a number from 1 to 128");
    set(f, "vcpus.cpumap", "all");
    assert_false(f->cfg->has_cpumap);
    set(f, "vcpus", " {\"count\": 4, \"cpumap\": \"7\"}");
    assert_int_equal(f->cfg->vcpus, 4);
    assert_int_equal(f->cfg->cpumap[0], 0x80);
    set(f, "vcpus", "1");
    assert_int_equal(f->cfg->vcpus, 1);
    assert_false(f->cfg->has_cpumap);
}

static void test_containers(void **state)
{
    struct fixture *f = *state;
    char *big = malloc(1024 * 1024 + 2);

    set(f, "vifs", "[{\"bridge\": \"br0\"}, {\"bridge\": \"br1\"}]");
    assert_int_equal(f->cfg->vif_count, 2);
    set(f, "vifs", "[{\"bridge\": \"br2\"}]");
    assert_int_equal(f->cfg->vif_count, 1);
    assert_string_equal(f->cfg->vifs[0].bridge, "br2");
    refuse(f, "vifs", "[{\"bridge\": \"br3\"}, {\"bridge\": 1}]",
           "vifs[1].bridge: 1: expected a bridge's name: 1 to 15 bytes of "
           "ASCII without blanks, '/' and ':'");
    refuse(f, "vifs", "br0",
           "vifs: \"br0\": expected a list of {\"ip\": ..., \"mac\": ..., "
           "\"bridge\": ...}");
    refuse(f, "vifs", "{}",
           "vifs: \"{}\": expected a list of {\"ip\": ..., \"mac\": ..., "
           "\"bridge\": ...}");
    refuse(f, "vifs", "[", "vifs: not JSON: parse error: premature EOF");
    refuse(f, "vifs", "[]]", "vifs: not JSON: parse error: trailing garbage");
    refuse(f, "vifs", "[{\"ip\": \"\\ud800\"}]",
           "vifs: not JSON: half a surrogate pair in a \\u escape");
    assert_non_null(big);
    memset(big, ' ', 1024 * 1024 + 1);
    big[0] = '[';
    big[1024 * 1024 + 1] = '\0';
    refuse(f, "vifs", big, "vifs: expected at most 1 MiB");
    free(big);
    set(f, "vifs", "[]");
    assert_int_equal(f->cfg->vif_count, 0);
    set(f, "vbds", "[{\"target\": \"/dev/sda\", \"vdev\": \"xvda\"}]");
    assert_int_equal(f->cfg->vbd_count, 1);
    set(f, "xen", "{\"pvh\": true}");
    assert_true(f->cfg->pvh);
    set(f, "xen", "{}");
    assert_false(f->cfg->pvh);
    refuse(f, "xen", "pvh",
           "xen: \"pvh\": expected {\"pvh\": ..., \"dev_method\": ...}");
    refuse(f, "xen", "",
           "xen: \"\": expected "
           "{\"pvh\": ..., \"dev_method\": ...}");
}

static void test_elements(void **state)
{
#define VIF_KEYS                                                               \
    ": unknown key: expected one of ip, gateway, mac, bridge, ifname, mtu, "   \
    "rate, hook"
    struct fixture *f = *state;
    char name[32];
    unsigned i;

    set(f, "vifs[0].bridge", "xenbr0");
    set(f, "vifs[0].ip", "10.0.0.2/24");
    set(f, "vifs[1].mac", "00:16:3e:00:00:01");
    assert_int_equal(f->cfg->vif_count, 2);
    assert_string_equal(f->cfg->vifs[0].bridge, "xenbr0");
    assert_string_equal(f->cfg->vifs[0].ip, "10.0.0.2/24");
    assert_false(f->cfg->vifs[0].has_mac);
    assert_true(f->cfg->vifs[1].has_mac);
    set(f, "vifs[0].bridge", "xenbr1");
    assert_string_equal(f->cfg->vifs[0].bridge, "xenbr1");
    set(f, "vbds[0].target", "/d");
    set(f, "vbds[0].vdev", "xvda");
    set(f, "vbds[0].access", "w");
    assert_true(f->cfg->vbds[0].writable);

    refuse(f, "vifs[3].ip", "10.0.0.3",
           "vifs[3].ip: expected an index from 0 to 2");
    refuse(f, "vifs[x].ip", "10.0.0.3",
           "vifs[x].ip: expected an index from 0 to 2");
    refuse(f, "vifs[].ip", "10.0.0.3",
           "vifs[].ip: expected an index from 0 to 2");
    refuse(f, "vifs[00].ip", "10.0.0.3",
           "vifs[00].ip: expected an index from 0 to 2");
    refuse(f, "vifs[18446744073709551616].ip", "10.0.0.3",
           "vifs[18446744073709551616].ip: expected an index from 0 to 2");
    /* An element that was begun is no more when its value is refused. */
    refuse(f, "vifs[2].ip", "10.0.0",
           "vifs[2].ip: \"10.0.0\": expected an address such as 10.0.0.2, "
           "10.0.0.2/24 or fd00::2/64");
    refuse(f, "vifs[2].pi", "10.0.0.3", "vifs[2].pi" VIF_KEYS);
    refuse(f, "vifs[0]", "{}", "vifs[0]" VIF_KEYS);
    refuse(f, "vifs[0", "{}", "vifs[0" VIF_KEYS);
    refuse(f, "vifs[0]ip", "10.0.0.3", "vifs[0]ip" VIF_KEYS);
    refuse(f, "vifs[0].", "10.0.0.3", "vifs[0]." VIF_KEYS);
    refuse(f, "vcpus.cpumap[0]", "1",
           "vcpus.cpumap[0]: unknown key: expected one of count, cpumap");

    for (i = 2; i < 32; i++) {
        (void)snprintf(name, sizeof(name), "vifs[%u].mtu", i);
        set(f, name, "1500");
    }
    refuse(f, "vifs[32].mtu", "1500",
           "vifs[32].mtu: expected at most 32 network interfaces");
    refuse(f, "vifs[33].mtu", "1500",
           "vifs[33].mtu: expected an index from 0 to 31");
}

static void test_unknown(void **state)
{
#define ROOT_KEYS                                                              \
    ": unknown key: expected one of name, uuid, kernel, ramdisk, cmdline, "    \
    "memory, vcpus, address_size, paused, on_poweroff, on_reboot, on_crash, "  \
    "vifs, vbds, xen"
    struct fixture *f = *state;

    refuse(f, "memroy", "8", "memroy" ROOT_KEYS);
    refuse(f, "", "8", "\"\"" ROOT_KEYS);
    refuse(f, "Memory", "8", "Memory" ROOT_KEYS);
    refuse(f, "name.x", "8", "name.x" ROOT_KEYS);
    refuse(f, "vifs.ip", "8", "vifs.ip" ROOT_KEYS);
    refuse(f, ".", "8", "." ROOT_KEYS);
    refuse(f, "a\n", "8", "a\\x0a" ROOT_KEYS);
    refuse(f, "xen.", "8",
           "xen.: unknown key: expected one of pvh, dev_method");
    refuse(f, "xen.pv", "8",
           "xen.pv: unknown key: expected one of pvh, dev_method");
    refuse(f, "xen.pvh.x", "8",
           "xen.pvh.x: unknown key: expected one of pvh, dev_method");
}

static void test_override(void **state)
{
    static const char text[] =
        "{\"name\": \"web\", \"kernel\": \"/k\", \"memory\": 8}";
    struct fixture *f = *state;

    assert_int_equal(
        chaos_config_parse(f->ctx, f->cfg, "t", text, strlen(text)), 0);
    set(f, "memory", "16");
    set(f, "name", "web-7");
    assert_int_equal(f->cfg->memory_kb, 16384);
    assert_string_equal(f->cfg->name, "web-7");
    assert_string_equal(f->cfg->kernel, "/k");
}

static void refuse_check(struct fixture *f, int rc, const char *error)
{
    assert_int_equal(chaos_config_check(f->ctx, f->cfg), rc);
    assert_string_equal(chaos_ctx_error(f->ctx), error);
}

static void test_check(void **state)
{
    struct fixture *f = *state;

    refuse_check(f, -EINVAL,
                 "kernel: missing: expected the path of a kernel image");
    set(f, "kernel", "/k");
    assert_int_equal(chaos_config_check(f->ctx, f->cfg), 0);
    set(f, "address_size", "32");
    refuse_check(f, -EOPNOTSUPP,
                 "address_size: 32: expected 64, as 32-bit guests are not "
                 "built");
    set(f, "address_size", "64");
    set(f, "vifs",
        "[{}, {\"mac\": \"00:16:3e:00:00:01\"}, "
        "{\"mac\": \"00:16:3E:00:00:01\"}]");
    refuse_check(f, -EINVAL,
                 "vifs[2].mac: \"00:16:3e:00:00:01\": expected another than "
                 "vifs[1] has");
    set(f, "vifs", "[{}, {}]");
    set(f, "vbds",
        "[{\"target\": \"/a\", \"vdev\": \"xvda\"}, "
        "{\"target\": \"/b\", \"vdev\": \"xvda\"}]");
    refuse_check(f, -EINVAL,
                 "vbds[1].vdev: \"xvda\": expected another than vbds[0] has");
    set(f, "vbds",
        "[{\"target\": \"/a\", \"vdev\": \"xvda\"}, "
        "{\"target\": \"/a\", \"vdev\": \"xvdb\"}]");
    assert_int_equal(chaos_config_check(f->ctx, f->cfg), 0);
    set(f, "vbds[0].access", "w");
    refuse_check(f, -EINVAL,
                 "vbds[1].target: \"/a\": expected another than vbds[0] has, "
                 "as only disks that are read only can share one");
    set(f, "vbds[0].access", "r");
    set(f, "vbds[1].access", "w");
    refuse_check(f, -EINVAL,
                 "vbds[1].target: \"/a\": expected another than vbds[0] has, "
                 "as only disks that are read only can share one");
    set(f, "vbds[1].target", "/b");
    assert_int_equal(chaos_config_check(f->ctx, f->cfg), 0);
    set(f, "vbds[2].vdev", "xvdc");
    refuse_check(f, -EINVAL,
                 "vbds[2].target: missing: expected the path of a block "
                 "device or a disk image");
    set(f, "vbds", "[]");
    set(f, "vbds[0].target", "/a");
    refuse_check(f, -EINVAL,
                 "vbds[0].vdev: missing: expected a disk or partition such as "
                 "xvda or xvdb1");
}

static void test_check_vifs(void **state)
{
    struct fixture *f = *state;

    set(f, "kernel", "/k");
    set(f, "vifs[0].gateway", "10.0.0.1");
    refuse_check(f, -EINVAL,
                 "vifs[0].gateway: \"10.0.0.1\": expected an ip beside it");
    set(f, "vifs[0].ip", "fd00::2/64");
    refuse_check(f, -EINVAL,
                 "vifs[0].gateway: \"10.0.0.1\": expected an IPv6 address, "
                 "as ip is");
    set(f, "vifs[0].gateway", "fd00::1");
    assert_int_equal(chaos_config_check(f->ctx, f->cfg), 0);
    set(f, "vifs[0].ip", "10.0.0.2/24");
    refuse_check(f, -EINVAL,
                 "vifs[0].gateway: \"fd00::1\": expected an IPv4 address, "
                 "as ip is");
    set(f, "vifs[0].gateway", "10.0.0.1");
    set(f, "vifs[0].ifname", "web0");
    set(f, "vifs[1].ifname", "web1");
    assert_int_equal(chaos_config_check(f->ctx, f->cfg), 0);
    set(f, "vifs[1].ifname", "web0");
    refuse_check(f, -EINVAL,
                 "vifs[1].ifname: \"web0\": expected another than vifs[0] "
                 "has");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_scalars),  CASE(test_vcpus),      CASE(test_containers),
        CASE(test_elements), CASE(test_unknown),    CASE(test_override),
        CASE(test_check),    CASE(test_check_vifs),
    };

    return cmocka_run_group_tests_name("config set", tests, NULL, NULL);
}
