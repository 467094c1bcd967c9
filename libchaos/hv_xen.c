/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * hv_xen.c: the seam's real side: hypercalls through libxencall, mappings
 * through libxenforeignmemory, event channels through libxenevtchn.
 *
 * Hypercalls are made directly rather than through libxenctrl: a create is
 * about a dozen of them, and the bounce buffers and extra handles of the larger
 * library cost more than the hypercalls themselves.
 */
#include "hv_xen.h"

#include <stdlib.h>

#include <xentoollog.h>

#include <xen/memory.h>
#include <xen/version.h>

/* Xen's libraries log to stderr unless they are given somewhere else. */
static void log_nothing(struct xentoollog_logger *logger,
                        xentoollog_level level, int errnoval,
                        const char *context, const char *format, va_list ap)
{
    (void)logger, (void)level, (void)errnoval;
    (void)context, (void)format, (void)ap;
}

static void progress_nothing(struct xentoollog_logger *logger,
                             const char *context, const char *doing,
                             int percent, unsigned long done,
                             unsigned long total)
{
    (void)logger, (void)context, (void)doing;
    (void)percent, (void)done, (void)total;
}

static void destroy_nothing(struct xentoollog_logger *logger)
{
    (void)logger;
}

struct xentoollog_logger hv_xen_silent = {
    .vmessage = log_nothing,
    .progress = progress_nothing,
    .destroy = destroy_nothing,
};

static int xen_version(struct hv_xen *x, int cmd)
{
    return hv_xen_result(xencall2(x->call, __HYPERVISOR_xen_version,
                                  (uint64_t)cmd,
                                  (uint64_t)(uintptr_t)x->arena));
}

/* Xen's version does not change while it runs. */
static int learn_version(struct hv_xen *x)
{
    int rc = xen_version(x, XENVER_extraversion);

    if (rc < 0)
        return rc;
    memcpy(x->host.xen_extra, x->arena, sizeof(x->host.xen_extra) - 1);
    rc = xen_version(x, XENVER_version);
    if (rc < 0)
        return rc;
    x->host.xen_minor = (unsigned)rc & 0xffff;
    x->host.xen_major = (unsigned)rc >> 16;
    return 0;
}

/* Nested paging is asked for, as shadow paging need not be in a Xen. */
#define PHYSCAP_PVH (XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_hap)

static int xen_host(struct hv *hv, struct hv_host *host_out)
{
    struct hv_xen *x = hv_xen(hv);
    struct xen_sysctl *op = (void *)x->arena;
    int rc = x->host.xen_major ? 0 : learn_version(x);

    if (rc < 0)
        return rc;
    memset(op, 0, sizeof(*op));
    op->cmd = XEN_SYSCTL_physinfo;
    rc = sysctl(x, op);
    if (rc < 0)
        return rc;
    *host_out = x->host;
    host_out->cpus = op->u.physinfo.nr_cpus;
    host_out->total_pages = op->u.physinfo.total_pages;
    host_out->free_pages = op->u.physinfo.free_pages;
    host_out->scrub_pages = op->u.physinfo.scrub_pages;
    host_out->pvh = (op->u.physinfo.capabilities & PHYSCAP_PVH) == PHYSCAP_PVH;
    return 0;
}

static int xen_grant_frames(struct hv *hv, unsigned *frames_out,
                            unsigned *max_out)
{
    struct hv_xen *x = hv_xen(hv);
    struct gnttab_query_size *op = (void *)x->arena;
    int rc;

    memset(op, 0, sizeof(*op));
    op->dom = DOMID_SELF;
    rc = hv_xen_result(xencall3(x->call, __HYPERVISOR_grant_table_op,
                                GNTTABOP_query_size, (uint64_t)(uintptr_t)op,
                                1));
    if (rc < 0)
        return rc;
    if (op->status != GNTST_okay)
        return -EIO;
    *frames_out = op->nr_frames;
    *max_out = op->max_nr_frames;
    return 0;
}

/* --- opening ----------------------------------------------------------------
 */

static void xen_close(struct hv *hv)
{
    struct hv_xen *x = hv_xen(hv);

    if (x->arena)
        xencall_free_buffer_pages(x->call, x->arena, HV_XEN_ARENA_PAGES);
    if (x->mem)
        (void)xenforeignmemory_close(x->mem);
    if (x->call)
        (void)xencall_close(x->call);
    free(x);
}

static const struct hv_ops xen_ops = {
    .close = xen_close,
    .host = xen_host,
    .grant_frames = xen_grant_frames,
    .domain_create = xen_domain_create,
    .domain_destroy = xen_domain_destroy,
    .domain_handle = xen_domain_handle,
    .domain_pause = xen_domain_pause,
    .domain_unpause = xen_domain_unpause,
    .domain_vcpus = xen_domain_vcpus,
    .domain_affinity = xen_domain_affinity,
    .domain_states = xen_domain_states,
    .memory_max = xen_memory_max,
    .memory_populate = xen_memory_populate,
    .map = xen_map,
    .unmap = xen_unmap,
    .hypercall_page = xen_hypercall_page,
    .vcpu_start = xen_vcpu_start,
    .paging_pages = xen_paging_pages,
    .pvh_rings = xen_pvh_rings,
    .pvh_start = xen_pvh_start,
    .grant_rings = xen_grant_rings,
    .evtchn_alloc = xen_evtchn_alloc,
    .noxs = xen_noxs,
    .evtchn_open = xen_evtchn_open,
    .evtchn_close = xen_evtchn_close,
    .evtchn_fd = xen_evtchn_fd,
    .evtchn_bind = xen_evtchn_bind,
    .evtchn_unbind = xen_evtchn_unbind,
    .evtchn_loop = xen_evtchn_loop,
    .evtchn_notify = xen_evtchn_notify,
    .evtchn_pending = xen_evtchn_pending,
};

int hv_xen_open(struct hv **hv_out)
{
    struct hv_xen *x = calloc(1, sizeof(*x));
    int rc;

    if (!x)
        return -ENOMEM;
    x->hv.ops = &xen_ops;
    errno = ENOMEM;
    x->call = xencall_open(&hv_xen_silent, 0);
    if (x->call)
        x->mem = xenforeignmemory_open(&hv_xen_silent, 0);
    if (x->mem)
        x->arena = xencall_alloc_buffer_pages(x->call, HV_XEN_ARENA_PAGES);
    if (!x->arena) {
        rc = -errno;
        xen_close(&x->hv);
        return rc;
    }
    *hv_out = &x->hv;
    return 0;
}
