/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hostileblk: a front end of a vbd that breaks the rules. case=NAME on the
 * command line says how; it exits with 0 if the back end did what it should,
 * which is to answer with an error what can be refused by itself, and to cut
 * off (BROKEN) who cannot be understood. That the host shows no harm is for
 * dom0 to see. The cases are in requests.c, indirect.c, pool.c and common.c.
 */
#include <guest/lib.h>
#include <guest/memory.h>
#include <guest/report.h>

#include <noxs/block.h>

#include "blk.h"

const enum bus_type kit_type = BUS_BLOCK;

uint8_t *blk_page;
uint32_t blk_ref;
static uint32_t prod;

static struct blkif_sring *ring(void)
{
    return kit_dev.ring[0];
}

uint64_t blk_sectors(void)
{
    return ((const struct noxs_block_config *)(const void *)kit_dev.config)
        ->sectors;
}

void kit_reset(void)
{
    prod = 0;
    if (blk_page)
        return;
    blk_page = kit_page();
    blk_ref = kit_grant(blk_page, false);
}

struct blkif_request blk_proper(void)
{
    return (struct blkif_request){
        .operation = BLKIF_OP_READ,
        .nr_segments = 1,
        .handle = (uint16_t)kit_dev.id,
        .seg = {{.gref = blk_ref, .first_sect = 0, .last_sect = 7}},
    };
}

void blk_put(const void *req)
{
    struct blkif_request *slot = &ring()->ring[prod % BLK_RING].req;

    memcpy(slot, req, sizeof(*slot));
    slot->id = prod++;
}

void blk_push(void)
{
    kit_push(0, prod);
}

static bool is_answered(void)
{
    return READ_ONCE(ring()->rsp_prod) == prod ||
           bus_state(&kit_dev) == BUS_BROKEN;
}

int blk_run(const void *req)
{
    struct blkif_response rsp;

    blk_put(req);
    blk_push();
    if (!kit_until(is_answered, 5000 * MS))
        return BLK_SILENCE;
    if (bus_state(&kit_dev) == BUS_BROKEN)
        return BLK_CUT_OFF;
    rmb();
    rsp = ring()->ring[(prod - 1) % BLK_RING].rsp;
    report_check(rsp.id == prod - 1, "the answer is to another request");
    return rsp.status;
}

void blk_refused(const char *what, const void *req)
{
    int status = blk_run(req);

    report_check(status == BLKIF_RSP_ERROR || status == BLKIF_RSP_EOPNOTSUPP,
                 "%s: status %d", what, status);
}

void blk_not_done(const char *what, const void *req)
{
    int status;

    if (bus_state(&kit_dev) == BUS_BROKEN)
        return;
    status = blk_run(req);
    report_check(status == BLKIF_RSP_ERROR || status == BLKIF_RSP_EOPNOTSUPP ||
                     status == BLK_CUT_OFF,
                 "%s: status %d", what, status);
}

void kit_traffic(void)
{
    uint32_t used = prod - READ_ONCE(ring()->rsp_prod);
    struct blkif_request req = blk_proper();
    unsigned int n;

    for (n = used < BLK_RING ? BLK_RING - used : 0; n; n--) {
        req.operation = kit_random() % 4 ? BLKIF_OP_READ : BLKIF_OP_WRITE;
        req.sector_number = kit_random() % (blk_sectors() - 8);
        blk_put(&req);
    }
    blk_push();
}

bool kit_works(void)
{
    struct blkif_request req = blk_proper();

    return kit_until(is_answered, 5000 * MS) && blk_run(&req) == BLKIF_RSP_OKAY;
}

int guest_main(const char *cmdline)
{
    static const struct kit_case *const tables[] = {blk_requests, blk_indirect,
                                                    blk_pool, kit_common, NULL};

    kit_run(tables, cmdline);
}
