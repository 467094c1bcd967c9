/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * birth.c: marks of domains in the making, and their owners' locks.
 *
 * The lock file is opened once for each context, and its owner's byte locked by
 * one call, whatever the number of domains made afterwards.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>

#include <chaos/shell.h>

#include "birth.h"
#include "internal.h"
#include "run_dir.h"

static const uint8_t prefix[6] = {'c', 'h', 'a', 'o', 's', '\0'};

void birth_encode(const struct birth *birth, uint8_t uuid_out[NOXS_UUID_SIZE])
{
    unsigned i;

    memcpy(uuid_out, prefix, sizeof(prefix));
    uuid_out[6] = (uint8_t)(0x80 | birth->kind);
    uuid_out[7] = 0;
    uuid_out[8] = 0x80;
    for (i = 0; i < 3; i++)
        uuid_out[9 + i] = (uint8_t)(birth->serial >> (8 * i));
    for (i = 0; i < 4; i++)
        uuid_out[12 + i] = (uint8_t)(birth->owner >> (8 * i));
}

bool birth_decode(const uint8_t uuid[NOXS_UUID_SIZE], struct birth *birth_out)
{
    struct birth birth = {.kind = uuid[6] & 1};
    unsigned i;

    if (memcmp(uuid, prefix, sizeof(prefix)) != 0 || (uuid[6] & 0xfe) != 0x80 ||
        uuid[7] != 0 || uuid[8] != 0x80)
        return false;
    for (i = 0; i < 3; i++)
        birth.serial |= (uint32_t)uuid[9 + i] << (8 * i);
    for (i = 0; i < 4; i++)
        birth.owner |= (uint32_t)uuid[12 + i] << (8 * i);
    if (birth.owner == 0)
        return false;
    *birth_out = birth;
    return true;
}

/* --- owners ------------------------------------------------------------------
 */

static int random_bytes(struct chaos_ctx *ctx, void *bytes, size_t size)
{
    if (getrandom(bytes, size, 0) != (ssize_t)size)
        return chaos__fail(ctx, -EIO, "no random bytes");
    return 0;
}

static int need_lock_file(struct chaos_ctx *ctx)
{
    return ctx->lock_fd >= 0 ? 0 : run_lock_open(ctx, &ctx->lock_fd);
}

/* Numbers are drawn until one is free: the first, but for chance. */
static int take_owner(struct chaos_ctx *ctx)
{
    int rc = need_lock_file(ctx);
    uint32_t owner = 0;

    if (rc < 0)
        return rc;
    do {
        rc = random_bytes(ctx, &owner, sizeof(owner));
        if (rc == 0)
            rc = owner == 0 ? -EBUSY
                            : run_lock_byte(ctx, ctx->lock_fd,
                                            BIRTH_LOCK + owner, F_OFD_SETLK);
    } while (rc == -EBUSY);
    if (rc == 0)
        ctx->owner = owner;
    return rc;
}

int chaos_owner(struct chaos_ctx *ctx, uint32_t *owner_out)
{
    int rc = ctx->owner ? 0 : take_owner(ctx);

    if (rc == 0)
        *owner_out = ctx->owner;
    return rc;
}

int birth_make(struct chaos_ctx *ctx, enum birth_kind kind,
               struct birth *birth_out)
{
    struct birth birth = {.kind = kind};
    int rc = chaos_owner(ctx, &birth.owner);

    if (rc == 0)
        rc = random_bytes(ctx, &birth.serial, 3);
    if (rc == 0)
        *birth_out = birth;
    return rc;
}

/* A lock of one's own is not in one's own way, and so is not told of. */
int birth_owner_lives(struct chaos_ctx *ctx, uint32_t owner)
{
    struct flock lock = {
        .l_type = F_WRLCK,
        .l_whence = SEEK_SET,
        .l_start = BIRTH_LOCK + (off_t)owner,
        .l_len = 1,
    };
    int rc;

    if (owner == ctx->owner)
        return 1;
    rc = need_lock_file(ctx);
    if (rc < 0)
        return rc;
    if (fcntl(ctx->lock_fd, F_OFD_GETLK, &lock) < 0)
        return chaos__fail(ctx, -errno, "%s/lock: cannot ask for its locks",
                           ctx->run_dir);
    return lock.l_type != F_UNLCK;
}
