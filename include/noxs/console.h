/* SPDX-License-Identifier: MIT */
/*
 * console.h: the control page of the noxs console device.
 *
 * One page of the guest's memory (NOXS_DEV_F_GFN). Its first 3,088 bytes are
 * Xen's struct xencons_interface, so that a guest which knows only
 * start_info.console uses it unchanged; what follows is noxs's own.
 *
 * A ring's indices run freely, modulo 2^32; the byte of index i lies at i
 * modulo the ring's size. A producer writes bytes, write barrier, then its
 * index, and notifies; a consumer reads the other's index, read barrier, reads
 * bytes, full barrier, then writes its own index, and notifies. Each side takes
 * a difference of indices beyond the ring's size for a broken peer and skips
 * to the peer's index.
 *
 * While `attached` is 0 nobody drains `out`, and the guest drops what does not
 * fit rather than wait; while it is 1 the guest may wait for room. It is 1 from
 * the beginning where a program that attaches soon is known to run. Such a
 * program may die: a guest does not wait twice for the same out_cons to change.
 */
#ifndef NOXS_CONSOLE_H
#define NOXS_CONSOLE_H

#include "noxs.h"

#define NOXS_CONSOLE_MAGIC 0x6f63786eu /* "nxco" */
#define NOXS_CONSOLE_IN 1024
#define NOXS_CONSOLE_OUT 2048

struct noxs_console {
    uint8_t in[NOXS_CONSOLE_IN];   /* written by dom0 */
    uint8_t out[NOXS_CONSOLE_OUT]; /* written by the guest */
    uint32_t in_cons;              /* written by the guest */
    uint32_t in_prod;              /* written by dom0 */
    uint32_t out_cons;             /* written by dom0 */
    uint32_t out_prod;             /* written by the guest */
    /* Written by dom0. */
    uint32_t magic;
    uint32_t version; /* NOXS_VERSION */
    uint32_t attached;
    uint32_t pad0;
    /* Written by the guest. */
    uint64_t dropped; /* bytes of output dropped since it started */
};
NOXS_AT(struct noxs_console, in, 0);
NOXS_AT(struct noxs_console, out, 1024);
NOXS_AT(struct noxs_console, in_cons, 3072);
NOXS_AT(struct noxs_console, in_prod, 3076);
NOXS_AT(struct noxs_console, out_cons, 3080);
NOXS_AT(struct noxs_console, out_prod, 3084);
NOXS_AT(struct noxs_console, magic, 3088);
NOXS_AT(struct noxs_console, version, 3092);
NOXS_AT(struct noxs_console, attached, 3096);
NOXS_AT(struct noxs_console, dropped, 3104);
NOXS_ASSERT(sizeof(struct noxs_console) == 3112);

#endif /* NOXS_CONSOLE_H */
