/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xs.h: XenStore, for guests of toolstacks that use it. Where the device page
 * has a sysctl device, it is not looked at.
 *
 * Paths are `dir`, a slash and `key`, or `key` alone if dir is NULL; such as
 * do not begin with a slash are below /local/domain/ID. A request takes a
 * round trip to the store's daemon with events off, at most seconds
 * (-ETIMEDOUT), and can be made in event handlers. Other errors: -ENOENT,
 * -E2BIG (longer than XS_TEXT_MAX or the buffer), -EIO: the store refuses, or
 * is not to be talked to any more.
 */
#ifndef GUEST_XS_H
#define GUEST_XS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a value, a list, a path with a value. */
#define XS_TEXT_MAX 511

/* There is a store: devices and requests come by it. */
bool xs_present(void);

/* The length of the value, which is terminated in `buf`, or -errno. */
int xs_read(const char *dir, const char *key, char *buf, size_t size);
/* A decimal number and nothing behind it; -EINVAL. */
int xs_read_u64(const char *dir, const char *key, uint64_t *out);
/* The same, or another number if there is none such. */
uint64_t xs_read_or(const char *dir, const char *key, uint64_t other);
/* Names of children, each terminated; how many bytes they take. */
int xs_list(const char *dir, const char *key, char *buf, size_t size);
int xs_write(const char *dir, const char *key, const char *value);
int xs_write_u64(const char *dir, const char *key, uint64_t value);
/* Write a number, and do not wait to hear whether that worked. */
void xs_post_u64(const char *key, uint64_t value);

/* The memory is the caller's; fn and path are his to fill in. */
struct xs_watch {
    const char *path;
    /* Called with events off: something changed there, or may have. */
    void (*fn)(struct xs_watch *w);
    /* Only the node and its children, not what is below those. */
    bool shallow;
    /* Of xs.c. */
    bool fired;
    uint32_t id; /* 0: not watched */
    struct xs_watch *next;
};

/* fn is called once without a change, too. */
int xs_watch(struct xs_watch *w);
void xs_unwatch(struct xs_watch *w);

#endif /* GUEST_XS_H */
