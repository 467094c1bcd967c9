/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool_shapes.c: shapes that come, go and change.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pool_internal.h"

/* --- images that change -----------------------------------------------------
 */

/* In a worker, which may wait for a disk: what the shape's paths lead to. */
struct look {
    struct job job;
    struct pool *pool;
    struct shape *shape;
    struct chaosd_shape is;
    int rc;
};

static int look_at(struct chaos_ctx *ctx, struct chaosd_shape *is)
{
    struct chaos_config *cfg;
    struct chaosd_shape now;
    int rc = chaos_config_create(ctx, &cfg);

    if (rc < 0)
        return rc;
    if (is->kernel.path[0])
        rc = chaos_config_set(ctx, cfg, "kernel", is->kernel.path);
    if (rc == 0 && is->ramdisk.path[0])
        rc = chaos_config_set(ctx, cfg, "ramdisk", is->ramdisk.path);
    if (rc == 0)
        rc = chaos_shape_of(ctx, cfg, &now);
    chaos_config_destroy(cfg);
    if (rc < 0)
        return rc;
    is->kernel = now.kernel;
    is->ramdisk = now.ramdisk;
    return 0;
}

static void look_run(struct job *job, struct chaos_ctx *ctx)
{
    struct look *look = (struct look *)job;

    look->rc = look_at(ctx, &look->is);
}

static void end_ready(struct shape *shape)
{
    while (shape->ready > 0)
        shell_end(TAILQ_FIRST(&shape->shells));
}

/* The shape follows its images; shells with the old ones are of no use. */
static void follow(struct shape *shape, const struct chaosd_shape *is)
{
    log_info("image", "shape=%s: its images are others now", shape->name);
    shape->is.kernel = is->kernel;
    shape->is.ramdisk = is->ramdisk;
    shape->failures = 0;
    shape->retry_ns = 0;
    end_ready(shape);
}

static void look_done(struct job *job)
{
    struct look *look = (struct look *)job;
    struct shape *shape = look->shape;
    struct pool *pool = look->pool;

    shape->look = NULL;
    if (!shape->gone) {
        shape->stale = false;
        /* What is wrong with them, the refill will say. */
        if (look->rc < 0)
            end_ready(shape);
        else if (!shape_same_images(&shape->is, &look->is))
            follow(shape, &look->is);
    }
    free(look);
    shapes_release(&pool->shapes, shape);
    pool_turn_soon(pool);
}

void pool_shape_look(struct pool *pool, struct shape *shape)
{
    struct look *look;

    if (shape->look)
        return;
    look = calloc(1, sizeof(*look));
    if (!look) {
        shape->stale = false; /* a refill that fails asks for it again */
        return;
    }
    *look = (struct look){
        .job = {.priority = JOB_DESTROY, .run = look_run, .done = look_done},
        .pool = pool,
        .shape = shape,
        .is = shape->is,
    };
    shape->look = look;
    workers_submit(pool->d->workers, &look->job);
}

/* --- shapes that are learnt -------------------------------------------------
 */

static void strip_images(struct chaosd_shape *is)
{
    memset(&is->kernel, 0, sizeof(is->kernel));
    memset(&is->ramdisk, 0, sizeof(is->ramdisk));
}

void pool_shape_drop(struct pool *pool, struct shape *shape)
{
    log_info("shape", "shape=%s: it goes", shape->name);
    end_ready(shape);
    shapes_drop(&pool->shapes, shape);
    shapes_release(&pool->shapes, shape);
}

static void drop_learnt(struct pool *pool, size_t most)
{
    struct shape *s;

    while (pool->shapes.learnt > most &&
           (s = shapes_oldest_learnt(&pool->shapes)))
        pool_shape_drop(pool, s);
}

struct shape *pool_learn(struct pool *pool, const struct chaosd_shape *asked)
{
    struct chaosd_shape is = *asked;
    struct shape *s;

    if (!pool->learn || pool->learn_max == 0 ||
        (asked->flags & CHAOSD_SHAPE_PVH))
        return NULL;
    if (!pool->preload)
        strip_images(&is);
    drop_learnt(pool, pool->learn_max - 1);
    s = shapes_add(&pool->shapes, &is, now_ns());
    if (!s)
        return NULL;
    s->learnt = true;
    pool->shapes.learnt++;
    s->low = pool->learn_low;
    s->high = pool->learn_high;
    snprintf(s->name, sizeof(s->name), "learnt-%u", ++pool->shapes.number);
    log_info("shape", "shape=%s bus=%s memory_kb=%llu vcpus=%u vifs=%u: learnt",
             s->name, shape_bus(&is), (unsigned long long)is.memory_kb,
             is.vcpus, is.vif_count);
    return s;
}

/* --- shapes of the configuration --------------------------------------------
 */

static bool has_no_identity(const struct chaosd_shape *is)
{
    return (is->kernel.path[0] && is->kernel.ino == 0) ||
           (is->ramdisk.path[0] && is->ramdisk.ino == 0);
}

/* What was learnt, or was there before, keeps its shells. */
static void make_configured(struct pool *pool, struct shape *s,
                            const struct conf_shape *cs)
{
    if (s->learnt)
        pool->shapes.learnt--;
    s->learnt = false;
    s->low = cs->low;
    s->high = cs->high;
    snprintf(s->name, sizeof(s->name), "%s", cs->name);
    s->failures = 0;
    s->retry_ns = 0;
    s->stale = has_no_identity(&cs->shape);
    if (s->stale)
        pool_shape_look(pool, s);
    else if (!shape_same_images(&s->is, &cs->shape))
        follow(s, &cs->shape);
}

int pool_shape_set(struct pool *pool, const struct conf_shape *cs)
{
    struct shape *named = shapes_named(&pool->shapes, cs->name);
    struct shape *s = shapes_find(&pool->shapes, &cs->shape);

    if (!s)
        s = shapes_add(&pool->shapes, &cs->shape, now_ns());
    if (!s)
        return -ENOMEM;
    if (named && named != s)
        pool_shape_drop(pool, named);
    make_configured(pool, s, cs);
    return 0;
}

static bool is_in(const struct conf *conf, const struct shape *s)
{
    size_t i;

    for (i = 0; i < conf->shape_count; i++) {
        if (strcmp(conf->shapes[i].name, s->name) == 0)
            return true;
    }
    return false;
}

void pool_configure(struct pool *pool, const struct conf *conf)
{
    struct shape *s, *next;
    size_t i;

    pool->budget_kb = conf->pool_memory_kb;
    pool->reserve_kb = conf->pool_reserve_kb;
    pool->learn = conf->pool_learn;
    pool->preload = conf->pool_preload;
    pool->learn_max = conf->pool_learn_max;
    pool->learn_low = conf->pool_low;
    pool->learn_high = conf->pool_high;
    pool->rest_ns = 0;
    for (i = 0; i < conf->shape_count; i++) {
        if (pool_shape_set(pool, &conf->shapes[i]) < 0)
            log_error("shape", "shape=%s: no memory for it",
                      conf->shapes[i].name);
    }
    for (s = TAILQ_FIRST(&pool->shapes.list); s; s = next) {
        next = TAILQ_NEXT(s, list);
        if (s->gone)
            continue;
        if (s->learnt) {
            s->low = pool->learn_low;
            s->high = pool->learn_high;
        } else if (!is_in(conf, s)) {
            pool_shape_drop(pool, s);
        }
    }
    drop_learnt(pool, pool->learn ? pool->learn_max : 0);
    pool_turn_soon(pool);
}
