/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * xs_known.h: names that chaos gave to domains on XenStore, in a file of the
 * run directory.
 *
 * The daemon takes the longer for a request the more domains there are, so that
 * reading all names would cost the square of their number. What is here saves
 * that: a domain with the uuid that is written beside its id has the name that
 * is, unless another program renamed it.
 */
#ifndef LIBCHAOS_XS_KNOWN_H
#define LIBCHAOS_XS_KNOWN_H

#include <chaos/ctx.h>
#include <noxs/noxs.h>

#include "hv.h"

struct xs_known_slot {
    uint32_t used;
    uint8_t uuid[NOXS_UUID_SIZE];
    char name[NOXS_NAME_SIZE];
};

struct xs_known {
    int fd;
    struct xs_known_slot slot; /* the last one that was asked for */
};

#define XS_KNOWN_INIT                                                          \
    {                                                                          \
        .fd = -1                                                               \
    }

/* Who writes has the lock RUN_NAMES. */
int xs_known_open(struct chaos_ctx *ctx, struct xs_known *known) CHAOS_CHECK;
/* Safe on one that is not open. */
void xs_known_close(struct xs_known *known);
/* "": it has none. NULL: it is not known here. Valid until the next call. */
const char *xs_known_name(struct xs_known *known,
                          const struct hv_domain_state *state);
/* NULL: it has no name. What cannot be written is not known, which is logged.
 */
void xs_known_set(struct chaos_ctx *ctx, const struct xs_known *known,
                  uint32_t domid, const uint8_t uuid[NOXS_UUID_SIZE],
                  const char *name);

#endif /* LIBCHAOS_XS_KNOWN_H */
