// SPDX-License-Identifier: GPL-2.0-only
/*
 * front_block_io.c: requests of a vbd's front end, and their answers.
 *
 * Data goes by the back end's pool (front_block_pool.c) while there is room in
 * it. Else each page of a request is granted as it is, read-only when it is to be
 * written to disk, and the grant ends with the answer. The grants of a slot are
 * always the same ones, so that none has to be looked for.
 */
#define pr_fmt(fmt) "noxs: " fmt

#include <linux/interrupt.h>
#include <xen/events.h>
#include <xen/page.h>

#include "front_block.h"

/* --- requests ------------------------------------------------------------ */

static void grant_segments(struct front_block *block, unsigned int tag,
			   struct request *rq,
			   struct blkif_request_segment *segs)
{
	struct block_slot *slot = &block->slots[tag];
	grant_ref_t ref = block_ref(block, tag);
	int flags = rq_data_dir(rq) == WRITE ? GNTMAP_readonly : 0;
	struct scatterlist *sg;
	unsigned int i;

	for_each_sg(slot->sg, sg, slot->count, i) {
		gnttab_grant_foreign_access_ref(ref + i, block->backend,
						xen_page_to_gfn(sg_page(sg)),
						flags);
		segs[i].gref = ref + i;
		segs[i].first_sect = sg->offset >> SECTOR_SHIFT;
		segs[i].last_sect =
			((sg->offset + sg->length) >> SECTOR_SHIFT) - 1;
	}
}

/* Where its segments go: into it, or if they are too many into the table. */
static struct blkif_request_segment *
begin(struct blkif_request *req, const struct request *rq, unsigned int count,
      u32 table_ref, struct blkif_request_segment *table)
{
	u8 op = rq_data_dir(rq) == WRITE ? BLKIF_OP_WRITE : BLKIF_OP_READ;

	if (count <= BLKIF_MAX_SEGMENTS_PER_REQUEST) {
		req->operation = op;
		req->u.rw.nr_segments = count;
		req->u.rw.id = rq->tag;
		req->u.rw.sector_number = blk_rq_pos(rq);
		/* The structure is packed; its segments are aligned all the same. */
		return (void *)req->u.rw.seg;
	}
	req->operation = BLKIF_OP_INDIRECT;
	req->u.indirect.indirect_op = op;
	req->u.indirect.nr_segments = count;
	req->u.indirect.id = rq->tag;
	req->u.indirect.sector_number = blk_rq_pos(rq);
	req->u.indirect.indirect_grefs[0] = table_ref;
	return table;
}

/* False: there is no room. */
static bool make_pooled(struct front_block *block, struct request *rq,
			struct blkif_request *req)
{
	struct block_slot *slot = &block->slots[rq->tag];
	unsigned int count = DIV_ROUND_UP(blk_rq_bytes(rq), PAGE_SIZE);
	struct blkif_request_segment *segs;
	u32 ref;

	if (!block_pool_take(block, slot, count))
		return false;
	ref = block_pool_table(block, slot, &segs);
	segs = begin(req, rq, count, ref, segs);
	block_pool_segments(slot, blk_rq_bytes(rq), segs);
	if (rq_data_dir(rq) == WRITE)
		block_pool_copy(block, slot, rq);
	return true;
}

static void make_granted(struct front_block *block, struct request *rq,
			 struct blkif_request *req)
{
	struct block_slot *slot = &block->slots[rq->tag];

	sg_init_table(slot->sg, blk_rq_nr_phys_segments(rq));
	slot->count = blk_rq_map_sg(rq->q, rq, slot->sg);
	grant_segments(block, rq->tag, rq,
		       begin(req, rq, slot->count,
			     block->indirect_refs + rq->tag, slot->indirect));
}

static blk_status_t make_request(struct front_block *block, struct request *rq,
				 struct blkif_request *req)
{
	block->slots[rq->tag].count = 0;
	block->slots[rq->tag].pooled = 0;
	switch (req_op(rq)) {
	case REQ_OP_READ:
	case REQ_OP_WRITE:
		if (!make_pooled(block, rq, req))
			make_granted(block, rq, req);
		return BLK_STS_OK;
	case REQ_OP_FLUSH:
		req->operation = BLKIF_OP_FLUSH_DISKCACHE;
		req->u.rw.id = rq->tag;
		return BLK_STS_OK;
	case REQ_OP_DISCARD:
		req->operation = BLKIF_OP_DISCARD;
		req->u.discard.id = rq->tag;
		req->u.discard.sector_number = blk_rq_pos(rq);
		req->u.discard.nr_sectors = blk_rq_sectors(rq);
		return BLK_STS_OK;
	default:
		return BLK_STS_NOTSUPP;
	}
}

/* Under the lock; whether the back end is to be rung. */
static bool push(struct front_block *block)
{
	int notify;

	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&block->ring, notify);
	return notify;
}

static blk_status_t queue_rq(struct blk_mq_hw_ctx *hctx,
			     const struct blk_mq_queue_data *bd)
{
	struct front_block *block = hctx->queue->queuedata;
	struct blkif_request req = { 0 };
	struct request *rq = bd->rq;
	bool notify = false;
	blk_status_t status;
	unsigned long flags;

	if (unlikely(READ_ONCE(block->broken)))
		return BLK_STS_IOERR;
	status = make_request(block, rq, &req);
	if (status != BLK_STS_OK)
		return status;
	blk_mq_start_request(rq);
	spin_lock_irqsave(&block->lock, flags);
	WRITE_ONCE(block->slots[rq->tag].rq, rq);
	/* There are as many entries as tags. */
	*RING_GET_REQUEST(&block->ring, block->ring.req_prod_pvt) = req;
	block->ring.req_prod_pvt++;
	if (bd->last)
		notify = push(block);
	spin_unlock_irqrestore(&block->lock, flags);
	if (notify)
		notify_remote_via_irq(block->irq);
	return BLK_STS_OK;
}

static void commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	struct front_block *block = hctx->queue->queuedata;
	unsigned long flags;
	bool notify;

	spin_lock_irqsave(&block->lock, flags);
	notify = push(block);
	spin_unlock_irqrestore(&block->lock, flags);
	if (notify)
		notify_remote_via_irq(block->irq);
}

const struct blk_mq_ops block_mq_ops = {
	.queue_rq = queue_rq,
	.commit_rqs = commit_rqs,
};

/* --- answers ------------------------------------------------------------- */

/* False: the back end still holds one. */
static bool end_grants(struct front_block *block, unsigned int tag)
{
	grant_ref_t ref = block_ref(block, tag);
	bool good = true;
	unsigned int i;

	for (i = 0; i < block->slots[tag].count; i++)
		good &= gnttab_end_foreign_access_ref(ref + i);
	block->leaked |= !good;
	return good;
}

/* What was read goes where it was wanted. */
static void end_pooled(struct front_block *block, struct block_slot *slot,
		       struct request *rq, bool is_good)
{
	if (!slot->pooled)
		return;
	if (is_good && rq_data_dir(rq) == READ)
		block_pool_copy(block, slot, rq);
	block_pool_give(block, slot);
}

static bool finish(struct front_block *block,
		   const struct blkif_response *rsp, struct io_comp_batch *batch)
{
	blk_status_t status = BLK_STS_OK;
	struct block_slot *slot;
	struct request *rq;

	if (rsp->id >= BLOCK_RING_SIZE)
		return false;
	slot = &block->slots[rsp->id];
	rq = READ_ONCE(slot->rq);
	if (!rq || !end_grants(block, rsp->id))
		return false;
	end_pooled(block, slot, rq, rsp->status == BLKIF_RSP_OKAY);
	WRITE_ONCE(slot->rq, NULL);
	if (rsp->status != BLKIF_RSP_OKAY)
		status = rsp->status == BLKIF_RSP_EOPNOTSUPP ? BLK_STS_NOTSUPP :
							       BLK_STS_IOERR;
	if (!blk_mq_add_to_batch(rq, batch, status, blk_mq_end_request_batch))
		blk_mq_end_request(rq, status);
	return true;
}

static bool take_answers(struct front_block *block,
			 struct io_comp_batch *batch)
{
	RING_IDX prod = READ_ONCE(block->ring.sring->rsp_prod);
	RING_IDX cons = block->ring.rsp_cons;

	if (prod - cons > READ_ONCE(block->ring.req_prod_pvt) - cons)
		return false;
	virt_rmb(); /* the index before what it covers */
	for (; cons != prod; cons++) {
		struct blkif_response rsp;

		RING_COPY_RESPONSE(&block->ring, cons, &rsp);
		if (!finish(block, &rsp, batch))
			return false;
	}
	block->ring.rsp_cons = cons;
	return true;
}

/* Hard interrupt context. */
bool block_ring(struct noxs_front *front)
{
	struct front_block *block = READ_ONCE(front->priv);
	DEFINE_IO_COMP_BATCH(batch);
	int more = 1;

	if (!block || READ_ONCE(block->broken))
		return false;
	while (more) {
		if (!take_answers(block, &batch)) {
			pr_err("%s: the back end %s\n", block->disk->disk_name,
			       noxs_front_fault(front));
			WRITE_ONCE(block->broken, true);
			/* What is under way must end, but not in here. */
			noxs_front_retry(front);
			break;
		}
		RING_FINAL_CHECK_FOR_RESPONSES(&block->ring, more);
	}
	if (unlikely(!READ_ONCE(block->pool_seen)))
		noxs_front_retry(front);
	if (!rq_list_empty(batch.req_list))
		blk_mq_end_request_batch(&batch);
	return false;
}

void block_fail_all(struct front_block *block)
{
	unsigned int i;

	WRITE_ONCE(block->broken, true);
	synchronize_irq(block->irq);
	blk_mq_quiesce_queue(block->disk->queue);
	for (i = 0; i < BLOCK_RING_SIZE; i++) {
		struct request *rq = block->slots[i].rq;

		if (!rq)
			continue;
		end_grants(block, i);
		end_pooled(block, &block->slots[i], rq, false);
		block->slots[i].rq = NULL;
		blk_mq_end_request(rq, BLK_STS_IOERR);
	}
	blk_mq_unquiesce_queue(block->disk->queue);
}
