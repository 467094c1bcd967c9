/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ledger.h: what an earlier daemon, or a client that died, left behind.
 *
 * The hypervisor has the ledger: the mark of every domain in the making
 * (chaos/shell.h). At the start each shell of a dead owner is adopted or
 * reaped, and each VM whose maker died is reaped; afterwards orphans are looked
 * for every LEDGER_SECONDS. What has no mark is the operator's and is left
 * alone.
 */
#ifndef CHAOSD_LEDGER_H
#define CHAOSD_LEDGER_H

struct daemon;

#define LEDGER_SECONDS 10

/* Blocks; before the server starts. Adopted shells go to pool_adopt. */
int ledger_recover(struct daemon *d);
/* From now on, by a timer and in workers. */
int ledger_start(struct daemon *d);
/* Look for orphans now rather than when the timer says. */
void ledger_look(struct daemon *d);
void ledger_stop(struct daemon *d);

#endif /* CHAOSD_LEDGER_H */
