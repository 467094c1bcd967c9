/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMs with vifs and vbds through XenStore: what Linux's back ends and xl find,
 * what becomes of interfaces and disks, and that whatever fails, or ends,
 * leaves neither.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bus.h"
#include "create.h"
#include "device_kit.h"
#include "internal.h"
#include "store_model.h"
#include "unit.h"

static void assert_value(const char *value, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void assert_value(const char *value, const char *format, ...)
{
    char path[STORE_PATH_SIZE];
    const char *found;
    va_list ap;

    va_start(ap, format);
    vsnprintf(path, sizeof(path), format, ap);
    va_end(ap);
    found = model_store_value(path);
    if (!found)
        fail_msg("there is no %s", path);
    assert_string_equal(found, value);
}

/* --- vifs -------------------------------------------------------------------
 */

#define VIF                                                                    \
    "[{\"bridge\": \"xenbr0\", \"mac\": \"02:00:00:00:00:01\", "               \
    "\"ip\": \"10.0.0.2/24\", \"gateway\": \"10.0.0.1\", "                     \
    "\"rate\": \"1MB/s\"}, {\"ifname\": \"second\", \"mtu\": 900}]"

static void vif(void **state)
{
    struct kit *kit = *state;
    struct snapshot before = kit_snapshot(kit);
    uint32_t domid = kit_create(kit, "name", "web", "vifs", VIF, NULL);
    const struct model_back *b = model_back(domid, NOXS_DEV_VIF, 0);
    char front[64], back[64], perms[16];

    snprintf(front, sizeof(front), "/local/domain/%u/device/vif/0", domid);
    snprintf(back, sizeof(back), "/local/domain/0/backend/vif/%u/0", domid);
    assert_value(back, "%s/backend", front);
    assert_value("0", "%s/backend-id", front);
    assert_value("02:00:00:00:00:01", "%s/mac", front);
    assert_value("1400", "%s/mtu", front);
    assert_value("10.0.0.2/24", "%s/ip", front);
    assert_value("10.0.0.1", "%s/gateway", front);
    assert_value("1", "%s/state", front);
    assert_value(front, "%s/frontend", back);
    assert_value("02:00:00:00:00:01", "%s/mac", back);
    assert_value("1", "%s/online", back);
    assert_value("connected", "%s/hotplug-status", back);
    assert_value("50000,50000", "%s/rate", back);
    assert_value("2", "%s/state", back);
    assert_value(back, "/libxl/%u/device/vif/0/backend", domid);
    assert_value("xenbr0", "/libxl/%u/device/vif/0/bridge", domid);
    snprintf(perms, sizeof(perms), "n%u r0", domid);
    assert_string_equal(model_store_permissions(front), perms);
    snprintf(perms, sizeof(perms), "n0 r%u", domid);
    assert_string_equal(model_store_permissions(back), perms);
    assert_true(b->up && b->bridge != 0);
    assert_int_equal(b->vif.mtu, 1400);
    b = model_back(domid, NOXS_DEV_VIF, 1);
    assert_true(b->up && b->bridge == 0);
    assert_string_equal(b->info.ifname, "second");
    assert_int_equal(b->vif.mtu, 900);
    assert_true(model_store_value("/local/domain/0/backend/vif/1/1/mac")[1] !=
                '1');
    device_destroy(kit, domid);
    kit_renew(kit);
    kit_assert_same(kit, &before, "vifs");
}

static void ifname_taken(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg =
        kit_config(kit, "vifs", "[{}, {\"ifname\": \"xenbr0\"}]", NULL);
    struct snapshot before;
    uint32_t domid;

    device_destroy(kit, kit_create(kit, NULL));
    (void)kit_create(kit, "vifs", "[{}]", NULL);
    before = kit_snapshot(kit);
    kit_assert_error(kit->ctx, chaos_domain_create(kit->ctx, cfg, &domid),
                     -EEXIST);
    kit_assert_says(kit->ctx, "vifs[1].ifname");
    kit_assert_same(kit, &before, "its name is taken");
    chaos_config_destroy(cfg);
}

/* What a shell has becomes what the configuration asks. */
static void finalise(void **state)
{
    struct kit *kit = *state;
    uint32_t domid =
        kit_create(kit, "vifs", "[{\"bridge\": \"xenbr0\"}]", NULL);
    const struct model_back *b = model_back(domid, NOXS_DEV_VIF, 0);
    struct chaos_config *cfg = kit_config(
        kit, "vifs",
        "[{\"bridge\": \"xenbr1\", \"mac\": \"02:00:00:00:00:09\", \"ip\": "
        "\"10.0.0.9/8\", \"rate\": \"1MB/s\", \"ifname\": \"nine\"}]",
        NULL);
    struct create c = CREATE_INIT(kit->ctx, cfg);
    struct vif made = {.ifindex = b->info.ifindex,
                       .mtu = MODEL_BRIDGE_MTU,
                       .bridge = b->bridge};

    snprintf(made.ifname, sizeof(made.ifname), "vif%u.0", domid);
    c.domid = domid;
    c.made = &made;
    assert_int_equal(devices_init(kit->ctx, cfg, 0, &c.devices), 0);
    assert_int_equal(devices_find_bridges(kit->ctx, &c.devices), 0);
    assert_int_equal(bus_xs.finalise_vifs(&c), 0);
    assert_value("02:00:00:00:00:09", "/local/domain/%u/device/vif/0/mac",
                 domid);
    assert_value("02:00:00:00:00:09", "/local/domain/0/backend/vif/%u/0/mac",
                 domid);
    assert_value("10.0.0.9/8", "/local/domain/%u/device/vif/0/ip", domid);
    assert_value("1300", "/local/domain/%u/device/vif/0/mtu", domid);
    assert_value("50000,50000", "/local/domain/0/backend/vif/%u/0/rate", domid);
    assert_value("xenbr1", "/libxl/%u/device/vif/0/bridge", domid);
    assert_string_equal(b->info.ifname, "nine");
    assert_int_equal(b->vif.mtu, MODEL_BRIDGE2_MTU);
    assert_int_equal(b->bridge, c.devices.vifs[0].bridge);
    devices_dispose(&c.devices);
    chaos_config_destroy(cfg);
}

/* --- vbds -------------------------------------------------------------------
 */

static void vbd(void **state)
{
    struct kit *kit = *state;
    struct snapshot before = kit_snapshot(kit);
    uint32_t domid = kit_create(kit, "vbds", device_image(kit, "r"), NULL);
    const struct model_back *b = model_back(domid, NOXS_DEV_VBD, XVDA);
    struct chaos_config *cfg =
        kit_config(kit, "vbds", device_image(kit, "w"), NULL);
    uint32_t second;

    assert_true(b->readonly && b->fd >= 0);
    assert_value("51712", "/local/domain/%u/device/vbd/51712/virtual-device",
                 domid);
    assert_value("1", "/local/domain/%u/device/vbd/51712/state", domid);
    assert_value("r", "/local/domain/0/backend/vbd/%u/51712/mode", domid);
    assert_value("xvda", "/local/domain/0/backend/vbd/%u/51712/dev", domid);
    assert_value(kit->ramdisk, "/libxl/%u/device/vbd/51712/params", domid);
    /* The back end has it open, and so locked. */
    kit_assert_error(kit->ctx, chaos_domain_create(kit->ctx, cfg, &second),
                     -EBUSY);
    kit_assert_says(kit->ctx, "another VM");
    device_destroy(kit, domid);
    assert_int_equal(chaos_domain_create(kit->ctx, cfg, &second), 0);
    assert_false(model_back(second, NOXS_DEV_VBD, XVDA)->readonly);
    device_destroy(kit, second);
    chaos_config_destroy(cfg);
    kit_renew(kit);
    kit_assert_same(kit, &before, "vbd");
}

/* The one that is kept has given its disk to the one that follows. */
static void restart(void **state)
{
    static const char *const actions[] = {"restart", "rename-restart"};
    struct kit *kit = *state;
    struct snapshot before = kit_snapshot(kit);
    unsigned i;

    for (i = 0; i < 2; i++) {
        uint32_t domid =
            kit_create(kit, "name", "web", "on_reboot", actions[i], "vifs",
                       "[{}]", "vbds", device_image(kit, "w"), NULL);
        uint32_t after;

        model_shutdown(domid, CHAOS_REASON_REBOOT);
        if (chaos_domain_settle(kit->ctx, domid, &after) != 0)
            fail_msg("%s: %s", actions[i], chaos_ctx_error(kit->ctx));
        assert_int_equal(model_backs(), 2);
        assert_non_null(model_back(after, NOXS_DEV_VBD, XVDA));
        device_destroy(kit, after);
        if (i == 1)
            device_destroy(kit, domid);
        kit_renew(kit);
        kit_assert_same(kit, &before, actions[i]);
    }
}

/* --- back ends that do not come, or go ---------------------------------------
 */

static void refused(struct kit *kit, int rc, const char *says, const char *key,
                    const char *value)
{
    struct chaos_config *cfg = kit_config(kit, key, value, NULL);
    struct snapshot before = kit_snapshot(kit);
    uint32_t domid;

    kit_assert_error(kit->ctx, chaos_domain_create(kit->ctx, cfg, &domid), rc);
    kit_assert_says(kit->ctx, says);
    kit_assert_same(kit, &before, says);
    chaos_config_destroy(cfg);
}

static void no_back_end(void **state)
{
    struct kit *kit = *state;

    (void)kit_create(kit, "vifs", "[{}]", NULL);
    host_knobs.no_stock = true;
    refused(kit, -ENODEV, "vifs[0]: there is no back end; 'modprobe xen-net",
            "vifs", "[{}]");
    refused(kit, -ENODEV, "vbds[0]: there is no back end; 'modprobe xen-blk",
            "vbds", device_image(kit, "w"));
    host_knobs.no_stock = false;
    host_knobs.stock_error = "-12 no memory for it";
    refused(kit, -EIO, "vifs[0]: xen-netback says: -12 no memory for it",
            "vifs", "[{}]");
    refused(kit, -EIO, "vbds[0]: xen-blkback says: -12 no memory for it",
            "vbds", device_image(kit, "w"));
}

static void count_error(void *arg, enum chaos_log_level level, const char *text)
{
    if (level == CHAOS_LOG_ERROR && strstr(text, "does not go"))
        ++*(unsigned *)arg;
}

/* A back end that does not go holds nobody up for ever, and is told of. */
static void back_end_stays(void **state)
{
    struct kit *kit = *state;
    uint32_t domid = kit_create(kit, "vifs", "[{}]", NULL);
    unsigned errors = 0;

    chaos_ctx_set_log(kit->ctx, CHAOS_LOG_ERROR, count_error, &errors);
    host_knobs.stock_stays = true;
    device_destroy(kit, domid);
    assert_int_equal(errors, 1);
    assert_false(model_view(domid).exists);
}

/* Everything that a create does fails in turn, the daemon's death included. */
static void fails_everywhere(struct kit *kit, int error)
{
    struct chaos_config *cfg = kit_config(kit, "name", "web", "vifs", VIF,
                                          "vbds", device_image(kit, "w"), NULL);

    (void)kit_create(kit, "vifs", "[{}]", NULL);
    kit_assert_create_fails(kit, cfg, error, 120);
    chaos_config_destroy(cfg);
}

static void create_fails(void **state)
{
    fails_everywhere(*state, EIO);
}

static void create_without_quota(void **state)
{
    fails_everywhere(*state, ENOSPC);
}

static void create_loses_daemon(void **state)
{
    fails_everywhere(*state, EPIPE);
}

/* --- hooks -------------------------------------------------------------------
 */

static unsigned lines(const char *path, const char *event)
{
    FILE *f = fopen(path, "r");
    char line[200];
    unsigned n = 0;

    while (f && fgets(line, sizeof(line), f))
        n += strncmp(line, event, strlen(event)) == 0;
    if (f)
        fclose(f);
    return n;
}

static void hooks(void **state)
{
    struct kit *kit = *state;
    char hook[90], said[90], script[300], vifs[200];
    uint32_t domid;

    snprintf(hook, sizeof(hook), "%s/hook", kit->dir);
    snprintf(said, sizeof(said), "%s/said", kit->dir);
    snprintf(script, sizeof(script), "#!/bin/sh\necho \"$*\" >>%s\n", said);
    kit_write_file(hook, script, strlen(script));
    assert_int_equal(chmod(hook, 0700), 0);
    snprintf(vifs, sizeof(vifs), "[{\"hook\": \"%s\"}]", hook);
    domid = kit_create(kit, "vifs", vifs, NULL);
    assert_int_equal(lines(said, "online vif"), 1);
    assert_int_equal(lines(said, "offline"), 0);
    device_destroy(kit, domid);
    assert_int_equal(lines(said, "offline vif"), 1);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup_stock, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(vif),
        TEST(ifname_taken),
        TEST(finalise),
        TEST(vbd),
        TEST(restart),
        TEST(no_back_end),
        TEST(create_fails),
        TEST(create_without_quota),
        TEST(create_loses_daemon),
        TEST(hooks),
        TEST(back_end_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
