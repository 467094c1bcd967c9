/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * xs_known.h: names that chaos gave to domains on XenStore, in a file of the
 * run directory that is mapped.
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

struct xs_known_slot;

struct xs_known {
    struct xs_known_slot *slots; /* mapped; one for each id */
};

/* Who writes has the lock RUN_NAMES. */
int xs_known_open(struct chaos_ctx *ctx, struct xs_known *known) CHAOS_CHECK;
/* Safe on a zeroed one. */
void xs_known_close(struct xs_known *known);
/* "": it has none. NULL: it is not known here. */
const char *xs_known_name(const struct xs_known *known,
                          const struct hv_domain_state *state);
/* NULL: it has no name. */
void xs_known_set(struct xs_known *known, uint32_t domid,
                  const uint8_t uuid[NOXS_UUID_SIZE], const char *name);

#endif /* LIBCHAOS_XS_KNOWN_H */
