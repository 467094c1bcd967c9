/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * abi.c: correct calls that this guest has no right to, and incorrect ones.
 */
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/report.h>

#include "hostile.h"

#define PORT 1

static struct noxs_device devs[NOXS_DEV_MAX];
static struct noxs_entry entries[4];
static struct noxs_exit exits[4];

static const struct {
    const char *name;
    bool privileged;
    bool names_domain; /* its structure begins with a domid */
} ops[OPS] = {
    [NOXS_OP_VERSION] = {"VERSION", false, false},
    [NOXS_OP_PAGE] = {"PAGE", false, false},
    [NOXS_OP_DEV_ADD] = {"DEV_ADD", true, true},
    [NOXS_OP_DEV_REMOVE] = {"DEV_REMOVE", true, true},
    [NOXS_OP_DEV_LIST] = {"DEV_LIST", false, true},
    [NOXS_OP_IDENTITY_SET] = {"IDENTITY_SET", true, true},
    [NOXS_OP_IDENTITY_GET] = {"IDENTITY_GET", false, true},
    [NOXS_OP_LOOKUP] = {"LOOKUP", true, false},
    [NOXS_OP_LIST] = {"LIST", true, false},
    [NOXS_OP_WATCH] = {"WATCH", true, false},
    [NOXS_OP_UNWATCH] = {"UNWATCH", true, false},
    [NOXS_OP_EXITS] = {"EXITS", true, false},
};

bool hostile_is_privileged(unsigned int op)
{
    return ops[op].privileged;
}

const char *hostile_op_name(unsigned int op)
{
    return ops[op].name;
}

static void *prepare_dev_add(uint16_t domid, union hostile_arg *arg)
{
    arg->devs = (struct noxs_op_devs){.domid = domid, .count = 1};
    devs[0] = (struct noxs_device){
        .type = NOXS_DEV_VIF, .id = 7, .grant = NOXS_GRANT_NONE};
    return devs;
}

static void *prepare_identity_set(uint16_t domid, union hostile_arg *arg)
{
    arg->identity.domid = domid;
    arg->identity.fields = NOXS_ID_NAME;
    memcpy(arg->identity.identity.name, "usurper", 8);
    return NULL;
}

void *hostile_prepare(unsigned int op, uint16_t domid, union hostile_arg *arg)
{
    memset(arg, 0, sizeof(*arg));
    switch (op) {
    case NOXS_OP_PAGE:
        arg->page.gfn = NOXS_GFN_NONE;
        return NULL;
    case NOXS_OP_DEV_ADD:
        return prepare_dev_add(domid, arg);
    case NOXS_OP_DEV_LIST:
        arg->devs =
            (struct noxs_op_devs){.domid = domid, .count = NOXS_DEV_MAX};
        return devs;
    case NOXS_OP_DEV_REMOVE:
        arg->dev_remove.domid = domid;
        arg->dev_remove.type = NOXS_DEV_SYSCTL;
        return NULL;
    case NOXS_OP_IDENTITY_SET:
        return prepare_identity_set(domid, arg);
    case NOXS_OP_IDENTITY_GET:
        arg->identity.domid = domid;
        return NULL;
    case NOXS_OP_LOOKUP:
        memcpy(arg->lookup.name, "usurper", 8);
        return NULL;
    case NOXS_OP_LIST:
        arg->list.count = ARRAY_SIZE(entries);
        return entries;
    case NOXS_OP_WATCH:
    case NOXS_OP_UNWATCH:
        arg->watch.port = PORT;
        return NULL;
    case NOXS_OP_EXITS:
        arg->exits.count = ARRAY_SIZE(exits);
        return exits;
    default:
        return NULL;
    }
}

static void expect_eperm(unsigned int op, uint16_t domid)
{
    union hostile_arg arg;
    void *buf = hostile_prepare(op, domid, &arg);
    long rc = noxs_op(op, &arg, buf);

    report_check(rc == -EPERM, "%s for domain %u: %ld", ops[op].name, domid,
                 rc);
}

/* Its own, dom0's, a neighbour's, one that is free, and what is no domain. */
static void test_rights(void)
{
    uint16_t self = noxs_page()->domid;
    const uint16_t others[] = {0,
                               (uint16_t)(self - 1),
                               (uint16_t)(self + 1),
                               DOMID_IO,
                               DOMID_XEN,
                               0x7fe0,
                               0xffff};
    unsigned int op, i;

    for (op = 0; op < OPS; op++) {
        if (ops[op].privileged) {
            expect_eperm(op, self);
            expect_eperm(op, NOXS_DOMID_SELF);
        }
        for (i = 0; ops[op].names_domain && i < ARRAY_SIZE(others); i++)
            expect_eperm(op, others[i]);
    }
}

static void expect(long rc, long expected, const char *what)
{
    report_check(rc == expected, "%s: %ld, not %ld", what, rc, expected);
}

static void test_commands(void)
{
    static const unsigned int unknown[] = {OPS,        OPS + 1,    0x100,
                                           0x7fffffff, 0x80000000, 0xffffffff};
    union hostile_arg arg;
    unsigned int i;
    long rc;

    for (i = 0; i < ARRAY_SIZE(unknown); i++) {
        memset(&arg, 0, sizeof(arg));
        rc = noxs_op(unknown[i], &arg, NULL);
        report_check(rc == -ENOSYS || rc == -EOPNOTSUPP || rc == -EINVAL,
                     "unknown command %x: %ld", unknown[i], rc);
    }
}

/* Also what must be zero, or NULL, on entry. */
static void test_pads(void)
{
    union hostile_arg arg;
    uint16_t self = NOXS_DOMID_SELF;

    hostile_prepare(NOXS_OP_DEV_LIST, self, &arg);
    arg.devs.pad = 1;
    expect(noxs_op(NOXS_OP_DEV_LIST, &arg, devs), -EINVAL, "DEV_LIST, pad");
    hostile_prepare(NOXS_OP_DEV_LIST, self, &arg);
    arg.devs.pad1 = 1;
    expect(noxs_op(NOXS_OP_DEV_LIST, &arg, devs), -EINVAL, "DEV_LIST, pad1");
    hostile_prepare(NOXS_OP_IDENTITY_GET, self, &arg);
    arg.identity.pad = 0x100;
    expect(noxs_op(NOXS_OP_IDENTITY_GET, &arg, NULL), -EINVAL,
           "IDENTITY_GET, pad");
    hostile_prepare(NOXS_OP_IDENTITY_GET, self, &arg);
    arg.identity.fields = NOXS_ID_ALL;
    expect(noxs_op(NOXS_OP_IDENTITY_GET, &arg, NULL), -EINVAL,
           "IDENTITY_GET, fields");
    hostile_prepare(NOXS_OP_IDENTITY_GET, self, &arg);
    expect(noxs_op(NOXS_OP_IDENTITY_GET, &arg, devs), -EINVAL,
           "IDENTITY_GET, buf");
    hostile_prepare(NOXS_OP_PAGE, self, &arg);
    arg.page.gfn = 0;
    expect(noxs_op(NOXS_OP_PAGE, &arg, NULL), -EINVAL, "PAGE, gfn");
}

/* Only as many devices as there are may be written, whatever the count. */
static void test_counts(void)
{
    union hostile_arg arg;
    struct noxs_device guard;
    long rc;

    memset(devs, 0x5a, sizeof(devs));
    guard = devs[NOXS_DEV_MAX - 1];
    hostile_prepare(NOXS_OP_DEV_LIST, NOXS_DOMID_SELF, &arg);
    arg.devs.count = UINT32_MAX;
    rc = noxs_op(NOXS_OP_DEV_LIST, &arg, devs);
    report_check(rc == 0 || rc == -EINVAL, "DEV_LIST, huge count: %ld", rc);
    report_check(rc || arg.devs.count == arg.devs.total,
                 "DEV_LIST, huge count: %u of %u", arg.devs.count,
                 arg.devs.total);
    report_check(!memcmp(&guard, &devs[NOXS_DEV_MAX - 1], sizeof(guard)),
                 "DEV_LIST, huge count: wrote more than there is");
}

/* Nothing that was refused may show. */
void hostile_abi(void)
{
    static struct noxs_page before;

    memcpy(&before, noxs_page(), sizeof(before));
    test_rights();
    test_commands();
    test_pads();
    test_counts();
    report_check(!memcmp(&before, noxs_page(), sizeof(before)),
                 "the device page changed");
}
