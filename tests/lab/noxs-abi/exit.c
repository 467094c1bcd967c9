/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log of exits, and being told of them.
 */
#include <errno.h>
#include <string.h>

#include "test.h"

#define SHUTDOWN_CRASH 3 /* xen/sched.h: SHUTDOWN_crash */
#define SHUTDOWN_POWEROFF 0

static struct noxs_exit exits[300];

/* Read from *seq on, moving it. Returns how many were read. */
static uint32_t read_exits(uint64_t *seq, uint64_t *lost, uint32_t room)
{
    struct noxs_op_exits op = {.seq = *seq, .count = room};

    memset(exits, 0, sizeof(exits));
    EXPECT(call(NOXS_OP_EXITS, &op, sizeof(op), exits, room * sizeof(exits[0])),
           0);
    *seq = op.seq;
    *lost = op.lost;
    return op.count;
}

/* Where the log ends. */
static uint64_t exits_end(void)
{
    uint64_t seq = 0, lost;

    EXPECT(read_exits(&seq, &lost, 4), 0);
    CHECK(seq >= 1);
    EXPECT(lost, 0);
    return seq;
}

static void set_uuid(uint16_t domid, uint8_t byte)
{
    struct noxs_op_identity op = {.domid = domid, .fields = NOXS_ID_UUID};

    memset(op.identity.uuid, byte, sizeof(op.identity.uuid));
    EXPECT(CALL(NOXS_OP_IDENTITY_SET, &op), 0);
}

static void check_exit(const struct noxs_exit *exit, uint64_t seq,
                       uint16_t domid, unsigned int kind, unsigned int reason,
                       uint8_t uuid)
{
    EXPECT((long)exit->seq, (long)seq);
    EXPECT(exit->domid, domid);
    EXPECT(exit->kind, kind);
    EXPECT(exit->reason, reason);
    EXPECT(exit->pad, 0);
    EXPECT(exit->uuid[0], uuid);
    EXPECT(exit->uuid[15], uuid);
    CHECK(exit->time != 0);
}

static void test_one_life(void)
{
    uint16_t guest = host_create();
    uint64_t start, seq, lost;

    host_settle();
    start = seq = exits_end();
    set_uuid(guest, 0xab);
    EXPECT(read_exits(&seq, &lost, 4), 0);
    host_stop(guest, SHUTDOWN_CRASH);
    EXPECT(read_exits(&seq, &lost, 4), 1);
    check_exit(&exits[0], start, guest, NOXS_EXIT_SHUTDOWN, SHUTDOWN_CRASH,
               0xab);
    host_destroy(guest);
    host_settle();
    /* In pieces: as many as there is room for. */
    EXPECT(read_exits(&seq, &lost, 1), 1);
    check_exit(&exits[0], start + 1, guest, NOXS_EXIT_DYING, 0, 0xab);
    EXPECT(read_exits(&seq, &lost, 4), 1);
    check_exit(&exits[0], start + 2, guest, NOXS_EXIT_DESTROYED, 0, 0xab);
    EXPECT((long)seq, (long)start + 3);
    seq = start;
    EXPECT(read_exits(&seq, &lost, 4), 3);
    CHECK(exits[0].time <= exits[1].time && exits[1].time <= exits[2].time);
}

static void test_exit_errors(void)
{
    uint64_t end = exits_end();
    struct noxs_op_exits op = {.seq = end + 1, .count = 1};

    EXPECT(call(NOXS_OP_EXITS, &op, sizeof(op), exits, sizeof(exits[0])),
           -EINVAL);
    op = (struct noxs_op_exits){.count = 1, .pad = 1};
    EXPECT(call(NOXS_OP_EXITS, &op, sizeof(op), exits, sizeof(exits[0])),
           -EINVAL);
    op = (struct noxs_op_exits){.seq = 1};
    EXPECT(CALL(NOXS_OP_EXITS, &op), 0);
    EXPECT(op.count, 0);
    op = (struct noxs_op_exits){.seq = end - 1, .count = 1};
    EXPECT(CALL(NOXS_OP_EXITS, &op), -EFAULT);
    EXPECT(call_raw(NOXS_OP_EXITS, WILD, WILD), -EFAULT);
}

/* Three records a domain, until the first one is no longer kept. */
static void test_lost(void)
{
    struct noxs_op_version version = {0};
    uint64_t start, seq, lost, end;

    host_settle();
    start = seq = exits_end();
    EXPECT(CALL(NOXS_OP_VERSION, &version), 0);
    do {
        uint16_t guest = host_create();

        host_stop(guest, SHUTDOWN_POWEROFF);
        host_destroy(guest);
        end = exits_end();
    } while (end < start + version.exits_max + 10);
    host_settle();
    end = exits_end();
    EXPECT(read_exits(&seq, &lost, 2), 2);
    EXPECT((long)lost, (long)(end - version.exits_max - start));
    EXPECT((long)exits[0].seq, (long)(start + lost));
    seq = start;
    EXPECT(read_exits(&seq, &lost, 300), version.exits_max);
    for (uint32_t i = 0; i < version.exits_max; i++)
        CHECK(exits[i].seq == start + lost + i);
    EXPECT((long)seq, (long)end);
}

void test_exits(void)
{
    test_one_life();
    test_exit_errors();
    test_lost();
}
