/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exits_internal.h: what the files of exits share.
 */
#ifndef CHAOSD_EXITS_INTERNAL_H
#define CHAOSD_EXITS_INTERNAL_H

#include <sys/queue.h>

#include "daemon.h"
#include "events.h"
#include "exits.h"
#include "exits_history.h"
#include "guests.h"
#include "metrics.h"
#include "ring.h"

struct event;
struct settling;

struct exits {
    struct daemon *d;
    struct chaos_watch *watch; /* NULL: it broke, and is tried again */
    struct event *rings, *prune, *again;
    struct history *history;
    TAILQ_HEAD(, settling) settling;
    uint8_t handled[0x8000 / 8]; /* bit N: domain N */
};

/* exits.c: what was not read yet of what the watch tells. */
void exits_read(struct exits *x);

/* exits_settle.c */
/* Carry out the policy of a domain that stopped, in a worker. */
void exits_settle(struct exits *x, const struct noxs_exit *ex);
/* No worker runs any more. */
void exits_settle_end(struct exits *x);

#endif /* CHAOSD_EXITS_INTERNAL_H */
