// SPDX-License-Identifier: GPL-2.0-only
/*
 * back_block_pool.c: a disk's pool (noxs/block.h): pages of ours that the guest
 * has mapped, so that neither side needs the hypervisor to move data. Disks go
 * without one, or with a smaller one, where memory or grants are short.
 *
 * The guest may write to such a page at any time, also while the block device
 * reads or writes it. That harms nothing but the guest's own data, so nothing is
 * copied first; but a device that wants its pages to hold still, for it makes
 * checksums of them that cover more than this disk, gets no pool. What decides
 * about a request (its segments) is copied out before it is looked at.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <xen/page.h>

#include "back_block.h"

/* Of all disks: half the grants that dom0 has by default, 64 MB. */
#define PAGES_MAX 16384u
/* Nobody needs a pool so much that others should give memory for it. */
#define GFP_POOL (GFP_KERNEL | __GFP_ZERO | __GFP_NORETRY | __GFP_NOWARN)
/* How long a guest that dies takes to lose its mappings, at most. */
#define LET_GO_MS 20

static_assert(sizeof(struct noxs_block) <= PAGE_SIZE);

struct block_pool {
	unsigned int pages;
	struct {
		struct page *page;
		grant_ref_t ref;
	} each[];
};

/* 1 MB under way: four requests of 64 pages, with a page of segments each. */
static unsigned int pool_pages = 260;
module_param(pool_pages, uint, 0644);
MODULE_PARM_DESC(pool_pages, "pages of a disk's pool, 512 at most; 0: no pools (default 260)");

/* By all disks; under used_lock. */
static unsigned int pool_used;
module_param(pool_used, uint, 0444);
MODULE_PARM_DESC(pool_used, "pages that the pools of all disks have now");
static DEFINE_MUTEX(used_lock);

/* How many of those wanted there may be. */
static unsigned int reserve(unsigned int wanted)
{
	mutex_lock(&used_lock);
	wanted = min(wanted, PAGES_MAX - pool_used);
	pool_used += wanted;
	mutex_unlock(&used_lock);
	return wanted;
}

static void release(unsigned int pages)
{
	mutex_lock(&used_lock);
	pool_used -= pages;
	mutex_unlock(&used_lock);
}

static bool add_page(struct block *block, struct block_pool *pool)
{
	struct page *page = alloc_page(GFP_POOL);
	int ref;

	if (!page)
		return false;
	ref = gnttab_grant_foreign_access(block->back.domid,
					  xen_page_to_gfn(page), 0);
	if (ref < 0) {
		__free_page(page);
		return false;
	}
	pool->each[pool->pages].page = page;
	pool->each[pool->pages++].ref = ref;
	return true;
}

static struct block_pool *make_pool(struct block *block)
{
	unsigned int wanted = min_t(unsigned int, READ_ONCE(pool_pages),
				    NOXS_BLOCK_POOL_MAX);
	struct block_pool *pool;

	pool = kzalloc(struct_size(pool, each, wanted), GFP_KERNEL);
	if (!pool)
		return NULL;
	wanted = reserve(wanted);
	while (pool->pages < wanted && add_page(block, pool))
		;
	release(wanted - pool->pages);
	return pool;
}

bool noxs_block_pool_is_fit(const struct block *block)
{
	return READ_ONCE(pool_pages) && (!(block->mode & FMODE_WRITE) ||
					 !bdev_stable_writes(block->bdev));
}

void noxs_block_pool_connect(struct block *block, bool is_asked)
{
	struct noxs_block *control =
		container_of(block->back.io, struct noxs_block, io);
	unsigned int i;

	if (is_asked && !block->pool)
		block->pool = make_pool(block);
	block->pool_pages = is_asked && block->pool ? block->pool->pages : 0;
	/* Each time: whoever connects may have written there before. */
	for (i = 0; i < block->pool_pages; i++)
		WRITE_ONCE(control->pool_grant[i], block->pool->each[i].ref);
	virt_store_release(&control->pool_pages, block->pool_pages);
}

struct page *noxs_block_pool_page(const struct block *block, u32 gref)
{
	u32 index = gref & ~NOXS_BLOCK_POOL;

	if (!(gref & NOXS_BLOCK_POOL) || index >= block->pool_pages)
		return NULL;
	return block->pool->each[array_index_nospec(index, block->pool_pages)].page;
}

/* Those that the guest has let go of; whether these were all. */
static bool end_unmapped(struct block_pool *pool)
{
	unsigned int i, left = 0;

	for (i = 0; i < pool->pages; i++) {
		if (gnttab_try_end_foreign_access(pool->each[i].ref))
			put_page(pool->each[i].page);
		else
			pool->each[left++] = pool->each[i];
	}
	pool->pages = left;
	return !left;
}

void noxs_block_pool_end(struct block *block)
{
	struct block_pool *pool = block->pool;
	unsigned int i;

	if (!pool)
		return;
	release(pool->pages);
	/* Linux frees what is still mapped slowly: ten pages a second. */
	if (!end_unmapped(pool))
		msleep(LET_GO_MS);
	if (!end_unmapped(pool))
		for (i = 0; i < pool->pages; i++)
			noxs_back_page_end(page_address(pool->each[i].page),
					   pool->each[i].ref);
	kfree(pool);
}
