/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * chaos/console.h: a guest's console, and the log of exits.
 *
 * Nothing here blocks, unless it says so: wait for the file descriptors with
 * poll().
 */
#ifndef CHAOS_CONSOLE_H
#define CHAOS_CONSOLE_H

#include <stdbool.h>
#include <sys/types.h>

#include <chaos/ctx.h>
#include <noxs/noxs.h>

#ifdef __cplusplus
extern "C" {
#endif

struct chaos_console;

/*
 * Attach to the console of a domain. -EBUSY: another program is attached.
 * -EOPNOTSUPP: it has none. With XenStore it is the terminal that xenconsoled
 * makes; a domain that is new is waited for, at most five seconds: -ETIMEDOUT
 * where none serves it.
 */
int chaos_console_open(struct chaos_ctx *ctx, uint32_t domid,
                       struct chaos_console **con_out) CHAOS_CHECK;
/*
 * It is by way of xenconsoled: then what the guest writes comes a moment later,
 * some of it after the guest's end; poll for writing where not all was taken;
 * chaos_console_read fails with -EPIPE once xenconsoled has let go of it; and
 * there is no peek, take and index.
 */
bool chaos_console_is_pty(const struct chaos_console *con);
/* Detach; the guest goes on and drops output nobody reads. NULL is fine. */
void chaos_console_close(struct chaos_console *con);

/*
 * Readable when the guest wrote or made room; then read until there is nothing
 * left, for it does not ring again for bytes that were left behind. Borrowed;
 * do not close it.
 */
int chaos_console_fd(const struct chaos_console *con);

/* Bytes read; 0: nothing there now. */
ssize_t chaos_console_read(struct chaos_console *con, void *buf,
                           size_t len) CHAOS_CHECK;
/*
 * Reading in two steps, for a program that must neither lose a byte nor have it
 * twice though it be killed in between: peek shows what read would give, take
 * makes room of the first `len` bytes of it (-EINVAL: there are not so many).
 * Bytes have an index, modulo 2^32, which goes on whoever attaches; that of the
 * next one is at chaos_console_index, also after a guest that broke the rules
 * and was skipped by peek.
 */
ssize_t chaos_console_peek(struct chaos_console *con, void *buf,
                           size_t len) CHAOS_CHECK;
int chaos_console_take(struct chaos_console *con, size_t len) CHAOS_CHECK;
uint32_t chaos_console_index(const struct chaos_console *con);
/* Bytes that the guest says it dropped because nobody made room. */
uint64_t chaos_console_dropped(const struct chaos_console *con);

/* Bytes taken, perhaps fewer than len or 0 while the ring is full. */
ssize_t chaos_console_write(struct chaos_console *con, const void *buf,
                            size_t len) CHAOS_CHECK;

/*
 * Many consoles with one descriptor. A console of a set is like any other, but
 * that its own descriptor is the set's. Those of xenconsoled are in none:
 * -EOPNOTSUPP.
 */
struct chaos_consoles;

int chaos_consoles_create(struct chaos_ctx *ctx,
                          struct chaos_consoles **set_out) CHAOS_CHECK;
/* Closes those that are still in it. NULL is fine. */
void chaos_consoles_destroy(struct chaos_consoles *set);
/* Readable when one of them rang. Borrowed; do not close it. */
int chaos_consoles_fd(const struct chaos_consoles *set);
/* As chaos_console_open; `arg` is what chaos_consoles_next gives back. */
int chaos_consoles_add(struct chaos_consoles *set, uint32_t domid, void *arg,
                       struct chaos_console **con_out) CHAOS_CHECK;
/* `arg` of one that rang since the last call; NULL: none did. */
void *chaos_consoles_next(struct chaos_consoles *set);

/* Exits of any domain, for programs that wait for one. */
struct chaos_watch;

/* From now on. -ENOSPC: too many programs watch. */
int chaos_watch_open(struct chaos_ctx *ctx,
                     struct chaos_watch **watch_out) CHAOS_CHECK;
void chaos_watch_close(struct chaos_watch *watch);
/* Readable when there is something to read. Borrowed; do not close it. */
int chaos_watch_fd(const struct chaos_watch *watch);
/*
 * Up to `count` exits since the last call (or the opening) in their order.
 * Returns how many, 0 where there is none, or -EOVERFLOW when some were lost:
 * look at the domains themselves, then read on. The uuid is all zero for a
 * domain in the making, and where Xen has noxs for one that another tool made:
 * its id alone tells which it was.
 */
int chaos_watch_read(struct chaos_watch *watch, struct noxs_exit *exits,
                     size_t count) CHAOS_CHECK;

#ifdef __cplusplus
}
#endif

#endif /* CHAOS_CONSOLE_H */
