/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * xs_known.c: names that chaos gave to domains on XenStore (xs_known.h).
 *
 * The file has a slot for each id, of which memory holds those that were ever
 * used. Slots of domains that are gone stay, as nobody looks at them.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "birth.h"
#include "internal.h"
#include "run_dir.h"
#include "xs_known.h"

/* Also what a slot is like. */
#define USED 0x314e5358u

struct xs_known_slot {
    uint32_t used;
    uint8_t uuid[NOXS_UUID_SIZE];
    char name[NOXS_NAME_SIZE];
};

#define FILE_SIZE (NOXS_DOMID_SELF * sizeof(struct xs_known_slot))

static int map(struct chaos_ctx *ctx, const char *path, struct xs_known *known)
{
    CLEANUP_CLOSE int fd = -1;
    struct stat st;
    void *slots;
    int rc = run_open(ctx, path, O_RDWR, &fd);

    if (rc < 0)
        return rc;
    if (fstat(fd, &st) < 0 ||
        ((size_t)st.st_size < FILE_SIZE && ftruncate(fd, FILE_SIZE) < 0))
        return chaos__fail(ctx, -errno, "%s: cannot make room in it", path);
    slots = mmap(NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (slots == MAP_FAILED)
        return chaos__fail(ctx, -errno, "%s: cannot map it", path);
    known->slots = slots;
    return 0;
}

int xs_known_open(struct chaos_ctx *ctx, struct xs_known *known)
{
    char path[PATH_MAX];
    int rc = run_path(ctx, path, "names");

    return rc < 0 ? rc : map(ctx, path, known);
}

void xs_known_close(struct xs_known *known)
{
    if (known->slots)
        (void)munmap(known->slots, FILE_SIZE);
    known->slots = NULL;
}

const char *xs_known_name(const struct xs_known *known,
                          const struct hv_domain_state *state)
{
    const struct xs_known_slot *slot = &known->slots[state->domid];
    struct birth birth;

    if (birth_decode(state->uuid, &birth))
        return birth.kind == BIRTH_SHELL ? "" : NULL;
    if (slot->used != USED ||
        memcmp(slot->uuid, state->uuid, sizeof(slot->uuid)) != 0 ||
        memchr(slot->name, '\0', sizeof(slot->name)) == NULL)
        return NULL;
    return slot->name;
}

void xs_known_set(struct xs_known *known, uint32_t domid,
                  const uint8_t uuid[NOXS_UUID_SIZE], const char *name)
{
    struct xs_known_slot slot = {.used = USED};

    memcpy(slot.uuid, uuid, sizeof(slot.uuid));
    if (name)
        memcpy(slot.name, name, strnlen(name, sizeof(slot.name) - 1));
    known->slots[domid] = slot;
}
