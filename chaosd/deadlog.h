/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * deadlog.h: the last output of guests that are no more.
 *
 * Each is a file, named by a number that grows, so that a name may hold what it
 * likes. What is known of them is kept in memory; a later daemon reads it back.
 */
#ifndef CHAOSD_DEADLOG_H
#define CHAOSD_DEADLOG_H

#include <stddef.h>
#include <stdint.h>

#include "ring.h"

#define DEAD_MAGIC 0x64616564u /* "dead" */
#define DEAD_VERSION 1

/* At the beginning of the file; text_size bytes of output follow. */
struct dead_head {
    uint32_t magic;
    uint32_t version;
    uint32_t text_size;
    uint32_t pad;
    uint64_t number;
    uint64_t first; /* offset of the first byte that follows */
    uint64_t total; /* bytes that the guest wrote */
    struct guest_facts facts;
};
_Static_assert(sizeof(struct dead_head) == 232, "earlier daemons' files");

struct deadlog;

/* Reads back what is there. */
int deadlog_open(const char *dir, struct deadlog **log_out);
/* The files stay. */
void deadlog_close(struct deadlog *log);

/* Of all: how long and how many bytes of the file system. */
void deadlog_limits(struct deadlog *log, uint32_t seconds, uint64_t bytes);
/* Remove those that are too old, or too many. */
void deadlog_expire(struct deadlog *log);

/* The last `most` bytes of a guest's ring, and what is known of it. */
int deadlog_add(struct deadlog *log, const struct ring *ring, uint32_t most);

/* The newest of that name, or id where name is NULL. Borrowed; or NULL. */
const struct dead_head *deadlog_find(const struct deadlog *log,
                                     const char *name, uint32_t domid);
/* Its output, text_size bytes; free() it. */
int deadlog_text(const struct deadlog *log, const struct dead_head *head,
                 uint8_t **text_out);
size_t deadlog_count(const struct deadlog *log);

#endif /* CHAOSD_DEADLOG_H */
