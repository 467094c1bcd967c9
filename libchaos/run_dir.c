/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * run_dir.c: files and locks of the run directory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "internal.h"
#include "run_dir.h"

int run_path(struct chaos_ctx *ctx, char path[PATH_MAX], const char *name)
{
    int n = snprintf(path, PATH_MAX, "%s/%s", ctx->run_dir, name);

    if (n < 0 || n >= PATH_MAX)
        return chaos__fail(ctx, -ENAMETOOLONG, "%s", ctx->run_dir);
    return 0;
}

int run_file(struct chaos_ctx *ctx, char path[PATH_MAX], const char *dir,
             uint32_t domid, const char *suffix)
{
    char name[32];

    (void)snprintf(name, sizeof(name), "%s/%u%s", dir, domid, suffix);
    return run_path(ctx, path, name);
}

void run_remove(struct chaos_ctx *ctx, const char *dir, uint32_t domid,
                const char *suffix)
{
    char path[PATH_MAX];

    if (run_file(ctx, path, dir, domid, suffix) == 0)
        (void)unlink(path);
}

/* --- writing and reading ----------------------------------------------------
 */

static int make_dir(struct chaos_ctx *ctx, const char *path, mode_t mode)
{
    if (mkdir(path, mode) == 0 || errno == EEXIST)
        return 0;
    return chaos__fail(ctx, -errno, "%s: cannot make this directory", path);
}

/* The run directory is open to all; what lies in its directories is root's. */
static int make_dirs(struct chaos_ctx *ctx, const char *path)
{
    size_t len = (size_t)(strrchr(path, '/') - path);
    char parent[PATH_MAX];
    int rc = make_dir(ctx, ctx->run_dir, 0755);

    (void)snprintf(parent, sizeof(parent), "%.*s", (int)len, path);
    if (rc == 0 && strcmp(parent, ctx->run_dir) != 0)
        rc = make_dir(ctx, parent, 0700);
    return rc;
}

int run_open(struct chaos_ctx *ctx, const char *path, int flags, int *fd_out)
{
    int fd = open(path, flags | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0 && errno == ENOENT) {
        int rc = make_dirs(ctx, path);

        if (rc < 0)
            return rc;
        fd = open(path, flags | O_CREAT | O_CLOEXEC, 0600);
    }
    if (fd < 0)
        return chaos__fail(ctx, -errno, "%s: cannot write it", path);
    *fd_out = fd;
    return 0;
}

int run_read(struct chaos_ctx *ctx, const char *path, void *buf, size_t *len)
{
    CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t used = 0;

    if (fd < 0)
        return chaos__fail(ctx, -errno, "there is no record %s", path);
    while (used < *len) {
        ssize_t r = read(fd, (char *)buf + used, *len - used);

        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return chaos__fail(ctx, -errno, "%s: cannot read it", path);
        if (r == 0)
            break;
        used += (size_t)r;
    }
    *len = used;
    return 0;
}

/* --- locks
 * -------------------------------------------------------------------- */

int run_lock_open(struct chaos_ctx *ctx, int *fd_out)
{
    char path[PATH_MAX];
    int rc = run_path(ctx, path, "lock");

    if (rc == 0)
        rc = run_open(ctx, path, O_RDWR, fd_out);
    return rc;
}

int run_lock_byte(struct chaos_ctx *ctx, int fd, off_t byte, int cmd)
{
    struct flock lock = {
        .l_type = F_WRLCK,
        .l_whence = SEEK_SET,
        .l_start = byte,
        .l_len = 1,
    };
    int r;

    do {
        r = fcntl(fd, cmd, &lock);
    } while (r < 0 && errno == EINTR);
    if (r < 0 && (errno == EAGAIN || errno == EACCES))
        return -EBUSY;
    if (r < 0)
        return chaos__fail(ctx, -errno, "%s/lock: cannot lock it",
                           ctx->run_dir);
    return 0;
}

int run_lock(struct chaos_ctx *ctx, off_t byte, int cmd, int *fd_out)
{
    CLEANUP_CLOSE int fd = -1;
    int rc = run_lock_open(ctx, &fd);

    if (rc == 0)
        rc = run_lock_byte(ctx, fd, byte, cmd);
    if (rc == 0)
        *fd_out = TAKE_FD(fd);
    return rc;
}
