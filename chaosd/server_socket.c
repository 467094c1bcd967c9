/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * server_socket.c: the socket that is listened on: systemd's, or one made here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "server_internal.h"

#define FIRST_FD 3 /* of those that systemd passes */
#define OUR_NAME "chaosd.socket"

/* --- passed by systemd ------------------------------------------------------
 */

static bool is_listening_unix(int fd)
{
    int domain, type, accepts;
    socklen_t size = sizeof(int);

    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
           getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
           getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &size) == 0 &&
           domain == AF_UNIX && type == SOCK_STREAM && accepts;
}

/* Whether the n-th of the names between colons is ours; none at all: yes. */
static bool is_named_ours(const char *names, long n)
{
    size_t len;

    if (!names)
        return true;
    for (; n > 0; n--) {
        names = strchr(names, ':');
        if (!names)
            return false;
        names++;
    }
    len = strcspn(names, ":");
    return len == strlen(OUR_NAME) && strncmp(names, OUR_NAME, len) == 0;
}

/* 0: nothing was passed; else 1 or -errno. */
static int take_passed(struct listener *l)
{
    const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
    const char *names = getenv("LISTEN_FDNAMES");
    long count, i;

    if (!pid || !fds || strtol(pid, NULL, 10) != (long)getpid())
        return 0;
    count = strtol(fds, NULL, 10);
    for (i = 0; i < count && i < 64; i++)
        if (is_named_ours(names, i))
            break;
    if (count < 1 || i == count || !is_listening_unix(FIRST_FD + (int)i)) {
        log_error("server", "systemd passed no Unix stream socket that "
                            "listens and is called " OUR_NAME);
        return -EINVAL;
    }
    l->fd = FIRST_FD + (int)i;
    l->ours = false;
    return 1;
}

/* So that no hook takes them for its own. */
static void forget_passed(void)
{
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
}

/* --- made here --------------------------------------------------------------
 */

static int set_address(struct sockaddr_un *sun, const char *path)
{
    memset(sun, 0, sizeof(*sun));
    sun->sun_family = AF_UNIX;
    if (path[0] != '/' || strlen(path) >= sizeof(sun->sun_path))
        return -ENAMETOOLONG;
    memcpy(sun->sun_path, path, strlen(path) + 1);
    return 0;
}

static int connect_to(const char *path)
{
    struct sockaddr_un sun;
    int fd, rc = set_address(&sun, path);

    if (rc < 0)
        return rc;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    rc = connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) < 0 ? -errno
                                                                     : 0;
    close(fd);
    return rc;
}

/* What is in the way may be replaced if it is a socket that nobody serves. */
static int check_place(const char *path)
{
    struct stat st;
    int rc;

    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(st.st_mode)) {
        log_error("server", "%s is in the way and no socket", path);
        return -EEXIST;
    }
    rc = connect_to(path);
    if (rc == -ECONNREFUSED || rc == -ENOENT)
        return 0;
    /* Connected, or its backlog is full: somebody is there. */
    log_error("server", "%s: another daemon answers there", path);
    return -EADDRINUSE;
}

static int bind_and_listen(int fd, const char *path)
{
    struct sockaddr_un sun;
    int rc = set_address(&sun, path);

    if (rc < 0)
        return rc;
    unlink(path);
    if (bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) < 0)
        return -errno;
    if (listen(fd, SOMAXCONN) < 0) {
        rc = -errno;
        unlink(path);
    }
    return rc;
}

/*
 * Under another name first, so that the path leads to a socket that answers
 * from the moment it exists. Until its mode is set only root can connect.
 */
static int make(struct listener *l, const char *path)
{
    char temp[sizeof(l->path) + 4];
    struct stat st;
    int rc;

    snprintf(temp, sizeof(temp), "%s.new", path);
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->fd < 0)
        return -errno;
    rc = bind_and_listen(l->fd, temp);
    if (rc < 0)
        return rc;
    if (lstat(temp, &st) < 0 || rename(temp, path) < 0) {
        rc = -errno;
        unlink(temp);
        return rc;
    }
    snprintf(l->path, sizeof(l->path), "%s", path);
    l->dev = st.st_dev;
    l->ino = st.st_ino;
    l->ours = true;
    return 0;
}

int listener_open(struct listener *l, const struct conf *conf)
{
    int rc = take_passed(l);

    forget_passed();
    if (rc != 0)
        return rc < 0 ? rc : 0;
    rc = check_place(conf->socket);
    if (rc < 0)
        return rc;
    rc = make(l, conf->socket);
    if (rc < 0) {
        log_error("server", "%s: %s", conf->socket, strerror(-rc));
        listener_close(l);
    }
    return rc;
}

void listener_own(const struct listener *l, bool has_group, gid_t group)
{
    if (!l->ours || l->fd < 0)
        return;
    if (chown(l->path, 0, has_group ? group : 0) < 0 ||
        chmod(l->path, 0660) < 0)
        log_warn("server", "%s: its group or mode cannot be set: %s", l->path,
                 strerror(errno));
}

void listener_close(struct listener *l)
{
    struct stat st;

    if (l->fd < 0)
        return;
    close(l->fd);
    l->fd = -1;
    /* Another daemon may have put its own there. */
    if (l->ours && lstat(l->path, &st) == 0 && st.st_dev == l->dev &&
        st.st_ino == l->ino)
        unlink(l->path);
    l->ours = false;
}
