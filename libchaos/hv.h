/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * hv.h: the seam to the hypervisor: every operation libchaos uses.
 *
 * One real implementation (hv_xen*.c, the only file that includes Xen's tool
 * libraries) and one in-process model for unit tests and fault injection
 * (tests/unit/hv_model.c). All functions return 0 or -errno, as the hypervisor
 * said it; texts are added above the seam. A frame is a machine frame of a PV guest,
 * and of a PVH guest a page of its own (a guest frame).
 */
#ifndef LIBCHAOS_HV_H
#define LIBCHAOS_HV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <noxs/noxs.h>

#define HV_PAGE_SHIFT 12
#define HV_PAGE_SIZE 4096u

struct hv;
struct hv_evtchn; /* a set of dom0's event channels with one fd */

/* As many grant frames as this Xen gives a domain at most. */
#define HV_FRAMES_DEFAULT 0xffffffffu

struct hv_domain_spec {
    uint8_t uuid[NOXS_UUID_SIZE];
    unsigned vcpus;
    unsigned evtchn_max; /* highest port the guest may use */
    unsigned grant_frames;
    unsigned maptrack_frames;
    bool pvh; /* else PV */
};

struct hv_domain_state {
    uint32_t domid;
    uint8_t uuid[NOXS_UUID_SIZE];
    bool running, blocked, paused, stopped, dying, hvm;
    unsigned reason;
    unsigned vcpus;
    uint64_t pages;
    uint64_t max_pages;
    uint64_t cpu_time_ns;
    uint64_t shared_info_frame;
};

/* How the first vCPU of a 64-bit PV guest starts. Addresses are the guest's. */
struct hv_start {
    uint64_t entry;
    uint64_t stack;
    uint64_t start_info;
    uint64_t top_table_frame; /* L4 */
};

/* The same of a PVH guest: 32-bit, without paging. */
struct hv_start_pvh {
    uint64_t entry;
    uint64_t start_info;
    unsigned vcpus; /* that it has; the others wait to be started by it */
};

/* Where a PVH guest finds what a PV guest has in its start_info; 0: nothing */
struct hv_rings {
    uint64_t console_frame, store_frame;
    uint32_t console_port, store_port;
};

struct hv_host {
    unsigned xen_major, xen_minor;
    char xen_extra[16];
    unsigned cpus;
    uint64_t total_pages, free_pages, scrub_pages;
    bool pvh; /* its processors can run PVH guests */
};

struct hv_ops {
    void (*close)(struct hv *hv);

    int (*host)(struct hv *hv, struct hv_host *host_out);
    /* Frames of dom0's own grant table: how many it has, and may have. */
    int (*grant_frames)(struct hv *hv, unsigned *frames_out, unsigned *max_out);

    /* Domains. */
    int (*domain_create)(struct hv *hv, const struct hv_domain_spec *spec,
                         uint32_t *domid_out);
    int (*domain_destroy)(struct hv *hv, uint32_t domid);
    /* Replace the uuid it was created with (hv_domain_state.uuid). */
    int (*domain_handle)(struct hv *hv, uint32_t domid,
                         const uint8_t uuid[NOXS_UUID_SIZE]);
    int (*domain_pause)(struct hv *hv, uint32_t domid);
    int (*domain_unpause)(struct hv *hv, uint32_t domid);
    int (*domain_vcpus)(struct hv *hv, uint32_t domid, unsigned vcpus);
    /* Hard affinity of one vCPU; map has `cpus` bits. */
    int (*domain_affinity)(struct hv *hv, uint32_t domid, unsigned vcpu,
                           const uint64_t *map, unsigned cpus);
    /*
     * Up to `count` domains with id >= first, ascending. Returns how many.
     */
    int (*domain_states)(struct hv *hv, uint32_t first, unsigned count,
                         struct hv_domain_state *states_out);

    /* Memory. */
    int (*memory_max)(struct hv *hv, uint32_t domid, uint64_t kb);
    /*
     * Give the domain `count` extents of 1 << order pages, the i-th at guest
     * page first + (i << order); frames_out[i] is its first frame. Returns how
     * many were given, perhaps fewer than count.
     */
    int (*memory_populate)(struct hv *hv, uint32_t domid, uint64_t first,
                           unsigned order, unsigned count,
                           uint64_t *frames_out);
    /* Map frames of the domain, writable, in their order. */
    int (*map)(struct hv *hv, uint32_t domid, const uint64_t *frames,
               size_t count, void **addr_out);
    void (*unmap)(struct hv *hv, void *addr, size_t count);

    /* Start of a PV guest. */
    int (*hypercall_page)(struct hv *hv, uint32_t domid, uint64_t frame);
    /*
     * Pin the page tables and set the first vCPU. Nothing of them may be
     * mapped writable by then.
     */
    int (*vcpu_start)(struct hv *hv, uint32_t domid,
                      const struct hv_start *start);

    /* Start of a PVH guest. */

    /* Pages for Xen's own tables of the guest's memory, of which it has 256. */
    int (*paging_pages)(struct hv *hv, uint32_t domid, unsigned pages);
    int (*pvh_rings)(struct hv *hv, uint32_t domid,
                     const struct hv_rings *rings);
    /* Set the first vCPU, and the memory types of all. */
    int (*pvh_start)(struct hv *hv, uint32_t domid,
                     const struct hv_start_pvh *start);

    /* A port of the guest that dom0 may bind. */
    int (*evtchn_alloc)(struct hv *hv, uint32_t domid, uint32_t *port_out);

    /*
     * Grant dom0 a guest's rings for console and XenStore, under the
     * references that are kept for them.
     */
    int (*grant_rings)(struct hv *hv, uint32_t domid, uint64_t console_frame,
                       uint64_t store_frame);

    /* The noxs hypercall; sizes in bytes; buf may be NULL with size 0. */
    int (*noxs)(struct hv *hv, unsigned cmd, void *arg, size_t arg_size,
                void *buf, size_t buf_size);

    /* Event channels of dom0. */
    int (*evtchn_open)(struct hv *hv, struct hv_evtchn **ev_out);
    void (*evtchn_close)(struct hv_evtchn *ev); /* closes its ports */
    int (*evtchn_fd)(const struct hv_evtchn *ev);
    /* Bind to a guest's port. -EINVAL: it is bound already, or none. */
    int (*evtchn_bind)(struct hv_evtchn *ev, uint32_t domid,
                       uint32_t remote_port, uint32_t *port_out);
    int (*evtchn_unbind)(struct hv_evtchn *ev, uint32_t port);
    /* A channel from dom0 to itself, for NOXS_OP_WATCH. */
    int (*evtchn_loop)(struct hv_evtchn *ev, uint32_t *port_out);
    int (*evtchn_notify)(struct hv_evtchn *ev, uint32_t port);
    /* A port that rang, unmasked again. -EAGAIN: none. Never blocks. */
    int (*evtchn_pending)(struct hv_evtchn *ev, uint32_t *port_out);
};

/* Every implementation's first member. */
struct hv {
    const struct hv_ops *ops;
};

/* hv_xen.c: -ENOENT not a Xen host, -EACCES or -EPERM no privilege. */
int hv_xen_open(struct hv **hv_out);

#endif /* LIBCHAOS_HV_H */
