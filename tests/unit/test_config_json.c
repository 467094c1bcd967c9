/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A configuration survives the way to JSON and back: known texts, then many
 * random ones. And no call leaks or breaks when any allocation in it fails.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <chaos/chaos.h>

#include "config.h"
#include "oom.h"
#include "unit.h"

#define ROUNDS 3000

static const char full[] =
    "{\"name\":\"web-1\",\"uuid\":\"6e5d1ad3-8c0f-4a4e-9f6b-0f3c1d2b7a55\","
    "\"kernel\":\"/k\",\"ramdisk\":\"/r\",\"cmdline\":\"a\\\"\\n\\u0001\","
    "\"memory\":\"3600K\",\"vcpus\":{\"count\":2,\"cpumap\":\"0-3,5\"},"
    "\"address_size\":32,\"paused\":true,\"on_poweroff\":\"preserve\","
    "\"on_reboot\":\"destroy\",\"on_crash\":\"rename-restart\","
    "\"vifs\":[{},{\"ip\":\"10.0.0.2/24\",\"mac\":\"00:16:3e:00:00:01\","
    "\"bridge\":\"br0\"},{\"ip\":\"10.0.0.3\",\"gateway\":\"10.0.0.1\","
    "\"ifname\":\"web0\",\"mtu\":1400,\"rate\":\"1MB/s@20ms\","
    "\"hook\":\"/h\"}],\"vbds\":[{\"target\":\"/d\",\"type\":\"file\","
    "\"vdev\":\"xvda\",\"access\":\"w\"}],"
    "\"xen\":{\"pvh\":true,\"dev_method\":\"xenstore\"}}";

static struct chaos_ctx *ctx;

static int setup(void **state)
{
    (void)state;
    return chaos_ctx_create(&ctx);
}

static int teardown(void **state)
{
    (void)state;
    chaos_ctx_destroy(ctx);
    return 0;
}

static struct chaos_config *read_config(const char *text)
{
    struct chaos_config *cfg;

    assert_int_equal(chaos_config_create(ctx, &cfg), 0);
    if (chaos_config_parse(ctx, cfg, "t", text, strlen(text)) != 0)
        fail_msg("%s: %s", text, chaos_ctx_error(ctx));
    return cfg;
}

static void check_json(const struct chaos_config *cfg, const char *expected)
{
    char *json;

    assert_int_equal(chaos_config_json(ctx, cfg, &json), 0);
    assert_string_equal(json, expected);
    free(json);
}

static void same_text(const char *a, const char *b)
{
    assert_true(!a == !b);
    if (a)
        assert_string_equal(a, b);
}

/* Field by field, so that a key JSON forgets is seen. */
static void same(const struct chaos_config *a, const struct chaos_config *b)
{
    unsigned i;

    same_text(a->name, b->name);
    same_text(a->kernel, b->kernel);
    same_text(a->ramdisk, b->ramdisk);
    same_text(a->cmdline, b->cmdline);
    assert_int_equal(a->memory_kb, b->memory_kb);
    assert_int_equal(a->vcpus, b->vcpus);
    assert_int_equal(a->has_cpumap, b->has_cpumap);
    if (a->has_cpumap)
        assert_memory_equal(a->cpumap, b->cpumap, sizeof(a->cpumap));
    assert_int_equal(a->paused, b->paused);
    assert_int_equal(a->has_uuid, b->has_uuid);
    if (a->has_uuid)
        assert_memory_equal(a->uuid, b->uuid, sizeof(a->uuid));
    assert_int_equal(a->on_poweroff, b->on_poweroff);
    assert_int_equal(a->on_reboot, b->on_reboot);
    assert_int_equal(a->on_crash, b->on_crash);
    assert_int_equal(a->address_size, b->address_size);
    assert_int_equal(a->pvh, b->pvh);
    assert_int_equal(a->dev_method, b->dev_method);
    assert_int_equal(a->vif_count, b->vif_count);
    for (i = 0; i < a->vif_count; i++) {
        same_text(a->vifs[i].bridge, b->vifs[i].bridge);
        same_text(a->vifs[i].ip, b->vifs[i].ip);
        assert_int_equal(a->vifs[i].has_mac, b->vifs[i].has_mac);
        assert_memory_equal(a->vifs[i].mac, b->vifs[i].mac, 6);
        same_text(a->vifs[i].gateway, b->vifs[i].gateway);
        same_text(a->vifs[i].ifname, b->vifs[i].ifname);
        same_text(a->vifs[i].hook, b->vifs[i].hook);
        assert_int_equal(a->vifs[i].mtu, b->vifs[i].mtu);
        assert_int_equal(a->vifs[i].rate_bytes, b->vifs[i].rate_bytes);
        assert_int_equal(a->vifs[i].rate_interval_us,
                         b->vifs[i].rate_interval_us);
    }
    assert_int_equal(a->vbd_count, b->vbd_count);
    for (i = 0; i < a->vbd_count; i++) {
        same_text(a->vbds[i].target, b->vbds[i].target);
        same_text(a->vbds[i].vdev, b->vbds[i].vdev);
        assert_int_equal(a->vbds[i].type, b->vbds[i].type);
        assert_int_equal(a->vbds[i].writable, b->vbds[i].writable);
    }
}

static void test_known(void **state)
{
    struct chaos_config *cfg = read_config("{}");

    (void)state;
    /* Keys at their defaults are left out. */
    check_json(cfg, "{}");
    chaos_config_destroy(cfg);
    cfg = read_config("{\"memory\":\"4M\",\"vcpus\":{\"cpumap\":[1]},"
                      "\"xen\":{\"pvh\":false},\"vifs\":[{}],"
                      "\"vbds\":[{\"target\":\"/d\",\"vdev\":\"xvda\"}]}");
    check_json(cfg, "{\"vcpus\":{\"cpumap\":\"1\"},\"vifs\":[{}],"
                    "\"vbds\":[{\"target\":\"/d\",\"vdev\":\"xvda\"}]}");
    chaos_config_destroy(cfg);
    cfg = read_config(full);
    check_json(cfg, full);
    chaos_config_destroy(cfg);
}

static void test_copy(void **state)
{
    struct chaos_config *cfg = read_config(full);
    struct chaos_config *copy;

    (void)state;
    assert_int_equal(chaos_config_copy(ctx, cfg, &copy), 0);
    same(cfg, copy);
    /* Nothing is shared. */
    chaos_config_destroy(cfg);
    check_json(copy, full);
    chaos_config_destroy(copy);
    chaos_config_destroy(NULL);
}

/* --- random configurations ----------------------------------------------- */

static unsigned seed = 1;

static unsigned below(unsigned limit)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % limit;
}

static void set(struct chaos_config *cfg, const char *key, const char *value)
{
    if (chaos_config_set(ctx, cfg, key, value) != 0)
        fail_msg("%s=%s: %s", key, value, chaos_ctx_error(ctx));
}

/* Any character but '\0', in UTF-8. */
static void random_text(char *text, unsigned max)
{
    static const char *const pieces[] = {"a",
                                         "/",
                                         "\"",
                                         "\\",
                                         "\n",
                                         "\x1f",
                                         "\x7f",
                                         "{",
                                         "[",
                                         ",",
                                         " ",
                                         "%",
                                         "\xc3\xbc",
                                         "\xe2\x80\xa8",
                                         "\xf0\x9f\x90\xa7"};
    unsigned len = below(max);

    text[0] = '\0';
    while (strlen(text) < len)
        strcat(text, pieces[below(sizeof(pieces) / sizeof(pieces[0]))]);
}

static void random_list(char *text, size_t size, bool vifs)
{
    unsigned i, count = below(33);
    size_t used = (size_t)snprintf(text, size, "[");

    for (i = 0; i < count; i++) {
        const char *comma = i ? "," : "";

        if (!vifs)
            used += (size_t)snprintf(
                text + used, size - used,
                "%s{\"target\":\"/d%u\",\"vdev\":\"xvd%c\",\"type\":\"%s\","
                "\"access\":\"%s\"}",
                comma, i, 'a' + (char)below(26), below(2) ? "phy" : "file",
                below(2) ? "r" : "w");
        else if (below(2))
            used += (size_t)snprintf(
                text + used, size - used,
                "%s{\"mac\":\"%02x:16:3e:00:%02x:01\",\"ip\":\"fd00::%x/%u\"}",
                comma, below(128) * 2, below(256), below(65536), below(129));
        else if (below(2))
            used += (size_t)snprintf(
                text + used, size - used,
                "%s{\"ifname\":\"e%u\",\"mtu\":%u,\"rate\":\"%uKb/s@%ums\"}",
                comma, below(1000), 68 + below(65450), 10000 + below(1 << 24),
                1 + below(1000));
        else
            used +=
                (size_t)snprintf(text + used, size - used,
                                 "%s{\"bridge\":\"br%u\"}", comma, below(1000));
    }
    (void)snprintf(text + used, size - used, "]");
}

static void random_numbers(struct chaos_config *cfg)
{
    static const char *const actions[] = {"destroy", "restart", "preserve",
                                          "rename-restart"};
    char text[64];

    (void)snprintf(text, sizeof(text), "%uK", 64 + 4 * below(1 << 22));
    set(cfg, "memory", text);
    (void)snprintf(text, sizeof(text), "%u", 1 + below(128));
    set(cfg, "vcpus", text);
    if (below(2)) {
        unsigned first = below(1000);

        (void)snprintf(text, sizeof(text), "%u,%u-%u", below(1024), first,
                       first + below(24));
        set(cfg, "vcpus.cpumap", text);
    }
    (void)snprintf(text, sizeof(text), "%08x-0000-4000-8000-%06x%06x",
                   below(1 << 24), below(1 << 24), 1 + below(1 << 23));
    if (below(2))
        set(cfg, "uuid", text);
    set(cfg, "paused", below(2) ? "true" : "false");
    set(cfg, "address_size", below(2) ? "32" : "64");
    set(cfg, "on_poweroff", actions[below(4)]);
    set(cfg, "on_reboot", actions[below(4)]);
    set(cfg, "on_crash", actions[below(4)]);
    set(cfg, "xen.pvh", below(2) ? "true" : "false");
    set(cfg, "xen.dev_method", below(2) ? "noxs" : "xenstore");
}

static void test_random(void **state)
{
    unsigned i;

    (void)state;
    for (i = 0; i < ROUNDS; i++) {
        char text[8192] = "/";
        struct chaos_config *cfg = read_config("{}");
        struct chaos_config *again;
        char *json;

        random_numbers(cfg);
        random_text(text + 1, 60);
        set(cfg, "kernel", text);
        set(cfg, "ramdisk", below(2) ? text : "");
        random_text(text, 1000);
        set(cfg, "cmdline", text);
        (void)snprintf(text, sizeof(text), "n\xc3\xbc%%\"\\%u", below(1000));
        if (below(2))
            set(cfg, "name", text);
        random_list(text, sizeof(text), true);
        set(cfg, "vifs", text);
        random_list(text, sizeof(text), false);
        set(cfg, "vbds", text);

        assert_int_equal(chaos_config_json(ctx, cfg, &json), 0);
        again = read_config(json);
        same(cfg, again);
        check_json(again, json);
        free(json);
        chaos_config_destroy(cfg);
        chaos_config_destroy(again);
    }
}

/* --- no memory ----------------------------------------------------------- */

/* Everything, once. Cleans up after itself whatever happens. */
static int whole_life(const char *text, size_t len)
{
    struct chaos_config *cfg = NULL, *copy = NULL;
    char *json = NULL;
    int rc = chaos_config_create(ctx, &cfg);

    if (rc == 0)
        rc = chaos_config_parse(ctx, cfg, "t", text, len);
    if (rc == 0)
        rc = chaos_config_set(ctx, cfg, "name", "other");
    if (rc == 0)
        rc = chaos_config_set(ctx, cfg, "kernel", "relative");
    if (rc == 0)
        rc = chaos_config_set(ctx, cfg, "vifs", "[{\"bridge\":\"b\"},{}]");
    if (rc == 0)
        rc = chaos_config_set(ctx, cfg, "vifs[2].gateway", "10.0.0.1");
    if (rc == 0)
        rc = chaos_config_copy(ctx, cfg, &copy);
    if (rc == 0)
        rc = chaos_config_json(ctx, copy, &json);
    free(json);
    chaos_config_destroy(copy);
    chaos_config_destroy(cfg);
    return rc;
}

static void test_no_memory(void **state)
{
    /* Long enough that the parser's memory does not fit on the stack. */
    static char text[sizeof(full) + 4096];
    unsigned n = 0;
    int rc;

    (void)state;
    (void)snprintf(text, sizeof(text), "%s%4000s", full, " ");
    for (;; n++) {
        oom_arm(n);
        rc = whole_life(text, strlen(text));
        if (!oom_disarm())
            break;
        assert_int_equal(rc, -ENOMEM);
        assert_true(chaos_ctx_error(ctx)[0] != '\0');
    }
    assert_int_equal(rc, 0);
    assert_in_range(n, 30, 200);
}

/* What fails for want of memory changes nothing. */
static void test_no_memory_unchanged(void **state)
{
    struct chaos_config *cfg = read_config(full);
    unsigned n;
    int rc;

    (void)state;
    for (n = 0;; n++) {
        oom_arm(n);
        rc = chaos_config_set(ctx, cfg, "vbds",
                              "[{\"target\":\"/e\",\"vdev\":\"xvdb\"}]");
        if (!oom_disarm())
            break;
        assert_int_equal(rc, -ENOMEM);
        check_json(cfg, full);
    }
    assert_int_equal(rc, 0);
    /* Neither room for a new element nor, with it, for its value. */
    for (n = 0; n < 2; n++) {
        char *before, *after;

        assert_int_equal(chaos_config_json(ctx, cfg, &before), 0);
        oom_arm(n);
        assert_int_equal(chaos_config_set(ctx, cfg, "vifs[3].ifname", "web0"),
                         -ENOMEM);
        assert_true(oom_disarm());
        assert_int_equal(chaos_config_json(ctx, cfg, &after), 0);
        assert_string_equal(before, after);
        free(before);
        free(after);
    }
    oom_arm(0);
    assert_int_equal(chaos_config_set(ctx, cfg, "name", "x"), -ENOMEM);
    assert_true(oom_disarm());
    assert_string_equal(chaos_ctx_error(ctx), "name: cannot be kept");
    assert_string_equal(cfg->name, "web-1");
    chaos_config_destroy(cfg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_no_memory_unchanged),
    };

    return cmocka_run_group_tests_name("config json", tests, setup, teardown);
}
