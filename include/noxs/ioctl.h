/* SPDX-License-Identifier: MIT */
/*
 * ioctl.h: /dev/xen/noxs, by which a toolstack makes and ends the back ends of
 * vifs and vbds in its own domain's kernel (module noxs_back).
 *
 * Opening it needs CAP_SYS_ADMIN; the node is 0600. Every call is complete when
 * it returns: nothing is half made after an error. All structures are fixed
 * width, the same for 32-bit and 64-bit callers; pads and reserved bits are
 * zero (-EINVAL). Pointers are carried as 64-bit integers. A back end lives
 * until it is destroyed, whoever made it and whether or not the file is still
 * open, or until its domain dies: the module watches the hypervisor's log of
 * exits. The module cannot be unloaded while there are back ends.
 *
 * Errors of all: -EFAULT, -EINVAL (a field makes no sense), -ENOMEM, -ENOTTY
 * (no such call), -EINTR.
 */
#ifndef NOXS_IOCTL_H
#define NOXS_IOCTL_H

#include "net.h"

#define NOXS_IOCTL_PATH "/dev/xen/noxs"
/* Changes whenever a structure or a call does. */
#define NOXS_IOCTL_VERSION 2

/* First thing to ask. */
struct noxs_ioctl_version {
    uint32_t version;      /* OUT: NOXS_IOCTL_VERSION */
    uint32_t noxs_version; /* OUT: NOXS_VERSION of the device page and rings */
    uint32_t types;        /* OUT: bit 1 << NOXS_DEV_* of each type it makes */
    uint32_t pad;
};
NOXS_AT(struct noxs_ioctl_version, version, 0);
NOXS_AT(struct noxs_ioctl_version, noxs_version, 4);
NOXS_AT(struct noxs_ioctl_version, types, 8);
NOXS_ASSERT(sizeof(struct noxs_ioctl_version) == 16);

#define NOXS_IFNAME_SIZE 16

/*
 * Make a network interface for a guest. It is up and connected as far as this
 * side goes when the call returns; its carrier is off after a front end has
 * closed, until one connects. `device` is what to add to the guest's device
 * page. -EEXIST: this (domid, vif, id) is there, or an interface of that name.
 * -EADDRINUSE: a vif of this host has that MAC address. -ESRCH: no such domain.
 * -ENODEV: evtchn is no port of it that this domain may bind.
 */
struct noxs_ioctl_vif {
    uint16_t domid;   /* IN */
    uint16_t mtu;     /* IN: NOXS_NET_MTU_MIN to _MAX */
    uint32_t id;      /* IN */
    uint32_t evtchn;  /* IN: port of the guest, unbound, for this domain */
    uint32_t ifindex; /* OUT */
    char ifname[NOXS_IFNAME_SIZE]; /* IN: "" is vifDOMID.ID; OUT: the name */
    uint8_t mac[6];                /* IN: the guest's; unicast, not all zeros */
    uint8_t pad0[2];
    /*
     * IN: most bytes per interval that the guest may send; 0: no limit. The
     * interval is in microseconds, 1,000 to 10,000,000.
     */
    uint64_t rate_bytes;
    uint32_t rate_interval;
    uint32_t pad1;
    uint64_t features; /* IN: what to offer at most; OUT: what is offered */
    struct noxs_net_address address; /* IN: for the guest; not used here */
    struct noxs_device device;       /* OUT */
};
NOXS_AT(struct noxs_ioctl_vif, domid, 0);
NOXS_AT(struct noxs_ioctl_vif, mtu, 2);
NOXS_AT(struct noxs_ioctl_vif, id, 4);
NOXS_AT(struct noxs_ioctl_vif, evtchn, 8);
NOXS_AT(struct noxs_ioctl_vif, ifindex, 12);
NOXS_AT(struct noxs_ioctl_vif, ifname, 16);
NOXS_AT(struct noxs_ioctl_vif, mac, 32);
NOXS_AT(struct noxs_ioctl_vif, rate_bytes, 40);
NOXS_AT(struct noxs_ioctl_vif, rate_interval, 48);
NOXS_AT(struct noxs_ioctl_vif, features, 56);
NOXS_AT(struct noxs_ioctl_vif, address, 64);
NOXS_AT(struct noxs_ioctl_vif, device, 104);
NOXS_ASSERT(sizeof(struct noxs_ioctl_vif) == 168);

/* struct noxs_ioctl_vif_set.fields */
#define NOXS_VIF_MAC 0x1
#define NOXS_VIF_MTU 0x2
#define NOXS_VIF_RATE 0x4
#define NOXS_VIF_ADDRESS 0x8
#define NOXS_VIF_ALL 0xf

/*
 * Change a vif that no front end has taken up: all the fields named, or none.
 * The values are checked as VIF_CREATE does. `device` is what to write to the
 * guest's device page in place of what was there. -ENOENT: no such vif. -EBUSY:
 * a front end has connected. -EADDRINUSE as above.
 */
struct noxs_ioctl_vif_set {
    uint16_t domid;  /* IN */
    uint16_t mtu;    /* IN */
    uint32_t id;     /* IN */
    uint32_t fields; /* IN: NOXS_VIF_* */
    uint8_t mac[6];  /* IN */
    uint8_t pad0[2];
    uint32_t rate_interval;          /* IN */
    uint64_t rate_bytes;             /* IN */
    struct noxs_net_address address; /* IN */
    struct noxs_device device;       /* OUT */
};
NOXS_AT(struct noxs_ioctl_vif_set, domid, 0);
NOXS_AT(struct noxs_ioctl_vif_set, mtu, 2);
NOXS_AT(struct noxs_ioctl_vif_set, id, 4);
NOXS_AT(struct noxs_ioctl_vif_set, fields, 8);
NOXS_AT(struct noxs_ioctl_vif_set, mac, 12);
NOXS_AT(struct noxs_ioctl_vif_set, rate_interval, 20);
NOXS_AT(struct noxs_ioctl_vif_set, rate_bytes, 24);
NOXS_AT(struct noxs_ioctl_vif_set, address, 32);
NOXS_AT(struct noxs_ioctl_vif_set, device, 72);
NOXS_ASSERT(sizeof(struct noxs_ioctl_vif_set) == 136);

/* struct noxs_ioctl_vbd.flags */
#define NOXS_VBD_READONLY 0x1

/*
 * Make a disk for a guest of the block device that `fd` is open on. A writable
 * disk claims the device for itself; read-only ones share it with one another.
 * -EBUSY: it is claimed by another disk, a file system or anything else.
 * -ENOTBLK: fd is no block device. -EROFS: it cannot be written to.
 * -EEXIST, -ESRCH, -ENODEV as above. The caller may close fd afterwards.
 */
struct noxs_ioctl_vbd {
    uint16_t domid; /* IN */
    uint16_t pad0;
    uint32_t id;     /* IN: Xen's number of the disk */
    uint32_t evtchn; /* IN */
    int32_t fd;      /* IN */
    uint32_t flags;  /* IN: NOXS_VBD_* */
    uint32_t pad1;
    uint64_t features; /* IN: what to offer at most; OUT: what is offered */
    struct noxs_device device; /* OUT */
};
NOXS_AT(struct noxs_ioctl_vbd, domid, 0);
NOXS_AT(struct noxs_ioctl_vbd, id, 4);
NOXS_AT(struct noxs_ioctl_vbd, evtchn, 8);
NOXS_AT(struct noxs_ioctl_vbd, fd, 12);
NOXS_AT(struct noxs_ioctl_vbd, flags, 16);
NOXS_AT(struct noxs_ioctl_vbd, features, 24);
NOXS_AT(struct noxs_ioctl_vbd, device, 32);
NOXS_ASSERT(sizeof(struct noxs_ioctl_vbd) == 96);

/*
 * CLOSE: ask the guest to let go of a device and wait until it has, or never
 * took it up. -ETIMEDOUT: it did not within timeout_ms; the device goes on as
 * before. -ENOENT: there is no such back end. timeout_ms 0: do not wait, say
 * -ETIMEDOUT at once unless it is closed.
 * DESTROY: end a back end, whatever the guest does (timeout_ms 0). With type
 * NOXS_DEV_NONE and id 0 all of the domain's; 0 also when there were none.
 * Otherwise -ENOENT. When it returns nothing of the back end is left but pages
 * that the guest still maps, which go when it lets go of them or dies.
 */
struct noxs_ioctl_device {
    uint16_t domid;
    uint16_t pad;
    uint32_t type;
    uint32_t id;
    uint32_t timeout_ms;
};
NOXS_AT(struct noxs_ioctl_device, domid, 0);
NOXS_AT(struct noxs_ioctl_device, type, 4);
NOXS_AT(struct noxs_ioctl_device, id, 8);
NOXS_AT(struct noxs_ioctl_device, timeout_ms, 12);
NOXS_ASSERT(sizeof(struct noxs_ioctl_device) == 16);

/* One back end, as LIST tells it. Counters are of the guest's point of view. */
struct noxs_back_info {
    uint16_t domid;
    uint16_t pad0;
    uint32_t type;
    uint32_t id;
    uint32_t back_state;           /* NOXS_BACK_*, as this side knows it */
    uint32_t evtchn;               /* the guest's port */
    uint32_t ifindex;              /* vif; else 0 */
    char ifname[NOXS_IFNAME_SIZE]; /* vif; else "" */
    uint32_t dev_major;            /* vbd; else 0 */
    uint32_t dev_minor;
    uint64_t sent_ops; /* vif: packets sent; vbd: writes */
    uint64_t sent_bytes;
    uint64_t received_ops; /* vif: packets received; vbd: reads */
    uint64_t received_bytes;
    uint64_t errors; /* requests refused or failed, packets dropped */
};
NOXS_AT(struct noxs_back_info, domid, 0);
NOXS_AT(struct noxs_back_info, type, 4);
NOXS_AT(struct noxs_back_info, id, 8);
NOXS_AT(struct noxs_back_info, back_state, 12);
NOXS_AT(struct noxs_back_info, evtchn, 16);
NOXS_AT(struct noxs_back_info, ifindex, 20);
NOXS_AT(struct noxs_back_info, ifname, 24);
NOXS_AT(struct noxs_back_info, dev_major, 40);
NOXS_AT(struct noxs_back_info, dev_minor, 44);
NOXS_AT(struct noxs_back_info, sent_ops, 48);
NOXS_AT(struct noxs_back_info, sent_bytes, 56);
NOXS_AT(struct noxs_back_info, received_ops, 64);
NOXS_AT(struct noxs_back_info, received_bytes, 72);
NOXS_AT(struct noxs_back_info, errors, 80);
NOXS_ASSERT(sizeof(struct noxs_back_info) == 88);

/* domid: one domain's, or NOXS_DOMID_SELF for everyone's. */
struct noxs_ioctl_list {
    uint16_t domid;
    uint16_t pad;
    uint32_t count; /* IN: room; OUT: how many were written */
    uint32_t total; /* OUT: how many there are */
    uint32_t pad1;
    uint64_t infos; /* IN: pointer to struct noxs_back_info[count] */
};
NOXS_AT(struct noxs_ioctl_list, domid, 0);
NOXS_AT(struct noxs_ioctl_list, count, 4);
NOXS_AT(struct noxs_ioctl_list, total, 8);
NOXS_AT(struct noxs_ioctl_list, infos, 16);
NOXS_ASSERT(sizeof(struct noxs_ioctl_list) == 24);

/*
 * The calls, as Linux numbers them on x86 and ARM (_IOR is 2, _IOW 1, _IOWR 3),
 * spelled out so that this header needs no other.
 */
#define NOXS_IOCTL_CALL(dir, nr, type)                                         \
    ((uint32_t)(dir) << 30 | (uint32_t)sizeof(type) << 16 | 0x7800u | (nr))
#define NOXS_IOCTL_VERSION_GET                                                 \
    NOXS_IOCTL_CALL(2, 0x40, struct noxs_ioctl_version)
#define NOXS_IOCTL_VIF_CREATE NOXS_IOCTL_CALL(3, 0x41, struct noxs_ioctl_vif)
#define NOXS_IOCTL_VBD_CREATE NOXS_IOCTL_CALL(3, 0x42, struct noxs_ioctl_vbd)
#define NOXS_IOCTL_CLOSE NOXS_IOCTL_CALL(1, 0x43, struct noxs_ioctl_device)
#define NOXS_IOCTL_DESTROY NOXS_IOCTL_CALL(1, 0x44, struct noxs_ioctl_device)
#define NOXS_IOCTL_LIST NOXS_IOCTL_CALL(3, 0x45, struct noxs_ioctl_list)
#define NOXS_IOCTL_VIF_SET NOXS_IOCTL_CALL(3, 0x46, struct noxs_ioctl_vif_set)

#endif /* NOXS_IOCTL_H */
