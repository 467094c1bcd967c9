/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * conf_keys.c: the keys of the configuration. docs/chaosd.md has the same
 * tables; a test compares them.
 */
#include <stdlib.h>
#include <string.h>

#include "conf_internal.h"

#define PATH_ROOM 100 /* a socket's address, with a suffix while it is made */
#define AT(member) offsetof(struct conf, member)
#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define COUNT(key, member, low, high)                                          \
    {                                                                          \
        .name = key, .type = CONF_COUNT, .offset = AT(member), .min = low,     \
        .max = high, .expected = "a number from " #low " to " #high            \
    }

static bool is_path(const char *text)
{
    return text[0] == '/' && strlen(text) <= PATH_ROOM;
}

static bool is_port(const char *text)
{
    unsigned long port;
    char *end;

    if (text[0] < '1' || text[0] > '9')
        return false;
    port = strtoul(text, &end, 10);
    return *end == '\0' && port <= 65535;
}

/* Only what no other machine can reach. */
static bool is_metrics(const char *text)
{
    if (strncmp(text, "unix:", 5) == 0)
        return is_path(text + 5);
    if (strncmp(text, "127.0.0.1:", 10) == 0)
        return is_port(text + 10);
    if (strncmp(text, "[::1]:", 6) == 0)
        return is_port(text + 6);
    return text[0] == '\0';
}

bool conf_is_shape_name(const char *text)
{
    return strlen(text) < sizeof(((struct conf_shape *)NULL)->name) &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                        "0123456789_.-") == strlen(text);
}

static const struct conf_key pool_keys[] = {
    {.name = "memory",
     .type = CONF_KB,
     .offset = AT(pool_memory_kb),
     .max = UINT64_C(1) << 34,
     .expected = "a number of MiB or a size such as \"512M\""},
    {.name = "reserve",
     .type = CONF_KB,
     .offset = AT(pool_reserve_kb),
     .max = UINT64_C(1) << 34,
     .expected = "a number of MiB or a size such as \"64M\""},
    {.name = "learn",
     .type = CONF_BOOL,
     .offset = AT(pool_learn),
     .expected = "true or false"},
    COUNT("learn_max", pool_learn_max, 0, 256),
    COUNT("low", pool_low, 0, 4096),
    COUNT("high", pool_high, 0, 4096),
    {.name = "preload",
     .type = CONF_BOOL,
     .offset = AT(pool_preload),
     .expected = "true or false"},
    {.name = "shapes",
     .type = CONF_SHAPES,
     .expected = "[...], a list of at most 256 shapes"},
    {0}};

static const struct conf_key exits_keys[] = {
    COUNT("restarts", restarts, 0, 1000000),
    COUNT("within", restart_seconds, 1, 86400),
    {0}};

static const struct conf_key console_keys[] = {
    {.name = "ring",
     .type = CONF_BYTES32,
     .offset = AT(ring_bytes),
     .min = KIB(4),
     .max = MIB(16),
     .expected = "a power of two from \"4K\" to \"16M\""},
    {0}};

static const struct conf_key log_keys[] = {
    COUNT("keep", log_seconds, 0, 31536000),
    {.name = "size",
     .type = CONF_BYTES,
     .offset = AT(log_bytes),
     .max = MIB(1 << 20),
     .expected = "a number of MiB or a size such as \"16M\""},
    {.name = "guest",
     .type = CONF_BYTES32,
     .offset = AT(log_guest_bytes),
     .max = MIB(4),
     .expected = "a size of at most \"4M\", such as \"8K\""},
    {0}};

#define SECTION(key, table)                                                    \
    {                                                                          \
        .name = key, .type = CONF_SECTION, .keys = table, .expected = "{...}"  \
    }

const struct conf_key conf_root[] = {
    {.name = "socket",
     .type = CONF_TEXT,
     .offset = AT(socket),
     .is_valid = is_path,
     .expected = "an absolute path of at most 100 bytes"},
    {.name = "group",
     .type = CONF_NAME,
     .offset = AT(group),
     .expected = "the name or the number of a group, or null"},
    COUNT("clients", clients, 8, 65536),
    COUNT("workers", workers, 1, 64),
    {.name = "metrics",
     .type = CONF_TEXT,
     .offset = AT(metrics),
     .is_valid = is_metrics,
     .expected = "\"unix:/PATH\", \"127.0.0.1:PORT\", \"[::1]:PORT\" or \"\""},
    {.name = "on_stop",
     .type = CONF_STOP,
     .offset = AT(on_stop),
     .expected = "\"keep\" or \"destroy\""},
    SECTION("pool", pool_keys),
    SECTION("exits", exits_keys),
    SECTION("console", console_keys),
    SECTION("log", log_keys),
    {0}};
