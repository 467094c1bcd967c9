/* SPDX-License-Identifier: MIT */
/*
 * io.h: what the control pages of vifs and vbds have in common.
 *
 * The back end owns all shared pages of such a device: the control page and the
 * rings. It grants them to the guest before the device is written to the device
 * page, which names them all (noxs/net.h, noxs/block.h), so that a front end
 * maps them with one hypercall. The back end never maps memory of the guest; it
 * copies by the grants that stand in requests, so a guest may die at any moment
 * without anything being held of it.
 *
 * Connect. The back end has bound the device's event channel and initialised
 * the rings when the device is announced. The front end checks magic and
 * version, writes front_features, puts its first requests into the rings, write
 * barrier, writes front_state = CONNECTED, and notifies. There is no answer to
 * wait for: the back end reads front_features (once) when it finds CONNECTED,
 * sets back_state = CONNECTED, and goes on with the requests.
 *
 * Close by the front end (driver removed, suspend, kexec). It stops using the
 * rings, writes front_state = CLOSED and notifies. The back end finishes what
 * is under way, initialises the rings anew and sets back_state = READY, and
 * notifies: from then on the front end may end its grants, and connect again.
 * A front end that finds back_state = CONNECTED at its start (an earlier kernel
 * left it so) does that first.
 *
 * Close by the back end (detach). It sets back_state = CLOSING and notifies.
 * The front end lets its users finish or, when it cannot yet, stays; then it
 * closes as above, and back_state becomes CLOSED, not READY. CLOSING may become
 * CONNECTED again when the toolstack gave up waiting. A front end ends its
 * mappings before the device leaves the device page or soon after.
 *
 * BROKEN: the front end broke the protocol (a ring index run wild, a request
 * that cannot be), and is cut off until the device is removed.
 *
 * Neither side trusts the other: what the peer may write is read once, checked,
 * and then used. State fields are written last, behind a write barrier.
 */
#ifndef NOXS_IO_H
#define NOXS_IO_H

#include "noxs.h"

#define NOXS_IO_MAGIC 0x6f69786eu /* "nxio" */

/* front_state */
#define NOXS_FRONT_INIT 0
#define NOXS_FRONT_CONNECTED 1
#define NOXS_FRONT_CLOSED 2

/* back_state */
#define NOXS_BACK_READY 1 /* a front end may connect */
#define NOXS_BACK_CONNECTED 2
#define NOXS_BACK_CLOSING 3 /* the front end is asked to close */
#define NOXS_BACK_CLOSED 4
#define NOXS_BACK_BROKEN 5

/* The first 128 bytes of the control page. */
struct noxs_io {
    /* Written by the back end. */
    uint32_t magic;
    uint32_t version; /* NOXS_VERSION */
    uint32_t type;    /* NOXS_DEV_VIF or NOXS_DEV_VBD */
    uint32_t back_state;
    uint64_t back_features; /* same as in the device page */
    uint8_t pad0[40];
    /* Written by the front end. */
    uint32_t front_state;
    uint32_t pad1;
    uint64_t front_features; /* bits of the type's own header */
    uint8_t pad2[48];
};
NOXS_AT(struct noxs_io, magic, 0);
NOXS_AT(struct noxs_io, version, 4);
NOXS_AT(struct noxs_io, type, 8);
NOXS_AT(struct noxs_io, back_state, 12);
NOXS_AT(struct noxs_io, back_features, 16);
NOXS_AT(struct noxs_io, front_state, 64);
NOXS_AT(struct noxs_io, front_features, 72);
NOXS_ASSERT(sizeof(struct noxs_io) == 128);

#endif /* NOXS_IO_H */
