/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * block_ring.c: operations cut into requests, and their answers.
 *
 * The ring is a page of the back end, so nothing is taken from it that this
 * side can know itself: indices, and what a request was, are kept in struct
 * block. An answer to what was not asked ends the disk.
 */
#include <guest/event.h>
#include <guest/grant.h>
#include <guest/lib.h>
#include <guest/memory.h>

#include "block_impl.h"

#define SECTORS_PER_PAGE (PAGE_SIZE / SECTOR_SIZE)

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

static struct block_request *free_request(struct block *b)
{
    unsigned int i;

    for (i = 0; i < BLOCK_RING; i++)
        if (!b->requests[i].io)
            return &b->requests[i];
    return NULL;
}

/* A table for a request of many segments; 0 if there is none. */
static uint8_t take_table(struct block *b)
{
    uint8_t i;

    for (i = 0; i < BLOCK_TABLES; i++)
        if (b->tables[i].segments && !b->tables[i].used) {
            b->tables[i].used = true;
            return (uint8_t)(i + 1);
        }
    return 0;
}

static uint32_t ref_of(const struct block *b, const struct block_request *r,
                       unsigned int i)
{
    return r->table ? b->tables[r->table - 1].segments[i].gref : r->refs[i];
}

/* False if the back end has not let go of something that it answered. */
static bool end_request(struct block *b, struct block_request *r)
{
    bool all = true;
    unsigned int i;

    for (i = 0; i < r->segments; i++)
        all &= !grant_end(ref_of(b, r, i));
    if (r->table)
        b->tables[r->table - 1].used = false;
    r->io = NULL;
    return all;
}

static bool is_issued(const struct block_io *io)
{
    return io->issued >= io->count;
}

static void finish(struct block_io *io)
{
    WRITE_ONCE(io->finished, true);
    if (io->done)
        io->done(io);
}

static void unqueue(struct block *b)
{
    b->queue = b->queue->next;
    if (!b->queue)
        b->queue_end = &b->queue;
}

void block_fail(struct block *b, int error)
{
    struct block_request *r;
    struct block_io *io;
    unsigned int i;

    b->error = error;
    for (i = 0; i < BLOCK_RING; i++) {
        r = &b->requests[i];
        io = r->io;
        if (!io)
            continue;
        end_request(b, r);
        io->rc = error;
        if (!--io->pending && is_issued(io))
            finish(io);
    }
    b->rsp_cons = b->req_prod;
    while ((io = b->queue)) {
        unqueue(b);
        io->rc = error;
        finish(io);
    }
}

/*
 * Grant the pages of the next sectors: how many sectors, or -errno. When grants
 * run out, the rest waits for the next request.
 */
static int add_segments(struct block *b, struct block_request *r,
                        struct blkif_request_segment *segments, size_t max)
{
    const struct block_io *io = r->io;
    bool readonly = io->op == BLOCK_WRITE;
    size_t done = io->issued, first, n;
    const char *at;
    int rc;

    for (; r->segments < max && done < io->count; r->segments++) {
        at = (const char *)io->buffer + done * SECTOR_SIZE;
        first = (uintptr_t)at % PAGE_SIZE / SECTOR_SIZE;
        n = min_size(SECTORS_PER_PAGE - first, io->count - done);
        rc = grant_access(b->dev.backend, at, readonly,
                          &segments[r->segments].gref);
        if (rc && !r->segments)
            return rc;
        if (rc)
            break;
        if (!r->table)
            r->refs[r->segments] = segments[r->segments].gref;
        segments[r->segments].first_sect = (uint8_t)first;
        segments[r->segments].last_sect = (uint8_t)(first + n - 1);
        done += n;
    }
    return (int)(done - io->issued);
}

static int put_direct(struct block *b, struct block_request *r,
                      struct blkif_request *req)
{
    struct blkif_request_segment segments[BLKIF_MAX_SEGMENTS_PER_REQUEST];
    int n = add_segments(b, r, segments, ARRAY_SIZE(segments));

    if (n < 0)
        return n;
    req->operation = r->op;
    req->nr_segments = (uint8_t)r->segments;
    req->handle = (uint16_t)b->dev.id;
    req->sector_number = r->io->sector + r->io->issued;
    memcpy(req->seg, segments, r->segments * sizeof(segments[0]));
    return n;
}

static int put_indirect(struct block *b, struct block_request *r,
                        struct blkif_request_indirect *req)
{
    struct block_table *table = &b->tables[r->table - 1];
    int n = add_segments(b, r, table->segments, b->indirect);

    if (n < 0)
        return n;
    req->operation = BLKIF_OP_INDIRECT;
    req->indirect_op = r->op;
    req->nr_segments = r->segments;
    req->handle = (uint16_t)b->dev.id;
    req->sector_number = r->io->sector + r->io->issued;
    req->indirect_grefs[0] = table->ref;
    return n;
}

/* A read or write: as much of the rest as fits one request. */
static int put_data(struct block *b, struct block_request *r,
                    struct blkif_request *req)
{
    const struct block_io *io = r->io;
    int n;

    if (io->count - io->issued >
        BLKIF_MAX_SEGMENTS_PER_REQUEST * SECTORS_PER_PAGE)
        r->table = take_table(b);
    n = r->table ? put_indirect(b, r, (void *)req) : put_direct(b, r, req);
    if (n < 0)
        end_request(b, r);
    return n;
}

static int put_other(const struct block *b, const struct block_request *r,
                     struct blkif_request *req)
{
    struct blkif_request_discard *discard = (void *)req;

    req->operation = r->op;
    req->nr_segments = 0;
    req->handle = (uint16_t)b->dev.id;
    req->sector_number = r->io->sector;
    if (r->op == BLKIF_OP_DISCARD)
        discard->nr_sectors = r->io->count;
    return (int)r->io->count;
}

static int put(struct block *b, struct block_request *r, struct block_io *io)
{
    static const uint8_t ops[] = {
        [BLOCK_READ] = BLKIF_OP_READ,
        [BLOCK_WRITE] = BLKIF_OP_WRITE,
        [BLOCK_FLUSH] = BLKIF_OP_FLUSH_DISKCACHE,
        [BLOCK_DISCARD] = BLKIF_OP_DISCARD,
    };
    struct blkif_request *req = &b->ring->ring[b->req_prod % BLOCK_RING].req;
    int n;

    *r = (struct block_request){.io = io, .op = ops[io->op]};
    /* A number that is not used again soon, and the request's place. */
    r->id = b->next_id++ * BLOCK_RING + (uint64_t)(r - b->requests);
    n = io->op == BLOCK_READ || io->op == BLOCK_WRITE ? put_data(b, r, req)
                                                      : put_other(b, r, req);
    if (n < 0)
        return n;
    req->id = r->id;
    io->issued += (size_t)n;
    io->pending++;
    b->req_prod++;
    return 0;
}

static void push(struct block *b)
{
    uint32_t old = b->pushed;

    if (old == b->req_prod)
        return;
    wmb();
    WRITE_ONCE(b->ring->req_prod, b->req_prod);
    b->pushed = b->req_prod;
    mb();
    if (b->req_prod - READ_ONCE(b->ring->req_event) < b->req_prod - old)
        event_notify(b->dev.port);
}

void block_pump(struct block *b)
{
    struct block_request *r;
    struct block_io *io;
    int rc = 0;

    while (!b->error && (io = b->queue) && (r = free_request(b))) {
        rc = put(b, r, io);
        /* Out of grants: go on when an answer gives some back. */
        if (rc && b->rsp_cons != b->req_prod)
            break;
        if (rc) {
            io->rc = rc;
            io->issued = io->count;
        }
        if (is_issued(io)) {
            unqueue(b);
            if (rc)
                finish(io);
        }
    }
    push(b);
}

static int error_of(const struct block *b, uint8_t op, int16_t status)
{
    switch (status) {
    case BLKIF_RSP_OKAY:
        return 0;
    case BLKIF_RSP_EOPNOTSUPP:
        return -EOPNOTSUPP;
    default:
        return op == BLKIF_OP_WRITE && b->info.readonly ? -EROFS : -EIO;
    }
}

/* Back ends differ in what they call an indirect request in the answer. */
static bool is_answer_to(const struct block_request *r,
                         const struct blkif_response *rsp)
{
    return r->io && r->id == rsp->id &&
           (r->op == rsp->operation ||
            (r->table && rsp->operation == BLKIF_OP_INDIRECT));
}

/* False if it answers nothing that was asked. */
static bool take_answer(struct block *b, const struct blkif_response *rsp)
{
    struct block_request *r = &b->requests[rsp->id % BLOCK_RING];
    struct block_io *io = r->io;
    int rc;

    if (!is_answer_to(r, rsp))
        return false;
    rc = error_of(b, r->op, rsp->status);
    if (!end_request(b, r))
        rc = -EIO;
    if (rc && !io->rc)
        io->rc = rc;
    if (!--io->pending && is_issued(io))
        finish(io);
    return true;
}

static void broken(struct block *b)
{
    printf("vbd %u: its back end broke the protocol\n", b->dev.id);
    block_fail(b, -ENODEV);
}

void block_answers(struct block *b)
{
    struct blkif_response rsp;
    uint32_t prod;

    while (!b->error) {
        prod = READ_ONCE(b->ring->rsp_prod);
        if (prod - b->rsp_cons > b->pushed - b->rsp_cons) {
            broken(b);
            return;
        }
        if (prod == b->rsp_cons) {
            WRITE_ONCE(b->ring->rsp_event, prod + 1);
            mb();
            if (READ_ONCE(b->ring->rsp_prod) == prod)
                return;
            continue;
        }
        rmb();
        rsp = *(volatile struct blkif_response *)&b->ring
                   ->ring[b->rsp_cons % BLOCK_RING]
                   .rsp;
        b->rsp_cons++;
        if (!take_answer(b, &rsp))
            broken(b);
    }
}
