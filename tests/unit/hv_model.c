/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hv_model.c: the model's host: domains, faults, counts and the seam's table.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host_model.h"
#include "hv_model_internal.h"
#include "store_model.h"

struct model model;
struct model_knobs model_knobs;

/* --- the host ------------------------------------------------------------ */

static void add_dom0(void)
{
    struct model_domain *d = &model.domains[0];

    d->exists = true;
    d->state.running = true;
    d->state.vcpus = 2;
    d->state.pages = d->state.max_pages = 65536;
    d->page = calloc(1, sizeof(*d->page));
    model.next_domid = 1;
}

void model_free(void)
{
    uint32_t i;

    for (i = 0; model.domains && i < DOMAINS_MAX; i++) {
        free(model.domains[i].p2m);
        free(model.domains[i].page);
    }
    free(model.domains);
    model_memory_free();
    model = (struct model){.memory_fd = -1};
}

void model_reset(void)
{
    model_free();
    model_host_reset();
    model_store_reset();
    model_knobs = (struct model_knobs){
        .noxs_version = NOXS_VERSION,
        .host_pages = HOST_PAGES,
        .order_max = 18,
    };
    model.domains = calloc(DOMAINS_MAX, sizeof(*model.domains));
    model_memory_init();
    add_dom0();
}

struct model_counts model_counts(void)
{
    struct model_counts c;
    struct mapping *m;
    unsigned i, k;

    memset(&c, 0, sizeof(c));
    c.handles = model.handles;
    c.hosts = model_hosts();
    c.backs = model_backs();
    c.stores = model_stores();
    c.nodes = model_store_nodes();
    c.store_watches = model_store_watches();
    c.introduced = model_store_domains();
    c.event_handles = model.event_handles;
    c.frames = model.frames_used;
    for (m = model.mappings; m; m = m->next)
        c.mappings++;
    for (i = 0; i < DOMAINS_MAX; i++) {
        const struct model_domain *d = &model.domains[i];

        if (!d->exists)
            continue;
        c.domains++;
        c.names += d->page && d->page->identity.name[0] != '\0';
        for (k = 0; k < PORTS_MAX; k++)
            c.guest_ports += d->ports[k].state != PORT_FREE;
    }
    for (i = 0; i < HOST_PORTS_MAX; i++) {
        c.host_ports += model.host_ports[i].ev != NULL;
        c.watches += model.host_ports[i].watch;
    }
    return c;
}

struct model_domain *model_get(uint32_t domid)
{
    if (domid >= DOMAINS_MAX || !model.domains[domid].exists)
        return NULL;
    return &model.domains[domid];
}

/* --- domains ---------------------------------------------------------------
 */

struct model_domain *model_domain_new(void)
{
    uint32_t domid = model.next_domid;
    struct noxs_page *page;
    struct model_domain *d;

    /* Like Xen, an id is not used again soon. */
    while (domid < DOMAINS_MAX && model.domains[domid].exists)
        domid++;
    if (domid == DOMAINS_MAX)
        return NULL;
    page = calloc(1, sizeof(*page));
    if (!page)
        return NULL;
    model.next_domid = domid + 1;
    d = &model.domains[domid];
    memset(d, 0, sizeof(*d));
    d->exists = true;
    d->page = page;
    d->state.domid = domid;
    d->state.paused = true;
    d->page->magic = NOXS_PAGE_MAGIC;
    d->page->version = NOXS_VERSION;
    d->page->size = NOXS_PAGE_SIZE;
    d->page->domid = (uint16_t)domid;
    d->page->dev_max = NOXS_DEV_MAX;
    d->page->dev_size = sizeof(struct noxs_device);
    return d;
}

/* The last of a dying domain, once nobody maps its pages. */
static void bury(struct model_domain *d)
{
    if (!model_frames_release(d->state.domid))
        return;
    model_log_exit(d, NOXS_EXIT_DESTROYED);
    free(d->p2m);
    free(d->page);
    memset(d, 0, sizeof(*d));
}

void model_domain_kill(struct model_domain *d)
{
    if (d->state.dying)
        return;
    d->state.dying = true;
    model_ports_release(d->state.domid);
    model_log_exit(d, NOXS_EXIT_DYING);
    if (host_knobs.reaps)
        model_host_reap(d->state.domid);
    memset(d->page->identity.name, 0, sizeof(d->page->identity.name));
    bury(d);
}

static int domain_create(struct hv *hv, const struct hv_domain_spec *spec,
                         uint32_t *domid_out)
{
    struct model_domain *d;
    int rc = model_enter("domain_create");

    (void)hv;
    if (rc < 0)
        return rc;
    if (spec->vcpus == 0 || spec->evtchn_max == 0 || spec->grant_frames == 0)
        return model_refuse(-EINVAL, "a domain without vCPUs, ports or grants");
    if (spec->pvh && model_knobs.no_pvh)
        return model_refuse(-EINVAL, "a PVH domain on this host");
    d = model_domain_new();
    if (!d)
        return -ENOMEM;
    memcpy(d->state.uuid, spec->uuid, sizeof(d->state.uuid));
    d->evtchn_max = spec->evtchn_max;
    d->pvh = d->state.hvm = spec->pvh;
    d->state.shared_info_frame = model_frame_take(d->state.domid, FRAME_SHARED);
    *domid_out = d->state.domid;
    return model_leave("domain_create", 0);
}

static int domain_destroy(struct hv *hv, uint32_t domid)
{
    struct model_domain *d = model_get(domid);
    int rc = model_enter("domain_destroy");

    (void)hv;
    if (rc < 0)
        return rc;
    if (!d)
        return -ESRCH;
    if (model_knobs.undestroyable)
        return -EBUSY;
    model_domain_kill(d);
    return model_leave("domain_destroy", 0);
}

static int domain_handle(struct hv *hv, uint32_t domid,
                         const uint8_t uuid[NOXS_UUID_SIZE])
{
    struct model_domain *d = model_get(domid);
    int rc = model_enter("domain_handle");

    (void)hv;
    if (rc < 0)
        return rc;
    if (!d || d->state.dying)
        return -ESRCH;
    memcpy(d->state.uuid, uuid, sizeof(d->state.uuid));
    return model_leave("domain_handle", 0);
}

static int domain_pause(struct hv *hv, uint32_t domid)
{
    struct model_domain *d = model_get(domid);
    int rc = model_enter("domain_pause");

    (void)hv;
    if (rc < 0)
        return rc;
    if (!d)
        return -ESRCH;
    d->state.paused = true;
    return model_leave("domain_pause", 0);
}

static int domain_unpause(struct hv *hv, uint32_t domid)
{
    struct model_domain *d = model_get(domid);
    int rc = model_enter("domain_unpause");

    (void)hv;
    if (rc < 0)
        return rc;
    if (!d)
        return -ESRCH;
    d->state.paused = false;
    d->state.blocked = true;
    return model_leave("domain_unpause", 0);
}

static int domain_vcpus(struct hv *hv, uint32_t domid, unsigned vcpus)
{
    struct model_domain *d = model_get(domid);
    int rc = model_enter("domain_vcpus");

    (void)hv;
    if (rc < 0)
        return rc;
    if (!d || vcpus == 0)
        return d ? -EINVAL : -ESRCH;
    d->state.vcpus = vcpus;
    return model_leave("domain_vcpus", 0);
}

static int domain_affinity(struct hv *hv, uint32_t domid, unsigned vcpu,
                           const uint64_t *map, unsigned cpus)
{
    struct model_domain *d = model_get(domid);
    int rc = model_enter("domain_affinity");

    (void)hv;
    if (rc < 0)
        return rc;
    if (!d || vcpu >= d->state.vcpus)
        return d ? -EINVAL : -ESRCH;
    /* The host has two CPUs. */
    if (cpus < 2 || (map[0] & 3) == 0)
        return model_refuse(-EINVAL, "an affinity without an online CPU");
    d->affinities++;
    d->affinity0 = map[0];
    return model_leave("domain_affinity", 0);
}

static int domain_states(struct hv *hv, uint32_t first, unsigned count,
                         struct hv_domain_state *states_out)
{
    unsigned n = 0;
    uint32_t i;
    int rc = model_enter("domain_states");

    (void)hv;
    if (rc < 0)
        return rc;
    if (first >= NOXS_DOMID_SELF)
        return -EINVAL;
    for (i = first; i < DOMAINS_MAX && n < count; i++) {
        if (model.domains[i].exists)
            states_out[n++] = model.domains[i].state;
    }
    return model_leave("domain_states", (int)n);
}

static int host(struct hv *hv, struct hv_host *host_out)
{
    int rc = model_enter("host");

    (void)hv;
    if (rc < 0)
        return rc;
    *host_out = (struct hv_host){
        .xen_major = 4,
        .xen_minor = 17,
        .xen_extra = ".5-model",
        .cpus = 2,
        .total_pages = model_knobs.host_pages,
        .free_pages = model_knobs.host_pages - model.frames_used,
        .scrub_pages = 16,
        .pvh = !model_knobs.no_pvh,
    };
    return model_leave("host", 0);
}

static int grant_frames(struct hv *hv, unsigned *frames_out, unsigned *max_out)
{
    int rc = model_enter("grant_frames");

    (void)hv;
    if (rc < 0)
        return rc;
    *frames_out = 4;
    *max_out = 64;
    return model_leave("grant_frames", 0);
}

/* --- the seam ----------------------------------------------------------------
 */

static void model_close(struct hv *hv)
{
    model.handles--;
    free(hv);
}

static void unmap(struct hv *hv, void *addr, size_t count)
{
    uint32_t i;

    model_unmap(hv, addr, count);
    for (i = 1; i < DOMAINS_MAX; i++) {
        if (model.domains[i].exists && model.domains[i].state.dying)
            bury(&model.domains[i]);
    }
}

static const struct hv_ops model_ops = {
    .close = model_close,
    .host = host,
    .grant_frames = grant_frames,
    .domain_create = domain_create,
    .domain_destroy = domain_destroy,
    .domain_handle = domain_handle,
    .domain_pause = domain_pause,
    .domain_unpause = domain_unpause,
    .domain_vcpus = domain_vcpus,
    .domain_affinity = domain_affinity,
    .domain_states = domain_states,
    .memory_max = model_memory_max,
    .memory_populate = model_populate,
    .map = model_map,
    .unmap = unmap,
    .hypercall_page = model_hypercall_page,
    .vcpu_start = model_vcpu_start,
    .paging_pages = model_paging_pages,
    .pvh_rings = model_pvh_rings,
    .pvh_start = model_pvh_start,
    .grant_rings = model_grant_rings,
    .evtchn_alloc = model_evtchn_alloc,
    .noxs = model_noxs,
    .evtchn_open = model_evtchn_open,
    .evtchn_close = model_evtchn_close,
    .evtchn_fd = model_evtchn_fd,
    .evtchn_bind = model_evtchn_bind,
    .evtchn_unbind = model_evtchn_unbind,
    .evtchn_loop = model_evtchn_loop,
    .evtchn_notify = model_evtchn_notify,
    .evtchn_pending = model_evtchn_pending,
};

int hv_xen_open(struct hv **hv_out)
{
    struct hv *hv;
    int rc = model_enter("open");

    if (rc < 0)
        return rc;
    if (model_knobs.open_error)
        return -model_knobs.open_error;
    hv = calloc(1, sizeof(*hv));
    if (!hv)
        return -ENOMEM;
    hv->ops = &model_ops;
    model.handles++;
    *hv_out = hv;
    return 0;
}
