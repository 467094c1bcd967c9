/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * instance.c: the lock that makes a daemon the only one of its host.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon.h"
#include "instance.h"

#define PATH_SIZE 4096
#define PATIENCE_SECONDS 2
/* Of which a host has one, whatever directory a daemon is told to work in. */
#define HOST_FILE "/dev/xen/privcmd"

/* What others could write to would let them replace the socket. */
static int make_dir(const char *path)
{
    struct stat st;

    if (mkdir(path, 0755) < 0 && errno != EEXIST) {
        int rc = -errno;

        log_error("main", "%s: cannot be made: %s", path, strerror(-rc));
        return rc;
    }
    if (lstat(path, &st) < 0)
        return -errno;
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
        (st.st_mode & (S_IWGRP | S_IWOTH))) {
        log_error("main",
                  "%s: expected a directory that only its owner, who "
                  "runs chaosd, can write to",
                  path);
        return -EPERM;
    }
    return 0;
}

static void on_alarm(int number)
{
    (void)number;
}

/*
 * A daemon that was killed has its locks until the kernel is done with its
 * memory: wait for that, but not for one that lives.
 */
static int lock(int fd)
{
    const struct sigaction ring = {.sa_handler = on_alarm};
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct sigaction old;
    int rc = 0;

    sigaction(SIGALRM, &ring, &old);
    alarm(PATIENCE_SECONDS);
    if (fcntl(fd, F_OFD_SETLKW, &whole) < 0)
        rc = errno == EINTR ? -EADDRINUSE : -errno;
    alarm(0);
    sigaction(SIGALRM, &old, NULL);
    return rc;
}

/* For people; nothing here reads it back as a number. */
static void write_pid(int fd)
{
    char text[32];
    int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

    if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) < 0)
        log_warn("main", "the number of the process was not written down: %s",
                 strerror(errno));
}

static void tell_who(int fd)
{
    char text[32] = "";
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

    text[n > 0 ? strcspn(text, "\n") : 0] = '\0';
    log_error("main", "another chaosd runs here, process %s",
              text[0] ? text : "unknown");
}

/*
 * With another directory come other locks: a second daemon would take what the
 * first one has for orphans. The descriptor is never closed.
 */
static int lock_host(void)
{
    int rc, fd = open(HOST_FILE, O_RDWR | O_CLOEXEC);

    /* Without a hypervisor there is nothing to quarrel about. */
    if (fd < 0)
        return 0;
    rc = lock(fd);
    if (rc == 0)
        return 0;
    close(fd);
    if (rc == -EADDRINUSE)
        log_error("main", "another chaosd runs on this host, with another "
                          "directory");
    return rc;
}

int instance_take(const char *run_dir, int *fd_out)
{
    char path[PATH_SIZE];
    int fd, n, rc = make_dir(run_dir);

    if (rc < 0)
        return rc;
    n = snprintf(path, sizeof(path), "%s/chaosd.pid", run_dir);
    if (n < 0 || (size_t)n >= sizeof(path))
        return -ENAMETOOLONG;
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) {
        rc = -errno;
        log_error("main", "%s: %s", path, strerror(-rc));
        return rc;
    }
    rc = lock(fd);
    if (rc < 0) {
        if (rc == -EADDRINUSE)
            tell_who(fd);
        close(fd);
        return rc;
    }
    rc = lock_host();
    if (rc < 0) {
        close(fd);
        return rc;
    }
    write_pid(fd);
    *fd_out = fd;
    return 0;
}
