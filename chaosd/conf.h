/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * conf.h: the daemon's configuration (JSON; docs/chaosd.md).
 *
 * Every key has a default, so there need be no file. An unknown, duplicate or
 * out-of-range key is an error naming file, key and value.
 */
#ifndef CHAOSD_CONF_H
#define CHAOSD_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <chaos/chaosd.h>

#define CONF_PATH "/etc/chaos/chaosd.json"

/* pool.shapes[]: a shape to have shells of. */
struct conf_shape {
    char name[64];             /* "" : "shape-N" */
    struct chaosd_shape shape; /* with images, if they are to be loaded */
    uint32_t low;              /* refill at once when fewer are ready */
    uint32_t high;             /* refill up to here when nothing else is on */
};

struct conf {
    char *socket;     /* "socket": CHAOSD_SOCKET */
    char *group;      /* "group": who may connect besides root; NULL: nobody */
    uint32_t clients; /* "clients": most at once; 1024 */
    uint32_t workers; /* "workers": threads; 2 */
    char *metrics;    /* "metrics": "unix:PATH", "127.0.0.1:PORT", "[::1]:PORT",
                         "" for none; "unix:/run/chaos/metrics.sock" */
    enum conf_stop {
        CONF_STOP_KEEP,
        CONF_STOP_DESTROY
    } on_stop; /* "on_stop": shells at SIGTERM; "keep" or "destroy" */

    /* "pool" */
    uint64_t pool_memory_kb;  /* "memory": most that all shells have; 256 MiB */
    uint64_t pool_reserve_kb; /* "reserve": free memory never touched; 64 MiB */
    bool pool_learn;          /* "learn": shapes that are asked for; true */
    uint32_t pool_learn_max;  /* "learn_max": so many shapes; 16 */
    uint32_t pool_low, pool_high; /* "low", "high" of learnt shapes; 2, 16 */
    bool pool_preload;         /* "preload": learnt shapes with image; true */
    struct conf_shape *shapes; /* "shapes" */
    size_t shape_count;

    /* "exits" */
    uint32_t restarts;        /* "restarts": most ... ; 5 */
    uint32_t restart_seconds; /* "within": ... in so many seconds; 60 */

    /* "console" */
    uint32_t ring_bytes; /* "ring": a power of two per guest; 16 KiB */

    /* "log": of guests that are dead */
    uint32_t log_seconds;     /* "keep"; 3600 */
    uint64_t log_bytes;       /* "size": of all; 16 MiB */
    uint32_t log_guest_bytes; /* "guest": the last so many of each; 8 KiB */
};

/*
 * Read a file; NULL: only defaults, which is what CONF_PATH is too where it
 * does not exist. On failure, -errno and a sentence in text.
 */
int conf_load(const char *path, struct conf **conf_out, char *text,
              size_t text_size);
/* A shape as in pool.shapes[], for POOL_SET. */
int conf_parse_shape(const char *json, size_t size,
                     struct conf_shape *shape_out, char *text,
                     size_t text_size);
void conf_free(struct conf *conf);

#endif /* CHAOSD_CONF_H */
