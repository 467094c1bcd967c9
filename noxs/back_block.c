// SPDX-License-Identifier: GPL-2.0-only
/*
 * back_block.c: the life of a disk's back end, from the ioctl to its end, and
 * the memory that its requests take.
 *
 * The block device is claimed as file systems claim theirs, so the kernel itself
 * keeps others away from a disk that somebody may write to.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "back_block.h"

/* Pages kept for the next requests, of all disks together. */
#define PAGES_KEPT 1024
/* Nobody waits for memory here: what it is needed for is tried again. */
#define GFP_REQUEST (GFP_NOIO | __GFP_NORETRY | __GFP_NOWARN)

static struct workqueue_struct *block_wq;
static struct kmem_cache *block_requests;
static DEFINE_SPINLOCK(pages_lock);
static LIST_HEAD(pages);
static unsigned int pages_kept;
/* Who claims for all read-only disks: its address is what counts. */
static char readers;

static struct block *to_block(struct noxs_back *back)
{
	return container_of(back, struct block, back);
}

/* --- memory of requests ---------------------------------------------------- */

static void put_pages(struct page **page, unsigned int n)
{
	spin_lock(&pages_lock);
	while (n && pages_kept < PAGES_KEPT) {
		list_add(&page[--n]->lru, &pages);
		pages_kept++;
	}
	spin_unlock(&pages_lock);
	while (n)
		__free_page(page[--n]);
}

static bool get_pages(struct page **page, unsigned int n)
{
	unsigned int i;

	spin_lock(&pages_lock);
	for (i = 0; i < n && pages_kept; i++, pages_kept--) {
		page[i] = list_first_entry(&pages, struct page, lru);
		list_del(&page[i]->lru);
	}
	spin_unlock(&pages_lock);
	for (; i < n; i++) {
		page[i] = alloc_page(GFP_REQUEST);
		if (!page[i]) {
			put_pages(page, i);
			return false;
		}
	}
	return true;
}

struct block_request *noxs_block_request(struct block *block,
					 unsigned int segments, bool is_pool)
{
	struct block_request *request;

	request = kmem_cache_alloc(block_requests, GFP_REQUEST);
	if (!request)
		return NULL;
	if (!is_pool && !get_pages(request->page, segments)) {
		kmem_cache_free(block_requests, request);
		return NULL;
	}
	request->block = block;
	request->segments = segments;
	request->is_pool = is_pool;
	return request;
}

void noxs_block_request_end(struct block_request *request)
{
	if (!request->is_pool)
		put_pages(request->page, request->segments);
	kmem_cache_free(block_requests, request);
}

/* --- work ------------------------------------------------------------------ */

void noxs_block_queue(struct block *block)
{
	queue_work(block_wq, &block->work);
}

static void kick(struct noxs_back *back)
{
	struct block *block = to_block(back);
	bool is_stopped;

	spin_lock(&block->lock);
	is_stopped = block->is_stopped;
	if (!is_stopped) {
		block->rang = true;
		if (!block->is_busy)
			noxs_block_queue(block);
	}
	spin_unlock(&block->lock);
	if (is_stopped)
		noxs_back_eoi(back, false);
}

static void retry(struct timer_list *timer)
{
	struct block *block = from_timer(block, timer, retry);
	unsigned long flags;

	spin_lock_irqsave(&block->lock, flags);
	if (!block->is_stopped) {
		block->again = true;
		noxs_block_queue(block);
	}
	spin_unlock_irqrestore(&block->lock, flags);
}

static void reset_ring(struct block *block)
{
	struct blkif_sring *sring = block->ring.sring;

	memset(sring, 0, PAGE_SIZE);
	SHARED_RING_INIT(sring);
	BACK_RING_INIT(&block->ring, sring, PAGE_SIZE);
	block->pushed = 0;
}

static int connect(struct noxs_back *back, u64 front_features)
{
	struct block *block = to_block(back);

	noxs_block_pool_connect(block, front_features & block->features &
				       NOXS_BLOCK_F_POOL);
	spin_lock_irq(&block->lock);
	block->is_stopped = false;
	spin_unlock_irq(&block->lock);
	return 0;
}

static void disconnect(struct noxs_back *back)
{
	struct block *block = to_block(back);
	struct block_request *request, *next;
	LIST_HEAD(done);
	bool rang;

	spin_lock_irq(&block->lock);
	block->is_stopped = true;
	spin_unlock_irq(&block->lock);
	/* Neither the timer nor the end of a bio queues it again. */
	cancel_work_sync(&block->work);
	del_timer_sync(&block->retry);

	spin_lock_irq(&block->lock);
	wait_event_lock_irq(block->idle, !block->inflight, block->lock);
	list_splice_init(&block->done, &done);
	rang = block->rang;
	block->rang = false;
	block->again = false;
	spin_unlock_irq(&block->lock);

	list_for_each_entry_safe(request, next, &done, node)
		noxs_block_request_end(request);
	reset_ring(block);
	if (rang)
		noxs_back_eoi(back, false);
}

/* --- the device ------------------------------------------------------------ */

/* The number of the block device behind a descriptor of the caller's. */
static int look_up(const struct noxs_ioctl_vbd *vbd, fmode_t mode, dev_t *dev_out)
{
	struct file *file = fget(vbd->fd);
	int rc = 0;

	if (!file)
		return -EBADF;
	if (!S_ISBLK(file_inode(file)->i_mode))
		rc = -ENOTBLK;
	else if (!(file->f_mode & FMODE_READ))
		rc = -EBADF;
	else if ((mode & FMODE_WRITE) && !(file->f_mode & FMODE_WRITE))
		rc = -EROFS;
	else
		*dev_out = file_inode(file)->i_rdev;
	fput(file);
	return rc;
}

static int open_device(struct block *block, const struct noxs_ioctl_vbd *vbd)
{
	bool is_readonly = vbd->flags & NOXS_VBD_READONLY;
	struct block_device *bdev;
	dev_t dev;
	int rc;

	block->mode = FMODE_READ | FMODE_EXCL | (is_readonly ? 0 : FMODE_WRITE);
	rc = look_up(vbd, block->mode, &dev);
	if (rc)
		return rc;
	if (noxs_fault())
		return -EBUSY;
	bdev = blkdev_get_by_dev(dev, block->mode,
				 is_readonly ? (void *)&readers : block);
	if (IS_ERR(bdev))
		return PTR_ERR(bdev);
	if (!is_readonly && bdev_read_only(bdev))
		rc = -EROFS;
	else if (bdev_logical_block_size(bdev) > PAGE_SIZE)
		rc = -EINVAL;
	if (rc) {
		blkdev_put(bdev, block->mode);
		return rc;
	}
	block->bdev = bdev;
	return 0;
}

static u64 features_of(struct block *block, u64 wanted)
{
	u64 features = NOXS_BLOCK_F_INDIRECT;

	if (noxs_block_pool_is_fit(block))
		features |= NOXS_BLOCK_F_POOL;
	if (!(block->mode & FMODE_WRITE))
		return (features & wanted) | NOXS_BLOCK_F_READONLY;
	if (bdev_write_cache(block->bdev))
		features |= NOXS_BLOCK_F_FLUSH;
	if (bdev_max_discard_sectors(block->bdev))
		features |= NOXS_BLOCK_F_DISCARD;
	return features & wanted;
}

static struct noxs_block_config config_of(const struct block *block)
{
	unsigned int physical = bdev_physical_block_size(block->bdev);

	return (struct noxs_block_config){
		.sectors = block->sectors,
		.ring_grant = block->ring_ref,
		.sector_size = bdev_logical_block_size(block->bdev),
		.physical_sector_size = min(physical, 32768U),
		.indirect = block->features & NOXS_BLOCK_F_INDIRECT ?
			    BLOCK_SEGMENTS : 0,
	};
}

static void describe_discard(struct block *block)
{
	struct noxs_block *page = container_of(block->back.io, struct noxs_block, io);

	if (!(block->features & NOXS_BLOCK_F_DISCARD))
		return;
	page->discard_granularity = bdev_discard_granularity(block->bdev);
	page->discard_alignment = bdev_discard_alignment(block->bdev);
}

/* --- life ------------------------------------------------------------------ */

static struct block *new_block(void)
{
	struct block *block = noxs_fault() ? NULL : kzalloc(sizeof(*block), GFP_KERNEL);

	if (!block)
		return NULL;
	block->copies = noxs_fault() ? NULL : (void *)__get_free_page(GFP_KERNEL);
	if (!block->copies) {
		kfree(block);
		return NULL;
	}
	INIT_WORK(&block->work, noxs_block_work);
	spin_lock_init(&block->lock);
	INIT_LIST_HEAD(&block->done);
	init_waitqueue_head(&block->idle);
	timer_setup(&block->retry, retry, 0);
	block->is_stopped = true;
	return block;
}

static void free_block(struct block *block)
{
	free_page((unsigned long)block->copies);
	kfree(block);
}

static void destroy(struct noxs_back *back)
{
	struct block *block = to_block(back);

	/* Before the name is free: who makes the disk anew can claim it. */
	blkdev_put(block->bdev, block->mode);
	noxs_block_pool_end(block);
	noxs_back_page_end(block->ring.sring, block->ring_ref);
	noxs_back_fini(back);
	free_block(block);
}

static void info(struct noxs_back *back, struct noxs_back_info *info)
{
	struct block *block = to_block(back);

	/* The device itself may be closed already. */
	info->dev_major = MAJOR(block->dev);
	info->dev_minor = MINOR(block->dev);
	info->sent_ops = READ_ONCE(block->write_ops);
	info->sent_bytes = READ_ONCE(block->write_bytes);
	info->received_ops = READ_ONCE(block->read_ops);
	info->received_bytes = READ_ONCE(block->read_bytes);
	info->errors = READ_ONCE(block->errors);
}

static const struct noxs_back_ops block_ops = {
	.connect = connect,
	.disconnect = disconnect,
	.kick = kick,
	.destroy = destroy,
	.info = info,
};

static int announce(struct block *block, struct noxs_ioctl_vbd *vbd)
{
	struct noxs_block_config config;
	u64 features = features_of(block, vbd->features);
	void *page;
	int rc;

	rc = noxs_back_page(&block->back, &page, &block->ring_ref);
	if (rc)
		return rc;
	block->ring.sring = page;
	reset_ring(block);
	block->features = features;
	describe_discard(block);
	config = config_of(block);
	noxs_back_describe(&block->back, features, &vbd->device);
	rc = noxs_back_publish(&block->back, features);
	if (rc) {
		noxs_back_page_end(page, config.ring_grant);
		return rc;
	}
	/* The block is not ours any more. */
	vbd->features = features;
	memcpy(vbd->device.config, &config, sizeof(config));
	return 0;
}

int noxs_block_create(struct noxs_ioctl_vbd *vbd)
{
	struct block *block = new_block();
	int rc;

	if (!block)
		return -ENOMEM;
	rc = open_device(block, vbd);
	if (rc)
		goto free;
	block->dev = block->bdev->bd_dev;
	block->sectors = bdev_nr_sectors(block->bdev);
	block->unaligned = (bdev_logical_block_size(block->bdev) >> SECTOR_SHIFT) - 1;
	rc = noxs_back_init(&block->back, &block_ops, vbd->domid, NOXS_DEV_VBD,
			    vbd->id, vbd->evtchn);
	if (rc)
		goto put;
	rc = announce(block, vbd);
	if (rc)
		goto abort;
	return 0;

abort:
	noxs_back_abort(&block->back);
put:
	blkdev_put(block->bdev, block->mode);
free:
	free_block(block);
	return rc;
}

int noxs_block_start(void)
{
	block_requests = KMEM_CACHE(block_request, 0);
	if (!block_requests)
		return -ENOMEM;
	/* Not more threads than wait for a device, however many disks there are. */
	block_wq = alloc_workqueue("noxs_block",
				   WQ_UNBOUND | WQ_MEM_RECLAIM | WQ_SYSFS,
				   WQ_UNBOUND_MAX_ACTIVE);
	if (!block_wq) {
		kmem_cache_destroy(block_requests);
		return -ENOMEM;
	}
	return 0;
}

void noxs_block_stop(void)
{
	struct page *page, *next;

	destroy_workqueue(block_wq);
	kmem_cache_destroy(block_requests);
	list_for_each_entry_safe(page, next, &pages, lru)
		__free_page(page);
}
