// SPDX-License-Identifier: GPL-2.0-only
/*
 * back_block_io.c: requests from the ring to the block device and back.
 *
 * One work item per disk does everything but the end of a bio, which only queues
 * its request: so the ring needs no lock, and what is ready at the same time is
 * copied with one hypercall and answered with one notification.
 *
 *   take     copy requests from the ring, once each; check them
 *   fetch    copy the segments of indirect ones, one page each; check them
 *            (both back_block_request.c)
 *   start    copy the data of writes from the guest; submit
 *   answer   copy the data of reads to the guest; answer
 *
 * Data goes by way of pages of our own: nothing of the guest's is mapped, and
 * what it changes while a request is under way changes nothing here. In pages of
 * the pool, which the guest has mapped, data is already where it has to be.
 */
#include <linux/bio.h>
#include <linux/sched.h>
#include <xen/page.h>

#include "back_block.h"

/* How long until memory is asked for again. */
#define RETRY_MS 10

static_assert(BLOCK_SEGMENTS <= BLOCK_COPIES && BLOCK_SEGMENTS <= BIO_MAX_VECS);
static_assert(__CONST_RING_SIZE(blkif, PAGE_SIZE) <= BLOCK_COPIES);

/* --- answers --------------------------------------------------------------- */

static void add(u64 *counter, u64 n)
{
	WRITE_ONCE(*counter, *counter + n);
}

static void count(struct block *block, const struct block_request *request)
{
	if (request->status != BLKIF_RSP_OKAY) {
		add(&block->errors, 1);
	} else if (request->op == BLKIF_OP_READ) {
		add(&block->read_ops, 1);
		add(&block->read_bytes, request->sectors << SECTOR_SHIFT);
	} else if (request->op != BLKIF_OP_DISCARD && request->sectors) {
		add(&block->write_ops, 1);
		add(&block->write_bytes, request->sectors << SECTOR_SHIFT);
	}
}

static void respond(struct block *block, struct block_request *request)
{
	struct blkif_response *rsp =
		RING_GET_RESPONSE(&block->ring, block->ring.rsp_prod_pvt);

	WRITE_ONCE(rsp->id, request->id);
	WRITE_ONCE(rsp->operation, request->op);
	WRITE_ONCE(rsp->status, request->status);
	block->ring.rsp_prod_pvt++;
	count(block, request);
	noxs_block_request_end(request);
}

static void push(struct block *block)
{
	bool notify;

	if (block->ring.rsp_prod_pvt == block->pushed)
		return;
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&block->ring, notify);
	block->pushed = block->ring.rsp_prod_pvt;
	if (notify)
		noxs_back_notify(&block->back);
}

/* --- copies ---------------------------------------------------------------- */

/* Data lies in our page where it lies in the guest's. */
static void set_copy(struct gnttab_copy *copy, const struct block_request *request,
		     unsigned int i, bool from_guest)
{
	const struct blkif_request_segment *segment = &request->segment[i];
	struct gnttab_copy_ptr guest = {
		.u.ref = segment->gref,
		.domid = request->block->back.domid,
		.offset = segment->first_sect << SECTOR_SHIFT,
	};
	struct gnttab_copy_ptr host = {
		.u.gmfn = xen_page_to_gfn(request->page[i]),
		.domid = DOMID_SELF,
		.offset = segment->first_sect << SECTOR_SHIFT,
	};

	*copy = (struct gnttab_copy){
		.source = from_guest ? guest : host,
		.dest = from_guest ? host : guest,
		.len = noxs_block_bytes(segment),
		.flags = from_guest ? GNTCOPY_source_gref : GNTCOPY_dest_gref,
	};
}

/* As many as fit one hypercall, from the list to the batch. */
static unsigned int fill(struct block *block, struct list_head *requests,
			 struct list_head *batch, bool from_guest)
{
	struct block_request *request, *next;
	unsigned int n = 0, i;

	list_for_each_entry_safe(request, next, requests, node) {
		if (n + request->segments > BLOCK_COPIES)
			break;
		for (i = 0; i < request->segments; i++)
			set_copy(&block->copies[n++], request, i, from_guest);
		list_move_tail(&request->node, batch);
	}
	return n;
}

/* Copy the data of all, and go on with each. */
static void copy(struct block *block, struct list_head *requests, bool from_guest,
		 void (*then)(struct block *, struct block_request *))
{
	struct block_request *request, *next;
	const struct gnttab_copy *done;
	unsigned int i;

	while (!list_empty(requests)) {
		LIST_HEAD(batch);

		gnttab_batch_copy(block->copies,
				  fill(block, requests, &batch, from_guest));
		done = block->copies;
		list_for_each_entry_safe(request, next, &batch, node) {
			for (i = 0; i < request->segments; i++)
				if (done++->status != GNTST_okay)
					request->status = BLKIF_RSP_ERROR;
			list_del(&request->node);
			then(block, request);
		}
	}
}

static void answer(struct block *block, struct list_head *done)
{
	struct block_request *request, *next;
	LIST_HEAD(reads);

	list_for_each_entry_safe(request, next, done, node) {
		if (request->op == BLKIF_OP_READ && !request->is_pool &&
		    request->status == BLKIF_RSP_OKAY) {
			list_move_tail(&request->node, &reads);
		} else {
			list_del(&request->node);
			respond(block, request);
		}
	}
	copy(block, &reads, false, respond);
}

/* --- the block device ------------------------------------------------------ */

static void bio_done(struct bio *bio)
{
	struct block_request *request = bio->bi_private;
	struct block *block = request->block;
	unsigned long flags;

	if (bio->bi_status == BLK_STS_NOTSUPP)
		request->status = BLKIF_RSP_EOPNOTSUPP;
	else if (bio->bi_status)
		request->status = BLKIF_RSP_ERROR;
	bio_put(bio);

	spin_lock_irqsave(&block->lock, flags);
	list_add_tail(&request->node, &block->done);
	block->inflight--;
	if (block->is_stopped) {
		if (!block->inflight)
			wake_up(&block->idle);
	} else if (!block->is_busy) {
		noxs_block_queue(block);
	}
	spin_unlock_irqrestore(&block->lock, flags);
}

static blk_opf_t flags_of(const struct block_request *request)
{
	switch (request->op) {
	case BLKIF_OP_READ:
		return REQ_OP_READ;
	case BLKIF_OP_FLUSH_DISKCACHE:
		return REQ_OP_WRITE | REQ_SYNC | REQ_PREFLUSH |
		       (request->segments ? REQ_FUA : 0);
	default:
		/* As direct I/O: somebody waits, but not the page cache. */
		return REQ_OP_WRITE | REQ_SYNC | REQ_IDLE;
	}
}

static struct bio *data_bio(struct block *block, struct block_request *request)
{
	struct bio *bio = bio_alloc(block->bdev, request->segments,
				    flags_of(request), GFP_NOIO);
	unsigned int i;

	bio->bi_iter.bi_sector = request->sector;
	for (i = 0; i < request->segments; i++)
		__bio_add_page(bio, request->page[i],
			       noxs_block_bytes(&request->segment[i]),
			       request->segment[i].first_sect << SECTOR_SHIFT);
	return bio;
}

/* The last of several; the others are under way and end before it does. */
static struct bio *discard_bio(struct block *block, struct block_request *request)
{
	struct bio *bio = NULL;
	int rc;

	rc = __blkdev_issue_discard(block->bdev, request->sector,
				    request->sectors, GFP_NOIO, &bio);
	if (!bio)
		request->status = rc == -EOPNOTSUPP ? BLKIF_RSP_EOPNOTSUPP :
						      BLKIF_RSP_ERROR;
	return bio;
}

static void submit(struct block *block, struct block_request *request)
{
	struct bio *bio = NULL;

	if (request->status == BLKIF_RSP_OKAY)
		bio = request->op == BLKIF_OP_DISCARD ?
		      discard_bio(block, request) : data_bio(block, request);
	if (!bio) {
		respond(block, request);
		return;
	}
	bio->bi_private = request;
	bio->bi_end_io = bio_done;
	spin_lock_irq(&block->lock);
	block->inflight++;
	spin_unlock_irq(&block->lock);
	submit_bio(bio);
}

static void start(struct block *block, struct list_head *taken)
{
	struct block_request *request, *next;
	struct blk_plug plug;
	LIST_HEAD(writes);

	blk_start_plug(&plug);
	list_for_each_entry_safe(request, next, taken, node) {
		if (request->status == BLKIF_RSP_OKAY && request->segments &&
		    request->op != BLKIF_OP_READ && !request->is_pool) {
			list_move_tail(&request->node, &writes);
		} else {
			list_del(&request->node);
			submit(block, request);
		}
	}
	copy(block, &writes, true, submit);
	blk_finish_plug(&plug);
}

/* --- the work --------------------------------------------------------------- */

/* True: there is more to do. */
static bool take(struct block *block)
{
	struct blkif_back_ring *ring = &block->ring;
	RING_IDX room = RING_SIZE(ring) - (ring->req_cons - ring->rsp_prod_pvt);
	RING_IDX n = READ_ONCE(ring->sring->req_prod) - ring->req_cons;
	struct block_request *request;
	struct blkif_request raw;
	LIST_HEAD(taken);
	int more = 0;

	virt_rmb(); /* the index before the requests */
	if (n > room) {
		noxs_back_broken(&block->back, "%u requests in the ring", n);
		return false;
	}
	for (; n; n--) {
		RING_COPY_REQUEST(ring, ring->req_cons, &raw);
		request = noxs_block_decode(block, &raw);
		if (!request)
			break;
		ring->req_cons++;
		block->is_active = true;
		list_add_tail(&request->node, &taken);
	}
	noxs_block_fetch(block, &taken);
	start(block, &taken);
	if (n)
		mod_timer(&block->retry, jiffies + msecs_to_jiffies(RETRY_MS));
	else
		RING_FINAL_CHECK_FOR_REQUESTS(ring, more);
	return more;
}

/* What there is to do; false: nothing, and who has something queues us again. */
static bool begin_pass(struct block *block, bool more, bool *rang,
		       struct list_head *done)
{
	spin_lock_irq(&block->lock);
	more |= block->rang || block->again || !list_empty(&block->done);
	block->is_busy = more && !block->is_stopped;
	/* What is done when it was stopped is disconnect()'s. */
	if (block->is_busy)
		list_splice_init(&block->done, done);
	*rang |= block->rang;
	block->rang = false;
	block->again = false;
	more = block->is_busy;
	spin_unlock_irq(&block->lock);
	return more;
}

void noxs_block_work(struct work_struct *work)
{
	struct block *block = container_of(work, struct block, work);
	LIST_HEAD(done);
	bool more = false, rang = false;

	while (begin_pass(block, more, &rang, &done)) {
		answer(block, &done);
		push(block);
		more = take(block);
		push(block);
		cond_resched();
	}
	/* Last, for the guest waits for its answers, not for this. */
	if (rang) {
		noxs_back_eoi(&block->back, !block->is_active);
		block->is_active = false;
	}
}
