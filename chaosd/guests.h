/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guests.h: each guest's console, and what is left to read of the dead.
 *
 * A guest's output goes to a ring in a file, /run/chaos/console/DOMID, which is
 * mapped: it outlives the daemon. A dead guest's last lines go to
 * /run/chaos/log/, until conf says that they are too old or too many.
 */
#ifndef CHAOSD_GUESTS_H
#define CHAOSD_GUESTS_H

#include <stddef.h>
#include <stdint.h>

#include <noxs/noxs.h>

struct daemon;
struct guests;
struct server;

int guests_create(struct daemon *d, struct guests **guests_out);
/* Its handlers: CONSOLE, CONSOLE_INPUT, LOG. */
void guests_register(struct guests *guests, struct server *server);
/* Attach to all that are there (start, and after exits were lost). */
int guests_scan(struct guests *guests);
/* There is a new one: attach to it. Unknown or foreign ids are no error. */
void guests_found(struct guests *guests, uint32_t domid);
/* It was made this very moment: attach to it in a millisecond. */
void guests_made(struct guests *guests, uint32_t domid);
/*
 * It stopped or is being destroyed: take its last output, tell its readers,
 * write its log. Called for each exit, also of those that are not known.
 */
void guests_exit(struct guests *guests, const struct noxs_exit *ex);
/* Detach from all, so that no guest waits for room. */
void guests_destroy(struct guests *guests);
/* After a reload. */
void guests_reload(struct guests *guests);

/* For metrics. */
struct guests_counts {
    size_t attached, readers, dead;
    uint64_t bytes; /* of output, ever */
};
struct guest_facts;
/* What is known of one that is attached to (ring.h), or NULL. */
const struct guest_facts *guests_facts(const struct guests *guests,
                                       uint32_t domid);

/* For metrics. */
struct guests_counts guests_counts(const struct guests *guests);

#endif /* CHAOSD_GUESTS_H */
