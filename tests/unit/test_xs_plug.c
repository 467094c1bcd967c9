/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Vifs and vbds through XenStore that come to living domains and leave them,
 * with and without the guest's leave, ours and xl's; and the lists of them.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <chaos/device.h>

#include <noxs/io.h>

#include "device_kit.h"
#include "store_model.h"
#include "unit.h"

#define MAC "02:00:00:00:00:01"
#define BACK "/local/domain/0/backend/"

static const char *back(uint32_t domid, const char *kind, uint32_t id,
                        const char *key)
{
    static char path[STORE_PATH_SIZE];

    snprintf(path, sizeof(path), BACK "%s/%u/%u%s%s", kind, domid, id,
             *key ? "/" : "", key);
    return path;
}

static void assert_back(uint32_t domid, const char *kind, uint32_t id,
                        const char *key, const char *value)
{
    const char *found = model_store_value(back(domid, kind, id, key));

    if (!found)
        fail_msg("there is no %s", back(domid, kind, id, key));
    assert_string_equal(found, value);
}

static int attach(struct kit *kit, uint32_t domid, const char *key,
                  const char *value, uint32_t *ids)
{
    struct chaos_config *cfg = kit_config(kit, key, value, NULL);
    int rc = strcmp(key, "vifs") == 0
                 ? chaos_vif_attach(kit->ctx, domid, cfg, ids)
                 : chaos_vbd_attach(kit->ctx, domid, cfg, ids);

    chaos_config_destroy(cfg);
    return rc;
}

/* The guest's front end connects. */
static void connect(uint32_t domid, const char *kind, uint32_t id)
{
    model_store_set(back(domid, kind, id, "state"), "4");
}

/* --- they come ---------------------------------------------------------------
 */

static void comes(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "vifs", "[{}]", NULL);
    struct snapshot before = kit_snapshot(kit);
    uint32_t ids[2] = {99, 99};

    assert_int_equal(
        attach(kit, domid, "vifs",
               "[{\"bridge\": \"xenbr0\", \"mac\": \"" MAC "\"}, {}]", ids),
        0);
    assert_int_equal(ids[0], 1);
    assert_int_equal(ids[1], 2);
    assert_back(domid, "vif", 1, "mac", MAC);
    assert_back(domid, "vif", 1, "state", "2");
    assert_true(model_back(domid, NOXS_DEV_VIF, 2)->up);
    assert_true(kit_record_has(kit, domid, MAC));
    assert_int_equal(attach(kit, domid, "vbds", device_image(kit, "w"), ids),
                     0);
    assert_int_equal(ids[0], XVDA);
    assert_back(domid, "vbd", XVDA, "dev", "xvda");
    assert_true(kit_record_has(kit, domid, "xvda"));
    kit_assert_error(kit->ctx,
                     attach(kit, domid, "vbds", device_image(kit, "w"), ids),
                     -EEXIST);
    kit_assert_says(kit->ctx, "xvda");
    assert_int_equal(chaos_vif_detach(kit->ctx, domid, 1, 10, false), 0);
    assert_int_equal(chaos_vif_detach(kit->ctx, domid, 2, 10, true), 0);
    assert_int_equal(chaos_vbd_detach(kit->ctx, domid, XVDA, 10, false), 0);
    assert_false(kit_record_has(kit, domid, "xvda"));
    assert_int_equal(model_backs(), 1);
    kit_assert_same(kit, &before, "comes and goes");
    /* The number is free again. */
    assert_int_equal(attach(kit, domid, "vifs", "[{}]", ids), 0);
    assert_int_equal(ids[0], 1);
}

static void comes_fails(void **state)
{
    static const char *const keys[] = {"vifs", "vbds"};
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "vifs", "[{}]", NULL);
    struct snapshot before;
    unsigned k, n;

    for (k = 0; k < 2; k++) {
        before = kit_snapshot(kit);
        for (n = 1;; n++) {
            char what[64];
            int rc;

            model_fail(n, EIO);
            rc = attach(kit, domid, keys[k],
                        k ? device_image(kit, "w") : "[{}, {}]", NULL);
            if (!model_failed())
                break;
            snprintf(what, sizeof(what), "%s: %s (%u)", keys[k],
                     model_failed_name(), n);
            model_fail_end();
            if (rc == 0)
                fail_msg("%s went unnoticed", what);
            kit_assert_text(kit->ctx);
            kit_assert_same(kit, &before, what);
            assert_back(domid, "vif", 0, "state", "2");
        }
        model_fail_end();
        assert_true(n > 20);
    }
    device_destroy(kit, domid);
}

/* --- they go -----------------------------------------------------------------
 */

static uint32_t plugged;

static void let_go(void *arg, const char *operation)
{
    const char *state = model_store_value(back(plugged, "vif", 0, "state"));

    (void)arg;
    if (strcmp(operation, "store_read") != 0 || !state ||
        strcmp(state, "5") != 0)
        return;
    assert_back(plugged, "vif", 0, "online", "0");
    model_set_hook(NULL, NULL);
    model_store_set(back(plugged, "vif", 0, "state"), "6");
}

static void agreed(void **state)
{
    struct kit *kit = *state;

    plugged = kit_create(kit, "vifs", "[{\"mac\": \"" MAC "\"}]", NULL);
    connect(plugged, "vif", 0);
    model_set_hook(let_go, NULL);
    assert_int_equal(chaos_vif_detach(kit->ctx, plugged, 0, 10000, false), 0);
    assert_null(model_store_value(back(plugged, "vif", 0, "")));
    assert_int_equal(model_backs(), 0);
    assert_int_equal(model_store_watches(), 0);
    assert_false(kit_record_has(kit, plugged, MAC));
    kit_assert_error(
        kit->ctx, chaos_vif_detach(kit->ctx, plugged, 0, 10, false), -ENOENT);
    kit_assert_says(kit->ctx, "has no vif 0");
}

static void refused(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "vifs", "[{\"mac\": \"" MAC "\"}]", NULL);
    struct snapshot before;

    connect(domid, "vif", 0);
    before = kit_snapshot(kit);
    kit_assert_error(kit->ctx, chaos_vif_detach(kit->ctx, domid, 0, 10, false),
                     -ETIMEDOUT);
    kit_assert_says(kit->ctx, "did not let go of vif 0");
    assert_back(domid, "vif", 0, "state", "4");
    assert_back(domid, "vif", 0, "online", "1");
    assert_true(kit_record_has(kit, domid, MAC));
    kit_assert_same(kit, &before, "refused");
    assert_int_equal(chaos_vif_detach(kit->ctx, domid, 0, 10, true), 0);
    assert_int_equal(model_backs(), 0);
}

/* It ends while it is waited for. */
static void stop(void *arg, const char *operation)
{
    if (strcmp(operation, "store_read") != 0 ||
        strcmp(model_store_value(back(plugged, "vif", 0, "state")), "5") != 0)
        return;
    (void)arg;
    model_set_hook(NULL, NULL);
    model_shutdown(plugged, CHAOS_REASON_POWEROFF);
}

static void ended(void **state)
{
    struct kit *kit = *state;

    plugged = kit_create(kit, "vifs", "[{}]", NULL);
    connect(plugged, "vif", 0);
    model_set_hook(stop, NULL);
    assert_int_equal(chaos_vif_detach(kit->ctx, plugged, 0, 10000, false), 0);
    assert_int_equal(model_backs(), 0);
}

/* The guest has it still, or it has left as a whole. */
static void goes_fails(void **state)
{
    struct kit *kit = *state;
    unsigned n;

    for (n = 1;; n++) {
        int rc;

        plugged = kit_create(kit, "vifs", "[{\"mac\": \"" MAC "\"}]", NULL);
        connect(plugged, "vif", 0);
        model_set_hook(let_go, NULL);
        model_fail(n, EIO);
        rc = chaos_vif_detach(kit->ctx, plugged, 0, 10000, false);
        if (!model_failed())
            break;
        model_fail_end();
        model_set_hook(NULL, NULL);
        if (rc < 0)
            kit_assert_text(kit->ctx);
        if (model_store_value(back(plugged, "vif", 0, "")))
            assert_true(kit_record_has(kit, plugged, MAC));
        device_destroy(kit, plugged);
        assert_int_equal(model_backs(), 0);
    }
    assert_true(n > 15);
}

/* --- lists -------------------------------------------------------------------
 */

static void lists(void **state)
{
    static const uint64_t vif[] = {1, 20, 300, 4000},
                          vbd[] = {5, 60, 700, 8000};
    static const uint8_t mac[] = {2, 0, 0, 0, 0, 1};
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "vifs",
                                "[{\"bridge\": \"xenbr0\", \"mac\": \"" MAC
                                "\"}, {\"ifname\": \"second\", \"mtu\": 900}]",
                                "vbds", device_image(kit, "r"), NULL);
    struct chaos_vif_info *vifs;
    struct chaos_vbd_info *vbds;
    size_t count;
    char name[16];

    connect(domid, "vif", 1);
    model_back_moved(domid, NOXS_DEV_VIF, 1, vif);
    model_back_moved(domid, NOXS_DEV_VBD, XVDA, vbd);
    model_store_set(back(domid, "vbd", XVDA, "sectors"), "2");
    assert_int_equal(chaos_vif_list(kit->ctx, domid, &vifs, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(vifs[0].back_state, NOXS_BACK_READY);
    assert_memory_equal(vifs[0].mac, mac, sizeof(mac));
    snprintf(name, sizeof(name), "vif%u.0", domid);
    assert_string_equal(vifs[0].ifname, name);
    assert_string_equal(vifs[0].bridge, "xenbr0");
    assert_int_equal(vifs[1].back_state, NOXS_BACK_CONNECTED);
    assert_string_equal(vifs[1].ifname, "second");
    assert_string_equal(vifs[1].bridge, "");
    assert_int_equal(vifs[1].mtu, 900);
    assert_int_equal(vifs[0].sent_bytes | vifs[0].received_bytes, 0);
    assert_int_equal(vifs[1].sent_packets, 1);
    assert_int_equal(vifs[1].sent_bytes, 20);
    assert_int_equal(vifs[1].received_packets, 300);
    assert_int_equal(vifs[1].received_bytes, 4000);
    chaos_vif_list_free(vifs, count);
    assert_int_equal(chaos_vbd_list(kit->ctx, domid, &vbds, &count), 0);
    assert_int_equal(count, 1);
    assert_string_equal(vbds[0].vdev, "xvda");
    assert_string_equal(vbds[0].target, kit->ramdisk);
    assert_false(vbds[0].writable);
    assert_int_equal(vbds[0].size_bytes, 1024);
    assert_int_equal(vbds[0].writes, 5);
    assert_int_equal(vbds[0].written_bytes, 60);
    assert_int_equal(vbds[0].reads, 700);
    assert_int_equal(vbds[0].read_bytes, 8000);
    chaos_vbd_list_free(vbds, count);
}

/* Nothing that the counters are taken from is passed over when it fails. */
static void lists_fail(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "vifs", "[{}]", NULL);
    struct chaos_vif_info *vifs;
    bool counted = false;
    size_t count;
    unsigned n;
    int rc;

    for (n = 1; !counted && n < 100; n++) {
        model_fail(n, EMFILE);
        rc = chaos_vif_list(kit->ctx, domid, &vifs, &count);
        kit_assert_error(kit->ctx, rc, -EMFILE);
        counted = strcmp(model_failed_name(), "stock_count") == 0;
        model_fail_end();
    }
    assert_true(counted);
    kit_assert_says(kit->ctx, "counters of vif 0");
}

/* Interfaces are found by whatever name they have got. */
static void renamed(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "vifs", "[{}]", NULL);
    struct host *host;
    struct chaos_vif_info *vifs;
    size_t count;

    assert_int_equal(host_linux_open(&host), 0);
    assert_int_equal(
        host->ops->link_rename(
            host, model_back(domid, NOXS_DEV_VIF, 0)->info.ifindex, "other"),
        0);
    host->ops->close(host);
    assert_int_equal(chaos_vif_list(kit->ctx, domid, &vifs, &count), 0);
    assert_int_equal(count, 1);
    assert_string_equal(vifs[0].ifname, "other");
    chaos_vif_list_free(vifs, count);
}

/* One of xl's, of which there is no record. */
static void theirs(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = model_domain_add(NULL), id;
    struct chaos_vif_info *vifs;
    char path[64];
    size_t count;

    snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
    model_store_set(path, "theirs");
    assert_int_equal(attach(kit, domid, "vifs", "[{}]", &id), 0);
    assert_int_equal(id, 0);
    assert_int_equal(chaos_vif_list(kit->ctx, domid, &vifs, &count), 0);
    assert_int_equal(count, 1);
    chaos_vif_list_free(vifs, count);
    assert_int_equal(chaos_vif_detach(kit->ctx, domid, 0, 10, false), 0);
    assert_int_equal(model_backs(), 0);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup_stock, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(comes),   TEST(comes_fails), TEST(agreed), TEST(refused),
        TEST(ended),   TEST(goes_fails),  TEST(lists),  TEST(lists_fail),
        TEST(renamed), TEST(theirs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
