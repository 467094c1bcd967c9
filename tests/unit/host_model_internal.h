/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host_model_internal.h: what the files of the host's model share.
 */
#ifndef HOST_MODEL_INTERNAL_H
#define HOST_MODEL_INTERNAL_H

#include "host_model.h"
#include "hv_model_internal.h"

#define BACKS_MAX 128u
#define BRIDGE_INDEX 3u
#define BRIDGE2_INDEX 4u
#define LOOP_MAJOR 7u

/* A back end's type is NONE where its slot is free. */
struct host_model {
    struct model_back backs[BACKS_MAX];
    unsigned handles;
    unsigned calls;
    uint32_t next_index;
    uint32_t next_grant;
};
extern struct host_model host_model;

/* host_model.c: count an operation: 0, or the error it is to fail with. */
int host_enter(const char *name);
/* host_model_dom0.c */
/* An interface has that name. */
bool host_ifname_taken(const char *ifname);
int host_bridge_find(struct host *host, const char *bridge,
                     uint32_t *ifindex_out, uint32_t *mtu_out);
int host_link_up(struct host *host, uint32_t ifindex, uint32_t bridge);
int host_link_move(struct host *host, uint32_t ifindex, uint32_t bridge);
int host_link_rename(struct host *host, uint32_t ifindex, const char *ifname);
int host_link_bridge(struct host *host, const char *ifname,
                     char bridge_out[HOST_IFNAME_SIZE]);
int host_loop_attach(struct host *host, int file, bool readonly, int *fd_out);
int host_loop_file(struct host *host, uint32_t dev_major, uint32_t dev_minor,
                   char **path_out);
int host_block_name(struct host *host, uint32_t dev_major, uint32_t dev_minor,
                    char name_out[HOST_BLOCK_NAME_SIZE]);

/* host_model_terminal.c */
void model_terminal_reset(void);
int host_terminal_open(struct host *host, uint32_t domid, const char *path,
                       struct host_terminal *terminal_out);
void host_terminal_close(struct host *host, uint32_t domid,
                         struct host_terminal *terminal);

int host_block_number(struct host *host, int fd, uint32_t *dev_major_out,
                      uint32_t *dev_minor_out);
int host_link_change(struct host *host, const struct host_link *link);

/* host_model.c: a free slot; NULL: there is none. */
struct model_back *host_back_slot(void);
void host_back_free(struct model_back *b);

/* host_model_stock.c */
int host_stock_vif(struct host *host, uint32_t domid, uint32_t id,
                   unsigned timeout_ms, uint32_t *ifindex_out);
int host_stock_vbd(struct host *host, uint32_t domid, uint32_t id,
                   unsigned timeout_ms);
int host_stock_gone(struct host *host, uint32_t domid, uint32_t type,
                    uint32_t id, unsigned timeout_ms);
int host_stock_count(struct host *host, struct host_back *back);
int host_stock_list(struct host *host, struct host_back **backs_out,
                    size_t *count_out);
int host_stock_claim(struct host *host, int fd, bool readonly, int *claim_out);
/* A node of XenStore outside of transactions is another now, or gone. */
void model_stock_changed(const char *path);

#endif /* HOST_MODEL_INTERNAL_H */
