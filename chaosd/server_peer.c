/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * server_peer.c: who may connect: root and the members of one group.
 *
 * The kernel says who the peer was when it connected; nothing that the peer
 * sends counts.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "server_internal.h"

#define GROUPS_MAX 65536 /* the kernel's own limit */

/*
 * A group by its name or number. Read from the file: a name service cannot be
 * asked by a program that is linked statically.
 */
int peer_group(const char *name, gid_t *gid_out)
{
    struct group *entry;
    unsigned long number;
    int rc = -ENOENT;
    char *end;
    FILE *file;

    errno = 0;
    number = strtoul(name, &end, 10);
    if (name[0] >= '0' && name[0] <= '9' && !*end && !errno &&
        number < (gid_t)-1) {
        *gid_out = (gid_t)number;
        return 0;
    }
    file = fopen("/etc/group", "re");
    if (!file)
        return -errno;
    while (rc < 0 && (entry = fgetgrent(file)) != NULL)
        if (strcmp(entry->gr_name, name) == 0) {
            *gid_out = entry->gr_gid;
            rc = 0;
        }
    fclose(file);
    return rc;
}

/* Whether the peer has the group besides its primary one. */
static bool has_group(int fd, gid_t group)
{
    gid_t few[32], *groups = few;
    socklen_t size = sizeof(few);
    bool found = false;
    size_t i;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0) {
        if (errno != ERANGE || size > GROUPS_MAX * sizeof(gid_t))
            return false;
        groups = malloc(size);
        if (!groups)
            return false;
        if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
            size = 0;
    }
    for (i = 0; i < size / sizeof(gid_t); i++)
        found = found || groups[i] == group;
    if (groups != few)
        free(groups);
    return found;
}

int peer_check(const struct server *server, int fd, struct peer *peer_out)
{
    struct ucred cred;
    socklen_t size = sizeof(cred);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
        return -errno;
    peer_out->pid = cred.pid;
    peer_out->uid = cred.uid;
    peer_out->allowed =
        cred.uid == 0 || (server->has_group && (cred.gid == server->group ||
                                                has_group(fd, server->group)));
    return 0;
}
