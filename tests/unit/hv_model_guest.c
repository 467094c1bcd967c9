/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hv_model_guest.c: what tests do to the model's domains, and see of them.
 */
#include <string.h>

#include "hv_model_internal.h"

uint32_t model_domain_add(const char *name)
{
    struct model_domain *d = model_domain_new();

    d->state.uuid[0] = (uint8_t)d->state.domid;
    d->state.uuid[1] = (uint8_t)(d->state.domid >> 8);
    d->state.uuid[15] = 0xdd;
    d->state.paused = false;
    d->state.blocked = true;
    d->state.vcpus = 1;
    if (name)
        memcpy(d->page->identity.name, name, strlen(name));
    return d->state.domid;
}

void model_shutdown(uint32_t domid, unsigned reason)
{
    struct model_domain *d = model_get(domid);

    d->state.stopped = true;
    d->state.running = d->state.blocked = false;
    d->state.reason = reason;
    model_log_exit(d, NOXS_EXIT_SHUTDOWN);
}

void model_destroy(uint32_t domid)
{
    model_domain_kill(model_get(domid));
}

struct model_view model_view(uint32_t domid)
{
    const struct model_domain *d = model_get(domid);

    if (!d)
        return (struct model_view){0};
    return (struct model_view){
        .exists = true,
        .paused = d->state.paused,
        .dying = d->state.dying,
        .stopped = d->state.stopped,
        .started = d->started,
        .vcpus = d->state.vcpus,
        .affinities = d->affinities,
        .affinity0 = d->affinity0,
        .pages = d->state.pages,
        .max_pages = d->state.max_pages,
        .shared_info_frame = d->state.shared_info_frame,
        .hypercall_frame = d->hypercall_frame,
        .start = d->start,
        .pvh = d->pvh,
        .paging_pages = d->paging_pages,
        .rings = d->rings,
        .start_pvh = d->start_pvh,
        .page = d->page,
    };
}
