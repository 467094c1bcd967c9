/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * refuse.c: what the hypercall refuses, and with which error.
 */
#include "pvh.h"

static uint8_t zeros[4096] __attribute__((aligned(4096)));

const unsigned long wild[WILD_NR] = {
    0x20000000ul, /* beyond all memory */
    0xfffffff8ul, /* the end of 4 GB: what follows wraps in 32 bits */
#ifdef __x86_64__
    0x8000000020000000ul, /* no address at all */
    0xffff820000000000ul, /* not mapped; where Xen's own data are for PV */
#endif
};

void test_version(void)
{
    struct noxs_op_version op = {0};

    EXPECT(noxs(NOXS_OP_VERSION, &op, NULL), 0);
    EXPECT(op.version, NOXS_VERSION);
    EXPECT(op.dev_max, NOXS_DEV_MAX);
    EXPECT(op.name_size, NOXS_NAME_SIZE);
    CHECK(op.watch_max > 0);
    CHECK(op.exits_max > 0);
    EXPECT(op.pad, 0);
    EXPECT(noxs(NOXS_OP_EXITS + 1, &op, NULL), -XEN_EOPNOTSUPP);
    EXPECT(noxs(0xffffffff, &op, NULL), -XEN_EOPNOTSUPP);
}

/* Also with arguments that would be wrong otherwise: permission comes first. */
void test_control_only(void)
{
    static const unsigned int ops[] = {
        NOXS_OP_DEV_ADD, NOXS_OP_DEV_REMOVE, NOXS_OP_IDENTITY_SET,
        NOXS_OP_LOOKUP,  NOXS_OP_LIST,       NOXS_OP_WATCH,
        NOXS_OP_UNWATCH, NOXS_OP_EXITS,
    };
    uint16_t *domid = (uint16_t *)zeros;
    unsigned int written = 0;

    for (unsigned int i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
        *domid = 0;
        EXPECT(noxs(ops[i], zeros, NULL), -XEN_EPERM);
        *domid = NOXS_DOMID_SELF;
        EXPECT(noxs(ops[i], zeros, NULL), -XEN_EPERM);
        EXPECT(noxs(ops[i], zeros, zeros + 2048), -XEN_EPERM);
        EXPECT(noxs_raw(ops[i], wild[0], wild[0]), -XEN_EPERM);
    }
    *domid = 0;
    for (unsigned int i = 0; i < sizeof(zeros); i++)
        written += zeros[i] != 0;
    EXPECT(written, 0);
}

/* Whether they exist or not. */
void test_others(void)
{
    const struct noxs_page *page = (const void *)frame_a;
    const uint16_t ids[] = {
        0, (uint16_t)(page->domid + 1), 0x7fef, 0x7ff1, 0x7ff4, 0xffff};

    for (unsigned int i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
        struct noxs_op_devs devs = {.domid = ids[i]};
        struct noxs_op_identity id = {.domid = ids[i]};

        EXPECT(noxs(NOXS_OP_DEV_LIST, &devs, NULL), -XEN_EPERM);
        EXPECT(devs.total, 0);
        EXPECT(noxs(NOXS_OP_IDENTITY_GET, &id, NULL), -XEN_EPERM);
        EXPECT(id.fields, 0);
        EXPECT(id.identity.uuid[1], 0);
    }
}

void test_pads(void)
{
    struct noxs_op_version version = {.pad = 1};
    struct noxs_op_page where = {.gfn = gfn_of(frame_b)};
    struct noxs_op_devs devs = {.domid = NOXS_DOMID_SELF, .pad = 1};
    struct noxs_op_identity id = {.domid = NOXS_DOMID_SELF, .pad = 1};
    struct noxs_device dev;

    EXPECT(noxs(NOXS_OP_VERSION, &version, NULL), -XEN_EINVAL);
    EXPECT(noxs(NOXS_OP_DEV_LIST, &devs, NULL), -XEN_EINVAL);
    devs.pad = 0;
    devs.pad1 = 0x80000000;
    EXPECT(noxs(NOXS_OP_DEV_LIST, &devs, NULL), -XEN_EINVAL);
    devs.pad1 = 0;
    EXPECT(noxs(NOXS_OP_DEV_LIST, &devs, &dev), -XEN_EINVAL); /* count is 0 */
    EXPECT(noxs(NOXS_OP_IDENTITY_GET, &id, NULL), -XEN_EINVAL);
    id.pad = 0;
    id.fields = NOXS_ID_NAME;
    EXPECT(noxs(NOXS_OP_IDENTITY_GET, &id, NULL), -XEN_EINVAL);
    id.fields = 0;
    id.identity.pad[7] = 1;
    EXPECT(noxs(NOXS_OP_IDENTITY_GET, &id, NULL), -XEN_EINVAL);
    id.identity.pad[7] = 0;

    /* A buffer where there is to be none. */
    version.pad = 0;
    EXPECT(noxs(NOXS_OP_VERSION, &version, &dev), -XEN_EINVAL);
    EXPECT(noxs(NOXS_OP_IDENTITY_GET, &id, &dev), -XEN_EINVAL);
    EXPECT(noxs(NOXS_OP_PAGE, &where, &dev), -XEN_EINVAL);
    CHECK(is_page(frame_a));
}

void test_pointers(void)
{
    static const unsigned int ops[] = {NOXS_OP_VERSION, NOXS_OP_PAGE,
                                       NOXS_OP_DEV_LIST, NOXS_OP_IDENTITY_GET};
    struct noxs_op_devs devs = {.domid = NOXS_DOMID_SELF, .count = 1};
    uint8_t *edge = frames[0] + FRAME_SIZE - 8;

    for (unsigned int i = 0; i < WILD_NR; i++) {
        for (unsigned int j = 0; j < sizeof(ops) / sizeof(*ops); j++)
            EXPECT(noxs_raw(ops[j], wild[i], 0), -XEN_EFAULT);
        EXPECT(noxs_raw(NOXS_OP_DEV_LIST, (uintptr_t)&devs, wild[i]),
               -XEN_EFAULT);
        EXPECT(devs.total, 0);
    }
    CHECK(is_page(frame_a));

    /* Half in memory, half in the hole where the page was. */
    EXPECT(place(gfn_of(HOLE)), 0);
    memset(edge, 0, 8);
    EXPECT(noxs(NOXS_OP_VERSION, edge, NULL), -XEN_EFAULT);
    EXPECT(noxs(NOXS_OP_DEV_LIST, &devs, edge), -XEN_EFAULT);
    EXPECT(place(gfn_of(frame_a)), 0);
}

/*
 * The upper half of `op` does not count for anybody, nor any upper half for a
 * 32-bit caller in a 64-bit guest.
 */
void test_halves(void)
{
#ifdef __x86_64__
    const uint64_t high = 0xdeadbeefull << 32;
    static struct noxs_op_version op;
    static struct noxs_op_page where;
    static struct noxs_op_devs devs;
    static struct noxs_device dev;

    EXPECT(hypercall(__HYPERVISOR_noxs_op, high + NOXS_OP_VERSION,
                     (uintptr_t)&op, 0),
           0);
    EXPECT(op.version, NOXS_VERSION);
    EXPECT(noxs_raw(NOXS_OP_VERSION, high + (uintptr_t)&op, 0), -XEN_EFAULT);

    op = (struct noxs_op_version){0};
    EXPECT(
        hypercall_compat(high + NOXS_OP_VERSION, high + (uintptr_t)&op, high),
        0);
    EXPECT(op.version, NOXS_VERSION);
    where.gfn = gfn_of(frame_b);
    EXPECT(
        hypercall_compat(high + NOXS_OP_PAGE, high + (uintptr_t)&where, high),
        0);
    CHECK(is_page(frame_b));
    where.gfn = gfn_of(frame_a) | 1ull << 63;
    EXPECT(hypercall_compat(NOXS_OP_PAGE, (uintptr_t)&where, 0), -XEN_EINVAL);
    devs = (struct noxs_op_devs){.domid = NOXS_DOMID_SELF, .count = 1};
    EXPECT(hypercall_compat(high + NOXS_OP_DEV_LIST, high + (uintptr_t)&devs,
                            high + (uintptr_t)&dev),
           0);
    EXPECT(dev.id, 7);
    EXPECT(hypercall_compat(high + NOXS_OP_DEV_ADD, high + (uintptr_t)&devs,
                            high + (uintptr_t)&dev),
           -XEN_EPERM);
    EXPECT(hypercall_compat(NOXS_OP_VERSION, wild[1], 0), -XEN_EFAULT);
    EXPECT(place(gfn_of(frame_a)), 0);
    refill(frame_b);
#endif
}
