/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exits.h: guests that stop, and what is then done with them.
 *
 * Told by the hypervisor (chaos_watch), within the same turn of the event loop:
 * first the guest's last output is taken, then a worker settles the domain
 * (chaos_domain_settle). A guest that was restarted conf->restarts times within
 * conf->restart_seconds is not restarted again but kept as it stopped, with an
 * event and a line in the log. Domains not made by chaos are left alone.
 */
#ifndef CHAOSD_EXITS_H
#define CHAOSD_EXITS_H

struct daemon;
struct exits;

int exits_create(struct daemon *d, struct exits **exits_out);
/* Guests that stopped while no daemon ran are dealt with now. */
int exits_start(struct exits *exits);
void exits_destroy(struct exits *exits);

#endif /* CHAOSD_EXITS_H */
