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
    int rc = elf_open(ctx, cfg->kernel, cfg->pvh, &image);

    if (rc == 0)
        elf_close(&image);
    return rc;
}

static int replace_record(struct chaos_ctx *ctx, uint32_t domid,
                          const uint8_t uuid[NOXS_UUID_SIZE],
                          const struct chaos_config *cfg)
{
    int rc = record_stage(ctx, domid, uuid, cfg);

    if (rc < 0)
        return rc;
    rc = record_commit(ctx, domid);
    if (rc < 0)
        record_abort(ctx, domid);
    return rc;
}

/* Who settles it next shall find that it is kept. */
static int keep_for_good(struct chaos_ctx *ctx, uint32_t domid,
                         const struct chaos_config *cfg)
{
    struct chaos_config *kept;
    CLEANUP_CLOSE int lock_fd = -1;
    int rc = chaos_config_copy(ctx, cfg, &kept);

    if (rc < 0)
        return rc;
    kept->on_poweroff = kept->on_reboot = kept->on_crash = CONFIG_PRESERVE;
    rc = record_edit_lock(ctx, domid, &lock_fd);
    if (rc == 0)
        rc = replace_record(ctx, domid, cfg->uuid, kept);
    chaos_config_destroy(kept);
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
    if (rc == 0)
        rc = keep_for_good(ctx, domid, cfg);
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

/* The configuration as it is now. */
static int read_config(struct chaos_ctx *ctx,
                       const struct chaos_domain_info *info,
                       struct chaos_config **cfg_out)
{
    struct chaos_config *cfg;
    int rc = record_read(ctx, info->domid, info->uuid, &cfg);

    if (rc < 0)
        return chaos__prefix(
            ctx, rc, "domain %u: its configuration is not known", info->domid);
    rc = update_name(ctx, cfg, info->name);
    if (rc < 0) {
        chaos_config_destroy(cfg);
        return rc;
    }
    *cfg_out = cfg;
    return 0;
}

static int settle(struct chaos_ctx *ctx, const struct chaos_domain_info *info,
                  uint32_t *domid_out)
{
    struct chaos_config *cfg = NULL;
    enum config_action action;
    int rc = read_config(ctx, info, &cfg);

    if (rc < 0)
        return rc;
    cfg->paused = false;
    action = action_for(cfg, info->reason);
    if (action == CONFIG_DESTROY) {
        rc = chaos_domain_destroy(ctx, info->domid);
        if (rc == 0)
            *domid_out = CHAOS_DOMID_NONE;
    } else if (action == CONFIG_PRESERVE) {
        *domid_out = info->domid;
    } else {
        rc =
            restart(ctx, info->domid, cfg, action, info->generation, domid_out);
    }
    chaos_config_destroy(cfg);
    return rc;
}

/* One of xl's: there is a process of xl's that waits for its end. */
static bool is_anothers(const struct chaos_domain_info *info)
{
    return info->bus == CHAOS_BUS_XENSTORE && info->generation == 0;
}

/* The state is what it is once nobody else is at it. */
int chaos_domain_settle(struct chaos_ctx *ctx, uint32_t domid,
                        uint32_t *domid_out)
{
    struct chaos_domain_info info;
    CLEANUP_CLOSE int lock_fd = -1;
    int rc = chaos_domain_info(ctx, domid, &info);

    /* What belonged to one that is gone may be on its way out still. */
    if (rc == 0 || (rc == -ESRCH && domid < NOXS_DOMID_SELF))
        rc = record_settle_lock(ctx, domid, &lock_fd);
    if (rc == 0)
        rc = chaos_domain_info(ctx, domid, &info);
    if (rc < 0)
        return rc;
    if (info.building)
        return chaos__fail(ctx, -EBUSY, "domain %u is still being made", domid);
    if (info.dying)
        return chaos__fail(ctx, -ESRCH, "domain %u was destroyed", domid);
    if (!info.stopped)
        return chaos__fail(ctx, -EBUSY, "domain %u is still running", domid);
    if (is_anothers(&info)) {
        *domid_out = domid;
        return 0;
    }
    return settle(ctx, &info, domid_out);
}

static int keep(struct chaos_ctx *ctx, uint32_t domid,
                const uint8_t uuid[NOXS_UUID_SIZE])
{
    struct chaos_config *cfg;
    CLEANUP_CLOSE int lock_fd = -1;
    int rc = record_edit_lock(ctx, domid, &lock_fd);

    if (rc == 0)
        rc = record_read(ctx, domid, uuid, &cfg);
    if (rc < 0)
        return rc;
    cfg->on_poweroff = CONFIG_PRESERVE;
    rc = replace_record(ctx, domid, uuid, cfg);
    chaos_config_destroy(cfg);
    return rc;
}

/* Not while it is settled: it would be kept on paper only. */
int chaos_domain_keep(struct chaos_ctx *ctx, uint32_t domid)
{
    struct hv_domain_state state;
    CLEANUP_CLOSE int lock_fd = -1;
    struct hv *hv;
    int rc = domain_other(ctx, &hv, domid, &state);

    if (rc == 0)
        rc = record_settle_lock(ctx, domid, &lock_fd);
    if (rc == 0)
        rc = domain_other(ctx, &hv, domid, &state);
    if (rc == 0)
        rc = keep(ctx, domid, state.uuid);
    if (rc < 0)
        return chaos__prefix(ctx, rc, "domain %u: cannot keep it", domid);
    return 0;
}
