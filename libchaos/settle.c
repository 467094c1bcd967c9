/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * settle.c: do with a stopped domain what its configuration says.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "create.h"
#include "devices.h"
#include "domain.h"
#include "internal.h"

static enum config_action action_for(const struct chaos_config *cfg,
                                     unsigned reason)
{
    switch (reason) {
    case CHAOS_REASON_POWEROFF:
        return cfg->on_poweroff;
    case CHAOS_REASON_REBOOT:
        return cfg->on_reboot;
    case CHAOS_REASON_SUSPEND:
        return CONFIG_PRESERVE;
    default:
        return cfg->on_crash;
    }
}

/* Found out while the old domain is still there. */
static int check_kernel(struct chaos_ctx *ctx, const struct chaos_config *cfg)
{
    struct elf_image image = {.fd = -1};
    int rc = elf_open(ctx, cfg->kernel, &image);

    if (rc == 0)
        elf_close(&image);
    return rc;
}

/* What keeps the old domain from standing in the new one's way. */
static int make_room(struct chaos_ctx *ctx, uint32_t domid,
                     struct chaos_config *cfg, enum config_action action)
{
    char name[NOXS_NAME_SIZE];
    int rc;

    if (action == CONFIG_RESTART)
        return chaos_domain_destroy(ctx, domid);
    rc = devices_give_up(ctx, domid, cfg->uuid);
    if (rc < 0)
        return rc;
    /* The preserved domain keeps its uuid, so the new one needs another. */
    cfg->has_uuid = false;
    if (!cfg->name)
        return 0;
    (void)snprintf(name, sizeof(name), "%.110s-%u", cfg->name, domid);
    return chaos_domain_rename(ctx, domid, name);
}

static int restart(struct chaos_ctx *ctx, uint32_t domid,
                   struct chaos_config *cfg, enum config_action action,
                   uint64_t generation, uint32_t *domid_out)
{
    int rc = check_kernel(ctx, cfg);

    if (rc == 0)
        rc = make_room(ctx, domid, cfg, action);
    if (rc == 0)
        rc = chaos__create(ctx, cfg, generation + 1, domid_out);
    if (rc < 0)
        return chaos__prefix(ctx, rc, "domain %u: cannot restart it", domid);
    return 0;
}

/* It may have been renamed since it was made. */
static int update_name(struct chaos_ctx *ctx, struct chaos_config *cfg,
                       const char *name)
{
    char *copy;

    if (name[0] == '\0')
        return 0;
    copy = strdup(name);
    if (!copy)
        return chaos__fail(ctx, -ENOMEM, "no memory for the domain's name");
    free(cfg->name);
    cfg->name = copy;
    return 0;
}

int chaos_domain_settle(struct chaos_ctx *ctx, uint32_t domid,
                        uint32_t *domid_out)
{
    struct chaos_domain_info info;
    struct chaos_config *cfg;
    enum config_action action;
    int rc = chaos_domain_info(ctx, domid, &info);

    if (rc < 0)
        return rc;
    if (!info.stopped)
        return chaos__fail(ctx, -EBUSY, "domain %u is still running", domid);
    rc = record_read(ctx, domid, info.uuid, &cfg);
    if (rc < 0)
        return chaos__prefix(
            ctx, rc, "domain %u: its configuration is not known", domid);
    rc = update_name(ctx, cfg, info.name);
    if (rc < 0) {
        chaos_config_destroy(cfg);
        return rc;
    }
    cfg->paused = false;
    action = action_for(cfg, info.reason);
    if (action == CONFIG_DESTROY) {
        rc = chaos_domain_destroy(ctx, domid);
        if (rc == 0)
            *domid_out = CHAOS_DOMID_NONE;
    } else if (action == CONFIG_PRESERVE) {
        *domid_out = domid;
    } else {
        rc = restart(ctx, domid, cfg, action, info.generation, domid_out);
    }
    chaos_config_destroy(cfg);
    return rc;
}
