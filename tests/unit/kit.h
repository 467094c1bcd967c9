/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kit.h: what most tests start from: an empty host, a context, a directory
 * with a kernel in it; and the means to tell that nothing was left behind.
 */
#ifndef TESTS_UNIT_KIT_H
#define TESTS_UNIT_KIT_H

#include <chaos/chaos.h>

#include "hv_model.h"

struct kit {
    struct chaos_ctx *ctx;
    char dir[64];
    char kernel[80];
    char ramdisk[80]; /* a path; the test writes it */
    char run[80];     /* the run directory */
};

/* For cmocka: *state is the kit. */
int kit_setup(void **state);
/* The same on a Xen without noxs, with XenStore as it is before any domain. */
int kit_setup_stock(void **state);
/* The host becomes such a one. */
void kit_make_stock(void);
int kit_teardown(void **state);

/* Give the context up and make a new one, as another program would. */
void kit_renew(struct kit *kit);
/* Another context on the same host and the same run directory. */
struct chaos_ctx *kit_second(const struct kit *kit);

/*
 * A configuration with the kit's kernel, the minimal map unless the test wrote
 * another kernel, and pairs of key and value that end with NULL.
 */
struct chaos_config *kit_config(struct kit *kit, ...) __attribute__((sentinel));
/* Create from pairs of key and value. Asserts that it worked. */
uint32_t kit_create(struct kit *kit, ...) __attribute__((sentinel));

/* All that a failure must leave as it was. */
struct snapshot {
    struct model_counts counts;
    unsigned fds;
    unsigned files; /* in the run directory, directories left out */
};
struct snapshot kit_snapshot(const struct kit *kit);
/* `what` begins the message of a difference. */
void kit_assert_same(const struct kit *kit, const struct snapshot *before,
                     const char *what);

/*
 * One create by a program of its own; 0 or -errno. What it made is undone, and
 * nothing differs from `before`; `what` as above.
 */
int kit_create_once(struct kit *kit, const struct chaos_config *cfg,
                    const struct snapshot *before, const char *what);
/*
 * Each operation of a create fails in turn with that error: it is noticed, and
 * nothing is left. Then the create works; it has more than `least` operations.
 */
void kit_assert_create_fails(struct kit *kit, const struct chaos_config *cfg,
                             int error, unsigned least);

/* Whether the text stands in the configuration that is kept of a domain. */
bool kit_record_has(struct kit *kit, uint32_t domid, const char *text);

/* A path below a domain's own; valid until the next call. */
const char *kit_node(uint32_t domid, const char *below);
void kit_assert_node(uint32_t domid, const char *below, const char *value);

/* The last call failed with rc, and said so in a sentence. */
#define kit_assert_error(ctx, rc, expected)                                    \
    do {                                                                       \
        assert_int_equal(rc, expected);                                        \
        kit_assert_text(ctx);                                                  \
    } while (0)
void kit_assert_text(const struct chaos_ctx *ctx);
/* The error contains this text. */
void kit_assert_says(const struct chaos_ctx *ctx, const char *text);

void kit_write_file(const char *path, const void *data, size_t size);

#endif /* TESTS_UNIT_KIT_H */
