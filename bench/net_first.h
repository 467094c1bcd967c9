/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * net_first.h: how long until a new server answers for the first time.
 */
#ifndef BENCH_NET_FIRST_H
#define BENCH_NET_FIRST_H

#include <netinet/in.h>

struct chaos_ctx;

struct first {
    struct chaos_ctx *ctx; /* borrowed */
    const char *config;    /* of a unikernel that serves daytime; borrowed */
    struct in_addr address;
};

void first_open(struct first *f, struct chaos_ctx *ctx, const char *config,
                const char *address);

/*
 * chaos_first_ping: from `chaos create` until the unikernel answers a ping.
 * chaos_first_answer: until it has told the time.
 * fork_first_answer: from fork and exec of a native server until it has.
 */
void first_round(const struct first *f);

#endif /* BENCH_NET_FIRST_H */
