// SPDX-License-Identifier: GPL-2.0-only
/*
 * front_block.c: a vbd of the device page as a disk, named xvdX by its number.
 *
 * The disk is in use from its probe on. It closes when nobody has it open; one
 * that leaves the device page goes at once, and its users get errors.
 */
#define pr_fmt(fmt) "noxs: " fmt

#include <linux/blkdev.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <xen/page.h>

#include "front_block.h"

/* Xen's numbers of disks, as its vbd-interface has them. */
#define VDEV_EXTENDED (1u << 28)
#define MAJOR_XVD 202
#define MAJOR_HD_SECOND 22

/* Which disk it is, and which partition; 0: all of it. */
static unsigned int vdev_disk(u32 vdev, unsigned int *partition)
{
	unsigned int major = vdev >> 8 & 0xff, minor = vdev & 0xff;

	if (vdev & VDEV_EXTENDED) {
		*partition = minor;
		return (vdev & ~VDEV_EXTENDED) >> 8;
	}
	if (major == 3 || major == MAJOR_HD_SECOND) {
		*partition = minor & 63;
		return (major == MAJOR_HD_SECOND ? 2 : 0) + (minor >> 6);
	}
	*partition = minor & 15;
	return minor >> 4;
}

/* xvda, xvdz, xvdaa...; disks of other kinds get these names, too. */
static void set_name(struct gendisk *disk, u32 vdev)
{
	unsigned int partition, n = vdev_disk(vdev, &partition) + 1;
	char letters[8];
	int at = sizeof(letters) - 1;

	letters[at] = 0;
	for (; n; n = (n - 1) / 26)
		letters[--at] = 'a' + (n - 1) % 26;
	if (partition)
		snprintf(disk->disk_name, DISK_NAME_LEN, "xvd%s%u",
			 &letters[at], partition);
	else
		snprintf(disk->disk_name, DISK_NAME_LEN, "xvd%s", &letters[at]);
}

static int block_open(struct block_device *bdev, fmode_t mode)
{
	struct front_block *block = bdev->bd_disk->private_data;

	return block->closing ? -ENXIO : 0;
}

static void block_release(struct gendisk *disk, fmode_t mode)
{
	struct front_block *block = disk->private_data;

	if (block->front)
		noxs_front_retry(block->front);
}

static void block_free(struct front_block *block)
{
	kvfree(block->slots);
	kfree(block);
}

static void block_free_disk(struct gendisk *disk)
{
	block_free(disk->private_data);
}

static const struct block_device_operations block_ops = {
	.owner = THIS_MODULE,
	.open = block_open,
	.release = block_release,
	.free_disk = block_free_disk,
};

/* --- grants -------------------------------------------------------------- */

static void free_indirect(struct front_block *block)
{
	unsigned int i;

	if (block->indirect_refs == INVALID_GRANT_REF)
		return;
	for (i = 0; i < BLOCK_RING_SIZE; i++) {
		struct block_slot *slot = &block->slots[i];

		if (!slot->indirect)
			gnttab_free_grant_reference(block->indirect_refs + i);
		else if (gnttab_try_end_foreign_access(block->indirect_refs +
						       i))
			free_page((unsigned long)slot->indirect);
	}
}

static int alloc_indirect(struct front_block *block)
{
	unsigned int i;
	int err;

	block->indirect_refs = INVALID_GRANT_REF;
	if (block->segments <= BLKIF_MAX_SEGMENTS_PER_REQUEST)
		return 0;
	err = gnttab_alloc_grant_reference_seq(BLOCK_RING_SIZE,
					       &block->indirect_refs);
	if (err)
		return err;
	for (i = 0; i < BLOCK_RING_SIZE; i++) {
		void *page = (void *)get_zeroed_page(GFP_KERNEL);

		if (!page) {
			free_indirect(block);
			return -ENOMEM;
		}
		block->slots[i].indirect = page;
		gnttab_grant_foreign_access_ref(block->indirect_refs + i,
						block->backend,
						virt_to_gfn(page),
						GNTMAP_readonly);
	}
	return 0;
}

/* Smaller requests where the guest has not that many grants left. */
static int alloc_grants(struct front_block *block, unsigned int segments)
{
	int err;

	block->segments = segments;
	err = gnttab_alloc_grant_reference_seq(BLOCK_RING_SIZE * segments,
					       &block->refs);
	while (err && block->segments > BLKIF_MAX_SEGMENTS_PER_REQUEST) {
		block->segments = max_t(unsigned int, block->segments / 2,
					BLKIF_MAX_SEGMENTS_PER_REQUEST);
		err = gnttab_alloc_grant_reference_seq(
			BLOCK_RING_SIZE * block->segments, &block->refs);
	}
	if (err)
		return err;
	err = alloc_indirect(block);
	if (err)
		gnttab_free_grant_reference_seq(
			block->refs, BLOCK_RING_SIZE * block->segments);
	return err;
}

static void free_grants(struct front_block *block)
{
	free_indirect(block);
	if (!block->leaked)
		gnttab_free_grant_reference_seq(
			block->refs, BLOCK_RING_SIZE * block->segments);
}

/* --- the disk ------------------------------------------------------------ */

static unsigned int max_segments(const struct front_block *block,
				 const struct noxs_block_config *config)
{
	if (!(block->features & NOXS_BLOCK_F_INDIRECT))
		return BLKIF_MAX_SEGMENTS_PER_REQUEST;
	return clamp_t(unsigned int, config->indirect,
		       BLKIF_MAX_SEGMENTS_PER_REQUEST, BLOCK_SEGMENTS_MAX);
}

static bool is_size(unsigned int size)
{
	return is_power_of_2(size) && size >= SECTOR_SIZE && size <= PAGE_SIZE;
}

static void set_limits(struct front_block *block,
		       const struct noxs_block_config *config)
{
	const struct noxs_block *control = (void *)block->front->io;
	struct request_queue *queue = block->disk->queue;

	blk_queue_flag_set(QUEUE_FLAG_NONROT, queue);
	blk_queue_logical_block_size(queue, config->sector_size);
	if (is_size(config->physical_sector_size))
		blk_queue_physical_block_size(queue,
					      config->physical_sector_size);
	/* A segment lies within one page. */
	blk_queue_segment_boundary(queue, PAGE_SIZE - 1);
	blk_queue_max_segment_size(queue, PAGE_SIZE);
	blk_queue_max_segments(queue, block->segments);
	blk_queue_max_hw_sectors(queue, block->segments * (PAGE_SIZE >>
							   SECTOR_SHIFT));
	blk_queue_dma_alignment(queue, SECTOR_SIZE - 1);
	blk_queue_write_cache(queue, block->features & NOXS_BLOCK_F_FLUSH,
			      false);
	if (block->features & NOXS_BLOCK_F_DISCARD) {
		blk_queue_max_discard_sectors(queue, config->sectors);
		queue->limits.discard_granularity =
			control->discard_granularity ?: config->sector_size;
		queue->limits.discard_alignment = control->discard_alignment;
	}
	set_disk_ro(block->disk, block->features & NOXS_BLOCK_F_READONLY);
	set_capacity(block->disk, config->sectors);
}

static int alloc_disk_of(struct front_block *block)
{
	struct gendisk *disk;
	int err;

	block->tags = (struct blk_mq_tag_set){
		.ops = &block_mq_ops,
		.nr_hw_queues = 1,
		.queue_depth = BLOCK_RING_SIZE,
		.numa_node = NUMA_NO_NODE,
		/* dom0 sorts for the device; here it would cost only. */
		.flags = BLK_MQ_F_SHOULD_MERGE | BLK_MQ_F_NO_SCHED_BY_DEFAULT,
	};
	err = blk_mq_alloc_tag_set(&block->tags);
	if (err)
		return err;
	disk = blk_mq_alloc_disk(&block->tags, block);
	if (IS_ERR(disk)) {
		blk_mq_free_tag_set(&block->tags);
		return PTR_ERR(disk);
	}
	disk->fops = &block_ops;
	disk->private_data = block;
	block->disk = disk;
	return 0;
}

static int block_start(struct front_block *block)
{
	struct noxs_front *front = block->front;
	int err;

	FRONT_RING_INIT(&block->ring, (struct blkif_sring *)front->rings[0],
			XEN_PAGE_SIZE);
	WRITE_ONCE(front->priv, block);
	err = noxs_front_connect(front, block->features & NOXS_BLOCK_F_POOL);
	if (err)
		return err;
	/* Partitions are looked for: the disk works from here on. */
	err = device_add_disk(front->parent, block->disk, NULL);
	if (err)
		noxs_front_disconnect(front);
	return err;
}

static int block_set_up(struct front_block *block,
			const struct noxs_block_config *config)
{
	int err = alloc_disk_of(block);

	if (err)
		return err;
	err = alloc_grants(block, max_segments(block, config));
	if (err)
		goto fail_disk;
	set_name(block->disk, block->front->dev.id);
	set_limits(block, config);
	err = block_start(block);
	if (!err)
		return 0;
	WRITE_ONCE(block->front->priv, NULL);
	synchronize_irq(block->irq);
	free_grants(block);
fail_disk:
	put_disk(block->disk);
	blk_mq_free_tag_set(&block->tags);
	return err;
}

static int block_probe(struct noxs_front *front)
{
	const struct noxs_block_config *config = (void *)front->dev.config;
	struct front_block *block;
	int err = -ENOMEM;

	if (!is_size(config->sector_size))
		return -EPROTO;
	block = kzalloc(sizeof(*block), GFP_KERNEL);
	if (!block)
		return -ENOMEM;
	block->front = front;
	block->irq = front->irq;
	block->backend = front->dev.backend;
	block->features = front->dev.features & NOXS_BLOCK_F_ALL;
	block->pool_seen = !(block->features & NOXS_BLOCK_F_POOL);
	spin_lock_init(&block->lock);
	block->slots = kvcalloc(BLOCK_RING_SIZE, sizeof(*block->slots),
				GFP_KERNEL);
	if (block->slots)
		err = block_set_up(block, config);
	if (err)
		block_free(block);
	return err;
}

static void block_remove(struct noxs_front *front)
{
	struct front_block *block = front->priv;

	if (!block)
		return;
	if (front->gone || block->broken)
		block_fail_all(block);
	del_gendisk(block->disk);
	WRITE_ONCE(front->priv, NULL);
	synchronize_irq(front->irq);
	block_pool_end(block);
	noxs_front_disconnect(front);
	/* Whoever still has it open lets go of it later. */
	mutex_lock(&block->disk->open_mutex);
	block->front = NULL;
	mutex_unlock(&block->disk->open_mutex);
	blk_mq_free_tag_set(&block->tags);
	free_grants(block);
	put_disk(block->disk);
}

static bool close_unused(struct noxs_front *front)
{
	struct front_block *block = front->priv;

	mutex_lock(&block->disk->open_mutex);
	block->closing = disk_openers(block->disk) == 0;
	mutex_unlock(&block->disk->open_mutex);
	if (!block->closing)
		return false;
	block_remove(front);
	return true;
}

static bool block_changed(struct noxs_front *front, u32 back_state)
{
	struct front_block *block = front->priv;

	if (back_state == NOXS_BACK_BROKEN || READ_ONCE(block->broken))
		block_fail_all(block);
	else if (back_state == NOXS_BACK_CONNECTED)
		block_pool_look(block);
	return back_state == NOXS_BACK_CLOSING && close_unused(front);
}

static unsigned int block_rings(const struct noxs_device *dev,
				grant_ref_t *refs)
{
	const struct noxs_block_config *config = (void *)dev->config;

	refs[0] = config->ring_grant;
	return 1;
}

const struct noxs_front_ops noxs_front_block_ops = {
	.rings = block_rings,
	.probe = block_probe,
	.changed = block_changed,
	.remove = block_remove,
	.ring = block_ring,
};
