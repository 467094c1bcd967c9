// SPDX-License-Identifier: GPL-2.0-only
/*
 * back_block_request.c: what a guest asks of its disk: copied once, then checked
 * whole. A request that makes no sense gets its error answered; only a ring whose
 * index cannot be ends the connection.
 */
#include <xen/page.h>

#include "back_block.h"

static_assert(BLOCK_SEGMENTS * sizeof(struct blkif_request_segment) <= PAGE_SIZE);
/* The id is at one place in all kinds of requests. */
static_assert(offsetof(struct blkif_request, u.rw.id) == 8);
static_assert(offsetof(struct blkif_request, u.discard.id) == 8);
static_assert(offsetof(struct blkif_request, u.indirect.id) == 8);
static_assert(offsetof(struct blkif_request, u.other.id) == 8);

/* Of those that are known: may this disk do it? */
static s16 check_op(const struct block *block, const struct block_request *request)
{
	bool is_readonly = block->features & NOXS_BLOCK_F_READONLY;

	switch (request->op) {
	case BLKIF_OP_READ:
		return BLKIF_RSP_OKAY;
	case BLKIF_OP_WRITE:
		return is_readonly ? BLKIF_RSP_ERROR : BLKIF_RSP_OKAY;
	case BLKIF_OP_FLUSH_DISKCACHE:
		if (block->features & NOXS_BLOCK_F_FLUSH)
			return BLKIF_RSP_OKAY;
		break;
	case BLKIF_OP_DISCARD:
		if (is_readonly)
			return BLKIF_RSP_ERROR;
		if (block->features & NOXS_BLOCK_F_DISCARD)
			return BLKIF_RSP_OKAY;
		break;
	}
	return BLKIF_RSP_EOPNOTSUPP;
}

static bool is_in_order(const struct block *block,
			const struct blkif_request_segment *segment)
{
	return segment->first_sect <= segment->last_sect &&
	       segment->last_sect < PAGE_SIZE >> SECTOR_SHIFT &&
	       !((segment->first_sect | (segment->last_sect + 1)) &
		 block->unaligned);
}

static bool is_in_range(const struct block *block,
			const struct block_request *request)
{
	return request->sectors && request->sector < block->sectors &&
	       request->sectors <= block->sectors - request->sector &&
	       !((request->sector | request->sectors) & block->unaligned);
}

/* In the pool or not, as all of the request; and if it is, there. */
static bool is_placed(const struct block *block, struct block_request *request,
		      unsigned int i)
{
	u32 gref = request->segment[i].gref;

	if (!request->is_pool)
		return !(gref & NOXS_BLOCK_POOL);
	request->page[i] = noxs_block_pool_page(block, gref);
	return request->page[i];
}

/* All segments are known. */
static void check_data(struct block *block, struct block_request *request)
{
	unsigned int i;

	if (request->status != BLKIF_RSP_OKAY)
		return;
	for (i = 0; i < request->segments; i++) {
		if (!is_in_order(block, &request->segment[i]) ||
		    !is_placed(block, request, i)) {
			request->status = BLKIF_RSP_ERROR;
			return;
		}
		request->sectors += noxs_block_bytes(&request->segment[i]) >> SECTOR_SHIFT;
	}
	if (request->op == BLKIF_OP_FLUSH_DISKCACHE && !request->segments)
		return;
	if (!is_in_range(block, request))
		request->status = BLKIF_RSP_ERROR;
}

/* How many pages a request takes; those that will be refused take none. */
static unsigned int segments_of(const struct block *block,
				const struct blkif_request *raw)
{
	unsigned int n;

	switch (raw->operation) {
	case BLKIF_OP_READ:
	case BLKIF_OP_WRITE:
	case BLKIF_OP_FLUSH_DISKCACHE:
		n = raw->u.rw.nr_segments;
		return n > BLKIF_MAX_SEGMENTS_PER_REQUEST ? 0 : n;
	case BLKIF_OP_INDIRECT:
		n = raw->u.indirect.nr_segments;
		return n > BLOCK_SEGMENTS ||
		       !(block->features & NOXS_BLOCK_F_INDIRECT) ? 0 : n;
	default:
		return 0;
	}
}

/* Of one that has segments: what stands first decides. */
static bool names_pool(const struct blkif_request *raw)
{
	u32 gref = raw->operation == BLKIF_OP_INDIRECT ?
		   raw->u.indirect.indirect_grefs[0] : raw->u.rw.seg[0].gref;

	return gref & NOXS_BLOCK_POOL;
}

static void decode_rw(struct block_request *request,
		      const struct blkif_request_rw *raw)
{
	request->sector = raw->sector_number;
	if (request->segments != raw->nr_segments)
		request->status = BLKIF_RSP_ERROR;
	memcpy(request->segment, raw->seg,
	       request->segments * sizeof(raw->seg[0]));
}

/* segment[0] stands for the page that has them, until it was fetched. */
static void decode_indirect(struct block *block, struct block_request *request,
			    const struct blkif_request_indirect *raw)
{
	request->op = raw->indirect_op;
	request->sector = raw->sector_number;
	request->segment[0].gref = raw->indirect_grefs[0];
	if (!(block->features & NOXS_BLOCK_F_INDIRECT) ||
	    (request->op != BLKIF_OP_READ && request->op != BLKIF_OP_WRITE))
		request->status = BLKIF_RSP_EOPNOTSUPP;
	else if (!request->segments)
		request->status = BLKIF_RSP_ERROR;
}

static void decode_discard(struct block_request *request,
			   const struct blkif_request_discard *raw)
{
	request->sector = raw->sector_number;
	request->sectors = raw->nr_sectors;
	/* What is not offered and cannot be promised. */
	if (raw->flag & BLKIF_DISCARD_SECURE)
		request->status = BLKIF_RSP_EOPNOTSUPP;
}

struct block_request *noxs_block_decode(struct block *block,
					const struct blkif_request *raw)
{
	unsigned int segments = segments_of(block, raw);
	struct block_request *request =
		noxs_block_request(block, segments, segments && names_pool(raw));
	s16 status;

	if (!request)
		return NULL;
	request->id = raw->u.rw.id;
	request->op = raw->operation;
	request->is_indirect = raw->operation == BLKIF_OP_INDIRECT;
	request->status = BLKIF_RSP_OKAY;
	request->sector = 0;
	request->sectors = 0;
	if (request->is_indirect)
		decode_indirect(block, request, &raw->u.indirect);
	else if (request->op == BLKIF_OP_DISCARD)
		decode_discard(request, &raw->u.discard);
	else
		decode_rw(request, &raw->u.rw);
	/* What is not known at all is said to be just that. */
	status = check_op(block, request);
	if (status != BLKIF_RSP_OKAY)
		request->status = status;
	if (!request->is_indirect)
		check_data(block, request);
	return request;
}

static bool has_table(const struct block_request *request)
{
	return request->is_indirect && request->status == BLKIF_RSP_OKAY;
}

/* The guest may change its table at any time; the copy is what counts. */
static void fetch_from_pool(struct block *block, struct block_request *request)
{
	struct page *table =
		noxs_block_pool_page(block, request->segment[0].gref);

	if (table)
		memcpy(request->segment, page_address(table),
		       request->segments * sizeof(request->segment[0]));
	else
		request->status = BLKIF_RSP_ERROR;
	check_data(block, request);
}

/* The tables go into the first page of the data, which comes later. */
void noxs_block_fetch(struct block *block, struct list_head *taken)
{
	struct gnttab_copy *copy = block->copies;
	struct block_request *request;

	list_for_each_entry(request, taken, node) {
		if (!has_table(request))
			continue;
		if (request->is_pool) {
			fetch_from_pool(block, request);
			continue;
		}
		*copy++ = (struct gnttab_copy){
			.source.u.ref = request->segment[0].gref,
			.source.domid = block->back.domid,
			.dest.u.gmfn = xen_page_to_gfn(request->page[0]),
			.dest.domid = DOMID_SELF,
			.len = request->segments * sizeof(request->segment[0]),
			.flags = GNTCOPY_source_gref,
		};
	}
	if (copy == block->copies)
		return;
	gnttab_batch_copy(block->copies, copy - block->copies);
	copy = block->copies;
	list_for_each_entry(request, taken, node) {
		if (request->is_pool || !has_table(request))
			continue;
		memcpy(request->segment, page_address(request->page[0]),
		       request->segments * sizeof(request->segment[0]));
		if (copy++->status != GNTST_okay)
			request->status = BLKIF_RSP_ERROR;
		check_data(block, request);
	}
}
