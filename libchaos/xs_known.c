/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * xs_known.c: names that chaos gave to domains on XenStore (xs_known.h).
 *
 * The file has a slot for each id, of which memory holds those that were ever
 * used. Slots of domains that are gone stay, as nobody looks at them. It is not
 * mapped: where the file system of the run directory is full, that must be an
 * error, not a signal.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "birth.h"
#include "internal.h"
#include "run_dir.h"
#include "xs_known.h"

/* Also what a slot is like. */
#define USED 0x314e5358u

int xs_known_open(struct chaos_ctx *ctx, struct xs_known *known)
{
    char path[PATH_MAX];
    int rc = run_path(ctx, path, "names");

    return rc < 0 ? rc : run_open(ctx, path, O_RDWR, &known->fd);
}

void xs_known_close(struct xs_known *known)
{
    chaos__closep(&known->fd);
    known->fd = -1;
}

static off_t place_of(uint32_t domid)
{
    return (off_t)(domid * sizeof(struct xs_known_slot));
}

const char *xs_known_name(struct xs_known *known,
                          const struct hv_domain_state *state)
{
    struct xs_known_slot *slot = &known->slot;
    struct birth birth;

    if (birth_decode(state->uuid, &birth))
        return birth.kind == BIRTH_SHELL ? "" : NULL;
    if (pread(known->fd, slot, sizeof(*slot), place_of(state->domid)) !=
            (ssize_t)sizeof(*slot) ||
        slot->used != USED ||
        memcmp(slot->uuid, state->uuid, sizeof(slot->uuid)) != 0 ||
        memchr(slot->name, '\0', sizeof(slot->name)) == NULL)
        return NULL;
    return slot->name;
}

void xs_known_set(struct chaos_ctx *ctx, const struct xs_known *known,
                  uint32_t domid, const uint8_t uuid[NOXS_UUID_SIZE],
                  const char *name)
{
    struct xs_known_slot slot = {.used = USED};
    ssize_t n;

    memcpy(slot.uuid, uuid, sizeof(slot.uuid));
    if (name)
        memcpy(slot.name, name, strnlen(name, sizeof(slot.name) - 1));
    n = pwrite(known->fd, &slot, sizeof(slot), place_of(domid));
    if (n != (ssize_t)sizeof(slot))
        chaos__log(ctx, CHAOS_LOG_WARN,
                   "domain %u: its name will be looked for in XenStore, as the "
                   "run directory has no room for it: %s",
                   domid, n < 0 ? strerror(errno) : "short write");
}
