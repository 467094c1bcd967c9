/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * requests.c: requests that are wrong in themselves. Where nothing else is
 * said, each is answered with an error and the next one is served.
 *
 *   segments   none, or more than fit a request: an error, or cut off
 *   order      segments that end before they begin, or beyond their page
 *   beyond     sectors beyond the end, or at the end of all numbers
 *   operations that do not exist
 *   discard    beyond the end
 *   grants     pages never granted, granted to another, not to be written to
 *   revoke     grants that end while they are used; it carries on
 *   readonly   for a read-only disk: writes, discards
 */
#include <guest/grant.h>
#include <guest/lib.h>
#include <guest/memory.h>
#include <guest/report.h>
#include <guest/time.h>

#include <noxs/block.h>

#include "blk.h"

static void case_segments(void)
{
    struct blkif_request req = blk_proper();
    unsigned int n;

    for (n = 0; n < BLKIF_MAX_SEGMENTS_PER_REQUEST; n++)
        req.seg[n] = req.seg[0];
    req.nr_segments = 0;
    blk_not_done("no segments", &req);
    for (n = 255; n > BLKIF_MAX_SEGMENTS_PER_REQUEST; n /= 2) {
        req.nr_segments = (uint8_t)n;
        blk_not_done("too many segments", &req);
    }
}

static void case_order(void)
{
    static const uint8_t bad[][2] = {{3, 2},   {7, 0},     {0, 8},   {8, 8},
                                     {0, 255}, {255, 255}, {255, 0}, {255, 7}};
    struct blkif_request req = blk_proper();
    size_t i;

    for (i = 0; i < ARRAY_SIZE(bad); i++) {
        req.seg[0].first_sect = bad[i][0];
        req.seg[0].last_sect = bad[i][1];
        blk_not_done("a segment in disorder", &req);
    }
}

static void case_beyond(void)
{
    uint64_t end = blk_sectors();
    const uint64_t bad[] = {end,       end - 1,        end - 7,
                            end + 1,   UINT64_MAX,     UINT64_MAX - 7,
                            1ul << 63, UINT64_MAX / 2, UINT64_MAX / 512,
                            1ul << 55, (1ul << 55) - 8};
    struct blkif_request req = blk_proper();
    size_t i;

    for (i = 0; i < ARRAY_SIZE(bad); i++) {
        req.sector_number = bad[i];
        req.operation = BLKIF_OP_READ;
        blk_refused("read beyond the end", &req);
        req.operation = BLKIF_OP_WRITE;
        blk_refused("write beyond the end", &req);
    }
    kit_carries_on();
}

static void case_operations(void)
{
    static const uint8_t ops[] = {2, 4, 7, 8, 100, 255};
    struct blkif_request req = blk_proper();
    size_t i;

    for (i = 0; i < ARRAY_SIZE(ops); i++) {
        req.operation = ops[i];
        report_check(blk_run(&req) == BLKIF_RSP_EOPNOTSUPP,
                     "operation %u is not refused as unknown", ops[i]);
    }
    kit_carries_on();
}

static void case_discard(void)
{
    uint64_t end = blk_sectors();
    const uint64_t bad[][2] = {{end, 8},        {end - 8, 16},
                               {8, UINT64_MAX}, {8, UINT64_MAX - 7},
                               {UINT64_MAX, 8}, {UINT64_MAX - 7, 8},
                               {1ul << 55, 8},  {0, 1ul << 55}};
    struct blkif_request_discard req = {.operation = BLKIF_OP_DISCARD};
    uint8_t room[sizeof(struct blkif_request)] = {0};
    size_t i;

    for (i = 0; i < ARRAY_SIZE(bad); i++) {
        req.sector_number = bad[i][0];
        req.nr_sectors = bad[i][1];
        memcpy(room, &req, sizeof(req));
        blk_refused("discard beyond the end", room);
    }
    kit_carries_on();
}

static void case_grants(void)
{
    static const uint32_t refs[] = {0, 7, 100, 511, 512, 0xffffff, UINT32_MAX};
    struct blkif_request req = blk_proper();
    uint32_t other;
    size_t i;

    if (grant_access((uint16_t)(kit_dev.backend + 1000), blk_page, false,
                     &other))
        guest_panic("no grants");
    for (i = 0; i <= ARRAY_SIZE(refs); i++) {
        req.seg[0].gref = i < ARRAY_SIZE(refs) ? refs[i] : other;
        req.operation = BLKIF_OP_READ;
        blk_refused("read with a bad grant", &req);
        req.operation = BLKIF_OP_WRITE;
        blk_refused("write with a bad grant", &req);
    }
    req.operation = BLKIF_OP_READ;
    req.seg[0].gref = kit_grant(blk_page, true);
    blk_refused("read into a page that may only be read", &req);
    kit_carries_on();
}

static void case_revoke(void)
{
    struct blkif_request req = blk_proper();
    uint64_t end = time_now() + 3000 * MS;
    void *pages[BLK_RING];
    unsigned int i, rounds;

    for (i = 0; i < BLK_RING; i++)
        pages[i] = kit_page();
    for (rounds = 0; time_now() < end; rounds++) {
        uint32_t refs[BLK_RING];

        for (i = 0; i < BLK_RING; i++) {
            req.operation = i % 2 ? BLKIF_OP_READ : BLKIF_OP_WRITE;
            req.seg[0].gref = refs[i] = kit_grant(pages[i], false);
            blk_put(&req);
        }
        blk_push();
        for (i = 0; i < BLK_RING; i++)
            while (grant_end(refs[i]))
                ;
        if (!report_check(kit_works(), "it does not go on"))
            return;
    }
    printf("%u rounds\n", rounds);
    kit_carries_on();
}

static void case_readonly(void)
{
    struct blkif_request req = blk_proper();
    uint8_t room[sizeof(struct blkif_request)] = {0};
    struct blkif_request_discard discard = {.operation = BLKIF_OP_DISCARD,
                                            .nr_sectors = 8};

    report_check(kit_dev.back_features & NOXS_BLOCK_F_READONLY,
                 "the disk is not read-only");
    req.operation = BLKIF_OP_WRITE;
    blk_refused("write", &req);
    memcpy(room, &discard, sizeof(discard));
    blk_refused("discard", room);
    /* A flush that carries a write. */
    req.operation = BLKIF_OP_FLUSH_DISKCACHE;
    blk_refused("flush with data", &req);
    kit_carries_on();
}

const struct kit_case blk_requests[] = {
    {"segments", case_segments, false},
    {"order", case_order, false},
    {"beyond", case_beyond, false},
    {"operations", case_operations, false},
    {"discard", case_discard, false},
    {"grants", case_grants, false},
    {"revoke", case_revoke, false},
    {"readonly", case_readonly, false},
    {NULL, NULL, false},
};
