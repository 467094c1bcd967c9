/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * call.c: the ioctls.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "test.h"

static int device = -1;

void call_open(void)
{
    device = open(NOXS_IOCTL_PATH, O_RDWR | O_CLOEXEC);
    if (device < 0)
        err(2, NOXS_IOCTL_PATH);
}

void call_close(void)
{
    close(device);
}

int call(unsigned long cmd, void *arg)
{
    return ioctl(device, cmd, arg) ? -errno : 0;
}

struct noxs_ioctl_vif call_vif(uint16_t domid, uint32_t id, uint32_t port)
{
    return (struct noxs_ioctl_vif){
        .domid = domid,
        .mtu = NOXS_NET_MTU_DEFAULT,
        .id = id,
        .evtchn = port,
        .mac = {0x00, 0x16, 0x3e, (uint8_t)(id >> 8), (uint8_t)id,
                (uint8_t)domid},
        .features = NOXS_NET_F_ALL,
    };
}

struct noxs_ioctl_vbd call_vbd(uint16_t domid, uint32_t id, uint32_t port,
                               int fd)
{
    return (struct noxs_ioctl_vbd){
        .domid = domid,
        .id = id,
        .evtchn = port,
        .fd = fd,
        .features = NOXS_BLOCK_F_ALL,
    };
}

int call_destroy(uint16_t domid, uint32_t type, uint32_t id)
{
    struct noxs_ioctl_device which = {.domid = domid, .type = type, .id = id};

    return call(NOXS_IOCTL_DESTROY, &which);
}

long call_count(uint16_t domid)
{
    struct noxs_ioctl_list list = {.domid = domid};
    int rc = call(NOXS_IOCTL_LIST, &list);

    return rc ? rc : (long)list.total;
}
