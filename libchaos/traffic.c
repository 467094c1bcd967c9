/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * traffic.c: what the vifs and vbds of all domains have moved, on either bus.
 */
#include <errno.h>
#include <string.h>

#include <chaos/device.h>

#include "devices.h"
#include "internal.h"

static int by_domid(const void *a, const void *b)
{
    const struct host_back *left = a, *right = b;

    return (left->domid > right->domid) - (left->domid < right->domid);
}

static void add(struct chaos_traffic *t, const struct host_back *back)
{
    t->domid = back->domid;
    t->bus = back->stock ? CHAOS_BUS_XENSTORE : CHAOS_BUS_NOXS;
    if (back->type == NOXS_DEV_VIF) {
        t->vifs++;
        t->sent_packets += back->sent_ops;
        t->sent_bytes += back->sent_bytes;
        t->received_packets += back->received_ops;
        t->received_bytes += back->received_bytes;
    } else if (back->type == NOXS_DEV_VBD) {
        t->vbds++;
        t->writes += back->sent_ops;
        t->written_bytes += back->sent_bytes;
        t->reads += back->received_ops;
        t->read_bytes += back->received_bytes;
    }
}

/* One for each domain; `traffic` is zeroed and has room for each back end. */
static size_t sum_up(struct host_back *backs, size_t count,
                     struct chaos_traffic *traffic)
{
    size_t i, n = 0;

    if (count == 0)
        return 0;
    qsort(backs, count, sizeof(*backs), by_domid);
    for (i = 0; i < count; i++) {
        if (i > 0 && backs[i].domid != backs[i - 1].domid)
            n++;
        add(&traffic[n], &backs[i]);
    }
    return n + 1;
}

/* Without the module there are none. */
static int list_noxs(struct chaos_ctx *ctx, struct host *host,
                     struct host_back **backs_out, size_t *count_out)
{
    int rc = host->ops->back_list(host, NOXS_DOMID_SELF, backs_out, count_out);

    if (rc == -ENOENT || rc == -ENXIO)
        return 0;
    return rc < 0 ? device_refused(ctx, rc, "the list of vifs and vbds") : 0;
}

/* Those of XenStore, ours and xl's, are added. */
static int add_stock(struct chaos_ctx *ctx, struct host *host,
                     struct host_back **backs, size_t *count)
{
    CLEANUP_FREE struct host_back *stock = NULL;
    struct host_back *all;
    size_t n = 0;
    int rc = host->ops->stock_list(host, &stock, &n);

    if (rc < 0)
        return chaos__fail(ctx, rc,
                           "cannot list the back ends of vifs and vbds on "
                           "XenStore");
    if (n == 0)
        return 0;
    all = realloc(*backs, (*count + n) * sizeof(*all));
    if (!all)
        return chaos__fail(ctx, -ENOMEM, "no memory for the list");
    memcpy(all + *count, stock, n * sizeof(*all));
    *backs = all;
    *count += n;
    return 0;
}

static int list_all(struct chaos_ctx *ctx, struct host_back **backs,
                    size_t *count)
{
    struct host *host;
    int rc = chaos__host(ctx, &host);

    if (rc == 0)
        rc = list_noxs(ctx, host, backs, count);
    return rc < 0 ? rc : add_stock(ctx, host, backs, count);
}

int chaos_traffic_list(struct chaos_ctx *ctx,
                       struct chaos_traffic **traffic_out, size_t *count_out)
{
    CLEANUP_FREE struct host_back *backs = NULL;
    struct chaos_traffic *traffic;
    size_t count = 0;
    int rc = list_all(ctx, &backs, &count);

    if (rc < 0)
        return rc;
    traffic = calloc(count ? count : 1, sizeof(*traffic));
    if (!traffic)
        return chaos__fail(ctx, -ENOMEM, "no memory for the list");
    *count_out = sum_up(backs, count, traffic);
    *traffic_out = traffic;
    return 0;
}
