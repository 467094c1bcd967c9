/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * shell_file.c: shells written down under the run directory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "run_dir.h"
#include "shell.h"

static int write_new(struct chaos_ctx *ctx, const char *path,
                     const struct shell *shell)
{
    CLEANUP_CLOSE int fd = -1;
    ssize_t r;
    int rc = run_open(ctx, path, O_WRONLY | O_TRUNC, &fd);

    if (rc < 0)
        return rc;
    r = write(fd, shell, shell->size);
    if (r == (ssize_t)shell->size)
        return 0;
    rc = r < 0 ? -errno : -ENOSPC;
    (void)unlink(path);
    return chaos__fail(ctx, rc, "%s: cannot write it", path);
}

/* Whole or not at all, whenever this process ends. */
int shell_write(struct chaos_ctx *ctx, const struct shell *shell)
{
    char from[PATH_MAX], to[PATH_MAX];
    int rc = run_file(ctx, from, SHELL_DIR, shell->domid, ".new");

    if (rc == 0)
        rc = run_file(ctx, to, SHELL_DIR, shell->domid, "");
    if (rc == 0)
        rc = write_new(ctx, from, shell);
    if (rc < 0)
        return rc;
    if (rename(from, to) == 0)
        return 0;
    rc = -errno;
    (void)unlink(from);
    return chaos__fail(ctx, rc, "%s: cannot replace it", to);
}

int shell_read(struct chaos_ctx *ctx, uint32_t domid, struct shell **shell_out)
{
    size_t len = sizeof(struct shell) + SHELL_EXTENTS_MAX * sizeof(uint64_t);
    CLEANUP_FREE struct shell *shell = malloc(len);
    char path[PATH_MAX];
    int rc;

    if (!shell)
        return chaos__fail(ctx, -ENOMEM, "no memory for a shell");
    rc = run_file(ctx, path, SHELL_DIR, domid, "");
    if (rc == 0)
        rc = run_read(ctx, path, shell, &len);
    if (rc == 0)
        rc = shell_check(ctx, shell, len);
    if (rc == 0 && shell->domid != domid)
        rc = chaos__fail(ctx, -EINVAL, "it is another domain's");
    if (rc < 0)
        return rc;
    *shell_out = realloc(shell, len);
    if (!*shell_out)
        *shell_out = shell;
    (void)TAKE_PTR(shell);
    return 0;
}

int shell_owner_lock(struct chaos_ctx *ctx, uint32_t domid, int *fd_out)
{
    return run_lock(ctx, RUN_EDIT + (off_t)domid, F_OFD_SETLKW, fd_out);
}
