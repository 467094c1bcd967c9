/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * peer_disk.h: work on the guest's disk, past the page cache.
 */
#ifndef BENCH_PEER_DISK_H
#define BENCH_PEER_DISK_H

#include "peer.h"

#define PEER_DISK "/dev/xvda"

/* READ, WRITE or RANDOM. */
struct peer_answer disk_work(const struct peer_request *request);

/* Wait until the disk is there and its first sectors have been read. */
void disk_wait(void);

#endif /* BENCH_PEER_DISK_H */
