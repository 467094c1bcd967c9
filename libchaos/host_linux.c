/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * host_linux.c: the seam's real side: what back.c, netlink.c, bridge.c, loop.c
 * and terminal.c do, each opened by the first call that needs it.
 */
#include <errno.h>
#include <string.h>

#include "host_linux.h"
#include "internal.h"

struct host_linux {
    struct host host;
    int back_fd;        /* -1 until the first use */
    struct netlink *nl; /* NULL until the first use */
    int bridge_fd;      /* -1 until the first use */
};

static struct host_linux *host_linux(struct host *host)
{
    return (struct host_linux *)(void *)host;
}

static void linux_close(struct host *host)
{
    struct host_linux *h = host_linux(host);

    chaos__closep(&h->back_fd);
    netlink_close(h->nl);
    chaos__closep(&h->bridge_fd);
    free(h);
}

/* --- back ends --------------------------------------------------------------
 */

static int back_ready(struct host_linux *h)
{
    return h->back_fd >= 0 ? 0 : back_open(&h->back_fd);
}

static int linux_vif_create(struct host *host, const struct host_vif *vif,
                            uint32_t *ifindex_out,
                            char ifname_out[HOST_IFNAME_SIZE],
                            struct noxs_device *device_out)
{
    struct host_linux *h = host_linux(host);
    int rc = back_ready(h);

    if (rc < 0)
        return rc;
    return back_vif_create(h->back_fd, vif, ifindex_out, ifname_out,
                           device_out);
}

static int linux_vif_set(struct host *host, const struct host_vif *vif,
                         unsigned fields, struct noxs_device *device_out)
{
    struct host_linux *h = host_linux(host);
    int rc = back_ready(h);

    return rc < 0 ? rc : back_vif_set(h->back_fd, vif, fields, device_out);
}

static int linux_vbd_create(struct host *host, const struct host_vbd *vbd,
                            struct noxs_device *device_out)
{
    struct host_linux *h = host_linux(host);
    int rc = back_ready(h);

    return rc < 0 ? rc : back_vbd_create(h->back_fd, vbd, device_out);
}

static int linux_back_close(struct host *host, uint32_t domid, uint32_t type,
                            uint32_t id, unsigned timeout_ms)
{
    struct host_linux *h = host_linux(host);
    int rc = back_ready(h);

    return rc < 0 ? rc : back_close(h->back_fd, domid, type, id, timeout_ms);
}

static int linux_back_destroy(struct host *host, uint32_t domid, uint32_t type,
                              uint32_t id)
{
    struct host_linux *h = host_linux(host);
    int rc = back_ready(h);

    /* Without the module there is nothing to destroy. */
    if (type == NOXS_DEV_NONE && (rc == -ENOENT || rc == -ENXIO))
        return 0;
    return rc < 0 ? rc : back_destroy(h->back_fd, domid, type, id);
}

static int linux_back_list(struct host *host, uint32_t domid,
                           struct host_back **backs_out, size_t *count_out)
{
    struct host_linux *h = host_linux(host);
    int rc = back_ready(h);

    return rc < 0 ? rc : back_list(h->back_fd, domid, backs_out, count_out);
}

/* --- links ------------------------------------------------------------------
 */

static int netlink_ready(struct host_linux *h)
{
    return h->nl ? 0 : netlink_open(&h->nl);
}

static int link_find(struct host *host, const char *name, uint32_t ifindex,
                     struct netlink_link *link_out)
{
    struct host_linux *h = host_linux(host);
    int rc = netlink_ready(h);

    return rc < 0 ? rc : netlink_find(h->nl, name, ifindex, link_out);
}

static int linux_bridge_find(struct host *host, const char *bridge,
                             uint32_t *ifindex_out, uint32_t *mtu_out)
{
    struct netlink_link found;
    int rc =
        bridge_find(&host_linux(host)->bridge_fd, bridge, ifindex_out, mtu_out);

    if (rc == 0)
        return 0;
    rc = link_find(host, bridge, 0, &found);
    if (rc < 0)
        return rc;
    if (!found.is_bridge)
        return -ENODEV;
    *ifindex_out = found.ifindex;
    *mtu_out = found.mtu;
    return 0;
}

static int linux_link_up(struct host *host, uint32_t ifindex, uint32_t bridge)
{
    struct host_linux *h = host_linux(host);
    int rc = netlink_ready(h);

    return rc < 0 ? rc : netlink_up(h->nl, ifindex, bridge);
}

static int linux_link_change(struct host *host, const struct host_link *link)
{
    struct host_linux *h = host_linux(host);
    int rc = netlink_ready(h);

    return rc < 0 ? rc : netlink_change(h->nl, link);
}

static int linux_link_move(struct host *host, uint32_t ifindex, uint32_t bridge)
{
    struct host_linux *h = host_linux(host);
    int rc = netlink_ready(h);

    return rc < 0 ? rc : netlink_move(h->nl, ifindex, bridge);
}

static int linux_link_rename(struct host *host, uint32_t ifindex,
                             const char *ifname)
{
    struct host_linux *h = host_linux(host);
    int rc = netlink_ready(h);

    return rc < 0 ? rc : netlink_rename(h->nl, ifindex, ifname);
}

static int linux_link_bridge(struct host *host, const char *ifname,
                             char bridge_out[HOST_IFNAME_SIZE])
{
    struct netlink_link found;
    int rc = link_find(host, ifname, 0, &found);

    if (rc < 0)
        return rc;
    if (found.master == 0) {
        bridge_out[0] = '\0';
        return 0;
    }
    rc = link_find(host, NULL, found.master, &found);
    if (rc < 0)
        return rc;
    memcpy(bridge_out, found.name, HOST_IFNAME_SIZE);
    return 0;
}

/* --- consoles ---------------------------------------------------------------
 */

static int linux_terminal_open(struct host *host, uint32_t domid,
                               const char *path,
                               struct host_terminal *terminal_out)
{
    (void)host;
    return terminal_open(domid, path, terminal_out);
}

static void linux_terminal_close(struct host *host, uint32_t domid,
                                 struct host_terminal *terminal)
{
    (void)host;
    terminal_close(domid, terminal);
}

/* --- disks ------------------------------------------------------------------
 */

static int linux_loop_attach(struct host *host, int file, bool readonly,
                             int *fd_out)
{
    (void)host;
    return loop_attach(file, readonly, fd_out);
}

static int linux_loop_file(struct host *host, uint32_t dev_major,
                           uint32_t dev_minor, char **path_out)
{
    (void)host;
    return loop_file(dev_major, dev_minor, path_out);
}

static int linux_block_number(struct host *host, int fd,
                              uint32_t *dev_major_out, uint32_t *dev_minor_out)
{
    (void)host;
    return stock_number(fd, dev_major_out, dev_minor_out);
}

static int linux_block_name(struct host *host, uint32_t dev_major,
                            uint32_t dev_minor,
                            char name_out[HOST_BLOCK_NAME_SIZE])
{
    (void)host;
    return block_name(dev_major, dev_minor, name_out);
}

/* --- Linux's own back ends ---------------------------------------------------
 */

static int linux_stock_vif(struct host *host, uint32_t domid, uint32_t id,
                           unsigned timeout_ms, uint32_t *ifindex_out)
{
    (void)host;
    return stock_vif(domid, id, timeout_ms, ifindex_out);
}

static int linux_stock_vbd(struct host *host, uint32_t domid, uint32_t id,
                           unsigned timeout_ms)
{
    (void)host;
    return stock_vbd(domid, id, timeout_ms);
}

static int linux_stock_gone(struct host *host, uint32_t domid, uint32_t type,
                            uint32_t id, unsigned timeout_ms)
{
    (void)host;
    return stock_gone(domid, type, id, timeout_ms);
}

static int linux_stock_count(struct host *host, struct host_back *back)
{
    (void)host;
    return stock_count(STOCK_BUS, back);
}

static int linux_stock_list(struct host *host, struct host_back **backs_out,
                            size_t *count_out)
{
    struct host_linux *h = host_linux(host);
    struct stock_backs found = {0};
    int rc = stock_find(STOCK_BUS, &found);

    /* Whatever netlink fails to tell is in files, too. */
    if (rc == 0 && found.vifs > 0 && netlink_ready(h) == 0)
        (void)netlink_count(h->nl, stock_link, &found);
    if (rc == 0)
        rc = stock_count_rest(STOCK_BUS, &found);
    if (rc < 0) {
        free(found.list);
        return rc;
    }
    *backs_out = found.list;
    *count_out = found.count;
    return 0;
}

static int linux_stock_claim(struct host *host, int fd, bool readonly,
                             int *claim_out)
{
    (void)host;
    return stock_claim(fd, readonly, claim_out);
}

static const struct host_ops linux_ops = {
    .close = linux_close,
    .vif_create = linux_vif_create,
    .vif_set = linux_vif_set,
    .vbd_create = linux_vbd_create,
    .back_close = linux_back_close,
    .back_destroy = linux_back_destroy,
    .back_list = linux_back_list,
    .bridge_find = linux_bridge_find,
    .link_up = linux_link_up,
    .link_change = linux_link_change,
    .link_move = linux_link_move,
    .link_rename = linux_link_rename,
    .link_bridge = linux_link_bridge,
    .terminal_open = linux_terminal_open,
    .terminal_close = linux_terminal_close,
    .loop_attach = linux_loop_attach,
    .loop_file = linux_loop_file,
    .block_number = linux_block_number,
    .block_name = linux_block_name,
    .stock_vif = linux_stock_vif,
    .stock_vbd = linux_stock_vbd,
    .stock_gone = linux_stock_gone,
    .stock_count = linux_stock_count,
    .stock_list = linux_stock_list,
    .stock_claim = linux_stock_claim,
};

int host_linux_open(struct host **host_out)
{
    struct host_linux *h = calloc(1, sizeof(*h));

    if (!h)
        return -ENOMEM;
    h->host.ops = &linux_ops;
    h->back_fd = -1;
    h->bridge_fd = -1;
    *host_out = &h->host;
    return 0;
}
