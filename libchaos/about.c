/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * about.c: what the hypervisor says of the host.
 */
#include <errno.h>
#include <string.h>

#include <chaos/domain.h>

#include "hv.h"
#include "internal.h"

/* Of version 1, which Linux uses where frames have numbers of 32 bits. */
#define GRANTS_PER_FRAME (HV_PAGE_SIZE / 8)

/* All zeros where this Xen has no noxs. */
static int ask_version(struct chaos_ctx *ctx, struct hv *hv,
                       struct noxs_op_version *version_out)
{
    int rc;

    *version_out = (struct noxs_op_version){0};
    rc = hv->ops->noxs(hv, NOXS_OP_VERSION, version_out, sizeof(*version_out),
                       NULL, 0);
    if (rc < 0 && rc != -ENOSYS)
        return chaos__fail(ctx, rc, "cannot ask for the noxs version");
    return 0;
}

int chaos_host_info(struct chaos_ctx *ctx, struct chaos_host_info *info_out)
{
    struct noxs_op_version version;
    struct hv_host host;
    struct hv *hv;
    int rc = chaos__hv(ctx, &hv);

    if (rc < 0)
        return rc;
    rc = hv->ops->host(hv, &host);
    if (rc < 0)
        return chaos__fail(ctx, rc, "cannot ask for the host's state");
    rc = ask_version(ctx, hv, &version);
    if (rc < 0)
        return rc;
    *info_out = (struct chaos_host_info){
        .xen_major = host.xen_major,
        .xen_minor = host.xen_minor,
        .noxs_version = version.version,
        .cpus = host.cpus,
        .total_kb = host.total_pages * 4,
        .free_kb = host.free_pages * 4,
        .scrub_kb = host.scrub_pages * 4,
    };
    memcpy(info_out->xen_extra, host.xen_extra, sizeof(info_out->xen_extra));
    return 0;
}

int chaos_host_limits(struct chaos_ctx *ctx,
                      struct chaos_host_limits *limits_out)
{
    struct noxs_op_version version;
    unsigned frames, max;
    struct hv *hv;
    int rc = chaos__hv(ctx, &hv);

    if (rc < 0)
        return rc;
    rc = hv->ops->grant_frames(hv, &frames, &max);
    if (rc < 0)
        return chaos__fail(ctx, rc, "cannot ask for the grant table's size");
    rc = ask_version(ctx, hv, &version);
    if (rc < 0)
        return rc;
    *limits_out = (struct chaos_host_limits){
        .domains = NOXS_DOMID_SELF,
        .grant_frames = frames,
        .grant_frames_max = max,
        .grants_per_frame = GRANTS_PER_FRAME,
        .watches = version.watch_max,
    };
    return 0;
}
