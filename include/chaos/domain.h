/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * chaos/domain.h: make, find, change and end VMs (domains).
 *
 * All functions need a Xen host with noxs, or with XenStore's daemon, and the
 * privileges of dom0's root (-ENOENT, -EACCES, -EPERM, -ENOSYS otherwise).
 * -ESRCH: there is no such domain. Calls are hypercalls, which return within
 * microseconds, or ask XenStore's daemon about a VM that is on XenStore, except
 * where "blocks" is said.
 */
#ifndef CHAOS_DOMAIN_H
#define CHAOS_DOMAIN_H

#include <stdbool.h>

#include <chaos/config.h>
#include <noxs/noxs.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Create a domain and start it, unless the configuration says `paused`. On
 * failure nothing of it is left. -EEXIST: the name is taken, or with XenStore
 * the uuid. Blocks while the hooks of its vifs run. What can be wrong with vifs
 * and vbds is said at chaos_vif_attach (chaos/device.h).
 */
int chaos_domain_create(struct chaos_ctx *ctx, const struct chaos_config *cfg,
                        uint32_t *domid_out) CHAOS_CHECK;

/*
 * End it at once, whatever it is doing, its vifs and vbds, and drop its record.
 * Blocks while the hooks of its vifs run, and some milliseconds for each vif;
 * of a VM that xl made, while xl's scripts undo what they set up for its
 * devices (40 s each at most; one that fails is logged).
 */
int chaos_domain_destroy(struct chaos_ctx *ctx, uint32_t domid) CHAOS_CHECK;

int chaos_domain_pause(struct chaos_ctx *ctx, uint32_t domid) CHAOS_CHECK;
int chaos_domain_unpause(struct chaos_ctx *ctx, uint32_t domid) CHAOS_CHECK;

/*
 * -EEXIST: the name is taken. -EINVAL: it is no name (docs/config.md). -EBUSY:
 * the domain is still being made.
 */
int chaos_domain_rename(struct chaos_ctx *ctx, uint32_t domid,
                        const char *name) CHAOS_CHECK;

/* Why a domain stopped, or was asked to: Xen's SHUTDOWN_* numbers. */
enum chaos_reason {
    CHAOS_REASON_POWEROFF = 0,
    CHAOS_REASON_REBOOT = 1,
    CHAOS_REASON_SUSPEND = 2,
    CHAOS_REASON_CRASH = 3,
    CHAOS_REASON_WATCHDOG = 4,
    CHAOS_REASON_SOFT_RESET = 5,
};
/* "poweroff", "reboot", ...; "unknown" for any other number. */
const char *chaos_reason_name(unsigned reason);

/*
 * Ask the guest, through its sysctl device or its node control/shutdown in
 * XenStore, to power off, reboot, suspend or crash. Blocks until it
 * acknowledges, at most timeout_ms: -ETIMEDOUT. -ESHUTDOWN: it ended without an
 * answer. -EBUSY: another program is talking to its sysctl device. -EOPNOTSUPP:
 * it has neither, or its guest does not know the request.
 */
int chaos_domain_request(struct chaos_ctx *ctx, uint32_t domid,
                         enum chaos_reason what,
                         unsigned timeout_ms) CHAOS_CHECK;

/*
 * Block until the domain has stopped or is gone, at most timeout_ms
 * (-ETIMEDOUT). *reason_out is why it stopped; -ESRCH: it was destroyed.
 */
int chaos_domain_wait(struct chaos_ctx *ctx, uint32_t domid,
                      unsigned timeout_ms, unsigned *reason_out) CHAOS_CHECK;

/*
 * Block until the guest reports that it is up, at most timeout_ms: -ETIMEDOUT.
 * -ESHUTDOWN: it ended without having been. A guest on XenStore reports it by
 * its node data/up: the host's time in nanoseconds, in digits.
 */
int chaos_domain_wait_up(struct chaos_ctx *ctx, uint32_t domid,
                         unsigned timeout_ms) CHAOS_CHECK;

/*
 * Do with a stopped domain what its configuration says for the reason
 * (on_poweroff, on_reboot, on_crash): destroy it, restart it (a new domain of
 * the same name, uuid and configuration; *domid_out is its id) or keep it
 * (*domid_out is the old id). *domid_out is CHAOS_DOMID_NONE when it is gone.
 * One that xl made is left to xl: it counts as kept. A restart whose kernel
 * cannot be read leaves the stopped domain as it is; one that fails later has
 * lost it, and the text says why. One program does it for a domain: another
 * that comes meanwhile waits (blocks) and then finds nothing left to do:
 * -ESRCH, or 0 for one that is kept.
 */
#define CHAOS_DOMID_NONE 0xffffffffu
int chaos_domain_settle(struct chaos_ctx *ctx, uint32_t domid,
                        uint32_t *domid_out) CHAOS_CHECK;

/*
 * Keep a domain when it powers off, whatever its configuration says; this
 * becomes its configuration.
 */
int chaos_domain_keep(struct chaos_ctx *ctx, uint32_t domid) CHAOS_CHECK;

/* A domain of that name, or whose id it is in decimal digits. -ESRCH. */
int chaos_domain_lookup(struct chaos_ctx *ctx, const char *name_or_id,
                        uint32_t *domid_out) CHAOS_CHECK;

/* How a domain knows of its devices, and is asked for things. */
enum chaos_bus {
    CHAOS_BUS_NONE = 0, /* it has none: dom0, or one that is made or ends */
    CHAOS_BUS_NOXS = 1,
    CHAOS_BUS_XENSTORE = 2,
};
/* "noxs", "xenstore"; NULL: none. */
const char *chaos_bus_name(enum chaos_bus bus);

struct chaos_domain_info {
    uint32_t domid;
    uint8_t uuid[NOXS_UUID_SIZE];
    char name[NOXS_NAME_SIZE]; /* "": it has none */
    enum chaos_bus bus;
    uint64_t generation; /* restarts make it grow; 0: not known */
    uint32_t devices;    /* in its device page */
    bool running;        /* on a CPU or ready to */
    bool blocked;        /* waiting for an event */
    bool paused;         /* by the toolstack */
    bool stopped;        /* it shut down; `reason` says why */
    bool dying;          /* being destroyed */
    bool hvm;            /* HVM or PVH rather than PV */
    bool building;       /* a shell, or a VM being made (chaos/shell.h) */
    unsigned reason;
    unsigned vcpus;
    uint64_t memory_kb;
    uint64_t max_memory_kb;
    uint64_t cpu_time_ns;
};

int chaos_domain_info(struct chaos_ctx *ctx, uint32_t domid,
                      struct chaos_domain_info *info_out) CHAOS_CHECK;
/* All domains in ascending order of id, dom0 first; free() the array. */
int chaos_domain_list(struct chaos_ctx *ctx,
                      struct chaos_domain_info **infos_out,
                      size_t *count_out) CHAOS_CHECK;

/*
 * Its devices as in its device page. devices has room for NOXS_DEV_MAX.
 * Returns how many there are.
 */
int chaos_domain_devices(struct chaos_ctx *ctx, uint32_t domid,
                         struct noxs_device *devices) CHAOS_CHECK;

/*
 * What the guest says of itself on its sysctl page, one NOXS_STATE_* of
 * noxs/sysctl.h, and its exit code; or, with XenStore, that it is up.
 * -EOPNOTSUPP: it has no sysctl device, or said nothing in XenStore.
 */
struct chaos_guest_state {
    uint32_t state;
    uint32_t exit_code;
    uint64_t up_time_ns;
};
int chaos_domain_guest_state(struct chaos_ctx *ctx, uint32_t domid,
                             struct chaos_guest_state *state_out) CHAOS_CHECK;

/* The configuration it was made from, for restart or display. -ENOENT. */
int chaos_domain_config(struct chaos_ctx *ctx, uint32_t domid,
                        struct chaos_config **cfg_out) CHAOS_CHECK;

struct chaos_host_info {
    unsigned xen_major, xen_minor;
    char xen_extra[16];
    uint32_t noxs_version; /* 0: this Xen has no noxs */
    unsigned cpus;
    uint64_t total_kb;
    uint64_t free_kb;  /* given to no domain; includes scrub_kb */
    uint64_t scrub_kb; /* free, but not yet wiped */
};
/* Works on a Xen without noxs, too. */
int chaos_host_info(struct chaos_ctx *ctx,
                    struct chaos_host_info *info_out) CHAOS_CHECK;

/* What the hypervisor has a fixed number of, beside memory. */
struct chaos_host_limits {
    uint32_t domains;          /* ids, dom0's included */
    uint32_t grant_frames;     /* dom0's grant table: how large it is */
    uint32_t grant_frames_max; /* and may grow */
    uint32_t grants_per_frame;
    uint32_t watches; /* of exits, at once; 0: this Xen has no noxs */
};
/* Works on a Xen without noxs, too. */
int chaos_host_limits(struct chaos_ctx *ctx,
                      struct chaos_host_limits *limits_out) CHAOS_CHECK;

#ifdef __cplusplus
}
#endif

#endif /* CHAOS_DOMAIN_H */
