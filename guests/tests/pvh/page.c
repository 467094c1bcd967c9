/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * page.c: what the device page says, and where it is.
 */
#include "pvh.h"

#include <xen/memory.h>

uint8_t frames[3][FRAME_SIZE] __attribute__((aligned(FRAME_SIZE)));

static const struct noxs_page *const page = (const void *)frame_a;

long place(uint64_t gfn)
{
    struct noxs_op_page op = {.gfn = gfn};
    long rc = noxs(NOXS_OP_PAGE, &op, NULL);

    if (op.gfn != gfn)
        EXPECT(op.gfn, gfn);
    return rc;
}

bool is_page(const volatile void *frame)
{
    const volatile struct noxs_page *p = frame;

    return p->magic == NOXS_PAGE_MAGIC && p->size == NOXS_PAGE_SIZE &&
           p->dev_max == NOXS_DEV_MAX;
}

void populate(uint64_t gfn)
{
    xen_pfn_t frame = (xen_pfn_t)gfn;
    struct xen_memory_reservation arg = {.nr_extents = 1, .domid = DOMID_SELF};

    set_xen_guest_handle(arg.extent_start, &frame);
    EXPECT(hypercall(__HYPERVISOR_memory_op, XENMEM_populate_physmap,
                     (uintptr_t)&arg, 0),
           1);
}

void refill(void *frame)
{
    populate(gfn_of(frame));
    *(volatile uint32_t *)frame = 0;
    EXPECT(*(volatile uint32_t *)frame, 0);
}

/* What tests/e2e/tools/noxs-set.c writes. */
static void expect_identity(const struct noxs_identity *identity)
{
    for (unsigned int i = 0; i < NOXS_UUID_SIZE; i++)
        EXPECT(identity->uuid[i], i);
    EXPECT(identity->generation, 0x0123456789abcdef);
    for (unsigned int i = 0; i < NOXS_SEED_SIZE; i++)
        EXPECT(identity->seed[i], 0xff - i);
    EXPECT(memcmp(identity->name, "pvh-guest", 10), 0);
    for (unsigned int i = 10; i < NOXS_NAME_SIZE; i++)
        EXPECT(identity->name[i], 0);
}

static void expect_device(const struct noxs_device *dev)
{
    EXPECT(dev->type, NOXS_DEV_CONSOLE);
    EXPECT(dev->id, 7);
    EXPECT(dev->backend, 0);
    EXPECT(dev->flags, NOXS_DEV_F_GFN);
    EXPECT(dev->generation, 1);
    EXPECT(dev->grant, NOXS_GRANT_NONE);
    EXPECT(dev->evtchn, 3);
    EXPECT(dev->gfn, 0x123456789);
    EXPECT(dev->features, 0x800003);
}

void test_identity(void)
{
    struct noxs_op_identity op = {.domid = NOXS_DOMID_SELF};

    EXPECT(noxs(NOXS_OP_IDENTITY_GET, &op, NULL), 0);
    EXPECT(op.fields, NOXS_ID_ALL);
    expect_identity(&op.identity);
}

void test_devices(void)
{
    struct noxs_device devs[2] = {{0}};
    struct noxs_op_devs op = {.domid = NOXS_DOMID_SELF, .count = 2};

    EXPECT(noxs(NOXS_OP_DEV_LIST, &op, devs), 0);
    EXPECT(op.count, 1);
    EXPECT(op.total, 1);
    expect_device(&devs[0]);
    EXPECT(devs[1].type, NOXS_DEV_NONE);
    op = (struct noxs_op_devs){.domid = NOXS_DOMID_SELF};
    EXPECT(noxs(NOXS_OP_DEV_LIST, &op, NULL), 0);
    EXPECT(op.count, 0);
    EXPECT(op.total, 1);
    /* As many as there can be at all, and more, means all. */
    op = (struct noxs_op_devs){.domid = NOXS_DOMID_SELF, .count = ~0u};
    EXPECT(noxs(NOXS_OP_DEV_LIST, &op, devs), 0);
    EXPECT(op.count, 1);
}

/* The same by page and by hypercall; from here on the page is at frame_a. */
void test_page(void)
{
    struct noxs_op_identity id = {.domid = NOXS_DOMID_SELF};
    struct noxs_op_devs devs = {.domid = NOXS_DOMID_SELF, .count = 1};
    struct noxs_device dev;

    memset(frame_a, 0x5a, FRAME_SIZE);
    EXPECT(place(gfn_of(frame_a)), 0);
    CHECK(is_page(frame_a));
    EXPECT(page->version, NOXS_VERSION);
    EXPECT(page->seq % 2, 0);
    EXPECT(page->dev_end, 1);
    EXPECT(page->dev_size, sizeof(struct noxs_device));
    EXPECT(page->dev_generation, 1);
    expect_identity(&page->identity);
    expect_device(&page->dev[0]);

    /* Our own id does as well as NOXS_DOMID_SELF: it is ours. */
    CHECK(page->domid != 0);
    id.domid = devs.domid = page->domid;
    EXPECT(noxs(NOXS_OP_IDENTITY_GET, &id, NULL), 0);
    EXPECT(memcmp(&page->identity, &id.identity, sizeof(id.identity)), 0);
    EXPECT(noxs(NOXS_OP_DEV_LIST, &devs, &dev), 0);
    EXPECT(memcmp(&page->dev[0], &dev, sizeof(dev)), 0);
    for (unsigned int i = 1; i < NOXS_DEV_MAX; i++)
        EXPECT(page->dev[i].type, NOXS_DEV_NONE);
}

/* It is at one frame at a time, and what was there before is gone. */
void test_moves(void)
{
    EXPECT(place(gfn_of(frame_a)), 0); /* where it is */
    CHECK(is_page(frame_a));
    for (int i = 0; i < 3; i++) {
        EXPECT(place(gfn_of(frame_b)), 0);
        CHECK(is_page(frame_b));
        EXPECT(*(volatile uint32_t *)frame_a, 0xffffffff); /* nothing there */
        refill(frame_a);
        EXPECT(place(gfn_of(frame_a)), 0);
        CHECK(is_page(frame_a));
        CHECK(!is_page(frame_b));
        refill(frame_b);
    }
    EXPECT(place(gfn_of(HOLE)), 0);
    CHECK(is_page(HOLE));
    CHECK(!is_page(frame_a));
    EXPECT(place(gfn_of(frame_a)), 0);
    CHECK(is_page(frame_a));
    CHECK(!is_page(HOLE));
}

void test_wild_frames(void)
{
    unsigned int bits = cpuid(0x80000008).a & 0xff;
    uint64_t end = 1ull << (bits - 12);

    EXPECT(place(end), -XEN_EINVAL);
    EXPECT(place(end << 1), -XEN_EINVAL);
    EXPECT(place(1ull << 51), -XEN_EINVAL);
    EXPECT(place(1ull << 52), -XEN_EINVAL);
    EXPECT(place(1ull << 63), -XEN_EINVAL);
    EXPECT(place((1ull << 63) + gfn_of(frame_b)), -XEN_EINVAL);
    EXPECT(place(NOXS_GFN_NONE), -XEN_EINVAL);
    CHECK(is_page(frame_a));
    /* The last one that there is. */
    EXPECT(place(end - 1), 0);
    CHECK(!is_page(frame_a));
    EXPECT(place(gfn_of(frame_a)), 0);
    CHECK(is_page(frame_a));
}
