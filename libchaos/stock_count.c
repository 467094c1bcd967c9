/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * stock_count.c: what one of Linux's own back ends has moved, as the kernel's
 * bus of them tells.
 *
 * A device may go at any moment: what can no longer be read is 0.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "host_linux.h"
#include "internal.h"

#define PATH_SIZE 96
#define SECTOR_SIZE 512u

/* A file of statistics, and whose field in struct host_back it is. */
struct counter {
    const char *file;
    size_t field;
    unsigned unit;
};

#define COUNTER(file, name, unit)                                              \
    {                                                                          \
        file, offsetof(struct host_back, name), unit                           \
    }

/* What the interface receives the guest has sent. */
static const struct counter vif_counters[] = {
    COUNTER("rx_packets", sent_ops, 1),
    COUNTER("rx_bytes", sent_bytes, 1),
    COUNTER("tx_packets", received_ops, 1),
    COUNTER("tx_bytes", received_bytes, 1),
    COUNTER("tx_dropped", errors, 1),
    {0},
};

static const struct counter vbd_counters[] = {
    COUNTER("wr_req", sent_ops, 1),
    COUNTER("wr_sect", sent_bytes, SECTOR_SIZE),
    COUNTER("rd_req", received_ops, 1),
    COUNTER("rd_sect", received_bytes, SECTOR_SIZE),
    {0},
};

/* What the kernel says of a device that is not there, or is going. */
static int unless_gone(int rc)
{
    return rc == -ENOENT || rc == -ENODEV || rc == -EINVAL ? 0 : rc;
}

/* --- counters ----------------------------------------------------------------
 */

static int read_counter(int dir, const char *file, uint64_t *value_out)
{
    CLEANUP_CLOSE int fd = openat(dir, file, O_RDONLY | O_CLOEXEC);
    char text[32];
    ssize_t r = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

    if (r < 0)
        return unless_gone(-errno);
    text[r] = '\0';
    *value_out = strtoull(text, NULL, 10);
    return 0;
}

static int read_counters(int bus, const char *path,
                         const struct counter *counter, struct host_back *back)
{
    CLEANUP_CLOSE int dir =
        openat(bus, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = 0;

    if (dir < 0)
        return unless_gone(-errno);
    for (; rc == 0 && counter->file; counter++) {
        uint64_t value = 0;

        rc = read_counter(dir, counter->file, &value);
        value *= counter->unit;
        memcpy((char *)back + counter->field, &value, sizeof(value));
    }
    return rc;
}

int stock_dir(int bus, const char *path, DIR **dir_out)
{
    CLEANUP_CLOSE int fd =
        openat(bus, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    *dir_out = NULL;
    if (fd < 0)
        return unless_gone(-errno);
    *dir_out = fdopendir(fd);
    if (!*dir_out)
        return -errno;
    (void)TAKE_FD(fd);
    return 0;
}

/* Whatever its interface is called by now; it has one at most. */
static int find_ifname(int bus, struct host_back *back)
{
    struct dirent *entry;
    char path[PATH_SIZE];
    DIR *dir;
    int rc;

    (void)snprintf(path, sizeof(path), "vif-%u-%u/net", back->domid, back->id);
    rc = stock_dir(bus, path, &dir);
    if (!dir)
        return rc;
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] != '.' &&
            strlen(entry->d_name) < sizeof(back->ifname))
            memcpy(back->ifname, entry->d_name, strlen(entry->d_name) + 1);
    }
    closedir(dir);
    return 0;
}

static int count_vif(int bus, struct host_back *back)
{
    struct host_back found = *back;
    char path[PATH_SIZE];
    int rc;

    found.ifname[0] = '\0';
    rc = find_ifname(bus, &found);
    if (rc < 0 || found.ifname[0] == '\0')
        return rc;
    (void)snprintf(path, sizeof(path), "vif-%u-%u/net/%s/statistics",
                   back->domid, back->id, found.ifname);
    rc = read_counters(bus, path, vif_counters, &found);
    if (rc == 0)
        *back = found;
    return rc;
}

int stock_count_at(int bus, struct host_back *back)
{
    char path[PATH_SIZE];

    if (back->type == NOXS_DEV_VIF)
        return count_vif(bus, back);
    (void)snprintf(path, sizeof(path), "vbd-%u-%u/statistics", back->domid,
                   back->id);
    return read_counters(bus, path, vbd_counters, back);
}

int stock_count(const char *bus, struct host_back *back)
{
    CLEANUP_CLOSE int fd = open(bus, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd < 0 ? unless_gone(-errno) : stock_count_at(fd, back);
}
