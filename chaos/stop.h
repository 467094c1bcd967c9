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

/* VMs that are to stop. */
struct stopping;

/*
 * From now on their ends are seen, and what chaosd does then. Those that are
 * not there any more are reported and marked done. `stop` and `targets` are
 * borrowed until the end. Returns an exit code; *s_out is NULL where nothing
 * can be watched at all.
 */
int stopping_open(struct cli *cli, const struct stop *stop,
                  struct target *targets, size_t count,
                  struct stopping **s_out);
void stopping_close(struct stopping *s);
/* Those that refuse are reported and marked done. Returns an exit code. */
int stopping_request(struct stopping *s);
/*
 * Wait for all that are not done, and see to it that each is settled as soon as
 * it has stopped. Returns an exit code.
 */
int stopping_wait(struct stopping *s);
/* Whether something is left to do that nobody else does. */
bool stopping_is_needed(const struct stopping *s);

#endif /* CHAOS_STOP_H */
