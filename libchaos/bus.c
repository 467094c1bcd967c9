/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * bus.c: which bus serves a VM, or this host.
 */
#include <errno.h>
#include <string.h>

#include "bus.h"
#include "config.h"
#include "internal.h"
#include "xs.h"

/* A Xen without noxs: then it is XenStore that knows all domains. */
static int fall_back(struct chaos_ctx *ctx, int rc,
                     const struct bus_ops **bus_out)
{
    struct store *store;
    int found = chaos__store(ctx, &store);

    if (found == -ENODEV)
        return chaos__fail(ctx, rc,
                           "this Xen has no noxs: boot the patched hypervisor "
                           "(docs/install.md), or do without, with xenstored "
                           "or oxenstored running");
    if (found == 0)
        *bus_out = &bus_xs;
    return found;
}

int bus_of_host(struct chaos_ctx *ctx, struct hv **hv_out,
                const struct bus_ops **bus_out)
{
    int rc = chaos__hv_noxs(ctx, hv_out);

    if (rc == 0)
        *bus_out = &bus_noxs;
    else if (rc == -ENOSYS)
        rc = fall_back(ctx, rc, bus_out);
    return rc;
}

/* Once: it is a slower way than the operator may expect. */
static void hint(struct chaos_ctx *ctx)
{
    if (!ctx->bus_hinted)
        chaos__log(
            ctx, CHAOS_LOG_WARN,
            "this Xen has no noxs: VMs have their devices through "
            "XenStore; \"xen\": {\"dev_method\": \"xenstore\"} says that "
            "this is meant");
    ctx->bus_hinted = true;
}

static int find(struct chaos_ctx *ctx, const struct chaos_config *cfg,
                struct hv **hv_out, const struct bus_ops **bus_out)
{
    struct store *store;
    int rc;

    if (cfg->dev_method == CONFIG_DEV_NOXS) {
        *bus_out = &bus_noxs;
        return chaos__hv_noxs(ctx, hv_out);
    }
    rc = bus_of_host(ctx, hv_out, bus_out);
    if (rc == 0 && cfg->dev_method == CONFIG_DEV_XENSTORE) {
        *bus_out = &bus_xs;
        rc = chaos__store(ctx, &store);
    } else if (rc == 0 && *bus_out == &bus_xs) {
        hint(ctx);
    }
    return rc;
}

int bus_choose(struct chaos_ctx *ctx, const struct chaos_config *cfg,
               struct hv **hv_out, const struct bus_ops **bus_out)
{
    const struct bus_ops *bus = NULL;
    int rc = find(ctx, cfg, hv_out, &bus);

    if (rc == 0)
        rc = bus->check(ctx, cfg);
    if (rc == 0)
        *bus_out = bus;
    return rc;
}

/*
 * Where Xen has noxs, a domain without any of its devices may be XenStore's, or
 * there may be no XenStore.
 */
void bus_clean(struct chaos_ctx *ctx, uint32_t domid, const uint8_t *uuid)
{
    char error[CHAOS_ERROR_SIZE];
    int rc;

    memcpy(error, ctx->error, sizeof(error));
    rc = xs_clean(ctx, domid, uuid);
    if (rc < 0 && rc != -ENODEV)
        chaos__log(ctx, CHAOS_LOG_ERROR,
                   "domain %u: its nodes in XenStore were left: %s", domid,
                   ctx->error);
    memcpy(ctx->error, error, sizeof(error));
}
