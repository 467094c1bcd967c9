/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool_model.h: a daemon inside the test's own process, which gives one shell
 * at a time (daemon_take() and its like are wrapped at link time, unit.mk).
 * Until something is offered, the real ones are called.
 */
#ifndef TESTS_UNIT_POOL_MODEL_H
#define TESTS_UNIT_POOL_MODEL_H

#include <chaos/shell.h>

/*
 * The next TAKE gets this shell, whose owner `daemon` is, and DONE is taken
 * down. Both are borrowed.
 */
void pool_offer(struct chaos_ctx *daemon, struct chaos_shell *shell);
/* The same, but what the client is told of it is this. */
void pool_offer_data(struct chaos_ctx *daemon, struct chaos_shell *shell,
                     const void *data, size_t size);
/* DRAIN destroys this shell from now on. NULL: there is none. */
void pool_drain(struct chaos_ctx *daemon, struct chaos_shell *shell);
/* No daemon runs. */
void pool_end(void);

/* What clients said since the last offer. */
struct pool_done {
    unsigned takes, dones;
    uint32_t domid; /* of the first DONE */
    int result;
    bool shell;
};
struct pool_done pool_done(void);

#endif /* TESTS_UNIT_POOL_MODEL_H */
