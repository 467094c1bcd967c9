/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * create.c: make a domain: check what is asked, then run the table of steps.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "bus.h"
#include "create.h"
#include "daemon.h"
#include "hv.h"
#include "internal.h"
#include "shell.h"

/* What Xen itself needs for a domain, generously. */
#define OVERHEAD_KB 1024

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

/* What a configuration may ask for and this library cannot do. */
static int check_supported(struct chaos_ctx *ctx,
                           const struct chaos_config *cfg)
{
    struct birth birth;

    if (cfg->has_uuid && birth_decode(cfg->uuid, &birth))
        return chaos__fail(ctx, -EINVAL,
                           "uuid: this one marks domains that are being made");
    return 0;
}

/* Early, so that a wish beyond the host takes nothing from it meanwhile. */
static int check_host(struct create *c)
{
    struct hv_host host;
    int rc = c->hv->ops->host(c->hv, &host);

    if (rc < 0)
        return chaos__fail(c->ctx, rc, "cannot ask for the host's memory");
    if (c->cfg->pvh && !host.pvh)
        return chaos__fail(c->ctx, -EOPNOTSUPP,
                           "xen.pvh: this host's processors, or its firmware's "
                           "settings, lack what PVH guests need (AMD-V with "
                           "nested paging, VT-x with EPT); PV guests do "
                           "without");
    if (c->cfg->memory_kb / 4 <= host.free_pages)
        return 0;
    c->host_is_full = true;
    return chaos__fail(c->ctx, -ENOMEM,
                       "memory: the guest wants %llu KiB and the host has %llu "
                       "KiB free; end some domains, or boot with a smaller "
                       "dom0_mem",
                       (unsigned long long)c->cfg->memory_kb,
                       (unsigned long long)host.free_pages * 4);
}

int create_begin(struct create *c, enum birth_kind kind)
{
    int rc = choose_uuid(c);

    if (rc == 0)
        rc = birth_make(c->ctx, kind, &c->birth);
    if (rc == 0)
        rc = check_host(c);
    return rc;
}

int create_steps_run(struct create *c, unsigned kinds)
{
    return steps_run(c->ctx, create_steps, create_step_count, kinds, c);
}

void create_undo(struct create *c)
{
    steps_undo(create_steps, create_step_count, c);
}

void create_dispose(struct create *c)
{
    devices_dispose(&c->devices);
    elf_close(&c->image);
    chaos__closep(&c->ramdisk_fd);
    c->ramdisk_fd = -1;
    pv_memory_dispose(&c->memory);
}

/* --- a VM --------------------------------------------------------------------
 */

static int create_plain(struct create *c)
{
    int rc;

    c->host_is_full = false;
    rc = create_begin(c, BIRTH_VM);
    if (rc == 0)
        rc = create_steps_run(c, STEP_ALL);
    return rc;
}

/* What the daemon says on failure is not what the caller should read. */
static bool make_room(struct create *c)
{
    char error[CHAOS_ERROR_SIZE];
    int rc;

    memcpy(error, c->ctx->error, sizeof(error));
    rc = daemon_make_room(c->ctx, c->cfg->memory_kb + OVERHEAD_KB);
    memcpy(c->ctx->error, error, sizeof(error));
    return rc == 0;
}

static int make(struct create *c, bool *taken_out)
{
    int rc = create_from_shell(c, taken_out);

    if (rc != -ENODATA)
        return rc;
    rc = create_plain(c);
    if (rc == -ENOMEM && c->host_is_full && make_room(c))
        rc = create_plain(c);
    return rc;
}

static void tell(struct create *c, int result, bool taken, uint64_t start)
{
    char error[CHAOS_ERROR_SIZE];

    memcpy(error, c->ctx->error, sizeof(error));
    daemon_done(c->ctx, c->domid, result, taken, chaos__now_ns() - start);
    memcpy(c->ctx->error, error, sizeof(error));
}

int chaos__create(struct chaos_ctx *ctx, const struct chaos_config *cfg,
                  uint64_t generation, uint32_t *domid_out)
{
    struct create c = CREATE_INIT(ctx, cfg);
    uint64_t start = chaos__now_ns();
    bool taken = false;
    int rc = chaos_config_check(ctx, cfg);

    c.generation = generation;
    if (rc == 0)
        rc = check_supported(ctx, cfg);
    if (rc == 0)
        rc = bus_choose(ctx, cfg, &c.hv, &c.bus);
    if (rc == 0)
        rc = devices_init(ctx, cfg, c.bus->fixed_devices, &c.devices);
    if (rc == 0)
        rc = devices_find_bridges(ctx, &c.devices);
    if (rc == 0) {
        rc = make(&c, &taken);
        tell(&c, rc, taken, start);
    }
    create_dispose(&c);
    if (rc == 0)
        *domid_out = c.domid;
    return rc;
}

int chaos_domain_create(struct chaos_ctx *ctx, const struct chaos_config *cfg,
                        uint32_t *domid_out)
{
    return chaos__create(ctx, cfg, 1, domid_out);
}
