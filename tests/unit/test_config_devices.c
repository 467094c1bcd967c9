/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keys that choose a word, and those of devices: values that are taken,
 * values that are not, and the whole sentence that then is said.
 */
#include <errno.h>
#include <string.h>

#include <chaos/chaos.h>
#include <noxs/net.h>

#include "config.h"
#include "config_fixture.h"
#include "unit.h"

static void test_words(void **state)
{
    struct fixture *f = *state;

    take(f, "\"address_size\": 32, \"paused\": true, "
            "\"on_poweroff\": \"preserve\", \"on_reboot\": \"destroy\", "
            "\"on_crash\": \"rename-restart\", "
            "\"xen\": {\"pvh\": true, \"dev_method\": \"xenstore\"}");
    assert_int_equal(f->cfg->address_size, 32);
    assert_true(f->cfg->paused);
    assert_int_equal(f->cfg->on_poweroff, CONFIG_PRESERVE);
    assert_int_equal(f->cfg->on_reboot, CONFIG_DESTROY);
    assert_int_equal(f->cfg->on_crash, CONFIG_RENAME_RESTART);
    assert_true(f->cfg->pvh);
    assert_int_equal(f->cfg->dev_method, CONFIG_DEV_XENSTORE);
    /* An object replaces the whole. */
    take(f, "\"xen\": {\"dev_method\": \"noxs\"}");
    assert_false(f->cfg->pvh);
    assert_int_equal(f->cfg->dev_method, CONFIG_DEV_NOXS);

    refuse(f, "\"address_size\": 48",
           "web.json:2: address_size: 48: expected 32 or 64");
    refuse(f, "\"address_size\": \"64\"",
           "web.json:2: address_size: \"64\": expected 32 or 64");
    refuse(f, "\"paused\": \"true\"",
           "web.json:2: paused: \"true\": expected true or false");
    refuse(f, "\"paused\": 1", "web.json:2: paused: 1: expected true or false");
    refuse(f, "\"on_reboot\": \"Restart\"",
           "web.json:2: on_reboot: \"Restart\": "
           "expected destroy, restart, preserve or rename-restart");
    refuse(f, "\"on_crash\": \"\"",
           "web.json:2: on_crash: \"\": "
           "expected destroy, restart, preserve or rename-restart");
    refuse(f, "\"on_poweroff\": 0",
           "web.json:2: on_poweroff: 0: "
           "expected destroy, restart, preserve or rename-restart");
    refuse(f, "\"xen\": {\"pvh\": null}",
           "web.json:2: xen.pvh: null: expected true or false");
    refuse(f, "\"xen\": {\"dev_method\": \"xs\"}",
           "web.json:2: xen.dev_method: \"xs\": "
           "expected noxs, xenstore or auto");
    refuse(f, "\"xen\": true",
           "web.json:2: xen: true: "
           "expected {\"pvh\": ..., \"dev_method\": ...}");
}

static void test_vifs(void **state)
{
#define VIFS_TEXT                                                              \
    ": expected a list of {\"ip\": ..., \"mac\": ..., \"bridge\": ...}"
    static const uint8_t mac[6] = {0, 0x16, 0x3e, 0x1a, 0x2b, 0x3c};
    struct fixture *f = *state;
    char text[256] = "\"vifs\": [{}";
    unsigned i;

    take(f, "\"vifs\": [{}, {\"ip\": \"fd00::2/64\", "
            "\"mac\": \"00:16:3e:1A:2b:3c\", \"bridge\": \"xenbr0\"}]");
    assert_int_equal(f->cfg->vif_count, 2);
    assert_null(f->cfg->vifs[0].bridge);
    assert_null(f->cfg->vifs[0].ip);
    assert_false(f->cfg->vifs[0].has_mac);
    assert_string_equal(f->cfg->vifs[1].bridge, "xenbr0");
    assert_string_equal(f->cfg->vifs[1].ip, "fd00::2/64");
    assert_true(f->cfg->vifs[1].has_mac);
    assert_memory_equal(f->cfg->vifs[1].mac, mac, 6);

    refuse(f, "\"vifs\": [\n{\"ip\": \"10.0.0.256\"}]",
           "web.json:3: vifs[0].ip: \"10.0.0.256\": expected an address such "
           "as 10.0.0.2, 10.0.0.2/24 or fd00::2/64");
    refuse(f, "\"vifs\": [{},\n\n{\"mac\": \"01:16:3e:00:00:01\"}]",
           "web.json:4: vifs[1].mac: \"01:16:3e:00:00:01\": "
           "expected an address that is unicast and not all zeros");
    refuse(f, "\"vifs\": [{\"mac\": \"00:16:3e\"}]",
           "web.json:2: vifs[0].mac: \"00:16:3e\": "
           "expected an address such as 00:16:3e:1a:2b:3c");
    refuse(f, "\"vifs\": [{\"bridge\": \"a23456789012345x\"}]",
           "web.json:2: vifs[0].bridge: \"a23456789012345x\": expected a "
           "bridge's name: 1 to 15 bytes of ASCII without blanks, '/' and ':'");
    refuse(f, "\"vifs\": {}", "web.json:2: vifs: {...}" VIFS_TEXT);
    refuse(f, "\"vifs\": [[]]", "web.json:2: vifs[0]: [...]" VIFS_TEXT);
    refuse(f, "\"vifs\": [\"a\"]", "web.json:2: vifs[0]: \"a\"" VIFS_TEXT);
    refuse(f, "\"vifs\": [{\"script\": 1}]",
           "web.json:2: vifs[0].script: unknown key: "
           "expected one of ip, gateway, mac, bridge, ifname, mtu, rate, "
           "hook");

    for (i = 1; i < 32; i++)
        strcat(text, ", {}");
    strcat(text, "]");
    take(f, text);
    assert_int_equal(f->cfg->vif_count, 32);
    strcpy(text + strlen(text) - 1, ", {}]");
    refuse(f, text,
           "web.json:2: vifs[32]: {...}: "
           "expected at most 32 network interfaces");
    take(f, "\"vifs\": []");
    assert_int_equal(f->cfg->vif_count, 0);
}

static void test_vif_links(void **state)
{
#define IFNAME_TEXT                                                            \
    ": expected an interface's name: 1 to 15 bytes of ASCII without blanks, "  \
    "'/', ':' and '%', not a number"
#define HOST_TEXT ": expected an address such as 10.0.0.1 or fd00::1"
    struct fixture *f = *state;
    struct config_vif *vif;

    take(f, "\"vifs\": [{\"gateway\": \"10.0.0.1\", \"ifname\": \"web0\", "
            "\"mtu\": 9000, \"hook\": \"/etc/chaos/vif\"}, {\"mtu\": 68}, "
            "{\"mtu\": 65517}]");
    vif = f->cfg->vifs;
    assert_string_equal(vif[0].gateway, "10.0.0.1");
    assert_string_equal(vif[0].ifname, "web0");
    assert_string_equal(vif[0].hook, "/etc/chaos/vif");
    assert_int_equal(vif[0].mtu, 9000);
    assert_int_equal(vif[1].mtu, 68);
    assert_null(vif[1].gateway);
    assert_null(vif[1].ifname);
    assert_null(vif[1].hook);
    assert_int_equal(vif[2].mtu, 65517);

    refuse(f, "\"vifs\": [{\"gateway\": \"10.0.0.1/24\"}]",
           "web.json:2: vifs[0].gateway: \"10.0.0.1/24\"" HOST_TEXT);
    refuse(f, "\"vifs\": [{\"gateway\": \"\"}]",
           "web.json:2: vifs[0].gateway: \"\"" HOST_TEXT);
    refuse(f, "\"vifs\": [{\"ifname\": \"web%d\"}]",
           "web.json:2: vifs[0].ifname: \"web%d\"" IFNAME_TEXT);
    refuse(f, "\"vifs\": [{\"ifname\": \"7\"}]",
           "web.json:2: vifs[0].ifname: \"7\"" IFNAME_TEXT);
    refuse(f, "\"vifs\": [{\"ifname\": \"\"}]",
           "web.json:2: vifs[0].ifname: \"\"" IFNAME_TEXT);
    refuse(f, "\"vifs\": [{\"mtu\": 67}]",
           "web.json:2: vifs[0].mtu: 67: expected a number from 68 to 65517");
    refuse(f, "\"vifs\": [{\"mtu\": 65518}]",
           "web.json:2: vifs[0].mtu: 65518: expected a number from 68 to "
           "65517");
    refuse(f, "\"vifs\": [{\"mtu\": \"1500\"}]",
           "web.json:2: vifs[0].mtu: \"1500\": expected a whole number");
    refuse(f, "\"vifs\": [{\"hook\": 1}]",
           "web.json:2: vifs[0].hook: 1: expected the path of a program");
}

static void test_vif_rate(void **state)
{
#define RATE_TEXT ": expected a rate such as 10Mb/s, 250KB/s or 1MB/s@20ms"
#define RATE_RANGE                                                             \
    ": expected at most 1000GB/s, at least a byte per interval, and an "       \
    "interval from 1ms to 1s"
    struct fixture *f = *state;

    take(f, "\"vifs\": [{\"rate\": \"1MB/s@20ms\"}, {}]");
    assert_int_equal(f->cfg->vifs[0].rate_bytes, 20000);
    assert_int_equal(f->cfg->vifs[0].rate_interval_us, 20000);
    assert_int_equal(f->cfg->vifs[1].rate_bytes, 0);

    refuse(f, "\"vifs\": [{\"rate\": \"10\"}]",
           "web.json:2: vifs[0].rate: \"10\"" RATE_TEXT);
    refuse(f, "\"vifs\": [{\"rate\": 10}]",
           "web.json:2: vifs[0].rate: 10" RATE_TEXT);
    refuse(f, "\"vifs\": [{\"rate\": \"0B/s\"}]",
           "web.json:2: vifs[0].rate: \"0B/s\"" RATE_RANGE);
    refuse(f, "\"vifs\": [{\"rate\": \"1MB/s@2s\"}]",
           "web.json:2: vifs[0].rate: \"1MB/s@2s\"" RATE_RANGE);
}

static void test_address(void **state)
{
    static const uint8_t ipv6[16] = {0xfd, 0, [15] = 2};
    struct fixture *f = *state;
    struct noxs_net_address got;
    struct config_vif *vif;

    take(f, "\"vifs\": [{}, {\"ip\": \"10.0.0.2\", "
            "\"gateway\": \"10.0.0.1\"}, {\"ip\": \"fd00::2\"}, "
            "{\"ip\": \"10.1.2.3/8\"}]");
    vif = f->cfg->vifs;
    memset(&got, 0xff, sizeof(got));
    config_vif_address(&vif[0], &got);
    assert_int_equal(got.family, NOXS_NET_NO_ADDRESS);
    assert_int_equal(got.has_gateway, 0);
    config_vif_address(&vif[1], &got);
    assert_int_equal(got.family, NOXS_NET_IPV4);
    assert_int_equal(got.prefix, 24);
    assert_memory_equal(got.address, "\x0a\0\0\2\0\0\0\0\0\0\0\0\0\0\0", 16);
    assert_int_equal(got.has_gateway, 1);
    assert_memory_equal(got.gateway, "\x0a\0\0\1\0\0\0\0\0\0\0\0\0\0\0", 16);
    config_vif_address(&vif[2], &got);
    assert_int_equal(got.family, NOXS_NET_IPV6);
    assert_int_equal(got.prefix, 64);
    assert_int_equal(got.has_gateway, 0);
    assert_memory_equal(got.address, ipv6, 16);
    config_vif_address(&vif[3], &got);
    assert_int_equal(got.prefix, 8);
}

static void test_vdev_numbers(void **state)
{
    static const struct {
        const char *vdev;
        uint32_t number;
    } known[] = {
        {"xvda", 51712},
        {"xvda1", 51713},
        {"xvdb", 51728},
        {"xvdp15", 51967},
        {"xvda16", 1u << 28 | 16},
        {"xvdq", 1u << 28 | 16 << 8},
        {"xvdz255", 1u << 28 | 25 << 8 | 255},
        {"xvdaa", 1u << 28 | 26 << 8},
        {"xvdba", 1u << 28 | 52 << 8},
        {"xvdzzz", 1u << 28 | 18277 << 8},
        {"sda", 2048},
        {"sdp15", 2303},
        {"hda", 768},
        {"hdb63", 895},
        {"hdc", 5632},
        {"hdd1", 5697},
    };
    uint32_t number = 7;
    size_t i;

    (void)state;
    assert_int_equal(config_vdev_number("vda", &number), -EINVAL);
    assert_int_equal(config_vdev_number("xvda256", &number), -EINVAL);
    assert_int_equal(number, 7);
    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        assert_int_equal(config_vdev_number(known[i].vdev, &number), 0);
        if (number != known[i].number)
            fail_msg("%s: %u", known[i].vdev, number);
    }
}

static void test_vbds(void **state)
{
    struct fixture *f = *state;

    take(f, "\"vbds\": [{\"target\": \"/dev/loop0\", \"vdev\": \"xvda\"}, "
            "{\"target\": \"/d.img\", \"type\": \"file\", "
            "\"vdev\": \"xvdb1\", \"access\": \"w\"}]");
    assert_int_equal(f->cfg->vbd_count, 2);
    assert_string_equal(f->cfg->vbds[0].target, "/dev/loop0");
    assert_string_equal(f->cfg->vbds[0].vdev, "xvda");
    assert_int_equal(f->cfg->vbds[0].type, CONFIG_VBD_PHY);
    assert_false(f->cfg->vbds[0].writable);
    assert_int_equal(f->cfg->vbds[1].type, CONFIG_VBD_FILE);
    assert_true(f->cfg->vbds[1].writable);

    refuse(f, "\"vbds\": [{\"vdev\": \"xvda\"}]",
           "web.json:2: vbds[0].target: missing: "
           "expected the path of a block device or a disk image");
    refuse(f, "\"vbds\": [{\"target\": \"/d\"\n}]",
           "web.json:3: vbds[0].vdev: missing: "
           "expected a disk or partition such as xvda or xvdb1");
    refuse(f, "\"vbds\": [{\"vdev\": \"vda\"}]",
           "web.json:2: vbds[0].vdev: \"vda\": "
           "expected a disk or partition such as xvda or xvdb1");
    refuse(f, "\"vbds\": [{\"vdev\": \"sda16\"}]",
           "web.json:2: vbds[0].vdev: \"sda16\": "
           "expected a partition from 1 to 255 (sd: 15, hd: 63)");
    refuse(f, "\"vbds\": [{\"type\": \"tap\"}]",
           "web.json:2: vbds[0].type: \"tap\": "
           "expected phy (a block device) or file (a disk image)");
    refuse(f, "\"vbds\": [{\"access\": \"rw\"}]",
           "web.json:2: vbds[0].access: \"rw\": "
           "expected r (read only) or w (read and write)");
    refuse(f, "\"vbds\": [{\"access\": true}]",
           "web.json:2: vbds[0].access: true: "
           "expected r (read only) or w (read and write)");
    refuse(f, "\"vbds\": 1",
           "web.json:2: vbds: 1: expected a list of {\"target\": ..., "
           "\"vdev\": ..., \"type\": ..., \"access\": ...}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_words, setup, teardown),
        cmocka_unit_test_setup_teardown(test_vifs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_vif_links, setup, teardown),
        cmocka_unit_test_setup_teardown(test_vif_rate, setup, teardown),
        cmocka_unit_test_setup_teardown(test_address, setup, teardown),
        cmocka_unit_test(test_vdev_numbers),
        cmocka_unit_test_setup_teardown(test_vbds, setup, teardown),
    };

    return cmocka_run_group_tests_name("config devices", tests, NULL, NULL);
}
