/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * internal.h: what the files of libchaos share: the context and its errors.
 */
#ifndef LIBCHAOS_INTERNAL_H
#define LIBCHAOS_INTERNAL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <chaos/chaos.h>

#define CHAOS_ERROR_SIZE 512

struct chaos_conn;
struct host;
struct hv;
struct store;

struct chaos_ctx {
    char error[CHAOS_ERROR_SIZE];
    enum chaos_log_level log_level;
    chaos_log_fn *log_fn; /* NULL: no log */
    void *log_arg;
    chaos_step_fn *step_fn; /* NULL: no probes */
    void *step_arg;
    char *run_dir;     /* owned */
    int lock_fd;       /* owned; the run directory's lock file; -1: not open */
    uint32_t owner;    /* whose lock lock_fd holds; 0: none (birth.h) */
    struct hv *hv;     /* owned; NULL until the first use */
    struct host *host; /* owned; NULL until the first use */
    struct store *store;    /* owned; NULL until the first use */
    uint64_t store_next_ns; /* its daemon was silent: ask it again then */
    bool noxs_checked;
    bool noxs_absent;
    bool bus_hinted;           /* bus.c: said that a VM gets another bus */
    bool daemon_off;           /* daemon.c: use none */
    char *daemon_path;         /* owned; NULL: chaosd.sock in run_dir */
    struct chaos_conn *daemon; /* owned; NULL: not connected */
    uint64_t daemon_next_ms;   /* look for one again then; 0: at once */
};

/* Of the clock that only goes forward. */
static inline uint64_t chaos__now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* ctx.c */

/*
 * Set the context's error text where a failure is known, and return rc:
 * return chaos__fail(ctx, -ENOENT, "bridge '%s'", name).
 * The text says what failed and, where there is one, the remedy. The error's
 * own sentence (strerror) is not part of it.
 */
int chaos__fail(struct chaos_ctx *ctx, int rc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Put "prefix: " before the text that is there already, and return rc. */
int chaos__prefix(struct chaos_ctx *ctx, int rc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void chaos__log(struct chaos_ctx *ctx, enum chaos_log_level level,
                const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The hypervisor of this context, opened now if it was not yet. */
int chaos__hv(struct chaos_ctx *ctx, struct hv **hv_out) CHAOS_CHECK;
/* The same, and -ENOSYS with the remedy where it has no noxs. */
int chaos__hv_noxs(struct chaos_ctx *ctx, struct hv **hv_out) CHAOS_CHECK;
/* The host of this context, of which nothing is opened until it is used. */
int chaos__host(struct chaos_ctx *ctx, struct host **host_out) CHAOS_CHECK;

/*
 * This context's connection to XenStore, made now if there is none, or if the
 * last one broke. -ENODEV with the remedy where no daemon runs.
 */
int chaos__store(struct chaos_ctx *ctx, struct store **store_out) CHAOS_CHECK;
/* Another, which is the caller's own. */
int chaos__store_open(struct chaos_ctx *ctx,
                      struct store **store_out) CHAOS_CHECK;

/* name.c */

/* -EINVAL unless it can name a domain (docs/config.md). */
int chaos__name_check(struct chaos_ctx *ctx, const char *name) CHAOS_CHECK;

/* --- clean-up of what only this process sees ----------------------------- */

static inline void chaos__freep(void *p)
{
    void **pp = p;

    free(*pp);
}

static inline void chaos__closep(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

#define CLEANUP_FREE __attribute__((cleanup(chaos__freep)))
#define CLEANUP_CLOSE __attribute__((cleanup(chaos__closep)))

#define TAKE_PTR(p)                                                            \
    ({                                                                         \
        __typeof__(p) taken_ = (p);                                            \
        (p) = NULL;                                                            \
        taken_;                                                                \
    })
#define TAKE_FD(fd)                                                            \
    ({                                                                         \
        int taken_ = (fd);                                                     \
        (fd) = -1;                                                             \
        taken_;                                                                \
    })

#endif /* LIBCHAOS_INTERNAL_H */
