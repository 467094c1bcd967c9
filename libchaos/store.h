/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * store.h: the seam to XenStore: every operation libchaos uses.
 *
 * One real implementation (store_xen.c over store_wire.c, the only file that
 * speaks XenStore's protocol) and one in-process model for unit tests and fault
 * injection (tests/unit/store_model.c). All functions return 0 or -errno as the
 * daemon said it; texts are added above the seam.
 *
 * A daemon that goes away, or does not answer in time, makes the handle
 * useless: -EPIPE or -ETIMEDOUT then, and -EPIPE ever after.
 */
#ifndef LIBCHAOS_STORE_H
#define LIBCHAOS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

#define STORE_PATH_SIZE 256
/* A value, or a list of names, is shorter. */
#define STORE_VALUE_SIZE 4096
#define STORE_NO_TRANSACTION 0u

enum store_verb {
    STORE_READ,
    STORE_WRITE,
    STORE_MKDIR,     /* nothing happens where it is there */
    STORE_RM,        /* with what is below it; -ENOENT: it is not there */
    STORE_DIRECTORY, /* names, each ended with a zero */
    STORE_PERMISSIONS,
};

/* What a node's own domain and others may do, as the protocol writes it. */
struct store_permissions {
    uint32_t owner;
    char others;     /* n, r, w or b: none, read, write, both */
    bool has_reader; /* one more may read it */
    uint32_t reader;
};

/* Texts are borrowed from the caller. */
struct store_request {
    enum store_verb verb;
    const char *path;
    const char *value;              /* WRITE; without its zero */
    struct store_permissions perms; /* PERMISSIONS */
    int rc;                         /* the answer */
    char *text;  /* READ, DIRECTORY: owned by the caller, ends with a zero */
    size_t size; /* of the text, without that zero */
};

struct store_ops {
    void (*close)(struct store *store);

    /*
     * Send all requests, then wait for all answers: one round trip for many.
     * They are carried out in their order, each whether or not others failed.
     * Returns the first failure; each request has its own. A failure of the
     * daemon's as such is the result of all that it left unanswered.
     */
    int (*run)(struct store *store, uint32_t transaction,
               struct store_request *requests, size_t count);

    int (*begin)(struct store *store, uint32_t *transaction_out);
    /* -EAGAIN: others changed what it saw; begin anew. */
    int (*end)(struct store *store, uint32_t transaction, bool commit);

    /* The daemon takes up a domain's own ring, until the domain's end. */
    int (*introduce)(struct store *store, uint32_t domid, uint64_t frame,
                     uint32_t port);

    /* A first event comes at once. */
    int (*watch)(struct store *store, const char *path, const char *token);
    int (*unwatch)(struct store *store, const char *path, const char *token);
    /* The token of the next event. -EAGAIN: none. Never blocks. */
    int (*event)(struct store *store, char *token_out, size_t size);
    /*
     * Readable when there may be an event. Look for one first: some may have
     * come with the answers to other requests. A handle that is useless has
     * -EPIPE, or -ETIMEDOUT where the daemon was silent.
     */
    int (*fd)(const struct store *store);
};

/* Every implementation's first member. */
struct store {
    const struct store_ops *ops;
};

/* store_xen.c: -ENOENT or -ECONNREFUSED: no daemon runs. */
int store_xen_open(struct store **store_out);

/* store_wire.c: over a socket, which is the handle's from then on. */
int store_wire_open(int fd, struct store **store_out);

#endif /* LIBCHAOS_STORE_H */
