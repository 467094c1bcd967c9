/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * create.h: a create in progress: what its steps hand to one another.
 */
#ifndef LIBCHAOS_CREATE_H
#define LIBCHAOS_CREATE_H

#include <chaos/chaosd.h>

#include "birth.h"
#include "config.h"
#include "devices.h"
#include "pv.h"
#include "pvh.h"
#include "steps.h"

struct bus_ops;
struct create;

/* What PV and PVH guests differ in: parts of the steps of these names. */
struct create_kind {
    int (*files)(struct create *c); /* they are open: lay out the guest */
    int (*memory)(struct create *c);
    int (*image)(struct create *c, struct pv_spec *spec);
    int (*vcpu)(struct create *c);
};

struct create {
    struct chaos_ctx *ctx;          /* borrowed from the caller */
    const struct chaos_config *cfg; /* borrowed from the caller */
    struct hv *hv;                  /* borrowed from the context */
    const struct bus_ops *bus;
    uint8_t uuid[NOXS_UUID_SIZE];
    uint64_t generation;
    uint32_t done;      /* steps.c: bit n: step n of the table was done */
    struct birth birth; /* the domain's mark until it is made */
    bool host_is_full;  /* it failed for want of the host's memory */
    bool lives;         /* it runs already, and is given devices */

    /* A shell is made, and its images must be these; NULL: a VM is made. */
    const struct chaosd_shape *shape;
    /* The VM is made of a shell, which has these vifs; NULL: it has none yet */
    const struct vif *made;

    struct elf_image image;
    int ramdisk_fd;
    uint64_t ramdisk_size;
    uint32_t domid;
    uint32_t sysctl_port; /* noxs */
    uint32_t store_port;  /* XenStore; 0: the VM has another bus */
    uint32_t console_port;
    struct pv_memory memory;
    struct pv_layout layout;
    struct pvh_layout pvh_layout;
    /* Known once the image is loaded. */
    uint64_t start_info_frame, console_frame;
    uint64_t sysctl_frame; /* noxs */
    uint64_t store_frame;  /* XenStore */
    struct devices devices;
};

/* create.c: generation is 1 for a new uuid. */
int chaos__create(struct chaos_ctx *ctx, const struct chaos_config *cfg,
                  uint64_t generation, uint32_t *domid_out) CHAOS_CHECK;

#define CREATE_INIT(ctx_, cfg_)                                                \
    {                                                                          \
        .ctx = (ctx_), .cfg = (cfg_), .domid = CHAOS_DOMID_NONE,               \
        .image.fd = -1, .ramdisk_fd = -1,                                      \
    }

/*
 * create.c: what comes before the first step of PREPARE: a uuid, a mark, memory
 * for it on this host.
 */
int create_begin(struct create *c, enum birth_kind kind) CHAOS_CHECK;
/* create.c: after a failure everything of the domain is gone. */
int create_steps_run(struct create *c, unsigned kinds) CHAOS_CHECK;
void create_undo(struct create *c);
/* create.c: what this process has of it. */
void create_dispose(struct create *c);

/* create_image.c */
const struct create_kind *create_kind(const struct create *c);
/* Steps. */
int create_open_files(struct create *c);
void create_close_files(struct create *c);
int create_build_image(struct create *c);
int create_set_vcpu(struct create *c);
int create_set_cmdline(struct create *c);

/* create_pvh.c */
extern const struct create_kind create_kind_pvh;

/* create_steps.c */
extern const struct step create_steps[];
extern const size_t create_step_count;

/* record.c: what the hypervisor cannot hold, under the run directory. */
int record_write(struct chaos_ctx *ctx, uint32_t domid,
                 const uint8_t uuid[NOXS_UUID_SIZE],
                 const struct chaos_config *cfg) CHAOS_CHECK;
/* The record of the domain with that id and uuid. -ENOENT: there is none. */
int record_read(struct chaos_ctx *ctx, uint32_t domid,
                const uint8_t uuid[NOXS_UUID_SIZE],
                struct chaos_config **cfg_out) CHAOS_CHECK;
void record_remove(struct chaos_ctx *ctx, uint32_t domid);
/*
 * Change a record in two steps, so that nothing can fail late: stage writes the
 * new one beside the old, which commit replaces at once; or abort.
 */
int record_stage(struct chaos_ctx *ctx, uint32_t domid,
                 const uint8_t uuid[NOXS_UUID_SIZE],
                 const struct chaos_config *cfg) CHAOS_CHECK;
int record_commit(struct chaos_ctx *ctx, uint32_t domid) CHAOS_CHECK;
void record_abort(struct chaos_ctx *ctx, uint32_t domid);
/*
 * Blocks until no other program changes this domain's record and devices. They
 * do so for moments, or as long as a vif's hook runs; never do they hold the
 * lock while they wait for a guest to let go of something.
 */
int record_edit_lock(struct chaos_ctx *ctx, uint32_t domid,
                     int *fd_out) CHAOS_CHECK;
/*
 * Blocks until no other program settles this domain, which takes as long as to
 * make one.
 */
int record_settle_lock(struct chaos_ctx *ctx, uint32_t domid,
                       int *fd_out) CHAOS_CHECK;
/*
 * Lock out other programs from a domain's sysctl device while the descriptor is
 * open. -EBUSY: another has it.
 */
int record_lock(struct chaos_ctx *ctx, uint32_t domid, int *fd_out) CHAOS_CHECK;

#endif /* LIBCHAOS_CREATE_H */
