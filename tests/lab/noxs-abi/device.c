/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Adding, removing and listing devices.
 */
#include <errno.h>
#include <string.h>

#include "test.h"

static uint16_t guest;

static long add_to(uint16_t domid, struct noxs_device *devs, uint32_t count)
{
    struct noxs_op_devs op = {.domid = domid, .count = count};

    return call(NOXS_OP_DEV_ADD, &op, sizeof(op), devs, count * sizeof(*devs));
}

static long add(struct noxs_device *devs, uint32_t count)
{
    return add_to(guest, devs, count);
}

static long add_one(uint32_t type, uint32_t id)
{
    struct noxs_device dev = {.type = type, .id = id};

    return add(&dev, 1);
}

static long remove_one(uint32_t type, uint32_t id)
{
    struct noxs_op_dev_remove op = {.domid = guest, .type = type, .id = id};

    return CALL(NOXS_OP_DEV_REMOVE, &op);
}

/* How many there are; up to `room` of them into devs. */
static uint32_t list(struct noxs_device *devs, uint32_t room)
{
    struct noxs_op_devs op = {.domid = guest, .count = room};

    EXPECT(call(NOXS_OP_DEV_LIST, &op, sizeof(op), devs, room * sizeof(*devs)),
           0);
    EXPECT(op.count, op.total < room ? op.total : room);
    return op.total;
}

static void test_refusals(void)
{
    struct noxs_device good = {.type = NOXS_DEV_VIF, .id = 1}, bad;
    struct noxs_op_devs op = {.domid = guest, .count = 1};

#define REFUSED(field, value)                                                  \
    do {                                                                       \
        bad = good;                                                            \
        bad.field = (value);                                                   \
        EXPECT(add(&bad, 1), -EINVAL);                                         \
    } while (0)
    REFUSED(type, NOXS_DEV_NONE);
    REFUSED(type, NOXS_DEV_TYPE_MAX + 1);
    REFUSED(type, 0xffffffffu);
    REFUSED(flags, NOXS_DEV_F_ALL + 1);
    REFUSED(generation, 1);
    EXPECT(add_one(NOXS_DEV_SYSCTL, 1), -EINVAL);
    bad = (struct noxs_device){.type = NOXS_DEV_SYSCTL, .config = {1}};
    EXPECT(add(&bad, 1), -EINVAL);
    bad = (struct noxs_device){.type = NOXS_DEV_CONSOLE, .config = {[23] = 1}};
    EXPECT(add(&bad, 1), -EINVAL);
#define OP_REFUSED(field, value, error)                                        \
    do {                                                                       \
        op = (struct noxs_op_devs){.domid = guest, .count = 1};                \
        op.field = (value);                                                    \
        bad = good;                                                            \
        EXPECT(call(NOXS_OP_DEV_ADD, &op, sizeof(op), &bad, sizeof(bad)),      \
               (error));                                                       \
    } while (0)
    OP_REFUSED(pad, 1, -EINVAL);
    OP_REFUSED(pad1, 1, -EINVAL);
    OP_REFUSED(total, 1, -EINVAL);
    OP_REFUSED(count, 0, -EINVAL);
    OP_REFUSED(count, NOXS_DEV_MAX + 1, -EINVAL);
    OP_REFUSED(count, 0xffffffffu, -EINVAL);
    OP_REFUSED(domid, 0x7000, -ESRCH);
    OP_REFUSED(domid, 0x7ff1, -ESRCH);
    OP_REFUSED(domid, 0x7fff, -ESRCH);
    EXPECT(call_raw(NOXS_OP_DEV_ADD, WILD, WILD), -EFAULT);
    op = (struct noxs_op_devs){.domid = guest, .count = 1};
    EXPECT(call(NOXS_OP_DEV_ADD, &op, sizeof(op), NULL, 0), -EFAULT);
    EXPECT(list(NULL, 0), 0);
}

/* A buffer that takes no generations must leave the page as it was. */
static void test_unwritable(void)
{
    struct noxs_device dev = {.type = NOXS_DEV_VIF, .id = 1};
    struct noxs_op_devs op = {.domid = guest, .count = 1};

    EXPECT(call_raw(NOXS_OP_DEV_ADD, call_read_only(&op, sizeof(op)),
                    call_read_only(&dev, sizeof(dev))),
           -EFAULT);
    EXPECT(list(NULL, 0), 0);
}

static void test_all_or_nothing(void)
{
    struct noxs_device devs[3] = {{.type = NOXS_DEV_VIF, .id = 1},
                                  {.type = NOXS_DEV_VBD, .id = 1},
                                  {.type = NOXS_DEV_VIF, .id = 1}};

    EXPECT(add(devs, 3), -EEXIST);
    devs[2].type = 99;
    EXPECT(add(devs, 3), -EINVAL);
    EXPECT(list(NULL, 0), 0);
    devs[2].type = NOXS_DEV_SYSCTL;
    devs[2].id = 0;
    EXPECT(add(devs, 3), 0);
    CHECK(devs[0].generation && devs[1].generation && devs[2].generation);
    EXPECT(devs[1].generation, devs[0].generation + 1);
    EXPECT(devs[2].generation, devs[0].generation + 2);
    devs[0] = (struct noxs_device){.type = NOXS_DEV_VIF, .id = 2};
    devs[1] = (struct noxs_device){.type = NOXS_DEV_VIF, .id = 1};
    EXPECT(add(devs, 2), -EEXIST);
    EXPECT(list(NULL, 0), 3);
}

/* As test_all_or_nothing leaves it: vif 1, vbd 1, sysctl 0. */
static void test_holes(void)
{
    struct noxs_device devs[4];

    EXPECT(remove_one(NOXS_DEV_VIF, 0), -ENOENT);
    EXPECT(remove_one(NOXS_DEV_VBD, 0), -ENOENT);
    EXPECT(remove_one(NOXS_DEV_NONE, 0), -ENOENT);
    EXPECT(remove_one(NOXS_DEV_VBD, 1), 0);
    EXPECT(remove_one(NOXS_DEV_VBD, 1), -ENOENT);
    EXPECT(list(devs, 4), 2);
    EXPECT(devs[0].type, NOXS_DEV_VIF);
    EXPECT(devs[1].type, NOXS_DEV_SYSCTL);
    EXPECT(list(devs, 1), 2);
    EXPECT(add_one(NOXS_DEV_CONSOLE, 0), 0); /* takes the hole */
    EXPECT(list(devs, 4), 3);
    EXPECT(devs[1].type, NOXS_DEV_CONSOLE);
    CHECK(devs[1].generation > devs[2].generation);
    EXPECT(remove_one(NOXS_DEV_SYSCTL, 0), 0);
    EXPECT(remove_one(NOXS_DEV_CONSOLE, 0), 0);
    EXPECT(remove_one(NOXS_DEV_VIF, 1), 0);
    EXPECT(list(NULL, 0), 0);
}

static void test_full(void)
{
    struct noxs_device devs[NOXS_DEV_MAX + 1] = {{.type = 0}}, copy[50];

    for (uint32_t i = 0; i < NOXS_DEV_MAX; i++)
        devs[i] = (struct noxs_device){.type = NOXS_DEV_VIF,
                                       .id = i,
                                       .gfn = i * 3,
                                       .config = {(uint8_t)i}};
    EXPECT(add(devs, NOXS_DEV_MAX), 0);
    EXPECT(add_one(NOXS_DEV_VIF, NOXS_DEV_MAX), -ENOSPC);
    EXPECT(add_one(NOXS_DEV_VIF, 3), -EEXIST);
    EXPECT(list(copy, 50), NOXS_DEV_MAX);
    CHECK(!memcmp(copy, devs, NOXS_DEV_MAX * sizeof(devs[0])));
    EXPECT(remove_one(NOXS_DEV_VIF, 20), 0);
    devs[0] = (struct noxs_device){.type = NOXS_DEV_VBD, .id = 1};
    devs[1] = (struct noxs_device){.type = NOXS_DEV_VBD, .id = 2};
    EXPECT(add(devs, 2), -ENOSPC);
    EXPECT(list(NULL, 0), NOXS_DEV_MAX - 1);
    EXPECT(add_one(NOXS_DEV_VBD, 1), 0);
    EXPECT(list(NULL, 0), NOXS_DEV_MAX);
}

static void test_list_errors(void)
{
    struct noxs_device dev;
    struct noxs_op_devs op = {.domid = guest, .pad = 1};

    EXPECT(CALL(NOXS_OP_DEV_LIST, &op), -EINVAL);
    op = (struct noxs_op_devs){.domid = guest, .pad1 = 1};
    EXPECT(CALL(NOXS_OP_DEV_LIST, &op), -EINVAL);
    op = (struct noxs_op_devs){.domid = guest};
    EXPECT(call(NOXS_OP_DEV_LIST, &op, sizeof(op), &dev, sizeof(dev)), -EINVAL);
    op = (struct noxs_op_devs){.domid = guest, .count = 0xffffffffu};
    EXPECT(CALL(NOXS_OP_DEV_LIST, &op), -EFAULT);
    op = (struct noxs_op_devs){.domid = 0x7000};
    EXPECT(CALL(NOXS_OP_DEV_LIST, &op), -ESRCH);
}

void test_devices(void)
{
    struct noxs_device dev = {.type = NOXS_DEV_VIF};

    guest = host_create();
    test_refusals();
    test_unwritable();
    test_all_or_nothing();
    test_holes();
    test_full();
    test_list_errors();
    host_destroy(guest);
    EXPECT(add(&dev, 1), -ESRCH);
    EXPECT(remove_one(NOXS_DEV_VIF, 0), -ESRCH);
}
