/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * hv_xen.c: the seam's real side: hypercalls through libxencall, mappings
 * through libxenforeignmemory, event channels through libxenevtchn.
 *
 * Hypercalls are made directly rather than through libxenctrl: a create is
 * about a dozen of them, and the bounce buffers and extra handles of the larger
 * library cost more than the hypercalls themselves.
 *
 * Everything a hypercall reads or writes lies in one arena of pages that the
 * kernel keeps in place. It is used afresh by each operation; no pointer into
 * it lives longer than the function that took it.
 */
#define __XEN_TOOLS__ 1

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include <xencall.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xentoollog.h>

#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/sysctl.h>
#include <xen/version.h>
#include <xen/xen.h>

#include "hv.h"
#include "internal.h"

#define ARENA_PAGES 4
#define ARENA_SIZE (ARENA_PAGES * HV_PAGE_SIZE)
/* Extents in one populate, domains in one query: what fits into the arena. */
#define EXTENTS_MAX 512u
#define STATES_MAX 64u

struct hv_xen {
    struct hv hv;
    xencall_handle *call;
    xenforeignmemory_handle *mem;
    uint8_t *arena;
    struct hv_host host; /* version: asked for once; the rest afresh */
};

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

static struct xentoollog_logger silent = {
    .vmessage = log_nothing,
    .progress = progress_nothing,
    .destroy = destroy_nothing,
};

static struct hv_xen *hv_xen(struct hv *hv)
{
    return (struct hv_xen *)(void *)hv;
}

/* A libxen* call's -1 and errno as -errno; other values unchanged. */
static int result(int r)
{
    return r < 0 ? -errno : r;
}

/* --- hypercalls with an argument in the arena ------------------------------
 */

static struct xen_domctl *domctl_begin(struct hv_xen *x, uint32_t cmd,
                                       uint32_t domid)
{
    struct xen_domctl *op = (void *)x->arena;

    memset(op, 0, sizeof(*op));
    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = (domid_t)domid;
    return op;
}

static int domctl(struct hv_xen *x, struct xen_domctl *op)
{
    return result(
        xencall1(x->call, __HYPERVISOR_domctl, (uint64_t)(uintptr_t)op));
}

/* A domctl that has no argument but the domain. */
static int domctl_simple(struct hv *hv, uint32_t cmd, uint32_t domid)
{
    struct hv_xen *x = hv_xen(hv);

    return domctl(x, domctl_begin(x, cmd, domid));
}

static int sysctl(struct hv_xen *x, struct xen_sysctl *op)
{
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return result(
        xencall1(x->call, __HYPERVISOR_sysctl, (uint64_t)(uintptr_t)op));
}

static int xen_version(struct hv_xen *x, int cmd)
{
    return result(xencall2(x->call, __HYPERVISOR_xen_version, (uint64_t)cmd,
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
    rc = result(xencall3(x->call, __HYPERVISOR_grant_table_op,
                         GNTTABOP_query_size, (uint64_t)(uintptr_t)op, 1));
    if (rc < 0)
        return rc;
    if (op->status != GNTST_okay)
        return -EIO;
    *frames_out = op->nr_frames;
    *max_out = op->max_nr_frames;
    return 0;
}

/* --- domains ---------------------------------------------------------------
 */

static int xen_domain_create(struct hv *hv, const struct hv_domain_spec *spec,
                             uint32_t *domid_out)
{
    struct hv_xen *x = hv_xen(hv);
    struct xen_domctl *op = domctl_begin(x, XEN_DOMCTL_createdomain, 0);
    struct xen_domctl_createdomain *create = &op->u.createdomain;
    int rc;

    memcpy(create->handle, spec->uuid, sizeof(create->handle));
    create->max_vcpus = spec->vcpus;
    create->max_evtchn_port = spec->evtchn_max;
    create->max_grant_frames = (int32_t)spec->grant_frames;
    create->max_maptrack_frames = (int32_t)spec->maptrack_frames;
    create->grant_opts = XEN_DOMCTL_GRANT_version(1);
    rc = domctl(x, op);
    if (rc < 0)
        return rc;
    *domid_out = op->domain;
    return 0;
}

static int xen_domain_destroy(struct hv *hv, uint32_t domid)
{
    int rc;

    do {
        rc = domctl_simple(hv, XEN_DOMCTL_destroydomain, domid);
    } while (rc == -EAGAIN);
    return rc;
}

static int xen_domain_handle(struct hv *hv, uint32_t domid,
                             const uint8_t uuid[NOXS_UUID_SIZE])
{
    struct hv_xen *x = hv_xen(hv);
    struct xen_domctl *op = domctl_begin(x, XEN_DOMCTL_setdomainhandle, domid);

    memcpy(op->u.setdomainhandle.handle, uuid,
           sizeof(op->u.setdomainhandle.handle));
    return domctl(x, op);
}

static int xen_domain_pause(struct hv *hv, uint32_t domid)
{
    return domctl_simple(hv, XEN_DOMCTL_pausedomain, domid);
}

static int xen_domain_unpause(struct hv *hv, uint32_t domid)
{
    return domctl_simple(hv, XEN_DOMCTL_unpausedomain, domid);
}

static int xen_domain_vcpus(struct hv *hv, uint32_t domid, unsigned vcpus)
{
    struct hv_xen *x = hv_xen(hv);
    struct xen_domctl *op = domctl_begin(x, XEN_DOMCTL_max_vcpus, domid);

    op->u.max_vcpus.max = vcpus;
    return domctl(x, op);
}

static int xen_domain_affinity(struct hv *hv, uint32_t domid, unsigned vcpu,
                               const uint64_t *map, unsigned cpus)
{
    struct hv_xen *x = hv_xen(hv);
    struct xen_domctl *op = domctl_begin(x, XEN_DOMCTL_setvcpuaffinity, domid);
    struct xen_domctl_vcpuaffinity *aff = &op->u.vcpuaffinity;
    uint8_t *bits = x->arena + HV_PAGE_SIZE;

    memcpy(bits, map, (cpus + 7) / 8);
    aff->vcpu = vcpu;
    aff->flags = XEN_VCPUAFFINITY_HARD;
    aff->cpumap_hard.nr_bits = cpus;
    set_xen_guest_handle(aff->cpumap_hard.bitmap, bits);
    return domctl(x, op);
}

static void state_fill(struct hv_domain_state *state,
                       const struct xen_domctl_getdomaininfo *info)
{
    *state = (struct hv_domain_state){
        .domid = info->domain,
        .running = info->flags & XEN_DOMINF_running,
        .blocked = info->flags & XEN_DOMINF_blocked,
        .paused = info->flags & XEN_DOMINF_paused,
        .stopped = info->flags & XEN_DOMINF_shutdown,
        .dying = info->flags & XEN_DOMINF_dying,
        .hvm = info->flags & XEN_DOMINF_hvm_guest,
        .reason =
            (info->flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask,
        .vcpus = info->nr_online_vcpus,
        .pages = info->tot_pages,
        .max_pages = info->max_pages,
        .cpu_time_ns = info->cpu_time,
        .shared_info_frame = info->shared_info_frame,
    };
    memcpy(state->uuid, info->handle, sizeof(state->uuid));
}

/* One domain costs the same however many there are; a list walks them. */
static int one_state(struct hv_xen *x, uint32_t first,
                     struct hv_domain_state *state_out)
{
    struct xen_domctl *op = domctl_begin(x, XEN_DOMCTL_getdomaininfo, first);
    int rc = domctl(x, op);

    if (rc < 0)
        return rc == -ESRCH ? 0 : rc;
    state_fill(state_out, &op->u.getdomaininfo);
    return 1;
}

static int xen_domain_states(struct hv *hv, uint32_t first, unsigned count,
                             struct hv_domain_state *states_out)
{
    struct hv_xen *x = hv_xen(hv);
    struct xen_sysctl *op = (void *)x->arena;
    struct xen_domctl_getdomaininfo *infos = (void *)(x->arena + HV_PAGE_SIZE);
    unsigned i, n;
    int rc;

    if (count == 1)
        return one_state(x, first, states_out);
    _Static_assert(STATES_MAX * sizeof(*infos) <= ARENA_SIZE - HV_PAGE_SIZE,
                   "a query of states fits into the arena");
    memset(op, 0, sizeof(*op));
    op->cmd = XEN_SYSCTL_getdomaininfolist;
    op->u.getdomaininfolist.first_domain = (domid_t)first;
    op->u.getdomaininfolist.max_domains =
        count < STATES_MAX ? count : STATES_MAX;
    set_xen_guest_handle(op->u.getdomaininfolist.buffer, infos);
    rc = sysctl(x, op);
    if (rc < 0)
        return rc;
    n = op->u.getdomaininfolist.num_domains;
    for (i = 0; i < n; i++)
        state_fill(&states_out[i], &infos[i]);
    return (int)n;
}

/* --- memory ----------------------------------------------------------------
 */

static int xen_memory_max(struct hv *hv, uint32_t domid, uint64_t kb)
{
    struct hv_xen *x = hv_xen(hv);
    struct xen_domctl *op = domctl_begin(x, XEN_DOMCTL_max_mem, domid);

    op->u.max_mem.max_memkb = kb;
    return domctl(x, op);
}

static int xen_memory_populate(struct hv *hv, uint32_t domid, uint64_t first,
                               unsigned order, unsigned count,
                               uint64_t *frames_out)
{
    struct hv_xen *x = hv_xen(hv);
    struct xen_memory_reservation *op = (void *)x->arena;
    xen_pfn_t *extents = (void *)(x->arena + HV_PAGE_SIZE);
    unsigned i;
    int rc;

    _Static_assert(EXTENTS_MAX * sizeof(*extents) <= HV_PAGE_SIZE,
                   "the extents of a populate fit into their page");
    if (count > EXTENTS_MAX)
        count = EXTENTS_MAX;
    for (i = 0; i < count; i++)
        extents[i] = first + ((uint64_t)i << order);
    memset(op, 0, sizeof(*op));
    set_xen_guest_handle(op->extent_start, extents);
    op->nr_extents = count;
    op->extent_order = order;
    op->domid = (domid_t)domid;
    rc = result(xencall2(x->call, __HYPERVISOR_memory_op,
                         XENMEM_populate_physmap, (uint64_t)(uintptr_t)op));
    for (i = 0; rc > 0 && i < (unsigned)rc; i++)
        frames_out[i] = extents[i];
    return rc;
}

static int xen_map(struct hv *hv, uint32_t domid, const uint64_t *frames,
                   size_t count, void **addr_out)
{
    struct hv_xen *x = hv_xen(hv);
    void *addr;

    _Static_assert(sizeof(xen_pfn_t) == sizeof(*frames), "64-bit frames");
    addr = xenforeignmemory_map(x->mem, domid, PROT_READ | PROT_WRITE, count,
                                frames, NULL);
    if (!addr)
        return errno ? -errno : -EINVAL;
    *addr_out = addr;
    return 0;
}

static void xen_unmap(struct hv *hv, void *addr, size_t count)
{
    /* Fails for nothing but a wrong address. */
    (void)xenforeignmemory_unmap(hv_xen(hv)->mem, addr, count);
}

/* --- the start of a PV guest ------------------------------------------------
 */

static int xen_hypercall_page(struct hv *hv, uint32_t domid, uint64_t frame)
{
    struct hv_xen *x = hv_xen(hv);
    struct xen_domctl *op = domctl_begin(x, XEN_DOMCTL_hypercall_init, domid);

    op->u.hypercall_init.gmfn = frame;
    return domctl(x, op);
}

static int pin_tables(struct hv_xen *x, uint32_t domid, uint64_t frame)
{
    struct mmuext_op *op = (void *)x->arena;

    memset(op, 0, sizeof(*op));
    op->cmd = MMUEXT_PIN_L4_TABLE;
    op->arg1.mfn = frame;
    return result(xencall4(x->call, __HYPERVISOR_mmuext_op,
                           (uint64_t)(uintptr_t)op, 1, 0, domid));
}

static int xen_vcpu_start(struct hv *hv, uint32_t domid,
                          const struct hv_start *start)
{
    struct hv_xen *x = hv_xen(hv);
    vcpu_guest_context_t *vcpu = (void *)(x->arena + HV_PAGE_SIZE);
    struct xen_domctl *op;
    int rc = pin_tables(x, domid, start->top_table_frame);

    if (rc < 0)
        return rc;
    _Static_assert(sizeof(*vcpu) <= ARENA_SIZE - HV_PAGE_SIZE,
                   "a vCPU's context fits into the arena");
    memset(vcpu, 0, sizeof(*vcpu));
    vcpu->flags = VGCF_in_kernel | VGCF_online;
    vcpu->user_regs.rip = start->entry;
    vcpu->user_regs.rsp = start->stack;
    vcpu->user_regs.rsi = start->start_info;
    vcpu->user_regs.rflags = 1 << 9; /* events may come */
    vcpu->user_regs.cs = FLAT_KERNEL_CS;
    vcpu->user_regs.ss = FLAT_KERNEL_SS;
    vcpu->user_regs.ds = FLAT_KERNEL_DS;
    vcpu->user_regs.es = FLAT_KERNEL_DS;
    vcpu->user_regs.fs = FLAT_KERNEL_DS;
    vcpu->user_regs.gs = FLAT_KERNEL_DS;
    vcpu->kernel_ss = FLAT_KERNEL_SS;
    vcpu->kernel_sp = start->stack;
    vcpu->ctrlreg[3] = start->top_table_frame << HV_PAGE_SHIFT;
    vcpu->debugreg[6] = 0xffff0ff0; /* the values after a reset */
    vcpu->debugreg[7] = 0x400;

    op = domctl_begin(x, XEN_DOMCTL_setvcpucontext, domid);
    set_xen_guest_handle(op->u.vcpucontext.ctxt, vcpu);
    return domctl(x, op);
}

/* --- channels, noxs ----------------------------------------------------------
 */

static int xen_grant_rings(struct hv *hv, uint32_t domid,
                           uint64_t console_frame, uint64_t store_frame)
{
    struct hv_xen *x = hv_xen(hv);
    void *addr = NULL;
    xenforeignmemory_resource_handle *frame = xenforeignmemory_map_resource(
        x->mem, (domid_t)domid, XENMEM_resource_grant_table,
        XENMEM_resource_grant_table_id_shared, 0, 1, &addr,
        PROT_READ | PROT_WRITE, 0);
    grant_entry_v1_t *table = addr;

    if (!frame)
        return -errno;
    table[GNTTAB_RESERVED_CONSOLE] =
        (grant_entry_v1_t){GTF_permit_access, 0, (uint32_t)console_frame};
    table[GNTTAB_RESERVED_XENSTORE] =
        (grant_entry_v1_t){GTF_permit_access, 0, (uint32_t)store_frame};
    return result(xenforeignmemory_unmap_resource(x->mem, frame));
}

static int xen_evtchn_alloc(struct hv *hv, uint32_t domid, uint32_t *port_out)
{
    struct hv_xen *x = hv_xen(hv);
    struct evtchn_alloc_unbound *op = (void *)x->arena;
    int rc;

    memset(op, 0, sizeof(*op));
    op->dom = (domid_t)domid;
    op->remote_dom = DOMID_SELF;
    rc = result(xencall2(x->call, __HYPERVISOR_event_channel_op,
                         EVTCHNOP_alloc_unbound, (uint64_t)(uintptr_t)op));
    if (rc < 0)
        return rc;
    *port_out = op->port;
    return 0;
}

static int noxs_call(struct hv_xen *x, unsigned cmd, void *mem, void *arg,
                     size_t arg_size, void *buf, size_t buf_size)
{
    uint8_t *p = mem;
    uint64_t buf_addr = buf_size ? (uint64_t)(uintptr_t)(p + arg_size) : 0;
    int rc;

    memcpy(p, arg, arg_size);
    if (buf_size)
        memcpy(p + arg_size, buf, buf_size);
    rc = result(xencall3(x->call, __HYPERVISOR_noxs_op, cmd,
                         (uint64_t)(uintptr_t)p, buf_addr));
    if (rc < 0)
        return rc;
    memcpy(arg, p, arg_size);
    if (buf_size)
        memcpy(buf, p + arg_size, buf_size);
    return rc;
}

static int xen_noxs(struct hv *hv, unsigned cmd, void *arg, size_t arg_size,
                    void *buf, size_t buf_size)
{
    struct hv_xen *x = hv_xen(hv);
    size_t size = arg_size + buf_size;
    size_t pages = (size + HV_PAGE_SIZE - 1) / HV_PAGE_SIZE;
    void *mem;
    int rc;

    if (pages <= ARENA_PAGES)
        return noxs_call(x, cmd, x->arena, arg, arg_size, buf, buf_size);
    mem = xencall_alloc_buffer_pages(x->call, pages);
    if (!mem)
        return -ENOMEM;
    rc = noxs_call(x, cmd, mem, arg, arg_size, buf, buf_size);
    xencall_free_buffer_pages(x->call, mem, pages);
    return rc;
}

/* --- event channels of dom0
 * --------------------------------------------------- */

/* struct hv_evtchn is libxenevtchn's handle under the seam's name. */
static xenevtchn_handle *xce(struct hv_evtchn *ev)
{
    return (xenevtchn_handle *)(void *)ev;
}

static int xen_evtchn_open(struct hv *hv, struct hv_evtchn **ev_out)
{
    xenevtchn_handle *handle = xenevtchn_open(&silent, 0);
    int fd, rc;

    (void)hv;
    if (!handle)
        return -errno;
    fd = xenevtchn_fd(handle);
    if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0) {
        rc = -errno;
        (void)xenevtchn_close(handle);
        return rc;
    }
    *ev_out = (struct hv_evtchn *)(void *)handle;
    return 0;
}

static void xen_evtchn_close(struct hv_evtchn *ev)
{
    (void)xenevtchn_close(xce(ev));
}

static int xen_evtchn_fd(const struct hv_evtchn *ev)
{
    union {
        const struct hv_evtchn *in;
        xenevtchn_handle *out;
    } cast = {.in = ev};

    return xenevtchn_fd(cast.out);
}

static int xen_evtchn_bind(struct hv_evtchn *ev, uint32_t domid,
                           uint32_t remote_port, uint32_t *port_out)
{
    int rc = result(xenevtchn_bind_interdomain(xce(ev), domid, remote_port));

    if (rc < 0)
        return rc;
    *port_out = (uint32_t)rc;
    return 0;
}

static int xen_evtchn_unbind(struct hv_evtchn *ev, uint32_t port)
{
    return result(xenevtchn_unbind(xce(ev), port));
}

static int xen_evtchn_loop(struct hv_evtchn *ev, uint32_t *port_out)
{
    int rc = result(xenevtchn_bind_unbound_port(xce(ev), DOMID_SELF));

    if (rc < 0)
        return rc;
    return xen_evtchn_bind(ev, DOMID_SELF, (uint32_t)rc, port_out);
}

static int xen_evtchn_notify(struct hv_evtchn *ev, uint32_t port)
{
    return result(xenevtchn_notify(xce(ev), port));
}

static int xen_evtchn_pending(struct hv_evtchn *ev, uint32_t *port_out)
{
    int rc = result(xenevtchn_pending(xce(ev)));

    if (rc < 0)
        return rc;
    *port_out = (uint32_t)rc;
    return result(xenevtchn_unmask(xce(ev), (evtchn_port_t)rc));
}

/* --- opening
 * ------------------------------------------------------------------ */

static void xen_close(struct hv *hv)
{
    struct hv_xen *x = hv_xen(hv);

    if (x->arena)
        xencall_free_buffer_pages(x->call, x->arena, ARENA_PAGES);
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
    x->call = xencall_open(&silent, 0);
    if (x->call)
        x->mem = xenforeignmemory_open(&silent, 0);
    if (x->mem)
        x->arena = xencall_alloc_buffer_pages(x->call, ARENA_PAGES);
    if (!x->arena) {
        rc = -errno;
        xen_close(&x->hv);
        return rc;
    }
    *hv_out = &x->hv;
    return 0;
}
