/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * front_block.h: a vbd's front end: what setup (front_block.c) and requests
 * (front_block_io.c) share.
 */
#ifndef NOXS_FRONT_BLOCK_H
#define NOXS_FRONT_BLOCK_H

#include <linux/blk-mq.h>
#include <linux/scatterlist.h>
#include <xen/interface/io/blkif.h>

#include "front.h"

#define BLOCK_RING_SIZE 32u
/* Of a request, where the back end takes indirect ones. */
#define BLOCK_SEGMENTS_MAX 32u

/* A request under way; its place is its tag, and its id in the ring. */
struct block_slot {
	struct request *rq; /* NULL: nothing is under way */
	unsigned int count; /* segments granted */
	struct blkif_request_segment *indirect; /* a page, always granted */
	struct scatterlist sg[BLOCK_SEGMENTS_MAX];
};

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
	spinlock_t lock; /* the ring's producing side */
	struct blkif_front_ring ring;
};

/* front_block_io.c */
extern const struct blk_mq_ops block_mq_ops;
bool block_ring(struct noxs_front *front);
/* Nothing answers any more: end what is under way with errors. */
void block_fail_all(struct front_block *block);

static inline grant_ref_t block_ref(const struct front_block *block,
				    unsigned int slot)
{
	return block->refs + slot * block->segments;
}

#endif /* NOXS_FRONT_BLOCK_H */
