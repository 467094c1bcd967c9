/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hv_model_internal.h: what the files of the model share.
 */
#ifndef HV_MODEL_INTERNAL_H
#define HV_MODEL_INTERNAL_H

#include "hv_model.h"

#define HOST_PAGES (1ull << 20) /* 4 GiB, most of it never touched */
#define FRAME_BASE 0x100000ull  /* frames below belong to nobody */
#define DOMAINS_MAX 1024u
#define PORTS_MAX 64u /* ports a model guest uses */
#define HOST_PORTS_MAX 2048u

/* struct model_domain.port_state */
enum port_state { PORT_FREE, PORT_UNBOUND, PORT_BOUND };

struct guest_port {
    enum port_state state;
    uint32_t host_port; /* while bound */
};

struct model_domain {
    bool exists;
    struct hv_domain_state state;
    unsigned evtchn_max;
    bool started;
    unsigned affinities;
    uint64_t affinity0;
    uint64_t hypercall_frame;
    uint64_t console_frame, store_frame; /* granted to dom0; 0: not */
    struct hv_start start;
    bool pvh;
    unsigned paging_pages;
    struct hv_rings rings;
    struct hv_start_pvh start_pvh;
    struct guest_port ports[PORTS_MAX];
    uint64_t *p2m; /* owned; pfn to frame, 0: none */
    uint64_t p2m_size;
    struct noxs_page *page; /* owned */
};

struct mapping {
    struct mapping *next;
    void *addr;
    size_t count;
    uint32_t domid;
};

/* A port of dom0: leads to a guest or, for a loop, to another port of dom0. */
struct host_port {
    struct hv_evtchn *ev; /* NULL: free; borrowed */
    bool pending;
    bool loop;
    uint32_t peer; /* the other host port of a loop, or the guest's port */
    uint32_t domid;
    bool watch;
};

struct hv_evtchn {
    int fd; /* an eventfd that is readable while a port is pending */
};

enum frame_type { FRAME_PLAIN, FRAME_SHARED, FRAME_TABLE };

struct frame {
    uint16_t owner; /* domain id + 1; 0: free */
    uint8_t type;
};

struct model {
    int memory_fd;
    uint8_t *memory;      /* all frames in a row */
    struct frame *frames; /* HOST_PAGES of them */
    uint64_t frames_used;
    uint64_t next_frame;          /* where the allocator looks first */
    struct model_domain *domains; /* DOMAINS_MAX of them */
    uint32_t next_domid;
    struct mapping *mappings;
    struct host_port host_ports[HOST_PORTS_MAX]; /* port 0 is not used */
    unsigned handles, event_handles;
    struct noxs_exit exits[MODEL_EXITS_MAX];
    uint64_t exit_seq; /* records written so far */
    unsigned operations, fail_at;
    int fail_error;
    bool failed;
    const char *failed_name;
    const char *why;
    model_hook_fn *hook;
    void *hook_arg;
    model_guest_fn *guest;
    void *guest_arg;
};
extern struct model model;

/* hv_model.c */

/* NULL where there is none. */
struct model_domain *model_get(uint32_t domid);
/* A domain, paused and without memory; NULL: there are too many. */
struct model_domain *model_domain_new(void);
/* Its ports close and its name is free; it goes when nobody maps its pages. */
void model_domain_kill(struct model_domain *d);

/* hv_model_fault.c */
/* Count an operation: 0, or the error it is to fail with. */
int model_enter(const char *name);
/* Call the hook, and return rc. */
int model_leave(const char *name, int rc);
/* Remember why, and return rc. */
int model_refuse(int rc, const char *why);

/* hv_model_memory.c */
void model_memory_init(void);
void model_memory_free(void);
/* One frame for Xen's own use on behalf of a domain. */
uint64_t model_frame_take(uint32_t domid, enum frame_type type);
/* The host's frame of one of the domain's as the seam has it. */
uint64_t model_frame_of(uint32_t domid, uint64_t frame);
/* Free a dying domain's frames; false: some are mapped still. */
bool model_frames_release(uint32_t domid);
int model_memory_max(struct hv *hv, uint32_t domid, uint64_t kb);
int model_populate(struct hv *hv, uint32_t domid, uint64_t first,
                   unsigned order, unsigned count, uint64_t *frames_out);
int model_map(struct hv *hv, uint32_t domid, const uint64_t *frames,
              size_t count, void **addr_out);
void model_unmap(struct hv *hv, void *addr, size_t count);

/* hv_model_start.c */
int model_hypercall_page(struct hv *hv, uint32_t domid, uint64_t frame);
int model_grant_rings(struct hv *hv, uint32_t domid, uint64_t console_frame,
                      uint64_t store_frame);
int model_vcpu_start(struct hv *hv, uint32_t domid,
                     const struct hv_start *start);

/* hv_model_pvh.c */
int model_paging_pages(struct hv *hv, uint32_t domid, unsigned pages);
int model_pvh_rings(struct hv *hv, uint32_t domid,
                    const struct hv_rings *rings);
int model_pvh_start(struct hv *hv, uint32_t domid,
                    const struct hv_start_pvh *start);

/* hv_model_event.c */
void model_ports_release(uint32_t domid);
void model_watchers_ring(void);
int model_evtchn_alloc(struct hv *hv, uint32_t domid, uint32_t *port_out);
int model_evtchn_open(struct hv *hv, struct hv_evtchn **ev_out);
void model_evtchn_close(struct hv_evtchn *ev);
int model_evtchn_fd(const struct hv_evtchn *ev);
int model_evtchn_bind(struct hv_evtchn *ev, uint32_t domid,
                      uint32_t remote_port, uint32_t *port_out);
int model_evtchn_unbind(struct hv_evtchn *ev, uint32_t port);
int model_evtchn_loop(struct hv_evtchn *ev, uint32_t *port_out);
int model_evtchn_notify(struct hv_evtchn *ev, uint32_t port);
int model_evtchn_pending(struct hv_evtchn *ev, uint32_t *port_out);

/* hv_model_noxs.c */
int model_noxs(struct hv *hv, unsigned cmd, void *arg, size_t arg_size,
               void *buf, size_t buf_size);
void model_log_exit(const struct model_domain *d, unsigned kind);

#endif /* HV_MODEL_INTERNAL_H */
