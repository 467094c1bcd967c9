/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blk.h: the ring of a vbd, with nothing checked, and the cases.
 */
#ifndef HOSTILE_BLK_H
#define HOSTILE_BLK_H

#include <guest/barrier.h>
#include <guest/guest.h>

#define xen_mb() mb()
#define xen_rmb() rmb()
#define xen_wmb() wmb()
#include <xen/io/blkif.h>

#include "../hostilenet/kit.h"

#define BLK_RING 32u
/* What blk_run returns when the request was not answered but cut off. */
#define BLK_CUT_OFF 1
#define BLK_SILENCE 2

/* main.c */
/* A page, and a grant of it that may be written to. */
extern uint8_t *blk_page;
extern uint32_t blk_ref;
uint64_t blk_sectors(void);
/* A proper read of the first eight sectors. */
struct blkif_request blk_proper(void);
/* Put into the ring; seen by the back end with blk_push. */
void blk_put(const void *req);
void blk_push(void);
/* Put, push, wait: the answer's status, or BLK_*. */
int blk_run(const void *req);
/* A failure unless it is answered with an error, and all goes on. */
void blk_refused(const char *what, const void *req);
/* A failure unless it is answered with an error, or cut off. */
void blk_not_done(const char *what, const void *req);

/* requests.c, indirect.c, pool.c */
extern const struct kit_case blk_requests[];
extern const struct kit_case blk_indirect[];
extern const struct kit_case blk_pool[];

#endif /* HOSTILE_BLK_H */
