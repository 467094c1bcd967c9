/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * list.h: the long forms of chaos list.
 */
#ifndef CHAOS_LIST_H
#define CHAOS_LIST_H

#include "cli.h"

/* What belongs to a domain beyond its info. */
struct details {
    int device_count;
    struct noxs_device devices[NOXS_DEV_MAX];
    bool has_guest;
    struct chaos_guest_state guest;
};

/* list.c: "shell" or "vm" of what is in the making; else NULL. */
const char *building_name(struct cli *cli,
                          const struct chaos_domain_info *info);
const char *list_label(struct cli *cli, const struct chaos_domain_info *info);

/* list_long.c */
void details_read(struct cli *cli, uint32_t domid, struct details *details);
/* NULL for a type or state that this program does not know. */
const char *device_type_name(uint32_t type);
const char *guest_state_name(uint32_t state);
void list_long(struct cli *cli, const struct chaos_domain_info *infos,
               size_t count);

/* list_json.c: 0 or -errno */
int list_json(struct cli *cli, const struct chaos_domain_info *infos,
              size_t count) CHAOS_CHECK;

#endif /* CHAOS_LIST_H */
