/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hv_model.h: a hypervisor inside the test's own process, behind libchaos/hv.h.
 *
 * It defines hv_xen_open(), so libchaos links unchanged. There is one host per
 * process; every handle opened is a handle to it. Guest memory is real: frames
 * are pages of one memfd, and a mapping of scattered frames shows those very
 * pages in a row. The model refuses what Xen refuses (pinning above all) and
 * can be told to fail any operation.
 */
#ifndef HV_MODEL_H
#define HV_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv.h"

#define MODEL_EXITS_MAX                                                        \
    32 /* exit records kept: few, so that tests overflow                       \
        */
#define MODEL_WATCH_MAX 4

/* --- the host ------------------------------------------------------------ */

/* What a test may change at any time. model_reset() restores the defaults. */
struct model_knobs {
    int open_error;        /* what hv_xen_open fails with; 0: it works */
    bool no_noxs;          /* the noxs hypercall answers -ENOSYS */
    bool no_pvh;           /* its processors cannot */
    unsigned noxs_version; /* what it says it speaks */
    uint64_t host_pages;   /* all memory; at most the default */
    unsigned order_max;    /* larger extents are not available */
    unsigned extents_max;  /* extents one populate gives; 0: all */
    bool undestroyable;    /* domain_destroy fails, always */
};
extern struct model_knobs model_knobs;

/* An empty host with only dom0. Everything of the old one is gone. */
void model_reset(void);
/* Give up what the host holds in this process. */
void model_free(void);

/* What is alive. Compare two with memcmp(). */
struct model_counts {
    unsigned handles;       /* of hv_xen_open */
    unsigned domains;       /* dom0 included, dying ones too */
    unsigned mappings;      /* of guest pages */
    unsigned guest_ports;   /* event channels of guests */
    unsigned event_handles; /* of evtchn_open */
    unsigned host_ports;    /* event channels of dom0 */
    unsigned watches;
    unsigned names;
    unsigned hosts;  /* of host_linux_open, host_model.h */
    unsigned backs;  /* back ends */
    unsigned stores; /* of store_xen_open, store_model.h */
    unsigned nodes, store_watches;
    unsigned introduced; /* domains, to XenStore */
    uint64_t frames;     /* given to guests */
};
struct model_counts model_counts(void);

/* --- faults and hooks ------------------------------------------------------
 */

/*
 * Let the n-th operation from now on (1: the next) fail with -error, once.
 * 0: none. Opening counts as an operation; those that return void do not.
 */
void model_fail(unsigned n, int error);
/* No operation is to fail any more; what is known of the last one stays. */
void model_fail_end(void);
/* Whether it came to that. */
bool model_failed(void);
/* Operations since the last model_fail(). */
unsigned model_operations(void);
/* Name of the operation that was made to fail. */
const char *model_failed_name(void);
/* Why the model refused the last thing it refused. */
const char *model_why(void);

/* Called after each operation that was carried out; NULL: none. */
typedef void model_hook_fn(void *arg, const char *operation);
void model_set_hook(model_hook_fn *fn, void *arg);

/* --- guests -----------------------------------------------------------------
 */

/* Called in the notifier's thread when dom0 rings a guest's port. */
typedef void model_guest_fn(void *arg, uint32_t domid, uint32_t port);
void model_set_guest(model_guest_fn *fn, void *arg);
/* The guest rings dom0. */
void model_ring(uint32_t domid, uint32_t port);

/* A bare domain: no memory, perhaps no name (NULL). Returns its id. */
uint32_t model_domain_add(const char *name);
/* The guest stops itself; exits are logged and watchers rung. */
void model_shutdown(uint32_t domid, unsigned reason);
/* Somebody else destroys it. */
void model_destroy(uint32_t domid);

/* What a test may look at. */
struct model_view {
    bool exists, paused, dying, stopped, started;
    unsigned vcpus;
    unsigned affinities; /* vCPUs whose affinity was set */
    uint64_t affinity0;  /* the last map's first word */
    uint64_t pages, max_pages;
    uint64_t shared_info_frame;
    uint64_t hypercall_frame; /* 0: none */
    struct hv_start start; /* PV */
    /* PVH */
    bool pvh;
    unsigned paging_pages;
    struct hv_rings rings;
    struct hv_start_pvh start_pvh;
    const struct noxs_page *page;
};
struct model_view model_view(uint32_t domid);

/* The page of a frame, or NULL where there is no such frame. */
void *model_frame(uint64_t frame);
/* The frame of a domain's page; asserts that it has one. */
uint64_t model_p2m(uint32_t domid, uint64_t pfn);
/* The memory of a frame as the seam has it: a PVH guest's is its own page. */
void *model_page(uint32_t domid, uint64_t frame);
/* Which domain has a frame; -1: none. */
int model_owner(uint64_t frame);
/*
 * What the domain's page tables make of an address: the entry of level 1, or 0
 * where one is not present. `flags_out` may be NULL and gets the conjunction of
 * the upper levels' flags.
 */
uint64_t model_walk(uint32_t domid, uint64_t addr, uint64_t *flags_out);
/* A device of a domain, or NULL. */
const struct noxs_device *model_device(uint32_t domid, uint32_t type);
/* That device's control page. */
void *model_control(uint32_t domid, uint32_t type);

#endif /* HV_MODEL_H */
