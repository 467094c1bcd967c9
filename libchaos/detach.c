/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * detach.c: take a vif or a vbd from a living domain.
 *
 * 1. The guest is asked to let go and waited for; nothing is locked.
 * 2. The device leaves the device page, or XenStore, and the record, and the
 *    guest is told.
 * 3. The back end ends.
 */
#include <errno.h>
#include <string.h>

#include <chaos/device.h>

#include "bus.h"
#include "create.h"
#include "devices.h"
#include "domain.h"
#include "internal.h"

struct detach {
    struct chaos_ctx *ctx; /* borrowed from the caller */
    const struct bus_ops *bus;
    uint32_t domid;
    uint8_t uuid[NOXS_UUID_SIZE];
    const char *what;            /* "vif", "vbd" */
    struct noxs_device device;   /* as its bus has it */
    struct chaos_config *record; /* owned; NULL: it has none */
};

static int not_there(const struct detach *d)
{
    return chaos__fail(d->ctx, -ENOENT, "domain %u has no %s %u", d->domid,
                       d->what, d->device.id);
}

/* Find the device named by type and id, which are set. */
static int find(struct detach *d)
{
    struct noxs_device devices[NOXS_DEV_MAX];
    int i, n = d->bus->devices(d->ctx, d->domid, devices);

    if (n < 0)
        return n;
    for (i = 0; i < n; i++) {
        if (devices[i].type == d->device.type &&
            devices[i].id == d->device.id) {
            d->device = devices[i];
            return 0;
        }
    }
    return not_there(d);
}

/* A back end that is gone already, or never was, holds nothing up. */
static int ask_guest(struct detach *d, unsigned timeout_ms)
{
    int rc = d->bus->device_close(d->ctx, d->domid, &d->device, timeout_ms);

    if (rc == 0 || rc == -ENOENT || rc == -ENXIO)
        return 0;
    if (rc == -ETIME)
        return chaos__fail(d->ctx, -ETIMEDOUT,
                           "domain %u: the guest did not let go of %s %u, and "
                           "keeps it; forcing takes it away",
                           d->domid, d->what, d->device.id);
    return chaos__prefix(d->ctx, rc, "domain %u: cannot close %s %u", d->domid,
                         d->what, d->device.id);
}

/* 1: a new record is staged; 0: it has nothing to say of this device. */
static int stage(struct detach *d)
{
    struct chaos_config *cfg;
    int rc = record_read(d->ctx, d->domid, d->uuid, &d->record);

    if (rc == -ENOENT)
        return 0;
    if (rc == 0)
        rc = devices_config_drop(d->ctx, d->record, &d->device, &cfg);
    if (rc < 0 || !cfg)
        return rc;
    rc = record_stage(d->ctx, d->domid, d->uuid, cfg);
    chaos_config_destroy(cfg);
    return rc < 0 ? rc : 1;
}

static int leave_bus(struct detach *d)
{
    int rc = d->bus->device_forget(d->ctx, d->domid, &d->device);

    if (rc == -ENOENT)
        return not_there(d);
    if (rc < 0)
        return chaos__prefix(d->ctx, rc,
                             "domain %u: cannot take %s %u from what it has",
                             d->domid, d->what, d->device.id);
    return 0;
}

static int forget(struct detach *d)
{
    int rc, staged = stage(d);

    if (staged < 0)
        return staged;
    rc = leave_bus(d);
    if (rc < 0) {
        if (staged)
            record_abort(d->ctx, d->domid);
        return rc;
    }
    return staged ? record_commit(d->ctx, d->domid) : 0;
}

static int end_back_end(struct detach *d)
{
    const struct config_vif *vif = NULL;
    char ifname[HOST_IFNAME_SIZE];
    int rc;

    if (d->device.type == NOXS_DEV_VIF)
        vif = devices_config_vif(d->record, &d->device);
    if (vif) {
        vif_name(vif, d->domid, d->device.id, ifname);
        hook_offline(d->ctx, vif, ifname, d->domid, vif->mac);
    }
    rc = d->bus->device_end(d->ctx, d->domid, &d->device);
    if (rc == 0)
        return 0;
    return chaos__prefix(d->ctx, rc,
                         "domain %u: the back end of %s %u cannot be ended",
                         d->domid, d->what, d->device.id);
}

/* With the lock: nobody attaches or detaches meanwhile. */
static int take_away(struct detach *d)
{
    CLEANUP_CLOSE int lock_fd = -1;
    int rc = record_edit_lock(d->ctx, d->domid, &lock_fd);

    if (rc == 0)
        rc = forget(d);
    if (rc < 0)
        return rc;
    d->bus->rescan(d->ctx, d->domid);
    return end_back_end(d);
}

static int detach(struct detach *d, unsigned timeout_ms, bool force)
{
    struct hv_domain_state state;
    struct hv *hv;
    int rc = domain_made(d->ctx, &hv, d->domid, &state);

    if (rc == 0)
        rc = domain_other(d->ctx, &hv, d->domid, &state);
    if (rc == 0)
        rc = bus_of_domain(d->ctx, d->domid, &hv, &d->bus);
    if (rc == 0)
        rc = find(d);
    if (rc < 0)
        return rc;
    memcpy(d->uuid, state.uuid, sizeof(d->uuid));
    if (!force)
        rc = ask_guest(d, timeout_ms);
    if (rc == 0)
        rc = take_away(d);
    chaos_config_destroy(d->record);
    return rc;
}

int chaos_vif_detach(struct chaos_ctx *ctx, uint32_t domid, uint32_t id,
                     unsigned timeout_ms, bool force)
{
    struct detach d = {
        .ctx = ctx,
        .domid = domid,
        .what = "vif",
        .device = {.type = NOXS_DEV_VIF, .id = id},
    };

    return detach(&d, timeout_ms, force);
}

int chaos_vbd_detach(struct chaos_ctx *ctx, uint32_t domid, uint32_t id,
                     unsigned timeout_ms, bool force)
{
    struct detach d = {
        .ctx = ctx,
        .domid = domid,
        .what = "vbd",
        .device = {.type = NOXS_DEV_VBD, .id = id},
    };

    return detach(&d, timeout_ms, force);
}
