/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * block.h: disks, on whatever bus they are found.
 *
 * A sector has 512 bytes; numbers and counts of sectors must be multiples of
 * the disk's sector_size, and so must be buffers' addresses. A buffer is memory
 * of this guest of any length, in a row; it is the disk's until the operation
 * is done.
 *
 * Errors of all operations: -EINVAL (not such multiples), -ERANGE (beyond the
 * end), -EROFS, -EOPNOTSUPP (the disk has no such operation), -ENOSPC (no
 * grants), -EIO, and -ENODEV: the disk was taken away, or its back end broke
 * the protocol.
 */
#ifndef GUEST_BLOCK_H
#define GUEST_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct block;

struct block_info {
    uint32_t id; /* Xen's number of the disk: xvda is 202 << 8 */
    bool readonly;
    bool can_flush;
    bool can_discard;
    uint64_t sectors;
    uint32_t sector_size; /* bytes */
    uint32_t physical_sector_size;
};

/*
 * The n-th disk, ascending by id. What bus_open returns; -ENOTCONN: its back
 * end takes nobody now.
 */
int block_open(unsigned int n, struct block **block_out);
/* Waits for what is under way. */
void block_close(struct block *b);
const struct block_info *block_info(const struct block *b);

/*
 * The toolstack wants the disk back. Operations still work; close it when it
 * suits. An event comes when this changes, so event_wait can wait for it.
 */
bool block_wanted_back(const struct block *b);
/* Call fn, with events off, after disks came or went. */
void block_on_change(void (*fn)(void));

/* Operations that sleep until they are done: not in event handlers. */
int block_read(struct block *b, uint64_t sector, void *buffer, size_t count);
int block_write(struct block *b, uint64_t sector, const void *buffer,
                size_t count);
/*
 * All writes that are done when this is called are on stable storage when it
 * returns. A disk that offers no flush has no cache that could be lost.
 */
int block_flush(struct block *b);
/* These sectors are not needed any more and may read as anything. */
int block_discard(struct block *b, uint64_t sector, size_t count);

enum block_op { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH, BLOCK_DISCARD };

/*
 * An operation that does not sleep; the memory is the caller's. Any number may
 * be submitted; they are begun in order and end in any. `done` (may be NULL) is
 * called with events off, when `finished` is true and `rc` says 0 or -errno;
 * it may submit again.
 */
struct block_io {
    enum block_op op;
    uint64_t sector;
    void *buffer; /* only read by BLOCK_WRITE */
    size_t count;
    void (*done)(struct block_io *io);
    void *arg; /* the caller's */
    bool finished;
    int rc;
    /* Of block_ring.c. */
    unsigned int pending; /* requests on the ring */
    size_t issued;        /* sectors of them and before them */
    struct block_io *next;
};

/* -errno: it was not begun, and done will not be called. */
int block_submit(struct block *b, struct block_io *io);

#endif /* GUEST_BLOCK_H */
