/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vifs of a shell become those of a VM: all that is asked for is done, and
 * no call is made for what is so already.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <noxs/net.h>

#include "device_kit.h"
#include "devices.h"
#include "internal.h"
#include "unit.h"

#define MAC "02:00:00:00:00:01"

static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t shell_uuid[NOXS_UUID_SIZE] = {1};
static const uint8_t vm_uuid[NOXS_UUID_SIZE] = {2};

/* A shell's vifs and those of a VM that takes it. */
struct pair {
    struct chaos_config *made_cfg, *cfg;
    struct devices made, d;
    uint32_t domid;
};

static char calls[200];

static void note_call(void *arg, const char *operation)
{
    (void)arg;
    snprintf(calls + strlen(calls), sizeof(calls) - strlen(calls), "%s%s",
             calls[0] ? " " : "", operation);
}

static void prepare(struct kit *kit, struct pair *p, const char *vifs)
{
    struct hv *hv;
    unsigned i;

    p->made_cfg = kit_config(kit, "vifs", vifs, NULL);
    p->domid = kit_create(kit, "paused", "true", NULL);
    assert_int_equal(chaos__hv_noxs(kit->ctx, &hv), 0);
    assert_int_equal(devices_init(kit->ctx, p->made_cfg, 2, &p->made), 0);
    assert_int_equal(devices_find_bridges(kit->ctx, &p->made), 0);
    assert_int_equal(devices_make_ports(kit->ctx, hv, p->domid, &p->made), 0);
    assert_int_equal(
        devices_make_vifs(kit->ctx, p->domid, shell_uuid, &p->made), 0);
    /* That much a shell keeps. */
    for (i = 0; i < p->made.vif_count; i++)
        p->made.vifs[i].cfg = NULL;
}

static int finalise(struct kit *kit, struct pair *p, const uint8_t *uuid,
                    const char *vifs)
{
    int rc;

    p->cfg = kit_config(kit, "vifs", vifs, NULL);
    assert_int_equal(devices_init(kit->ctx, p->cfg, 2, &p->d), 0);
    assert_int_equal(devices_find_bridges(kit->ctx, &p->d), 0);
    calls[0] = '\0';
    model_set_hook(note_call, NULL);
    rc = devices_finalise_vifs(kit->ctx, p->domid, uuid, p->made.vifs, &p->d);
    model_set_hook(NULL, NULL);
    return rc;
}

static void end(struct kit *kit, struct pair *p)
{
    devices_unmake_vifs(kit->ctx, p->domid, &p->d);
    assert_int_equal(model_backs(), 0);
    devices_dispose(&p->made);
    devices_dispose(&p->d);
    chaos_config_destroy(p->made_cfg);
    chaos_config_destroy(p->cfg);
    device_destroy(kit, p->domid);
}

/* What libchaos knows of a vif is what the back end is. */
static void check(const struct pair *p, unsigned i)
{
    const struct vif *v = &p->d.vifs[i];
    const struct model_back *b = model_back(p->domid, NOXS_DEV_VIF, v->id);
    struct noxs_net_config config;

    assert_non_null(b);
    assert_memory_equal(&v->device, &b->device, sizeof(v->device));
    memcpy(&config, v->device.config, sizeof(config));
    assert_memory_equal(config.mac, v->mac, 6);
    assert_memory_equal(b->vif.mac, v->mac, 6);
    assert_int_equal(config.mtu, v->mtu);
    assert_int_equal(b->vif.mtu, v->mtu);
    assert_string_equal(b->info.ifname, v->ifname);
    assert_int_equal(b->info.ifindex, v->ifindex);
    assert_int_equal(b->bridge, v->bridge);
    assert_int_equal(b->device.evtchn, v->evtchn);
    assert_true(b->up);
}

/* --- what is called for what ------------------------------------------------
 */

static void only_differences(void **state)
{
    static const struct {
        const char *made, *asked, *calls;
    } cases[] = {
        {"[{}]", "[{}]", ""},
        {"[{\"bridge\": \"xenbr0\"}]", "[{\"bridge\": \"xenbr0\"}]", ""},
        {"[{}]", "[{\"mtu\": 1500}]", ""},
        {"[{}, {}]", "[{}, {\"mtu\": 1400}]", "vif_set"},
        {"[{}]", "[{\"mac\": \"" MAC "\"}]", "vif_set"},
        {"[{}]", "[{\"rate\": \"8Mb/s\"}]", "vif_set"},
        {"[{}]", "[{\"ip\": \"10.0.0.2\"}]", "vif_set"},
        {"[{}]",
         "[{\"ip\": \"fd00::2\", \"mac\": \"" MAC "\", \"rate\": \"1KB/s\"}]",
         "vif_set"},
        {"[{}]", "[{\"ifname\": \"web0\"}]", "link_rename"},
        {"[{}]", "[{\"bridge\": \"xenbr0\", \"mtu\": 1500}]", "link_move"},
        {"[{\"bridge\": \"xenbr0\", \"mtu\": 1500}]", "[{}]", "link_move"},
        /* Never in a bridge with less than it has or will have. */
        {"[{}]", "[{\"bridge\": \"xenbr0\"}]", "link_move vif_set"},
        {"[{\"bridge\": \"xenbr0\"}]", "[{\"bridge\": \"xenbr1\"}]",
         "link_move vif_set"},
        {"[{\"bridge\": \"xenbr1\"}]", "[{\"bridge\": \"xenbr0\"}]",
         "vif_set link_move"},
        {"[{\"bridge\": \"xenbr0\"}]",
         "[{\"bridge\": \"xenbr1\", \"ifname\": \"web0\", \"mac\": \"" MAC
         "\", \"ip\": \"10.0.0.2\"}]",
         "link_move vif_set link_rename"},
    };
    struct kit *kit = *state;
    size_t i;
    unsigned n;

    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct pair p;

        prepare(kit, &p, cases[i].made);
        assert_int_equal(finalise(kit, &p, shell_uuid, cases[i].asked), 0);
        assert_string_equal(calls, cases[i].calls);
        for (n = 0; n < p.d.vif_count; n++)
            check(&p, n);
        end(kit, &p);
    }
}

static void all_at_once(void **state)
{
    static const uint8_t ip[16] = {10, 0, 0, 2}, gateway[16] = {10, 0, 0, 1};
    struct kit *kit = *state;
    const struct model_back *b;
    struct pair p;

    prepare(kit, &p, "[{}]");
    assert_int_equal(
        finalise(kit, &p, vm_uuid,
                 "[{\"bridge\": \"xenbr0\", \"ip\": \"10.0.0.2/16\", "
                 "\"gateway\": \"10.0.0.1\", \"mac\": \"" MAC
                 "\", \"ifname\": \"web0\", \"mtu\": 1300, \"rate\": "
                 "\"8Mb/s\"}]"),
        0);
    check(&p, 0);
    b = model_back(p.domid, NOXS_DEV_VIF, 0);
    assert_string_equal(b->info.ifname, "web0");
    assert_int_not_equal(b->bridge, 0);
    assert_int_equal(b->vif.mtu, 1300);
    assert_memory_equal(b->vif.mac, mac, 6);
    assert_int_equal(b->vif.family, 4);
    assert_int_equal(b->vif.prefix, 16);
    assert_true(b->vif.has_gateway);
    assert_memory_equal(b->vif.address, ip, 16);
    assert_memory_equal(b->vif.gateway, gateway, 16);
    assert_int_equal(b->vif.rate_bytes, 50000);
    assert_int_equal(b->vif.rate_interval_us, 50000);
    end(kit, &p);
}

/* --- MAC addresses ----------------------------------------------------------
 */

/* A VM with a uuid of its own has the addresses that it has without a shell. */
static void other_uuid(void **state)
{
    struct kit *kit = *state;
    uint8_t macs[2][6];
    struct pair p;
    unsigned i;

    for (i = 0; i < 2; i++)
        vif_make_mac(vm_uuid, i, 0, macs[i]);
    prepare(kit, &p, "[{}, {}]");
    assert_int_equal(finalise(kit, &p, vm_uuid, "[{}, {}]"), 0);
    assert_string_equal(calls, "vif_set vif_set");
    for (i = 0; i < 2; i++) {
        check(&p, i);
        assert_memory_equal(p.d.vifs[i].mac, macs[i], 6);
    }
    end(kit, &p);
    /* Those in use are passed over, but not for ever. */
    prepare(kit, &p, "[{}]");
    host_knobs.macs = 15;
    assert_int_equal(finalise(kit, &p, vm_uuid, "[{}]"), 0);
    check(&p, 0);
    end(kit, &p);
    prepare(kit, &p, "[{}]");
    host_knobs.macs = 16;
    assert_int_equal(finalise(kit, &p, vm_uuid, "[{}]"), -EEXIST);
    kit_assert_says(kit->ctx, "vifs[0].mac: another vif");
    end(kit, &p);
}

/* The shell had to pass some over itself: the address is the uuid's still. */
static void passed_over(void **state)
{
    struct kit *kit = *state;
    struct pair p;

    host_knobs.macs = 5;
    prepare(kit, &p, "[{}]");
    assert_int_equal(finalise(kit, &p, shell_uuid, "[{}]"), 0);
    assert_string_equal(calls, "");
    check(&p, 0);
    end(kit, &p);
}

/* --- failures ---------------------------------------------------------------
 */

static void failures(void **state)
{
    struct kit *kit = *state;
    struct pair p;
    uint32_t other;

    prepare(kit, &p, "[{\"mac\": \"" MAC "\"}, {}]");
    assert_int_equal(finalise(kit, &p, shell_uuid,
                              "[{\"mac\": \"" MAC
                              "\"}, {\"mac\": \"02:00:00:00:00:02\", "
                              "\"ifname\": \"xenbr0\"}]"),
                     -EEXIST);
    kit_assert_says(kit->ctx, "vifs[1].ifname: there is an interface 'xenbr0'");
    end(kit, &p);
    other = kit_create(kit, "vifs", "[{\"mac\": \"02:00:00:00:00:02\"}]", NULL);
    prepare(kit, &p, "[{}, {}]");
    assert_int_equal(
        finalise(kit, &p, shell_uuid, "[{}, {\"mac\": \"02:00:00:00:00:02\"}]"),
        -EEXIST);
    kit_assert_says(kit->ctx, "vifs[1].mac: another vif of this host has the "
                              "address 02:00:00:00:00:02");
    device_destroy(kit, other);
    end(kit, &p);
    prepare(kit, &p, "[{}]");
    model_back_state(p.domid, NOXS_DEV_VIF, 0, 2);
    assert_int_equal(finalise(kit, &p, vm_uuid, "[{}]"), -EBUSY);
    kit_assert_says(kit->ctx, "vifs[0]: a guest uses it already");
    end(kit, &p);
    prepare(kit, &p, "[{}]");
    model_host_reap(p.domid);
    assert_int_equal(finalise(kit, &p, vm_uuid, "[{}]"), -ENODEV);
    kit_assert_says(kit->ctx, "vifs[0]: its back end vanished");
    end(kit, &p);
}

static void each_call_fails(void **state)
{
    static const char *const says[] = {
        "vifs[0].bridge: interface vif",
        "vifs[0]: the module noxs_back",
        "vifs[0].ifname: interface vif",
    };
    struct kit *kit = *state;
    struct pair p;
    unsigned i;

    for (i = 0; i < 3; i++) {
        prepare(kit, &p, "[{}]");
        p.cfg = kit_config(kit, "vifs",
                           "[{\"bridge\": \"xenbr0\", \"ifname\": \"web0\"}]",
                           NULL);
        assert_int_equal(devices_init(kit->ctx, p.cfg, 2, &p.d), 0);
        assert_int_equal(devices_find_bridges(kit->ctx, &p.d), 0);
        model_fail(i + 1, EIO);
        assert_int_equal(devices_finalise_vifs(kit->ctx, p.domid, shell_uuid,
                                               p.made.vifs, &p.d),
                         -EIO);
        assert_true(model_failed());
        model_fail_end();
        kit_assert_says(kit->ctx, says[i]);
        end(kit, &p);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_differences), TEST(all_at_once), TEST(other_uuid),
        TEST(passed_over),      TEST(failures),    TEST(each_call_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
