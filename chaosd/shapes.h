/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shapes.h: the shapes that the pool has shells of, and which of them fit.
 *
 * Nothing here knows of shells but their numbers, nor of any clock but the one
 * it is told.
 */
#ifndef CHAOSD_SHAPES_H
#define CHAOSD_SHAPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <chaos/chaosd.h>

#include "rate.h"

#define SHAPE_NAME_SIZE 64
/* Shapes asked for that are remembered though nobody has shells of them. */
#define SHAPES_MISSES 32
/* Asked for again within that time, a shape is worth learning. */
#define SHAPES_LEARN_NS UINT64_C(60000000000)

struct look;
struct shell;
TAILQ_HEAD(shell_list, shell);

struct shape {
    TAILQ_ENTRY(shape) list;
    char name[SHAPE_NAME_SIZE];
    struct chaosd_shape is;
    uint32_t low, high;
    bool learnt; /* not of the configuration */
    bool stale;  /* its images are to be looked at: no shell can be made */
    bool gone;   /* not one of the pool's any more; lives on for its shells */

    uint32_t ready, preparing, given, ending; /* shells */
    struct shell_list shells;                 /* ready ones, oldest first */

    struct rate rate;   /* of TAKEs of which it is the home */
    uint64_t asked_ns;  /* the last of them, or when the shape came */
    uint64_t refill_ns; /* what a refill takes; 0: not known */
    uint64_t taken, missed, failed;
    unsigned failures; /* refills that failed since the last that did not */
    uint64_t retry_ns; /* no refill before */

    struct look *look; /* owned; under way, or NULL */
};
TAILQ_HEAD(shape_list, shape);

struct shapes {
    struct shape_list list;
    size_t count, learnt; /* those that are not gone; the learnt among them */
    unsigned number;      /* of the last one learnt */
    struct miss {
        struct chaosd_shape is;
        uint64_t at_ns; /* 0: free */
    } misses[SHAPES_MISSES];
};

/* NULL: it is one that a client may ask for; else what is wrong. */
const char *shape_fault(const struct chaosd_shape *is);
/* Of memory, vCPUs, flags and numbers of devices, which no shell can change. */
bool shape_same_class(const struct chaosd_shape *a,
                      const struct chaosd_shape *b);
/* "noxs", "xenstore" */
const char *shape_bus(const struct chaosd_shape *is);
bool shape_has_images(const struct chaosd_shape *is);
bool shape_same_images(const struct chaosd_shape *a,
                       const struct chaosd_shape *b);
bool shape_same_paths(const struct chaosd_shape *a,
                      const struct chaosd_shape *b);

/* How well shells of one shape serve a VM of another; higher is better. */
enum shape_fit {
    SHAPE_FIT_NONE = 0,
    SHAPE_FIT_BARE = 2,   /* without images */
    SHAPE_FIT_LOADED = 4, /* with those of the VM */
    SHAPE_FIT_BRIDGES = 1 /* added where these are the same, too */
};
unsigned shape_fit(const struct chaosd_shape *shape,
                   const struct chaosd_shape *asked);

void shapes_init(struct shapes *shapes);
/* NULL: no memory. */
struct shape *shapes_add(struct shapes *shapes, const struct chaosd_shape *is,
                         uint64_t now);
/* It is gone: no longer found, and freed with its last shell. */
void shapes_drop(struct shapes *shapes, struct shape *shape);
/* Free it if it is gone and nothing refers to it. */
void shapes_release(struct shapes *shapes, struct shape *shape);
void shapes_dispose(struct shapes *shapes);

/* The same class, bridges and paths of images. */
struct shape *shapes_find(const struct shapes *shapes,
                          const struct chaosd_shape *is);
struct shape *shapes_named(const struct shapes *shapes, const char *name);
/* The shape with a shell that serves best, the oldest among equals. */
struct shape *shapes_best_ready(const struct shapes *shapes,
                                const struct chaosd_shape *asked);
/* The shape that would serve best if it had shells of today's images. */
struct shape *shapes_home(const struct shapes *shapes,
                          const struct chaosd_shape *asked);
/* The learnt shape that was asked for least recently, or NULL. */
struct shape *shapes_oldest_learnt(const struct shapes *shapes);
/* Asked for, and nothing fits: true when it is worth learning. */
bool shapes_miss(struct shapes *shapes, const struct chaosd_shape *asked,
                 uint64_t now);

#endif /* CHAOSD_SHAPES_H */
