/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * stock_list.c: which of Linux's own back ends there are, and what they have
 * moved.
 *
 * The kernel's bus of them tells which there are. Netlink tells the counters of
 * all links at once, where files are opened for each.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "host_linux.h"
#include "internal.h"

#define FIRST_ROOM 32u
#define BUS_NAME "xen-backend"

static bool read_name(const char *name, struct host_back *back_out)
{
    struct host_back back = {.stock = true};
    int end = 0;

    if (strncmp(name, "vif-", 4) == 0)
        back.type = NOXS_DEV_VIF;
    else if (strncmp(name, "vbd-", 4) == 0)
        back.type = NOXS_DEV_VBD;
    else
        return false;
    if (sscanf(name + 4, "%u-%u%n", &back.domid, &back.id, &end) != 2 ||
        name[4 + end] != '\0')
        return false;
    *back_out = back;
    return true;
}

static int by_device(const void *a, const void *b)
{
    const struct host_back *left = a, *right = b;

    if (left->domid != right->domid)
        return left->domid < right->domid ? -1 : 1;
    if (left->type != right->type)
        return left->type < right->type ? -1 : 1;
    return (left->id > right->id) - (left->id < right->id);
}

static int add(struct stock_backs *found, const struct host_back *back)
{
    size_t room = found->room ? found->room * 2 : FIRST_ROOM;
    struct host_back *more;

    if (found->count == found->room) {
        more = realloc(found->list, room * sizeof(*more));
        if (!more)
            return -ENOMEM;
        found->list = more;
        found->room = room;
    }
    found->list[found->count++] = *back;
    found->vifs += back->type == NOXS_DEV_VIF;
    return 0;
}

int stock_find(const char *bus, struct stock_backs *found)
{
    struct dirent *entry;
    DIR *dir;
    int rc = stock_dir(AT_FDCWD, bus, &dir);

    while (rc == 0 && dir && (entry = readdir(dir))) {
        struct host_back back;

        if (read_name(entry->d_name, &back))
            rc = add(found, &back);
    }
    if (dir)
        closedir(dir);
    if (rc == 0 && found->count > 0)
        qsort(found->list, found->count, sizeof(*found->list), by_device);
    return rc;
}

/* What the interface receives the guest has sent. */
void stock_link(void *arg, const struct netlink_counters *link)
{
    struct stock_backs *found = arg;
    struct host_back key, *back;

    if (found->count == 0 || strcmp(link->bus, BUS_NAME) != 0 ||
        !read_name(link->device, &key))
        return;
    back = bsearch(&key, found->list, found->count, sizeof(key), by_device);
    if (!back)
        return;
    memcpy(back->ifname, link->name, sizeof(back->ifname));
    back->sent_ops = link->rx_packets;
    back->sent_bytes = link->rx_bytes;
    back->received_ops = link->tx_packets;
    back->received_bytes = link->tx_bytes;
    back->errors = link->tx_dropped;
}

/* The disks, and vifs that netlink did not tell of. */
int stock_count_rest(const char *bus, struct stock_backs *found)
{
    DIR *dir;
    size_t i;
    int rc = stock_dir(AT_FDCWD, bus, &dir);

    for (i = 0; rc == 0 && dir && i < found->count; i++) {
        if (found->list[i].ifname[0] == '\0')
            rc = stock_count_at(dirfd(dir), &found->list[i]);
    }
    if (dir)
        closedir(dir);
    return rc;
}
