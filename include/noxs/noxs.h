/* SPDX-License-Identifier: MIT */
/*
 * noxs.h: the noxs ABI between the hypervisor, the toolstack and guests.
 *
 * The hypervisor keeps one device page per domain. It alone writes the page;
 * the domain reads it; the control domain changes it by hypercall. A guest
 * finds in it who it is and which devices it has, and needs no XenStore.
 *
 * This file is the one home of the ABI. The hypervisor patch carries it
 * unchanged as xen/include/public/noxs.h. It needs nothing but fixed-width
 * integers and means the same to 32-bit and 64-bit code: every field lies at a
 * multiple of its own size and every structure is a multiple of eight bytes.
 * Numbers are in the CPU's (little) endianness.
 *
 * Rules for all structures: `pad` and unused fields are zero. The hypervisor
 * refuses an argument whose pad is not zero with -EINVAL.
 */
#ifndef NOXS_NOXS_H
#define NOXS_NOXS_H

#if defined(__KERNEL__) && !defined(__XEN__)
#include <linux/types.h>
#elif !defined(__XEN__)
#include <stdint.h>
#endif

#if defined(__cplusplus)
#define NOXS_ASSERT(cond) static_assert(cond, #cond)
#else
#define NOXS_ASSERT(cond) _Static_assert(cond, #cond)
#endif
#define NOXS_AT(type, field, offset) \
    NOXS_ASSERT(__builtin_offsetof(type, field) == (offset))

/* Version of everything in this file, also found in the device page. */
#define NOXS_VERSION 2

/* --- identity ----------------------------------------------------------- */

#define NOXS_UUID_SIZE 16
#define NOXS_SEED_SIZE 32
/* Bytes of a name with its terminating zero. */
#define NOXS_NAME_SIZE 128

/*
 * Who a domain is. The control domain writes it (identity_set); the
 * hypervisor keeps names unique. A domain without a name has name[0] == 0.
 */
struct noxs_identity {
    uint8_t uuid[NOXS_UUID_SIZE];
    /*
     * Changes whenever the same uuid comes to life again with a past that
     * others may share (restore, clone, migration): reseed, redo leases.
     */
    uint64_t generation;
    /* Random bytes for the guest's entropy, different for each generation. */
    uint8_t seed[NOXS_SEED_SIZE];
    uint8_t pad[8];
    /* Bytes 0x21 to 0x7e and above 0x7f, zero-filled to the end. */
    char name[NOXS_NAME_SIZE];
};
NOXS_AT(struct noxs_identity, uuid, 0);
NOXS_AT(struct noxs_identity, generation, 16);
NOXS_AT(struct noxs_identity, seed, 24);
NOXS_AT(struct noxs_identity, pad, 56);
NOXS_AT(struct noxs_identity, name, 64);
NOXS_ASSERT(sizeof(struct noxs_identity) == 192);

/* --- devices ------------------------------------------------------------ */

/* struct noxs_device.type */
#define NOXS_DEV_NONE 0    /* the slot is free */
#define NOXS_DEV_SYSCTL 1  /* power control, noxs/sysctl.h; id 0 */
#define NOXS_DEV_CONSOLE 2 /* noxs/console.h */
#define NOXS_DEV_VIF 3
#define NOXS_DEV_VBD 4
#define NOXS_DEV_TYPE_MAX 4

/* struct noxs_device.flags */
/*
 * The control page is a page of the guest's own memory, at frame `gfn`.
 * Without this flag it is a page of the back end, which the guest maps by
 * `grant`.
 */
#define NOXS_DEV_F_GFN 0x1
#define NOXS_DEV_F_ALL 0x1

#define NOXS_GRANT_NONE 0xffffffffu
#define NOXS_GFN_NONE 0xffffffffffffffffull

/*
 * A device of a domain; (type, id) names it. The control domain supplies all
 * fields but `generation`, which the hypervisor writes.
 */
struct noxs_device {
    uint32_t type; /* NOXS_DEV_* */
    uint32_t id;
    uint16_t backend; /* domain id of the back end */
    uint16_t flags;   /* NOXS_DEV_F_* */
    /*
     * Never zero for a device, and never the same for two devices that were
     * given this slot one after the other (page.dev_generation at the time).
     */
    uint32_t generation;
    /*
     * Grant reference of the control page: with NOXS_DEV_F_GFN in the guest's
     * own grant table, for the back end, or NOXS_GRANT_NONE; without the flag
     * in the back end's table, for the guest.
     */
    uint32_t grant;
    /* The guest's own port, already set up for the back end to bind; or 0. */
    uint32_t evtchn;
    /* Frame of the control page: PV machine frame, HVM and PVH guest frame. */
    uint64_t gfn;
    uint64_t features;  /* bits of the type's own header */
    uint8_t config[24]; /* as the type's own header says */
};
NOXS_AT(struct noxs_device, type, 0);
NOXS_AT(struct noxs_device, id, 4);
NOXS_AT(struct noxs_device, backend, 8);
NOXS_AT(struct noxs_device, flags, 10);
NOXS_AT(struct noxs_device, generation, 12);
NOXS_AT(struct noxs_device, grant, 16);
NOXS_AT(struct noxs_device, evtchn, 20);
NOXS_AT(struct noxs_device, gfn, 24);
NOXS_AT(struct noxs_device, features, 32);
NOXS_AT(struct noxs_device, config, 40);
NOXS_ASSERT(sizeof(struct noxs_device) == 64);

/* --- the device page ---------------------------------------------------- */

#define NOXS_PAGE_MAGIC 0x73786f6eu /* "noxs" */
#define NOXS_PAGE_SIZE 4096
#define NOXS_DEV_MAX 48

/*
 * The hypervisor writes every field; nobody else can.
 *
 * magic, version, size, domid, dev_max and dev_size never change. All others
 * change under the sequence count. The writer: seq += 1 (now odd), write
 * barrier, change the fields, write barrier, seq += 1 (now even). A reader:
 * read seq until it is even, read barrier, copy what it wants, read barrier,
 * read seq again, and start over if it changed. A page is at rest but for
 * microseconds; a reader that does not come to rest in 1,000 tries should use
 * the hypercall (NOXS_OP_DEV_LIST), which copies under the writer's lock.
 */
struct noxs_page {
    uint32_t magic;   /* NOXS_PAGE_MAGIC */
    uint32_t version; /* NOXS_VERSION */
    uint32_t size;    /* NOXS_PAGE_SIZE */
    uint32_t seq;     /* odd while the page changes */
    uint16_t domid;   /* the domain that this page belongs to */
    uint16_t dev_max; /* slots in dev[] */
    uint16_t dev_end; /* all slots from here on are free */
    uint16_t dev_size; /* bytes of one slot */
    /* Grows by one for each device added or removed, skipping zero. */
    uint32_t dev_generation;
    uint8_t pad0[36];
    struct noxs_identity identity;
    struct noxs_device dev[NOXS_DEV_MAX]; /* may have holes: type NONE */
    uint8_t pad1[768];
};
NOXS_AT(struct noxs_page, magic, 0);
NOXS_AT(struct noxs_page, version, 4);
NOXS_AT(struct noxs_page, size, 8);
NOXS_AT(struct noxs_page, seq, 12);
NOXS_AT(struct noxs_page, domid, 16);
NOXS_AT(struct noxs_page, dev_max, 18);
NOXS_AT(struct noxs_page, dev_end, 20);
NOXS_AT(struct noxs_page, dev_size, 22);
NOXS_AT(struct noxs_page, dev_generation, 24);
NOXS_AT(struct noxs_page, pad0, 28);
NOXS_AT(struct noxs_page, identity, 64);
NOXS_AT(struct noxs_page, dev, 256);
NOXS_AT(struct noxs_page, pad1, 3328);
NOXS_ASSERT(sizeof(struct noxs_page) == NOXS_PAGE_SIZE);

/* --- the hypercall ------------------------------------------------------ */

/*
 * long noxs_op(unsigned int op, void *arg, void *buf)
 *
 * Number 43, unused in Xen 4.17, where it answers -ENOSYS. `arg` points to the
 * operation's structure, `buf` to an array for the operations that say so and
 * is otherwise NULL (0); both are addresses of the caller. A count is in
 * elements. Returns 0 or -errno. Nothing is changed when an error is returned.
 *
 * Who may call: "any" domain for itself, where `domid` must be NOXS_DOMID_SELF
 * or its own id; the control domain for everyone. "control": only the control
 * domain. Others get -EPERM, whether the domain that they name exists or not.
 * -ESRCH: there is no such domain. -EFAULT: arg or buf cannot be read or
 * written. -EOPNOTSUPP: there is no such operation.
 */
#define __HYPERVISOR_noxs_op 43

#define NOXS_DOMID_SELF 0x7ff0u

#define NOXS_OP_VERSION 0      /* any; struct noxs_op_version */
#define NOXS_OP_PAGE 1         /* any, itself only; struct noxs_op_page */
#define NOXS_OP_DEV_ADD 2      /* control; struct noxs_op_devs, buf */
#define NOXS_OP_DEV_REMOVE 3   /* control; struct noxs_op_dev_remove */
#define NOXS_OP_DEV_LIST 4     /* any; struct noxs_op_devs, buf */
#define NOXS_OP_IDENTITY_SET 5 /* control; struct noxs_op_identity */
#define NOXS_OP_IDENTITY_GET 6 /* any; struct noxs_op_identity */
#define NOXS_OP_LOOKUP 7       /* control; struct noxs_op_lookup */
#define NOXS_OP_LIST 8         /* control; struct noxs_op_list, buf */
#define NOXS_OP_WATCH 9        /* control; struct noxs_op_watch */
#define NOXS_OP_UNWATCH 10     /* control; struct noxs_op_watch */
#define NOXS_OP_EXITS 11       /* control; struct noxs_op_exits, buf */

/* What this hypervisor speaks. */
struct noxs_op_version {
    uint32_t version;   /* OUT: NOXS_VERSION */
    uint32_t dev_max;   /* OUT: devices a domain can have */
    uint32_t name_size; /* OUT: bytes of a name with its zero */
    uint32_t watch_max; /* OUT: watches that can be open at once */
    uint32_t exits_max; /* OUT: exit records that are kept */
    uint32_t pad;
};
NOXS_AT(struct noxs_op_version, version, 0);
NOXS_AT(struct noxs_op_version, dev_max, 4);
NOXS_AT(struct noxs_op_version, name_size, 8);
NOXS_AT(struct noxs_op_version, watch_max, 12);
NOXS_AT(struct noxs_op_version, exits_max, 16);
NOXS_ASSERT(sizeof(struct noxs_op_version) == 24);

/*
 * Find one's own device page.
 * PV: gfn is NOXS_GFN_NONE on entry and the page's machine frame on return;
 * the caller maps it read-only (a writable mapping is refused by Xen).
 * HVM, PVH: gfn is the guest frame at which the page shall appear, read-only;
 * what was there is freed; a page that was placed before moves. -EINVAL: gfn
 * is beyond what this domain can address.
 */
struct noxs_op_page {
    uint64_t gfn; /* IN and OUT */
};
NOXS_AT(struct noxs_op_page, gfn, 0);
NOXS_ASSERT(sizeof(struct noxs_op_page) == 8);

/*
 * DEV_ADD: buf holds `count` devices (1 to NOXS_DEV_MAX), whose generation is
 * zero on entry and filled in on return. All are added, or none. -EEXIST: a
 * (type, id) is there already or twice in buf. -ENOSPC: no free slots.
 * -EINVAL: unknown type or flag, pad or config that must be zero. `total` is 0
 * on entry.
 *
 * DEV_LIST: buf has room for `count` devices (0: buf is NULL). OUT: count, how
 * many were copied; total, how many there are. All belong to one moment.
 */
struct noxs_op_devs {
    uint16_t domid;
    uint16_t pad;
    uint32_t count; /* IN and OUT */
    uint32_t total; /* OUT */
    uint32_t pad1;
};
NOXS_AT(struct noxs_op_devs, domid, 0);
NOXS_AT(struct noxs_op_devs, count, 4);
NOXS_AT(struct noxs_op_devs, total, 8);
NOXS_ASSERT(sizeof(struct noxs_op_devs) == 16);

/* -ENOENT: no such device. */
struct noxs_op_dev_remove {
    uint16_t domid;
    uint16_t pad;
    uint32_t type;
    uint32_t id;
    uint32_t pad1;
};
NOXS_AT(struct noxs_op_dev_remove, domid, 0);
NOXS_AT(struct noxs_op_dev_remove, type, 4);
NOXS_AT(struct noxs_op_dev_remove, id, 8);
NOXS_ASSERT(sizeof(struct noxs_op_dev_remove) == 16);

/* struct noxs_op_identity.fields: what IDENTITY_SET takes from `identity` */
#define NOXS_ID_UUID 0x1
#define NOXS_ID_GENERATION 0x2
#define NOXS_ID_SEED 0x4
#define NOXS_ID_NAME 0x8
#define NOXS_ID_ALL 0xf

/*
 * IDENTITY_SET: the named fields change together. -EEXIST: another living
 * domain has that name. -EINVAL: a name that is not as struct noxs_identity
 * says. An empty name gives the name up. A name is free again as soon as its
 * domain is dying. -ESRCH also for a dying domain.
 * IDENTITY_GET: fields is 0 on entry and NOXS_ID_ALL on return.
 */
struct noxs_op_identity {
    uint16_t domid;
    uint16_t pad;
    uint32_t fields;
    struct noxs_identity identity;
};
NOXS_AT(struct noxs_op_identity, domid, 0);
NOXS_AT(struct noxs_op_identity, fields, 4);
NOXS_AT(struct noxs_op_identity, identity, 8);
NOXS_ASSERT(sizeof(struct noxs_op_identity) == 200);

/* The domain of a name, without a scan. -ENOENT: nobody has it. */
struct noxs_op_lookup {
    char name[NOXS_NAME_SIZE]; /* IN, as in struct noxs_identity */
    uint16_t domid;            /* OUT */
    uint8_t pad[6];
};
NOXS_AT(struct noxs_op_lookup, name, 0);
NOXS_AT(struct noxs_op_lookup, domid, 128);
NOXS_ASSERT(sizeof(struct noxs_op_lookup) == 136);

/* An element of LIST: the identity without its secret seed. */
struct noxs_entry {
    uint16_t domid;
    uint16_t pad;
    uint32_t devices; /* how many it has */
    uint64_t generation;
    uint8_t uuid[NOXS_UUID_SIZE];
    char name[NOXS_NAME_SIZE];
};
NOXS_AT(struct noxs_entry, domid, 0);
NOXS_AT(struct noxs_entry, devices, 4);
NOXS_AT(struct noxs_entry, generation, 8);
NOXS_AT(struct noxs_entry, uuid, 16);
NOXS_AT(struct noxs_entry, name, 32);
NOXS_ASSERT(sizeof(struct noxs_entry) == 160);

/*
 * Living domains with id >= first, in ascending order, dom0 included, with or
 * without a name; dying ones are left out. buf has room for `count` (1 to
 * NOXS_LIST_MAX). OUT: count, how many were copied; first, where to go on, or
 * NOXS_LIST_END.
 */
#define NOXS_LIST_MAX 1024
#define NOXS_LIST_END 0xffffu
struct noxs_op_list {
    uint16_t first; /* IN and OUT */
    uint16_t pad;
    uint32_t count; /* IN and OUT */
};
NOXS_AT(struct noxs_op_list, first, 0);
NOXS_AT(struct noxs_op_list, count, 4);
NOXS_ASSERT(sizeof(struct noxs_op_list) == 8);

/*
 * WATCH: send the event channel `port` of the caller whenever a domain exits.
 * `port` must be one end of a channel whose both ends are the caller's own
 * (-EINVAL otherwise); closing it ends the watch by itself. Any number of
 * programs may watch, up to watch_max (-ENOSPC); xenstored keeps VIRQ_DOM_EXC.
 * -EEXIST: watched already. UNWATCH: -ENOENT: it was not.
 */
struct noxs_op_watch {
    uint32_t port;
    uint32_t pad;
};
NOXS_AT(struct noxs_op_watch, port, 0);
NOXS_ASSERT(sizeof(struct noxs_op_watch) == 8);

/* struct noxs_exit.kind */
#define NOXS_EXIT_SHUTDOWN 1  /* it stopped by itself; `reason` says how */
#define NOXS_EXIT_DYING 2     /* its destruction began; its name is free */
#define NOXS_EXIT_DESTROYED 3 /* its memory and its id are free */

/* A line of the log of exits. */
struct noxs_exit {
    uint64_t seq;  /* 1 for the first since boot, without gaps */
    uint64_t time; /* system time in ns since boot */
    uint16_t domid;
    uint8_t kind;   /* NOXS_EXIT_* */
    uint8_t reason; /* SHUTDOWN_* of xen/sched.h, with kind SHUTDOWN */
    uint32_t pad;
    uint8_t uuid[NOXS_UUID_SIZE];
};
NOXS_AT(struct noxs_exit, seq, 0);
NOXS_AT(struct noxs_exit, time, 8);
NOXS_AT(struct noxs_exit, domid, 16);
NOXS_AT(struct noxs_exit, kind, 18);
NOXS_AT(struct noxs_exit, reason, 19);
NOXS_AT(struct noxs_exit, uuid, 24);
NOXS_ASSERT(sizeof(struct noxs_exit) == 40);

/*
 * Read the log of exits from record `seq` on (0: none, only where the log
 * ends). buf has room for `count`. OUT: count, how many were copied; seq, the
 * record to ask for next; lost, how many of those asked for are no longer
 * kept: after that look at the domains themselves.
 */
struct noxs_op_exits {
    uint64_t seq;   /* IN and OUT */
    uint64_t lost;  /* OUT */
    uint32_t count; /* IN and OUT */
    uint32_t pad;
};
NOXS_AT(struct noxs_op_exits, seq, 0);
NOXS_AT(struct noxs_op_exits, lost, 8);
NOXS_AT(struct noxs_op_exits, count, 16);
NOXS_ASSERT(sizeof(struct noxs_op_exits) == 24);

#endif /* NOXS_NOXS_H */
