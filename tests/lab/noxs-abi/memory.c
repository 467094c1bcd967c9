/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Nothing is left of domains that lived, nor of those that were never born.
 */
#include <unistd.h>

#include "test.h"

/* Freeing lags behind a little; what is lost stays lost. */
static bool comes_back_to(uint64_t pages)
{
    host_settle();
    for (int i = 0; i < 100; i++) {
        if (host_free_pages() >= pages)
            return true;
        usleep(10000);
    }
    return false;
}

static void live_once(unsigned int i)
{
    struct noxs_op_identity op = {.fields = NOXS_ID_NAME};
    struct noxs_device dev = {.type = NOXS_DEV_VBD, .id = i};
    struct noxs_op_devs add = {.count = 1};

    op.domid = add.domid = host_create();
    op.identity.name[0] = (char)('a' + i % 26);
    EXPECT(CALL(NOXS_OP_IDENTITY_SET, &op), 0);
    EXPECT(call(NOXS_OP_DEV_ADD, &add, sizeof(add), &dev, sizeof(dev)), 0);
    host_destroy(op.domid);
}

void test_memory(void)
{
    uint64_t pages;

    live_once(0); /* Xen keeps a few pages of its pools */
    host_settle();
    pages = host_free_pages();
    for (unsigned int i = 0; i < 100; i++)
        live_once(i);
    CHECK(comes_back_to(pages));
    for (unsigned int i = 0; i < 100; i++)
        CHECK(host_create_fails() < 0);
    CHECK(comes_back_to(pages));
}
