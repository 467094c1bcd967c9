/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hv_model_pvh.c: the first state of a PVH guest, checked as Xen checks it.
 */
#include <errno.h>

#include "hv_model_internal.h"

/* Less is too little for the tables that every guest has. */
#define PAGING_MIN 32u

int model_paging_pages(struct hv *hv, uint32_t domid, unsigned pages)
{
    struct model_domain *d = model_get(domid);
    int rc = model_enter("paging_pages");

    (void)hv;
    if (rc < 0)
        return rc;
    if (!d || !d->pvh)
        return d ? model_refuse(-EOPNOTSUPP, "a PV guest has no pool") : -ESRCH;
    if (pages < PAGING_MIN)
        return model_refuse(-ENOMEM, "a pool smaller than what is in use");
    d->paging_pages = pages;
    return model_leave("paging_pages", 0);
}

int model_pvh_rings(struct hv *hv, uint32_t domid, const struct hv_rings *rings)
{
    struct model_domain *d = model_get(domid);
    int rc = model_enter("pvh_rings");

    (void)hv;
    if (rc < 0)
        return rc;
    if (!d || !d->pvh)
        return d ? model_refuse(-EINVAL, "a PV guest has a start_info")
                 : -ESRCH;
    d->rings = *rings;
    return model_leave("pvh_rings", 0);
}

int model_pvh_start(struct hv *hv, uint32_t domid,
                    const struct hv_start_pvh *start)
{
    struct model_domain *d = model_get(domid);
    int rc = model_enter("pvh_start");

    (void)hv;
    if (rc < 0)
        return rc;
    if (!d || !d->state.paused || d->started || !d->pvh)
        return d ? model_refuse(-EINVAL, "no fresh domain") : -ESRCH;
    if (start->vcpus == 0 || start->vcpus != d->state.vcpus)
        return model_refuse(-EINVAL, "not as many vCPUs as the domain has");
    d->started = true;
    d->start_pvh = *start;
    return model_leave("pvh_start", 0);
}
