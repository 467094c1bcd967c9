/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vbd.c: VBD_CREATE: what it makes, each way to ask for nonsense, and who may
 * share a disk with whom.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sys/mount.h>
#include <sys/socket.h>

#include <linux/fs.h>

#include "test.h"

/* The domain, a port of it that is used again and again, a disk. */
static uint16_t domid;
static uint32_t port;
static int disk;

static struct noxs_ioctl_vbd proper(void)
{
    return call_vbd(domid, 51712, port, disk);
}

static int create(struct noxs_ioctl_vbd vbd)
{
    return call(NOXS_IOCTL_VBD_CREATE, &vbd);
}

/* A copy with one thing changed must be refused with just that error. */
#define SPOILT(change, error)                                                  \
    do {                                                                       \
        struct noxs_ioctl_vbd it = proper();                                   \
        change;                                                                \
        EXPECT(create(it), error);                                             \
    } while (0)

static void check_made(void)
{
    struct noxs_ioctl_vbd vbd = proper();
    struct noxs_block_config config;
    struct noxs_back_info info = {0};
    struct noxs_ioctl_list list = {.domid = domid, .count = 1};

    EXPECT(call(NOXS_IOCTL_VBD_CREATE, &vbd), 0);
    EXPECT(vbd.features & ~(uint64_t)NOXS_BLOCK_F_ALL, 0);
    CHECK(vbd.features & NOXS_BLOCK_F_FLUSH);
    CHECK(vbd.features & NOXS_BLOCK_F_POOL);
    CHECK(!(vbd.features & NOXS_BLOCK_F_READONLY));
    EXPECT(vbd.device.type, NOXS_DEV_VBD);
    EXPECT(vbd.device.id, 51712);
    EXPECT(vbd.device.backend, 0);
    EXPECT(vbd.device.flags, 0);
    EXPECT(vbd.device.generation, 0);
    EXPECT(vbd.device.evtchn, port);
    EXPECT(vbd.device.gfn, 0);
    EXPECT(vbd.device.features, (long)vbd.features);
    memcpy(&config, vbd.device.config, sizeof(config));
    EXPECT(config.sectors, 2048);
    EXPECT(config.sector_size, 512);
    EXPECT(config.physical_sector_size, 512);
    CHECK(config.indirect >= 11);
    CHECK(config.ring_grant != vbd.device.grant);
    CHECK(!memcmp(config.pad, "\0\0\0\0\0\0", sizeof(config.pad)));
    list.infos = (uintptr_t)&info;
    EXPECT(call(NOXS_IOCTL_LIST, &list), 0);
    EXPECT(info.dev_major, 7);
    EXPECT(info.dev_minor, disk_minor(disk));
    EXPECT(info.errors + info.sent_ops + info.received_ops, 0);
    EXPECT(create(vbd), -EBUSY);
    SPOILT(it.id++, -EBUSY);
    EXPECT(call_destroy(domid, NOXS_DEV_VBD, 51712), 0);
}

/* What is offered at most is what is asked for. */
static void check_features(void)
{
    struct noxs_ioctl_vbd vbd = proper();
    struct noxs_block_config config;

    vbd.features = 0;
    EXPECT(call(NOXS_IOCTL_VBD_CREATE, &vbd), 0);
    EXPECT(vbd.features, 0);
    memcpy(&config, vbd.device.config, sizeof(config));
    EXPECT(config.indirect, 0);
    EXPECT(call_destroy(domid, NOXS_DEV_VBD, 51712), 0);
    vbd = proper();
    vbd.flags = NOXS_VBD_READONLY;
    vbd.features = NOXS_BLOCK_F_FLUSH;
    EXPECT(call(NOXS_IOCTL_VBD_CREATE, &vbd), 0);
    EXPECT(vbd.features, NOXS_BLOCK_F_READONLY);
    EXPECT(call_destroy(domid, NOXS_DEV_VBD, 51712), 0);
    host_pool_pages(0);
    vbd = proper();
    EXPECT(call(NOXS_IOCTL_VBD_CREATE, &vbd), 0);
    CHECK(!(vbd.features & NOXS_BLOCK_F_POOL));
    EXPECT(call_destroy(domid, NOXS_DEV_VBD, 51712), 0);
    host_pool_pages(260);
}

static void check_fields(void)
{
    SPOILT(it.pad0 = 1, -EINVAL);
    SPOILT(it.pad1 = 1, -EINVAL);
    SPOILT(it.flags = 2, -EINVAL);
    SPOILT(it.flags = UINT32_MAX, -EINVAL);
    SPOILT(it.features = NOXS_BLOCK_F_ALL + 1, -EINVAL);
    SPOILT(it.features = UINT64_MAX, -EINVAL);
    SPOILT(it.domid = HOST_NOBODY, -ESRCH);
    SPOILT(it.domid = NOXS_DOMID_SELF, -EINVAL);
    SPOILT(it.domid = UINT16_MAX, -EINVAL);
    SPOILT(it.evtchn = 0, -ENODEV);
    SPOILT(it.evtchn = port + 500, -ENODEV);
    SPOILT(it.evtchn = UINT32_MAX, -ENODEV);
}

static void not_disk(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    SPOILT(it.fd = fd, -ENOTBLK);
    close(fd);
}

static void check_descriptors(void)
{
    int fds[2], fd;

    SPOILT(it.fd = -1, -EBADF);
    SPOILT(it.fd = 1000, -EBADF);
    SPOILT(it.fd = INT32_MIN, -EBADF);
    not_disk("/dev/null", O_RDWR);
    not_disk("/tmp", O_RDONLY | O_DIRECTORY);
    not_disk("/tmp", O_RDWR | O_TMPFILE);
    CHECK(!pipe(fds));
    SPOILT(it.fd = fds[0], -ENOTBLK);
    close(fds[0]);
    close(fds[1]);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(fd >= 0);
    SPOILT(it.fd = fd, -ENOTBLK);
    close(fd);
    fd = disk_again(disk, O_PATH);
    SPOILT(it.fd = fd, -EBADF);
    close(fd);
    fd = disk_again(disk, O_WRONLY);
    SPOILT(it.fd = fd, -EBADF);
    close(fd);
    /* Who could not write to it cannot have a guest do so. */
    fd = disk_again(disk, O_RDONLY);
    SPOILT(it.fd = fd, -EROFS);
    close(fd);
}

static void check_readonly_device(void)
{
    int on = 1, off = 0;

    CHECK(!ioctl(disk, BLKROSET, &on));
    SPOILT((void)0, -EROFS);
    SPOILT(it.flags = NOXS_VBD_READONLY, 0);
    EXPECT(call_destroy(domid, NOXS_DEV_VBD, 51712), 0);
    CHECK(!ioctl(disk, BLKROSET, &off));
}

void test_vbd(void)
{
    domid = host_domain();
    port = host_port(domid);
    disk = disk_open(O_RDWR);
    check_fields();
    check_descriptors();
    check_made();
    check_features();
    check_readonly_device();
    close(disk);
    host_domain_end(domid);
}

/* --- claims -----------------------------------------------------------------
 */

static int add(uint32_t id, uint32_t flags)
{
    struct noxs_ioctl_vbd vbd = call_vbd(domid, id, host_port(domid), disk);

    vbd.flags = flags;
    return create(vbd);
}

static int drop(uint32_t id)
{
    return call_destroy(domid, NOXS_DEV_VBD, id);
}

/* As mkfs and mount do. */
static int claim(int flags)
{
    char path[32] = "/proc/self/fd/";
    int digits = disk, fd;

    path[14] = (char)('0' + digits / 10);
    path[15] = (char)('0' + digits % 10);
    fd = open(path, flags | O_EXCL | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

void test_claims(void)
{
    unsigned int minor;
    int fd;

    domid = host_domain();
    disk = disk_open(O_RDWR);
    minor = disk_minor(disk);
    /* One that is written to is nobody else's. */
    EXPECT(add(1, 0), 0);
    EXPECT(add(2, 0), -EBUSY);
    EXPECT(add(2, NOXS_VBD_READONLY), -EBUSY);
    EXPECT(claim(O_RDONLY), -EBUSY);
    EXPECT(drop(1), 0);
    /* Those that only read share it. */
    EXPECT(add(1, NOXS_VBD_READONLY), 0);
    EXPECT(add(2, NOXS_VBD_READONLY), 0);
    EXPECT(add(3, 0), -EBUSY);
    EXPECT(claim(O_RDWR), -EBUSY);
    EXPECT(drop(1), 0);
    EXPECT(add(3, 0), -EBUSY);
    EXPECT(drop(2), 0);
    EXPECT(add(3, 0), 0);
    EXPECT(drop(3), 0);
    /* Somebody else has it. */
    fd = claim(O_RDONLY);
    CHECK(fd >= 0);
    EXPECT(add(1, 0), -EBUSY);
    EXPECT(add(1, NOXS_VBD_READONLY), -EBUSY);
    close(fd);
    /* It lives as long as its vbd, and no longer. */
    EXPECT(add(1, 0), 0);
    close(disk);
    CHECK(disk_is_there(minor));
    EXPECT(drop(1), 0);
    CHECK(!disk_is_there(minor));
    host_domain_end(domid);
}
