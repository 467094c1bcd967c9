/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * attach.c: vifs and vbds for a living domain: all that are asked for, or none.
 */
#include <errno.h>
#include <string.h>

#include <chaos/device.h>

#include "bus.h"
#include "create.h"
#include "devices.h"
#include "domain.h"
#include "internal.h"

struct attach {
    struct create c; /* the domain, and the devices that it is to have */
    int lock_fd;
    int present_count;
    struct noxs_device present[NOXS_DEV_MAX];
    struct chaos_config *record; /* owned; NULL: it has none */
};

static bool is_present(const struct attach *a, uint32_t type, uint32_t id)
{
    int i;

    for (i = 0; i < a->present_count; i++) {
        if (a->present[i].type == type && a->present[i].id == id)
            return true;
    }
    return false;
}

/* --- may it be done? --------------------------------------------------------
 */

static int check_domain(struct attach *a)
{
    struct hv_domain_state state;
    int rc = domain_made(a->c.ctx, &a->c.hv, a->c.domid, &state);

    if (rc == 0)
        rc = domain_other(a->c.ctx, &a->c.hv, a->c.domid, &state);
    if (rc < 0)
        return rc;
    if (state.stopped || state.dying)
        return chaos__fail(a->c.ctx, -ESHUTDOWN,
                           "domain %u has stopped already", a->c.domid);
    memcpy(a->c.uuid, state.uuid, sizeof(a->c.uuid));
    return 0;
}

/* A guest without a sysctl device was not made for a device page. */
static int look(struct attach *a)
{
    int rc = bus_of_domain(a->c.ctx, a->c.domid, &a->c.hv, &a->c.bus);

    if (rc < 0)
        return rc;
    a->present_count = a->c.bus->devices(a->c.ctx, a->c.domid, a->present);
    if (a->present_count < 0)
        return a->present_count;
    if (a->c.bus == &bus_noxs && !is_present(a, NOXS_DEV_SYSCTL, 0))
        return chaos__fail(a->c.ctx, -EOPNOTSUPP,
                           "domain %u has neither noxs devices nor XenStore: "
                           "it was not made by chaos",
                           a->c.domid);
    return 0;
}

static int read_record(struct attach *a)
{
    int rc = record_read(a->c.ctx, a->c.domid, a->c.uuid, &a->record);

    if (rc != -ENOENT)
        return rc;
    chaos__log(a->c.ctx, CHAOS_LOG_WARN,
               "domain %u: without a record a restart does not know of these "
               "devices",
               a->c.domid);
    return 0;
}

/* A record beyond the limits of a configuration could not be read again. */
static int check_count(struct attach *a, const struct chaos_config *cfg)
{
    if (a->record && a->record->vif_count + cfg->vif_count > CONFIG_VIFS_MAX)
        return chaos__fail(a->c.ctx, -ENOSPC,
                           "vifs: domain %u has %u and can have %u at most",
                           a->c.domid, a->record->vif_count, CONFIG_VIFS_MAX);
    if (a->record && a->record->vbd_count + cfg->vbd_count > CONFIG_VBDS_MAX)
        return chaos__fail(a->c.ctx, -ENOSPC,
                           "vbds: domain %u has %u and can have %u at most",
                           a->c.domid, a->record->vbd_count, CONFIG_VBDS_MAX);
    return 0;
}

static int choose_ids(struct attach *a)
{
    uint32_t id = 0;
    unsigned i;

    for (i = 0; i < a->c.devices.vif_count; i++) {
        while (is_present(a, NOXS_DEV_VIF, id))
            id++;
        a->c.devices.vifs[i].id = id++;
    }
    for (i = 0; i < a->c.devices.vbd_count; i++) {
        const struct vbd *v = &a->c.devices.vbds[i];

        if (is_present(a, NOXS_DEV_VBD, v->id))
            return chaos__fail(a->c.ctx, -EEXIST,
                               "vbds[%u].vdev: domain %u has a disk '%s' "
                               "already",
                               i, a->c.domid, v->cfg->vdev);
    }
    return 0;
}

/* --- do it ------------------------------------------------------------------
 */

static int stage(struct attach *a)
{
    struct chaos_config *cfg;
    int rc;

    if (!a->record)
        return 0;
    rc = devices_config_add(a->c.ctx, a->record, &a->c.devices, &cfg);
    if (rc < 0)
        return rc;
    rc = record_stage(a->c.ctx, a->c.domid, a->c.uuid, cfg);
    chaos_config_destroy(cfg);
    return rc;
}

/* What is the guest's and the record change together. */
static int publish(struct attach *a)
{
    int rc = stage(a);

    if (rc < 0)
        return rc;
    rc = a->c.bus->plug(&a->c);
    if (rc < 0)
        goto abort;
    if (a->record)
        rc = record_commit(a->c.ctx, a->c.domid);
    if (rc == 0)
        return 0;
    a->c.bus->unplug(&a->c);
abort:
    if (a->record)
        record_abort(a->c.ctx, a->c.domid);
    return rc;
}

static int make(struct attach *a)
{
    int rc = a->c.bus->plug_begin(&a->c);

    if (rc < 0)
        return rc;
    rc = a->c.bus->make_vbds(&a->c);
    if (rc < 0)
        return rc;
    rc = a->c.bus->make_vifs(&a->c);
    if (rc < 0)
        goto vbds;
    rc = devices_online_vifs(a->c.ctx, a->c.domid, &a->c.devices);
    if (rc == 0)
        rc = publish(a);
    if (rc == 0)
        return 0;
    a->c.bus->unmake_vifs(&a->c);
vbds:
    a->c.bus->unmake_vbds(&a->c);
    return rc;
}

static int run(struct attach *a, const struct chaos_config *cfg)
{
    int rc = check_domain(a);

    if (rc == 0)
        rc = record_edit_lock(a->c.ctx, a->c.domid, &a->lock_fd);
    if (rc == 0)
        rc = look(a);
    if (rc == 0)
        rc = read_record(a);
    if (rc == 0)
        rc = check_count(a, cfg);
    if (rc == 0)
        rc = devices_init(a->c.ctx, cfg, (unsigned)a->present_count,
                          &a->c.devices);
    if (rc == 0)
        rc = choose_ids(a);
    if (rc == 0)
        rc = devices_find_bridges(a->c.ctx, &a->c.devices);
    if (rc == 0)
        rc = devices_open_disks(a->c.ctx, &a->c.devices);
    return rc < 0 ? rc : make(a);
}

static void tell_ids(const struct attach *a, uint32_t *ids_out)
{
    unsigned i;

    for (i = 0; i < a->c.devices.vif_count; i++)
        *ids_out++ = a->c.devices.vifs[i].id;
    for (i = 0; i < a->c.devices.vbd_count; i++)
        *ids_out++ = a->c.devices.vbds[i].id;
}

static int attach(struct chaos_ctx *ctx, uint32_t domid,
                  const struct chaos_config *cfg, uint32_t *ids_out)
{
    struct attach a = {.c = CREATE_INIT(ctx, NULL), .lock_fd = -1};
    int rc = chaos__config_check_devices(ctx, cfg);

    a.c.domid = domid;
    a.c.lives = true;
    if (rc == 0)
        rc = run(&a, cfg);
    chaos__closep(&a.lock_fd);
    if (rc == 0) {
        a.c.bus->rescan(ctx, domid);
        if (ids_out)
            tell_ids(&a, ids_out);
    }
    devices_dispose(&a.c.devices);
    chaos_config_destroy(a.record);
    return rc;
}

int chaos_vif_attach(struct chaos_ctx *ctx, uint32_t domid,
                     const struct chaos_config *cfg, uint32_t *ids_out)
{
    if (cfg->vif_count == 0 || cfg->vbd_count != 0)
        return chaos__fail(ctx, -EINVAL,
                           "vifs: expected at least one, and "
                           "no vbds");
    return attach(ctx, domid, cfg, ids_out);
}

int chaos_vbd_attach(struct chaos_ctx *ctx, uint32_t domid,
                     const struct chaos_config *cfg, uint32_t *ids_out)
{
    if (cfg->vbd_count == 0 || cfg->vif_count != 0)
        return chaos__fail(ctx, -EINVAL,
                           "vbds: expected at least one, and "
                           "no vifs");
    return attach(ctx, domid, cfg, ids_out);
}
