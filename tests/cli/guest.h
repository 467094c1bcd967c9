/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest.h: what the model's guests do when dom0 rings or starts them.
 */
#ifndef TESTS_CLI_GUEST_H
#define TESTS_CLI_GUEST_H

#include <stdbool.h>
#include <stdint.h>

struct guest {
    bool deaf;           /* takes no request */
    bool slow;           /* acknowledges a request and does not obey */
    unsigned reason;     /* why it stops on a request, if not as asked */
    bool own_reason;     /* `reason` counts */
    const char *says;    /* what it writes when it starts; then it stops */
    unsigned stops_with; /* and why */
    char heard[256];     /* what came in by its console */
    unsigned requests;
};
extern struct guest guest;

/* All guests of the model behave as `guest` says, from now on. */
void guest_install(void);

#endif /* TESTS_CLI_GUEST_H */
