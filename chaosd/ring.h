/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring.h: the last output of a guest, in a file that is mapped.
 *
 * The file is the record: a daemon that was killed between any two instructions
 * leaves a ring that its successor takes up where it was. A byte is first
 * written, then counted (`total`), and only then is the guest told that it was
 * taken. `base` says which index of the guest's console the first byte had, so
 * that bytes which were counted, but of which the guest was not told any more,
 * are known again: nothing is lost, and nothing is there twice.
 */
#ifndef CHAOSD_RING_H
#define CHAOSD_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <noxs/noxs.h>

#define RING_MAGIC 0x676e6972u /* "ring" */
#define RING_VERSION 1

/* At the beginning of the file; `size` bytes of output follow. */
struct ring_head {
    uint32_t magic;
    uint32_t version;
    uint32_t size; /* a power of two */
    uint32_t domid;
    uint8_t uuid[NOXS_UUID_SIZE];
    uint64_t first; /* the oldest byte kept */
    uint64_t total; /* bytes ever */
    uint32_t base;  /* console index of byte 0, modulo 2^32 */
    uint32_t state; /* enum ring_state */
    uint32_t reason;
    uint32_t exit_code;
    uint32_t exit_known; /* exit_code is the guest's */
    uint32_t up;         /* it was seen to be up */
    uint64_t dropped;    /* by the guest, as it says */
    int64_t started_ns;  /* when it was found, since the epoch */
    int64_t ended_ns;    /* 0: it runs */
    char name[NOXS_NAME_SIZE];
};
_Static_assert(sizeof(struct ring_head) == 224, "files of earlier daemons");

enum ring_state { RING_RUNS = 0, RING_STOPPED = 1 };

struct ring {
    struct ring_head *head; /* mapped; NULL: none */
    uint8_t *data;
    char *path;   /* owned; NULL: it is in no file (any more) */
    size_t ready; /* bytes from head on that are certain to have memory */
};

/*
 * Make an empty one, `size` bytes. Where the file cannot be made, -errno; ask
 * ring_anonymous for one that does not outlive the daemon.
 */
int ring_create(const char *path, uint32_t size, uint32_t domid,
                const uint8_t uuid[NOXS_UUID_SIZE], struct ring *ring_out);
int ring_anonymous(uint32_t size, uint32_t domid,
                   const uint8_t uuid[NOXS_UUID_SIZE], struct ring *ring_out);
/* Take up an earlier daemon's. -EINVAL: it is none, or not whole. */
int ring_open(const char *path, struct ring *ring_out);
/* Give up the mapping; the file stays. Safe on a zeroed one. */
void ring_close(struct ring *ring);
/* And the file with it. */
void ring_remove(struct ring *ring);

/* The last bytes are kept where there are more than it has room for. */
void ring_append(struct ring *ring, const void *bytes, size_t count);
/*
 * The bytes from `from` on that lie in a row; *from_out is later than `from`
 * where older ones are not kept. 0: there are none (yet).
 */
size_t ring_piece(const struct ring *ring, uint64_t from, uint64_t *from_out,
                  const uint8_t **bytes_out);

#endif /* CHAOSD_RING_H */
