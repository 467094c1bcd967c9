/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * net.c: how long it takes to create a domain with 0, 1 and 4 vifs, beside xl
 * with its hotplug script, and until a unikernel answers (net_first.c).
 *
 * Runs in dom0, prints samples for bench/report.awk. A round runs each series
 * once, so that a drift of the host meets all alike, and ends what it made.
 *
 * usage: bench-net ROUNDS CONFIG XL-CONFIG DAYTIME-CONFIG DAYTIME-ADDRESS
 * XL-CONFIG has one vif; of CONFIG the key vifs is replaced.
 */
#include <stdio.h>

#include <chaos/chaos.h>

#include "net_first.h"
#include "sample.h"

#define KINDS 3u

struct kind {
    const char *name;
    const char *vifs;     /* a configuration's key `vifs` */
    const char *vifs_arg; /* the same for chaos create */
};

#define VIF "{\"bridge\": \"xenbr0\"}"
#define VIFS4 "[" VIF ", " VIF ", " VIF ", " VIF "]"

static const struct kind kinds[KINDS] = {
    {"vif0", "[]", "vifs=[]"},
    {"vif1", "[" VIF "]", "vifs=[" VIF "]"},
    {"vif4", VIFS4, "vifs=" VIFS4},
};

struct bench {
    struct chaos_ctx *ctx;
    struct chaos_config *cfgs[KINDS];
    const char *config;
    const char *xl_config;
};

static void check(const struct bench *b, const char *what, int rc)
{
    if (rc < 0)
        die(what, chaos_ctx_error(b->ctx));
}

static void kind_sample(const char *what, const struct kind *kind, double us)
{
    char series[64];

    (void)snprintf(series, sizeof(series), "%s_%s", what, kind->name);
    sample(series, us);
}

static void round_fork(void)
{
    static const char *const argv[] = {"/bench/true", NULL};

    sample("fork_exec", run_process(argv));
    settle();
}

static void round_libchaos(const struct bench *b, unsigned k)
{
    uint32_t domid;
    double start = now_us();
    int rc = chaos_domain_create(b->ctx, b->cfgs[k], &domid);

    kind_sample("libchaos", &kinds[k], now_us() - start);
    check(b, "create", rc);
    check(b, "destroy", chaos_domain_destroy(b->ctx, domid));
    settle();
}

static void round_chaos(const struct bench *b, unsigned k)
{
    const char *argv[] = {"/usr/bin/chaos",  "-q",      "create",
                          "--name",          "bench-p", b->config,
                          kinds[k].vifs_arg, NULL};
    uint32_t domid;

    kind_sample("chaos", &kinds[k], run_process(argv));
    check(b, "lookup", chaos_domain_lookup(b->ctx, "bench-p", &domid));
    check(b, "destroy", chaos_domain_destroy(b->ctx, domid));
    settle();
}

/* Where the time of a create with one vif goes; the probes cost a little. */
static void round_steps(const struct bench *b)
{
    uint32_t domid;

    chaos_ctx_set_step_probe(b->ctx, sample_step, NULL);
    check(b, "create", chaos_domain_create(b->ctx, b->cfgs[1], &domid));
    chaos_ctx_set_step_probe(b->ctx, NULL, NULL);
    check(b, "destroy", chaos_domain_destroy(b->ctx, domid));
    settle();
}

static void round_xl(const struct bench *b)
{
    const char *create[] = {"/usr/sbin/xl", "create", "-q", b->xl_config, NULL};
    const char *destroy[] = {"/usr/sbin/xl", "destroy", "bench-xl", NULL};

    sample("xl_vif1", run_process(create));
    (void)run_process(destroy);
    settle();
}

static void open_bench(struct bench *b)
{
    if (chaos_ctx_create(&b->ctx) < 0)
        die("context", "no memory");
    for (unsigned k = 0; k < KINDS; k++) {
        struct chaos_config **cfg = &b->cfgs[k];

        check(b, "config", chaos_config_create(b->ctx, cfg));
        check(b, "config", chaos_config_load(b->ctx, *cfg, b->config));
        check(b, "vifs", chaos_config_set(b->ctx, *cfg, "vifs", kinds[k].vifs));
    }
}

static void close_bench(struct bench *b)
{
    for (unsigned k = 0; k < KINDS; k++)
        chaos_config_destroy(b->cfgs[k]);
    chaos_ctx_destroy(b->ctx);
}

int main(int argc, char **argv)
{
    struct bench b = {0};
    struct first first;
    unsigned i, k, rounds;

    sample_init("bench-net");
    if (argc != 6)
        die("usage", "ROUNDS CONFIG XL-CONFIG DAYTIME-CONFIG DAYTIME-ADDRESS");
    rounds = (unsigned)number(argv[1]);
    b.config = argv[2];
    b.xl_config = argv[3];
    open_bench(&b);
    first_open(&first, b.ctx, argv[4], argv[5]);
    for (i = 0; i <= rounds; i++) {
        sample_mute(i == 0);
        round_fork();
        for (k = 0; k < KINDS; k++) {
            round_libchaos(&b, k);
            round_chaos(&b, k);
        }
        round_steps(&b);
        first_round(&first);
        round_xl(&b);
        progress("round", i, rounds);
    }
    close_bench(&b);
    return 0;
}
