/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * hv_xen_pvh.c: the real seam's part in the start of PVH guests.
 *
 * A vCPU's first state is loaded as if the guest had been saved in it.
 */
#include "hv_xen.h"

#include <cpuid.h>

#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/hvm/save.h>

int xen_paging_pages(struct hv *hv, uint32_t domid, unsigned pages)
{
    struct hv_xen *x = hv_xen(hv);
    struct xen_domctl *op =
        domctl_begin(x, XEN_DOMCTL_set_paging_mempool_size, domid);

    op->u.paging_mempool.size = (uint64_t)pages << HV_PAGE_SHIFT;
    return domctl(x, op);
}

/* --- what a guest asks for by number
 * ------------------------------------------
 */

static int set_param(struct hv_xen *x, uint32_t domid, uint32_t index,
                     uint64_t value)
{
    struct xen_hvm_param *op = (void *)x->arena;

    if (!value)
        return 0;
    memset(op, 0, sizeof(*op));
    op->domid = (domid_t)domid;
    op->index = index;
    op->value = value;
    return hv_xen_result(xencall2(x->call, __HYPERVISOR_hvm_op, HVMOP_set_param,
                                  (uint64_t)(uintptr_t)op));
}

int xen_pvh_rings(struct hv *hv, uint32_t domid, const struct hv_rings *rings)
{
    const struct {
        uint32_t index;
        uint64_t value;
    } params[] = {
        {HVM_PARAM_CONSOLE_PFN, rings->console_frame},
        {HVM_PARAM_CONSOLE_EVTCHN, rings->console_port},
        {HVM_PARAM_STORE_PFN, rings->store_frame},
        {HVM_PARAM_STORE_EVTCHN, rings->store_port},
    };
    unsigned i;
    int rc = 0;

    for (i = 0; rc == 0 && i < sizeof(params) / sizeof(*params); i++)
        rc = set_param(hv_xen(hv), domid, params[i].index, params[i].value);
    return rc;
}

/* --- vCPUs -------------------------------------------------------------------
 */

#define CR0_PE 0x01u
#define CR0_ET 0x10u
/* Flat segments of 4 GB: code, data, and a task that is busy. */
#define CODE_RIGHTS 0xc9bu
#define DATA_RIGHTS 0xc93u
#define TASK_RIGHTS 0x8bu
#define TASK_LIMIT 0x67u
/* All that has no other type is write-back; 8 ranges of variable size. */
#define MTRR_ENABLED_WB 0x806u
#define MTRR_CAPABILITIES 0x508u
#define PAT_AFTER_RESET 0x0007040600070406ull

static uint8_t *put(uint8_t *to, uint16_t type, uint16_t instance,
                    const void *record, uint32_t size)
{
    struct hvm_save_descriptor head = {type, instance, size};

    memcpy(to, &head, sizeof(head));
    memcpy(to + sizeof(head), record, size);
    return to + sizeof(head) + size;
}

/* Xen says so in its log where the CPU is another than the saved one's. */
static uint8_t *put_header(uint8_t *to)
{
    HVM_SAVE_TYPE(HEADER)
    header = {.magic = HVM_FILE_MAGIC, .version = HVM_FILE_VERSION};
    unsigned a = 0, b, c, d;

    (void)__get_cpuid(1, &a, &b, &c, &d);
    header.cpuid = a;
    return put(to, HVM_SAVE_CODE(HEADER), 0, &header, sizeof(header));
}

static uint8_t *put_mtrr(uint8_t *to, unsigned vcpu)
{
    HVM_SAVE_TYPE(MTRR)
    mtrr = {
        .msr_pat_cr = PAT_AFTER_RESET,
        .msr_mtrr_cap = MTRR_CAPABILITIES,
        .msr_mtrr_def_type = MTRR_ENABLED_WB,
    };

    return put(to, HVM_SAVE_CODE(MTRR), (uint16_t)vcpu, &mtrr, sizeof(mtrr));
}

static uint8_t *put_cpu(uint8_t *to, const struct hv_start_pvh *start)
{
    HVM_SAVE_TYPE(CPU)
    cpu = {
        .rip = start->entry,
        .rbx = start->start_info,
        .cr0 = CR0_PE | CR0_ET,
        .dr6 = 0xffff0ff0, /* the values after a reset */
        .dr7 = 0x400,
        .cs_limit = ~0u,
        .ds_limit = ~0u,
        .es_limit = ~0u,
        .ss_limit = ~0u,
        .tr_limit = TASK_LIMIT,
        .cs_arbytes = CODE_RIGHTS,
        .ds_arbytes = DATA_RIGHTS,
        .es_arbytes = DATA_RIGHTS,
        .ss_arbytes = DATA_RIGHTS,
        .tr_arbytes = TASK_RIGHTS,
    };

    return put(to, HVM_SAVE_CODE(CPU), 0, &cpu, sizeof(cpu));
}

static int load(struct hv_xen *x, uint32_t domid, const uint8_t *end)
{
    uint8_t *records = x->arena + HV_PAGE_SIZE;
    struct xen_domctl *op = domctl_begin(x, XEN_DOMCTL_sethvmcontext, domid);

    op->u.hvmcontext.size = (uint32_t)(end - records);
    set_xen_guest_handle(op->u.hvmcontext.buffer, records);
    return domctl(x, op);
}

/* Loading stops all vCPUs that it says nothing of: the first comes last. */
int xen_pvh_start(struct hv *hv, uint32_t domid,
                  const struct hv_start_pvh *start)
{
    struct hv_xen *x = hv_xen(hv);
    unsigned vcpu = start->vcpus;
    int rc = 0;

    _Static_assert(sizeof(HVM_SAVE_TYPE(CPU)) + sizeof(HVM_SAVE_TYPE(MTRR)) <=
                       HV_PAGE_SIZE,
                   "what is loaded at once fits into the arena");
    while (rc == 0 && vcpu-- > 0) {
        uint8_t *end = put_header(x->arena + HV_PAGE_SIZE);

        end = put_mtrr(end, vcpu);
        if (vcpu == 0)
            end = put_cpu(end, start);
        end = put(end, HVM_SAVE_CODE(END), 0, NULL, 0);
        rc = load(x, domid, end);
    }
    return rc;
}
