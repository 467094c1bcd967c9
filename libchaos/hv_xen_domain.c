/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * hv_xen_domain.c: the real seam's domains, and the start of a PV guest.
 */
#include "hv_xen.h"

#include <xen/memory.h>

/* Domains in one query: what fits into the arena. */
#define STATES_MAX 64u

int xen_domain_create(struct hv *hv, const struct hv_domain_spec *spec,
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
    if (spec->pvh) {
        create->flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
        create->arch.emulation_flags = XEN_X86_EMU_LAPIC;
    }
    rc = domctl(x, op);
    if (rc < 0)
        return rc;
    *domid_out = op->domain;
    return 0;
}

int xen_domain_destroy(struct hv *hv, uint32_t domid)
{
    int rc;

    do {
        rc = domctl_simple(hv, XEN_DOMCTL_destroydomain, domid);
    } while (rc == -EAGAIN);
    return rc;
}

int xen_domain_handle(struct hv *hv, uint32_t domid,
                      const uint8_t uuid[NOXS_UUID_SIZE])
{
    struct hv_xen *x = hv_xen(hv);
    struct xen_domctl *op = domctl_begin(x, XEN_DOMCTL_setdomainhandle, domid);

    memcpy(op->u.setdomainhandle.handle, uuid,
           sizeof(op->u.setdomainhandle.handle));
    return domctl(x, op);
}

int xen_domain_pause(struct hv *hv, uint32_t domid)
{
    return domctl_simple(hv, XEN_DOMCTL_pausedomain, domid);
}

int xen_domain_unpause(struct hv *hv, uint32_t domid)
{
    return domctl_simple(hv, XEN_DOMCTL_unpausedomain, domid);
}

int xen_domain_vcpus(struct hv *hv, uint32_t domid, unsigned vcpus)
{
    struct hv_xen *x = hv_xen(hv);
    struct xen_domctl *op = domctl_begin(x, XEN_DOMCTL_max_vcpus, domid);

    op->u.max_vcpus.max = vcpus;
    return domctl(x, op);
}

int xen_domain_affinity(struct hv *hv, uint32_t domid, unsigned vcpu,
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

int xen_domain_states(struct hv *hv, uint32_t first, unsigned count,
                      struct hv_domain_state *states_out)
{
    struct hv_xen *x = hv_xen(hv);
    struct xen_sysctl *op = (void *)x->arena;
    struct xen_domctl_getdomaininfo *infos = (void *)(x->arena + HV_PAGE_SIZE);
    unsigned i, n;
    int rc;

    if (count == 1)
        return one_state(x, first, states_out);
    _Static_assert(STATES_MAX * sizeof(*infos) <=
                       HV_XEN_ARENA_SIZE - HV_PAGE_SIZE,
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

/* --- the start of a PV guest ------------------------------------------------
 */

int xen_hypercall_page(struct hv *hv, uint32_t domid, uint64_t frame)
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
    return hv_xen_result(xencall4(x->call, __HYPERVISOR_mmuext_op,
                                  (uint64_t)(uintptr_t)op, 1, 0, domid));
}

int xen_vcpu_start(struct hv *hv, uint32_t domid, const struct hv_start *start)
{
    struct hv_xen *x = hv_xen(hv);
    vcpu_guest_context_t *vcpu = (void *)(x->arena + HV_PAGE_SIZE);
    struct xen_domctl *op;
    int rc = pin_tables(x, domid, start->top_table_frame);

    if (rc < 0)
        return rc;
    _Static_assert(sizeof(*vcpu) <= HV_XEN_ARENA_SIZE - HV_PAGE_SIZE,
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
