/* SPDX-License-Identifier: MIT */
/*
 * block.h: the vbd device: a disk (see io.h for its life).
 *
 * In the device page: type NOXS_DEV_VBD, id its number as Xen numbers disks
 * (xvda is 202 << 8; xen's vbd-interface), flags 0, `grant` the control page,
 * `evtchn` the guest's port, `features` NOXS_BLOCK_F_*, `config` a struct
 * noxs_block_config: all that is needed to use the disk.
 *
 * The ring is Xen's blkif_sring of xen/io/blkif.h, one page (32 entries), in
 * the layout of 64-bit x86 whatever the guest is. A sector of the protocol has
 * 512 bytes; addresses and lengths are multiples of sector_size. The back end
 * copies data by the grants of the segments: a page to be written to disk may
 * be granted read-only.
 *
 * Operations: READ, WRITE, FLUSH_DISKCACHE (with F_FLUSH; no segments, or with
 * those of a write that goes before it; answered only when all writes answered
 * before it came are on stable storage), DISCARD (with F_DISCARD), INDIRECT of
 * READ or WRITE (with F_INDIRECT; at most `indirect` segments). Others are
 * answered BLKIF_RSP_EOPNOTSUPP, and a write to a read-only disk or a request
 * beyond the end BLKIF_RSP_ERROR.
 *
 * The pool (F_POOL) spares a transfer the hypervisor: to look up a grant and
 * to copy by it costs more than to copy. The back end grants data pages of
 * its own, which the front end maps once and then copies to and from by
 * itself. The price is memory of the back end, 4 KB a page for each disk
 * whose front end asks: noxs_back gives 260, which is 1 MB and tables of
 * segments, and 64 MB to all disks together. It is taken at the first such
 * connect, so that an idle disk costs nothing, and kept until the device
 * ends, so that a guest which keeps its mappings and connects again holds no
 * more of it.
 *
 * A front end asks by F_POOL in front_features. When the first request was
 * answered since it connected, pool_pages says how many pages there are, by
 * the grants pool_grant[]: maybe fewer than at another time, maybe none. It
 * may map them whenever it likes, and use grants of its own until then and
 * beside it. In place of a grant stands NOXS_BLOCK_POOL | index: in a
 * segment, or for an indirect request's page of segments. A request lies
 * wholly in the pool or not at all: its first segment decides, or, if it is
 * indirect, its page of segments. One that is mixed or names a page that is
 * not there is answered BLKIF_RSP_ERROR. The pages of a request are the back
 * end's until it is answered; a guest that writes to them nevertheless may
 * find anything in them, and on its disk in the place that it named.
 */
#ifndef NOXS_BLOCK_H
#define NOXS_BLOCK_H

#include "io.h"

/* Features of the back end. Of a front end: F_POOL. */
#define NOXS_BLOCK_F_READONLY 0x1
#define NOXS_BLOCK_F_FLUSH 0x2
#define NOXS_BLOCK_F_DISCARD 0x4
#define NOXS_BLOCK_F_INDIRECT 0x8
#define NOXS_BLOCK_F_POOL 0x10
#define NOXS_BLOCK_F_ALL 0x1f

/* In place of a grant: this bit and a page's index in the pool. */
#define NOXS_BLOCK_POOL 0x80000000u
/* Most pages of a pool. */
#define NOXS_BLOCK_POOL_MAX 512

/* noxs_device.config */
struct noxs_block_config {
    uint64_t sectors; /* of 512 bytes */
    uint32_t ring_grant;
    uint16_t sector_size;          /* bytes: 512 to 4096 */
    uint16_t physical_sector_size; /* bytes */
    uint16_t indirect; /* most segments of an indirect request; 0: none */
    uint8_t pad[6];
};
NOXS_AT(struct noxs_block_config, sectors, 0);
NOXS_AT(struct noxs_block_config, ring_grant, 8);
NOXS_AT(struct noxs_block_config, sector_size, 12);
NOXS_AT(struct noxs_block_config, physical_sector_size, 14);
NOXS_AT(struct noxs_block_config, indirect, 16);
NOXS_ASSERT(sizeof(struct noxs_block_config) == 24);

/* The control page. */
struct noxs_block {
    struct noxs_io io;
    /* Written by the back end before the device is announced. */
    uint32_t discard_granularity; /* bytes; 0 without F_DISCARD */
    uint32_t discard_alignment;   /* bytes */
    /* Written by the back end before it answers a first request. */
    uint32_t pool_pages; /* 0: there is none, or it was not asked for */
    uint32_t pad;
    uint32_t pool_grant[NOXS_BLOCK_POOL_MAX];
};
NOXS_AT(struct noxs_block, io, 0);
NOXS_AT(struct noxs_block, discard_granularity, 128);
NOXS_AT(struct noxs_block, discard_alignment, 132);
NOXS_AT(struct noxs_block, pool_pages, 136);
NOXS_AT(struct noxs_block, pool_grant, 144);
NOXS_ASSERT(sizeof(struct noxs_block) == 2192);

#endif /* NOXS_BLOCK_H */
