/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * bus_domain.c: domains of both buses on one host.
 *
 * Each of noxs has devices in its device page; those without are looked for in
 * XenStore, if it has a daemon. A VM of ours that is on XenStore has its name
 * in both places, one of xl's only there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "internal.h"
#include "xs.h"

const char *chaos_bus_name(enum chaos_bus bus)
{
    switch (bus) {
    case CHAOS_BUS_NOXS:
        return bus_noxs.name;
    case CHAOS_BUS_XENSTORE:
        return bus_xs.name;
    default:
        return NULL;
    }
}

/* Where Xen has noxs, no daemon is no failure, and leaves no text. */
static int has_store(struct chaos_ctx *ctx)
{
    char error[CHAOS_ERROR_SIZE];
    struct store *store;
    int rc;

    memcpy(error, ctx->error, sizeof(error));
    rc = chaos__store(ctx, &store);
    if (rc == 0)
        return 1;
    if (rc == -ENODEV)
        memcpy(ctx->error, error, sizeof(error));
    return rc == -ENODEV ? 0 : rc;
}

/* A shell has no devices yet, a dying domain tells of none. */
static bool may_be_xs(const struct chaos_domain_info *info)
{
    return info->domid != 0 && info->bus == CHAOS_BUS_NONE && !info->building &&
           !info->dying;
}

/* Those whose devices noxs does not know of, all together. */
static int fill_others(struct chaos_ctx *ctx, struct chaos_domain_info *infos,
                       size_t count)
{
    CLEANUP_FREE struct chaos_domain_info *others = NULL;
    size_t i, n = 0;
    int rc;

    for (i = 0; i < count; i++)
        n += may_be_xs(&infos[i]);
    rc = n > 0 ? has_store(ctx) : 0;
    if (rc <= 0)
        return rc;
    others = malloc(n * sizeof(*others));
    if (!others)
        return chaos__fail(ctx, -ENOMEM, "no memory for the list");
    for (i = n = 0; i < count; i++) {
        if (may_be_xs(&infos[i]))
            others[n++] = infos[i];
    }
    rc = bus_xs.fill(ctx, others, n);
    for (i = n = 0; rc == 0 && i < count; i++) {
        if (may_be_xs(&infos[i]))
            infos[i] = others[n++];
    }
    return rc;
}

int bus_fill(struct chaos_ctx *ctx, struct chaos_domain_info *infos,
             size_t count)
{
    const struct bus_ops *host;
    struct hv *hv;
    int rc = bus_of_host(ctx, &hv, &host);

    if (rc == 0)
        rc = host->fill(ctx, infos, count);
    if (rc < 0 || host == &bus_xs)
        return rc;
    /* VMs of noxs are to be seen though XenStore's daemon just died. */
    if (fill_others(ctx, infos, count) < 0)
        chaos__log(ctx, CHAOS_LOG_WARN,
                   "what is known to XenStore is left out: %s", ctx->error);
    return 0;
}

int bus_fill_one(struct chaos_ctx *ctx, struct chaos_domain_info *info)
{
    const struct bus_ops *host;
    struct hv *hv;
    int rc = bus_of_host(ctx, &hv, &host);

    if (rc == 0)
        rc = host->fill_one(ctx, info);
    if (rc == 0 && host == &bus_noxs)
        rc = fill_others(ctx, info, 1);
    return rc;
}

int bus_of_domain(struct chaos_ctx *ctx, uint32_t domid, struct hv **hv_out,
                  const struct bus_ops **bus_out)
{
    struct chaos_domain_info info = {.domid = domid};
    int rc = bus_of_host(ctx, hv_out, bus_out);

    if (rc < 0 || *bus_out == &bus_xs || domid >= NOXS_DOMID_SELF)
        return rc;
    rc = bus_fill_one(ctx, &info);
    if (rc == 0 && info.bus == CHAOS_BUS_XENSTORE)
        *bus_out = &bus_xs;
    return rc;
}

/* --- names -------------------------------------------------------------------
 */

/* Through all that noxs does not know by this name. */
static int search(struct chaos_ctx *ctx, const char *name, uint32_t *domid_out)
{
    CLEANUP_FREE struct chaos_domain_info *infos = NULL;
    size_t i, count = 0;
    int rc = has_store(ctx);

    if (rc > 0)
        rc = chaos_domain_list(ctx, &infos, &count);
    /* A list does without what XenStore failed to tell, a search cannot. */
    if (rc == 0)
        rc = fill_others(ctx, infos, count);
    if (rc < 0)
        return rc;
    for (i = 0; i < count; i++) {
        if (infos[i].bus == CHAOS_BUS_XENSTORE &&
            strcmp(infos[i].name, name) == 0) {
            *domid_out = infos[i].domid;
            return 0;
        }
    }
    return chaos__fail(ctx, -ESRCH, "there is no domain '%s'", name);
}

int bus_lookup(struct chaos_ctx *ctx, const char *name, uint32_t *domid_out)
{
    const struct bus_ops *host;
    struct hv *hv;
    int rc = bus_of_host(ctx, &hv, &host);

    if (rc == 0)
        rc = host->lookup(ctx, name, domid_out);
    if (rc == -ESRCH && host == &bus_noxs)
        rc = search(ctx, name, domid_out);
    return rc;
}

/* -EEXIST with text: noxs knows a domain by this name. */
static int is_unknown(struct chaos_ctx *ctx, const char *name)
{
    uint32_t domid;
    int rc = bus_noxs.lookup(ctx, name, &domid);

    if (rc == 0)
        return chaos__fail(ctx, -EEXIST, "name '%s': a domain has it already",
                           name);
    return rc == -ESRCH ? 0 : rc;
}

/* In both places, or in none. One of xl's stays unknown to noxs. */
static int rename_beside_noxs(struct chaos_ctx *ctx, uint32_t domid,
                              const char *name)
{
    static const uint8_t none[NOXS_UUID_SIZE];
    struct chaos_domain_info info = {.domid = domid};
    char error[CHAOS_ERROR_SIZE];
    int rc = bus_noxs.fill_one(ctx, &info);
    bool is_ours = memcmp(info.uuid, none, sizeof(none)) != 0;

    if (rc == 0)
        rc =
            is_ours ? bus_noxs.rename(ctx, domid, name) : is_unknown(ctx, name);
    if (rc < 0)
        return rc;
    rc = bus_xs.rename(ctx, domid, name);
    if (rc == 0 || !is_ours)
        return rc;
    memcpy(error, ctx->error, sizeof(error));
    if (bus_noxs.rename(ctx, domid, info.name) < 0)
        chaos__log(ctx, CHAOS_LOG_ERROR,
                   "domain %u has its new name for noxs only: %s", domid,
                   ctx->error);
    memcpy(ctx->error, error, sizeof(error));
    return rc;
}

int bus_rename(struct chaos_ctx *ctx, uint32_t domid, const char *name)
{
    const struct bus_ops *bus;
    struct hv *hv;
    int rc = bus_of_domain(ctx, domid, &hv, &bus);

    if (rc < 0)
        return rc;
    if (bus == &bus_xs && ctx->noxs_checked)
        return rename_beside_noxs(ctx, domid, name);
    return bus->rename(ctx, domid, name);
}
