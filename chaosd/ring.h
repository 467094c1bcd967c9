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

/* What is known of a guest, in the files of the living and of the dead. */
struct guest_facts {
    uint8_t uuid[NOXS_UUID_SIZE];
    uint32_t domid;
    uint32_t state;  /* GUEST_* */
    uint32_t reason; /* why it stopped, or GUEST_NO_REASON */
    uint32_t exit_code;
    uint32_t exit_known; /* exit_code is the guest's */
    uint32_t up;         /* it was seen to be up */
    uint64_t dropped;    /* bytes of output, as the guest says */
    int64_t started_ns;  /* when it was found, since the epoch */
    int64_t ended_ns;    /* 0: it runs */
    char name[NOXS_NAME_SIZE];
};
_Static_assert(sizeof(struct guest_facts) == 192, "earlier daemons' files");

#define GUEST_RUNS 0
#define GUEST_STOPPED 1 /* its domain is there */
#define GUEST_GONE 2
#define GUEST_NO_REASON 0xffffffffu /* it did not stop by itself */

/* At the beginning of the file; `size` bytes of output follow. */
struct ring_head {
    uint32_t magic;
    uint32_t version;
    uint32_t size;  /* a power of two */
    uint32_t base;  /* console index of byte 0, modulo 2^32 */
    uint64_t first; /* the oldest byte kept */
    uint64_t total; /* bytes ever */
    struct guest_facts facts;
};
_Static_assert(sizeof(struct ring_head) == 224, "earlier daemons' files");

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
int ring_create(const char *path, uint32_t size,
                const struct guest_facts *facts, struct ring *ring_out);
int ring_anonymous(uint32_t size, const struct guest_facts *facts,
                   struct ring *ring_out);
/* Take up an earlier daemon's. -EINVAL: it is none, or not whole. */
int ring_open(const char *path, struct ring *ring_out);
/* Give up the mapping; the file stays. Safe on a zeroed one. */
void ring_close(struct ring *ring);
/* And the file with it. */
void ring_remove(struct ring *ring);
/* The other way round: the file goes, what was in it can still be read. */
void ring_forget(struct ring *ring);

/* The last bytes are kept where there are more than it has room for. */
void ring_append(struct ring *ring, const void *bytes, size_t count);
/*
 * The bytes from `from` on that lie in a row; *from_out is later than `from`
 * where older ones are not kept. 0: there are none (yet).
 */
size_t ring_piece(const struct ring *ring, uint64_t from, uint64_t *from_out,
                  const uint8_t **bytes_out);

#endif /* CHAOSD_RING_H */
