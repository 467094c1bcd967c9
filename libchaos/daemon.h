/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * daemon.h: what a create asks of chaosd, and the connection it does so over.
 *
 * The connection is the context's, made at the first need and kept. Where no
 * daemon runs, none is looked for during the next second; one that does not
 * answer in time, or not by the rules, is left alone for ten.
 */
#ifndef LIBCHAOS_DAEMON_H
#define LIBCHAOS_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <chaos/chaosd.h>
#include <chaos/daemon.h>

/* daemon.c */

/*
 * Ask for a shell for a VM of this shape, whose owner is `owner` from then on.
 * Every failure means: go on without; -ENOENT: there was none. *data_out is
 * the shell as chaos_shell_data gives it; borrowed until the next call with
 * this context, aligned to 8 bytes.
 */
int daemon_take(struct chaos_ctx *ctx, const struct chaosd_shape *shape,
                uint32_t owner, const void **data_out, size_t *size_out,
                uint32_t *domid_out, bool *loaded_out) CHAOS_CHECK;
/*
 * Say what became of a shell that was taken (`shell`), or of a VM that was made
 * without one. Never blocks; what cannot be said is left unsaid.
 */
void daemon_done(struct chaos_ctx *ctx, uint32_t domid, int result, bool shell,
                 uint64_t duration_ns);
/*
 * Have shells destroyed until `kb` KiB are free. 0: some memory was freed, try
 * again. Blocks while they are destroyed.
 */
int daemon_make_room(struct chaos_ctx *ctx, uint64_t kb) CHAOS_CHECK;
/* For the end of the context. */
void daemon_close(struct chaos_ctx *ctx);

#endif /* LIBCHAOS_DAEMON_H */
