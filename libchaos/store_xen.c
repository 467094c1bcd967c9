/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * store_xen.c: the seam's real side: a connection to XenStore's daemon.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "internal.h"
#include "store.h"

#define SOCKET_PATH "/run/xenstored/socket"
/* A daemon that is busy with a thousand guests answers late, but it does. */
#define ANSWER_SECONDS 30

static int dial(int *fd_out)
{
    struct sockaddr_un address = {
        .sun_family = AF_UNIX,
        .sun_path = SOCKET_PATH,
    };
    struct timeval limit = {.tv_sec = ANSWER_SECONDS};
    CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ||
        connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        return -errno;
    *fd_out = TAKE_FD(fd);
    return 0;
}

int store_xen_open(struct store **store_out)
{
    CLEANUP_CLOSE int fd = -1;
    int rc = dial(&fd);

    if (rc == 0)
        rc = store_wire_open(fd, store_out);
    if (rc == 0)
        (void)TAKE_FD(fd);
    return rc;
}
