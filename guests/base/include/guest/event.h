/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * event.h: event channels.
 *
 * A port is masked until it has a handler. Handlers run with events off. A
 * port below EVENT_MAX can have one (-ENOSPC otherwise).
 */
#ifndef GUEST_EVENT_H
#define GUEST_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#define EVENT_MAX 64

typedef void event_fn(uint32_t port, void *arg);

/* Handle a port that exists; one that is pending is delivered at once. */
int event_bind(uint32_t port, event_fn *fn, void *arg);
/* No more handler; the port stays. */
void event_unbind(uint32_t port);
/* Tell the other end. */
int event_notify(uint32_t port);

/*
 * With events off, and so in handlers, too: sleep until somebody rings, or the
 * time has come. It is taken as rung, perhaps for nothing: its handler may not
 * be called for what came before.
 */
void event_poll(uint32_t port, uint64_t until);

/* New ports: for `domid` to bind, joined to another's, or for a VIRQ. */
int event_alloc(uint16_t domid, uint32_t *port_out);
int event_connect(uint16_t domid, uint32_t remote, uint32_t *port_out);
int event_virq(uint32_t virq, uint32_t *port_out);
int event_close(uint32_t port);

/* Events off; returns whether they were on, for events_restore. */
bool events_disable(void);
void events_enable(void);
void events_restore(bool on);

/*
 * With events off: turn them on and sleep until one came. They are on when it
 * returns.
 */
void event_block(void);

/* Sleep until cond, which event handlers bring about. */
#define event_wait(cond)                                                       \
    do {                                                                       \
        events_disable();                                                      \
        while (!(cond)) {                                                      \
            event_block();                                                     \
            events_disable();                                                  \
        }                                                                      \
        events_enable();                                                       \
    } while (0)

#endif /* GUEST_EVENT_H */
