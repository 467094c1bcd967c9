/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool.c: creating from the daemon's pool, beside creating without it, xl, and
 * processes.
 *
 * Runs in dom0, everything in one boot, with chaosd beside it. Prints samples
 * and values as create.c does. Before each sample the pool is full and at rest,
 * so that no refill falls into what is timed; that every sample came from the
 * pool, the daemon's counters have to say in the end.
 *
 * usage: bench-pool create ROUNDS DIRECTORY | load CONFIG | many CONFIG COUNT
 *
 * DIRECTORY holds the configurations: noop.json, whose kernel the pool has
 * loaded, bare.json, whose kernel it has not, each with a -vif.json beside it,
 * and noop.xl.
 */
#include <stdio.h>
#include <string.h>

#include <chaos/shell.h>

#include "pool_kit.h"
#include "sample.h"

#define UP_MS 10000
#define PATH_SIZE 256

/* The guests that are made, each of its own configuration. */
enum what { BARE, BARE_VIF, LOADED, LOADED_VIF, KINDS };

static const struct {
    const char *file, *by_library, *by_command;
} kinds[KINDS] = {
    [BARE] = {"bare.json", "pool_create", "chaos_pool"},
    [BARE_VIF] = {"bare-vif.json", "pool_vif", "chaos_pool_vif"},
    [LOADED] = {"noop.json", "pool_preloaded", "chaos_preloaded"},
    [LOADED_VIF] = {"noop-vif.json", "pool_preloaded_vif",
                    "chaos_preloaded_vif"},
};

struct bench {
    struct kit kit;
    char paths[KINDS][PATH_SIZE];
    char xl_config[PATH_SIZE];
    struct chaos_config *configs[KINDS];
    uint64_t from_pool; /* creates so far */
};

static void round_processes(void)
{
    static const char *const fixed[] = {"/bench/true", NULL};
    static const char *const dynamic[] = {"/bench/version-dyn", NULL};

    sample("fork_exec", run_process(fixed));
    settle();
    sample("exec_dynamic", run_process(dynamic));
    settle();
}

static void round_plain(const struct bench *b, const char *series,
                        enum what what)
{
    struct chaos_ctx *ctx = b->kit.plain;
    uint32_t domid;
    double start;
    int rc;

    kit_fill(&b->kit);
    start = now_us();
    rc = chaos_domain_create(ctx, b->configs[what], &domid);
    sample(series, now_us() - start);
    kit_check(ctx, "create", rc);
    kit_destroy(&b->kit, domid);
}

static void round_library(struct bench *b, enum what what)
{
    uint32_t domid;
    double start;
    int rc;

    kit_fill(&b->kit);
    start = now_us();
    rc = chaos_domain_create(b->kit.ctx, b->configs[what], &domid);
    sample(kinds[what].by_library, now_us() - start);
    kit_check(b->kit.ctx, "create", rc);
    b->from_pool++;
    kit_destroy(&b->kit, domid);
}

static void round_command(struct bench *b, enum what what)
{
    const char *argv[] = {"/usr/bin/chaos", "create",       "--name",
                          "bench-p",        b->paths[what], NULL};
    uint32_t domid;

    kit_fill(&b->kit);
    sample(kinds[what].by_command, run_process(argv));
    b->from_pool++;
    kit_check(b->kit.ctx, "lookup",
              chaos_domain_lookup(b->kit.ctx, "bench-p", &domid));
    kit_destroy(&b->kit, domid);
}

/* Until the guest itself says that it is up. */
static void round_up(struct bench *b)
{
    struct chaos_ctx *ctx = b->kit.ctx;
    uint32_t domid;
    double start;
    int rc;

    kit_fill(&b->kit);
    start = now_us();
    rc = chaos_domain_create(ctx, b->configs[LOADED], &domid);
    if (rc == 0)
        rc = chaos_domain_wait_up(ctx, domid, UP_MS);
    sample("shell_up", now_us() - start);
    kit_check(ctx, "create and wait", rc);
    b->from_pool++;
    kit_destroy(&b->kit, domid);
}

static void round_xl(const struct bench *b)
{
    const char *create[] = {"/usr/sbin/xl", "create", "-q", b->xl_config, NULL};
    const char *destroy[] = {"/usr/sbin/xl", "destroy", "bench-xl", NULL};

    kit_fill(&b->kit);
    sample("xl_create", run_process(create));
    (void)run_process(destroy);
    settle();
}

/* What the daemon does ahead of time, here, for a shell with all it can have.
 */
static void round_prepare(const struct bench *b)
{
    struct chaos_ctx *ctx = b->kit.plain;
    struct chaosd_shape shape;
    struct chaos_shell *shell;
    double start;
    int rc;

    kit_fill(&b->kit);
    kit_check(ctx, "shape",
              chaos_shape_of(ctx, b->configs[LOADED_VIF], &shape));
    chaos_ctx_set_step_probe(ctx, sample_step, NULL);
    start = now_us();
    rc = chaos_shell_prepare(ctx, &shape, &shell);
    sample("shell_prepare", now_us() - start);
    chaos_ctx_set_step_probe(ctx, NULL, NULL);
    kit_check(ctx, "prepare", rc);
    kit_check(ctx, "destroy", chaos_shell_destroy(ctx, shell));
    chaos_shell_free(shell);
}

/* And what is left then, with the image for once. */
static void round_execute(struct bench *b)
{
    struct chaos_ctx *ctx = b->kit.ctx;
    uint32_t domid;

    kit_fill(&b->kit);
    chaos_ctx_set_step_probe(ctx, sample_step, NULL);
    kit_check(ctx, "create",
              chaos_domain_create(ctx, b->configs[BARE_VIF], &domid));
    chaos_ctx_set_step_probe(ctx, NULL, NULL);
    b->from_pool++;
    kit_destroy(&b->kit, domid);
}

/* A chaos_step_fn: a shell that is loaded is not loaded again. */
static void no_image(void *arg, const char *step, const char *phase,
                     uint64_t duration_ns, int rc)
{
    (void)arg, (void)phase, (void)duration_ns, (void)rc;
    if (strcmp(step, "image") == 0)
        die("preloaded", "the image was loaded nevertheless");
}

static void check_preloaded(struct bench *b)
{
    chaos_ctx_set_step_probe(b->kit.ctx, no_image, NULL);
    round_library(b, LOADED);
    round_library(b, LOADED_VIF);
    chaos_ctx_set_step_probe(b->kit.ctx, NULL, NULL);
}

static void round_all(struct bench *b)
{
    enum what what;

    kit_fill(&b->kit);
    round_processes();
    round_plain(b, "plain_create", LOADED);
    for (what = 0; what < KINDS; what++)
        round_library(b, what);
    for (what = 0; what < KINDS; what++)
        round_command(b, what);
    round_up(b);
    round_xl(b);
    round_prepare(b);
    round_execute(b);
}

static void create_run(struct bench *b, unsigned rounds, const char *directory)
{
    uint64_t before = kit_hits(&b->kit);
    enum what what;
    unsigned i;

    for (what = 0; what < KINDS; what++) {
        (void)snprintf(b->paths[what], PATH_SIZE, "%s/%s", directory,
                       kinds[what].file);
        b->configs[what] = kit_config(&b->kit, b->paths[what]);
    }
    (void)snprintf(b->xl_config, PATH_SIZE, "%s/noop.xl", directory);
    /* The first round after boot finds cold caches; it is not counted. */
    for (i = 0; i <= rounds; i++) {
        sample_mute(i == 0);
        round_all(b);
        if (i == 0)
            check_preloaded(b);
        progress("round", i, rounds);
    }
    kit_fill(&b->kit);
    if (kit_hits(&b->kit) - before != b->from_pool)
        die("pool", "some samples did not come from it");
    for (what = 0; what < KINDS; what++)
        chaos_config_destroy(b->configs[what]);
}

int main(int argc, char **argv)
{
    struct bench b = {0};

    sample_init("bench-pool");
    sample_output("/dev/null");
    kit_open(&b.kit);
    if (argc == 4 && strcmp(argv[1], "create") == 0)
        create_run(&b, (unsigned)number(argv[2]), argv[3]);
    else if (argc == 3 && strcmp(argv[1], "load") == 0)
        load_run(&b.kit, argv[2]);
    else if (argc == 4 && strcmp(argv[1], "many") == 0)
        many_run(&b.kit, argv[2], (unsigned)number(argv[3]));
    else
        die("usage", "bench-pool create ROUNDS DIRECTORY | load CONFIG | "
                     "many CONFIG COUNT");
    kit_close(&b.kit);
    return 0;
}
