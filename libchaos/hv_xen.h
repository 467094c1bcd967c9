/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * hv_xen.h: what the files of the seam's real side share (hv_xen*.c), which
 * alone include Xen's libraries.
 *
 * Everything a hypercall reads or writes lies in one arena of pages that the
 * kernel keeps in place. It is used afresh by each operation; no pointer into
 * it lives longer than the function that took it.
 */
#ifndef LIBCHAOS_HV_XEN_H
#define LIBCHAOS_HV_XEN_H

#define __XEN_TOOLS__ 1

#include <errno.h>
#include <string.h>

#include <xencall.h>
#include <xenforeignmemory.h>

#include <xen/domctl.h>
#include <xen/sysctl.h>
#include <xen/xen.h>

#include "hv.h"

#define HV_XEN_ARENA_PAGES 4
#define HV_XEN_ARENA_SIZE (HV_XEN_ARENA_PAGES * HV_PAGE_SIZE)

struct hv_xen {
    struct hv hv;
    xencall_handle *call;
    xenforeignmemory_handle *mem;
    uint8_t *arena;
    struct hv_host host; /* version: asked for once; the rest afresh */
};

static inline struct hv_xen *hv_xen(struct hv *hv)
{
    return (struct hv_xen *)(void *)hv;
}

/* A libxen* call's -1 and errno as -errno; other values unchanged. */
static inline int hv_xen_result(int r)
{
    return r < 0 ? -errno : r;
}

/* --- hypercalls with an argument in the arena ------------------------------
 */

static inline struct xen_domctl *domctl_begin(struct hv_xen *x, uint32_t cmd,
                                              uint32_t domid)
{
    struct xen_domctl *op = (void *)x->arena;

    memset(op, 0, sizeof(*op));
    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = (domid_t)domid;
    return op;
}

static inline int domctl(struct hv_xen *x, struct xen_domctl *op)
{
    return hv_xen_result(
        xencall1(x->call, __HYPERVISOR_domctl, (uint64_t)(uintptr_t)op));
}

/* A domctl that has no argument but the domain. */
static inline int domctl_simple(struct hv *hv, uint32_t cmd, uint32_t domid)
{
    struct hv_xen *x = hv_xen(hv);

    return domctl(x, domctl_begin(x, cmd, domid));
}

static inline int sysctl(struct hv_xen *x, struct xen_sysctl *op)
{
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return hv_xen_result(
        xencall1(x->call, __HYPERVISOR_sysctl, (uint64_t)(uintptr_t)op));
}

/* hv_xen.c: a log of Xen's libraries, which says nothing. */
extern struct xentoollog_logger hv_xen_silent;

/* hv_xen_domain.c */
int xen_domain_create(struct hv *hv, const struct hv_domain_spec *spec,
                      uint32_t *domid_out);
int xen_domain_destroy(struct hv *hv, uint32_t domid);
int xen_domain_handle(struct hv *hv, uint32_t domid,
                      const uint8_t uuid[NOXS_UUID_SIZE]);
int xen_domain_pause(struct hv *hv, uint32_t domid);
int xen_domain_unpause(struct hv *hv, uint32_t domid);
int xen_domain_vcpus(struct hv *hv, uint32_t domid, unsigned vcpus);
int xen_domain_affinity(struct hv *hv, uint32_t domid, unsigned vcpu,
                        const uint64_t *map, unsigned cpus);
int xen_domain_states(struct hv *hv, uint32_t first, unsigned count,
                      struct hv_domain_state *states_out);
int xen_hypercall_page(struct hv *hv, uint32_t domid, uint64_t frame);
int xen_vcpu_start(struct hv *hv, uint32_t domid, const struct hv_start *start);

/* hv_xen_pvh.c */
int xen_paging_pages(struct hv *hv, uint32_t domid, unsigned pages);
int xen_pvh_rings(struct hv *hv, uint32_t domid, const struct hv_rings *rings);
int xen_pvh_start(struct hv *hv, uint32_t domid,
                  const struct hv_start_pvh *start);

/* hv_xen_memory.c */
int xen_memory_max(struct hv *hv, uint32_t domid, uint64_t kb);
int xen_memory_populate(struct hv *hv, uint32_t domid, uint64_t first,
                        unsigned order, unsigned count, uint64_t *frames_out);
int xen_map(struct hv *hv, uint32_t domid, const uint64_t *frames, size_t count,
            void **addr_out);
void xen_unmap(struct hv *hv, void *addr, size_t count);
int xen_grant_rings(struct hv *hv, uint32_t domid, uint64_t console_frame,
                    uint64_t store_frame);

/* hv_xen_channels.c */
int xen_evtchn_alloc(struct hv *hv, uint32_t domid, uint32_t *port_out);
int xen_noxs(struct hv *hv, unsigned cmd, void *arg, size_t arg_size, void *buf,
             size_t buf_size);
int xen_evtchn_open(struct hv *hv, struct hv_evtchn **ev_out);
void xen_evtchn_close(struct hv_evtchn *ev);
int xen_evtchn_fd(const struct hv_evtchn *ev);
int xen_evtchn_bind(struct hv_evtchn *ev, uint32_t domid, uint32_t remote_port,
                    uint32_t *port_out);
int xen_evtchn_unbind(struct hv_evtchn *ev, uint32_t port);
int xen_evtchn_loop(struct hv_evtchn *ev, uint32_t *port_out);
int xen_evtchn_notify(struct hv_evtchn *ev, uint32_t port);
int xen_evtchn_pending(struct hv_evtchn *ev, uint32_t *port_out);

#endif /* LIBCHAOS_HV_XEN_H */
