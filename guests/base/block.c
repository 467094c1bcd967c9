/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * block.c: disks: opening and closing, and operations one waits for.
 */
#include <guest/block.h>
#include <guest/event.h>
#include <guest/grant.h>
#include <guest/lib.h>
#include <guest/memory.h>

#include <noxs/block.h>

#include "block_impl.h"

_Static_assert(__CONST_RING_SIZE(blkif, PAGE_SIZE) == BLOCK_RING, "one page");

static struct block *open_blocks;
static void (*on_change)(void);

/* It rang, or the list of devices changed. */
static void look(struct block *b)
{
    block_answers(b);
    switch (bus_state(&b->dev)) {
    case BUS_CLOSED:
    case BUS_BROKEN:
        block_fail(b, -ENODEV);
        break;
    default:
        block_pump(b);
    }
}

static void block_event(uint32_t port, void *arg)
{
    (void)port;
    look(arg);
}

static void rescan(void)
{
    struct block *b;

    for (b = open_blocks; b; b = b->next)
        look(b);
    if (on_change)
        on_change();
}

void block_on_change(void (*fn)(void))
{
    on_change = fn;
    bus_on_change(BUS_BLOCK, rescan);
}

static int read_config(struct block *b)
{
    const struct noxs_block_config *c = (const void *)b->dev.config;
    uint64_t features = b->dev.back_features;
    unsigned int sectors = c->sector_size / SECTOR_SIZE;

    if (!sectors || c->sector_size > PAGE_SIZE || sectors & (sectors - 1) ||
        c->sectors % sectors)
        return -EINVAL;
    b->info = (struct block_info){
        .id = b->dev.id,
        .readonly = features & NOXS_BLOCK_F_READONLY,
        .can_flush = features & NOXS_BLOCK_F_FLUSH,
        .can_discard = features & NOXS_BLOCK_F_DISCARD,
        .sectors = c->sectors,
        .sector_size = c->sector_size,
        .physical_sector_size = c->physical_sector_size,
    };
    if (features & NOXS_BLOCK_F_INDIRECT)
        b->indirect = c->indirect < BLOCK_TABLE_SEGMENTS ? c->indirect
                                                         : BLOCK_TABLE_SEGMENTS;
    return 0;
}

/* As many as there is memory for: they make it fast, but it goes without. */
static void make_tables(struct block *b)
{
    struct block_table *t;
    unsigned int i;

    if (b->indirect <= BLKIF_MAX_SEGMENTS_PER_REQUEST)
        return;
    for (i = 0; i < BLOCK_TABLES; i++) {
        t = &b->tables[i];
        t->segments = page_alloc(1);
        if (!t->segments)
            return;
        if (grant_access(b->dev.backend, t->segments, true, &t->ref)) {
            page_free(t->segments);
            t->segments = NULL;
            return;
        }
    }
}

/* A page that the other side would still read is lost rather than reused. */
static void free_tables(struct block *b)
{
    unsigned int i;

    for (i = 0; i < BLOCK_TABLES; i++)
        if (b->tables[i].segments && !grant_end(b->tables[i].ref))
            page_free(b->tables[i].segments);
}

static int start(struct block *b)
{
    int rc = read_config(b);

    if (rc)
        return rc;
    make_tables(b);
    rc = event_bind(b->dev.port, block_event, b);
    if (!rc)
        rc = bus_connect(&b->dev, 0);
    if (rc)
        free_tables(b);
    return rc;
}

int block_open(unsigned int n, struct block **block_out)
{
    struct block *b = page_alloc(1);
    bool on;
    int rc;

    if (!b)
        return -ENOMEM;
    memset(b, 0, sizeof(*b));
    rc = bus_open(BUS_BLOCK, n, &b->dev);
    if (rc) {
        page_free(b);
        return rc;
    }
    b->ring = b->dev.ring[0];
    b->queue_end = &b->queue;
    rc = start(b);
    if (rc) {
        bus_close(&b->dev);
        page_free(b);
        return rc;
    }
    on = events_disable();
    b->next = open_blocks;
    open_blocks = b;
    bus_on_change(BUS_BLOCK, rescan);
    events_restore(on);
    *block_out = b;
    return 0;
}

void block_close(struct block *b)
{
    struct block **p;
    bool on;

    event_wait(b->rsp_cons == b->req_prod && !b->queue);
    on = events_disable();
    for (p = &open_blocks; *p != b; p = &(*p)->next)
        ;
    *p = b->next;
    events_restore(on);
    bus_close(&b->dev);
    free_tables(b);
    page_free(b);
}

const struct block_info *block_info(const struct block *b)
{
    return &b->info;
}

bool block_wanted_back(const struct block *b)
{
    return b->error || bus_state(&b->dev) == BUS_CLOSING;
}

static int check(const struct block *b, const struct block_io *io)
{
    uint64_t all = io->sector | io->count;

    if (b->error)
        return b->error;
    if (io->op == BLOCK_FLUSH)
        return b->info.can_flush ? 0 : -EOPNOTSUPP;
    if (io->op == BLOCK_DISCARD && !b->info.can_discard)
        return -EOPNOTSUPP;
    if (io->op != BLOCK_DISCARD &&
        ((uintptr_t)io->buffer < GUEST_BASE ||
         (uintptr_t)io->buffer % b->info.sector_size))
        return -EINVAL;
    if (!io->count || all % (b->info.sector_size / SECTOR_SIZE))
        return -EINVAL;
    if (io->sector >= b->info.sectors ||
        io->count > b->info.sectors - io->sector)
        return -ERANGE;
    return 0;
}

int block_submit(struct block *b, struct block_io *io)
{
    bool on = events_disable();
    int rc = check(b, io);

    if (!rc) {
        io->finished = false;
        io->rc = 0;
        io->pending = 0;
        io->issued = 0;
        io->next = NULL;
        *b->queue_end = io;
        b->queue_end = &io->next;
        block_pump(b);
    }
    events_restore(on);
    return rc;
}

static int run(struct block *b, struct block_io *io)
{
    int rc = block_submit(b, io);

    if (rc)
        return rc;
    event_wait(READ_ONCE(io->finished));
    return io->rc;
}

int block_read(struct block *b, uint64_t sector, void *buffer, size_t count)
{
    return run(b, &(struct block_io){.op = BLOCK_READ,
                                     .sector = sector,
                                     .buffer = buffer,
                                     .count = count});
}

int block_write(struct block *b, uint64_t sector, const void *buffer,
                size_t count)
{
    return run(b, &(struct block_io){.op = BLOCK_WRITE,
                                     .sector = sector,
                                     .buffer = (void *)(uintptr_t)buffer,
                                     .count = count});
}

int block_flush(struct block *b)
{
    if (!b->info.can_flush)
        return b->error;
    return run(b, &(struct block_io){.op = BLOCK_FLUSH});
}

int block_discard(struct block *b, uint64_t sector, size_t count)
{
    return run(b, &(struct block_io){
                      .op = BLOCK_DISCARD, .sector = sector, .count = count});
}
