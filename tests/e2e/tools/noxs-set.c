/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * noxs-set.c: noxs-set DOMID NAME: give a domain an identity and a device.
 *
 * guests/tests/pvh knows what to find; `features` looks like the entry of a
 * page table, as it tries the device page as one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xencall.h>

#include <noxs/noxs.h>

static struct noxs_op_identity identity(uint16_t domid, const char *name)
{
    struct noxs_op_identity op = {
        .domid = domid,
        .fields = NOXS_ID_ALL,
        .identity.generation = 0x0123456789abcdef,
    };

    for (uint8_t i = 0; i < NOXS_UUID_SIZE; i++)
        op.identity.uuid[i] = i;
    for (uint8_t i = 0; i < NOXS_SEED_SIZE; i++)
        op.identity.seed[i] = (uint8_t)(0xff - i);
    memcpy(op.identity.name, name, strnlen(name, NOXS_NAME_SIZE - 1));
    return op;
}

static const struct noxs_device device = {
    .type = NOXS_DEV_CONSOLE,
    .id = 7,
    .flags = NOXS_DEV_F_GFN,
    .grant = NOXS_GRANT_NONE,
    .evtchn = 3,
    .gfn = 0x123456789,
    .features = 0x800003,
};

/* All that the hypervisor reads, in memory that it can reach. */
struct shared {
    struct noxs_op_identity identity;
    struct noxs_op_devs devs;
    struct noxs_device device;
};

int main(int argc, char **argv)
{
    xencall_handle *call = xencall_open(NULL, 0);
    struct shared *shared = NULL;
    uint16_t domid;

    if (argc != 3) {
        fprintf(stderr, "usage: noxs-set DOMID NAME\n");
        return 2;
    }
    if (call)
        shared = xencall_alloc_buffer(call, sizeof(*shared));
    if (!shared) {
        perror("noxs-set: xencall");
        return 1;
    }
    domid = (uint16_t)strtoul(argv[1], NULL, 10);
    shared->identity = identity(domid, argv[2]);
    shared->devs = (struct noxs_op_devs){.domid = domid, .count = 1};
    shared->device = device;
    if (xencall3(call, __HYPERVISOR_noxs_op, NOXS_OP_IDENTITY_SET,
                 (uintptr_t)&shared->identity, 0) != 0 ||
        xencall3(call, __HYPERVISOR_noxs_op, NOXS_OP_DEV_ADD,
                 (uintptr_t)&shared->devs, (uintptr_t)&shared->device) != 0) {
        perror("noxs-set");
        return 1;
    }
    xencall_free_buffer(call, shared);
    (void)xencall_close(call);
    return 0;
}
