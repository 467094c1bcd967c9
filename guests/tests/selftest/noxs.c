/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * noxs.c: the device page against what the hypercalls say of the same things.
 */
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/memory.h>
#include <guest/noxs.h>
#include <guest/report.h>
#include <guest/sysctl.h>

#include "selftest.h"

/* 3 KB each: the stack has other uses. */
static struct noxs_device by_page[NOXS_DEV_MAX], by_call[NOXS_DEV_MAX];

static bool is_zero(const void *p, size_t len)
{
    const uint8_t *b = p;

    while (len && !*b++)
        len--;
    return len == 0;
}

static void test_page(const struct noxs_page *page)
{
    struct noxs_op_version v = {0};

    report_check(page->magic == NOXS_PAGE_MAGIC &&
                     page->version == NOXS_VERSION &&
                     page->size == NOXS_PAGE_SIZE,
                 "device page: wrong head");
    report_check(page->dev_max == NOXS_DEV_MAX &&
                     page->dev_end <= page->dev_max &&
                     page->dev_size == sizeof(struct noxs_device),
                 "device page: wrong table");
    report_check(is_zero(page->pad0, sizeof(page->pad0)) &&
                     is_zero(page->pad1, sizeof(page->pad1)),
                 "device page: pads are not zero");
    report_check(!(page->seq & 1), "device page: it does not rest");
    report_check(!noxs_op(NOXS_OP_VERSION, &v, NULL) &&
                     v.version == NOXS_VERSION && v.dev_max == NOXS_DEV_MAX &&
                     v.name_size == NOXS_NAME_SIZE && !v.pad,
                 "NOXS_OP_VERSION contradicts the header");
}

static void test_identity(const struct noxs_page *page)
{
    struct noxs_op_identity op = {.domid = NOXS_DOMID_SELF};
    struct noxs_identity id;

    report_check(!noxs_identity(&id), "no identity");
    report_check(!is_zero(id.uuid, sizeof(id.uuid)), "the uuid is empty");
    report_check(!is_zero(id.seed, sizeof(id.seed)), "the seed is empty");
    report_check(id.name[0] && !id.name[NOXS_NAME_SIZE - 1],
                 "the name is empty or has no end");
    report_check(!noxs_op(NOXS_OP_IDENTITY_GET, &op, NULL) &&
                     op.fields == NOXS_ID_ALL &&
                     !memcmp(&op.identity, &id, sizeof(id)),
                 "IDENTITY_GET contradicts the page");
    op = (struct noxs_op_identity){.domid = page->domid};
    report_check(!noxs_op(NOXS_OP_IDENTITY_GET, &op, NULL) &&
                     !memcmp(&op.identity, &id, sizeof(id)),
                 "IDENTITY_GET by its own id contradicts the page");
}

static void test_device(const struct noxs_device *dev)
{
    struct noxs_device found;
    void *page = NULL;

    report_check(dev->type <= NOXS_DEV_TYPE_MAX && dev->generation &&
                     !(dev->flags & ~NOXS_DEV_F_ALL),
                 "device %u %u makes no sense", dev->type, dev->id);
    report_check(!noxs_find(dev->type, dev->id, &found) &&
                     !memcmp(&found, dev, sizeof(found)),
                 "device %u %u is not found", dev->type, dev->id);
    if (dev->flags & NOXS_DEV_F_GFN)
        report_check(!noxs_control(dev, &page) && page_frame(page) == dev->gfn,
                     "device %u %u has no control page", dev->type, dev->id);
}

static void test_devices(void)
{
    struct noxs_op_devs op = {.domid = NOXS_DOMID_SELF, .count = NOXS_DEV_MAX};
    int i, n = noxs_list(by_page, NOXS_DEV_MAX);

    report_check(n >= 2, "%d devices, not a sysctl and a console", n);
    if (!report_check(!noxs_op(NOXS_OP_DEV_LIST, &op, by_call), "no DEV_LIST"))
        return;
    report_check((int)op.total == n && (int)op.count == n,
                 "DEV_LIST has %u of %u devices, the page %d", op.count,
                 op.total, n);
    report_check(n < 0 || !memcmp(by_page, by_call, n * sizeof(by_page[0])),
                 "DEV_LIST contradicts the page");
    for (i = 0; i < n; i++)
        test_device(&by_page[i]);
    op = (struct noxs_op_devs){.domid = NOXS_DOMID_SELF, .count = 1};
    report_check(!noxs_op(NOXS_OP_DEV_LIST, &op, by_call) && op.count == 1 &&
                     (int)op.total == n,
                 "DEV_LIST of one of several");
    op = (struct noxs_op_devs){.domid = NOXS_DOMID_SELF};
    report_check(!noxs_op(NOXS_OP_DEV_LIST, &op, NULL) && !op.count &&
                     (int)op.total == n,
                 "DEV_LIST that only counts");
    report_check(noxs_find(NOXS_DEV_VBD, 0xfffe, by_page) == -ENOENT,
                 "a device that nobody added");
}

static void test_sysctl(void)
{
    const struct noxs_sysctl *page = sysctl_page();

    if (!report_check(page, "no sysctl device"))
        return;
    report_check(page->state == NOXS_STATE_BOOTING, "up before it says so");
    report_check(page->supported == (2u << NOXS_SYSCTL_CMD_MAX) - 2,
                 "not all commands are supported: %x", page->supported);
    guest_up();
    report_check(page->state == NOXS_STATE_UP && page->up_time,
                 "not up after it said so");
}

void test_noxs(void)
{
    const struct noxs_page *page = noxs_page();

    if (!page) {
        report_skip("no noxs");
        return;
    }
    test_page(page);
    if (!noxs_list(by_page, 0)) {
        report_skip("a toolstack without noxs made this guest");
        return;
    }
    test_identity(page);
    test_devices();
    test_sysctl();
}
