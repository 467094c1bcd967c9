// SPDX-License-Identifier: GPL-2.0-only
/*
 * front_block_pool.c: the back end's pool of data pages (noxs/block.h), mapped
 * here once. A request that finds enough of them free is copied there and back
 * by the guest itself; others are granted page by page.
 */
#define pr_fmt(fmt) "noxs: " fmt

#include <linux/highmem.h>
#include <linux/slab.h>
#include <xen/balloon.h>

#include "front_block.h"

struct block_pool {
	unsigned int pages;
	unsigned int free; /* under the disk's lock, as is the stack */
	u16 stack[NOXS_BLOCK_POOL_MAX];
	struct page *page[NOXS_BLOCK_POOL_MAX];
	grant_handle_t handle[NOXS_BLOCK_POOL_MAX];
};

static void *address(const struct block_pool *pool, unsigned int index)
{
	return page_address(pool->page[index]);
}

/* --- mapping ------------------------------------------------------------- */

/* Out of the guest's own memory, as front_device.c has it. */
static int alloc_room(struct block_pool *pool)
{
	int err = xen_alloc_ballooned_pages(pool->pages, pool->page);

	if (err)
		return err;
	err = gnttab_pages_set_private(pool->pages, pool->page);
	if (err)
		xen_free_ballooned_pages(pool->pages, pool->page);
	return err;
}

static void free_room(struct block_pool *pool)
{
	gnttab_pages_clear_private(pool->pages, pool->page);
	xen_free_ballooned_pages(pool->pages, pool->page);
}

/* Those that are mapped; page by page, for it happens once and needs no room. */
static void unmap(struct block_pool *pool)
{
	struct gnttab_unmap_grant_ref op;
	unsigned int i;

	for (i = 0; i < pool->pages; i++) {
		if (pool->handle[i] == INVALID_GRANT_HANDLE)
			continue;
		gnttab_set_unmap_op(&op, (unsigned long)address(pool, i),
				    GNTMAP_host_map, pool->handle[i]);
		if (gnttab_unmap_refs(&op, NULL, &pool->page[i], 1))
			pr_err("a page of a back end could not be unmapped\n");
	}
	free_room(pool);
}

static int map_pages(struct block_pool *pool, const struct noxs_block *control,
		     struct gnttab_map_grant_ref *ops, domid_t backend)
{
	unsigned int i;
	int err;

	for (i = 0; i < pool->pages; i++)
		gnttab_set_map_op(&ops[i], (unsigned long)address(pool, i),
				  GNTMAP_host_map,
				  READ_ONCE(control->pool_grant[i]), backend);
	err = gnttab_map_refs(ops, NULL, pool->page, pool->pages);
	for (i = 0; i < pool->pages; i++) {
		bool good = !err && ops[i].status == GNTST_okay;

		pool->handle[i] = good ? ops[i].handle : INVALID_GRANT_HANDLE;
		pool->stack[i] = i;
		if (!good)
			err = err ?: -EIO;
	}
	return err;
}

static int map(struct block_pool *pool, const struct noxs_block *control,
	       domid_t backend)
{
	struct gnttab_map_grant_ref *ops;
	int err;

	ops = kvcalloc(pool->pages, sizeof(*ops), GFP_KERNEL);
	if (!ops)
		return -ENOMEM;
	err = alloc_room(pool);
	if (!err) {
		err = map_pages(pool, control, ops, backend);
		if (err)
			unmap(pool);
	}
	kvfree(ops);
	return err;
}

void block_pool_look(struct front_block *block)
{
	const struct noxs_block *control = (void *)block->front->io;
	struct block_pool *pool;
	u32 pages;

	/* With the first answer what the control page says of it is true. */
	if (block->pool_seen || !READ_ONCE(block->ring.rsp_cons))
		return;
	WRITE_ONCE(block->pool_seen, true);
	pages = virt_load_acquire(&control->pool_pages);
	if (!pages || pages > NOXS_BLOCK_POOL_MAX)
		return;
	pool = kvmalloc(sizeof(*pool), GFP_KERNEL);
	if (!pool)
		return;
	pool->pages = pages;
	pool->free = pages;
	if (map(pool, control, block->backend)) {
		kvfree(pool);
		return;
	}
	spin_lock_irq(&block->lock);
	block->pool = pool;
	spin_unlock_irq(&block->lock);
}

void block_pool_end(struct front_block *block)
{
	struct block_pool *pool = block->pool;

	if (!pool)
		return;
	block->pool = NULL;
	unmap(pool);
	kvfree(pool);
}

/* --- requests ------------------------------------------------------------ */

bool block_pool_take(struct front_block *block, struct block_slot *slot,
		     unsigned int count)
{
	unsigned int n = count + (count > BLKIF_MAX_SEGMENTS_PER_REQUEST), i;
	struct block_pool *pool;
	unsigned long flags;
	bool is_there;

	spin_lock_irqsave(&block->lock, flags);
	pool = block->pool;
	is_there = pool && pool->free >= n;
	if (is_there)
		for (i = 0; i < n; i++)
			slot->pool[i] = pool->stack[--pool->free];
	spin_unlock_irqrestore(&block->lock, flags);
	slot->pooled = is_there ? n : 0;
	return is_there;
}

void block_pool_give(struct front_block *block, struct block_slot *slot)
{
	struct block_pool *pool = block->pool;
	unsigned long flags;

	spin_lock_irqsave(&block->lock, flags);
	while (slot->pooled)
		pool->stack[pool->free++] = slot->pool[--slot->pooled];
	spin_unlock_irqrestore(&block->lock, flags);
}

u32 block_pool_table(const struct front_block *block,
		     const struct block_slot *slot,
		     struct blkif_request_segment **table_out)
{
	u16 index = slot->pool[slot->pooled - 1];

	*table_out = address(block->pool, index);
	return NOXS_BLOCK_POOL | index;
}

void block_pool_segments(const struct block_slot *slot, unsigned int bytes,
			 struct blkif_request_segment *segs)
{
	unsigned int i;

	for (i = 0; bytes; i++) {
		unsigned int len = min_t(unsigned int, bytes, PAGE_SIZE);

		segs[i].gref = NOXS_BLOCK_POOL | slot->pool[i];
		segs[i].first_sect = 0;
		segs[i].last_sect = (len >> SECTOR_SHIFT) - 1;
		bytes -= len;
	}
}

/* Data lies in the pool without gaps, wherever it lies in the request. */
void block_pool_copy(const struct front_block *block,
		     const struct block_slot *slot, struct request *rq)
{
	bool is_write = rq_data_dir(rq) == WRITE;
	struct req_iterator iter;
	unsigned int done = 0;
	struct bio_vec bv;

	rq_for_each_segment(bv, rq, iter) {
		unsigned int at = 0;

		while (at < bv.bv_len) {
			unsigned int offset = offset_in_page(done);
			unsigned int len = min_t(unsigned int, bv.bv_len - at,
						 PAGE_SIZE - offset);
			char *page = address(block->pool,
					     slot->pool[done >> PAGE_SHIFT]);

			if (is_write)
				memcpy_from_page(page + offset, bv.bv_page,
						 bv.bv_offset + at, len);
			else
				memcpy_to_page(bv.bv_page, bv.bv_offset + at,
					       page + offset, len);
			at += len;
			done += len;
		}
	}
}
