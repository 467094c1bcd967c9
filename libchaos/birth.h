/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * birth.h: the mark of a domain in the making, in place of its uuid.
 *
 *   0  "chaos" and a zero
 *   6  0x80 | kind: so it is a uuid of version 8, which no tool chooses
 *   7  0
 *   8  0x80
 *   9  serial, 3 bytes, little-endian, random
 *  12  owner, 4 bytes, little-endian, not 0
 *
 * The owner holds a lock (an open-file-description lock) on byte BIRTH_LOCK +
 * owner of the run directory's file `lock`, and takes it before the first
 * domain is marked with it.
 */
#ifndef LIBCHAOS_BIRTH_H
#define LIBCHAOS_BIRTH_H

#include <stdbool.h>
#include <stdint.h>

#include <chaos/ctx.h>
#include <noxs/noxs.h>

#define BIRTH_LOCK (INT64_C(1) << 32)

enum birth_kind { BIRTH_VM = 0, BIRTH_SHELL = 1 };

struct birth {
    enum birth_kind kind;
    uint32_t serial;
    uint32_t owner;
};

void birth_encode(const struct birth *birth, uint8_t uuid_out[NOXS_UUID_SIZE]);
bool birth_decode(const uint8_t uuid[NOXS_UUID_SIZE], struct birth *birth_out);

/* A new mark of this context's own; takes the owner's lock at the first. */
int birth_make(struct chaos_ctx *ctx, enum birth_kind kind,
               struct birth *birth_out) CHAOS_CHECK;
/* 1: some process holds the owner's lock; 0: nobody does; or -errno. */
int birth_owner_lives(struct chaos_ctx *ctx, uint32_t owner) CHAOS_CHECK;

#endif /* LIBCHAOS_BIRTH_H */
