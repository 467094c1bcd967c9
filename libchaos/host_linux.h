/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * host_linux.h: the parts of the seam's real side (see host.h).
 */
#ifndef LIBCHAOS_HOST_LINUX_H
#define LIBCHAOS_HOST_LINUX_H

#include <dirent.h>

#include "host.h"

/* back.c: /dev/xen/noxs, opened and its version checked. */
int back_open(int *fd_out);
int back_vif_create(int fd, const struct host_vif *vif, uint32_t *ifindex_out,
                    char ifname_out[HOST_IFNAME_SIZE],
                    struct noxs_device *device_out);
int back_vif_set(int fd, const struct host_vif *vif, unsigned fields,
                 struct noxs_device *device_out);
int back_vbd_create(int fd, const struct host_vbd *vbd,
                    struct noxs_device *device_out);
int back_close(int fd, uint32_t domid, uint32_t type, uint32_t id,
               unsigned timeout_ms);
int back_destroy(int fd, uint32_t domid, uint32_t type, uint32_t id);
int back_list(int fd, uint32_t domid, struct host_back **backs_out,
              size_t *count_out);

/* terminal.c */
int terminal_open(uint32_t domid, const char *path,
                  struct host_terminal *terminal_out);
void terminal_close(uint32_t domid, struct host_terminal *terminal);

/* netlink.c: a routing socket. */
struct netlink;

/* What is asked of a link. */
struct netlink_link {
    uint32_t ifindex;
    uint32_t mtu;
    uint32_t master; /* ifindex; 0: none */
    bool is_bridge;
    char name[HOST_IFNAME_SIZE];
};

int netlink_open(struct netlink **nl_out);
void netlink_close(struct netlink *nl);
/* By its name or, with NULL, by its index. -ENODEV: there is none. */
int netlink_find(struct netlink *nl, const char *name, uint32_t ifindex,
                 struct netlink_link *link_out);
int netlink_up(struct netlink *nl, uint32_t ifindex, uint32_t master);
int netlink_change(struct netlink *nl, const struct host_link *link);
/* Of a link that is up; so it is afterwards. */
int netlink_move(struct netlink *nl, uint32_t ifindex, uint32_t master);
int netlink_rename(struct netlink *nl, uint32_t ifindex, const char *name);

/* What a link has moved, and whose it is. */
struct netlink_counters {
    char name[HOST_IFNAME_SIZE];
    const char *bus, *device; /* "": of none */
    uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes, tx_dropped;
};
/* Of all links. Those that come or go meanwhile may be left out. */
int netlink_count(struct netlink *nl,
                  void (*each)(void *arg, const struct netlink_counters *link),
                  void *arg);

/*
 * bridge.c: a bridge's index and MTU; *fd is a socket, -1 before the first
 * call. What it does not find there may be, where the kernel's /sys is not: ask
 * again by netlink_find.
 */
int bridge_find(int *fd, const char *name, uint32_t *ifindex_out,
                uint32_t *mtu_out);

/* stock.c: see host.h. */
int stock_vif(uint32_t domid, uint32_t id, unsigned timeout_ms,
              uint32_t *ifindex_out);
int stock_vbd(uint32_t domid, uint32_t id, unsigned timeout_ms);
int stock_gone(uint32_t domid, uint32_t type, uint32_t id, unsigned timeout_ms);
int stock_claim(int fd, bool readonly, int *claim_out);
int stock_number(int fd, uint32_t *dev_major_out, uint32_t *dev_minor_out);

/* stock_count.c: see host.h; where the kernel shows that bus. */
#define STOCK_BUS "/sys/bus/xen-backend/devices"
int stock_count(const char *bus, struct host_back *back);
int stock_count_at(int bus, struct host_back *back);
/* A directory below the bus; NULL with 0: there is none. */
int stock_dir(int bus, const char *path, DIR **dir_out);

/* stock_list.c: all back ends, in an order of its own. */
struct stock_backs {
    struct host_back *list; /* free() it, also after a failure */
    size_t count, vifs, room;
};
/* Which there are; then what netlink_count says of them; then the rest. */
int stock_find(const char *bus, struct stock_backs *found);
void stock_link(void *found, const struct netlink_counters *link);
int stock_count_rest(const char *bus, struct stock_backs *found);

/* loop.c: a small file of /sys as one line. */
int sys_read(const char *path, char *buf, size_t size);
/* See host.h. */
int loop_attach(int file, bool readonly, int *fd_out);
int loop_file(uint32_t dev_major, uint32_t dev_minor, char **path_out);
int block_name(uint32_t dev_major, uint32_t dev_minor,
               char name_out[HOST_BLOCK_NAME_SIZE]);

#endif /* LIBCHAOS_HOST_LINUX_H */
