/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains made with vbds, and with both kinds: which disks can be had, what a
 * restart keeps, and that nothing is left when the domain ends.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <noxs/block.h>

#include "device_kit.h"
#include "unit.h"

/* --- vbds -------------------------------------------------------------------
 */

static void vbd_file(void **state)
{
    struct kit *kit = *state;
    struct snapshot before = kit_snapshot(kit);
    uint32_t domid = kit_create(kit, "vbds", device_image(kit, "w"), NULL);
    const struct model_back *b = model_back(domid, NOXS_DEV_VBD, XVDA);
    struct noxs_block_config block;

    assert_non_null(b);
    assert_false(b->readonly);
    device_check(domid, NOXS_DEV_VBD, XVDA);
    memcpy(&block, b->device.config, sizeof(block));
    assert_int_equal(block.sectors, 2);
    device_destroy(kit, domid);
    kit_renew(kit);
    kit_assert_same(kit, &before, "vbd");
    domid = kit_create(kit, "vbds", device_image(kit, "r"), NULL);
    assert_true(model_back(domid, NOXS_DEV_VBD, XVDA)->readonly);
}

/* Readers share an image; a writer has it alone, in either order. */
static void vbd_sharing(void **state)
{
    static const char *const access[] = {"r", "w"};
    struct kit *kit = *state;
    unsigned first, second;

    for (first = 0; first < 2; first++) {
        for (second = 0; second < 2; second++) {
            const char *vbds = device_image(kit, access[second]);
            struct chaos_config *cfg = kit_config(kit, "vbds", vbds, NULL);
            uint32_t a, b;
            int rc;

            a = kit_create(kit, "vbds", device_image(kit, access[first]), NULL);
            rc = chaos_domain_create(kit->ctx, cfg, &b);
            chaos_config_destroy(cfg);
            if (first == 0 && second == 0) {
                assert_int_equal(rc, 0);
                device_destroy(kit, b);
            } else {
                assert_int_equal(rc, -EBUSY);
                kit_assert_says(kit->ctx, "vbds[0].target /tmp/");
                kit_assert_says(kit->ctx, "another VM");
            }
            device_destroy(kit, a);
        }
    }
}

static void bad_target(struct kit *kit, int rc, const char *says,
                       const char *target, const char *type)
{
    struct snapshot before = kit_snapshot(kit);
    struct chaos_config *cfg;
    char vbds[300];
    uint32_t domid;

    snprintf(vbds, sizeof(vbds),
             "[{\"target\": \"%s\", \"type\": \"%s\", \"vdev\": \"xvda\", "
             "\"access\": \"w\"}]",
             target, type);
    cfg = kit_config(kit, "vbds", vbds, NULL);
    assert_int_equal(chaos_domain_create(kit->ctx, cfg, &domid), rc);
    kit_assert_says(kit->ctx, "vbds[0].target ");
    kit_assert_says(kit->ctx, says);
    chaos_config_destroy(cfg);
    before.counts.hosts = 1;
    before.counts.handles = 1;
    before.fds = kit_snapshot(kit).fds;
    kit_assert_same(kit, &before, says);
}

static void bad_targets(void **state)
{
    struct kit *kit = *state;
    char fifo[90];

    snprintf(fifo, sizeof(fifo), "%s/fifo", kit->dir);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    bad_target(kit, -ENOENT, kit->ramdisk, kit->ramdisk, "file");
    bad_target(kit, -EISDIR, "this is a directory", kit->dir, "file");
    bad_target(kit, -EISDIR, "this is a directory", kit->dir, "phy");
    bad_target(kit, -EINVAL, "no regular file", fifo, "file");
    bad_target(kit, -ENOTBLK, "no block device", fifo, "phy");
    bad_target(kit, -ENOTBLK, "no block device", "/dev/null", "phy");
    kit_write_file(kit->ramdisk, "x", 1);
    bad_target(kit, -EINVAL, "smaller than a sector", kit->ramdisk, "file");
    bad_target(kit, -ENOTBLK, "\"type\": \"file\"", kit->ramdisk, "phy");
    (void)device_image(kit, "w");
    host_knobs.no_loop = true;
    bad_target(kit, -ENODEV, "modprobe loop", kit->ramdisk, "file");
}

/* --- the module -------------------------------------------------------------
 */

static void module_missing(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *vif = kit_config(kit, "vifs", "[{}]", NULL);
    struct chaos_config *vbd =
        kit_config(kit, "vbds", device_image(kit, "w"), NULL);
    struct snapshot before = kit_snapshot(kit);
    uint32_t domid;

    host_knobs.back_error = ENOENT;
    assert_int_equal(chaos_domain_create(kit->ctx, vif, &domid), -ENODEV);
    kit_assert_says(kit->ctx, "vifs[0]: the module noxs_back is not loaded");
    assert_int_equal(chaos_domain_create(kit->ctx, vbd, &domid), -ENODEV);
    kit_assert_says(kit->ctx, "vbds[0]: the module noxs_back is not loaded");
    host_knobs.back_error = EPROTO;
    assert_int_equal(chaos_domain_create(kit->ctx, vif, &domid), -EPROTO);
    kit_assert_says(kit->ctx, "another version");
    kit_renew(kit);
    kit_assert_same(kit, &before, "no module");
    /* Who needs none does not ask for it. */
    device_destroy(kit, kit_create(kit, NULL));
    assert_int_equal(model_hosts(), 0);
    chaos_config_destroy(vif);
    chaos_config_destroy(vbd);
}

/* Both kinds; a module that is faster than chaos, and one that fails. */
static void ends(void **state)
{
    struct kit *kit = *state;
    unsigned i, calls;

    for (i = 0; i < 3; i++) {
        uint32_t domid = kit_create(kit, "vifs", "[{}]", "vbds",
                                    device_image(kit, "w"), NULL);

        assert_int_equal(model_backs(), 2);
        host_knobs.reaps = i == 1;
        host_knobs.destroy_error = i == 2 ? EIO : 0;
        calls = model_host_calls();
        device_destroy(kit, domid);
        /* One call ends all. */
        assert_int_equal(model_host_calls(), calls + 1);
        assert_false(model_view(domid).exists);
        assert_int_equal(model_backs(), i == 2 ? 2 : 0);
    }
}

/* A domain that is dying when it is destroyed again does not tell. */
static void dying(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "vifs", "[{}]", NULL);
    uint64_t frame = model_p2m(domid, 0);
    struct hv *hv;
    void *page;

    assert_int_equal(hv_xen_open(&hv), 0);
    assert_int_equal(hv->ops->map(hv, domid, &frame, 1, &page), 0);
    model_destroy(domid);
    assert_int_equal(model_backs(), 1);
    device_destroy(kit, domid);
    assert_int_equal(model_backs(), 0);
    hv->ops->unmap(hv, page, 1);
    hv->ops->close(hv);
}

static void too_many(void **state)
{
    struct kit *kit = *state;
    char vifs[200] = "[", vbds[3000] = "[";
    struct chaos_config *cfg;
    uint32_t domid;
    unsigned i;

    for (i = 0; i < 32; i++)
        strcat(vifs, i ? ", {}" : "{}");
    strcat(vifs, "]");
    domid = kit_create(kit, "vifs", vifs, NULL);
    assert_int_equal(model_backs(), 32);
    device_destroy(kit, domid);
    (void)device_image(kit, "r");
    for (i = 0; i < 15; i++)
        snprintf(vbds + strlen(vbds), 200,
                 "%s{\"target\": \"%s\", \"type\": \"file\", \"vdev\": "
                 "\"xvd%c\"}",
                 i ? ", " : "", kit->ramdisk, 'a' + i);
    strcat(vbds, "]");
    cfg = kit_config(kit, "vifs", vifs, "vbds", vbds, NULL);
    assert_int_equal(chaos_domain_create(kit->ctx, cfg, &domid), -ENOSPC);
    kit_assert_says(kit->ctx, "47 of them");
    chaos_config_destroy(cfg);
}

/* --- restart ----------------------------------------------------------------
 */

static void restart(void **state)
{
    struct kit *kit = *state;
    struct snapshot before = kit_snapshot(kit);
    static const char *const actions[] = {"restart", "rename-restart"};
    unsigned i;

    for (i = 0; i < 2; i++) {
        uint32_t domid =
            kit_create(kit, "name", "web", "on_reboot", actions[i], "vifs",
                       "[{}, {}]", "vbds", device_image(kit, "w"), NULL);
        uint32_t after;
        uint8_t was[6];

        memcpy(was, model_back(domid, NOXS_DEV_VIF, 1)->vif.mac, 6);
        model_shutdown(domid, CHAOS_REASON_REBOOT);
        if (chaos_domain_settle(kit->ctx, domid, &after) != 0)
            fail_msg("%s: %s", actions[i], chaos_ctx_error(kit->ctx));
        assert_int_equal(model_backs(), 3);
        assert_memory_equal(model_back(after, NOXS_DEV_VIF, 1)->vif.mac, was,
                            6);
        device_check(after, NOXS_DEV_VBD, XVDA);
        device_destroy(kit, after);
        if (i == 1) {
            /* The one that is kept has given its devices up. */
            assert_null(device_entry(domid, NOXS_DEV_VIF, 0));
            assert_non_null(device_entry(domid, NOXS_DEV_CONSOLE, 0));
            device_destroy(kit, domid);
        }
        kit_renew(kit);
        kit_assert_same(kit, &before, actions[i]);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(vbd_file),       TEST(vbd_sharing), TEST(bad_targets),
        TEST(module_missing), TEST(ends),        TEST(dying),
        TEST(too_many),       TEST(restart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
