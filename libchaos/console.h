/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * console.h: a console that is attached, alone or in a set.
 */
#ifndef LIBCHAOS_CONSOLE_H
#define LIBCHAOS_CONSOLE_H

#include <chaos/console.h>
#include <noxs/console.h>

#include "domain.h"
#include "host.h"

struct chaos_console {
    struct chaos_ctx *ctx; /* borrowed from the caller */
    uint32_t domid;
    struct device_link link;
    struct noxs_console *page;
    uint32_t out_cons;
    uint32_t in_prod;
    struct chaos_consoles *set; /* borrowed; NULL: it is alone */
    void *arg;                  /* of chaos_consoles_add */

    /* By way of xenconsoled: nothing of the above but ctx and domid. */
    struct host *host; /* borrowed from the context; NULL: it is not */
    struct host_terminal terminal;
};

/* console.c: attach with a handle that is the set's, or NULL for one's own. */
int console_attach(struct chaos_ctx *ctx, uint32_t domid, struct hv_evtchn *ev,
                   struct chaos_console **con_out) CHAOS_CHECK;
int console_attach_alone(struct chaos_ctx *ctx, uint32_t domid,
                         struct chaos_console **con_out) CHAOS_CHECK;
/* consoles.c: it is about to be closed. */
void consoles_forget(struct chaos_consoles *set,
                     const struct chaos_console *con);

/* console_pty.c: the functions of these names of one by way of xenconsoled. */
void pty_close(struct chaos_console *con);
ssize_t pty_read(struct chaos_console *con, void *buf, size_t len);
ssize_t pty_write(struct chaos_console *con, const void *buf, size_t len);

#endif /* LIBCHAOS_CONSOLE_H */
