/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * disk.c: disks to make vbds of. A loop device of a file without a name, which
 * clears itself when the last user closes it.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "test.h"

#define BYTES (1 << 20)

static int open_minor(unsigned int minor, int flags)
{
    char path[32];
    int fd;

    snprintf(path, sizeof(path), "/dev/loop%u", minor);
    fd = open(path, flags | O_CLOEXEC);
    if (fd < 0)
        err(2, "%s", path);
    return fd;
}

int disk_open(int flags)
{
    struct loop_config config = {.info.lo_flags = LO_FLAGS_AUTOCLEAR};
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    int file = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    int minor, fd;

    if (control < 0 || file < 0 || ftruncate(file, BYTES))
        err(2, "no loop device");
    minor = ioctl(control, LOOP_CTL_GET_FREE);
    if (minor < 0)
        err(2, "no loop device");
    /* Its access mode is the file's: how it is opened matters only later. */
    fd = open_minor((unsigned int)minor, O_RDWR);
    config.fd = (uint32_t)file;
    if (ioctl(fd, LOOP_CONFIGURE, &config))
        err(2, "no loop device");
    close(file);
    close(control);
    if (flags != O_RDWR) {
        int other = disk_again(fd, flags);

        close(fd);
        return other;
    }
    return fd;
}

unsigned int disk_minor(int fd)
{
    struct stat st;

    if (fstat(fd, &st))
        err(2, "fstat");
    return minor(st.st_rdev);
}

int disk_again(int fd, int flags)
{
    return open_minor(disk_minor(fd), flags);
}

bool disk_is_there(unsigned int minor)
{
    char path[64];

    snprintf(path, sizeof(path), "/sys/block/loop%u/loop", minor);
    return !access(path, F_OK);
}
