/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * terminal.c: the terminals that xenconsoled makes, one for each domain.
 *
 * Two readers would each get some of the bytes, so xl's own lock is taken: a
 * file that is removed before it is unlocked, wherefore it may be another by
 * the time that it is locked.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <termios.h>

#include "host_linux.h"
#include "internal.h"

#define LOCK_FILE "/var/lock/xenconsole.%u"
#define PATH_SIZE 48

static void lock_path(uint32_t domid, char path[PATH_SIZE])
{
    (void)snprintf(path, PATH_SIZE, LOCK_FILE, domid);
}

static bool is_still(const char *path, int fd)
{
    struct stat named, held;

    return stat(path, &named) == 0 && fstat(fd, &held) == 0 &&
           named.st_dev == held.st_dev && named.st_ino == held.st_ino;
}

/* -1 where there is no directory for locks: then nobody locks. */
static int lock(uint32_t domid, int *fd_out)
{
    char path[PATH_SIZE];

    lock_path(domid, path);
    for (;;) {
        CLEANUP_CLOSE int fd =
            open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

        if (fd < 0 && errno != ENOENT)
            return -errno;
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0)
            return errno == EWOULDBLOCK ? -EBUSY : -errno;
        if (fd < 0 || is_still(path, fd)) {
            *fd_out = TAKE_FD(fd);
            return 0;
        }
    }
}

static void unlock(uint32_t domid, int fd)
{
    char path[PATH_SIZE];

    if (fd < 0)
        return;
    lock_path(domid, path);
    (void)unlink(path);
    (void)close(fd);
}

/* The path comes from XenStore: what it leads to may be no terminal. */
static int open_raw(const char *path, int *fd_out)
{
    CLEANUP_CLOSE int fd =
        open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    struct termios term;

    if (fd < 0 || tcgetattr(fd, &term) < 0)
        return -errno;
    cfmakeraw(&term);
    if (tcsetattr(fd, TCSANOW, &term) < 0)
        return -errno;
    *fd_out = TAKE_FD(fd);
    return 0;
}

int terminal_open(uint32_t domid, const char *path,
                  struct host_terminal *terminal_out)
{
    struct host_terminal terminal = {.fd = -1, .lock_fd = -1};
    int rc = lock(domid, &terminal.lock_fd);

    if (rc < 0)
        return rc;
    rc = open_raw(path, &terminal.fd);
    if (rc < 0)
        unlock(domid, terminal.lock_fd);
    else
        *terminal_out = terminal;
    return rc;
}

void terminal_close(uint32_t domid, struct host_terminal *terminal)
{
    chaos__closep(&terminal->fd);
    unlock(domid, terminal->lock_fd);
    *terminal = (struct host_terminal){.fd = -1, .lock_fd = -1};
}
