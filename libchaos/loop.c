/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * loop.c: loop devices of disk images, and what the kernel tells of block
 * devices.
 *
 * A lock on the image's open file guards it from a second writer. The loop
 * device keeps that open file for as long as it lives, and so the lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include <linux/loop.h>

#include "host_linux.h"
#include "internal.h"

/* Programs that take a free number at the same time; one of them gets it. */
#define RACES_MAX 64
/* A tenth of a second, far more than the kernel takes to close a file. */
#define LOCK_TRIES 50
#define LOCK_PAUSE_NS 2000000

int sys_read(const char *path, char *buf, size_t size)
{
    CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t r = fd < 0 ? -1 : read(fd, buf, size - 1);

    if (r < 0)
        return -errno;
    buf[r] = '\0';
    buf[strcspn(buf, "\n")] = '\0';
    return 0;
}

/* A /dev without udev or devtmpfs lacks the node of a new loop device. */
static int make_node(int number, const char *path)
{
    char sys[64], text[32];
    unsigned dev_major, dev_minor;
    int rc;

    (void)snprintf(sys, sizeof(sys), "/sys/block/loop%d/dev", number);
    rc = sys_read(sys, text, sizeof(text));
    if (rc < 0)
        return rc;
    if (sscanf(text, "%u:%u", &dev_major, &dev_minor) != 2)
        return -EPROTO;
    if (mknod(path, S_IFBLK | 0600, makedev(dev_major, dev_minor)) == 0 ||
        errno == EEXIST)
        return 0;
    return -errno;
}

static int open_number(int number, bool readonly)
{
    int rc, fd, flags = (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC;
    char path[32];

    (void)snprintf(path, sizeof(path), "/dev/loop%d", number);
    fd = open(path, flags);
    if (fd < 0 && errno == ENOENT) {
        rc = make_node(number, path);
        if (rc < 0)
            return rc;
        fd = open(path, flags);
    }
    return fd < 0 ? -errno : fd;
}

/*
 * The kernel itself leaves direct I/O where the file system cannot do it with
 * sectors of 512 bytes.
 */
static int configure(int control, int file, bool readonly, int *fd_out)
{
    struct loop_config config = {
        .fd = (uint32_t)file,
        .info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO |
                         (readonly ? LO_FLAGS_READ_ONLY : 0),
    };
    CLEANUP_CLOSE int fd = -1;
    int number = ioctl(control, LOOP_CTL_GET_FREE);

    if (number < 0)
        return -errno;
    fd = open_number(number, readonly);
    if (fd < 0)
        return fd;
    if (ioctl(fd, LOOP_CONFIGURE, &config) < 0)
        return -errno;
    *fd_out = TAKE_FD(fd);
    return 0;
}

/*
 * The kernel closes the file of a loop device some time after the device's last
 * user is gone, and there is no event for it: a disk just left can be had
 * again.
 */
static int lock_file(int file, bool readonly)
{
    struct timespec pause = {.tv_nsec = LOCK_PAUSE_NS};
    int r, tries = LOCK_TRIES;

    while ((r = flock(file, (readonly ? LOCK_SH : LOCK_EX) | LOCK_NB)) < 0 &&
           errno == EWOULDBLOCK && --tries > 0)
        (void)nanosleep(&pause, NULL);
    if (r == 0)
        return 0;
    return errno == EWOULDBLOCK ? -EBUSY : -errno;
}

int loop_attach(int file, bool readonly, int *fd_out)
{
    CLEANUP_CLOSE int control = -1;
    int rc = lock_file(file, readonly), races = RACES_MAX;

    if (rc < 0)
        return rc;
    control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0)
        return -errno;
    do {
        rc = configure(control, file, readonly, fd_out);
    } while (rc == -EBUSY && --races > 0);
    return rc == -EBUSY ? -EAGAIN : rc;
}

int loop_file(uint32_t dev_major, uint32_t dev_minor, char **path_out)
{
    char sys[80], path[PATH_MAX];
    int rc;

    (void)snprintf(sys, sizeof(sys), "/sys/dev/block/%u:%u/loop/backing_file",
                   dev_major, dev_minor);
    rc = sys_read(sys, path, sizeof(path));
    if (rc < 0)
        return rc == -ENOENT ? -ENXIO : rc;
    *path_out = strdup(path);
    return *path_out ? 0 : -ENOMEM;
}

int block_name(uint32_t dev_major, uint32_t dev_minor,
               char name_out[HOST_BLOCK_NAME_SIZE])
{
    char sys[64], target[PATH_MAX];
    const char *name;
    ssize_t r;

    (void)snprintf(sys, sizeof(sys), "/sys/dev/block/%u:%u", dev_major,
                   dev_minor);
    r = readlink(sys, target, sizeof(target) - 1);
    if (r < 0)
        return -errno;
    target[r] = '\0';
    name = strrchr(target, '/');
    name = name ? name + 1 : target;
    if (strlen(name) >= HOST_BLOCK_NAME_SIZE)
        return -ENAMETOOLONG;
    memcpy(name_out, name, strlen(name) + 1);
    return 0;
}
