/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * front_block.h: a vbd's front end: what setup (front_block.c), requests
 * (front_block_io.c) and the pool (front_block_pool.c) share.
 */
#ifndef NOXS_FRONT_BLOCK_H
#define NOXS_FRONT_BLOCK_H

#include <linux/blk-mq.h>
#include <linux/scatterlist.h>
#include <xen/interface/io/blkif.h>

#include "front.h"

#define BLOCK_RING_SIZE 32u
/* Of a request, where the back end takes indirect ones. */
#define BLOCK_SEGMENTS_MAX 64u

/* A request under way; its place is its tag, and its id in the ring. */
struct block_slot {
	struct request *rq; /* NULL: nothing is under way */
	unsigned int count; /* segments granted */
	struct blkif_request_segment *indirect; /* a page, always granted */
	struct scatterlist sg[BLOCK_SEGMENTS_MAX];
	unsigned int pooled; /* pages of the pool; 0: it is granted */
	u16 pool[BLOCK_SEGMENTS_MAX + 1]; /* which; the last may be a table */
};

struct block_pool;

struct front_block {
	struct noxs_front *front; /* NULL when it is gone; disk->open_mutex */
	struct gendisk *disk;
	struct blk_mq_tag_set tags;
	u64 features;
	unsigned int segments; /* most of a request */
	bool closing;	       /* nobody may open it; disk->open_mutex */
	bool broken;
	bool leaked; /* the back end holds grants that should have ended */
	int irq;
	domid_t backend;
	grant_ref_t refs;	   /* `segments` for each slot */
	grant_ref_t indirect_refs; /* one for each slot */
	struct block_slot *slots;
	bool pool_seen; /* it was looked for, or is not offered */
	spinlock_t lock; /* the ring's producing side, the pool's free pages */
	struct blkif_front_ring ring;
	struct block_pool *pool; /* NULL: there is none, or not yet */
};

/* front_block_io.c */
extern const struct blk_mq_ops block_mq_ops;
bool block_ring(struct noxs_front *front);
/* Nothing answers any more: end what is under way with errors. */
void block_fail_all(struct front_block *block);

/* front_block_pool.c */
/* Once the back end has answered: map what it has, unless that was tried. Sleeps. */
void block_pool_look(struct front_block *block);
/* No request is under way, or ever will be. */
void block_pool_end(struct front_block *block);
/* For so many segments, and a table if there are too many; false: too few. */
bool block_pool_take(struct front_block *block, struct block_slot *slot,
		     unsigned int count);
void block_pool_give(struct front_block *block, struct block_slot *slot);
/* What was taken for the table, and how a request names it. */
u32 block_pool_table(const struct front_block *block,
		     const struct block_slot *slot,
		     struct blkif_request_segment **table_out);
void block_pool_segments(const struct block_slot *slot, unsigned int bytes,
			 struct blkif_request_segment *segs);
/* In the direction in which the request goes. */
void block_pool_copy(const struct front_block *block,
		     const struct block_slot *slot, struct request *rq);

static inline grant_ref_t block_ref(const struct front_block *block,
				    unsigned int slot)
{
	return block->refs + slot * block->segments;
}

#endif /* NOXS_FRONT_BLOCK_H */
