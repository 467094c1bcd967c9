/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * chaos/ctx.h: the context of libchaos: handle, errors, log, step times.
 *
 * Rules for all of libchaos:
 *  - A function that can fail returns 0 (or a count) or -errno, and leaves a
 *    sentence for people in the context (chaos_ctx_error). Out-parameters are
 *    written only on success.
 *  - Threads: one context, and everything opened from it, belongs to one thread
 *    at a time. Different contexts may be used by different threads freely.
 *  - Fork: a child must not use its parent's context, only destroy its own
 *    copy or exec; all file descriptors are close-on-exec.
 *  - The library never prints, never exits, changes no signal handler, no
 *    umask and no working directory. It blocks only where a function says so,
 *    and where XenStore is asked: until its daemon answers, at most 30 seconds
 *    (-ETIMEDOUT), after which one that is silent is left alone for as long.
 *  - Sizes of memory are in KiB (_kb), times in nanoseconds (_ns) or
 *    milliseconds (_ms).
 */
#ifndef CHAOS_CTX_H
#define CHAOS_CTX_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CHAOS_CHECK __attribute__((warn_unused_result))

struct chaos_ctx;

/*
 * Make a context. Opens nothing: the hypervisor is opened by the first call
 * that needs it, which then fails with -ENOENT (not a Xen host), -EACCES or
 * -EPERM (no privilege) or -ENOSYS (a Xen without noxs, and no XenStore). A
 * connection to XenStore is made when it is needed, and anew when its daemon
 * went: -ENODEV where none runs, -EPIPE where it went in the middle.
 */
int chaos_ctx_create(struct chaos_ctx **ctx_out) CHAOS_CHECK;
/* NULL is fine. Everything opened from the context must be closed before. */
void chaos_ctx_destroy(struct chaos_ctx *ctx);

/*
 * What went wrong in the last call that failed: one line without a newline, at
 * most 511 bytes, never NULL; valid until the next call with this context.
 */
const char *chaos_ctx_error(const struct chaos_ctx *ctx);

enum chaos_log_level {
    CHAOS_LOG_ERROR = 0,
    CHAOS_LOG_WARN = 1,
    CHAOS_LOG_INFO = 2,
    CHAOS_LOG_DEBUG = 3,
};

/* Called in the thread that called the library; must not call back into it. */
typedef void chaos_log_fn(void *arg, enum chaos_log_level level,
                          const char *text);

/* fn gets messages of `level` and graver; NULL switches the log off. */
void chaos_ctx_set_log(struct chaos_ctx *ctx, enum chaos_log_level level,
                       chaos_log_fn *fn, void *arg);

/*
 * Called after each step of a create, with its name (a constant), phase
 * ("prepare" or "execute"), duration in nanoseconds of CLOCK_MONOTONIC, and
 * result. NULL (the default) switches the probes off, at no cost.
 */
typedef void chaos_step_fn(void *arg, const char *step, const char *phase,
                           uint64_t duration_ns, int rc);
void chaos_ctx_set_step_probe(struct chaos_ctx *ctx, chaos_step_fn *fn,
                              void *arg);

/*
 * Where the toolstack keeps what the hypervisor cannot hold (the configuration
 * a VM was made from): /run/chaos, made when first needed. The path is copied.
 */
int chaos_ctx_set_run_dir(struct chaos_ctx *ctx, const char *path) CHAOS_CHECK;

/* The library's version, "0.1" or as `git describe` says. */
const char *chaos_version(void);

#ifdef __cplusplus
}
#endif

#endif /* CHAOS_CTX_H */
