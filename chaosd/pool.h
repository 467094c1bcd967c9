/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool.h: shells ready to be taken.
 *
 * A shell is PREPARING (a worker makes it), READY, GIVEN (a client makes a VM
 * of it; the client's connection is the lease) or ENDING (a worker destroys
 * it), and then forgotten. Nothing but pool.c changes that.
 */
#ifndef CHAOSD_POOL_H
#define CHAOSD_POOL_H

#include <stddef.h>
#include <stdint.h>

#include <chaos/shell.h>

#include "conf.h"

struct daemon;
struct pool;
struct server;

int pool_create(struct daemon *d, struct pool **pool_out);
/* Its handlers: TAKE, DONE, POOL_*. */
void pool_register(struct pool *pool, struct server *server);
/* Shapes of the configuration; shells of others go. Also after a reload. */
void pool_configure(struct pool *pool, const struct conf *conf);
/* A shell that was adopted (ledger.h). It is the pool's from now on. */
void pool_adopt(struct pool *pool, struct chaos_shell *shell);
/* Start refilling; called once, when what was there has been adopted. */
void pool_start(struct pool *pool);
/* Whether the pool knows of this domain: as a shell, or as one that is given.
 */
bool pool_knows(const struct pool *pool, uint32_t domid);
/*
 * All domains in the making, in ascending order of id, as they were at
 * listed_ns: shells that are not among them are lost.
 */
void pool_verify(struct pool *pool, const struct chaos_birth *births,
                 size_t count, uint64_t listed_ns);
/* Lame duck: give none and refill none any more. */
void pool_leave(struct pool *pool);
/* Destroy all ready ones; `done` runs in the main thread when that is over. */
void pool_drain(struct pool *pool, void (*done)(void *arg), void *arg);
/* Frees what this process has; the shells stay. */
void pool_destroy(struct pool *pool);

/* For metrics. */
struct pool_counts {
    size_t ready, preparing, given, ending;
    uint64_t memory_kb; /* of all shells */
    size_t shapes;
};
struct pool_counts pool_counts(const struct pool *pool);

#endif /* CHAOSD_POOL_H */
