/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * bus_noxs.c: the bus that is the hypervisor's: device pages, and identities
 * beside them, which go with their domain.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include <chaos/shell.h>

#include "bus.h"
#include "console.h"
#include "create.h"
#include "domain.h"
#include "internal.h"

/* Every domain has a sysctl device and a console. */
#define FIXED_DEVICES 2u
#define ENTRIES_BATCH 256u

static int check(struct chaos_ctx *ctx, const struct chaos_config *cfg)
{
    (void)ctx, (void)cfg;
    return 0;
}

/* --- a domain that is made ---------------------------------------------------
 */

static int channels(struct create *c)
{
    int rc = c->hv->ops->evtchn_alloc(c->hv, c->domid, &c->sysctl_port);

    if (rc == 0)
        rc = c->hv->ops->evtchn_alloc(c->hv, c->domid, &c->console_port);
    if (rc < 0)
        return chaos__fail(c->ctx, rc,
                           "cannot make the guest's event channels");
    return devices_make_ports(c->ctx, c->hv, c->domid, &c->devices);
}

/* A name that only an orphan has is free, once that is ended. */
static bool free_name(struct create *c, const struct noxs_identity *id)
{
    struct noxs_op_lookup op = {0};

    memcpy(op.name, id->name, sizeof(op.name));
    return c->hv->ops->noxs(c->hv, NOXS_OP_LOOKUP, &op, sizeof(op), NULL, 0) ==
               0 &&
           chaos_birth_reap(c->ctx, op.domid, false) == 0;
}

static int claim_identity(struct create *c, struct noxs_op_identity *op)
{
    struct hv *hv = c->hv;
    int rc = hv->ops->noxs(hv, NOXS_OP_IDENTITY_SET, op, sizeof(*op), NULL, 0);

    if (rc == -EEXIST && free_name(c, &op->identity))
        rc = hv->ops->noxs(hv, NOXS_OP_IDENTITY_SET, op, sizeof(*op), NULL, 0);
    return rc;
}

static int identify(struct create *c)
{
    struct noxs_op_identity op = {
        .domid = (uint16_t)c->domid,
        .fields = NOXS_ID_ALL,
        .identity.generation = c->generation,
    };
    struct noxs_identity *id = &op.identity;
    const char *name = c->cfg->name ? c->cfg->name : "";
    int rc;

    memcpy(id->uuid, c->uuid, sizeof(id->uuid));
    memcpy(id->name, name, strnlen(name, sizeof(id->name) - 1));
    if (getrandom(id->seed, sizeof(id->seed), 0) != sizeof(id->seed))
        return chaos__fail(c->ctx, -EIO, "no random bytes for the guest");
    rc = claim_identity(c, &op);
    if (rc == -EEXIST)
        return chaos__fail(c->ctx, rc, "name '%s': a domain has it already",
                           name);
    if (rc < 0)
        return chaos__fail(c->ctx, rc, "name '%s': Xen refused it", name);
    return 0;
}

static int make_vifs(struct create *c)
{
    return devices_make_vifs(c->ctx, c->domid, c->uuid, &c->devices);
}

static void unmake_vifs(struct create *c)
{
    devices_unmake_vifs(c->ctx, c->domid, &c->devices);
}

static int finalise_vifs(struct create *c)
{
    return devices_finalise_vifs(c->ctx, c->domid, c->uuid, c->made,
                                 &c->devices);
}

static int make_vbds(struct create *c)
{
    return devices_make_vbds(c->ctx, c->domid, &c->devices);
}

static void unmake_vbds(struct create *c)
{
    devices_unmake_vbds(c->ctx, c->domid, &c->devices);
}

static int announce(struct create *c)
{
    struct noxs_device devices[NOXS_DEV_MAX] = {
        {
            .type = NOXS_DEV_SYSCTL,
            .flags = NOXS_DEV_F_GFN,
            .grant = NOXS_GRANT_NONE,
            .evtchn = c->sysctl_port,
            .gfn = c->sysctl_frame,
        },
        {
            .type = NOXS_DEV_CONSOLE,
            .flags = NOXS_DEV_F_GFN,
            .grant = NOXS_GRANT_NONE,
            .evtchn = c->console_port,
            .gfn = c->console_frame,
        },
    };
    struct noxs_op_devs op = {.domid = (uint16_t)c->domid};
    int rc;

    op.count = FIXED_DEVICES;
    op.count += devices_entries(&c->devices, devices + FIXED_DEVICES);
    rc = c->hv->ops->noxs(c->hv, NOXS_OP_DEV_ADD, &op, sizeof(op), devices,
                          op.count * sizeof(*devices));
    if (rc < 0)
        return chaos__fail(c->ctx, rc, "cannot write the guest's device page");
    return 0;
}

/* Destroying the domain takes its ports, its page and its name. */
static void leave_it(struct create *c)
{
    (void)c;
}

/* --- names -------------------------------------------------------------------
 */

struct identities {
    struct noxs_entry *entries; /* owned */
    size_t count;
};

static void identify_info(struct chaos_domain_info *info,
                          const struct noxs_entry *entry)
{
    static const uint8_t none[NOXS_UUID_SIZE];

    if (memcmp(entry->uuid, none, sizeof(none)) != 0)
        memcpy(info->uuid, entry->uuid, sizeof(info->uuid));
    info->generation = entry->generation;
    info->devices = entry->devices;
    info->bus = entry->devices > 0 ? CHAOS_BUS_NOXS : CHAOS_BUS_NONE;
    memcpy(info->name, entry->name, sizeof(info->name));
    info->name[sizeof(info->name) - 1] = '\0';
}

static int identities_read(struct chaos_ctx *ctx, struct identities *ids)
{
    struct noxs_op_list op = {.first = 0};
    struct hv *hv = ctx->hv;

    do {
        struct noxs_entry *more =
            realloc(ids->entries, (ids->count + ENTRIES_BATCH) * sizeof(*more));
        int rc;

        if (!more)
            return chaos__fail(ctx, -ENOMEM, "no memory for the list");
        ids->entries = more;
        op.count = ENTRIES_BATCH;
        rc = hv->ops->noxs(hv, NOXS_OP_LIST, &op, sizeof(op), more + ids->count,
                           ENTRIES_BATCH * sizeof(*more));
        if (rc < 0)
            return chaos__fail(ctx, rc, "cannot list the domains' names");
        ids->count += op.count;
    } while (op.first != NOXS_LIST_END);
    return 0;
}

static void merge(struct chaos_domain_info *infos, size_t count,
                  const struct identities *ids)
{
    size_t i, k = 0;

    for (i = 0; i < count; i++) {
        while (k < ids->count && ids->entries[k].domid < infos[i].domid)
            k++;
        if (k < ids->count && ids->entries[k].domid == infos[i].domid)
            identify_info(&infos[i], &ids->entries[k]);
    }
}

static int fill(struct chaos_ctx *ctx, struct chaos_domain_info *infos,
                size_t count)
{
    struct identities ids = {0};
    int rc = identities_read(ctx, &ids);

    if (rc == 0)
        merge(infos, count, &ids);
    free(ids.entries);
    return rc;
}

static int fill_one(struct chaos_ctx *ctx, struct chaos_domain_info *info)
{
    struct noxs_op_list op = {.first = (uint16_t)info->domid, .count = 1};
    struct noxs_entry entry = {.domid = 0};
    int rc = ctx->hv->ops->noxs(ctx->hv, NOXS_OP_LIST, &op, sizeof(op), &entry,
                                sizeof(entry));

    if (rc < 0)
        return chaos__fail(ctx, rc, "domain %u: cannot ask for its name",
                           info->domid);
    if (op.count == 1 && entry.domid == info->domid)
        identify_info(info, &entry);
    return 0;
}

static int lookup(struct chaos_ctx *ctx, const char *name, uint32_t *domid_out)
{
    struct noxs_op_lookup op = {.domid = 0};
    int rc;

    memcpy(op.name, name, strnlen(name, sizeof(op.name) - 1));
    rc = ctx->hv->ops->noxs(ctx->hv, NOXS_OP_LOOKUP, &op, sizeof(op), NULL, 0);
    if (rc == -ENOENT || rc == -EINVAL)
        return chaos__fail(ctx, -ESRCH, "there is no domain '%s'", name);
    if (rc < 0)
        return chaos__fail(ctx, rc, "cannot look up '%s'", name);
    *domid_out = op.domid;
    return 0;
}

static int rename_domain(struct chaos_ctx *ctx, uint32_t domid,
                         const char *name)
{
    struct noxs_op_identity op = {
        .domid = (uint16_t)domid,
        .fields = NOXS_ID_NAME,
    };
    int rc;

    memcpy(op.identity.name, name, strnlen(name, sizeof(op.identity.name) - 1));
    rc = ctx->hv->ops->noxs(ctx->hv, NOXS_OP_IDENTITY_SET, &op, sizeof(op),
                            NULL, 0);
    if (rc == -EEXIST)
        return chaos__fail(ctx, rc, "name '%s': a domain has it already", name);
    if (rc < 0)
        return chaos__fail(ctx, rc, "domain %u: cannot rename it", domid);
    return 0;
}

const struct bus_ops bus_noxs = {
    .name = "noxs",
    .fixed_devices = FIXED_DEVICES,
    .check = check,
    .channels = channels,
    .erase = leave_it,
    .identify = identify,
    .forget = leave_it,
    .make_vifs = make_vifs,
    .unmake_vifs = unmake_vifs,
    .finalise_vifs = finalise_vifs,
    .make_vbds = make_vbds,
    .unmake_vbds = unmake_vbds,
    .announce = announce,
    .withdraw = leave_it,
    .fill = fill,
    .fill_one = fill_one,
    .lookup = lookup,
    .rename = rename_domain,
    .request = sysctl_request,
    .wait_up = sysctl_wait_up,
    .guest_state = sysctl_guest_state,
    .console_open = console_attach_alone,
    .devices = noxs_devices,
    .backs = noxs_backs,
    .plug_begin = noxs_plug_begin,
    .plug = noxs_plug,
    .unplug = noxs_unplug,
    .rescan = sysctl_rescan,
    .device_close = noxs_device_close,
    .device_forget = noxs_device_forget,
    .device_end = noxs_device_end,
};
