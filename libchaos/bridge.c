/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * bridge.c: look a bridge up without the kernel's lock on all of its network.
 *
 * Every create with a vif asks for its bridge. A question over the routing
 * socket waits for whoever is changing a link, such as a daemon that makes vifs
 * ahead of time, and is answered with all that there is to tell of a bridge.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host_linux.h"

static bool is_bridge(const char *name)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "/sys/devices/virtual/net/%s/bridge",
                   name);
    return access(path, F_OK) == 0;
}

int bridge_find(int *fd, const char *name, uint32_t *ifindex_out,
                uint32_t *mtu_out)
{
    struct ifreq index = {0}, mtu = {0};

    if (strlen(name) >= sizeof(index.ifr_name) || !is_bridge(name))
        return -ENODEV;
    if (*fd < 0)
        *fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return -errno;
    memcpy(index.ifr_name, name, strlen(name));
    memcpy(mtu.ifr_name, name, strlen(name));
    if (ioctl(*fd, SIOCGIFINDEX, &index) < 0 ||
        ioctl(*fd, SIOCGIFMTU, &mtu) < 0)
        return -errno;
    *ifindex_out = (uint32_t)index.ifr_ifindex;
    *mtu_out = (uint32_t)mtu.ifr_mtu;
    return 0;
}
