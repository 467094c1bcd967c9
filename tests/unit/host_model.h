/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host_model.h: dom0's kernel inside the test's own process, behind
 * libchaos/host.h: back ends, bridges, loop devices.
 *
 * It defines host_linux_open(), so libchaos links unchanged. It shares the
 * faults and hooks of hv_model.h: its operations are counted with the
 * hypervisor's. A back end binds a port of the model's guest. Locks on disk
 * images are real.
 */
#ifndef HOST_MODEL_H
#define HOST_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host.h"

/* The host's bridges, and their MTU. */
#define MODEL_BRIDGE "xenbr0"
#define MODEL_BRIDGE_MTU 1400
#define MODEL_BRIDGE2 "xenbr1"
#define MODEL_BRIDGE2_MTU 1300

/* What a test may change at any time; model_host_reset() sets the defaults. */
struct host_knobs {
    int back_error;    /* what opening the module fails with; 0: it works */
    int close_error;   /* what back_close fails with */
    int destroy_error; /* what back_destroy fails with */
    bool reaps;        /* back ends go as soon as their domain does */
    bool no_loop;      /* there is no loop driver */
    unsigned macs;     /* so many MAC addresses more are in use already */
    bool no_stock;     /* Linux's own back ends are not loaded */
    bool stock_stays;  /* ... or never end */
    const char *stock_error; /* ... or say so; NULL: they work */
};
extern struct host_knobs host_knobs;

/* A back end. */
struct model_back {
    struct host_back info;
    struct host_vif vif; /* of a vif, as it was asked for; no ifname */
    uint32_t bridge;     /* it is a port of this interface; 0: none */
    bool up;
    bool readonly;
    bool stock; /* it is Linux's own, made by XenStore */
    int fd;     /* its own descriptor of the disk; -1: a vif */
    struct noxs_device device;
};

/* No back ends; model_reset() does so. */
void model_host_reset(void);
/* What is alive. */
unsigned model_hosts(void); /* handles of host_linux_open */
unsigned model_backs(void);
/* Calls of the module and of netlink since the reset. */
unsigned model_host_calls(void);
/* NULL: there is none. */
const struct model_back *model_back(uint32_t domid, uint32_t type, uint32_t id);
/* The module sees that a domain died. */
void model_host_reap(uint32_t domid);
/* A back end changes its state. */
void model_back_state(uint32_t domid, uint32_t type, uint32_t id,
                      uint32_t state);
/* It has moved so much: operations and bytes, sent and received. */
void model_back_moved(uint32_t domid, uint32_t type, uint32_t id,
                      const uint64_t counts[4]);

/*
 * xenconsoled's side of the one terminal that may be open at a time; -1: none
 * is. Hanging up closes it.
 */
int model_terminal(void);
void model_terminal_hang_up(void);

#endif /* HOST_MODEL_H */
