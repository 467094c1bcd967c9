/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * block_impl.h: between the disks (block.c) and their rings (block_ring.c).
 */
#ifndef GUEST_BLOCK_IMPL_H
#define GUEST_BLOCK_IMPL_H

#include <guest/barrier.h>
#include <guest/block.h>
#include <guest/bus.h>
#include <guest/guest.h>

#define xen_mb() mb()
#define xen_rmb() rmb()
#define xen_wmb() wmb()
#include <xen/io/blkif.h>

#define SECTOR_SIZE 512u
#define BLOCK_RING 32u
/* Requests with a page of segments, and how many segments they get at most. */
#define BLOCK_TABLES 4u
#define BLOCK_TABLE_SEGMENTS 64u

/* What only this side knows of a request on the ring. */
struct block_request {
    struct block_io *io; /* NULL: not in use */
    uint64_t id;
    uint8_t op;    /* of an indirect one: what is done with the data */
    uint8_t table; /* 1 + index in tables; 0: none */
    uint16_t segments;
    uint32_t refs[BLKIF_MAX_SEGMENTS_PER_REQUEST]; /* without a table */
};

/* Segments of an indirect request: a page that the back end only reads. */
struct block_table {
    struct blkif_request_segment *segments; /* NULL: there is none */
    uint32_t ref;
    bool used;
};

/* One page. */
struct block {
    struct bus_device dev;
    struct block_info info;
    unsigned int indirect; /* most segments of a request with a table */
    int error;             /* -errno: it is dead */
    struct blkif_sring *ring;
    uint32_t req_prod, rsp_cons;
    uint32_t pushed; /* the req_prod that the back end has seen */
    uint64_t next_id;
    struct block_io *queue, **queue_end; /* not all on the ring yet */
    struct block *next;                  /* of those that are open */
    struct block_table tables[BLOCK_TABLES];
    struct block_request requests[BLOCK_RING];
};
_Static_assert(sizeof(struct block) <= 4096, "a disk is one page");

/* block_ring.c; all with events off */
/* Put on the ring what fits, and ring. */
void block_pump(struct block *b);
/* Take answers off the ring. */
void block_answers(struct block *b);
/* End everything that is under way. */
void block_fail(struct block *b, int error);

#endif /* GUEST_BLOCK_IMPL_H */
