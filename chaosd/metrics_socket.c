/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * metrics_socket.c: the socket of the metrics: in the file system, or of the
 * loopback interface. Nothing else: they are this host's affair.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/util.h>

#include "daemon.h"
#include "metrics_internal.h"
#include "server.h"

#define BACKLOG 16

static int refuse(const char *address, int rc, const char *what)
{
    log_error("metrics", "address=%s: %s: %s", address, what, strerror(-rc));
    return rc;
}

/* --- in the file system ------------------------------------------------------
 */

static int own(const char *path, const char *group)
{
    gid_t gid = getegid();
    int rc = group ? peer_group(group, &gid) : 0;

    if (rc < 0)
        return rc;
    /* In this order nobody else ever gets in. */
    if (chmod(path, 0600) < 0 || chown(path, (uid_t)-1, gid) < 0 ||
        chmod(path, 0660) < 0)
        return -errno;
    return 0;
}

int metrics_socket_own(const struct metrics_socket *socket, const char *group)
{
    return socket->path[0] ? own(socket->path, group) : 0;
}

/* Another daemon may have put its own there. */
void metrics_socket_unlink(struct metrics_socket *socket)
{
    struct stat st;

    if (socket->path[0] && lstat(socket->path, &st) == 0 &&
        st.st_dev == socket->dev && st.st_ino == socket->ino)
        (void)unlink(socket->path);
    socket->path[0] = '\0';
}

/* What is in the way may be replaced if it is a socket. */
static int check_place(const char *path)
{
    struct stat st;

    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : -errno;
    return S_ISSOCK(st.st_mode) ? 0 : -EEXIST;
}

/*
 * Under another name first, so that the path leads to a socket that answers,
 * and whom it should, from the moment it exists.
 */
static int serve_path(struct metrics_socket *socket, const char *group)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    struct stat st;
    int len =
        snprintf(sun.sun_path, sizeof(sun.sun_path), "%s.new", socket->path);
    int rc = 0;

    if (socket->path[0] != '/' || len >= (int)sizeof(sun.sun_path))
        return -EINVAL;
    rc = check_place(socket->path);
    if (rc < 0)
        return rc;
    (void)unlink(sun.sun_path);
    /* fchmod: the mode with which it appears. */
    if (fchmod(socket->fd, 0600) < 0 ||
        bind(socket->fd, (const struct sockaddr *)&sun, sizeof(sun)) < 0)
        return -errno;
    rc = own(sun.sun_path, group);
    if (rc == 0 &&
        (listen(socket->fd, BACKLOG) < 0 || lstat(sun.sun_path, &st) < 0 ||
         rename(sun.sun_path, socket->path) < 0))
        rc = -errno;
    if (rc < 0) {
        (void)unlink(sun.sun_path);
        return rc;
    }
    socket->dev = st.st_dev;
    socket->ino = st.st_ino;
    return 0;
}

static int open_path(const char *address, const char *path, const char *group,
                     struct metrics_socket *socket_out)
{
    struct metrics_socket s = {.fd = -1};
    int rc;

    if (strlen(path) >= sizeof(s.path))
        return refuse(address, -ENAMETOOLONG, "no socket can be made there");
    memcpy(s.path, path, strlen(path));
    s.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s.fd < 0)
        return refuse(address, -errno, "socket");
    rc = serve_path(&s, group);
    if (rc < 0) {
        (void)close(s.fd);
        return refuse(address, rc, "no socket can be made there");
    }
    *socket_out = s;
    return 0;
}

/* --- of the loopback interface -----------------------------------------------
 */

static bool is_loopback(const struct sockaddr_storage *ss)
{
    if (ss->ss_family == AF_INET) {
        const struct sockaddr_in *sin = (const void *)ss;

        return ntohl(sin->sin_addr.s_addr) >> 24 == 127 && sin->sin_port;
    }
    if (ss->ss_family == AF_INET6) {
        const struct sockaddr_in6 *sin6 = (const void *)ss;

        return IN6_IS_ADDR_LOOPBACK(&sin6->sin6_addr) && sin6->sin6_port;
    }
    return false;
}

static int open_loopback(const char *address, struct metrics_socket *socket_out)
{
    struct metrics_socket s = {.fd = -1};
    struct sockaddr_storage ss = {0};
    int size = sizeof(ss), one = 1, rc;

    if (evutil_parse_sockaddr_port(address, (struct sockaddr *)&ss, &size) <
            0 ||
        !is_loopback(&ss))
        return refuse(address, -EINVAL,
                      "neither unix:PATH nor an address of the loopback "
                      "interface with a port");
    s.fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s.fd < 0)
        return refuse(address, -errno, "socket");
    if (setsockopt(s.fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
        bind(s.fd, (struct sockaddr *)&ss, (socklen_t)size) < 0 ||
        listen(s.fd, BACKLOG) < 0) {
        rc = -errno;
        (void)close(s.fd);
        return refuse(address, rc, "cannot listen there");
    }
    *socket_out = s;
    return 0;
}

int metrics_socket_open(const char *address, const char *group,
                        struct metrics_socket *socket_out)
{
    if (strncmp(address, "unix:", 5) == 0)
        return open_path(address, address + 5, group, socket_out);
    return open_loopback(address, socket_out);
}
