/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stop.h: ask VMs to stop, wait until they have, and carry out their policies.
 */
#ifndef CHAOS_STOP_H
#define CHAOS_STOP_H

#include "cli.h"

struct stop {
    enum chaos_reason what; /* POWEROFF or REBOOT */
    unsigned seconds;       /* how long to wait for the end */
    bool keep;              /* do not settle */
};

/* Those that refuse are reported and marked done. Returns an exit code. */
int stop_request(struct cli *cli, const struct stop *stop,
                 struct target *targets, size_t count);
/*
 * Wait for all that are not done, and settle each as soon as it has stopped.
 * Returns an exit code.
 */
int stop_wait(struct cli *cli, const struct stop *stop, struct target *targets,
              size_t count);

/*
 * Settle one stopped domain; prints "LABEL ID" where a new one took its place.
 * One that somebody else settled first is fine. Returns an exit code.
 */
int stop_settle(struct cli *cli, const char *label, uint32_t domid);

#endif /* CHAOS_STOP_H */
