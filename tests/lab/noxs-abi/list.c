/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list of domains, in batches of every size.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "test.h"

#define GUESTS 60 /* more than Xen gathers at a time */

static struct noxs_entry entries[GUESTS + 16];

/* All domains, in batches of so many. Returns how many there are. */
static uint32_t list_all(uint32_t batch)
{
    struct noxs_op_list op = {.first = 0};
    struct noxs_entry part[NOXS_LIST_MAX];
    uint32_t total = 0;

    memset(entries, 0xff, sizeof(entries));
    do {
        op.count = batch;
        EXPECT(
            call(NOXS_OP_LIST, &op, sizeof(op), part, batch * sizeof(part[0])),
            0);
        CHECK(op.count <= batch);
        CHECK(op.count == batch || op.first == NOXS_LIST_END);
        if (total + op.count > GUESTS + 16)
            break;
        memcpy(entries + total, part, op.count * sizeof(part[0]));
        total += op.count;
    } while (op.first != NOXS_LIST_END);
    EXPECT(op.first, NOXS_LIST_END);
    return total;
}

static void check_entries(uint32_t total, const uint16_t *guests)
{
    uint32_t seen = 0;

    EXPECT(entries[0].domid, 0);
    for (uint32_t i = 0; i < total; i++) {
        const struct noxs_entry *entry = &entries[i];
        char name[32];

        EXPECT(entry->pad, 0);
        if (i)
            CHECK(entry->domid > entries[i - 1].domid);
        if (seen == GUESTS || entry->domid != guests[seen])
            continue;
        snprintf(name, sizeof(name), "list-%u", seen);
        CHECK(!strcmp(entry->name, seen % 2 ? name : ""));
        EXPECT(entry->generation, seen);
        EXPECT(entry->uuid[15], seen);
        EXPECT(entry->devices, seen == 3);
        seen++;
    }
    EXPECT(seen, GUESTS);
}

static void test_list_errors(void)
{
    struct noxs_op_list op = {.count = 0};
    struct noxs_entry entry;

    EXPECT(CALL(NOXS_OP_LIST, &op), -EINVAL);
    op.count = NOXS_LIST_MAX + 1;
    EXPECT(CALL(NOXS_OP_LIST, &op), -EINVAL);
    op = (struct noxs_op_list){.count = 1, .pad = 1};
    EXPECT(CALL(NOXS_OP_LIST, &op), -EINVAL);
    op = (struct noxs_op_list){.count = 1};
    EXPECT(CALL(NOXS_OP_LIST, &op), -EFAULT);
    EXPECT(call_raw(NOXS_OP_LIST, WILD, WILD), -EFAULT);
    op.first = NOXS_LIST_END;
    EXPECT(call(NOXS_OP_LIST, &op, sizeof(op), &entry, sizeof(entry)), 0);
    EXPECT(op.count, 0);
    EXPECT(op.first, NOXS_LIST_END);
}

static void describe(uint16_t domid, unsigned int i)
{
    struct noxs_op_identity op = {
        .domid = domid, .fields = NOXS_ID_ALL, .identity.generation = i};
    struct noxs_device dev = {.type = NOXS_DEV_VIF};
    struct noxs_op_devs add = {.domid = domid, .count = 1};

    op.identity.uuid[15] = (uint8_t)i;
    if (i % 2)
        snprintf(op.identity.name, sizeof(op.identity.name), "list-%u", i);
    EXPECT(CALL(NOXS_OP_IDENTITY_SET, &op), 0);
    if (i == 3)
        EXPECT(call(NOXS_OP_DEV_ADD, &add, sizeof(add), &dev, sizeof(dev)), 0);
}

void test_list(void)
{
    static const uint32_t batches[] = {1, 2, 7, 25, 26, 60, NOXS_LIST_MAX};
    struct noxs_op_list after = {.count = 1};
    struct noxs_entry entry = {.domid = 0};
    uint16_t guests[GUESTS];
    uint32_t before, total;

    test_list_errors();
    before = list_all(NOXS_LIST_MAX);
    for (unsigned int i = 0; i < GUESTS; i++) {
        guests[i] = host_create();
        describe(guests[i], i);
    }
    for (size_t i = 0; i < sizeof(batches) / sizeof(batches[0]); i++) {
        total = list_all(batches[i]);
        EXPECT(total, before + GUESTS);
        check_entries(total, guests);
    }

    /* A domain that is gone is skipped, also where a list goes on. */
    host_destroy(guests[10]);
    after.first = guests[10];
    EXPECT(call(NOXS_OP_LIST, &after, sizeof(after), &entry, sizeof(entry)), 0);
    EXPECT(entry.domid, guests[11]);
    EXPECT(after.first, guests[12]);
    EXPECT(list_all(25), before + GUESTS - 1);
    for (unsigned int i = 0; i < GUESTS; i++)
        if (i != 10)
            host_destroy(guests[i]);
    EXPECT(list_all(25), before);
}
