/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool_plan.h: what the pool does next, given what it has and the time.
 *
 * Below the number that a shape's rate of arrivals calls for, between its low
 * and high watermark, it is refilled as soon as no create is under way; up to
 * the high watermark when there was none for a while. Where memory does not
 * suffice, shells that are more than their shape needs, or whose shape is asked
 * for much less, make room.
 */
#ifndef CHAOSD_POOL_PLAN_H
#define CHAOSD_POOL_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "shapes.h"

/* Nothing is asked for so long: refill to the high watermarks. */
#define PLAN_IDLE_NS UINT64_C(20000000)
/* A learnt shape that nobody asked for so long goes. */
#define PLAN_FORGET_NS UINT64_C(600000000000)
/* Memory that was not there is looked for again after so long. */
#define PLAN_MEMORY_NS UINT64_C(1000000000)
/* What a domain needs of Xen besides its memory. */
#define PLAN_OVERHEAD_KB 256u
#define PLAN_NEVER UINT64_MAX

struct plan_state {
    const struct shapes *shapes;
    uint64_t now;
    uint64_t used_kb;    /* of all shells, in whatever state */
    uint64_t ending_kb;  /* of those among them whose end is near */
    uint64_t budget_kb;  /* used_kb is not to be more */
    uint64_t free_kb;    /* of the host */
    uint64_t reserve_kb; /* free_kb is not to be less */
    uint64_t
        active_ns;    /* the last time that a client asked or said something */
    uint64_t rest_ns; /* no refill before; PLAN_NEVER: none at all */
    bool held;        /* a create is under way */
    bool filling;     /* to the high watermarks at once */
    bool refilling;   /* a refill is under way: one at a time */
    bool leaving;     /* no more of anything */
};

enum plan_what {
    PLAN_WAIT,
    PLAN_REFILL,  /* make a shell of this shape */
    PLAN_DESTROY, /* destroy a ready shell of this shape */
    PLAN_FORGET   /* the shape goes */
};

struct plan {
    enum plan_what what;
    struct shape *shape;
    uint64_t wake_ns;     /* of PLAN_WAIT: ask again then, if nothing changes */
    bool short_of_memory; /* of PLAN_WAIT: a shape lacks shells for that */
};

struct plan plan_next(const struct plan_state *state);
/* So many shells of it are to be ready when much else is going on. */
uint32_t plan_wanted(const struct shape *shape, uint64_t now);
/* The shape whose ready shells are of the least use, or NULL. */
struct shape *plan_least_useful(const struct shapes *shapes, uint64_t now);

#endif /* CHAOSD_POOL_PLAN_H */
