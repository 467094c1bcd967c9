/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Vifs and vbds that leave living domains, with and without the guest's leave;
 * and the lists of them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <noxs/io.h>
#include <noxs/sysctl.h>

#include "device_kit.h"
#include "oom.h"
#include "unit.h"

#define MAC "02:00:00:00:00:01"
#define SWEEP_MAX 200u

static const char vifs_two[] =
    "[{\"bridge\": \"xenbr0\"}, {\"mac\": \"" MAC "\"}]";

static void remove_record(struct kit *kit, uint32_t domid)
{
    char path[120];

    snprintf(path, sizeof(path), "%s/domains/%u", kit->run, domid);
    assert_int_equal(unlink(path), 0);
}

/* --- detach -----------------------------------------------------------------
 */

static void agreed(void **state)
{
    struct kit *kit = *state;
    uint32_t domid =
        kit_create(kit, "vifs", vifs_two, "vbds", device_image(kit, "w"), NULL);
    const struct noxs_sysctl *sysctl;

    assert_int_equal(chaos_vif_detach(kit->ctx, domid, 1, 10, false), 0);
    assert_null(device_entry(domid, NOXS_DEV_VIF, 1));
    assert_null(model_back(domid, NOXS_DEV_VIF, 1));
    device_check(domid, NOXS_DEV_VIF, 0);
    assert_false(kit_record_has(kit, domid, MAC));
    assert_true(kit_record_has(kit, domid, "xenbr0"));
    sysctl = model_control(domid, NOXS_DEV_SYSCTL);
    assert_int_equal(sysctl->request_cmd, NOXS_SYSCTL_RESCAN);
    assert_int_equal(chaos_vbd_detach(kit->ctx, domid, XVDA, 10, false), 0);
    assert_null(device_entry(domid, NOXS_DEV_VBD, XVDA));
    assert_false(kit_record_has(kit, domid, "vbds"));
    assert_int_equal(model_backs(), 1);
    kit_assert_error(kit->ctx, chaos_vif_detach(kit->ctx, domid, 1, 10, false),
                     -ENOENT);
    kit_assert_says(kit->ctx, "has no vif 1");
    kit_assert_error(
        kit->ctx, chaos_vbd_detach(kit->ctx, domid, XVDA, 10, true), -ENOENT);
    kit_assert_error(kit->ctx, chaos_vif_detach(kit->ctx, 0, 0, 10, true),
                     -EINVAL);
    kit_assert_error(kit->ctx, chaos_vif_detach(kit->ctx, 77, 0, 10, true),
                     -ESRCH);
}

static void refused(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "vifs", vifs_two, NULL);
    struct snapshot before = kit_snapshot(kit);

    host_knobs.close_error = ETIMEDOUT;
    kit_assert_error(kit->ctx, chaos_vif_detach(kit->ctx, domid, 1, 10, false),
                     -ETIMEDOUT);
    kit_assert_says(kit->ctx, "did not let go of vif 1");
    device_check(domid, NOXS_DEV_VIF, 1);
    assert_true(kit_record_has(kit, domid, MAC));
    kit_assert_same(kit, &before, "refused");
    assert_int_equal(chaos_vif_detach(kit->ctx, domid, 1, 10, true), 0);
    assert_null(device_entry(domid, NOXS_DEV_VIF, 1));
    assert_int_equal(model_backs(), 1);
}

/* The back end, the record or the module is not there any more. */
static void parts_missing(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "vifs", "[{}, {}, {}]", NULL);

    remove_record(kit, domid);
    assert_int_equal(chaos_vif_detach(kit->ctx, domid, 0, 10, false), 0);
    model_host_reap(domid);
    assert_int_equal(chaos_vif_detach(kit->ctx, domid, 1, 10, false), 0);
    host_knobs.back_error = ENOENT;
    assert_int_equal(chaos_vif_detach(kit->ctx, domid, 2, 10, false), 0);
    assert_null(device_entry(domid, NOXS_DEV_VIF, 2));
}

/* The guest has it still, or it has left as a whole. */
static void every_failure(void **state)
{
    struct kit *kit = *state;
    int kind;

    for (kind = 0; kind < 2; kind++) {
        unsigned n;
        bool fired = true;

        for (n = 1; fired && n < SWEEP_MAX; n++) {
            uint32_t domid = kit_create(kit, "vifs", vifs_two, NULL);
            unsigned fds = kit_snapshot(kit).fds;
            bool there;
            int rc;

            if (kind == 0)
                model_fail(n, EIO);
            else
                oom_arm(n - 1);
            rc = chaos_vif_detach(kit->ctx, domid, 1, 10, false);
            model_fail_end();
            fired = kind == 0 ? model_failed() : oom_disarm();
            there = device_entry(domid, NOXS_DEV_VIF, 1) != NULL;
            assert_int_equal(kit_record_has(kit, domid, MAC), there);
            if (rc == 0)
                assert_null(model_back(domid, NOXS_DEV_VIF, 1));
            else
                kit_assert_text(kit->ctx);
            if (there)
                assert_int_equal(
                    chaos_vif_detach(kit->ctx, domid, 1, 10, false), 0);
            assert_int_equal(kit_snapshot(kit).fds, fds);
            device_destroy(kit, domid);
            assert_int_equal(model_backs(), 0);
        }
        assert_in_range(n, 6, SWEEP_MAX - 1);
        model_fail(0, 0);
    }
}

/* --- lists ------------------------------------------------------------------
 */

static void vif_list(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "vifs", vifs_two, NULL);
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
    struct chaos_vif_info *infos;
    char name[32];
    size_t count;

    model_back_state(domid, NOXS_DEV_VIF, 1, NOXS_BACK_CONNECTED);
    assert_int_equal(chaos_vif_list(kit->ctx, domid, &infos, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(infos[0].id, 0);
    assert_int_equal(infos[0].back_state, NOXS_BACK_READY);
    assert_string_equal(infos[0].bridge, "xenbr0");
    assert_int_equal(infos[0].mtu, MODEL_BRIDGE_MTU);
    assert_int_equal(infos[1].id, 1);
    assert_int_equal(infos[1].back_state, NOXS_BACK_CONNECTED);
    assert_string_equal(infos[1].bridge, "");
    assert_memory_equal(infos[1].mac, mac, 6);
    snprintf(name, sizeof(name), "vif%u.1", domid);
    assert_string_equal(infos[1].ifname, name);
    chaos_vif_list_free(infos, count);
    /* What the device page knows is told without back ends, too. */
    host_knobs.back_error = ENOENT;
    assert_int_equal(chaos_vif_list(kit->ctx, domid, &infos, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(infos[1].back_state, 0);
    assert_memory_equal(infos[1].mac, mac, 6);
    chaos_vif_list_free(infos, count);
    host_knobs.back_error = EPROTO;
    kit_assert_error(kit->ctx, chaos_vif_list(kit->ctx, domid, &infos, &count),
                     -EPROTO);
}

static void check_vbds(struct kit *kit, uint32_t domid, const char *target,
                       const char *first, const char *second)
{
    struct chaos_vbd_info *infos;
    size_t count;

    assert_int_equal(chaos_vbd_list(kit->ctx, domid, &infos, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(infos[0].id, XVDA + 1);
    assert_string_equal(infos[0].vdev, first);
    assert_string_equal(infos[0].target, target);
    assert_int_equal(strncmp(infos[0].device, "loop", 4), 0);
    assert_false(infos[0].writable);
    assert_int_equal(infos[0].size_bytes, 1024);
    assert_int_equal(infos[1].id, (1u << 28) + (27u << 8));
    assert_string_equal(infos[1].vdev, second);
    chaos_vbd_list_free(infos, count);
}

static void vbd_list(void **state)
{
    struct kit *kit = *state;
    struct chaos_vbd_info *infos;
    char vbds[300], image[32];
    uint32_t domid;
    size_t count;

    (void)device_image(kit, "r");
    /* Not in the order of their numbers. */
    snprintf(vbds, sizeof(vbds),
             "[{\"target\": \"%s\", \"type\": \"file\", \"vdev\": \"xvdab\"},"
             "{\"target\": \"%s\", \"type\": \"file\", \"vdev\": \"xvda1\"}]",
             kit->ramdisk, kit->ramdisk);
    domid = kit_create(kit, "vbds", vbds, NULL);
    check_vbds(kit, domid, kit->ramdisk, "xvda1", "xvdab");
    remove_record(kit, domid);
    snprintf(image, sizeof(image), "/image/%u",
             model_back(domid, NOXS_DEV_VBD, XVDA + 1)->info.dev_minor);
    check_vbds(kit, domid, image, "xvda1", "xvdab");
    model_host_reap(domid);
    assert_int_equal(chaos_vbd_list(kit->ctx, domid, &infos, &count), 0);
    assert_int_equal(count, 2);
    assert_null(infos[0].target);
    assert_string_equal(infos[0].device, "");
    chaos_vbd_list_free(infos, count);
}

static void empty_lists(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, NULL);
    struct chaos_vif_info *vifs;
    struct chaos_vbd_info *vbds;
    size_t count = 5;

    assert_int_equal(chaos_vif_list(kit->ctx, domid, &vifs, &count), 0);
    assert_int_equal(count, 0);
    chaos_vif_list_free(vifs, count);
    assert_int_equal(chaos_vbd_list(kit->ctx, domid, &vbds, &count), 0);
    assert_int_equal(count, 0);
    chaos_vbd_list_free(vbds, count);
    assert_int_equal(model_hosts(), 0);
    kit_assert_error(kit->ctx, chaos_vif_list(kit->ctx, 77, &vifs, &count),
                     -ESRCH);
}

static void list_failures(void **state)
{
    struct kit *kit = *state;
    uint32_t domid =
        kit_create(kit, "vifs", vifs_two, "vbds", device_image(kit, "w"), NULL);
    struct chaos_vif_info *vifs;
    struct chaos_vbd_info *vbds;
    unsigned n;
    bool fired = true;

    for (n = 0; fired && n < SWEEP_MAX; n++) {
        size_t count;
        int rc;

        oom_arm(n);
        rc = chaos_vif_list(kit->ctx, domid, &vifs, &count);
        fired = oom_disarm();
        if (rc == 0)
            chaos_vif_list_free(vifs, count);
        else
            kit_assert_error(kit->ctx, rc, -ENOMEM);
        oom_arm(n);
        rc = chaos_vbd_list(kit->ctx, domid, &vbds, &count);
        fired |= oom_disarm();
        if (rc == 0)
            chaos_vbd_list_free(vbds, count);
        else
            kit_assert_error(kit->ctx, rc, -ENOMEM);
    }
    assert_in_range(n, 4, SWEEP_MAX - 1);
}

static void numbers(void **state)
{
    struct kit *kit = *state;
    uint32_t id;

    assert_int_equal(chaos_vbd_id(kit->ctx, "xvdb", &id), 0);
    assert_int_equal(id, XVDB);
    assert_int_equal(chaos_vbd_id(kit->ctx, "51712", &id), 0);
    assert_int_equal(id, XVDA);
    kit_assert_error(kit->ctx, chaos_vbd_id(kit->ctx, "", &id), -EINVAL);
    kit_assert_error(kit->ctx, chaos_vbd_id(kit->ctx, "12x", &id), -EINVAL);
    kit_assert_error(kit->ctx, chaos_vbd_id(kit->ctx, "99999999999", &id),
                     -EINVAL);
    assert_string_equal(chaos_device_state_name(0), "gone");
    assert_string_equal(chaos_device_state_name(NOXS_BACK_BROKEN), "broken");
    assert_string_equal(chaos_device_state_name(77), "unknown");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(agreed),        TEST(refused),  TEST(parts_missing),
        TEST(every_failure), TEST(vif_list), TEST(vbd_list),
        TEST(empty_lists),   TEST(numbers),  TEST(list_failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
