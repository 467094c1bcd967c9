/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool_kit.h: what the parts of bench-pool share: the daemon, and guests.
 *
 * What is wrong ends the program.
 */
#ifndef BENCH_POOL_KIT_H
#define BENCH_POOL_KIT_H

#include <stdint.h>
#include <sys/types.h>

#include <chaos/chaos.h>

struct kit {
    struct chaos_ctx *ctx;   /* creates from the pool */
    struct chaos_ctx *plain; /* asks no daemon */
    struct chaos_conn *conn; /* what a create is not seen to use */
};

void kit_open(struct kit *kit);
void kit_close(struct kit *kit);

/* The daemon that listens. */
pid_t kit_daemon(const struct kit *kit);
/*
 * Until the pool is full and what the host does after that, too, is over. The
 * daemon has then dealt with all that was said to it before.
 */
void kit_fill(const struct kit *kit);
/* The same; -errno with the context's text where it cannot be filled. */
int kit_try_fill(const struct kit *kit);

/* Shells that the pool ever gave. */
uint64_t kit_hits(const struct kit *kit);

void kit_check(const struct chaos_ctx *ctx, const char *what, int rc);
struct chaos_config *kit_config(const struct kit *kit, const char *path);
void kit_destroy(const struct kit *kit, uint32_t domid);

/* pool_load.c, pool_many.c */
void load_run(const struct kit *kit, const char *config);
void many_run(const struct kit *kit, const char *config, unsigned count);

#endif /* BENCH_POOL_KIT_H */
