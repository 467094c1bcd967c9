/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xs_daemon.h: what the guests' XenStore client stands on in its tests: events,
 * time, and a daemon that keeps the protocol unless it is told not to.
 */
#ifndef XS_DAEMON_H
#define XS_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <guest/event.h>
#include <xen/io/xs_wire.h>

#define XSD_PORT 7
#define XSD_NODES 8

/* One at a time. A test may write to all of it. */
struct xsd {
    struct xenstore_domain_interface ring;
    event_fn *handler;
    uint64_t now;
    uint32_t acted; /* what the guest was made to do, NOXS_SYSCTL_* */
    bool events_on;
    /* What the daemon has yet to say, and how much of it at a time. */
    char out[65536];
    size_t out_len, out_at, chunk;
    bool serves;  /* takes requests off the ring */
    bool answers; /* and answers them */
    struct {
        char path[1100], value[600];
        bool used;
    } nodes[XSD_NODES];
    char watched[8][2][1100]; /* path, token */
    unsigned int nr_watched;
    unsigned int requests;
    uint32_t last_id;
};
extern struct xsd xsd;

/* As new, at the start of a guest. */
void xsd_reset(void);
void xsd_set(const char *path, const char *value);
const char *xsd_value(const char *path);
/* A watch fires; the guest hears of it with xsd_events(). */
void xsd_fire(const char *path, const char *token);
/* Until it has said everything; as an event would have it. */
void xsd_events(void);
/* A message, of whatever kind. */
void xsd_say(uint32_t type, uint32_t id, const void *data, size_t len);

#endif /* XS_DAEMON_H */
