/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * stock.c: Linux's own back ends, xen-netback and xen-blkback, as dom0's kernel
 * shows them. They are told what to do through XenStore, not here.
 *
 * The kernel announces interfaces. For what else it does it has no event: that
 * is looked for again and again, ever more seldom.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "domain.h"
#include "host_linux.h"
#include "internal.h"

#define PATH_SIZE 128
#define FIRST_PAUSE_NS 100000
#define LONGEST_PAUSE_NS 10000000
/* A tenth of a second, as loop.c waits for a disk that was just left. */
#define CLAIM_TRIES 50
#define CLAIM_PAUSE_NS 2000000

static const char *kind_of(uint32_t type)
{
    return type == NOXS_DEV_VIF ? "vif" : "vbd";
}

/* Until there is, or is not, a file. */
static int wait_for(const char *path, bool there, unsigned timeout_ms)
{
    uint64_t end = chaos__now_ns() + (uint64_t)timeout_ms * 1000000u;
    struct timespec pause = {.tv_nsec = FIRST_PAUSE_NS};

    while ((access(path, F_OK) == 0) != there) {
        if (chaos__now_ns() >= end)
            return -ETIMEDOUT;
        (void)nanosleep(&pause, NULL);
        if (pause.tv_nsec < LONGEST_PAUSE_NS)
            pause.tv_nsec *= 2;
    }
    return 0;
}

/* --- interfaces --------------------------------------------------------------
 */

static int listen_to_links(int *fd_out)
{
    struct sockaddr_nl address = {
        .nl_family = AF_NETLINK,
        .nl_groups = RTMGRP_LINK,
    };
    CLEANUP_CLOSE int fd = socket(
        AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

    if (fd < 0 ||
        bind(fd, (const void *)&address, (socklen_t)sizeof(address)) < 0)
        return -errno;
    *fd_out = TAKE_FD(fd);
    return 0;
}

/* What they are of does not matter: the kernel is asked by name. */
static void drain(int fd)
{
    char message[4096];

    while (recv(fd, message, sizeof(message), 0) > 0 || errno == ENOBUFS)
        ;
}

static int link_index(int fd, const char *ifname, uint32_t *ifindex_out)
{
    struct ifreq req = {0};

    memcpy(req.ifr_name, ifname, strlen(ifname));
    if (ioctl(fd, SIOCGIFINDEX, &req) < 0)
        return -errno;
    *ifindex_out = (uint32_t)req.ifr_ifindex;
    return 0;
}

int stock_vif(uint32_t domid, uint32_t id, unsigned timeout_ms,
              uint32_t *ifindex_out)
{
    uint64_t deadline = deadline_after(timeout_ms);
    char ifname[HOST_IFNAME_SIZE];
    CLEANUP_CLOSE int fd = -1;
    int rc = listen_to_links(&fd);

    if (rc < 0)
        return rc;
    (void)snprintf(ifname, sizeof(ifname), "vif%u.%u", domid & 0xffff,
                   id & 0xffff);
    while ((rc = link_index(fd, ifname, ifindex_out)) == -ENODEV) {
        rc = deadline_poll(deadline, fd);
        if (rc < 0)
            return rc;
        drain(fd);
    }
    return rc;
}

/* --- disks -------------------------------------------------------------------
 */

/* The attribute comes when the device is open. */
int stock_vbd(uint32_t domid, uint32_t id, unsigned timeout_ms)
{
    char path[PATH_SIZE];

    (void)snprintf(path, sizeof(path), STOCK_BUS "/vbd-%u-%u/physical_device",
                   domid, id);
    return wait_for(path, true, timeout_ms);
}

/* Is this back end's disk this one, and may it not be shared with it? */
static bool forbids(const char *back, dev_t disk, bool readonly)
{
    char path[PATH_SIZE], text[32];
    unsigned dev_major, dev_minor;

    (void)snprintf(path, sizeof(path), STOCK_BUS "/%.40s/physical_device",
                   back);
    if (sys_read(path, text, sizeof(text)) < 0 ||
        sscanf(text, "%x:%x", &dev_major, &dev_minor) != 2 ||
        makedev(dev_major, dev_minor) != disk)
        return false;
    (void)snprintf(path, sizeof(path), STOCK_BUS "/%.40s/mode", back);
    return !readonly || sys_read(path, text, sizeof(text)) < 0 ||
           strchr(text, 'w');
}

static int check_backs(dev_t disk, bool readonly)
{
    DIR *dir = opendir(STOCK_BUS);
    struct dirent *entry;
    int rc = 0;

    /* Without their bus there is none. */
    if (!dir)
        return errno == ENOENT ? 0 : -errno;
    while (rc == 0 && (entry = readdir(dir))) {
        if (strncmp(entry->d_name, "vbd-", 4) == 0 &&
            forbids(entry->d_name, disk, readonly))
            rc = -EBUSY;
    }
    closedir(dir);
    return rc;
}

/*
 * xen-blkback keeps nobody else out. Who claims a disk is alone while it looks
 * at the others, and until its own back end is among them.
 */
int stock_claim(int fd, bool readonly, int *claim_out)
{
    struct timespec pause = {.tv_nsec = CLAIM_PAUSE_NS};
    int flags = (readonly ? O_RDONLY : O_RDWR) | O_EXCL | O_CLOEXEC;
    int rc, tries = CLAIM_TRIES;
    CLEANUP_CLOSE int claim = -1;
    char path[PATH_SIZE];
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -errno;
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    while ((claim = open(path, flags)) < 0 && errno == EBUSY && --tries > 0)
        (void)nanosleep(&pause, NULL);
    if (claim < 0)
        return -errno;
    rc = check_backs(st.st_rdev, readonly);
    if (rc == 0)
        *claim_out = TAKE_FD(claim);
    return rc;
}

int stock_number(int fd, uint32_t *dev_major_out, uint32_t *dev_minor_out)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -errno;
    *dev_major_out = major(st.st_rdev);
    *dev_minor_out = minor(st.st_rdev);
    return 0;
}

/* --- both --------------------------------------------------------------------
 */

/* The kernel forgets a device last, after its driver let go of everything. */
int stock_gone(uint32_t domid, uint32_t type, uint32_t id, unsigned timeout_ms)
{
    char path[PATH_SIZE];

    (void)snprintf(path, sizeof(path), "/sys/devices/%s-%u-%u", kind_of(type),
                   domid, id);
    return wait_for(path, false, timeout_ms);
}
