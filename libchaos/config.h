/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * config.h: a VM's configuration as the library's own files see it.
 */
#ifndef LIBCHAOS_CONFIG_H
#define LIBCHAOS_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include <chaos/config.h>
#include <noxs/noxs.h>

#define CONFIG_VCPUS_MAX 128
#define CONFIG_CPUS_MAX 1024
#define CONFIG_VIFS_MAX 32
#define CONFIG_VBDS_MAX 32
#define CONFIG_MEMORY_DEFAULT_KB 4096
/* Below this no PV guest's fixed pages fit. */
#define CONFIG_MEMORY_MIN_KB 64

/* What to do with a domain that stopped. */
enum config_action {
    CONFIG_DESTROY,
    CONFIG_RESTART,
    CONFIG_PRESERVE,
    CONFIG_RENAME_RESTART,
};

/* xen.dev_method; AUTO is noxs where the hypervisor has it. */
enum config_dev_method {
    CONFIG_DEV_AUTO,
    CONFIG_DEV_NOXS,
    CONFIG_DEV_XENSTORE
};

struct config_vif {
    char *bridge;  /* NULL: none */
    char *ip;      /* NULL: none; "10.0.0.2/24" */
    char *gateway; /* NULL: none; of the same family as ip */
    char *ifname;  /* NULL: vifDOMID.N */
    char *hook;    /* NULL: none; absolute path of a program (docs/config.md) */
    uint8_t mac[6];
    bool has_mac;
    unsigned mtu; /* 0: the bridge's, or 1500 */
    /* What the guest may send: bytes per interval; 0: no limit. */
    uint64_t rate_bytes;
    uint32_t rate_interval_us;
};

enum config_vbd_type { CONFIG_VBD_PHY, CONFIG_VBD_FILE };

struct config_vbd {
    char *target;
    char *vdev;
    enum config_vbd_type type;
    bool writable;
};

/* All strings are owned. */
struct chaos_config {
    char *name;    /* NULL: none; checked as struct noxs_identity says */
    char *kernel;  /* absolute, or relative to the working directory */
    char *ramdisk; /* NULL: none */
    char *cmdline; /* NULL: none; at most 1023 bytes (start_info.cmd_line) */
    uint64_t memory_kb; /* a multiple of 4 */
    unsigned vcpus;
    bool has_cpumap;
    uint64_t cpumap[CONFIG_CPUS_MAX / 64]; /* bit n: may run on CPU n */
    bool paused;
    bool has_uuid;
    uint8_t uuid[NOXS_UUID_SIZE];
    enum config_action on_poweroff; /* default destroy */
    enum config_action on_reboot;   /* default restart */
    enum config_action on_crash;    /* default destroy */
    unsigned address_size;          /* 32 or 64; default 64 */
    bool pvh;
    enum config_dev_method dev_method;
    struct config_vif *vifs;
    unsigned vif_count;
    struct config_vbd *vbds;
    unsigned vbd_count;
};

/* ip and gateway of a checked vif as the guest is told them. */
struct noxs_net_address;
void config_vif_address(const struct config_vif *vif,
                        struct noxs_net_address *address_out);

/* Check the vifs and vbds alone, as chaos_config_check does the whole. */
int chaos__config_check_devices(struct chaos_ctx *ctx,
                                const struct chaos_config *cfg) CHAOS_CHECK;

/* Xen's number of a disk's name (checked before). -EINVAL: it is none. */
int config_vdev_number(const char *vdev, uint32_t *number_out);

#endif /* LIBCHAOS_CONFIG_H */
