/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * run_dir.h: files and locks of the run directory.
 *
 *   domains/ID      a VM's record (record.c)
 *   domains/ID.new  the next one, while devices come or go
 *   shells/ID       a shell, for who adopts it (shell.h)
 *   shells/ID.new   the same, not yet whole
 *   names           of domains on XenStore (xs_known.h)
 *   lock            bytes of it are locked, and nothing is written to it: byte
 *                   ID by who talks to that domain's sysctl device, byte
 *                   RUN_EDIT + ID by who changes its devices or its owner, byte
 *                   RUN_SETTLE + ID, before that, by who does with it what its
 *                   configuration says when it stopped, byte RUN_NAMES by who
 *                   gives a domain on XenStore its name, byte BIRTH_LOCK + N by
 *                   owner N (birth.h)
 */
#ifndef LIBCHAOS_RUN_DIR_H
#define LIBCHAOS_RUN_DIR_H

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

#include <chaos/ctx.h>

/* Behind the last domain's byte. */
#define RUN_EDIT 65536
#define RUN_SETTLE (2 * RUN_EDIT)
#define RUN_NAMES (3 * RUN_EDIT)

/* -ENAMETOOLONG with text. */
int run_path(struct chaos_ctx *ctx, char path[PATH_MAX],
             const char *name) CHAOS_CHECK;
/* The file of a domain: DIR/IDsuffix. */
int run_file(struct chaos_ctx *ctx, char path[PATH_MAX], const char *dir,
             uint32_t domid, const char *suffix) CHAOS_CHECK;
/* Unlink it, if it is there. */
void run_remove(struct chaos_ctx *ctx, const char *dir, uint32_t domid,
                const char *suffix);

/* Open a file for writing; directories that are missing are made. */
int run_open(struct chaos_ctx *ctx, const char *path, int flags,
             int *fd_out) CHAOS_CHECK;
/* All of it into buf, at most *len bytes; *len is how many. -ENOENT. */
int run_read(struct chaos_ctx *ctx, const char *path, void *buf,
             size_t *len) CHAOS_CHECK;

/*
 * Lock a byte of the lock file until the descriptor is closed. The lock is the
 * open file's, not the process's: two contexts exclude each other. cmd:
 * F_OFD_SETLKW blocks, F_OFD_SETLK fails with -EBUSY (without a text).
 */
int run_lock(struct chaos_ctx *ctx, off_t byte, int cmd,
             int *fd_out) CHAOS_CHECK;
/* The lock file, open and unlocked. */
int run_lock_open(struct chaos_ctx *ctx, int *fd_out) CHAOS_CHECK;
/* The fcntl() itself: F_OFD_SETLK, F_OFD_SETLKW. -EBUSY without a text. */
int run_lock_byte(struct chaos_ctx *ctx, int fd, off_t byte,
                  int cmd) CHAOS_CHECK;

#endif /* LIBCHAOS_RUN_DIR_H */
