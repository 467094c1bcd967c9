/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * attach.c: vifs and vbds for a living domain: all that are asked for, or none.
 */
#include <errno.h>
#include <string.h>

#include <chaos/device.h>

#include "birth.h"
#include "create.h"
#include "devices.h"
#include "domain.h"
#include "internal.h"

struct attach {
    struct chaos_ctx *ctx; /* borrowed from the caller */
    struct hv *hv;         /* borrowed from the context */
    uint32_t domid;
    uint8_t uuid[NOXS_UUID_SIZE];
    int lock_fd;
    int present_count;
    struct noxs_device present[NOXS_DEV_MAX];
    struct chaos_config *record; /* owned; NULL: it has none */
    struct devices devices;
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

/* One in the making has what its maker knows of, and no record yet. */
static int check_made(struct attach *a)
{
    struct hv_domain_state state;
    struct birth birth;
    int rc = domain_look(a->ctx, &a->hv, a->domid, &state);

    if (rc == 0 && birth_decode(state.uuid, &birth))
        return chaos__fail(a->ctx, -EBUSY, "domain %u is still being made",
                           a->domid);
    return rc;
}

static int check_domain(struct attach *a)
{
    struct hv_domain_state state;
    int rc = check_made(a);

    if (rc == 0)
        rc = domain_other(a->ctx, &a->hv, a->domid, &state);
    if (rc < 0)
        return rc;
    if (state.stopped || state.dying)
        return chaos__fail(a->ctx, -ESHUTDOWN, "domain %u has stopped already",
                           a->domid);
    memcpy(a->uuid, state.uuid, sizeof(a->uuid));
    return 0;
}

/* A guest without a sysctl device was not made for a device page. */
static int look(struct attach *a)
{
    a->present_count = chaos_domain_devices(a->ctx, a->domid, a->present);
    if (a->present_count < 0)
        return a->present_count;
    if (!is_present(a, NOXS_DEV_SYSCTL, 0))
        return chaos__fail(a->ctx, -EOPNOTSUPP,
                           "domain %u has no noxs devices: it was not made by "
                           "chaos",
                           a->domid);
    return 0;
}

static int read_record(struct attach *a)
{
    int rc = record_read(a->ctx, a->domid, a->uuid, &a->record);

    if (rc != -ENOENT)
        return rc;
    chaos__log(a->ctx, CHAOS_LOG_WARN,
               "domain %u: without a record a restart does not know of these "
               "devices",
               a->domid);
    return 0;
}

/* A record beyond the limits of a configuration could not be read again. */
static int check_count(struct attach *a, const struct chaos_config *cfg)
{
    if (a->record && a->record->vif_count + cfg->vif_count > CONFIG_VIFS_MAX)
        return chaos__fail(a->ctx, -ENOSPC,
                           "vifs: domain %u has %u and can have %u at most",
                           a->domid, a->record->vif_count, CONFIG_VIFS_MAX);
    if (a->record && a->record->vbd_count + cfg->vbd_count > CONFIG_VBDS_MAX)
        return chaos__fail(a->ctx, -ENOSPC,
                           "vbds: domain %u has %u and can have %u at most",
                           a->domid, a->record->vbd_count, CONFIG_VBDS_MAX);
    return 0;
}

static int choose_ids(struct attach *a)
{
    uint32_t id = 0;
    unsigned i;

    for (i = 0; i < a->devices.vif_count; i++) {
        while (is_present(a, NOXS_DEV_VIF, id))
            id++;
        a->devices.vifs[i].id = id++;
    }
    for (i = 0; i < a->devices.vbd_count; i++) {
        const struct vbd *v = &a->devices.vbds[i];

        if (is_present(a, NOXS_DEV_VBD, v->id))
            return chaos__fail(a->ctx, -EEXIST,
                               "vbds[%u].vdev: domain %u has a disk '%s' "
                               "already",
                               i, a->domid, v->cfg->vdev);
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
    rc = devices_config_add(a->ctx, a->record, &a->devices, &cfg);
    if (rc < 0)
        return rc;
    rc = record_stage(a->ctx, a->domid, a->uuid, cfg);
    chaos_config_destroy(cfg);
    return rc;
}

static void remove_devices(struct attach *a, const struct noxs_device *devices,
                           unsigned count)
{
    while (count-- > 0) {
        struct noxs_op_dev_remove op = {
            .domid = (uint16_t)a->domid,
            .type = devices[count].type,
            .id = devices[count].id,
        };
        int rc = a->hv->ops->noxs(a->hv, NOXS_OP_DEV_REMOVE, &op, sizeof(op),
                                  NULL, 0);

        if (rc < 0)
            chaos__log(a->ctx, CHAOS_LOG_ERROR,
                       "domain %u: a device that failed stays in its device "
                       "page: error %d",
                       a->domid, -rc);
    }
}

static int add_devices(struct attach *a, struct noxs_device *devices,
                       unsigned count)
{
    struct noxs_op_devs op = {.domid = (uint16_t)a->domid, .count = count};
    int rc = a->hv->ops->noxs(a->hv, NOXS_OP_DEV_ADD, &op, sizeof(op), devices,
                              count * sizeof(*devices));

    if (rc < 0)
        return chaos__fail(a->ctx, rc,
                           "domain %u: cannot write its device page", a->domid);
    return 0;
}

/* The device page and the record change together. */
static int publish(struct attach *a)
{
    struct noxs_device devices[NOXS_DEV_MAX];
    unsigned count = devices_entries(&a->devices, devices);
    int rc = stage(a);

    if (rc < 0)
        return rc;
    rc = add_devices(a, devices, count);
    if (rc < 0)
        goto abort;
    if (a->record)
        rc = record_commit(a->ctx, a->domid);
    if (rc == 0)
        return 0;
    remove_devices(a, devices, count);
abort:
    if (a->record)
        record_abort(a->ctx, a->domid);
    return rc;
}

static int make(struct attach *a)
{
    struct devices *d = &a->devices;
    int rc = devices_make_ports(a->ctx, a->hv, a->domid, d);

    if (rc < 0)
        return rc;
    rc = devices_make_vbds(a->ctx, a->domid, d);
    if (rc < 0)
        return rc;
    rc = devices_make_vifs(a->ctx, a->domid, a->uuid, d);
    if (rc < 0)
        goto vbds;
    rc = devices_online_vifs(a->ctx, a->domid, d);
    if (rc == 0)
        rc = publish(a);
    if (rc == 0)
        return 0;
    devices_unmake_vifs(a->ctx, a->domid, d);
vbds:
    devices_unmake_vbds(a->ctx, a->domid, d);
    return rc;
}

static int run(struct attach *a, const struct chaos_config *cfg)
{
    int rc = check_domain(a);

    if (rc == 0)
        rc = record_edit_lock(a->ctx, a->domid, &a->lock_fd);
    if (rc == 0)
        rc = look(a);
    if (rc == 0)
        rc = read_record(a);
    if (rc == 0)
        rc = check_count(a, cfg);
    if (rc == 0)
        rc = devices_init(a->ctx, cfg, (unsigned)a->present_count, &a->devices);
    if (rc == 0)
        rc = choose_ids(a);
    if (rc == 0)
        rc = devices_find_bridges(a->ctx, &a->devices);
    if (rc == 0)
        rc = devices_open_disks(a->ctx, &a->devices);
    return rc < 0 ? rc : make(a);
}

static void tell_ids(const struct attach *a, uint32_t *ids_out)
{
    unsigned i;

    for (i = 0; i < a->devices.vif_count; i++)
        *ids_out++ = a->devices.vifs[i].id;
    for (i = 0; i < a->devices.vbd_count; i++)
        *ids_out++ = a->devices.vbds[i].id;
}

static int attach(struct chaos_ctx *ctx, uint32_t domid,
                  const struct chaos_config *cfg, uint32_t *ids_out)
{
    struct attach a = {.ctx = ctx, .domid = domid, .lock_fd = -1};
    int rc = chaos__config_check_devices(ctx, cfg);

    if (rc == 0)
        rc = run(&a, cfg);
    chaos__closep(&a.lock_fd);
    if (rc == 0) {
        sysctl_rescan(ctx, domid);
        if (ids_out)
            tell_ids(&a, ids_out);
    }
    devices_dispose(&a.devices);
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
