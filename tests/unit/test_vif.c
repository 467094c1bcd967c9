/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains made with vifs: what their back ends are told, their MAC addresses,
 * their bridges and hooks.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device_kit.h"
#include "unit.h"

#define UUID "01234567-89ab-cdef-0123-456789abcdef"
#define MAC "02:00:00:00:00:01"

static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};

/* --- vifs -------------------------------------------------------------------
 */

static void vif_plain(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "vifs", "[{}]", NULL);
    const struct model_back *b = model_back(domid, NOXS_DEV_VIF, 0);
    char name[32];

    assert_non_null(b);
    device_check(domid, NOXS_DEV_VIF, 0);
    snprintf(name, sizeof(name), "vif%u.0", domid);
    assert_string_equal(b->info.ifname, name);
    assert_true(b->up);
    assert_int_equal(b->bridge, 0);
    assert_int_equal(b->vif.mtu, 1500);
    assert_int_equal(b->vif.family, 0);
    assert_int_equal(b->vif.rate_bytes, 0);
    assert_int_equal(b->vif.rate_interval_us, 0);
    /* Locally administered and unicast. */
    assert_int_equal(b->vif.mac[0] & 3, 2);
    device_destroy(kit, domid);
    assert_int_equal(model_backs(), 0);
}

static void vif_with_all(void **state)
{
    static const uint8_t ip[16] = {10, 0, 0, 2}, gateway[16] = {10, 0, 0, 1};
    struct kit *kit = *state;
    uint32_t domid = kit_create(
        kit, "vifs",
        "[{\"bridge\": \"xenbr0\", \"ip\": \"10.0.0.2/16\", \"gateway\": "
        "\"10.0.0.1\", \"mac\": \"" MAC "\", \"ifname\": \"web0\", \"mtu\": "
        "1300, \"rate\": \"8Mb/s\"}, {\"bridge\": \"xenbr0\"}]",
        NULL);
    const struct model_back *b = model_back(domid, NOXS_DEV_VIF, 0);

    device_check(domid, NOXS_DEV_VIF, 0);
    device_check(domid, NOXS_DEV_VIF, 1);
    assert_string_equal(b->info.ifname, "web0");
    assert_int_not_equal(b->bridge, 0);
    assert_int_equal(b->vif.mtu, 1300);
    assert_memory_equal(b->vif.mac, mac, 6);
    assert_int_equal(b->vif.family, 4);
    assert_int_equal(b->vif.prefix, 16);
    assert_true(b->vif.has_gateway);
    assert_memory_equal(b->vif.address, ip, 16);
    assert_memory_equal(b->vif.gateway, gateway, 16);
    assert_int_not_equal(b->vif.rate_bytes, 0);
    assert_int_not_equal(b->vif.rate_interval_us, 0);
    /* The other has the bridge's MTU. */
    assert_int_equal(model_back(domid, NOXS_DEV_VIF, 1)->vif.mtu,
                     MODEL_BRIDGE_MTU);
}

/* The same VM has the same address each time, another one another. */
static void mac_of_uuid(void **state)
{
    struct kit *kit = *state;
    uint8_t first[2][6], again[2][6];
    uint32_t domid = kit_create(kit, "uuid", UUID, "vifs", "[{}, {}]", NULL);
    unsigned i;

    for (i = 0; i < 2; i++)
        memcpy(first[i], model_back(domid, NOXS_DEV_VIF, i)->vif.mac, 6);
    assert_memory_not_equal(first[0], first[1], 6);
    device_destroy(kit, domid);
    domid = kit_create(kit, "uuid", UUID, "vifs", "[{}, {}]", NULL);
    for (i = 0; i < 2; i++)
        memcpy(again[i], model_back(domid, NOXS_DEV_VIF, i)->vif.mac, 6);
    assert_memory_equal(first, again, sizeof(first));
    /* A second one with that uuid finds them taken, and takes others. */
    domid = kit_create(kit, "uuid", UUID, "vifs", "[{}]", NULL);
    assert_memory_not_equal(model_back(domid, NOXS_DEV_VIF, 0)->vif.mac,
                            first[0], 6);
}

static void mac_in_use(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "vifs", "[{\"mac\": \"" MAC "\"}]", NULL);
    struct snapshot before = kit_snapshot(kit);
    struct chaos_config *cfg =
        kit_config(kit, "vifs", "[{}, {\"mac\": \"" MAC "\"}]", NULL);

    assert_int_equal(chaos_domain_create(kit->ctx, cfg, &domid), -EEXIST);
    kit_assert_says(kit->ctx, "vifs[1].mac");
    kit_assert_says(kit->ctx, MAC);
    kit_assert_same(kit, &before, "mac in use");
    /* One that is made gives way, but not for ever. */
    assert_int_equal(chaos_config_set(kit->ctx, cfg, "vifs", "[{}]"), 0);
    host_knobs.macs = 15;
    assert_int_equal(chaos_domain_create(kit->ctx, cfg, &domid), 0);
    device_destroy(kit, domid);
    host_knobs.macs = 16;
    assert_int_equal(chaos_domain_create(kit->ctx, cfg, &domid), -EEXIST);
    kit_assert_same(kit, &before, "no mac");
    chaos_config_destroy(cfg);
}

static void ifname_in_use(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg =
        kit_config(kit, "vifs", "[{\"ifname\": \"xenbr0\"}]", NULL);
    uint32_t domid;

    assert_int_equal(chaos_domain_create(kit->ctx, cfg, &domid), -EEXIST);
    kit_assert_says(kit->ctx, "vifs[0].ifname: there is an interface 'xenbr0'");
    chaos_config_destroy(cfg);
}

/* Nothing is taken from the host before the bridge is known. */
static void no_bridge(void **state)
{
    struct kit *kit = *state;
    struct snapshot before = kit_snapshot(kit);
    struct chaos_config *cfg =
        kit_config(kit, "vifs", "[{}, {\"bridge\": \"nobr0\"}]", NULL);
    uint32_t domid;

    assert_int_equal(chaos_domain_create(kit->ctx, cfg, &domid), -ENODEV);
    assert_string_equal(
        chaos_ctx_error(kit->ctx),
        "vifs[1].bridge: there is no bridge 'nobr0' on this host");
    chaos_config_destroy(cfg);
    kit_renew(kit);
    kit_assert_same(kit, &before, "no bridge");
}

/* --- the hook ---------------------------------------------------------------
 */

/* A program that writes its arguments to a file and ends with a status. */
static void write_hook(struct kit *kit, const char *path, int status)
{
    char text[300];

    snprintf(text, sizeof(text), "#!/bin/sh\necho \"$@\" >>%s/calls\nexit %d\n",
             kit->dir, status);
    kit_write_file(path, text, strlen(text));
    assert_int_equal(chmod(path, 0700), 0);
}

static void assert_calls(struct kit *kit, const char *expected)
{
    char path[100], text[300] = "";
    FILE *f;

    snprintf(path, sizeof(path), "%s/calls", kit->dir);
    f = fopen(path, "r");
    if (f) {
        text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
        fclose(f);
        unlink(path);
    }
    assert_string_equal(text, expected);
}

static void hook(void **state)
{
    struct kit *kit = *state;
    char path[100], vifs[300], expected[300];
    struct chaos_config *cfg;
    struct snapshot before;
    uint32_t domid;

    snprintf(path, sizeof(path), "%s/hook", kit->dir);
    snprintf(vifs, sizeof(vifs),
             "[{\"bridge\": \"xenbr0\", \"mac\": \"" MAC "\", \"hook\": "
             "\"%s\"}]",
             path);
    write_hook(kit, path, 0);
    domid = kit_create(kit, "vifs", vifs, NULL);
    snprintf(expected, sizeof(expected), "online vif%u.0 xenbr0 %u " MAC "\n",
             domid, domid);
    assert_calls(kit, expected);
    device_destroy(kit, domid);
    snprintf(expected, sizeof(expected), "offline vif%u.0 xenbr0 %u " MAC "\n",
             domid, domid);
    assert_calls(kit, expected);
    /* It fails: so does the create. It is not told to undo what it did not. */
    before = kit_snapshot(kit);
    write_hook(kit, path, 3);
    cfg = kit_config(kit, "vifs", vifs, NULL);
    assert_int_equal(chaos_domain_create(kit->ctx, cfg, &domid), -ECANCELED);
    kit_assert_says(kit->ctx, "vifs[0]: hook ");
    kit_assert_says(kit->ctx, "status 3");
    snprintf(expected, sizeof(expected), "online vif%u.0 xenbr0 %u " MAC "\n",
             domid + 1, domid + 1);
    assert_calls(kit, expected);
    kit_assert_same(kit, &before, "failing hook");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(chaos_domain_create(kit->ctx, cfg, &domid), -ENOENT);
    kit_assert_says(kit->ctx, "cannot be run");
    kit_assert_same(kit, &before, "no hook");
    chaos_config_destroy(cfg);
}

/* Hooks run when all vifs are made: a vif that cannot be is told to none. */
static void hook_not_run(void **state)
{
    struct kit *kit = *state;
    char path[100], vifs[400];
    struct chaos_config *cfg;
    uint32_t domid;

    snprintf(path, sizeof(path), "%s/hook", kit->dir);
    write_hook(kit, path, 0);
    snprintf(vifs, sizeof(vifs),
             "[{\"mac\": \"" MAC "\", \"hook\": \"%s\"}, {\"ifname\": "
             "\"xenbr0\"}]",
             path);
    cfg = kit_config(kit, "vifs", vifs, NULL);
    assert_int_equal(chaos_domain_create(kit->ctx, cfg, &domid), -EEXIST);
    kit_assert_says(kit->ctx, "vifs[1].ifname");
    assert_calls(kit, "");
    chaos_config_destroy(cfg);
    assert_int_equal(model_backs(), 0);
}

/* A hook that a signal ends, after one of another vif that went well. */
static void hook_undone(void **state)
{
    struct kit *kit = *state;
    char path[100], bad[100], vifs[400];
    struct chaos_config *cfg;
    uint32_t domid;

    snprintf(path, sizeof(path), "%s/hook", kit->dir);
    snprintf(bad, sizeof(bad), "%s/bad", kit->dir);
    write_hook(kit, path, 0);
    kit_write_file(bad, "#!/bin/sh\nkill -9 $$\n", 21);
    assert_int_equal(chmod(bad, 0700), 0);
    snprintf(vifs, sizeof(vifs),
             "[{\"mac\": \"" MAC "\", \"hook\": \"%s\"}, {}, {\"hook\": "
             "\"%s\"}]",
             path, bad);
    cfg = kit_config(kit, "vifs", vifs, NULL);
    assert_int_equal(chaos_domain_create(kit->ctx, cfg, &domid), -ECANCELED);
    kit_assert_says(kit->ctx, "vifs[2]: hook ");
    kit_assert_says(kit->ctx, "signal 9");
    assert_calls(kit, "online vif1.0  1 " MAC "\noffline vif1.0  1 " MAC "\n");
    chaos_config_destroy(cfg);
    assert_int_equal(model_backs(), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(bad), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

/* Whatever else fails so, the bridge is not to blame for. */
static void bridge_is_full(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg =
        kit_config(kit, "vifs", "[{\"bridge\": \"xenbr0\"}]", NULL);
    bool seen = false;
    uint32_t domid;
    unsigned n;

    for (n = 1; !seen && n < 100; n++) {
        model_fail(n, EXFULL);
        if (chaos_domain_create(kit->ctx, cfg, &domid) == 0) {
            device_destroy(kit, domid);
            continue;
        }
        seen = strcmp(model_failed_name(), "link_up") == 0;
        if (seen)
            kit_assert_says(kit->ctx, "vifs[0].bridge: bridge 'xenbr0' has no "
                                      "more ports; use another one");
    }
    assert_true(seen);
    model_fail_end();
    chaos_config_destroy(cfg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(vif_plain),      TEST(vif_with_all),  TEST(mac_of_uuid),
        TEST(mac_in_use),     TEST(ifname_in_use), TEST(no_bridge),
        TEST(hook),           TEST(hook_not_run),  TEST(hook_undone),
        TEST(bridge_is_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
