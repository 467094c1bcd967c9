/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Vifs and vbds that come to living domains: ids, limits, what the guest and
 * the record learn, and that one which fails at any point leaves nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <noxs/sysctl.h>

#include "birth.h"
#include "device_kit.h"
#include "internal.h"
#include "oom.h"
#include "unit.h"

#define MAC "02:00:00:00:00:01"
#define SWEEP_MAX 200u

static struct chaos_config *config(struct kit *kit, const char *key,
                                   const char *value)
{
    struct chaos_config *cfg;

    assert_int_equal(chaos_config_create(kit->ctx, &cfg), 0);
    if (chaos_config_set(kit->ctx, cfg, key, value) != 0)
        fail_msg("%s=%s: %s", key, value, chaos_ctx_error(kit->ctx));
    return cfg;
}

static int attach_vifs(struct kit *kit, uint32_t domid, const char *vifs,
                       uint32_t *ids)
{
    struct chaos_config *cfg = config(kit, "vifs", vifs);
    int rc = chaos_vif_attach(kit->ctx, domid, cfg, ids);

    chaos_config_destroy(cfg);
    return rc;
}

static int attach_vbds(struct kit *kit, uint32_t domid, const char *vbds,
                       uint32_t *ids)
{
    struct chaos_config *cfg = config(kit, "vbds", vbds);
    int rc = chaos_vbd_attach(kit->ctx, domid, cfg, ids);

    chaos_config_destroy(cfg);
    return rc;
}

/* What a restart would have. */
static void assert_record(struct kit *kit, uint32_t domid, const char *has,
                          bool expected)
{
    struct chaos_config *cfg;
    char *json;

    assert_int_equal(chaos_domain_config(kit->ctx, domid, &cfg), 0);
    assert_int_equal(chaos_config_json(kit->ctx, cfg, &json), 0);
    if ((strstr(json, has) != NULL) != expected)
        fail_msg("%s: '%s' expected: %d", json, has, expected);
    free(json);
    chaos_config_destroy(cfg);
}

static uint32_t last_request(uint32_t domid)
{
    const struct noxs_sysctl *s = model_control(domid, NOXS_DEV_SYSCTL);

    return s->request_id ? s->request_cmd : NOXS_SYSCTL_NONE;
}

static void vifs(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, NULL), ids[3] = {9, 9, 9};

    assert_int_equal(last_request(domid), NOXS_SYSCTL_NONE);
    assert_int_equal(
        attach_vifs(kit, domid, "[{}, {\"mac\": \"" MAC "\"}]", ids), 0);
    assert_int_equal(ids[0], 0);
    assert_int_equal(ids[1], 1);
    assert_int_equal(ids[2], 9);
    device_check(domid, NOXS_DEV_VIF, 0);
    device_check(domid, NOXS_DEV_VIF, 1);
    assert_true(model_back(domid, NOXS_DEV_VIF, 1)->up);
    assert_int_equal(last_request(domid), NOXS_SYSCTL_RESCAN);
    assert_record(kit, domid, MAC, true);
    /* The lowest id that is free; and a caller who does not ask for it. */
    assert_int_equal(chaos_vif_detach(kit->ctx, domid, 0, 10, false), 0);
    assert_int_equal(attach_vifs(kit, domid, "[{}, {}]", ids), 0);
    assert_int_equal(ids[0], 0);
    assert_int_equal(ids[1], 2);
    assert_int_equal(attach_vifs(kit, domid, "[{}]", NULL), 0);
    assert_int_equal(model_backs(), 4);
    device_destroy(kit, domid);
    assert_int_equal(model_backs(), 0);
}

static void vbds(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, NULL), id = 0;
    struct snapshot before;

    assert_int_equal(attach_vbds(kit, domid, device_image(kit, "w"), &id), 0);
    assert_int_equal(id, XVDA);
    device_check(domid, NOXS_DEV_VBD, XVDA);
    assert_record(kit, domid, kit->ramdisk, true);
    before = kit_snapshot(kit);
    assert_int_equal(attach_vbds(kit, domid, device_image(kit, "r"), &id),
                     -EEXIST);
    kit_assert_says(kit->ctx, "vbds[0].vdev: domain 1 has a disk 'xvda'");
    kit_assert_same(kit, &before, "xvda again");
}

/* Devices of both calls are there after a restart. */
static void restart(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "vifs", "[{\"mac\": \"" MAC "\"}]", NULL);
    uint32_t after;
    uint8_t mac[6];

    assert_int_equal(attach_vifs(kit, domid, "[{}]", NULL), 0);
    assert_int_equal(attach_vbds(kit, domid, device_image(kit, "w"), NULL), 0);
    memcpy(mac, model_back(domid, NOXS_DEV_VIF, 1)->vif.mac, 6);
    model_shutdown(domid, CHAOS_REASON_REBOOT);
    assert_int_equal(chaos_domain_settle(kit->ctx, domid, &after), 0);
    assert_int_equal(model_backs(), 3);
    assert_memory_equal(model_back(after, NOXS_DEV_VIF, 1)->vif.mac, mac, 6);
    device_check(after, NOXS_DEV_VBD, XVDA);
}

static void wrong_calls(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, NULL), foreign = model_domain_add("by-xl");
    struct chaos_config *vif = config(kit, "vifs", "[{}]");
    struct chaos_config *vbd = config(kit, "vbds", device_image(kit, "w"));
    struct chaos_ctx *ctx = kit->ctx;

    kit_assert_error(ctx, chaos_vif_attach(ctx, domid, vbd, NULL), -EINVAL);
    kit_assert_error(ctx, chaos_vbd_attach(ctx, domid, vif, NULL), -EINVAL);
    kit_assert_error(ctx, chaos_vif_attach(ctx, 0, vif, NULL), -EINVAL);
    kit_assert_error(ctx, chaos_vif_attach(ctx, 77, vif, NULL), -ESRCH);
    kit_assert_error(ctx, chaos_vif_attach(ctx, foreign, vif, NULL),
                     -EOPNOTSUPP);
    kit_assert_says(ctx, "not made by chaos");
    assert_int_equal(chaos_config_set(ctx, vif, "vifs",
                                      "[{\"mac\": \"" MAC
                                      "\"}, {\"mac\": \"" MAC "\"}]"),
                     0);
    kit_assert_error(ctx, chaos_vif_attach(ctx, domid, vif, NULL), -EINVAL);
    kit_assert_says(ctx, "vifs[1].mac");
    model_shutdown(domid, CHAOS_REASON_POWEROFF);
    kit_assert_error(ctx, chaos_vbd_attach(ctx, domid, vbd, NULL), -ESHUTDOWN);
    assert_int_equal(model_backs(), 0);
    chaos_config_destroy(vif);
    chaos_config_destroy(vbd);
}

/* Its maker knows nothing of what others attach. */
static void in_the_making(void **state)
{
    static const struct birth birth = {.kind = BIRTH_VM, .owner = 5};
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, NULL);
    uint8_t mark[NOXS_UUID_SIZE];
    struct snapshot before;
    struct hv *hv;

    assert_int_equal(chaos__hv(kit->ctx, &hv), 0);
    birth_encode(&birth, mark);
    assert_int_equal(hv->ops->domain_handle(hv, domid, mark), 0);
    before = kit_snapshot(kit);
    assert_int_equal(attach_vifs(kit, domid, "[{}]", NULL), -EBUSY);
    kit_assert_says(kit->ctx, "domain 1 is still being made");
    kit_assert_same(kit, &before, "in the making");
}

static void limits(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, NULL);
    char path[120];
    unsigned i;

    for (i = 0; i < 32; i++)
        assert_int_equal(attach_vifs(kit, domid, "[{}]", NULL), 0);
    assert_int_equal(attach_vifs(kit, domid, "[{}]", NULL), -ENOSPC);
    kit_assert_says(kit->ctx, "32 at most");
    assert_int_equal(model_backs(), 32);
    /* Without its record only the device page sets a limit. */
    snprintf(path, sizeof(path), "%s/domains/%u", kit->run, domid);
    assert_int_equal(remove(path), 0);
    for (i = 32; i < 46; i++)
        assert_int_equal(attach_vifs(kit, domid, "[{}]", NULL), 0);
    assert_int_equal(attach_vifs(kit, domid, "[{}]", NULL), -ENOSPC);
    kit_assert_says(kit->ctx, "48");
}

/* Another program talks to the guest all the time: it cannot be told. */
static void guest_busy(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, NULL);
    struct hv_evtchn *ev;
    struct hv *hv;
    uint32_t port;

    assert_int_equal(hv_xen_open(&hv), 0);
    assert_int_equal(hv->ops->evtchn_open(hv, &ev), 0);
    port = model_device(domid, NOXS_DEV_SYSCTL)->evtchn;
    assert_int_equal(hv->ops->evtchn_bind(ev, domid, port, &port), 0);
    assert_int_equal(attach_vifs(kit, domid, "[{}]", NULL), 0);
    device_check(domid, NOXS_DEV_VIF, 0);
    assert_int_equal(last_request(domid), NOXS_SYSCTL_NONE);
    hv->ops->evtchn_close(ev);
    hv->ops->close(hv);
}

/* --- every failure ----------------------------------------------------------
 */

static const char vifs_two[] =
    "[{\"bridge\": \"xenbr0\", \"mac\": \"" MAC "\", \"hook\": \"/bin/true\"}, "
    "{}]";

/*
 * An attach under a fault. Ports that it made stay the guest's, as nobody but
 * the guest can close them; all else is as it was, the record included.
 */
static void attach_faulty(struct kit *kit, uint32_t domid, int kind,
                          const struct snapshot *before, const char *what,
                          bool fired, int rc)
{
    struct snapshot same = *before;

    if (rc == 0) {
        device_check(domid, NOXS_DEV_VIF, 0);
        assert_record(kit, domid, MAC, true);
        assert_int_equal(chaos_vif_detach(kit->ctx, domid, 1, 0, true), 0);
        assert_int_equal(chaos_vif_detach(kit->ctx, domid, 0, 0, true), 0);
    } else {
        kit_assert_text(kit->ctx);
        assert_true(fired);
    }
    if (kind == 1 && rc < 0)
        assert_int_equal(rc, -ENOMEM);
    assert_null(device_entry(domid, NOXS_DEV_VIF, 0));
    assert_record(kit, domid, MAC, false);
    same.counts.guest_ports = model_counts().guest_ports;
    kit_renew(kit);
    kit_assert_same(kit, &same, what);
}

static void every_failure(void **state)
{
    struct kit *kit = *state;
    int kind;

    for (kind = 0; kind < 2; kind++) {
        unsigned n;
        bool fired = true;

        for (n = 1; fired && n < SWEEP_MAX; n++) {
            uint32_t domid = kit_create(kit, NULL);
            struct chaos_config *cfg = config(kit, "vifs", vifs_two);
            struct snapshot before;
            char what[40];
            int rc;

            kit_renew(kit);
            before = kit_snapshot(kit);
            snprintf(what, sizeof(what), "kind %d, number %u", kind, n);
            if (kind == 0)
                model_fail(n, EIO);
            else
                oom_arm(n - 1);
            rc = chaos_vif_attach(kit->ctx, domid, cfg, NULL);
            model_fail_end();
            fired = kind == 0 ? model_failed() : oom_disarm();
            attach_faulty(kit, domid, kind, &before, what, fired, rc);
            chaos_config_destroy(cfg);
            device_destroy(kit, domid);
            kit_renew(kit);
        }
        assert_in_range(n, 12, SWEEP_MAX - 1);
        model_fail(0, 0);
    }
}

/* The record cannot be replaced: a directory is in its way. */
static void record_stays(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, NULL);
    struct snapshot before = kit_snapshot(kit);
    char path[120];

    snprintf(path, sizeof(path), "%s/domains/%u.new", kit->run, domid);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(attach_vifs(kit, domid, "[{}]", NULL), -EISDIR);
    assert_int_equal(remove(path), 0);
    assert_null(device_entry(domid, NOXS_DEV_VIF, 0));
    before.counts.hosts = 1;
    before.counts.guest_ports++;
    kit_assert_same(kit, &before, "record");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(vifs),        TEST(vbds),          TEST(restart),
        TEST(wrong_calls), TEST(in_the_making), TEST(limits),
        TEST(guest_busy),  TEST(every_failure), TEST(record_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
