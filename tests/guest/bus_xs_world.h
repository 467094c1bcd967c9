/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bus_xs_world.h: what devices in XenStore stand on in their test: a store with
 * a vif's and a vbd's back end behind it, time, event channels, pages, grants.
 */
#ifndef BUS_XS_WORLD_H
#define BUS_XS_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <guest/time.h>
#include <guest/xs.h>

#define VIF "device/vif/0"
#define BACK "/local/domain/0/backend/vif/5/0"
#define VBD "device/vbd/51712"
#define VBACK "/local/domain/0/backend/vbd/5/51712"

#define WORLD_NODES 48

/* One at a time. A test may write to all of it. */
struct world {
    struct {
        char path[96], value[64];
    } nodes[WORLD_NODES];
    struct xs_watch *watches[4];
    struct timer *timer;
    uint64_t now;
    unsigned int deaf; /* front states the back end does not answer, a set */
    bool present;      /* the store */
    bool grants_held;  /* the back end does not let go of what it mapped */
    unsigned int pages, grants, ports; /* of the guest */
    unsigned int changes, notified;
    const char *list; /* names, each terminated; NULL: there is no such node */
    size_t list_len;
};
extern struct world world;

/* The value of a node, or NULL. `dir` may be NULL: then `key` is the path. */
char *world_node(const char *dir, const char *key);
void world_set(const char *dir, const char *key, const char *value);
/* The nodes below a path go. */
void world_forget(const char *dir);
/* Call those whose watches fired. */
void world_deliver(void);

#endif /* BUS_XS_WORLD_H */
