/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * store_model.h: XenStore inside the test's own process, behind
 * libchaos/store.h, with the xenconsoled and the back ends that watch it.
 *
 * It defines store_xen_open(), so libchaos links unchanged. It shares the
 * faults and hooks of hv_model.h: each request is counted with the
 * hypervisor's operations. A transaction fails if anything at all was changed
 * beside it.
 */
#ifndef STORE_MODEL_H
#define STORE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "store.h"

/* What xenconsoled calls the console of each domain. */
#define MODEL_TERMINAL "/dev/pts/7"

/* What a test may change at any time; model_store_reset() sets the defaults. */
struct store_knobs {
    int open_error; /* what store_xen_open fails with (ENOENT); 0: it works */
    bool dead;      /* the daemon went: all handles are useless */
    unsigned conflicts; /* so many commits more fail with -EAGAIN */
    bool no_consoled;   /* nobody takes up consoles */
};
extern struct store_knobs store_knobs;

/* No nodes but those that are always there; model_reset() does so. */
void model_store_reset(void);
/* What is alive. */
unsigned model_stores(void); /* handles of store_xen_open */
unsigned model_store_nodes(void);
unsigned model_store_watches(void);
unsigned model_store_domains(void); /* introduced */
/* Requests and transactions since the reset. */
unsigned model_store_calls(void);

/* The value of a node; NULL: there is none. */
const char *model_store_value(const char *path);
/* All nodes, one on a line with value and permissions, sorted; free() it. */
char *model_store_text(void);
/* Its permissions, as "n0 r5"; NULL: there is no such node. */
const char *model_store_permissions(const char *path);
/* Another program writes, with those watching told; NULL: removes. */
void model_store_set(const char *path, const char *value);
/* Xen tells the daemon that some domain stopped or went. */
void model_store_exits(void);

#endif /* STORE_MODEL_H */
