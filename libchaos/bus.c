/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * bus.c: which bus serves a VM, or this host.
 */
#include <errno.h>

#include "bus.h"
#include "config.h"
#include "internal.h"

int bus_of_host(struct chaos_ctx *ctx, struct hv **hv_out,
                const struct bus_ops **bus_out)
{
    int rc = chaos__hv_noxs(ctx, hv_out);

    if (rc == 0)
        *bus_out = &bus_noxs;
    return rc;
}

int bus_choose(struct chaos_ctx *ctx, const struct chaos_config *cfg,
               struct hv **hv_out, const struct bus_ops **bus_out)
{
    const struct bus_ops *bus;
    int rc;

    if (cfg->dev_method == CONFIG_DEV_XENSTORE)
        return chaos__fail(ctx, -EOPNOTSUPP,
                           "xen.dev_method: this version has noxs only");
    rc = bus_of_host(ctx, hv_out, &bus);
    if (rc == 0)
        rc = bus->check(ctx, cfg);
    if (rc == 0)
        *bus_out = bus;
    return rc;
}
