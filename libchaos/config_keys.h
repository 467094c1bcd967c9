/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * config_keys.h: the table of configuration keys, and the types of values.
 *
 * A table describes a JSON object: its members are fields of one C structure.
 * Reading a file, setting a key from the command line, writing JSON, copying
 * and destroying all walk the same tables.
 */
#ifndef LIBCHAOS_CONFIG_KEYS_H
#define LIBCHAOS_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"

/* What a value was written as. A set of them says what a key takes. */
enum config_kind {
    CONFIG_NONE = 0,
    CONFIG_STRING = 0x01,
    CONFIG_NUMBER = 0x02, /* the digits as they were written */
    CONFIG_BOOL = 0x04,   /* "true" or "false" */
    CONFIG_OBJECT = 0x08,
    CONFIG_LIST = 0x10,
    CONFIG_NULL = 0x20, /* no key takes it */
    CONFIG_TEXT = 0x40, /* of a command line: any scalar */
};

/* A value on its way between text and structure. Everything is borrowed. */
struct config_value {
    enum config_kind kind;
    const char *text;
    size_t len;
    /* Where relative paths start: "" or a directory with its last slash. */
    const char *dir;
    size_t dir_len;
};

struct config_key;

struct config_type {
    /*
     * Set the key's field in obj: 0, -EINVAL (the form is wrong), -ERANGE (the
     * value is), or another error of the system. The field is then unchanged.
     */
    int (*parse)(const struct config_key *key, const struct config_value *value,
                 void *obj);
    /*
     * Fill *value_out with what parse() would read; buf has CONFIG_BUF_SIZE
     * bytes and lives as long as the value. Unchanged: there is nothing to
     * write. CONFIG_OBJECT: write the members instead. NULL for an element,
     * which is written with its list.
     */
    void (*format)(const struct config_key *key, const void *obj,
                   struct config_value *value_out, char *buf);
    bool owned; /* the field is a char *, owned, NULL where unset */
};
#define CONFIG_BUF_SIZE 2560

struct config_table {
    const struct config_key *keys;
    unsigned count; /* at most 32 */
    size_t size;    /* of the structure */
};

struct config_key {
    const char *name;
    unsigned kinds; /* CONFIG_*: what it takes in JSON */
    const struct config_type *type;
    size_t offset; /* of the field in its structure */
    bool required;
    const char *fallback;     /* default, as text; NULL: unset */
    const char *const *words; /* for types that choose one */
    /* Members of the object, or of each object in the list. */
    const struct config_table *members;
    /* Of a list of scalars instead: how to read one. */
    const struct config_key *element;
    size_t count_offset;  /* of a list's unsigned count */
    unsigned max;         /* elements in a list */
    const char *expected; /* "expected ..." where the form is wrong */
    const char *range;    /* the same where the value is; NULL: as above */
};

/* config_keys.c */
extern const struct config_table chaos__config_root;
/* NULL: there is none of that name. */
const struct config_key *chaos__config_key(const struct config_table *table,
                                           const char *name, size_t len);

/* config_strings.c: types of owned strings */
extern const struct config_type chaos__config_name_type;
extern const struct config_type chaos__config_path_type;
extern const struct config_type chaos__config_cmdline_type;
extern const struct config_type chaos__config_ip_type;
extern const struct config_type chaos__config_host_type;
extern const struct config_type chaos__config_bridge_type;
extern const struct config_type chaos__config_ifname_type;
extern const struct config_type chaos__config_vdev_type;

/* config_types.c: all others */
extern const struct config_type chaos__config_uuid_type;
extern const struct config_type chaos__config_memory_type;
extern const struct config_type chaos__config_vcpus_type;
extern const struct config_type chaos__config_count_type;
extern const struct config_type chaos__config_cpumap_type;
extern const struct config_type chaos__config_cpu_type;
extern const struct config_type chaos__config_bits_type;
extern const struct config_type chaos__config_flag_type;
extern const struct config_type chaos__config_choice_type;
extern const struct config_type chaos__config_mac_type;
extern const struct config_type chaos__config_mtu_type;
extern const struct config_type chaos__config_rate_type;
/* Lists of objects and objects, which have no scalar form. */
extern const struct config_type chaos__config_container_type;

/* config_walk.c */

/* A key's array of structures, and its pointer set. */
void *chaos__config_array(const struct config_key *key, const void *obj);
unsigned chaos__config_count(const struct config_key *key, const void *obj);
/* One more element, every key at its default. -ENOMEM. */
int chaos__config_append(const struct config_key *key, void *obj,
                         void **element_out) CHAOS_CHECK;
/* Take that one away again. */
void chaos__config_drop_last(const struct config_key *key, void *obj);
/* Back to the default, what was there freed. */
void chaos__config_reset(const struct config_key *key, void *obj);
/* Every key of a zeroed structure to its default. */
void chaos__config_defaults(const struct config_table *table, void *obj);
/* Free what the structure owns, not itself. */
void chaos__config_dispose(const struct config_table *table, void *obj);
/* Make *dst, uninitialised, a copy. -ENOMEM: it owns nothing then. */
int chaos__config_clone(const struct config_table *table, void *dst,
                        const void *src) CHAOS_CHECK;

/* config_assign.c */

/* Where a value was found, for messages. */
struct config_where {
    const char *source; /* file name; NULL: none */
    unsigned line;      /* 0: none */
    const char *path;   /* "vifs[0].mac" */
};
/* Set a key from a scalar. What went wrong is for the next to say. */
int chaos__config_assign(const struct config_key *key,
                         const struct config_value *value,
                         void *obj) CHAOS_CHECK;
/* Say what was wrong with a value; rc is of parse(). All return -errno. */
int chaos__config_refuse(struct chaos_ctx *ctx,
                         const struct config_where *where,
                         const struct config_key *key,
                         const struct config_value *value, int rc);
int chaos__config_refuse_missing(struct chaos_ctx *ctx,
                                 const struct config_where *where,
                                 const struct config_key *key);
int chaos__config_refuse_unknown(struct chaos_ctx *ctx,
                                 const struct config_where *where,
                                 const struct config_table *table);
/* Any other text, behind the place. */
int chaos__config_refuse_text(struct chaos_ctx *ctx,
                              const struct config_where *where,
                              const char *text);

/* config_parse.c */

#define CONFIG_SIZE_MAX (1024 * 1024)

struct config_text {
    const char *source; /* NULL: the command line */
    const char *text;
    size_t len;
    const char *dir; /* as in struct config_value */
    size_t dir_len;
};
/*
 * Read JSON: a whole configuration, or with `key` that key's value alone
 * (`path` is its full name). On an error cfg is unchanged.
 */
int chaos__config_parse(struct chaos_ctx *ctx, struct chaos_config *cfg,
                        const struct config_text *text,
                        const struct config_key *key,
                        const char *path) CHAOS_CHECK;

#endif /* LIBCHAOS_CONFIG_KEYS_H */
