/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * host.h: the seam to dom0's kernel: back ends, links, loop devices.
 *
 * One real implementation (host_linux.c over back.c, netlink.c and loop.c) and
 * one in-process model for unit tests and fault injection
 * (tests/unit/host_model.c). All functions return 0 or -errno as the kernel
 * said it; texts are added above the seam.
 */
#ifndef LIBCHAOS_HOST_H
#define LIBCHAOS_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <noxs/noxs.h>

struct host;

#define HOST_IFNAME_SIZE 16
#define HOST_BLOCK_NAME_SIZE 32

struct host_vif {
    uint32_t domid;
    uint32_t id;
    uint32_t evtchn;
    uint16_t mtu;
    uint8_t mac[6];
    const char *ifname; /* "": the default */
    uint64_t rate_bytes;
    uint32_t rate_interval_us;
    /* The address for the guest; family 0: none, 4 or 6. */
    uint8_t family, prefix;
    bool has_gateway;
    uint8_t address[16], gateway[16];
};

/* Fields that vif_set changes. */
#define HOST_VIF_MAC 0x1u
#define HOST_VIF_MTU 0x2u
#define HOST_VIF_RATE 0x4u
#define HOST_VIF_ADDRESS 0x8u

struct host_vbd {
    uint32_t domid;
    uint32_t id;
    uint32_t evtchn;
    int fd; /* a block device */
    bool readonly;
};

/* What becomes of an interface, at once. */
struct host_link {
    uint32_t ifindex;
    const char *ifname; /* NULL: as it is */
    uint32_t mtu;       /* 0: as it is */
    bool up;            /* bring it up, as a port of */
    uint32_t bridge;    /* ... unless that is 0 */
};

/* What a back end says of itself; see struct noxs_back_info. */
struct host_back {
    uint32_t domid, type, id;
    uint32_t state;
    uint32_t ifindex;
    char ifname[HOST_IFNAME_SIZE];
    uint32_t dev_major, dev_minor;
    uint64_t sent_ops, sent_bytes, received_ops, received_bytes, errors;
    bool stock; /* it is Linux's own */
};

/* dom0's side of a console that xenconsoled serves. */
struct host_terminal {
    int fd;      /* raw, and never blocks */
    int lock_fd; /* -1: nobody here locks consoles */
};

struct host_ops {
    void (*close)(struct host *host);

    /*
     * Back ends. -ENOENT or -ENXIO: the module is not loaded; -EPROTO: it is of
     * another version. The first use opens the device.
     */
    int (*vif_create)(struct host *host, const struct host_vif *vif,
                      uint32_t *ifindex_out, char ifname_out[HOST_IFNAME_SIZE],
                      struct noxs_device *device_out);
    /*
     * Change a vif that no front end has taken up, in what `fields`
     * (HOST_VIF_*) says. Its ifname is not looked at. -EBUSY: one has.
     */
    int (*vif_set)(struct host *host, const struct host_vif *vif,
                   unsigned fields, struct noxs_device *device_out);
    int (*vbd_create)(struct host *host, const struct host_vbd *vbd,
                      struct noxs_device *device_out);
    int (*back_close)(struct host *host, uint32_t domid, uint32_t type,
                      uint32_t id, unsigned timeout_ms);
    /* Type NOXS_DEV_NONE: all of the domain; then 0 also without a module. */
    int (*back_destroy)(struct host *host, uint32_t domid, uint32_t type,
                        uint32_t id);
    /* Of one domain, or of all with NOXS_DOMID_SELF; free() the array. */
    int (*back_list)(struct host *host, uint32_t domid,
                     struct host_back **backs_out, size_t *count_out);

    /* -ENODEV: no interface, or no bridge, of that name. */
    int (*bridge_find)(struct host *host, const char *bridge,
                       uint32_t *ifindex_out, uint32_t *mtu_out);
    /* Bring an interface up, as a port of `bridge` unless that is 0. */
    int (*link_up)(struct host *host, uint32_t ifindex, uint32_t bridge);
    /*
     * Move an interface that is up to another bridge (0: to none), or give it
     * another name. -EEXIST: an interface has that name.
     */
    int (*link_move)(struct host *host, uint32_t ifindex, uint32_t bridge);
    int (*link_rename)(struct host *host, uint32_t ifindex, const char *ifname);
    /* For one that is not up yet, or stays so under its name. */
    int (*link_change)(struct host *host, const struct host_link *link);
    /* The name of the bridge it is a port of; "" for none. */
    int (*link_bridge)(struct host *host, const char *ifname,
                       char bridge_out[HOST_IFNAME_SIZE]);

    /*
     * Open a domain's terminal, and lock out other programs, xl's included.
     * -EBUSY: another has it.
     */
    int (*terminal_open)(struct host *host, uint32_t domid, const char *path,
                         struct host_terminal *terminal_out);
    void (*terminal_close)(struct host *host, uint32_t domid,
                           struct host_terminal *terminal);

    /*
     * A loop device of an open file, with direct I/O where the file system can,
     * that goes when its last user does. The file is locked as long as the loop
     * device lives: shared when read only, else exclusive. -EBUSY: another has
     * locked it. -ENOENT or -ENXIO: there is no loop driver.
     */
    int (*loop_attach)(struct host *host, int file, bool readonly, int *fd_out);
    /* The file behind a loop device; -ENXIO: it is none. free() it. */
    int (*loop_file)(struct host *host, uint32_t dev_major, uint32_t dev_minor,
                     char **path_out);
    /* The numbers of an open block device. */
    int (*block_number)(struct host *host, int fd, uint32_t *dev_major_out,
                        uint32_t *dev_minor_out);
    /* The name of a block device, as in /dev. */
    int (*block_name)(struct host *host, uint32_t dev_major, uint32_t dev_minor,
                      char name_out[HOST_BLOCK_NAME_SIZE]);

    /*
     * Linux's own back ends, which are told of by XenStore. Wait for a vif's
     * interface, for a vbd to have its device open, or for all of one to be
     * gone. -ETIMEDOUT.
     */
    int (*stock_vif)(struct host *host, uint32_t domid, uint32_t id,
                     unsigned timeout_ms, uint32_t *ifindex_out);
    int (*stock_vbd)(struct host *host, uint32_t domid, uint32_t id,
                     unsigned timeout_ms);
    int (*stock_gone)(struct host *host, uint32_t domid, uint32_t type,
                      uint32_t id, unsigned timeout_ms);
    /*
     * What one has moved, and the name of a vif's interface; they stay as they
     * were where it has no interface yet, or is gone.
     */
    int (*stock_count)(struct host *host, struct host_back *back);
    /* All of them, with that; free() the array. Their state is not known. */
    int (*stock_list)(struct host *host, struct host_back **backs_out,
                      size_t *count_out);
    /*
     * The right to give an open block device to one of them, which does not
     * care itself who else has it; until the descriptor is closed. -EBUSY.
     */
    int (*stock_claim)(struct host *host, int fd, bool readonly,
                       int *claim_out);
};

struct host {
    const struct host_ops *ops;
};

/* host_linux.c: opens nothing yet. */
int host_linux_open(struct host **host_out);

#endif /* LIBCHAOS_HOST_H */
