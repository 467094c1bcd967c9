/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pool.c: requests in the back end's pool. Where nothing else is said, each
 * that is wrong is answered with an error and the next one is served.
 *
 *   pool       what is written from the pool is read back, both ways; carries
 * on pindex     pages beyond the end of the pool pmixed     pages of the pool
 * and grants in one request pnone      pages of a pool that was not asked for
 *   pchange    data and segments change while requests run; carries on
 *   pkeep      closes a hundred times with requests under way and all mappings
 *              kept: the pool stays the same
 *   pdie       ends as crashed with the pool mapped, in the middle of traffic
 *   pleave     powers off so, nothing closed
 */
#include <guest/barrier.h>
#include <guest/event.h>
#include <guest/grant.h>
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/memory.h>
#include <guest/report.h>
#include <guest/time.h>

#include <noxs/block.h>

#include "blk.h"

#define PAGES GRANT_MAP_MAX
#define SEGMENTS 16
#define CLOSES 100
/* The page that holds segments; the others are for data. */
#define TABLE (PAGES - 1)

static uint8_t *pool;
static uint32_t handles[PAGES];

static const struct noxs_block *control(void)
{
    return (const struct noxs_block *)(const void *)kit_io();
}

static uint32_t pool_pages(void)
{
    return READ_ONCE(control()->pool_pages);
}

static void map_pool(void)
{
    uint32_t refs[PAGES];
    unsigned int i;
    void *va;

    if (pool)
        return;
    /* Who was answered is connected, and knows what there is. */
    if (!kit_works() || pool_pages() < PAGES)
        guest_panic("the pool has %u pages", pool_pages());
    for (i = 0; i < PAGES; i++)
        refs[i] = READ_ONCE(control()->pool_grant[i]);
    if (grant_map(kit_dev.backend, refs, PAGES, &va, handles))
        guest_panic("the pool cannot be mapped");
    pool = va;
}

static uint8_t *page(unsigned int i)
{
    return pool + i * PAGE_SIZE;
}

static struct blkif_request direct(unsigned int i)
{
    struct blkif_request req = blk_proper();

    map_pool();
    req.seg[0].gref = NOXS_BLOCK_POOL | i;
    return req;
}

/* A proper one of SEGMENTS times the first page, as it stands in the ring. */
static struct blkif_request indirect(uint8_t op)
{
    struct blkif_request_segment *table;
    struct blkif_request_indirect req = {
        .operation = BLKIF_OP_INDIRECT,
        .indirect_op = op,
        .nr_segments = SEGMENTS,
        .handle = (uint16_t)kit_dev.id,
        .indirect_grefs = {NOXS_BLOCK_POOL | TABLE},
    };
    struct blkif_request room = {0};
    unsigned int i;

    map_pool();
    table = (void *)page(TABLE);
    for (i = 0; i < SEGMENTS; i++)
        table[i] = (struct blkif_request_segment){.gref = NOXS_BLOCK_POOL,
                                                  .last_sect = 7};
    memcpy(&room, &req, sizeof(req));
    return room;
}

static struct blkif_request_segment *last_segment(void)
{
    return (struct blkif_request_segment *)(void *)page(TABLE) + SEGMENTS - 1;
}

static void set_table(struct blkif_request *room, uint32_t gref)
{
    struct blkif_request_indirect req;

    memcpy(&req, room, sizeof(req));
    req.indirect_grefs[0] = gref;
    memcpy(room, &req, sizeof(req));
}

static void good(const char *what, const void *req)
{
    int status = blk_run(req);

    report_check(status == BLKIF_RSP_OKAY, "%s: status %d", what, status);
}

static bool holds(const uint8_t *data, uint8_t value)
{
    size_t i;

    for (i = 0; i < PAGE_SIZE; i++)
        if (data[i] != value)
            return false;
    return true;
}

static void case_pool(void)
{
    struct blkif_request req = direct(0), many;

    req.operation = BLKIF_OP_WRITE;
    memset(page(0), 0xa5, PAGE_SIZE);
    good("a write from the pool", &req);
    req = blk_proper();
    good("a read by a grant", &req);
    report_check(holds(blk_page, 0xa5), "other data by the grant");
    req = direct(1);
    good("a read into the pool", &req);
    report_check(holds(page(1), 0xa5), "other data in the pool");
    memset(page(0), 0x5a, PAGE_SIZE);
    many = indirect(BLKIF_OP_WRITE);
    good("an indirect write", &many);
    memset(page(0), 0, PAGE_SIZE);
    many = indirect(BLKIF_OP_READ);
    good("an indirect read", &many);
    report_check(holds(page(0), 0x5a), "other data after an indirect read");
    kit_carries_on();
}

static void case_index(void)
{
    const struct blkif_request proper = direct(0);
    const uint32_t bad[] = {pool_pages(), pool_pages() + 1, NOXS_BLOCK_POOL_MAX,
                            1u << 16,     1u << 30,         ~NOXS_BLOCK_POOL};
    struct blkif_request req, many;
    size_t i;

    for (i = 0; i < ARRAY_SIZE(bad); i++) {
        req = proper;
        req.seg[0].gref |= bad[i];
        blk_refused("read beyond the pool", &req);
        req.operation = BLKIF_OP_WRITE;
        blk_refused("write beyond the pool", &req);
        req.nr_segments = 2;
        req.seg[1] = req.seg[0];
        req.seg[0].gref = NOXS_BLOCK_POOL;
        blk_refused("a second segment beyond the pool", &req);
        many = indirect(BLKIF_OP_WRITE);
        last_segment()->gref = NOXS_BLOCK_POOL | bad[i];
        blk_refused("the last segment beyond the pool", &many);
        many = indirect(BLKIF_OP_READ);
        set_table(&many, NOXS_BLOCK_POOL | bad[i]);
        blk_refused("segments beyond the pool", &many);
    }
    kit_carries_on();
}

static void case_mixed(void)
{
    struct blkif_request req = direct(0), many;

    req.nr_segments = 2;
    req.seg[1] = blk_proper().seg[0];
    blk_refused("a grant behind the pool", &req);
    req.seg[1] = req.seg[0];
    req.seg[0] = blk_proper().seg[0];
    blk_refused("the pool behind a grant", &req);
    many = indirect(BLKIF_OP_READ);
    last_segment()->gref = blk_ref;
    blk_refused("a grant among segments of the pool", &many);
    many = indirect(BLKIF_OP_READ);
    memcpy(blk_page, page(TABLE), PAGE_SIZE);
    set_table(&many, blk_ref);
    blk_refused("segments in the pool, named by a page that is granted", &many);
    kit_carries_on();
}

static void case_none(void)
{
    struct blkif_request req;

    kit_connect(kit_dev.back_features & ~(uint64_t)NOXS_BLOCK_F_POOL);
    report_check(kit_works(), "it does not work");
    report_check(!pool_pages(), "there is a pool of %u pages", pool_pages());
    req = blk_proper();
    req.seg[0].gref = NOXS_BLOCK_POOL;
    blk_refused("a page of no pool", &req);
    kit_carries_on();
}

/* As many requests as there is room for, of both kinds, all over the disk. */
static void traffic(void)
{
    struct blkif_request many, req = direct(kit_random() % TABLE);
    unsigned int i;

    for (i = 0; i < BLK_RING / 2; i++) {
        req.operation = kit_random() % 2 ? BLKIF_OP_READ : BLKIF_OP_WRITE;
        req.sector_number = kit_random() % (blk_sectors() - 8);
        blk_put(&req);
        many = indirect(kit_random() % 2 ? BLKIF_OP_READ : BLKIF_OP_WRITE);
        blk_put(&many);
    }
    blk_push();
}

static void case_change(void)
{
    uint64_t end = time_now() + 2000 * MS;
    unsigned int i;

    while (time_now() < end) {
        traffic();
        for (i = 0; i < 1000; i++)
            WRITE_ONCE(
                ((uint32_t *)(void *)page(0))[kit_random() % (PAGE_SIZE / 4)],
                kit_random());
        for (i = 0; i < 1000; i++)
            WRITE_ONCE(((uint32_t *)(void *)page(
                           TABLE))[kit_random() % (2 * SEGMENTS)],
                       kit_random());
        if (!report_check(kit_works(), "it does not go on"))
            return;
    }
    kit_carries_on();
}

static bool is_ready(void)
{
    return bus_state(&kit_dev) == BUS_READY;
}

/* Without the bus, which knows nothing of the close. */
static void connect_again(void)
{
    kit_reset();
    wmb();
    WRITE_ONCE(kit_io()->front_state, NOXS_FRONT_CONNECTED);
    event_notify(kit_dev.port);
}

static void case_keep(void)
{
    uint32_t pages, first;
    unsigned int i;

    map_pool();
    pages = pool_pages();
    first = READ_ONCE(control()->pool_grant[0]);
    for (i = 0; i < CLOSES; i++) {
        traffic();
        WRITE_ONCE(kit_io()->front_state, NOXS_FRONT_CLOSED);
        event_notify(kit_dev.port);
        if (!report_check(kit_until(is_ready, 5000 * MS), "it does not close"))
            return;
        connect_again();
        if (!report_check(kit_works(), "it does not work afterwards"))
            return;
        report_check(pool_pages() == pages &&
                         READ_ONCE(control()->pool_grant[0]) == first,
                     "the pool is another");
    }
    case_pool();
}

static void busy(void)
{
    uint64_t end = time_now() + 200 * MS;

    while (time_now() < end && report_check(kit_works(), "it does not go on"))
        traffic();
}

static void case_die(void)
{
    busy();
    guest_crash();
}

static void case_leave(void)
{
    busy();
    report_check(bus_state(&kit_dev) == BUS_CONNECTED, "it is cut off");
}

const struct kit_case blk_pool[] = {
    {"pool", case_pool, false},
    {"pindex", case_index, false},
    {"pmixed", case_mixed, false},
    {"pnone", case_none, true},
    {"pchange", case_change, false},
    {"pkeep", case_keep, false},
    {"pdie", case_die, false},
    {"pleave", case_leave, false},
    {NULL, NULL, false},
};
