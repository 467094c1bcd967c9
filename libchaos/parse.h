/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * parse.h: bounded parsers of the small languages in configurations and on
 * command lines, and their writers.
 *
 * A text is `len` bytes, not terminated. A parser returns 0, -EINVAL where the
 * text has not the form, or -ERANGE where it has but the value is refused. It
 * writes its result only on success. None allocates memory.
 */
#ifndef LIBCHAOS_PARSE_H
#define LIBCHAOS_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <chaos/ctx.h>
#include <noxs/noxs.h>

#include "config.h"

/* parse.c */

/* Decimal digits without sign, blanks or leading zeros. */
int chaos__parse_uint(const char *text, size_t len, uint64_t min, uint64_t max,
                      uint64_t *value_out) CHAOS_CHECK;
/* "8" (MiB), "3600K", "8M", "1G"; in steps of 4 KiB. */
int chaos__parse_size_kb(const char *text, size_t len, uint64_t min_kb,
                         uint64_t max_kb, uint64_t *kb_out) CHAOS_CHECK;
/* Position of a text in a list that NULL ends. */
int chaos__parse_word(const char *text, size_t len, const char *const *words,
                      unsigned *index_out) CHAOS_CHECK;
/* "0-3,5": CPU n is bit n % 64 of map[n / 64]. */
int chaos__parse_cpumap(const char *text, size_t len,
                        uint64_t map_out[CONFIG_CPUS_MAX / 64]) CHAOS_CHECK;

/* Each writes a terminated text and returns its length. */
#define FORMAT_UINT_SIZE 21
size_t chaos__format_uint(char *buf, uint64_t value);
/* As short as can be read back: "8", "3600K". buf: FORMAT_UINT_SIZE + 1. */
size_t chaos__format_size_kb(char *buf, uint64_t kb);
/* Enough for every other CPU: "0,2,4,...,1022". */
#define FORMAT_CPUMAP_SIZE 2560
size_t chaos__format_cpumap(char *buf,
                            const uint64_t map[CONFIG_CPUS_MAX / 64]);

/* parse_address.c */

/* 8-4-4-4-12 hexadecimal digits of either case; not all zero. */
int chaos__parse_uuid(const char *text, size_t len,
                      uint8_t uuid_out[NOXS_UUID_SIZE]) CHAOS_CHECK;
/* Six bytes in hexadecimal with colons; unicast and not all zero. */
int chaos__parse_mac(const char *text, size_t len,
                     uint8_t mac_out[6]) CHAOS_CHECK;

struct parsed_ip {
    bool is_ipv6;
    bool has_prefix;
    uint8_t prefix;
    uint8_t address[16]; /* in network order; IPv4: the first 4 bytes */
};
/* IPv4 or IPv6, with "/LENGTH" or without. */
int chaos__parse_ip(const char *text, size_t len,
                    struct parsed_ip *ip_out) CHAOS_CHECK;
int chaos__check_ip(const char *text, size_t len) CHAOS_CHECK;
/* The same without "/LENGTH". */
int chaos__check_host(const char *text, size_t len) CHAOS_CHECK;
/* A network interface's name as Linux takes it. */
int chaos__check_ifname(const char *text, size_t len) CHAOS_CHECK;
/* One that can be given to a new interface; no number, which is an id. */
int chaos__check_new_ifname(const char *text, size_t len) CHAOS_CHECK;

enum vdev_kind { VDEV_XVD, VDEV_SD, VDEV_HD };
struct parsed_vdev {
    enum vdev_kind kind;
    uint32_t disk;      /* from 0 on */
    uint32_t partition; /* 0: the whole disk */
};
/* A guest's disk or partition: "xvda", "xvdb1", "sda", "hdc". */
int chaos__parse_vdev(const char *text, size_t len,
                      struct parsed_vdev *vdev_out) CHAOS_CHECK;
int chaos__check_vdev(const char *text, size_t len) CHAOS_CHECK;

/* 0 to 15, or -1. */
int chaos__hex_digit(char c);

#define FORMAT_UUID_SIZE 37
size_t chaos__format_uuid(char *buf, const uint8_t uuid[NOXS_UUID_SIZE]);
#define FORMAT_MAC_SIZE 18
size_t chaos__format_mac(char *buf, const uint8_t mac[6]);

/* parse_rate.c */

#define RATE_INTERVAL_DEFAULT_US 50000
#define RATE_INTERVAL_MIN_US 1000
#define RATE_INTERVAL_MAX_US 1000000
/* "10Mb/s", "250KB/s", "1MB/s@20ms": bytes in each interval, at least one. */
int chaos__parse_rate(const char *text, size_t len, uint64_t *bytes_out,
                      uint32_t *interval_us_out) CHAOS_CHECK;
/* Reads back as the same. buf: FORMAT_RATE_SIZE. */
#define FORMAT_RATE_SIZE 64
size_t chaos__format_rate(char *buf, uint64_t bytes, uint32_t interval_us);

/* parse_text.c */

/*
 * The character at the start of a text: its length in bytes, or 0 where it is
 * not UTF-8 (overlong forms and surrogates are not). len is not 0.
 */
size_t chaos__utf8_char(const char *text, size_t len, uint32_t *code_out);
/*
 * The first \u escape of a JSON text that is half a surrogate pair, or NULL.
 * (libyajl makes '?' of one and drops the character that follows.)
 */
const char *chaos__json_half_escape(const char *text, size_t len);
/* UTF-8 throughout, and without a zero byte. */
bool chaos__is_text(const char *text, size_t len);
/*
 * A domain's name: 1 to 127 bytes of UTF-8 without blanks, control and
 * invisible characters and '/'; not ".", "..", a number, or something that
 * starts with '-'.
 */
int chaos__parse_name(const char *text, size_t len) CHAOS_CHECK;
#define NAME_EXPECTED                                                          \
    "1 to 127 bytes without blanks, control characters or '/', not a number "  \
    "and not starting with '-'"
/* The same for a terminated text, with the error's text set: -EINVAL. */
int chaos__name_check(struct chaos_ctx *ctx, const char *name) CHAOS_CHECK;

/*
 * A text fit for a message: at most `chars` characters, then "..."; control
 * characters, invisible ones and what is not UTF-8 as \xNN. Returns buf, which
 * has SHOW_SIZE(chars) bytes.
 */
#define SHOW_CHARS 40
#define SHOW_SIZE(chars) ((chars)*4 + 4)
const char *chaos__show(char *buf, unsigned chars, const char *text,
                        size_t len);
/* The same for a key, of SHOW_CHARS; an empty one is "". */
const char *chaos__show_key(char *buf, const char *text, size_t len);

#endif /* LIBCHAOS_PARSE_H */
