/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * create.c: make a domain: check what is asked, then run the table of steps.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "create.h"
#include "hv.h"
#include "internal.h"

/* A random (version 4) uuid, unless the configuration has one. */
static int choose_uuid(struct create *c)
{
    if (c->cfg->has_uuid) {
        memcpy(c->uuid, c->cfg->uuid, sizeof(c->uuid));
        return 0;
    }
    if (getrandom(c->uuid, sizeof(c->uuid), 0) != sizeof(c->uuid))
        return chaos__fail(c->ctx, -EIO, "no random bytes for a uuid");
    c->uuid[6] = (uint8_t)((c->uuid[6] & 0x0f) | 0x40);
    c->uuid[8] = (uint8_t)((c->uuid[8] & 0x3f) | 0x80);
    return 0;
}

/* What the configuration may ask for and this library cannot do. */
static int check_supported(struct chaos_ctx *ctx,
                           const struct chaos_config *cfg)
{
    if (cfg->pvh)
        return chaos__fail(ctx, -EOPNOTSUPP,
                           "xen.pvh: this version creates PV guests only");
    if (cfg->dev_method == CONFIG_DEV_XENSTORE)
        return chaos__fail(ctx, -EOPNOTSUPP,
                           "xen.dev_method: this version has noxs only");
    return 0;
}

/* Early, so that a wish beyond the host takes nothing from it meanwhile. */
static int check_memory(struct create *c)
{
    struct hv_host host;
    int rc = c->hv->ops->host(c->hv, &host);

    if (rc < 0)
        return chaos__fail(c->ctx, rc, "cannot ask for the host's memory");
    if (c->cfg->memory_kb / 4 <= host.free_pages)
        return 0;
    return chaos__fail(c->ctx, -ENOMEM,
                       "memory: the guest wants %llu KiB and the host has %llu "
                       "KiB free; end some domains, or boot with a smaller "
                       "dom0_mem",
                       (unsigned long long)c->cfg->memory_kb,
                       (unsigned long long)host.free_pages * 4);
}

int chaos__create(struct chaos_ctx *ctx, const struct chaos_config *cfg,
                  uint64_t generation, uint32_t *domid_out)
{
    struct create c = {
        .ctx = ctx,
        .cfg = cfg,
        .generation = generation,
        .image.fd = -1,
        .ramdisk_fd = -1,
    };
    int rc = chaos_config_check(ctx, cfg);

    if (rc == 0)
        rc = check_supported(ctx, cfg);
    if (rc == 0)
        rc = chaos__hv_noxs(ctx, &c.hv);
    if (rc == 0)
        rc = choose_uuid(&c);
    if (rc == 0)
        rc = check_memory(&c);
    if (rc == 0)
        rc = devices_init(ctx, cfg, FIXED_DEVICES, &c.devices);
    if (rc == 0)
        rc = devices_find_bridges(ctx, &c.devices);
    if (rc == 0)
        rc = steps_run(ctx, create_steps, create_step_count, &c);
    devices_dispose(&c.devices);
    if (rc < 0)
        return rc;
    elf_close(&c.image);
    chaos__closep(&c.ramdisk_fd);
    pv_memory_dispose(&c.memory);
    *domid_out = c.domid;
    return 0;
}

int chaos_domain_create(struct chaos_ctx *ctx, const struct chaos_config *cfg,
                        uint32_t *domid_out)
{
    return chaos__create(ctx, cfg, 1, domid_out);
}
