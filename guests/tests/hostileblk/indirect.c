/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * indirect.c: requests whose segments lie in another page, and are wrong: each
 * is answered with an error, or cut off, and nothing of it is done.
 *
 *   icount     no segments, more than the back end takes, more than fit
 *   itable     pages of segments that were never granted
 *   iorder     segments that end before they begin, or beyond their page
 *   igrants    a bad grant behind good ones
 *   ioperation operations that cannot be indirect, itself among them
 *   ibeyond    the last segments lie beyond the end
 *   ichange    the page of segments changes while the request runs; carries on
 *   ireadonly  a write, for a read-only disk
 */
#include <guest/grant.h>
#include <guest/lib.h>
#include <guest/memory.h>
#include <guest/report.h>
#include <guest/time.h>

#include <noxs/block.h>

#include "blk.h"

#define SEGMENTS 16

static struct blkif_request_segment *table;
static uint32_t table_ref;

static unsigned int most(void)
{
    return ((const struct noxs_block_config *)(const void *)kit_dev.config)
        ->indirect;
}

/* A proper one of SEGMENTS pages. */
static struct blkif_request_indirect proper(void)
{
    unsigned int i;

    if (!table) {
        table = kit_page();
        table_ref = kit_grant(table, true);
    }
    for (i = 0; i < PAGE_SIZE / sizeof(*table); i++)
        table[i] =
            (struct blkif_request_segment){.gref = blk_ref, .last_sect = 7};
    report_check(most() >= SEGMENTS, "indirect requests are not offered");
    return (struct blkif_request_indirect){
        .operation = BLKIF_OP_INDIRECT,
        .indirect_op = BLKIF_OP_READ,
        .nr_segments = SEGMENTS,
        .handle = (uint16_t)kit_dev.id,
        .indirect_grefs = {table_ref},
    };
}

static int run(const struct blkif_request_indirect *req)
{
    uint8_t room[sizeof(struct blkif_request)] = {0};

    memcpy(room, req, sizeof(*req));
    return blk_run(room);
}

static void not_done(const char *what, const struct blkif_request_indirect *req)
{
    uint8_t room[sizeof(struct blkif_request)] = {0};

    memcpy(room, req, sizeof(*req));
    blk_not_done(what, room);
}

static void case_count(void)
{
    struct blkif_request_indirect req = proper();
    unsigned int i;

    report_check(run(&req) == BLKIF_RSP_OKAY, "a proper one is refused");
    req.nr_segments = 0;
    not_done("no segments", &req);
    for (i = 1; i < BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST; i++)
        req.indirect_grefs[i] = table_ref;
    req.nr_segments = (uint16_t)(most() + 1);
    not_done("one segment too many", &req);
    req.nr_segments = 8 * 512 + 1;
    not_done("more segments than fit the pages", &req);
    req.nr_segments = UINT16_MAX;
    not_done("65,535 segments", &req);
}

static void case_table(void)
{
    static const uint32_t refs[] = {0, 7, 511, 512, 0xffffff, UINT32_MAX};
    struct blkif_request_indirect req = proper();
    size_t i;

    for (i = 0; i < ARRAY_SIZE(refs); i++) {
        req.indirect_grefs[0] = refs[i];
        not_done("segments in a page that is not granted", &req);
    }
}

static void case_order(void)
{
    static const uint8_t bad[][2] = {
        {3, 2}, {0, 8}, {8, 8}, {0, 255}, {255, 255}};
    struct blkif_request_indirect req = proper();
    size_t i;

    for (i = 0; i < ARRAY_SIZE(bad); i++) {
        table[SEGMENTS - 1].first_sect = bad[i][0];
        table[SEGMENTS - 1].last_sect = bad[i][1];
        not_done("a segment in disorder", &req);
    }
}

static void case_grants(void)
{
    struct blkif_request_indirect req = proper();

    table[SEGMENTS - 1].gref = 0xfffff0;
    not_done("read with a bad grant", &req);
    req.indirect_op = BLKIF_OP_WRITE;
    not_done("write with a bad grant", &req);
}

static void case_operation(void)
{
    static const uint8_t ops[] = {
        2,  BLKIF_OP_FLUSH_DISKCACHE, 4, BLKIF_OP_DISCARD, BLKIF_OP_INDIRECT,
        255};
    struct blkif_request_indirect req = proper();
    size_t i;

    for (i = 0; i < ARRAY_SIZE(ops); i++) {
        req.indirect_op = ops[i];
        not_done("an operation that cannot be indirect", &req);
    }
}

static void case_beyond(void)
{
    struct blkif_request_indirect req = proper();

    req.sector_number = blk_sectors() - 8 * SEGMENTS + 1;
    not_done("one sector beyond the end", &req);
    req.sector_number = UINT64_MAX - 8 * SEGMENTS + 2;
    not_done("around the end of all numbers", &req);
}

static void case_change(void)
{
    struct blkif_request_indirect req = proper();
    uint64_t end = time_now() + 2000 * MS;
    uint8_t room[sizeof(struct blkif_request)] = {0};
    unsigned int i;

    memcpy(room, &req, sizeof(req));
    while (time_now() < end && bus_state(&kit_dev) == BUS_CONNECTED) {
        for (i = 0; i < BLK_RING / 2; i++)
            blk_put(room);
        blk_push();
        for (i = 0; i < 1000; i++)
            WRITE_ONCE(((uint32_t *)table)[kit_random() % (2 * SEGMENTS)],
                       kit_random());
        if (!report_check(kit_works(), "it does not go on"))
            return;
    }
    kit_carries_on();
}

static void case_readonly(void)
{
    struct blkif_request_indirect req = proper();

    report_check(kit_dev.back_features & NOXS_BLOCK_F_READONLY,
                 "the disk is not read-only");
    req.indirect_op = BLKIF_OP_WRITE;
    not_done("a write", &req);
    kit_carries_on();
}

const struct kit_case blk_indirect[] = {
    {"icount", case_count, false},
    {"itable", case_table, false},
    {"iorder", case_order, false},
    {"igrants", case_grants, false},
    {"ioperation", case_operation, false},
    {"ibeyond", case_beyond, false},
    {"ichange", case_change, false},
    {"ireadonly", case_readonly, false},
    {NULL, NULL, false},
};
