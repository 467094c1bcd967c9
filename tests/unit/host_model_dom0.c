/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host_model_dom0.c: the model's links, bridges and loop devices.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "host_model_internal.h"

/* --- links ------------------------------------------------------------------
 */

struct bridge {
    const char *name;
    uint32_t ifindex, mtu;
};

static const struct bridge bridges[] = {
    {MODEL_BRIDGE, BRIDGE_INDEX, MODEL_BRIDGE_MTU},
    {MODEL_BRIDGE2, BRIDGE2_INDEX, MODEL_BRIDGE2_MTU},
};
#define BRIDGES (sizeof(bridges) / sizeof(*bridges))

static const struct bridge *bridge_of(uint32_t ifindex)
{
    unsigned i;

    for (i = 0; i < BRIDGES; i++) {
        if (bridges[i].ifindex == ifindex)
            return &bridges[i];
    }
    return NULL;
}

int host_bridge_find(struct host *host, const char *bridge,
                     uint32_t *ifindex_out, uint32_t *mtu_out)
{
    unsigned i;
    int rc = host_enter("bridge_find");

    (void)host;
    if (rc < 0)
        return rc;
    for (i = 0; i < BRIDGES; i++) {
        if (strcmp(bridge, bridges[i].name) == 0) {
            *ifindex_out = bridges[i].ifindex;
            *mtu_out = bridges[i].mtu;
            return model_leave("bridge_find", 0);
        }
    }
    return -ENODEV;
}

bool host_ifname_taken(const char *ifname)
{
    unsigned i;

    for (i = 0; i < BACKS_MAX; i++) {
        if (host_model.backs[i].info.type == NOXS_DEV_VIF &&
            strcmp(host_model.backs[i].info.ifname, ifname) == 0)
            return true;
    }
    return strcmp(ifname, MODEL_BRIDGE) == 0 ||
           strcmp(ifname, MODEL_BRIDGE2) == 0;
}

static struct model_back *vif_of(uint32_t ifindex)
{
    unsigned i;

    for (i = 0; i < BACKS_MAX; i++) {
        if (host_model.backs[i].info.type == NOXS_DEV_VIF &&
            host_model.backs[i].info.ifindex == ifindex)
            return &host_model.backs[i];
    }
    return NULL;
}

int host_link_up(struct host *host, uint32_t ifindex, uint32_t bridge)
{
    struct model_back *b = vif_of(ifindex);
    int rc = host_enter("link_up");

    (void)host;
    if (rc < 0)
        return rc;
    if (!b || (bridge != 0 && !bridge_of(bridge)))
        return -ENODEV;
    b->up = true;
    b->bridge = bridge;
    return model_leave("link_up", 0);
}

int host_link_change(struct host *host, const struct host_link *link)
{
    struct model_back *b = vif_of(link->ifindex);
    int rc = host_enter("link_change");

    (void)host;
    if (rc < 0)
        return rc;
    if (!b || (link->bridge != 0 && !bridge_of(link->bridge)))
        return -ENODEV;
    if (link->ifname && host_ifname_taken(link->ifname))
        return -EEXIST;
    if (b->up && (link->up || link->ifname))
        return model_refuse(-EBUSY, "a link that is up already");
    if (link->ifname)
        snprintf(b->info.ifname, sizeof(b->info.ifname), "%s", link->ifname);
    if (link->mtu)
        b->vif.mtu = (uint16_t)link->mtu;
    if (link->up) {
        b->up = true;
        b->bridge = link->bridge;
    }
    return model_leave("link_change", 0);
}

int host_link_move(struct host *host, uint32_t ifindex, uint32_t bridge)
{
    struct model_back *b = vif_of(ifindex);
    int rc = host_enter("link_move");

    (void)host;
    if (rc < 0)
        return rc;
    if (!b || (bridge != 0 && !bridge_of(bridge)))
        return -ENODEV;
    if (!b->up)
        return model_refuse(-EINVAL, "a link that moves is up");
    b->bridge = bridge;
    return model_leave("link_move", 0);
}

int host_link_rename(struct host *host, uint32_t ifindex, const char *ifname)
{
    struct model_back *b = vif_of(ifindex);
    int rc = host_enter("link_rename");

    (void)host;
    if (rc < 0)
        return rc;
    if (!b)
        return -ENODEV;
    if (host_ifname_taken(ifname))
        return -EEXIST;
    snprintf(b->info.ifname, sizeof(b->info.ifname), "%s", ifname);
    return model_leave("link_rename", 0);
}

int host_link_bridge(struct host *host, const char *ifname,
                     char bridge_out[HOST_IFNAME_SIZE])
{
    unsigned i;
    int rc = host_enter("link_bridge");

    (void)host;
    if (rc < 0)
        return rc;
    for (i = 0; i < BACKS_MAX; i++) {
        if (strcmp(host_model.backs[i].info.ifname, ifname) == 0) {
            const struct bridge *bridge = bridge_of(host_model.backs[i].bridge);

            snprintf(bridge_out, HOST_IFNAME_SIZE, "%s",
                     bridge ? bridge->name : "");
            return model_leave("link_bridge", 0);
        }
    }
    return -ENODEV;
}

/* --- disks ------------------------------------------------------------------
 */

/* The descriptor is of the same open file, and so holds its lock. */
int host_loop_attach(struct host *host, int file, bool readonly, int *fd_out)
{
    int fd, rc = host_enter("loop_attach");

    (void)host;
    if (rc < 0)
        return rc;
    if (host_knobs.no_loop)
        return -ENOENT;
    if (flock(file, (readonly ? LOCK_SH : LOCK_EX) | LOCK_NB) < 0)
        return -EBUSY;
    fd = dup(file);
    if (fd < 0)
        return -errno;
    *fd_out = fd;
    return model_leave("loop_attach", 0);
}

int host_loop_file(struct host *host, uint32_t dev_major, uint32_t dev_minor,
                   char **path_out)
{
    char path[32];
    int rc = host_enter("loop_file");

    (void)host;
    if (rc < 0)
        return rc;
    if (dev_major != LOOP_MAJOR)
        return -ENXIO;
    snprintf(path, sizeof(path), "/image/%u", dev_minor);
    *path_out = strdup(path);
    return *path_out ? model_leave("loop_file", 0) : -ENOMEM;
}

/* A device is its descriptor: who opens it later must find it open still. */
int host_block_number(struct host *host, int fd, uint32_t *dev_major_out,
                      uint32_t *dev_minor_out)
{
    int rc = host_enter("block_number");

    (void)host;
    if (rc < 0)
        return rc;
    *dev_major_out = LOOP_MAJOR;
    *dev_minor_out = (uint32_t)fd;
    return model_leave("block_number", 0);
}

int host_block_name(struct host *host, uint32_t dev_major, uint32_t dev_minor,
                    char name_out[HOST_BLOCK_NAME_SIZE])
{
    int rc = host_enter("block_name");

    (void)host;
    if (rc < 0)
        return rc;
    if (dev_major != LOOP_MAJOR)
        return -ENOENT;
    snprintf(name_out, HOST_BLOCK_NAME_SIZE, "loop%u", dev_minor);
    return model_leave("block_name", 0);
}
