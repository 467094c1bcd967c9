/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * vbd.c: one disk: what it is stored on, and its back end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <linux/fs.h>

#include "devices.h"
#include "internal.h"

#define SECTOR_SIZE 512

int vbd_bad_target(struct chaos_ctx *ctx, int rc, const struct vbd *v,
                   const char *why)
{
    return chaos__fail(ctx, rc, "vbds[%u].target %s%s%s", v->index,
                       v->cfg->target, why ? ": " : "", why ? why : "");
}

/* Of what kind it is, and that it can be what `type` says. */
static int check_kind(struct chaos_ctx *ctx, const struct vbd *v,
                      const struct stat *st)
{
    bool file = v->cfg->type == CONFIG_VBD_FILE;

    if (S_ISDIR(st->st_mode))
        return vbd_bad_target(ctx, -EISDIR, v, "this is a directory");
    if (!file && S_ISREG(st->st_mode))
        return vbd_bad_target(ctx, -ENOTBLK, v,
                              "this is a file; a disk image needs \"type\": "
                              "\"file\"");
    if (!file && !S_ISBLK(st->st_mode))
        return vbd_bad_target(ctx, -ENOTBLK, v, "this is no block device");
    if (file && S_ISBLK(st->st_mode))
        return vbd_bad_target(ctx, -EINVAL, v,
                              "this is a block device, which needs \"type\": "
                              "\"phy\"");
    if (file && !S_ISREG(st->st_mode))
        return vbd_bad_target(ctx, -EINVAL, v, "this is no regular file");
    if (file && st->st_size < SECTOR_SIZE)
        return vbd_bad_target(
            ctx, -EINVAL, v, "this file is smaller than a sector of 512 bytes");
    return 0;
}

/* Not blocking: a FIFO or a tape must not hold a create up. */
static int open_target(struct chaos_ctx *ctx, const struct vbd *v, int *fd_out)
{
    int access = v->cfg->writable ? O_RDWR : O_RDONLY;
    CLEANUP_CLOSE int fd =
        open(v->cfg->target, access | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    int rc;

    if (fd < 0 && errno == EISDIR)
        return vbd_bad_target(ctx, -EISDIR, v, "this is a directory");
    if (fd < 0 && errno == ENXIO)
        return vbd_bad_target(ctx, -ENXIO, v, "there is no such device");
    if (fd < 0 || fstat(fd, &st) < 0)
        return vbd_bad_target(ctx, -errno, v, NULL);
    rc = check_kind(ctx, v, &st);
    if (rc == 0)
        *fd_out = TAKE_FD(fd);
    return rc;
}

static int attach_loop(struct chaos_ctx *ctx, struct host *host, struct vbd *v,
                       int file)
{
    int rc = host->ops->loop_attach(host, file, !v->cfg->writable, &v->fd);

    switch (rc) {
    case 0:
        return 0;
    case -EBUSY:
        return vbd_bad_target(
            ctx, rc, v,
            v->cfg->writable ? "this file is in use by another VM or program"
                             : "another VM or program writes to this file");
    case -ENOENT:
    case -ENXIO:
        return vbd_bad_target(ctx, -ENODEV, v,
                              "there are no loop devices; 'modprobe loop'");
    default:
        return vbd_bad_target(ctx, rc, v, "no loop device can be made of it");
    }
}

/* As a loop device without a file, or a drive without a medium. */
static int check_size(struct chaos_ctx *ctx, const struct vbd *v, int fd)
{
    uint64_t size;

    if (ioctl(fd, BLKGETSIZE64, &size) < 0)
        return vbd_bad_target(ctx, -errno, v, "its size cannot be had");
    if (size < SECTOR_SIZE)
        return vbd_bad_target(ctx, -ENODEV, v,
                              "this device is empty: nothing is behind it");
    return 0;
}

int vbd_open(struct chaos_ctx *ctx, struct host *host, struct vbd *v)
{
    CLEANUP_CLOSE int fd = -1;
    int rc = open_target(ctx, v, &fd);

    if (rc < 0)
        return rc;
    if (v->cfg->type == CONFIG_VBD_FILE)
        return attach_loop(ctx, host, v, fd);
    rc = check_size(ctx, v, fd);
    if (rc == 0)
        v->fd = TAKE_FD(fd);
    return rc;
}

void vbd_close(struct vbd *v)
{
    chaos__closep(&v->fd);
    v->fd = -1;
}

int vbd_make(struct chaos_ctx *ctx, struct host *host, uint32_t domid,
             struct vbd *v)
{
    struct host_vbd vbd = {
        .domid = domid,
        .id = v->id,
        .evtchn = v->evtchn,
        .fd = v->fd,
        .readonly = !v->cfg->writable,
    };
    char what[32];
    int rc = host->ops->vbd_create(host, &vbd, &v->device);

    (void)snprintf(what, sizeof(what), "vbds[%u]", v->index);
    switch (rc) {
    case 0:
        return 0;
    case -EBUSY:
        return vbd_bad_target(ctx, rc, v, VBD_IN_USE);
    case -EROFS:
    case -EACCES:
        return vbd_bad_target(ctx, rc, v, "this device cannot be written to");
    case -EEXIST:
        return chaos__fail(ctx, rc, "%s.vdev: the domain has a disk '%s'", what,
                           v->cfg->vdev);
    default:
        return device_refused(ctx, rc, what);
    }
}
