/* SPDX-License-Identifier: MIT */
/*
 * block.h: the vbd device: a disk (see io.h for its life).
 *
 * In the device page: type NOXS_DEV_VBD, id its number as Xen numbers disks
 * (xvda is 202 << 8; xen's vbd-interface), flags 0, `grant` the control page,
 * `evtchn` the guest's port, `features` NOXS_BLOCK_F_*, `config` a struct
 * noxs_block_config: all that is needed to use the disk.
 *
 * The ring is Xen's blkif_sring of xen/io/blkif.h, one page (32 entries), in the
 * layout of 64-bit x86 whatever the guest is. A sector of the protocol has 512
 * bytes; addresses and lengths are multiples of sector_size. The back end copies
 * data by the grants of the segments: a page to be written to disk may be
 * granted read-only.
 *
 * Operations: READ, WRITE, FLUSH_DISKCACHE (with F_FLUSH; no segments, or with
 * those of a write that goes before it; answered only when all writes answered
 * before it came are on stable storage), DISCARD (with F_DISCARD), INDIRECT of
 * READ or WRITE (with F_INDIRECT; at most `indirect` segments). Others are
 * answered BLKIF_RSP_EOPNOTSUPP, and a write to a read-only disk or a request
 * beyond the end BLKIF_RSP_ERROR.
 */
#ifndef NOXS_BLOCK_H
#define NOXS_BLOCK_H

#include "io.h"

/* Features of the back end. A front end has none to state. */
#define NOXS_BLOCK_F_READONLY 0x1
#define NOXS_BLOCK_F_FLUSH 0x2
#define NOXS_BLOCK_F_DISCARD 0x4
#define NOXS_BLOCK_F_INDIRECT 0x8
#define NOXS_BLOCK_F_ALL 0xf

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
};
NOXS_AT(struct noxs_block, io, 0);
NOXS_AT(struct noxs_block, discard_granularity, 128);
NOXS_AT(struct noxs_block, discard_alignment, 132);
NOXS_ASSERT(sizeof(struct noxs_block) == 136);

#endif /* NOXS_BLOCK_H */
