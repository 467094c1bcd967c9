/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * create.c: how long it takes to create a domain, beside xl and fork+exec.
 *
 * Runs in dom0, everything in one boot. Prints one line per sample:
 *
 *   sample SERIES MICROSECONDS       for bench/report.awk
 *   value NAME NUMBER                what is no time
 *
 * A round runs each series once, so that a drift of the host meets all alike.
 * What a sample made is ended before the next, and Xen is given time to wipe
 * the memory: wiping is charged to whoever allocates next.
 *
 * usage: bench-create ROUNDS CONFIG XL-CONFIG
 */
#include <stdio.h>

#include <chaos/chaos.h>

#include "sample.h"
#include "xenguest.h"

#define ALIVE 100u
#define ALIVE_SOME 20u
#define ALIVE_ROUNDS 9u

struct bench {
    struct chaos_ctx *ctx;
    struct chaos_config *cfg;
    struct xenguest *xg;
    const char *config;
    const char *xl_config;
};

static void check(const struct bench *b, const char *what, int rc)
{
    if (rc < 0)
        die(what, chaos_ctx_error(b->ctx));
}

static void destroy_named(const struct bench *b, const char *name)
{
    uint32_t domid;

    check(b, "lookup", chaos_domain_lookup(b->ctx, name, &domid));
    check(b, "destroy", chaos_domain_destroy(b->ctx, domid));
}

static void round_fork(void)
{
    static const char *const argv[] = {"/bench/true", NULL};

    sample("fork_exec", run_process(argv));
    settle();
}

static void round_libchaos(const struct bench *b)
{
    uint32_t domid;
    double start = now_us();
    int rc = chaos_domain_create(b->ctx, b->cfg, &domid);

    sample("libchaos_create", now_us() - start);
    check(b, "create", rc);
    check(b, "destroy", chaos_domain_destroy(b->ctx, domid));
    settle();
}

/* The same guest by Xen's own library, in process. */
static void round_xenguest(const struct bench *b)
{
    uint32_t domid;
    double start = now_us();
    int r = xenguest_create(b->xg, "/guests/noop.elf", 4, &domid);

    sample("libxenguest_create", now_us() - start);
    if (r < 0 || xenguest_destroy(b->xg, domid) < 0)
        die("libxenguest", "it cannot create or destroy the guest");
    settle();
}

static void round_chaos(const struct bench *b)
{
    const char *argv[] = {"/usr/bin/chaos", "-q",      "create", "--name",
                          "bench-p",        b->config, NULL};

    sample("chaos_create", run_process(argv));
    destroy_named(b, "bench-p");
    settle();
}

static void round_xl(const struct bench *b)
{
    const char *create[] = {"/usr/sbin/xl", "create", "-q", b->xl_config, NULL};
    const char *destroy[] = {"/usr/sbin/xl", "destroy", "bench-xl", NULL};

    sample("xl_create", run_process(create));
    (void)run_process(destroy);
    settle();
}

/* Where a create's time goes. Apart, for the probes cost something, too. */
static void round_steps(const struct bench *b)
{
    uint32_t domid;

    chaos_ctx_set_step_probe(b->ctx, sample_step, NULL);
    check(b, "create", chaos_domain_create(b->ctx, b->cfg, &domid));
    chaos_ctx_set_step_probe(b->ctx, NULL, NULL);
    check(b, "destroy", chaos_domain_destroy(b->ctx, domid));
    settle();
}

/*
 * The host's free memory once it has come to rest: Xen gives back what a domain
 * leaves behind bit by bit, and wipes it.
 */
static uint64_t free_kb(const struct bench *b)
{
    struct chaos_host_info host;
    uint64_t before = 0;
    unsigned tries, same = 0;

    for (tries = 0; tries < 500 && same < 5; tries++) {
        settle();
        check(b, "host", chaos_host_info(b->ctx, &host));
        same = host.free_kb == before && host.scrub_kb == 0 ? same + 1 : 0;
        before = host.free_kb;
    }
    return before;
}

static void name_config(const struct bench *b, unsigned n)
{
    char name[32];

    (void)snprintf(name, sizeof(name), "bench-%u", n);
    check(b, "name", chaos_config_set(b->ctx, b->cfg, "name", name));
}

/*
 * dom0's tick meets each third create or so, always the same ones of a round by
 * the repeatable clock: a single one would not be typical.
 */
static void sample_alive(unsigned i, double us)
{
    if (i < ALIVE_SOME)
        sample("alive_first", us);
    if (i >= ALIVE - ALIVE_SOME)
        sample("alive_last", us);
}

/* ALIVE guests, all alive: how the last ones compare with the first. */
static void round_alive(const struct bench *b)
{
    uint64_t before = free_kb(b), after;
    uint32_t domids[ALIVE];
    unsigned i;

    /* After so long a sleep the first would pay for waking up. */
    check(b, "create", chaos_domain_create(b->ctx, b->cfg, &domids[0]));
    check(b, "destroy", chaos_domain_destroy(b->ctx, domids[0]));
    settle();
    for (i = 0; i < ALIVE; i++) {
        double start;
        int rc;

        name_config(b, i);
        start = now_us();
        rc = chaos_domain_create(b->ctx, b->cfg, &domids[i]);
        sample_alive(i, now_us() - start);
        check(b, "create", rc);
    }
    after = free_kb(b);
    printf("value kb_per_guest %.1f\n", (double)(before - after) / ALIVE);
    for (i = 0; i < ALIVE; i++)
        check(b, "destroy", chaos_domain_destroy(b->ctx, domids[i]));
    (void)free_kb(b);
}

int main(int argc, char **argv)
{
    struct bench b = {0};
    unsigned i, rounds;

    sample_init("bench-create");
    if (argc != 4)
        die("usage", "bench-create ROUNDS CONFIG XL-CONFIG");
    rounds = (unsigned)number(argv[1]);
    b.config = argv[2];
    b.xl_config = argv[3];
    if (chaos_ctx_create(&b.ctx) < 0)
        die("context", "no memory");
    check(&b, "config", chaos_config_create(b.ctx, &b.cfg));
    check(&b, "config", chaos_config_load(b.ctx, b.cfg, b.config));
    name_config(&b, 0);
    b.xg = xenguest_open();
    if (!b.xg)
        die("libxenguest", "cannot open it");
    /* The first round after boot finds cold caches; it is not counted. */
    for (i = 0; i <= rounds; i++) {
        sample_mute(i == 0);
        round_fork();
        round_libchaos(&b);
        round_xenguest(&b);
        round_chaos(&b);
        round_steps(&b);
        round_xl(&b);
        progress("round", i, rounds);
    }
    for (i = 0; i < ALIVE_ROUNDS; i++) {
        round_alive(&b);
        progress("many alive: round", i + 1, ALIVE_ROUNDS);
    }
    chaos_config_destroy(b.cfg);
    chaos_ctx_destroy(b.ctx);
    return 0;
}
