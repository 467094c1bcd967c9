/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hostile.h: the parts of hostile.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <guest/hypercall.h>
#include <guest/noxs.h>

#define OPS (NOXS_OP_EXITS + 1)

/* What an operation's structure is, filled in as a caller would. */
union hostile_arg {
    struct noxs_op_version version;
    struct noxs_op_page page;
    struct noxs_op_devs devs;
    struct noxs_op_dev_remove dev_remove;
    struct noxs_op_identity identity;
    struct noxs_op_lookup lookup;
    struct noxs_op_list list;
    struct noxs_op_watch watch;
    struct noxs_op_exits exits;
};

/* abi.c */
/* A correct argument of `op` about `domid`, and its array (NULL: none). */
void *hostile_prepare(unsigned int op, uint16_t domid, union hostile_arg *arg);
bool hostile_is_privileged(unsigned int op);
const char *hostile_op_name(unsigned int op);
void hostile_abi(void);

/* pointers.c */
void hostile_pointers(void);

/* pages.c */
void hostile_pages(void);

/* modes.c: each keeps the guest alive for ever. */
void hostile_scribble(void) __attribute__((noreturn));
void hostile_deaf(void) __attribute__((noreturn));
void hostile_spin(void) __attribute__((noreturn));
void hostile_exhaust(void) __attribute__((noreturn));
void hostile_balloon(void) __attribute__((noreturn));

#endif /* HOSTILE_H */
