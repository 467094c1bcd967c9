/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * back.c: the ioctls of /dev/xen/noxs, by which dom0's kernel makes back ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <sys/ioctl.h>

#include <noxs/block.h>
#include <noxs/ioctl.h>

#include "host_linux.h"
#include "internal.h"

#define CLOSE_MAX_MS 3600000u

/* An ioctl without an effect that a signal could have left half done. */
static int call(int fd, unsigned long request, void *arg)
{
    int r;

    do {
        r = ioctl(fd, request, arg);
    } while (r < 0 && errno == EINTR);
    return r < 0 ? -errno : 0;
}

int back_open(int *fd_out)
{
    CLEANUP_CLOSE int fd = open(NOXS_IOCTL_PATH, O_RDWR | O_CLOEXEC);
    struct noxs_ioctl_version version = {0};
    int rc;

    if (fd < 0)
        return -errno;
    rc = call(fd, NOXS_IOCTL_VERSION_GET, &version);
    if (rc == -ENOTTY || rc == -EINVAL)
        return -EPROTO;
    if (rc < 0)
        return rc;
    if (version.version != NOXS_IOCTL_VERSION ||
        version.noxs_version != NOXS_VERSION)
        return -EPROTO;
    *fd_out = TAKE_FD(fd);
    return 0;
}

/* Both sides of the seam say the same with their numbers. */
_Static_assert(HOST_VIF_MAC == NOXS_VIF_MAC && HOST_VIF_MTU == NOXS_VIF_MTU &&
                   HOST_VIF_RATE == NOXS_VIF_RATE &&
                   HOST_VIF_ADDRESS == NOXS_VIF_ADDRESS,
               "fields of a vif");

static void fill_address(const struct host_vif *vif,
                         struct noxs_net_address *address)
{
    address->family = vif->family;
    address->prefix = vif->prefix;
    address->has_gateway = vif->has_gateway;
    memcpy(address->address, vif->address, sizeof(address->address));
    memcpy(address->gateway, vif->gateway, sizeof(address->gateway));
}

int back_vif_create(int fd, const struct host_vif *vif, uint32_t *ifindex_out,
                    char ifname_out[HOST_IFNAME_SIZE],
                    struct noxs_device *device_out)
{
    struct noxs_ioctl_vif arg = {
        .domid = (uint16_t)vif->domid,
        .mtu = vif->mtu,
        .id = vif->id,
        .evtchn = vif->evtchn,
        .rate_bytes = vif->rate_bytes,
        .rate_interval = vif->rate_interval_us,
        .features = NOXS_NET_F_ALL,
    };
    size_t len = strlen(vif->ifname);
    int rc;

    if (len >= sizeof(arg.ifname))
        return -EINVAL;
    memcpy(arg.ifname, vif->ifname, len);
    memcpy(arg.mac, vif->mac, sizeof(arg.mac));
    fill_address(vif, &arg.address);
    rc = call(fd, NOXS_IOCTL_VIF_CREATE, &arg);
    if (rc < 0)
        return rc;
    *ifindex_out = arg.ifindex;
    memcpy(ifname_out, arg.ifname, HOST_IFNAME_SIZE);
    ifname_out[HOST_IFNAME_SIZE - 1] = '\0';
    *device_out = arg.device;
    return 0;
}

int back_vif_set(int fd, const struct host_vif *vif, unsigned fields,
                 struct noxs_device *device_out)
{
    struct noxs_ioctl_vif_set arg = {
        .domid = (uint16_t)vif->domid,
        .mtu = vif->mtu,
        .id = vif->id,
        .fields = fields,
        .rate_bytes = vif->rate_bytes,
        .rate_interval = vif->rate_interval_us,
    };
    int rc;

    memcpy(arg.mac, vif->mac, sizeof(arg.mac));
    fill_address(vif, &arg.address);
    rc = call(fd, NOXS_IOCTL_VIF_SET, &arg);
    if (rc == 0)
        *device_out = arg.device;
    return rc;
}

int back_vbd_create(int fd, const struct host_vbd *vbd,
                    struct noxs_device *device_out)
{
    struct noxs_ioctl_vbd arg = {
        .domid = (uint16_t)vbd->domid,
        .id = vbd->id,
        .evtchn = vbd->evtchn,
        .fd = vbd->fd,
        .flags = vbd->readonly ? NOXS_VBD_READONLY : 0,
        .features = NOXS_BLOCK_F_ALL,
    };
    int rc = call(fd, NOXS_IOCTL_VBD_CREATE, &arg);

    if (rc == 0)
        *device_out = arg.device;
    return rc;
}

static struct noxs_ioctl_device device_arg(uint32_t domid, uint32_t type,
                                           uint32_t id, unsigned timeout_ms)
{
    struct noxs_ioctl_device arg = {
        .domid = (uint16_t)domid,
        .type = type,
        .id = id,
        .timeout_ms = timeout_ms,
    };

    return arg;
}

/*
 * A signal must not start the time anew, so it ends the wait. The module waits
 * an hour at most.
 */
int back_close(int fd, uint32_t domid, uint32_t type, uint32_t id,
               unsigned timeout_ms)
{
    unsigned most = timeout_ms < CLOSE_MAX_MS ? timeout_ms : CLOSE_MAX_MS;
    struct noxs_ioctl_device arg = device_arg(domid, type, id, most);

    return ioctl(fd, NOXS_IOCTL_CLOSE, &arg) < 0 ? -errno : 0;
}

int back_destroy(int fd, uint32_t domid, uint32_t type, uint32_t id)
{
    struct noxs_ioctl_device arg = device_arg(domid, type, id, 0);

    return call(fd, NOXS_IOCTL_DESTROY, &arg);
}

static void back_convert(const struct noxs_back_info *info,
                         struct host_back *back_out)
{
    *back_out = (struct host_back){
        .domid = info->domid,
        .type = info->type,
        .id = info->id,
        .state = info->back_state,
        .ifindex = info->ifindex,
        .dev_major = info->dev_major,
        .dev_minor = info->dev_minor,
        .sent_ops = info->sent_ops,
        .sent_bytes = info->sent_bytes,
        .received_ops = info->received_ops,
        .received_bytes = info->received_bytes,
        .errors = info->errors,
    };
    memcpy(back_out->ifname, info->ifname, sizeof(back_out->ifname));
    back_out->ifname[sizeof(back_out->ifname) - 1] = '\0';
}

/* All of them at one moment: as often as they outgrew the room meanwhile. */
static int list_infos(int fd, uint32_t domid, struct noxs_back_info **infos_out,
                      size_t *count_out)
{
    struct noxs_ioctl_list arg = {.domid = (uint16_t)domid};
    uint32_t room = NOXS_DEV_MAX;
    int rc;

    for (;; room = arg.total + NOXS_DEV_MAX) {
        CLEANUP_FREE struct noxs_back_info *infos =
            calloc(room, sizeof(*infos));

        if (!infos)
            return -ENOMEM;
        arg.infos = (uintptr_t)infos;
        arg.count = room;
        arg.total = 0;
        rc = call(fd, NOXS_IOCTL_LIST, &arg);
        if (rc < 0)
            return rc;
        if (arg.total > room)
            continue;
        *count_out = arg.count;
        *infos_out = TAKE_PTR(infos);
        return 0;
    }
}

int back_list(int fd, uint32_t domid, struct host_back **backs_out,
              size_t *count_out)
{
    CLEANUP_FREE struct noxs_back_info *infos = NULL;
    struct host_back *backs;
    size_t i, count;
    int rc = list_infos(fd, domid, &infos, &count);

    if (rc < 0)
        return rc;
    backs = calloc(count ? count : 1, sizeof(*backs));
    if (!backs)
        return -ENOMEM;
    for (i = 0; i < count; i++)
        back_convert(&infos[i], &backs[i]);
    *backs_out = backs;
    *count_out = count;
    return 0;
}
