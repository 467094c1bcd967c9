/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * peer.h: what bench-drive in dom0 asks of bench-peer in a Linux guest, over
 * one TCP connection. Integers are in the order of the machine, which is the
 * same.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stdint.h>

#define PEER_PORT 5001
#define PEER_CHUNK (256u << 10)

#define PEER_SINK 1    /* `bytes` come from dom0; answer when they are there */
#define PEER_SOURCE 2  /* send `bytes`, then the answer */
#define PEER_ECHO 3    /* one byte there and back, `count` times; answer */
#define PEER_READ 4    /* `bytes` of the disk in blocks of `count` bytes */
#define PEER_WRITE 5   /* the same, writing */
#define PEER_RANDOM 6  /* 4 KiB from `count` places of the disk's `bytes` */
#define PEER_CONNECT 7 /* how long connecting took */

struct peer_request {
    uint32_t op;
    uint32_t count;
    uint64_t bytes;
};

struct peer_answer {
    int64_t result; /* 0 or -errno */
    uint64_t ns;    /* by the guest's clock; READ, WRITE, RANDOM, CONNECT */
};

#endif /* BENCH_PEER_H */
