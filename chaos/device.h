/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * device.h: what chaos vif and chaos vbd share, and how each shows a device.
 */
#ifndef CHAOS_CLI_DEVICE_H
#define CHAOS_CLI_DEVICE_H

#include <chaos/device.h>

#include "cli.h"
#include "json.h"

/* Which devices to show, and how. */
struct device_show {
    enum { SHOW_NAME, SHOW_ROW, SHOW_LONG, SHOW_JSON } form;
    struct json *json; /* SHOW_JSON: where to; in an array or at the top */
    const char *label; /* of the domain; borrowed */
    uint32_t domid;
    bool only; /* this one */
    uint32_t id;
};

struct device_kind {
    const char *key; /* of its list in a configuration */
    /* The columns of SHOW_ROW. */
    void (*print_head)(struct out *out);
    /* Returns how many devices were shown, or -errno with the text set. */
    int (*show)(struct cli *cli, const struct device_show *show);
    /* From a command line to an id; returns an exit code. */
    int (*find)(struct cli *cli, uint32_t domid, const char *text,
                uint32_t *id_out);
    /* As in chaos/device.h. */
    int (*attach)(struct chaos_ctx *ctx, uint32_t domid,
                  const struct chaos_config *cfg, uint32_t *ids_out);
    int (*detach)(struct chaos_ctx *ctx, uint32_t domid, uint32_t id,
                  unsigned timeout_ms, bool force);
};

/* vif.c, vbd.c */
extern const struct device_kind vif_kind, vbd_kind;

/* device.c: all return an exit code. */
struct attach_options {
    bool json;
};
struct detach_options {
    bool force;
    unsigned seconds;
};
struct device_list_options {
    bool json;
};
int device_attach(struct cli *cli, const struct device_kind *kind,
                  const struct attach_options *o, int argc, char **argv);
int device_detach(struct cli *cli, const struct device_kind *kind,
                  const struct detach_options *o, char **argv);
int device_list(struct cli *cli, const struct device_kind *kind,
                const struct device_list_options *o, int argc, char **argv);

extern const struct option_row attach_rows[], detach_rows[], device_list_rows[];

/*
 * address.c: the addresses that the configuration of a domain gives to its
 * vifs. Nothing where it has none.
 */
struct addresses {
    void *tree; /* owned */
};
void addresses_read(struct cli *cli, uint32_t domid, struct addresses *a);
/* NULL: none; else it lives as long as `a`. */
const char *addresses_find(const struct addresses *a, uint32_t id,
                           const char *mac);
void addresses_dispose(struct addresses *a);

#endif /* CHAOS_CLI_DEVICE_H */
