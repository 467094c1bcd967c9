/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * back_block.h: between a disk's life (back_block.c), its pool
 * (back_block_pool.c), its requests (back_block_request.c) and their I/O
 * (back_block_io.c).
 */
#ifndef NOXS_BACK_BLOCK_H
#define NOXS_BACK_BLOCK_H

#include <linux/blkdev.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <xen/interface/io/blkif.h>

#include "back.h"

/*
 * Most segments of a request. With those of a whole ring this bounds what one
 * guest can make us allocate: 8 MB.
 */
#define BLOCK_SEGMENTS 64
/* Copies in one hypercall: what a page holds. */
#define BLOCK_COPIES (PAGE_SIZE / sizeof(struct gnttab_copy))

/* A request that was taken from the ring, until it is answered. */
struct block_request {
	struct list_head node;
	struct block *block;
	u64 id;
	u64 sector;
	u64 sectors;
	u8 op;           /* BLKIF_OP_*, that of an indirect one */
	bool is_indirect;
	bool is_pool;    /* the pages are the pool's */
	s16 status;      /* BLKIF_RSP_* */
	u16 segments;
	struct page *page[BLOCK_SEGMENTS];
	struct blkif_request_segment segment[BLOCK_SEGMENTS];
};

struct block_pool;

struct block {
	struct noxs_back back;
	/* Constant after create. */
	struct block_device *bdev;
	dev_t dev;
	fmode_t mode;
	u64 features;
	u64 sectors;
	unsigned int unaligned; /* bits of a sector number that must be 0 */
	grant_ref_t ring_ref;
	struct work_struct work;
	/* Changed by connect only, when the work does not run. */
	struct block_pool *pool; /* NULL: nobody has asked yet */
	unsigned int pool_pages; /* for who is connected */
	/* Of the work, which runs once at a time; and of whoever stopped it. */
	struct blkif_back_ring ring;
	RING_IDX pushed;          /* answers that the guest may see */
	struct gnttab_copy *copies;
	bool is_active;           /* requests came since the last eoi */
	u64 read_ops;
	u64 read_bytes;
	u64 write_ops;
	u64 write_bytes;
	u64 errors;
	/*
	 * Under lock, which is taken in any context; the end of a request does
	 * all it does under it, so that nothing of this is touched any more
	 * when somebody saw inflight 0.
	 */
	spinlock_t lock;
	bool is_stopped;
	bool is_busy;             /* the work runs and will look again */
	bool rang;                /* and an eoi is owed */
	bool again;               /* memory may be there by now */
	unsigned int inflight;
	struct list_head done;
	wait_queue_head_t idle;
	struct timer_list retry;
};

/* back_block.c */

/*
 * With pages for all segments, which those of the pool have already. NULL: there
 * is no memory now.
 */
struct block_request *noxs_block_request(struct block *block,
					 unsigned int segments, bool is_pool);
void noxs_block_request_end(struct block_request *request);
void noxs_block_queue(struct block *block);

/* back_block_pool.c */

/* May this disk, which is open, have one? */
bool noxs_block_pool_is_fit(const struct block *block);
/* A front end connects; tell it what it has. */
void noxs_block_pool_connect(struct block *block, bool is_asked);
/* What a guest writes in place of a grant; NULL: there is no such page. */
struct page *noxs_block_pool_page(const struct block *block, u32 gref);
void noxs_block_pool_end(struct block *block);

/* back_block_request.c */

static inline unsigned int
noxs_block_bytes(const struct blkif_request_segment *segment)
{
	return (segment->last_sect - segment->first_sect + 1) << SECTOR_SHIFT;
}

/* NULL: there is no memory now. Whether it can be carried out is in status. */
struct block_request *noxs_block_decode(struct block *block,
					const struct blkif_request *raw);
/* Get the segments of the indirect ones among those taken. */
void noxs_block_fetch(struct block *block, struct list_head *taken);

/* back_block_io.c */

void noxs_block_work(struct work_struct *work);

#endif /* NOXS_BACK_BLOCK_H */
