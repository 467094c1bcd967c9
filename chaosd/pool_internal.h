/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool_internal.h: what the files of the pool share.
 *
 *   pool.c         its life; when it looks what to do next
 *   pool_plan.c    what that is
 *   pool_shell.c   shells from one state to the next
 *   pool_shapes.c  shapes that come, go and change
 *   pool_take.c    TAKE and DONE: leases
 *   pool_admin.c   POOL_SET, POOL_DRAIN, POOL_FILL
 *   pool_status.c  POOL_STATUS, and numbers
 *
 *   state      event                           next
 *   PREPARING  it is made                      READY
 *              it is made, but of a shape or
 *              an image that is gone           ENDING
 *              failure                         forgotten
 *   READY      it is given                     GIVEN
 *              it cannot be given, or is lost,
 *              drained, or one too many        ENDING
 *   GIVEN      it is a VM now                  forgotten
 *              its taker failed or went        ENDING (or a VM after all)
 *   ENDING     it is ended                     forgotten
 *              failure                         ENDING, tried again later
 */
#ifndef CHAOSD_POOL_INTERNAL_H
#define CHAOSD_POOL_INTERNAL_H

#include <event2/event.h>

#include "daemon.h"
#include "pool.h"
#include "pool_plan.h"
#include "server.h"
#include "shapes.h"
#include "worker.h"

/* Xen has no ids from here on. */
#define POOL_DOMIDS 0x7ff0u
/* A create that takes longer does not hold up refills any more. */
#define POOL_HOLD_NS UINT64_C(50000000)
#define POOL_ERROR_SIZE 256

enum shell_state { SHELL_PREPARING, SHELL_READY, SHELL_GIVEN, SHELL_ENDING };
#define SHELL_STATES 4

struct shell {
    struct job job; /* of PREPARING and ENDING */
    struct pool *pool;
    struct shape *shape;
    TAILQ_ENTRY(shell) list;  /* the pool's */
    TAILQ_ENTRY(shell) ready; /* the shape's, when READY */
    enum shell_state state;
    uint64_t since_ns;          /* that it is in this state */
    struct chaosd_shape is;     /* what it is made as */
    struct chaos_shell *handle; /* owned; NULL when PREPARING */
    uint32_t domid;             /* CHAOS_DOMID_NONE when PREPARING */

    /* GIVEN */
    uint64_t client; /* its number */
    struct client_hook hook;

    /* ENDING */
    bool taken;        /* a taker may have made a VM of it */
    bool force;        /* end it though its taker lives */
    unsigned failures; /* ends that failed */
    uint64_t retry_ns; /* the next try; 0: one is under way */

    /* What the job found. */
    int rc;
    uint64_t duration_ns;
    char error[POOL_ERROR_SIZE];
};

/* A client, or whoever calls pool_drain, waits for a DRAIN or a FILL. */
struct waiter {
    TAILQ_ENTRY(waiter) list;
    bool fill;
    uint64_t kb;
    uint64_t until_ns; /* most time that it has */
    size_t destroyed;  /* by a DRAIN */
    uint64_t client;   /* 0: none */
    uint32_t id;
    void (*done)(void *arg); /* without a client */
    void *arg;
};
TAILQ_HEAD(waiter_list, waiter);

struct pool {
    struct daemon *d; /* borrowed */
    struct shapes shapes;
    struct shell_list shells; /* all */
    size_t count[SHELL_STATES];
    uint64_t used_kb;     /* of all */
    uint64_t ending_kb;   /* of those ending, but for what failed to end */
    size_t stuck;         /* that wait for another try to end them */
    struct shell **domid; /* owned; POOL_DOMIDS of them, by id */
    struct waiter_list waiters;

    bool started, leaving;
    bool learn, preload;
    uint32_t learn_max, learn_low, learn_high;
    uint64_t budget_kb, reserve_kb;
    uint64_t active_ns, rest_ns; /* as in pool_plan.h */
    uint64_t given_ns;           /* the last time that one was given */

    struct event *turn; /* owned */
    uint64_t turn_ns;   /* when it comes; PLAN_NEVER: not at all */
};

/* pool.c: look what to do next, at that time or before. */
void pool_turn_at(struct pool *pool, uint64_t when);
void pool_turn_soon(struct pool *pool);
/* Free memory of the host; 0 where it cannot be told. */
uint64_t pool_free_kb(const struct pool *pool);

/* pool_shell.c */
const char *shell_state_name(enum shell_state state);
/* Begin to make one. Where that cannot be, the shape's next try is later. */
void shell_prepare(struct pool *pool, struct shape *shape);
/* One that is there already. NULL: no memory, nothing was done. */
struct shell *shell_add(struct pool *pool, struct shape *shape,
                        struct chaos_shell *handle);
void shell_given(struct shell *shell, struct client *c);
/* The lease is over. */
void shell_unlease(struct shell *shell, struct client *c);
/* Destroy it, or where it was given what was made of it. */
void shell_end(struct shell *shell);
/* Try again what failed to end; returns when to come back. */
uint64_t shell_retry_ends(struct pool *pool, uint64_t now);
/* The same, and tell of it. */
void shell_lost(struct shell *shell, const char *reason);
void shell_forget(struct shell *shell);
void shell_free(struct shell *shell);

/* pool_shapes.c */
/* Have shells of that from now on. NULL: the configuration is against it. */
struct shape *pool_learn(struct pool *pool, const struct chaosd_shape *asked);
/* A configured shape, new or instead of that name. */
int pool_shape_set(struct pool *pool, const struct conf_shape *cs);
/* It goes, and its shells. */
void pool_shape_drop(struct pool *pool, struct shape *shape);
/* Its images may be others than they were: find out. */
void pool_shape_look(struct pool *pool, struct shape *shape);

/* pool_take.c */
void pool_take(struct daemon *d, struct client *c, const struct request *rq);
void pool_done(struct daemon *d, struct client *c, const struct request *rq);
/* The VM that was made of a shell, or without one (NULL). */
void pool_made(struct daemon *d, const struct shell *shell, uint32_t domid,
               uint64_t duration_ns);
/* The client that has it is gone. */
void pool_lease_gone(struct client *c, void *arg);

/* pool_admin.c */
void pool_set(struct daemon *d, struct client *c, const struct request *rq);
void pool_drain_asked(struct daemon *d, struct client *c,
                      const struct request *rq);
void pool_fill_asked(struct daemon *d, struct client *c,
                     const struct request *rq);
bool pool_is_filling(const struct pool *pool);
/* Go on with what is waited for; returns when to come back. */
uint64_t pool_drains_turn(struct pool *pool);
/* `plan` is what the pool does next. */
uint64_t pool_fills_turn(struct pool *pool, const struct plan *plan);
void pool_waiters_free(struct pool *pool);

/* pool_status.c */
void pool_status(struct daemon *d, struct client *c, const struct request *rq);

#endif /* CHAOSD_POOL_INTERNAL_H */
