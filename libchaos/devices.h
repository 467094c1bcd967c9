/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * devices.h: the vifs and vbds of a configuration on their way into a domain.
 *
 * Creating a domain and attaching to a living one take the same way: find what
 * the host must have (bridges, disks), make the guest's ports, make the back
 * ends, and write all of them to the device page at once.
 */
#ifndef LIBCHAOS_DEVICES_H
#define LIBCHAOS_DEVICES_H

#include "config.h"
#include "host.h"
#include "hv.h"

struct vif {
    const struct config_vif *cfg; /* borrowed from the configuration */
    unsigned index;               /* of vifs[], for messages */
    uint32_t id;
    uint32_t evtchn;
    uint32_t bridge; /* its interface's number; 0: none */
    uint32_t ifindex;
    uint16_t mtu;
    uint8_t mac[6];
    char ifname[HOST_IFNAME_SIZE];
    struct noxs_device device;
    bool online; /* its hook was told so */
};

struct vbd {
    const struct config_vbd *cfg; /* borrowed from the configuration */
    unsigned index;               /* of vbds[], for messages */
    uint32_t id;
    uint32_t evtchn;
    int fd; /* of the block device; -1: not open */
    struct noxs_device device;
};

/* Nothing of it is made, and nothing opened, where there are no devices. */
struct devices {
    struct host *host; /* borrowed from the context */
    struct vif *vifs;
    unsigned vif_count;
    struct vbd *vbds;
    unsigned vbd_count;
};

/* devices.c */

/*
 * For the devices of a checked configuration; ids count from 0 for vifs and are
 * the disk's number for vbds. `taken`: slots of the device page in use.
 */
int devices_init(struct chaos_ctx *ctx, const struct chaos_config *cfg,
                 unsigned taken, struct devices *d) CHAOS_CHECK;
/* Safe on a zeroed one. Closes the disks; back ends keep theirs. */
void devices_dispose(struct devices *d);
/* The device page's entries; out has room for all. Returns how many. */
unsigned devices_entries(const struct devices *d, struct noxs_device *out);

int devices_make_ports(struct chaos_ctx *ctx, struct hv *hv, uint32_t domid,
                       struct devices *d) CHAOS_CHECK;

/* Each makes all or none; unmake after a make that succeeded. */
int devices_find_bridges(struct chaos_ctx *ctx, struct devices *d) CHAOS_CHECK;
int devices_make_vifs(struct chaos_ctx *ctx, uint32_t domid,
                      const uint8_t uuid[NOXS_UUID_SIZE],
                      struct devices *d) CHAOS_CHECK;
/*
 * The same out of the vifs of a shell: made[i] becomes d->vifs[i]. After a
 * failure some are neither; the shell is destroyed then, they with it.
 */
int devices_finalise_vifs(struct chaos_ctx *ctx, uint32_t domid,
                          const uint8_t uuid[NOXS_UUID_SIZE],
                          const struct vif *made,
                          struct devices *d) CHAOS_CHECK;
/* The hooks, in their order; those that ran are told "offline" on failure. */
int devices_online_vifs(struct chaos_ctx *ctx, uint32_t domid,
                        struct devices *d) CHAOS_CHECK;
/* Tell those that are online. */
void devices_offline_vifs(struct chaos_ctx *ctx, uint32_t domid,
                          struct devices *d);
/* Offline as well, whoever is not yet. */
void devices_unmake_vifs(struct chaos_ctx *ctx, uint32_t domid,
                         struct devices *d);
int devices_open_disks(struct chaos_ctx *ctx, struct devices *d) CHAOS_CHECK;
void devices_close_disks(struct devices *d);
int devices_make_vbds(struct chaos_ctx *ctx, uint32_t domid,
                      struct devices *d) CHAOS_CHECK;
void devices_unmake_vbds(struct chaos_ctx *ctx, uint32_t domid,
                         struct devices *d);

/* End a back end that was made; a failure is logged. */
void device_unmake(struct chaos_ctx *ctx, struct host *host, uint32_t domid,
                   uint32_t type, uint32_t id);

/*
 * What a failure of a call that makes a back end means, where it is not of one
 * device: no module, another version, no memory. `what` is "vifs[0]".
 */
int device_refused(struct chaos_ctx *ctx, int rc, const char *what);

/* devices_config.c: configurations as records have them. */

/*
 * A copy of `old` with d's devices behind its own; each vif has the MAC address
 * that it was given, so that a restart has it again, and it is found by it.
 */
int devices_config_add(struct chaos_ctx *ctx, const struct chaos_config *old,
                       const struct devices *d,
                       struct chaos_config **copy_out) CHAOS_CHECK;
/* A copy without the configuration of `device`; *copy_out is NULL: not there */
int devices_config_drop(struct chaos_ctx *ctx, const struct chaos_config *old,
                        const struct noxs_device *device,
                        struct chaos_config **copy_out) CHAOS_CHECK;
/* What a device of the device page was made from; NULL: that is not known. */
const struct config_vif *devices_config_vif(const struct chaos_config *cfg,
                                            const struct noxs_device *device);
const struct config_vbd *devices_config_vbd(const struct chaos_config *cfg,
                                            const struct noxs_device *device);

/* devices_end.c: the devices of a domain that ends. */

/* What is to be done about them, found out while the domain is there. */
struct devices_left {
    bool any; /* there are back ends, or there may be */
    int count;
    struct noxs_device devices[NOXS_DEV_MAX];
    struct chaos_config *cfg; /* owned; NULL: no hook to run */
};
int devices_look(struct chaos_ctx *ctx, uint32_t domid,
                 const uint8_t uuid[NOXS_UUID_SIZE],
                 struct devices_left *left) CHAOS_CHECK;
/* Run the hooks, end the back ends; failures are logged. Frees what it has. */
void devices_end(struct chaos_ctx *ctx, uint32_t domid,
                 struct devices_left *left);
/* Nothing is done about them: the domain is still there. */
void devices_keep(struct devices_left *left);
/* A stopped domain that is kept gives its devices up for another to have. */
int devices_give_up(struct chaos_ctx *ctx, uint32_t domid,
                    const uint8_t uuid[NOXS_UUID_SIZE]) CHAOS_CHECK;

/* vif.c */
void vif_name(const struct config_vif *cfg, uint32_t domid, uint32_t id,
              char ifname_out[HOST_IFNAME_SIZE]);
int vif_find_bridge(struct chaos_ctx *ctx, struct host *host,
                    struct vif *v) CHAOS_CHECK;
/* The back end, its interface up and in its bridge; not its hook. */
int vif_make(struct chaos_ctx *ctx, struct host *host, uint32_t domid,
             const uint8_t uuid[NOXS_UUID_SIZE], struct vif *v) CHAOS_CHECK;
/* The hook, if there is one. */
int vif_hook_online(struct chaos_ctx *ctx, uint32_t domid,
                    const struct vif *v) CHAOS_CHECK;

/* Addresses to try before the host is taken to be full of them. */
#define VIF_MAC_TRIES 16u
/*
 * Locally administered, unicast; the other 46 bits come of the uuid and the id,
 * so that a VM has the same address each time. `try` counts those in use.
 */
void vif_make_mac(const uint8_t uuid[NOXS_UUID_SIZE], uint32_t id, unsigned try,
                  uint8_t mac[6]);
/* All that dom0's kernel is told of one. */
void vif_wish(const struct vif *v, uint32_t domid, struct host_vif *wish_out);
/* The failure, with text. */
int vif_cannot_join(struct chaos_ctx *ctx, int rc,
                    const struct vif *v) CHAOS_CHECK;
int vif_mac_taken(struct chaos_ctx *ctx, const struct vif *v) CHAOS_CHECK;
int vif_ifname_taken(struct chaos_ctx *ctx, const struct vif *v) CHAOS_CHECK;

/* vif_finalise.c */

/* How the vifs of a shell become those of a VM. */
struct vif_change {
    struct chaos_ctx *ctx;
    struct host *host;
    uint32_t domid;
    const uint8_t *uuid;
    /*
     * Make of its back end what `v` says in `fields` (HOST_VIF_*), and give it
     * the MAC address that it then has. A failure has text.
     */
    int (*set)(struct vif_change *change, unsigned fields, struct vif *v);
    void *arg; /* for `set` */
};

/*
 * Make what a shell has, `made`, into what the configuration asks, `v` (its
 * bridge found): what differs is changed, so that nothing is where nothing
 * does. Of `made` the configuration is not looked at: a shell's vif has no
 * limit and no address. After a failure it may be between the two, fit only to
 * be destroyed.
 */
int vif_finalise(struct vif_change *change, const struct vif *made,
                 struct vif *v) CHAOS_CHECK;
/* The `set` of noxs. */
int vif_finalise_set(struct vif_change *change, unsigned fields,
                     struct vif *v) CHAOS_CHECK;

/* vbd.c */
int vbd_open(struct chaos_ctx *ctx, struct host *host,
             struct vbd *v) CHAOS_CHECK;
void vbd_close(struct vbd *v);
/* Text: "vbds[0].target PATH: why", or without why the error's own words. */
int vbd_bad_target(struct chaos_ctx *ctx, int rc, const struct vbd *v,
                   const char *why) CHAOS_CHECK;
#define VBD_IN_USE                                                             \
    "this device is in use by another VM, a file system or a program"
int vbd_make(struct chaos_ctx *ctx, struct host *host, uint32_t domid,
             struct vbd *v) CHAOS_CHECK;

/* hook.c */

/* What a vif's hook is told. */
struct hook_call {
    const char *event; /* "online", "offline" */
    const char *ifname;
    const char *bridge; /* NULL: none */
    uint32_t domid;
    const uint8_t *mac;
};
/* Run it and wait. Its failure is an error with text: "hook PATH ...". */
int hook_run(struct chaos_ctx *ctx, const char *path,
             const struct hook_call *call) CHAOS_CHECK;
/* The same for a vif that goes; a failure is logged. NULL: no hook. */
void hook_offline(struct chaos_ctx *ctx, const struct config_vif *cfg,
                  const char *ifname, uint32_t domid, const uint8_t mac[6]);

#endif /* LIBCHAOS_DEVICES_H */
