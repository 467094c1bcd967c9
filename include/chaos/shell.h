/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * chaos/shell.h: shells: VMs made as far as their shape tells, ahead of time.
 *
 * For chaosd. Programs that want a VM call chaos_domain_create, which takes a
 * shell from the daemon where there is one (chaos/daemon.h).
 *
 * Ownership. A domain in the making carries a mark in place of its uuid: that
 * it is a shell or a VM being made, a serial number, and its owner. An owner is
 * a number and a lock on a byte of /run/chaos/lock, which the kernel lets go
 * when the process ends, however it ends. The mark is changed by one hypercall:
 * so a shell has exactly one owner at each instant, and a mark whose owner's
 * lock is free is an orphan that anybody may reap. The last step of a create
 * replaces the mark by the VM's uuid.
 *
 * The rules of chaos/domain.h hold.
 */
#ifndef CHAOS_SHELL_H
#define CHAOS_SHELL_H

#include <stdbool.h>

#include <chaos/chaosd.h>
#include <chaos/config.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The shape of the VM that a configuration asks for, its images included; reads
 * no more of them than stat() says. -E2BIG: no shell can be like it (too many
 * vifs, too long a path).
 */
int chaos_shape_of(struct chaos_ctx *ctx, const struct chaos_config *cfg,
                   struct chaosd_shape *shape_out) CHAOS_CHECK;

struct chaos_shell;

/*
 * Run the PREPARE steps for a shape; the context becomes the shell's owner.
 * With an image, what the shell gets is what the path leads to now: -ESTALE
 * where that is not the one meant. Blocks while images are read. On failure
 * nothing is left. When it returns, the shell is also written down under
 * /run/chaos/shells, by which chaos_shell_adopt finds it again.
 */
int chaos_shell_prepare(struct chaos_ctx *ctx, const struct chaosd_shape *shape,
                        struct chaos_shell **shell_out) CHAOS_CHECK;
/*
 * Make a shell whose owner is gone one's own. -ENOENT: the domain is no such
 * shell; -EBUSY: its owner lives; -EINVAL: it is not as it was written down
 * (reap it).
 */
int chaos_shell_adopt(struct chaos_ctx *ctx, uint32_t domid,
                      struct chaos_shell **shell_out) CHAOS_CHECK;
/* Forget it; the domain stays. NULL is fine. */
void chaos_shell_free(struct chaos_shell *shell);

uint32_t chaos_shell_domid(const struct chaos_shell *shell);
const struct chaosd_shape *chaos_shell_shape(const struct chaos_shell *shell);
/* For the reply to TAKE. Borrowed. */
const void *chaos_shell_data(const struct chaos_shell *shell, size_t *size_out);

/*
 * Hand it over: what was written down is removed, then the mark says that a VM
 * is being made and names the new owner. Any context will do. After a failure
 * the shell is still the old owner's, but not to be offered again.
 */
int chaos_shell_give(struct chaos_ctx *ctx, struct chaos_shell *shell,
                     uint32_t owner) CHAOS_CHECK;
/* End the domain with all that belongs to it. Blocks as destroy does. */
int chaos_shell_destroy(struct chaos_ctx *ctx,
                        const struct chaos_shell *shell) CHAOS_CHECK;

/* This context's number as an owner, its lock taken by the first call. */
int chaos_owner(struct chaos_ctx *ctx, uint32_t *owner_out) CHAOS_CHECK;

/* A domain in the making. */
struct chaos_birth {
    uint32_t domid;
    uint32_t owner;
    uint32_t serial;
    bool shell;  /* one of a pool; else a VM being made */
    bool orphan; /* its owner is gone */
};
/* -ENOENT: it is made. -ESRCH: there is no such domain. */
int chaos_birth(struct chaos_ctx *ctx, uint32_t domid,
                struct chaos_birth *birth_out) CHAOS_CHECK;
/* All of them, in ascending order of id; free() the array. */
int chaos_birth_list(struct chaos_ctx *ctx, struct chaos_birth **births_out,
                     size_t *count_out) CHAOS_CHECK;
/*
 * End an orphan with all that belongs to it, record included. -EBUSY: its
 * owner lives. -ENOENT: it is made. With `force`, end it though its owner
 * lives, as the daemon does with a shell whose taker went without a word.
 */
int chaos_birth_reap(struct chaos_ctx *ctx, uint32_t domid,
                     bool force) CHAOS_CHECK;
/*
 * Remove what is written down under /run/chaos of domains that are no more.
 * Returns how many.
 */
int chaos_records_sweep(struct chaos_ctx *ctx) CHAOS_CHECK;

#ifdef __cplusplus
}
#endif

#endif /* CHAOS_SHELL_H */
