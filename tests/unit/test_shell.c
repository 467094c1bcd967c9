/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM made of a shell is the one that is made in one go, whatever is asked of
 * it: the same devices, memory, identity and record.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <noxs/console.h>

#include "birth.h"
#include "host_model.h"
#include "kernel.h"
#include "shell_kit.h"
#include "unit.h"

/* Create it in that way; the text of what came of it, free() it. */
static char *make(struct kit *kit, const struct chaos_config *cfg, enum way way)
{
    struct chaos_ctx *daemon = kit_second(kit);
    struct chaos_shell *shell = NULL;
    const struct noxs_console *console;
    uint32_t domid;
    char *text;

    if (way != WAY_PLAIN) {
        shell = shell_prepare(kit, daemon, cfg, way);
        pool_offer(daemon, shell);
    }
    if (chaos_domain_create(kit->ctx, cfg, &domid) != 0)
        fail_msg("%s: %s (%s)", way_names[way], chaos_ctx_error(kit->ctx),
                 model_why());
    if (way != WAY_PLAIN) {
        assert_int_equal(domid, chaos_shell_domid(shell));
        assert_int_equal(pool_done().takes, 1);
        assert_int_equal(pool_done().dones, 1);
        assert_int_equal(pool_done().domid, domid);
        assert_int_equal(pool_done().result, 0);
        assert_true(pool_done().shell);
    }
    pool_end();
    assert_int_equal(shell_births(daemon, NULL), 0);
    console = model_control(domid, NOXS_DEV_CONSOLE);
    /* The daemon whose shell it was attaches to it soon. */
    assert_int_equal(console->attached, way == WAY_LOADED);
    text = shell_print(kit, domid);
    assert_int_equal(chaos_domain_destroy(kit->ctx, domid), 0);
    chaos_shell_free(shell);
    chaos_ctx_destroy(daemon);
    return text;
}

static void same_every_way(struct kit *kit, const struct chaos_config *cfg)
{
    struct snapshot before;
    char *plain = make(kit, cfg, WAY_PLAIN);
    enum way way;

    kit_renew(kit);
    before = kit_snapshot(kit);
    for (way = WAY_SHELL; way < WAYS; way++) {
        char *text = make(kit, cfg, way);

        if (strcmp(plain, text) != 0)
            fail_msg("%s:\n%s\nplain:\n%s", way_names[way], text, plain);
        free(text);
        kit_renew(kit);
        kit_assert_same(kit, &before, way_names[way]);
    }
    free(plain);
}

static void every_wish(void **state)
{
    static const char *const wishes[][2] = {
        {"name", "web-1"},
        {"paused", "true"},
        {"cmdline", "console=hvc0 x=\"1 2\""},
        {"memory", "64"},
        {"memory", "3604K"},
        {"vcpus", "2"},
        {"vcpus", "{\"count\": 2, \"cpumap\": [1]}"},
        {"on_reboot", "destroy"},
        {"vifs", "[{}]"},
        {"vifs", "[{\"bridge\": \"xenbr0\"}]"},
        {"vifs", "[{\"mac\": \"02:00:00:00:00:05\"}, {}]"},
        {"vifs", "[{\"ifname\": \"web0\"}, {\"bridge\": \"xenbr0\"}]"},
        {"vifs", "[{\"ip\": \"10.0.0.2/24\", \"gateway\": \"10.0.0.1\"}]"},
        {"vifs", "[{\"ip\": \"fd00::2/64\"}]"},
        {"vifs", "[{\"rate\": \"1Mb/s\"}, {\"mtu\": 1300}]"},
        {"vifs", "[{\"bridge\": \"xenbr0\", \"mtu\": 1300}]"},
        {"vifs", "[{\"hook\": \"/bin/true\"}]"},
    };
    shell_each_wish(*state, wishes, sizeof(wishes) / sizeof(*wishes),
                    same_every_way);
}

static void everything_at_once(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = shell_rich_config(kit);
    uint32_t flags;

    for (flags = 0; flags < 4; flags++) {
        struct kernel k;

        kernel_make(&k, 0x400000, flags);
        kernel_write(&k, kit->kernel);
        same_every_way(kit, cfg);
    }
    chaos_config_destroy(cfg);
}

static void memory_in_pieces(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = shell_rich_config(kit);

    for (model_knobs.order_max = 0; model_knobs.order_max < 10;
         model_knobs.order_max++)
        same_every_way(kit, cfg);
    chaos_config_destroy(cfg);
}

/* The shell is in another bridge than the VM is to be. */
static void other_bridge(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = kit_config(kit, "vifs", "[{}, {}]", NULL);
    struct chaos_config *other = kit_config(
        kit, "vifs", "[{\"bridge\": \"xenbr0\"}, {\"bridge\": \"xenbr0\"}]",
        NULL);
    const struct chaos_config *ways[][2] = {{cfg, other}, {other, cfg}};
    unsigned i;

    for (i = 0; i < 2; i++) {
        struct chaos_shell *shell =
            shell_prepare(kit, kit->ctx, ways[i][0], WAY_LOADED);
        const struct model_back *b;
        uint32_t domid;

        pool_offer(kit->ctx, shell);
        assert_int_equal(chaos_domain_create(kit->ctx, ways[i][1], &domid), 0);
        assert_int_equal(domid, chaos_shell_domid(shell));
        b = model_back(domid, NOXS_DEV_VIF, 1);
        assert_int_equal(b->bridge != 0, i == 0);
        assert_int_equal(b->vif.mtu, i == 0 ? MODEL_BRIDGE_MTU : 1500);
        chaos_shell_free(shell);
    }
    chaos_config_destroy(cfg);
    chaos_config_destroy(other);
}

/* A VM that has no uuid of its own takes the shell's, and its MACs with it. */
static void uuid_of_the_shell(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = kit_config(kit, "vifs", "[{}]", NULL);
    struct chaos_shell *shell = shell_prepare(kit, kit->ctx, cfg, WAY_SHELL);
    uint8_t mac[6];
    struct chaos_domain_info info;
    unsigned calls;
    uint32_t domid;

    memcpy(mac, model_back(chaos_shell_domid(shell), NOXS_DEV_VIF, 0)->vif.mac,
           6);
    pool_offer(kit->ctx, shell);
    calls = model_host_calls();
    assert_int_equal(chaos_domain_create(kit->ctx, cfg, &domid), 0);
    /* Nothing had to be changed. */
    assert_int_equal(model_host_calls(), calls);
    assert_memory_equal(model_back(domid, NOXS_DEV_VIF, 0)->vif.mac, mac, 6);
    assert_int_equal(chaos_domain_info(kit->ctx, domid, &info), 0);
    assert_int_equal(info.uuid[6] >> 4, 4);
    chaos_shell_free(shell);
    chaos_config_destroy(cfg);
}

/* --- what a shell is ---------------------------------------------------------
 */

static void shell_as_listed(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = kit_config(kit, "vifs", "[{}]", NULL);
    enum way way;

    for (way = WAY_SHELL; way < WAYS; way++) {
        struct chaos_shell *shell = shell_prepare(kit, kit->ctx, cfg, way);
        uint32_t owner, domid = chaos_shell_domid(shell);
        struct chaos_domain_info info;
        struct chaos_birth birth;

        assert_int_equal(chaos_domain_info(kit->ctx, domid, &info), 0);
        assert_true(info.building && info.paused);
        assert_string_equal(info.name, "");
        assert_int_equal(info.devices, 0);
        assert_int_equal(model_view(domid).started, way == WAY_LOADED);
        assert_int_equal(chaos_birth(kit->ctx, domid, &birth), 0);
        assert_int_equal(chaos_owner(kit->ctx, &owner), 0);
        assert_int_equal(birth.domid, domid);
        assert_int_equal(birth.owner, owner);
        assert_true(birth.shell);
        assert_false(birth.orphan);
        /* Nobody starts it by mistake. */
        kit_assert_error(kit->ctx, chaos_domain_unpause(kit->ctx, domid),
                         -EBUSY);
        kit_assert_error(kit->ctx, chaos_domain_pause(kit->ctx, domid), -EBUSY);
        assert_true(model_view(domid).paused);
        assert_int_equal(chaos_shell_destroy(kit->ctx, shell), 0);
        assert_false(model_view(domid).exists);
        kit_assert_error(kit->ctx, chaos_shell_destroy(kit->ctx, shell),
                         -ESRCH);
        assert_int_equal(model_backs(), 0);
        chaos_shell_free(shell);
    }
    chaos_shell_free(NULL);
    chaos_config_destroy(cfg);
}

/* An operator ends a shell as any other domain: nothing of it is left. */
static void destroyed_by_hand(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = kit_config(kit, "vifs", "[{}]", NULL);
    struct chaos_shell *shell = shell_prepare(kit, kit->ctx, cfg, WAY_SHELL);
    struct snapshot before;

    assert_int_equal(chaos_shell_destroy(kit->ctx, shell), 0);
    chaos_shell_free(shell);
    before = kit_snapshot(kit);
    shell = shell_prepare(kit, kit->ctx, cfg, WAY_SHELL);
    assert_int_equal(chaos_domain_destroy(kit->ctx, chaos_shell_domid(shell)),
                     0);
    kit_assert_same(kit, &before, "destroyed");
    kit_assert_error(kit->ctx, chaos_shell_give(kit->ctx, shell, 7), -ESRCH);
    chaos_shell_free(shell);
    chaos_config_destroy(cfg);
}

/* The image is another when it is opened, or becomes so while it is read. */
static void rewrite(void *arg, const char *operation)
{
    struct kit *kit = arg;

    if (strcmp(operation, "map") == 0)
        kit_write_file(kit->ramdisk, "another", 8);
}

static void stale_images(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg;
    struct snapshot before;
    struct chaosd_shape shape;
    struct chaos_shell *shell;

    kit_write_file(kit->ramdisk, "one", 4);
    cfg = kit_config(kit, "ramdisk", kit->ramdisk, NULL);
    shell = shell_prepare(kit, kit->ctx, cfg, WAY_LOADED);
    assert_int_equal(chaos_shell_destroy(kit->ctx, shell), 0);
    chaos_shell_free(shell);
    before = kit_snapshot(kit);

    shape = shell_shape(kit, cfg, WAY_LOADED);
    shape.kernel.mtime_ns++;
    kit_assert_error(kit->ctx, chaos_shell_prepare(kit->ctx, &shape, &shell),
                     -ESTALE);
    shape = shell_shape(kit, cfg, WAY_LOADED);
    kit_write_file(kit->ramdisk, "other", 6);
    kit_assert_error(kit->ctx, chaos_shell_prepare(kit->ctx, &shape, &shell),
                     -ESTALE);
    shape = shell_shape(kit, cfg, WAY_LOADED);
    model_set_hook(rewrite, kit);
    kit_assert_error(kit->ctx, chaos_shell_prepare(kit->ctx, &shape, &shell),
                     -ESTALE);
    model_set_hook(NULL, NULL);
    kit_assert_same(kit, &before, "stale");
    chaos_config_destroy(cfg);
}

static void bad_shapes(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = kit_config(kit, "vifs", "[{}]", NULL);
    struct chaosd_shape good = shell_shape(kit, cfg, WAY_LOADED), s;
    struct chaos_shell *shell;
    struct snapshot before;

#define REFUSED(change, error)                                                 \
    do {                                                                       \
        s = good;                                                              \
        change;                                                                \
        kit_assert_error(kit->ctx, chaos_shell_prepare(kit->ctx, &s, &shell),  \
                         error);                                               \
    } while (0)

    before = kit_snapshot(kit);
    REFUSED(s.flags = CHAOSD_SHAPE_PVH, -EOPNOTSUPP);
    REFUSED(s.flags = 4, -EINVAL);
    REFUSED(s.flags = CHAOSD_SHAPE_XENSTORE; s.vbd_count = 1, -EINVAL);
    REFUSED(s.memory_kb = 0, -EINVAL);
    REFUSED(s.memory_kb = 4097, -EINVAL);
    REFUSED(s.memory_kb = ~UINT64_C(3), -EINVAL);
    REFUSED(s.vcpus = 0, -EINVAL);
    REFUSED(s.vcpus = 129, -EINVAL);
    REFUSED(s.vif_count = 9, -EINVAL);
    REFUSED(s.vif_count = 0; strcpy(s.bridges[0], "x"), -EINVAL);
    REFUSED(s.vbd_count = 33, -EINVAL);
    REFUSED(memset(s.bridges[0], 'x', CHAOSD_BRIDGE_SIZE), -EINVAL);
    REFUSED(strcpy(s.bridges[0], "a/b"), -EINVAL);
    REFUSED(s.bridges[0][9] = 'x', -EINVAL);
    REFUSED(memset(s.kernel.path, '/', CHAOSD_PATH_SIZE), -EINVAL);
    REFUSED(s.kernel.path[0] = 'x', -EINVAL);
    REFUSED(s.kernel.path[0] = '\0', -EINVAL);
    REFUSED(s.ramdisk.size = 1, -EINVAL);
    REFUSED(s.ramdisk = s.kernel;
            memset(&s.kernel, 0, sizeof(s.kernel)), -EINVAL);
    REFUSED(strcpy(s.bridges[0], "none"), -ENODEV);
    assert_int_equal(model_counts().domains, 1);
    assert_int_equal(kit_snapshot(kit).fds, before.fds);
    chaos_config_destroy(cfg);
}

/* --- shapes of configurations
 * -------------------------------------------------
 */

static void shapes(void **state)
{
    struct kit *kit = *state;
    struct chaos_config *cfg = shell_rich_config(kit);
    struct chaosd_shape shape;
    char long_path[400];
    struct stat st;

    assert_int_equal(chaos_shape_of(kit->ctx, cfg, &shape), 0);
    assert_int_equal(stat(kit->kernel, &st), 0);
    assert_int_equal(shape.memory_kb, 3600);
    assert_int_equal(shape.vcpus, 2);
    assert_int_equal(shape.flags, 0);
    assert_int_equal(shape.vif_count, 2);
    assert_int_equal(shape.vbd_count, 2);
    assert_string_equal(shape.bridges[0], "xenbr0");
    assert_string_equal(shape.bridges[1], "");
    assert_string_equal(shape.kernel.path, kit->kernel);
    assert_int_equal(shape.kernel.ino, st.st_ino);
    assert_int_equal(shape.kernel.size, st.st_size);
    assert_string_equal(shape.ramdisk.path, kit->ramdisk);
    assert_int_equal(unlink(kit->kernel), 0);
    kit_assert_error(kit->ctx, chaos_shape_of(kit->ctx, cfg, &shape), -ENOENT);
    memset(long_path, '/', sizeof(long_path));
    strcpy(long_path + 250, kit->kernel);
    assert_int_equal(chaos_config_set(kit->ctx, cfg, "kernel", long_path), 0);
    kit_assert_error(kit->ctx, chaos_shape_of(kit->ctx, cfg, &shape), -E2BIG);
    chaos_config_destroy(cfg);
    cfg = kit_config(kit, "vifs", "[{},{},{},{},{},{},{},{},{}]", NULL);
    kit_assert_error(kit->ctx, chaos_shape_of(kit->ctx, cfg, &shape), -E2BIG);
    chaos_config_destroy(cfg);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_wish),        TEST(everything_at_once),
        TEST(memory_in_pieces),  TEST(other_bridge),
        TEST(uuid_of_the_shell), TEST(shell_as_listed),
        TEST(destroyed_by_hand), TEST(stale_images),
        TEST(bad_shapes),        TEST(shapes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
