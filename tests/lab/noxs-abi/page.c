/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the hypervisor speaks, and dom0's own device page.
 */
#include <errno.h>
#include <string.h>

#include "test.h"

void test_version(void)
{
    struct noxs_op_version op = {0};

    EXPECT(CALL(NOXS_OP_VERSION, &op), 0);
    EXPECT(op.version, NOXS_VERSION);
    EXPECT(op.dev_max, NOXS_DEV_MAX);
    EXPECT(op.name_size, NOXS_NAME_SIZE);
    CHECK(op.watch_max >= 1);
    CHECK(op.exits_max >= 1);
    op.pad = 1;
    EXPECT(CALL(NOXS_OP_VERSION, &op), -EINVAL);
    op.pad = 0;
    EXPECT(call(NOXS_OP_VERSION, &op, sizeof(op), &op, sizeof(op)), -EINVAL);
    EXPECT(call_raw(NOXS_OP_VERSION, WILD, 0), -EFAULT);
    EXPECT(call_raw(NOXS_OP_VERSION, WILD_HIGH, 0), -EFAULT);
    EXPECT(call_raw(NOXS_OP_VERSION, call_read_only(&op, sizeof(op)), 0),
           -EFAULT);
    EXPECT(call_raw(NOXS_OP_EXITS + 1, 0, 0), -EOPNOTSUPP);
    EXPECT(call_raw(0xffffffffu, 0, 0), -EOPNOTSUPP);
}

/* Read as noxs.h tells a reader to. */
static void snapshot(const volatile struct noxs_page *page,
                     struct noxs_page *copy)
{
    uint32_t seq;

    do {
        while ((seq = page->seq) & 1)
            continue;
        __sync_synchronize();
        memcpy(copy, (const void *)(uintptr_t)page, sizeof(*copy));
        __sync_synchronize();
    } while (page->seq != seq);
}

/* What dom0 does to itself by hypercall, it sees in its page. */
static void test_follows(const struct noxs_page *page)
{
    struct noxs_device dev = {.type = NOXS_DEV_VIF, .id = 7, .evtchn = 3};
    struct noxs_op_devs add = {.domid = NOXS_DOMID_SELF, .count = 1};
    struct noxs_op_dev_remove remove = {.type = NOXS_DEV_VIF, .id = 7};
    struct noxs_page before, after;

    snapshot(page, &before);
    EXPECT(call(NOXS_OP_DEV_ADD, &add, sizeof(add), &dev, sizeof(dev)), 0);
    snapshot(page, &after);
    CHECK(after.seq > before.seq && after.seq % 2 == 0);
    EXPECT(after.dev_generation, before.dev_generation + 1);
    EXPECT(after.dev_end, 1);
    EXPECT(dev.generation, after.dev_generation);
    CHECK(!memcmp(&after.dev[0], &dev, sizeof(dev)));

    EXPECT(CALL(NOXS_OP_DEV_REMOVE, &remove), 0);
    snapshot(page, &after);
    EXPECT(after.dev_generation, before.dev_generation + 2);
    EXPECT(after.dev_end, 0);
    CHECK(!memcmp(&after.dev[0], &before.dev[0], sizeof(dev)));
}

void test_page(void)
{
    struct noxs_op_page op = {.gfn = 0};
    const struct noxs_page *page;

    EXPECT(CALL(NOXS_OP_PAGE, &op), -EINVAL);
    op.gfn = NOXS_GFN_NONE;
    EXPECT(CALL(NOXS_OP_PAGE, &op), 0);
    CHECK(op.gfn != NOXS_GFN_NONE && op.gfn != 0);
    EXPECT(call_raw(NOXS_OP_PAGE, WILD, 0), -EFAULT);

    CHECK(!host_map(op.gfn, true));
    page = host_map(op.gfn, false);
    CHECK(page);
    if (!page)
        return;
    EXPECT(page->magic, NOXS_PAGE_MAGIC);
    EXPECT(page->version, NOXS_VERSION);
    EXPECT(page->size, NOXS_PAGE_SIZE);
    EXPECT(page->domid, 0);
    EXPECT(page->dev_max, NOXS_DEV_MAX);
    EXPECT(page->dev_size, sizeof(struct noxs_device));
    EXPECT(page->dev_end, 0);
    EXPECT(page->seq % 2, 0);
    test_follows(page);
    host_unmap((void *)(uintptr_t)page);
}
