/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * config_types.c: types of configuration values that own no memory.
 */
#include <errno.h>
#include <string.h>

#include <noxs/net.h>

#include "config_keys.h"
#include "parse.h"

static void *field(const struct config_key *key, void *obj)
{
    return (char *)obj + key->offset;
}

static const void *const_field(const struct config_key *key, const void *obj)
{
    return (const char *)obj + key->offset;
}

static void put(struct config_value *value_out, enum config_kind kind,
                const char *text, size_t len)
{
    value_out->kind = kind;
    value_out->text = text;
    value_out->len = len;
}

static int uuid_parse(const struct config_key *key,
                      const struct config_value *value, void *obj)
{
    struct chaos_config *cfg = obj;
    int rc = chaos__parse_uuid(value->text, value->len, cfg->uuid);

    (void)key;
    if (rc == 0)
        cfg->has_uuid = true;
    return rc;
}

static void uuid_format(const struct config_key *key, const void *obj,
                        struct config_value *value_out, char *buf)
{
    const struct chaos_config *cfg = obj;

    (void)key;
    if (cfg->has_uuid)
        put(value_out, CONFIG_STRING, buf, chaos__format_uuid(buf, cfg->uuid));
}

const struct config_type chaos__config_uuid_type = {.parse = uuid_parse,
                                                    .format = uuid_format};

static int memory_parse(const struct config_key *key,
                        const struct config_value *value, void *obj)
{
    /* 16 TiB: what 64-bit Xen can have at all. */
    return chaos__parse_size_kb(value->text, value->len, CONFIG_MEMORY_MIN_KB,
                                UINT64_C(16) << 30, field(key, obj));
}

static void memory_format(const struct config_key *key, const void *obj,
                          struct config_value *value_out, char *buf)
{
    const uint64_t *kb = const_field(key, obj);
    size_t len = chaos__format_size_kb(buf, *kb);

    put(value_out, *kb % 1024 ? CONFIG_STRING : CONFIG_NUMBER, buf, len);
}

const struct config_type chaos__config_memory_type = {.parse = memory_parse,
                                                      .format = memory_format};

static void unsigned_format(const struct config_key *key, const void *obj,
                            struct config_value *value_out, char *buf)
{
    const unsigned *number = const_field(key, obj);

    put(value_out, CONFIG_NUMBER, buf, chaos__format_uint(buf, *number));
}

static int count_parse(const struct config_key *key,
                       const struct config_value *value, void *obj)
{
    unsigned *number = field(key, obj);
    uint64_t count;
    int rc =
        chaos__parse_uint(value->text, value->len, 1, CONFIG_VCPUS_MAX, &count);

    if (rc == 0)
        *number = (unsigned)count;
    return rc;
}

const struct config_type chaos__config_count_type = {.parse = count_parse,
                                                     .format = unsigned_format};

/* A number replaces the whole object: so many vCPUs, on any CPU. */
static int vcpus_parse(const struct config_key *key,
                       const struct config_value *value, void *obj)
{
    struct chaos_config *cfg = obj;
    int rc = count_parse(key, value, obj);

    if (rc == 0)
        cfg->has_cpumap = false;
    return rc;
}

static void vcpus_format(const struct config_key *key, const void *obj,
                         struct config_value *value_out, char *buf)
{
    const struct chaos_config *cfg = obj;

    if (cfg->has_cpumap)
        put(value_out, CONFIG_OBJECT, "", 0);
    else
        unsigned_format(key, obj, value_out, buf);
}

const struct config_type chaos__config_vcpus_type = {.parse = vcpus_parse,
                                                     .format = vcpus_format};

static int cpumap_parse(const struct config_key *key,
                        const struct config_value *value, void *obj)
{
    struct chaos_config *cfg = obj;
    int rc;

    (void)key;
    if (value->len == 3 && !memcmp(value->text, "all", 3)) {
        cfg->has_cpumap = false;
        return 0;
    }
    rc = chaos__parse_cpumap(value->text, value->len, cfg->cpumap);
    if (rc == 0)
        cfg->has_cpumap = true;
    return rc;
}

static void cpumap_format(const struct config_key *key, const void *obj,
                          struct config_value *value_out, char *buf)
{
    const struct chaos_config *cfg = obj;

    (void)key;
    if (cfg->has_cpumap)
        put(value_out, CONFIG_STRING, buf,
            chaos__format_cpumap(buf, cfg->cpumap));
}

const struct config_type chaos__config_cpumap_type = {.parse = cpumap_parse,
                                                      .format = cpumap_format};

/* One element of a cpumap that is a list. The first clears what was there. */
static int cpu_parse(const struct config_key *key,
                     const struct config_value *value, void *obj)
{
    struct chaos_config *cfg = obj;
    uint64_t cpu;
    int rc = chaos__parse_uint(value->text, value->len, 0, CONFIG_CPUS_MAX - 1,
                               &cpu);

    (void)key;
    if (rc < 0)
        return rc;
    if (!cfg->has_cpumap)
        memset(cfg->cpumap, 0, sizeof(cfg->cpumap));
    cfg->has_cpumap = true;
    cfg->cpumap[cpu / 64] |= UINT64_C(1) << (cpu % 64);
    return 0;
}

const struct config_type chaos__config_cpu_type = {.parse = cpu_parse};

static int bits_parse(const struct config_key *key,
                      const struct config_value *value, void *obj)
{
    unsigned *bits = field(key, obj);
    uint64_t number;

    if (chaos__parse_uint(value->text, value->len, 32, 64, &number) < 0 ||
        (number != 32 && number != 64))
        return -EINVAL;
    *bits = (unsigned)number;
    return 0;
}

const struct config_type chaos__config_bits_type = {.parse = bits_parse,
                                                    .format = unsigned_format};

static int flag_parse(const struct config_key *key,
                      const struct config_value *value, void *obj)
{
    bool *flag = field(key, obj);
    unsigned index;
    int rc = chaos__parse_word(value->text, value->len, key->words, &index);

    if (rc == 0)
        *flag = index == 1;
    return rc;
}

static void flag_format(const struct config_key *key, const void *obj,
                        struct config_value *value_out, char *buf)
{
    const bool *flag = const_field(key, obj);
    const char *word = key->words[*flag];

    (void)buf;
    put(value_out, key->kinds, word, strlen(word));
}

const struct config_type chaos__config_flag_type = {.parse = flag_parse,
                                                    .format = flag_format};

/* The field is an enum without negative values, thus an unsigned. */
static int choice_parse(const struct config_key *key,
                        const struct config_value *value, void *obj)
{
    return chaos__parse_word(value->text, value->len, key->words,
                             field(key, obj));
}

static void choice_format(const struct config_key *key, const void *obj,
                          struct config_value *value_out, char *buf)
{
    const unsigned *index = const_field(key, obj);
    const char *word = key->words[*index];

    (void)buf;
    put(value_out, CONFIG_STRING, word, strlen(word));
}

const struct config_type chaos__config_choice_type = {.parse = choice_parse,
                                                      .format = choice_format};

static int mac_parse(const struct config_key *key,
                     const struct config_value *value, void *obj)
{
    struct config_vif *vif = obj;
    int rc = chaos__parse_mac(value->text, value->len, vif->mac);

    (void)key;
    if (rc == 0)
        vif->has_mac = true;
    return rc;
}

static void mac_format(const struct config_key *key, const void *obj,
                       struct config_value *value_out, char *buf)
{
    const struct config_vif *vif = obj;

    (void)key;
    if (vif->has_mac)
        put(value_out, CONFIG_STRING, buf, chaos__format_mac(buf, vif->mac));
}

const struct config_type chaos__config_mac_type = {.parse = mac_parse,
                                                   .format = mac_format};

static int mtu_parse(const struct config_key *key,
                     const struct config_value *value, void *obj)
{
    unsigned *mtu = field(key, obj);
    uint64_t number;
    int rc = chaos__parse_uint(value->text, value->len, NOXS_NET_MTU_MIN,
                               NOXS_NET_MTU_MAX, &number);

    if (rc == 0)
        *mtu = (unsigned)number;
    return rc;
}

static void mtu_format(const struct config_key *key, const void *obj,
                       struct config_value *value_out, char *buf)
{
    const unsigned *mtu = const_field(key, obj);

    if (*mtu)
        unsigned_format(key, obj, value_out, buf);
}

const struct config_type chaos__config_mtu_type = {.parse = mtu_parse,
                                                   .format = mtu_format};

static int rate_parse(const struct config_key *key,
                      const struct config_value *value, void *obj)
{
    struct config_vif *vif = obj;

    (void)key;
    return chaos__parse_rate(value->text, value->len, &vif->rate_bytes,
                             &vif->rate_interval_us);
}

static void rate_format(const struct config_key *key, const void *obj,
                        struct config_value *value_out, char *buf)
{
    const struct config_vif *vif = obj;

    (void)key;
    if (vif->rate_bytes)
        put(value_out, CONFIG_STRING, buf,
            chaos__format_rate(buf, vif->rate_bytes, vif->rate_interval_us));
}

const struct config_type chaos__config_rate_type = {.parse = rate_parse,
                                                    .format = rate_format};

static int container_parse(const struct config_key *key,
                           const struct config_value *value, void *obj)
{
    (void)key;
    (void)value;
    (void)obj;
    return -EINVAL;
}

static void container_format(const struct config_key *key, const void *obj,
                             struct config_value *value_out, char *buf)
{
    (void)obj;
    (void)buf;
    put(value_out, key->kinds, "", 0);
}

const struct config_type chaos__config_container_type = {
    .parse = container_parse, .format = container_format};
