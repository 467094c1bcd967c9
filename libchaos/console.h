/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * console.h: a console that is attached, alone or in a set.
 */
#ifndef LIBCHAOS_CONSOLE_H
#define LIBCHAOS_CONSOLE_H

#include <noxs/console.h>

#include "domain.h"

struct chaos_console {
    struct chaos_ctx *ctx; /* borrowed from the caller */
    struct device_link link;
    struct noxs_console *page;
    uint32_t out_cons;
    uint32_t in_prod;
    struct chaos_consoles *set; /* borrowed; NULL: it is alone */
    void *arg;                  /* of chaos_consoles_add */
};

/* console.c: attach with a handle that is the set's, or NULL for one's own. */
int console_attach(struct chaos_ctx *ctx, uint32_t domid, struct hv_evtchn *ev,
                   struct chaos_console **con_out) CHAOS_CHECK;
/* consoles.c: it is about to be closed. */
void consoles_forget(struct chaos_consoles *set,
                     const struct chaos_console *con);

#endif /* LIBCHAOS_CONSOLE_H */
