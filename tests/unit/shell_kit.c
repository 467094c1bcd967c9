/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shell_kit.c: what tests of shells start from.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <noxs/console.h>
#include <noxs/net.h>
#include <xen/xen.h>

#include "host_model.h"
#include "shell.h"
#include "shell_kit.h"
#include "unit.h"

const char *const way_names[WAYS] = {"plain", "of a shell",
                                     "of a loaded shell"};

struct chaosd_shape shell_shape(struct kit *kit, const struct chaos_config *cfg,
                                enum way way)
{
    /* The kit's context is to be as new. */
    struct chaos_ctx *ctx = kit_second(kit);
    struct chaosd_shape shape;

    assert_int_equal(chaos_shape_of(ctx, cfg, &shape), 0);
    chaos_ctx_destroy(ctx);
    if (way != WAY_LOADED) {
        memset(&shape.kernel, 0, sizeof(shape.kernel));
        memset(&shape.ramdisk, 0, sizeof(shape.ramdisk));
    }
    return shape;
}

struct chaos_shell *shell_prepare(struct kit *kit, struct chaos_ctx *daemon,
                                  const struct chaos_config *cfg, enum way way)
{
    struct chaosd_shape shape = shell_shape(kit, cfg, way);
    struct chaos_shell *shell;

    if (chaos_shell_prepare(daemon, &shape, &shell) != 0)
        fail_msg("prepare: %s (%s)", chaos_ctx_error(daemon), model_why());
    return shell;
}

/* As shell_data.c does. */
void shell_seal(struct shell *s)
{
    const uint64_t *words = (const void *)s;
    uint64_t sum = 0;
    size_t i;

    for (i = 0; i < s->size / 8; i++) {
        if (i != offsetof(struct shell, sum) / 8)
            sum = ((sum << 7 | sum >> 57) ^ words[i]) *
                  UINT64_C(0x9e3779b97f4a7c15);
    }
    s->sum = sum;
}

void shell_each_wish(struct kit *kit, const char *const (*wishes)[2],
                     size_t count, shell_way_check *check)
{
    size_t i;

    for (i = 0; i < count; i++) {
        struct chaos_config *cfg =
            kit_config(kit, "uuid", "01234567-89ab-cdef-0123-456789abcdef",
                       wishes[i][0], wishes[i][1], NULL);

        check(kit, cfg);
        chaos_config_destroy(cfg);
    }
}

struct chaos_config *shell_rich_config(struct kit *kit)
{
    uint8_t data[5000] = {1};
    char vbds[400];

    kit_write_file(kit->ramdisk, data, sizeof(data));
    snprintf(vbds, sizeof(vbds),
             "[{\"target\": \"%s\", \"type\": \"file\", \"vdev\": \"xvda\"},"
             "{\"target\": \"%s\", \"type\": \"file\", \"vdev\": \"xvdc\"}]",
             kit->ramdisk, kit->ramdisk);
    return kit_config(
        kit, "name", "web-1", "uuid", "01234567-89ab-cdef-0123-456789abcdef",
        "ramdisk", kit->ramdisk, "memory", "3600K", "cmdline", "a b", "vcpus",
        "{\"count\": 2, \"cpumap\": [0]}", "vbds", vbds, "vifs",
        "[{\"bridge\": \"xenbr0\", \"hook\": \"/bin/true\"},"
        "{\"ip\": \"10.0.0.2/24\", \"gateway\": \"10.0.0.1\", \"rate\": "
        "\"1Mb/s\", \"mtu\": 1300, \"ifname\": \"web0\", \"mac\": "
        "\"02:00:00:00:00:05\"}]",
        NULL);
}

/* --- what a VM is like -------------------------------------------------------
 */

#define PRINT_MAX 32768u

struct print {
    char *text;
    size_t len;
};

static void line(struct print *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void line(struct print *p, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    p->len += (size_t)vsnprintf(p->text + p->len, PRINT_MAX - p->len, fmt, ap);
    va_end(ap);
    assert_true(p->len < PRINT_MAX);
}

static void hex(struct print *p, const char *what, const void *data, size_t n)
{
    const uint8_t *bytes = data;
    size_t i;

    line(p, "%s ", what);
    for (i = 0; i < n; i++)
        line(p, "%02x", bytes[i]);
    line(p, "\n");
}

static void print_domain(struct print *p, struct kit *kit, uint32_t domid)
{
    struct model_view v = model_view(domid);
    struct chaos_domain_info info;

    assert_int_equal(chaos_domain_info(kit->ctx, domid, &info), 0);
    line(p, "name %s generation %lu building %d\n", info.name,
         (unsigned long)info.generation, info.building);
    hex(p, "uuid", info.uuid, sizeof(info.uuid));
    hex(p, "identity", v.page->identity.uuid, NOXS_UUID_SIZE);
    line(p, "paused %d started %d vcpus %u affinity %u %lx\n", v.paused,
         v.started, v.vcpus, v.affinities, (unsigned long)v.affinity0);
    line(p, "pages %lu of %lu\n", (unsigned long)v.pages,
         (unsigned long)v.max_pages);
    line(p, "entry %lx stack %lx\n", (unsigned long)v.start.entry,
         (unsigned long)v.start.stack);
}

static void print_start_info(struct print *p, uint32_t domid)
{
    uint64_t addr = model_view(domid).start.start_info;
    uint64_t entry = model_walk(domid, addr, NULL);
    const start_info_t *si =
        model_frame((entry & UINT64_C(0xffffffffff000)) >> 12);
    _Alignas(struct noxs_console) uint8_t console[4096];

    line(p, "start_info %lx %s pages %lu mod %lx %lu tables %lx %lu p2m %lx\n",
         (unsigned long)addr, si->magic, si->nr_pages, si->mod_start,
         si->mod_len, si->pt_base, si->nr_pt_frames, si->mfn_list);
    line(p, "cmdline '%s'\n", (const char *)si->cmd_line);
    line(p, "console %d sysctl %d shared_info %d\n",
         si->console.domU.mfn == model_device(domid, NOXS_DEV_CONSOLE)->gfn,
         si->store_mfn == model_device(domid, NOXS_DEV_SYSCTL)->gfn,
         si->shared_info >> 12 == model_view(domid).shared_info_frame);
    line(p, "console port %d\n",
         si->console.domU.evtchn ==
             model_device(domid, NOXS_DEV_CONSOLE)->evtchn);
    memcpy(console, model_control(domid, NOXS_DEV_CONSOLE), sizeof(console));
    /* Whether somebody attaches soon is not of the VM. */
    ((struct noxs_console *)(void *)console)->attached = 0;
    hex(p, "console page", console, sizeof(console));
    hex(p, "sysctl page", model_control(domid, NOXS_DEV_SYSCTL), 64);
}

static void print_back(struct print *p, const struct noxs_device *device,
                       uint32_t domid)
{
    const struct model_back *b = model_back(domid, device->type, device->id);
    struct noxs_net_config net;
    struct noxs_device expected;
    char name[32];

    if (!b)
        return;
    expected = b->device;
    expected.generation = device->generation;
    assert_memory_equal(&expected, device, sizeof(expected));
    if (device->type != NOXS_DEV_VIF) {
        line(p, "vbd readonly %d\n", b->readonly);
        return;
    }
    snprintf(name, sizeof(name), "vif%u.%u", domid, device->id);
    line(p, "vif %s bridge %u up %d mtu %u rate %lu %u\n",
         strcmp(name, b->info.ifname) == 0 ? "default" : b->info.ifname,
         b->bridge, b->up, b->vif.mtu, (unsigned long)b->vif.rate_bytes,
         b->vif.rate_interval_us);
    hex(p, "mac", b->vif.mac, 6);
    line(p, "address %u/%u gateway %d\n", b->vif.family, b->vif.prefix,
         b->vif.has_gateway);
    hex(p, "address", b->vif.address, 16);
    hex(p, "gateway", b->vif.gateway, 16);
    memcpy(&net, device->config, sizeof(net));
    hex(p, "told mac", net.mac, 6);
    line(p, "told mtu %u\n", net.mtu);
}

static void print_devices(struct print *p, uint32_t domid)
{
    const struct noxs_page *page = model_view(domid).page;
    unsigned i;

    for (i = 0; i < NOXS_DEV_MAX; i++) {
        const struct noxs_device *d = &page->dev[i];

        if (d->type == NOXS_DEV_NONE)
            continue;
        line(p, "device %u %u flags %x features %lx\n", d->type, d->id,
             d->flags, (unsigned long)d->features);
        print_back(p, d, domid);
    }
}

static void print_record(struct print *p, struct kit *kit, uint32_t domid)
{
    struct chaos_config *cfg;
    char *json;

    assert_int_equal(chaos_domain_config(kit->ctx, domid, &cfg), 0);
    assert_int_equal(chaos_config_json(kit->ctx, cfg, &json), 0);
    line(p, "%s\n", json);
    free(json);
    chaos_config_destroy(cfg);
}

char *shell_print(struct kit *kit, uint32_t domid)
{
    struct print p = {.text = malloc(PRINT_MAX)};

    assert_non_null(p.text);
    print_domain(&p, kit, domid);
    print_start_info(&p, domid);
    print_devices(&p, domid);
    print_record(&p, kit, domid);
    return p.text;
}

/* --- domains in the making ---------------------------------------------------
 */

unsigned shell_births(struct chaos_ctx *ctx, unsigned *orphans_out)
{
    struct chaos_birth *births;
    unsigned orphans = 0;
    size_t i, n;

    if (chaos_birth_list(ctx, &births, &n) != 0)
        fail_msg("births: %s", chaos_ctx_error(ctx));
    for (i = 0; i < n; i++)
        orphans += births[i].orphan;
    free(births);
    if (orphans_out)
        *orphans_out = orphans;
    return (unsigned)n;
}

void shell_reap_all(struct chaos_ctx *ctx)
{
    struct chaos_birth *births;
    size_t i, n;

    assert_int_equal(chaos_birth_list(ctx, &births, &n), 0);
    for (i = 0; i < n; i++) {
        if (births[i].orphan &&
            chaos_birth_reap(ctx, births[i].domid, false) != 0)
            fail_msg("reap: %s", chaos_ctx_error(ctx));
    }
    free(births);
}
