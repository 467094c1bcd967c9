/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * chaos/chaosd.h: what chaosd and its clients say to one another.
 *
 * A stream socket in the file system (CHAOSD_SOCKET). Each side sends messages:
 * a struct chaosd_header, then header.size - 16 bytes of payload. Numbers are
 * little-endian and every structure here is fixed width, padded explicitly with
 * zeros. docs/chaosd.md describes each message, and has a client in Python.
 *
 * A client asks, with an id of its choice; the reply has the same type and id,
 * and `status`: 0, or -errno with a sentence for people as payload. Replies
 * come in the order of the questions, except that CONSOLE and EVENTS go on
 * sending until the client closes them or the connection. Messages marked
 * "told" have no reply. A message that breaks these rules ends the connection;
 * REFUSED says why before it ends, as it does to those who are not let in.
 *
 * The peer is known by its credentials (SO_PEERCRED) when it connects: root and
 * the members of one group, if configured, may go on; TAKE and DONE are root's.
 */
#ifndef CHAOS_CHAOSD_H
#define CHAOS_CHAOSD_H

#include <noxs/noxs.h> /* NOXS_AT, NOXS_ASSERT, NOXS_NAME_SIZE */

#define CHAOSD_SOCKET "/run/chaos/chaosd.sock"
#define CHAOSD_VERSION 1
/* Most that a message of either side can have, header included. */
#define CHAOSD_REQUEST_MAX 16384u
#define CHAOSD_REPLY_MAX (8u << 20)

struct chaosd_header {
    uint32_t size;   /* of the whole message, at least 16 */
    uint8_t version; /* CHAOSD_VERSION */
    uint8_t pad;
    uint16_t type;  /* CHAOSD_* */
    uint32_t id;    /* the client's; a reply has that of its question */
    int32_t status; /* of a reply; 0 in a question */
};
NOXS_AT(struct chaosd_header, size, 0);
NOXS_AT(struct chaosd_header, version, 4);
NOXS_AT(struct chaosd_header, type, 6);
NOXS_AT(struct chaosd_header, id, 8);
NOXS_AT(struct chaosd_header, status, 12);
NOXS_ASSERT(sizeof(struct chaosd_header) == 16);

/* header.type */
#define CHAOSD_REFUSED 0       /* sent, the last: id 0, -errno, a sentence */
#define CHAOSD_INFO 1          /* no payload; JSON: version, pid, uptime ... */
#define CHAOSD_TAKE 2          /* struct chaosd_take; struct chaosd_shell */
#define CHAOSD_DONE 3          /* told: struct chaosd_done */
#define CHAOSD_POOL_STATUS 4   /* no payload; JSON */
#define CHAOSD_POOL_SET 5      /* JSON: a shape as in the configuration; JSON */
#define CHAOSD_POOL_DRAIN 6    /* struct chaosd_amount; JSON */
#define CHAOSD_POOL_FILL 7     /* struct chaosd_amount; JSON when it is full */
#define CHAOSD_EVENTS 8        /* JSON (a filter) or nothing; 0, then EVENT */
#define CHAOSD_EVENT 9         /* sent: one event as JSON */
#define CHAOSD_CONSOLE 10      /* struct chaosd_console; _console_at */
#define CHAOSD_CONSOLE_DATA 11 /* sent: struct chaosd_console_data, bytes */
#define CHAOSD_CONSOLE_INPUT 12 /* told: bytes for the guest */
#define CHAOSD_CONSOLE_END 13   /* sent: struct chaosd_console_end, the last */
#define CHAOSD_LOG 14           /* a name or an id; struct chaosd_log */
#define CHAOSD_TYPE_MAX 14

/* --- shapes ----------------------------------------------------------------
 */

#define CHAOSD_PATH_SIZE 256
#define CHAOSD_SHAPE_VIFS 8
#define CHAOSD_BRIDGE_SIZE 16

/*
 * A kernel or ramdisk, known by what stat() says of it, so that a file that was
 * replaced is another image. path[0] == 0: none.
 */
struct chaosd_image {
    uint64_t dev, ino;
    uint64_t size;    /* bytes */
    int64_t mtime_ns; /* since the epoch */
    int64_t ctime_ns;
    char path[CHAOSD_PATH_SIZE]; /* absolute; zero-filled to the end */
};
NOXS_AT(struct chaosd_image, dev, 0);
NOXS_AT(struct chaosd_image, ino, 8);
NOXS_AT(struct chaosd_image, size, 16);
NOXS_AT(struct chaosd_image, mtime_ns, 24);
NOXS_AT(struct chaosd_image, ctime_ns, 32);
NOXS_AT(struct chaosd_image, path, 40);
NOXS_ASSERT(sizeof(struct chaosd_image) == 296);

#define CHAOSD_SHAPE_PVH 0x1      /* no version makes such shells yet */
#define CHAOSD_SHAPE_XENSTORE 0x2 /* on XenStore; else noxs */

/* What must be known of a VM to prepare a shell for it. */
struct chaosd_shape {
    uint64_t memory_kb;
    uint32_t vcpus;
    uint32_t flags;     /* CHAOSD_SHAPE_* */
    uint32_t vif_count; /* at most CHAOSD_SHAPE_VIFS */
    /* Their event channels only: disks are opened late. On XenStore: 0. */
    uint32_t vbd_count;
    /* Of each vif; "": none. Zero-filled to the end. */
    char bridges[CHAOSD_SHAPE_VIFS][CHAOSD_BRIDGE_SIZE];
    struct chaosd_image kernel, ramdisk; /* loaded already, or none */
};
NOXS_AT(struct chaosd_shape, memory_kb, 0);
NOXS_AT(struct chaosd_shape, vcpus, 8);
NOXS_AT(struct chaosd_shape, flags, 12);
NOXS_AT(struct chaosd_shape, vif_count, 16);
NOXS_AT(struct chaosd_shape, vbd_count, 20);
NOXS_AT(struct chaosd_shape, bridges, 24);
NOXS_AT(struct chaosd_shape, kernel, 152);
NOXS_AT(struct chaosd_shape, ramdisk, 448);
NOXS_ASSERT(sizeof(struct chaosd_shape) == 744);

/*
 * TAKE: a shell for a VM of this shape. kernel and ramdisk are those of the VM:
 * a shell that has both loaded is the best, one without any comes next. The
 * client holds the lock of `owner` (docs/chaosd.md, Ownership) before it asks,
 * and from the moment of the reply the shell is his: he makes the VM of it or
 * destroys it, and says DONE. -ENOENT: there is none that fits; make the VM
 * without. -ESHUTDOWN: the daemon gives none any more.
 */
struct chaosd_take {
    uint32_t owner;
    uint32_t pad;
    struct chaosd_shape shape;
};
NOXS_AT(struct chaosd_take, owner, 0);
NOXS_AT(struct chaosd_take, shape, 8);
NOXS_ASSERT(sizeof(struct chaosd_take) == 752);

/* Behind it: the shell, as only libchaos understands it. */
struct chaosd_shell {
    uint32_t domid;
    uint32_t loaded; /* 1: kernel and ramdisk are in it */
};
NOXS_AT(struct chaosd_shell, domid, 0);
NOXS_AT(struct chaosd_shell, loaded, 4);
NOXS_ASSERT(sizeof(struct chaosd_shell) == 8);

/* struct chaosd_done.flags */
#define CHAOSD_DONE_SHELL 0x1 /* domid is a shell that was taken */

/*
 * What became of a shell that was taken, or of a VM made without one. After a
 * failure there is nothing of it left.
 */
struct chaosd_done {
    uint32_t domid;
    int32_t result; /* 0 or -errno */
    uint32_t flags; /* CHAOSD_DONE_* */
    uint32_t pad;
    uint64_t duration_ns; /* of the whole create; 0: not known */
};
NOXS_AT(struct chaosd_done, domid, 0);
NOXS_AT(struct chaosd_done, result, 4);
NOXS_AT(struct chaosd_done, flags, 8);
NOXS_AT(struct chaosd_done, duration_ns, 16);
NOXS_ASSERT(sizeof(struct chaosd_done) == 24);

/*
 * DRAIN: destroy ready shells until `kb` KiB are free (~0: all of them), the
 * refill rests until FILL, SIGHUP or, where kb is not ~0, for a second. FILL:
 * refill up to the high watermarks, reply when that is done or timeout_ms are
 * over (-ETIMEDOUT, or -ENOMEM where memory does not suffice).
 */
struct chaosd_amount {
    uint64_t kb;
    uint32_t timeout_ms;
    uint32_t pad;
};
NOXS_AT(struct chaosd_amount, kb, 0);
NOXS_AT(struct chaosd_amount, timeout_ms, 8);
NOXS_ASSERT(sizeof(struct chaosd_amount) == 16);

/* --- consoles ---------------------------------------------------------------
 */

/*
 * A console's output is counted in bytes since chaosd first attached to it. The
 * daemon keeps the last ones. CONSOLE sends those from `from` on, or from the
 * oldest that is kept where that is later, and then what comes. ~0: only what
 * comes. One for each connection.
 */
struct chaosd_console {
    uint32_t domid;
    uint32_t pad;
    uint64_t from;
};
NOXS_AT(struct chaosd_console, domid, 0);
NOXS_AT(struct chaosd_console, from, 8);
NOXS_ASSERT(sizeof(struct chaosd_console) == 16);

struct chaosd_console_at {
    uint64_t first; /* the oldest byte kept */
    uint64_t next;  /* the one that comes next */
};
NOXS_AT(struct chaosd_console_at, first, 0);
NOXS_AT(struct chaosd_console_at, next, 8);
NOXS_ASSERT(sizeof(struct chaosd_console_at) == 16);

/* Where a reader was too slow for the ring, offsets tell what it missed. */
struct chaosd_console_data {
    uint64_t offset; /* of the first byte that follows */
};
NOXS_AT(struct chaosd_console_data, offset, 0);
NOXS_ASSERT(sizeof(struct chaosd_console_data) == 8);

#define CHAOSD_END_STOPPED 1 /* the guest stopped; `reason` says why */
#define CHAOSD_END_GONE 2    /* it was destroyed */
struct chaosd_console_end {
    uint32_t how; /* CHAOSD_END_* */
    uint32_t reason;
};
NOXS_AT(struct chaosd_console_end, how, 0);
NOXS_AT(struct chaosd_console_end, reason, 4);
NOXS_ASSERT(sizeof(struct chaosd_console_end) == 8);

/* Behind it: json_size bytes of JSON, then the console's last output. */
struct chaosd_log {
    uint32_t json_size;
    uint32_t pad;
    uint64_t offset; /* of the first byte of output */
};
NOXS_AT(struct chaosd_log, json_size, 0);
NOXS_AT(struct chaosd_log, offset, 8);
NOXS_ASSERT(sizeof(struct chaosd_log) == 16);

#endif /* CHAOS_CHAOSD_H */
