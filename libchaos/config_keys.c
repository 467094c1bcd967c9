/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * config_keys.c: every key of a configuration: what it takes, where it goes,
 * what it is when unset, and what to say when it is wrong (docs/config.md).
 */
#include <string.h>

#include "config_keys.h"
#include "parse.h"

#define TABLE(array, type)                                                     \
    {                                                                          \
        .keys = (array), .count = sizeof(array) / sizeof((array)[0]),          \
        .size = sizeof(type)                                                   \
    }
#define FIELD(member) .offset = offsetof(struct chaos_config, member)
#define VIF(member) .offset = offsetof(struct config_vif, member)
#define VBD(member) .offset = offsetof(struct config_vbd, member)

static const char *const bool_words[] = {"false", "true", NULL};
static const char *const access_words[] = {"r", "w", NULL};
/* In the order of their enums. */
static const char *const action_words[] = {"destroy", "restart", "preserve",
                                           "rename-restart", NULL};
static const char *const method_words[] = {"auto", "noxs", "xenstore", NULL};
static const char *const vbd_words[] = {"phy", "file", NULL};

static const char action_expected[] =
    "destroy, restart, preserve or rename-restart";

static const struct config_key cpu = {
    .kinds = CONFIG_NUMBER,
    .type = &chaos__config_cpu_type,
    .expected = "the number of a CPU",
    .range = "the number of a CPU from 0 to 1023",
};

static const struct config_key vcpus_keys[] = {
    {
        .name = "count",
        .kinds = CONFIG_NUMBER,
        .type = &chaos__config_count_type,
        FIELD(vcpus),
        .fallback = "1",
        .expected = "a whole number",
        .range = "a number from 1 to 128",
    },
    {
        .name = "cpumap",
        .kinds = CONFIG_STRING | CONFIG_LIST,
        .type = &chaos__config_cpumap_type,
        FIELD(cpumap),
        .fallback = "all",
        .element = &cpu,
        .max = CONFIG_CPUS_MAX,
        .expected = "CPUs such as \"0-3,5\" or [0, 1], or \"all\"",
        .range = "CPUs from 0 to 1023",
    },
};
static const struct config_table vcpus_table =
    TABLE(vcpus_keys, struct chaos_config);

static const struct config_key vif_keys[] = {
    {
        .name = "ip",
        .kinds = CONFIG_STRING,
        .type = &chaos__config_ip_type,
        VIF(ip),
        .expected = "an address such as 10.0.0.2, 10.0.0.2/24 or fd00::2/64",
    },
    {
        .name = "gateway",
        .kinds = CONFIG_STRING,
        .type = &chaos__config_host_type,
        VIF(gateway),
        .expected = "an address such as 10.0.0.1 or fd00::1",
    },
    {
        .name = "mac",
        .kinds = CONFIG_STRING,
        .type = &chaos__config_mac_type,
        VIF(mac),
        .expected = "an address such as 00:16:3e:1a:2b:3c",
        .range = "an address that is unicast and not all zeros",
    },
    {
        .name = "bridge",
        .kinds = CONFIG_STRING,
        .type = &chaos__config_bridge_type,
        VIF(bridge),
        .expected = "a bridge's name: 1 to 15 bytes of ASCII without blanks, "
                    "'/' and ':'",
    },
    {
        .name = "ifname",
        .kinds = CONFIG_STRING,
        .type = &chaos__config_ifname_type,
        VIF(ifname),
        .expected = "an interface's name: 1 to 15 bytes of ASCII without "
                    "blanks, '/', ':' and '%', not a number",
    },
    {
        .name = "mtu",
        .kinds = CONFIG_NUMBER,
        .type = &chaos__config_mtu_type,
        VIF(mtu),
        .expected = "a whole number",
        .range = "a number from 68 to 65517",
    },
    {
        .name = "rate",
        .kinds = CONFIG_STRING,
        .type = &chaos__config_rate_type,
        VIF(rate_bytes),
        .expected = "a rate such as 10Mb/s, 250KB/s or 1MB/s@20ms",
        .range = "at most 1000GB/s, at least a byte per interval, and an "
                 "interval from 1ms to 1s",
    },
    {
        .name = "hook",
        .kinds = CONFIG_STRING,
        .type = &chaos__config_path_type,
        VIF(hook),
        .expected = "the path of a program",
        .range = "a path of at most 4095 bytes",
    },
};
static const struct config_table vif_table = TABLE(vif_keys, struct config_vif);

static const struct config_key vbd_keys[] = {
    {
        .name = "target",
        .kinds = CONFIG_STRING,
        .type = &chaos__config_path_type,
        VBD(target),
        .required = true,
        .expected = "the path of a block device or a disk image",
        .range = "a path of at most 4095 bytes",
    },
    {
        .name = "type",
        .kinds = CONFIG_STRING,
        .type = &chaos__config_choice_type,
        VBD(type),
        .fallback = "phy",
        .words = vbd_words,
        .expected = "phy (a block device) or file (a disk image)",
    },
    {
        .name = "vdev",
        .kinds = CONFIG_STRING,
        .type = &chaos__config_vdev_type,
        VBD(vdev),
        .required = true,
        .expected = "a disk or partition such as xvda or xvdb1",
        .range = "a partition from 1 to 255 (sd: 15, hd: 63)",
    },
    {
        .name = "access",
        .kinds = CONFIG_STRING,
        .type = &chaos__config_flag_type,
        VBD(writable),
        .fallback = "r",
        .words = access_words,
        .expected = "r (read only) or w (read and write)",
    },
};
static const struct config_table vbd_table = TABLE(vbd_keys, struct config_vbd);

static const struct config_key xen_keys[] = {
    {
        .name = "pvh",
        .kinds = CONFIG_BOOL,
        .type = &chaos__config_flag_type,
        FIELD(pvh),
        .fallback = "false",
        .words = bool_words,
        .expected = "true or false",
    },
    {
        .name = "dev_method",
        .kinds = CONFIG_STRING,
        .type = &chaos__config_choice_type,
        FIELD(dev_method),
        .fallback = "auto",
        .words = method_words,
        .expected = "noxs, xenstore or auto",
    },
};
static const struct config_table xen_table =
    TABLE(xen_keys, struct chaos_config);

static const struct config_key root_keys[] = {
    {
        .name = "name",
        .kinds = CONFIG_STRING,
        .type = &chaos__config_name_type,
        FIELD(name),
        .expected = NAME_EXPECTED,
    },
    {
        .name = "uuid",
        .kinds = CONFIG_STRING,
        .type = &chaos__config_uuid_type,
        FIELD(uuid),
        .expected = "a UUID such as 6e5d1ad3-8c0f-4a4e-9f6b-0f3c1d2b7a55",
        .range = "a UUID that is not all zeros",
    },
    {
        .name = "kernel",
        .kinds = CONFIG_STRING,
        .type = &chaos__config_path_type,
        FIELD(kernel),
        .required = true,
        .expected = "the path of a kernel image",
        .range = "a path of at most 4095 bytes",
    },
    {
        .name = "ramdisk",
        .kinds = CONFIG_STRING,
        .type = &chaos__config_path_type,
        FIELD(ramdisk),
        .expected = "the path of a ramdisk",
        .range = "a path of at most 4095 bytes",
    },
    {
        .name = "cmdline",
        .kinds = CONFIG_STRING,
        .type = &chaos__config_cmdline_type,
        FIELD(cmdline),
        .expected = "a text in UTF-8",
        .range = "at most 1023 bytes",
    },
    {
        .name = "memory",
        .kinds = CONFIG_NUMBER | CONFIG_STRING,
        .type = &chaos__config_memory_type,
        FIELD(memory_kb),
        .fallback = "4",
        .expected = "a number of MiB or a size such as \"3600K\"",
        .range = "64K to 16384G, in steps of 4K",
    },
    {
        .name = "vcpus",
        .kinds = CONFIG_NUMBER | CONFIG_OBJECT,
        .type = &chaos__config_vcpus_type,
        FIELD(vcpus),
        .fallback = "1",
        .members = &vcpus_table,
        .expected = "a whole number or {\"count\": 2, \"cpumap\": \"0-3\"}",
        .range = "a number from 1 to 128",
    },
    {
        .name = "address_size",
        .kinds = CONFIG_NUMBER,
        .type = &chaos__config_bits_type,
        FIELD(address_size),
        .fallback = "64",
        .expected = "32 or 64",
    },
    {
        .name = "paused",
        .kinds = CONFIG_BOOL,
        .type = &chaos__config_flag_type,
        FIELD(paused),
        .fallback = "false",
        .words = bool_words,
        .expected = "true or false",
    },
    {
        .name = "on_poweroff",
        .kinds = CONFIG_STRING,
        .type = &chaos__config_choice_type,
        FIELD(on_poweroff),
        .fallback = "destroy",
        .words = action_words,
        .expected = action_expected,
    },
    {
        .name = "on_reboot",
        .kinds = CONFIG_STRING,
        .type = &chaos__config_choice_type,
        FIELD(on_reboot),
        .fallback = "restart",
        .words = action_words,
        .expected = action_expected,
    },
    {
        .name = "on_crash",
        .kinds = CONFIG_STRING,
        .type = &chaos__config_choice_type,
        FIELD(on_crash),
        .fallback = "destroy",
        .words = action_words,
        .expected = action_expected,
    },
    {
        .name = "vifs",
        .kinds = CONFIG_LIST,
        .type = &chaos__config_container_type,
        FIELD(vifs),
        .members = &vif_table,
        .count_offset = offsetof(struct chaos_config, vif_count),
        .max = CONFIG_VIFS_MAX,
        .expected = "a list of {\"ip\": ..., \"mac\": ..., \"bridge\": ...}",
        .range = "at most 32 network interfaces",
    },
    {
        .name = "vbds",
        .kinds = CONFIG_LIST,
        .type = &chaos__config_container_type,
        FIELD(vbds),
        .members = &vbd_table,
        .count_offset = offsetof(struct chaos_config, vbd_count),
        .max = CONFIG_VBDS_MAX,
        .expected = "a list of {\"target\": ..., \"vdev\": ..., \"type\": ..., "
                    "\"access\": ...}",
        .range = "at most 32 disks",
    },
    {
        .name = "xen",
        .kinds = CONFIG_OBJECT,
        .type = &chaos__config_container_type,
        .members = &xen_table,
        .expected = "{\"pvh\": ..., \"dev_method\": ...}",
    },
};
const struct config_table chaos__config_root =
    TABLE(root_keys, struct chaos_config);

const struct config_key *chaos__config_key(const struct config_table *table,
                                           const char *name, size_t len)
{
    unsigned i;

    for (i = 0; i < table->count; i++) {
        const struct config_key *key = &table->keys[i];

        if (strlen(key->name) == len && !memcmp(key->name, name, len))
            return key;
    }
    return NULL;
}
