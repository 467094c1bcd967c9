/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * conf_internal.h: what the files of the configuration share.
 *
 *   conf.c        defaults, files, the whole
 *   conf_keys.c   the tables of keys
 *   conf_value.c  one value into its place, and the sentences for wrong ones
 *   conf_shape.c  pool.shapes[]
 */
#ifndef CHAOSD_CONF_INTERNAL_H
#define CHAOSD_CONF_INTERNAL_H

#include <yajl/yajl_tree.h>

#include "conf.h"

#define CONF_SIZE_MAX (256u << 10) /* of a file */
#define CONF_PLACE_SIZE 96         /* "pool.shapes[12].vm" */
#define CONF_SHAPES_MAX 256

/* Where a text comes from, and where the sentence on its fault goes. */
struct conf_reader {
    const char *source; /* named in the sentence */
    const char *dir;    /* for relative paths, with the last slash; or "" */
    char *text;
    size_t text_size;
};

enum conf_type {
    CONF_TEXT,    /* char *, owned; "" is kept */
    CONF_NAME,    /* char *, owned; NULL for null and "" */
    CONF_COUNT,   /* uint32_t */
    CONF_BOOL,    /* bool */
    CONF_KB,      /* uint64_t; KiB */
    CONF_BYTES,   /* uint64_t */
    CONF_BYTES32, /* uint32_t */
    CONF_STOP,    /* enum conf_stop */
    CONF_SHAPES,  /* conf->shapes */
    CONF_SECTION  /* an object with keys of its own */
};

struct conf_key {
    const char *name; /* NULL: the end of the table */
    enum conf_type type;
    size_t offset;     /* in struct conf */
    uint64_t min, max; /* of numbers, in the unit of the type */
    /* Of texts, or NULL: whether it is one. */
    bool (*is_valid)(const char *text);
    const struct conf_key *keys; /* of a section */
    const char *expected;
};

/* conf_keys.c */
extern const struct conf_key conf_root[];
bool conf_is_shape_name(const char *text);

/* conf_value.c */
/* "FILE: PLACE: VALUE: expected SOMETHING"; returns -EINVAL. */
int conf_refuse(const struct conf_reader *r, const char *place, yajl_val value,
                const char *expected);
/* PLACE within `place`, "" being the top: "pool", "memory" to "pool.memory". */
void conf_place(char place[CONF_PLACE_SIZE], const char *parent,
                const char *name);
/* "FILE: PLACE: SENTENCE"; returns rc. */
int conf_fault(const struct conf_reader *r, int rc, const char *place,
               const char *sentence);
/* Values of a shape, besides those of the tables. */
int conf_count(const struct conf_reader *r, const char *place, yajl_val value,
               uint32_t max, uint32_t *out);
/* One key of the tables, but for sections and shapes. */
int conf_assign(const struct conf_reader *r, const char *place,
                const struct conf_key *key, yajl_val value, struct conf *conf);
/* That the keys of an object differ. */
int conf_check_unique(const struct conf_reader *r, const char *place,
                      yajl_val object);

/* conf_shape.c */
int conf_shapes(const struct conf_reader *r, const char *place, yajl_val list,
                struct conf *conf);
int conf_shape(const struct conf_reader *r, const char *place, yajl_val object,
               struct conf_shape *shape_out);

#endif /* CHAOSD_CONF_INTERNAL_H */
