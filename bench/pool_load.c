/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool_load.c: how long a create takes when they come at some rate.
 *
 * Creates come when they are due, whether or not the one before is done; one
 * that had to wait for that has waited since it was due. The guests of a series
 * stay alive until its end.
 */
#include <stdio.h>
#include <sys/prctl.h>
#include <time.h>

#include "pool_kit.h"
#include "sample.h"

#define GUESTS_MAX 256u

static const struct arrivals {
    const char *series;
    unsigned period_us; /* of one burst and the next */
    unsigned burst;     /* due at once */
    unsigned bursts;
} table[] = {
    {"rate_1", 1000000, 1, 6},
    {"rate_10", 100000, 1, 40},
    {"rate_100", 10000, 1, 200},
    {"burst_50", 1000000, 50, 4},
};

/* Sleep until it is due, unless it is late. Returns from when it is timed. */
static double await(double due)
{
    double now = now_us();

    if (now >= due)
        return due;
    pause_us((unsigned)(due - now));
    return now_us();
}

static void arrive(const struct kit *kit, struct chaos_config *cfg,
                   const struct arrivals *a)
{
    unsigned i, count = a->burst * a->bursts;
    uint32_t domids[GUESTS_MAX];
    uint64_t before, hits;
    char name[64];
    double start;

    if (count > GUESTS_MAX)
        die(a->series, "too many guests");
    kit_fill(kit);
    before = kit_hits(kit);
    start = now_us();
    for (i = 0; i < count; i++) {
        double from = await(start + (double)(i / a->burst) * a->period_us);
        int rc;

        (void)snprintf(name, sizeof(name), "bench-%u", i);
        kit_check(kit->ctx, "name",
                  chaos_config_set(kit->ctx, cfg, "name", name));
        rc = chaos_domain_create(kit->ctx, cfg, &domids[i]);
        sample(a->series, now_us() - from);
        kit_check(kit->ctx, "create", rc);
    }
    hits = kit_hits(kit) - before;
    printf("value %s_hits %llu\n", a->series, (unsigned long long)hits);
    printf("value %s_misses %llu\n", a->series,
           (unsigned long long)(count - hits));
    for (i = 0; i < count; i++)
        kit_destroy(kit, domids[i]);
}

/* A shape is learnt when it is asked for once more. */
static void acquaint(const struct kit *kit, const struct chaos_config *cfg)
{
    uint32_t domid;
    unsigned i;

    for (i = 0; i < 2; i++) {
        kit_check(kit->ctx, "create",
                  chaos_domain_create(kit->ctx, cfg, &domid));
        kit_destroy(kit, domid);
        kit_fill(kit);
    }
}

void load_run(const struct kit *kit, const char *config)
{
    struct chaos_config *cfg = kit_config(kit, config);
    unsigned i, n = sizeof(table) / sizeof(*table);

    /* Let sleep end when it should. */
    (void)prctl(PR_SET_TIMERSLACK, 1);
    acquaint(kit, cfg);
    for (i = 0; i < n; i++) {
        arrive(kit, cfg, &table[i]);
        progress(table[i].series, i + 1, n);
    }
    chaos_config_destroy(cfg);
}
