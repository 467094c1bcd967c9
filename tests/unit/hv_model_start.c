/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hv_model_start.c: the first state of a PV guest, checked as Xen checks it.
 *
 * Pinning walks the tables from level 4 to level 1: every entry must name a
 * frame of the domain, a frame can be a table of one level only, and no table
 * may be mapped writable, neither by the guest nor by dom0.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hv_model_internal.h"

#define PTE_PRESENT 0x001u
#define PTE_WRITE 0x002u
#define PTE_FRAME 0x000ffffffffff000ull
/* Bits a PV guest may set on this host: no PSE, no global pages, no NX. */
#define PTE_ALLOWED (PTE_FRAME | 0x067u)
/* Level 4 entries that belong to Xen. */
#define XEN_SLOT_FIRST 256u
#define XEN_SLOT_LAST 271u
#define TABLES_MAX 4096u

struct pinning {
    uint32_t domid;
    uint64_t tables[TABLES_MAX]; /* frames, in the order they were found */
    uint8_t levels[TABLES_MAX];
    unsigned count;
};

static int table_level(const struct pinning *p, uint64_t frame)
{
    unsigned i;

    for (i = 0; i < p->count; i++) {
        if (p->tables[i] == frame)
            return p->levels[i];
    }
    return 0;
}

static int check_entry(const struct pinning *p, uint64_t entry)
{
    if (entry & ~PTE_ALLOWED)
        return model_refuse(-EINVAL, "an entry with bits that Xen refuses");
    if (model_owner((entry & PTE_FRAME) >> HV_PAGE_SHIFT) != (int)p->domid)
        return model_refuse(-EINVAL, "an entry to a frame of somebody else");
    return 0;
}

/* Take a frame for a table of that level, and all tables below it. */
static int take_table(struct pinning *p, uint64_t frame, unsigned level)
{
    const uint64_t *entries = model_frame(frame);
    int known = table_level(p, frame);
    unsigned i;
    int rc;

    if (known)
        return known == (int)level
                   ? 0
                   : model_refuse(-EINVAL, "one frame, tables of two levels");
    if (p->count == TABLES_MAX)
        return model_refuse(-ENOMEM, "too many tables for the model");
    p->tables[p->count] = frame;
    p->levels[p->count++] = (uint8_t)level;
    for (i = 0; i < 512; i++) {
        if (!(entries[i] & PTE_PRESENT))
            continue;
        if (level == 4 && i >= XEN_SLOT_FIRST && i <= XEN_SLOT_LAST)
            return model_refuse(-EINVAL, "an entry in Xen's own range");
        rc = check_entry(p, entries[i]);
        if (rc == 0 && level > 1)
            rc = take_table(p, (entries[i] & PTE_FRAME) >> HV_PAGE_SHIFT,
                            level - 1);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Only when all tables are known can their mappings be told. */
static int check_writable(const struct pinning *p)
{
    unsigned t, i;

    for (t = 0; t < p->count; t++) {
        const uint64_t *entries = model_frame(p->tables[t]);

        for (i = 0; p->levels[t] == 1 && i < 512; i++) {
            uint64_t frame = (entries[i] & PTE_FRAME) >> HV_PAGE_SHIFT;

            if ((entries[i] & PTE_PRESENT) && (entries[i] & PTE_WRITE) &&
                table_level(p, frame))
                return model_refuse(-EINVAL, "a writable mapping of a table");
        }
    }
    return 0;
}

static int pin(struct pinning *p, uint64_t top)
{
    const struct mapping *m;
    unsigned i;
    int rc;

    for (m = model.mappings; m; m = m->next) {
        if (m->domid == p->domid)
            return model_refuse(-EINVAL, "dom0 maps the guest's pages still");
    }
    if (model_owner(top) != (int)p->domid)
        return model_refuse(-EINVAL, "the top table is not the guest's");
    rc = take_table(p, top, 4);
    if (rc == 0)
        rc = check_writable(p);
    for (i = 0; rc == 0 && i < p->count; i++)
        model.frames[p->tables[i] - FRAME_BASE].type = FRAME_TABLE;
    return rc;
}

int model_vcpu_start(struct hv *hv, uint32_t domid,
                     const struct hv_start *start)
{
    struct model_domain *d = model_get(domid);
    struct pinning *p;
    int rc = model_enter("vcpu_start");

    (void)hv;
    if (rc < 0)
        return rc;
    if (!d || !d->state.paused || d->started || d->pvh)
        return d ? model_refuse(-EINVAL, "no fresh domain") : -ESRCH;
    if (d->state.vcpus == 0)
        return model_refuse(-EINVAL, "no vCPU to start");
    p = calloc(1, sizeof(*p));
    if (!p)
        return -ENOMEM;
    p->domid = domid;
    rc = pin(p, start->top_table_frame);
    free(p);
    if (rc < 0)
        return rc;
    d->started = true;
    d->start = *start;
    return model_leave("vcpu_start", 0);
}

int model_hypercall_page(struct hv *hv, uint32_t domid, uint64_t frame)
{
    struct model_domain *d = model_get(domid);
    int rc = model_enter("hypercall_page");

    (void)hv;
    if (rc < 0)
        return rc;
    if (!d)
        return -ESRCH;
    if (model_owner(frame) != (int)domid ||
        model.frames[frame - FRAME_BASE].type != FRAME_PLAIN)
        return model_refuse(-EACCES, "a hypercall page that cannot be written");
    memset(model_frame(frame), 0xcc, HV_PAGE_SIZE);
    d->hypercall_frame = frame;
    return model_leave("hypercall_page", 0);
}

int model_grant_rings(struct hv *hv, uint32_t domid, uint64_t console_frame,
                      uint64_t store_frame)
{
    struct model_domain *d = model_get(domid);
    int rc = model_enter("grant_rings");

    (void)hv;
    if (rc < 0)
        return rc;
    if (!d || d->state.dying)
        return -ESRCH;
    if (model_owner(model_frame_of(domid, console_frame)) != (int)domid ||
        model_owner(model_frame_of(domid, store_frame)) != (int)domid)
        return model_refuse(-EINVAL, "a grant of somebody else's page");
    d->console_frame = console_frame;
    d->store_frame = store_frame;
    return model_leave("grant_rings", 0);
}

uint64_t model_walk(uint32_t domid, uint64_t addr, uint64_t *flags_out)
{
    const struct model_domain *d = model_get(domid);
    uint64_t frame = d->start.top_table_frame;
    uint64_t flags = 0xfff;
    uint64_t entry = 0;
    int level;

    for (level = 4; level > 0; level--) {
        const uint64_t *entries = model_frame(frame);

        if (level < 4)
            flags &= entry;
        entry = entries[(addr >> (3 + 9 * level)) & 511];
        if (!(entry & PTE_PRESENT))
            return 0;
        frame = (entry & PTE_FRAME) >> HV_PAGE_SHIFT;
    }
    if (flags_out)
        *flags_out = flags;
    return entry;
}
