/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * create.c: chaos create: from a command line to VMs.
 */
#include <errno.h>
#include <string.h>

#include "batch.h"
#include "cli.h"
#include "peek.h"
#include "session.h"

#define UP_SECONDS 60

struct create_options {
    const char *name;
    unsigned count, first, seconds;
    bool paused, console, timing, json, wait_up;
};
_Static_assert(sizeof(struct create_options) <= OPTIONS_SIZE, "OPTIONS_SIZE");

static int check_options(struct cli *cli, const struct create_options *o)
{
    if (o->console && o->count > 1)
        return cli_usage(cli, "--console shows one VM, not %u", o->count);
    if (o->console && o->json)
        return cli_usage(cli, "--console and --json both want the output");
    if (o->console && o->wait_up)
        return cli_usage(cli, "--wait-up cannot be used with --console");
    if (o->paused && o->wait_up)
        return cli_usage(cli, "--wait-up would wait for a paused VM for ever");
    if (o->count - 1 > DOMAINS_MAX - o->first)
        return cli_usage(cli, "--first %u and --count %u go beyond %u",
                         o->first, o->count, DOMAINS_MAX);
    return EXIT_OK;
}

static int template_of_file(struct template *t, const char *path)
{
    size_t len;
    const char *stem = config_stem(path, &len);

    return template_literal(t, stem, len);
}

static int choose_names(struct batch *b, const struct create_options *o,
                        const char *path)
{
    const char *text = o->name ? o->name : chaos_config_name(b->cfg);
    int rc = text ? template_parse(&b->name, text)
                  : template_of_file(&b->name, path);

    if (rc == -EINVAL)
        return cli_usage(b->cli,
                         "name '%s': a %% must begin one %%d or %%0Nd, or be "
                         "written %%%%",
                         text);
    if (rc == 0 && b->count > 1)
        rc = template_number(&b->name);
    return rc < 0 ? cli_error(b->cli, rc, "names") : EXIT_OK;
}

/* What several VMs cannot have in common. */
static int check_shared(struct batch *b)
{
    static const struct {
        unsigned bit;
        const char *what;
    } single[] = {{PEEK_UUID, "uuid"},
                  {PEEK_MAC, "mac"},
                  {PEEK_IFNAME, "ifname"},
                  {PEEK_DISK, "disk with access w"}};
    unsigned found;
    size_t i;
    int rc;

    if (b->count == 1)
        return EXIT_OK;
    rc = config_peek(b->cli->ctx, b->cfg, &found);
    if (rc < 0)
        return cli_fail(b->cli, rc);
    for (i = 0; i < sizeof(single) / sizeof(*single); i++)
        if (found & single[i].bit)
            return cli_usage(b->cli, "%s: %u VMs cannot share one",
                             single[i].what, b->count);
    return EXIT_OK;
}

static int set_paused(struct batch *b)
{
    int rc = chaos_config_set(b->cli->ctx, b->cfg, "paused", "true");

    return rc < 0 ? cli_fail(b->cli, rc) : EXIT_OK;
}

static int create_many(struct batch *b, const struct create_options *o)
{
    int code = o->paused ? set_paused(b) : EXIT_OK;

    if (code != EXIT_OK)
        return code;
    code = batch_run(b);
    batch_summary(b);
    if (o->timing && !o->json && b->tried > 0)
        timing_print(b);
    if (o->json)
        code = batch_json(b) == EXIT_OK ? code : EXIT_FAILED;
    else if (!b->cli->quiet)
        batch_print(b);
    if (cli_flush(b->cli) != EXIT_OK)
        code = EXIT_FAILED;
    signals_release();
    if (o->wait_up && batch_wait_up(b, o->seconds) != EXIT_OK)
        code = EXIT_FAILED;
    return code;
}

/* Paused until the console is attached, so that none of its output is lost. */
static int create_attached(struct batch *b, const struct create_options *o)
{
    const struct vm *vm;
    unsigned found;
    int code, rc = config_peek(b->cli->ctx, b->cfg, &found);

    if (rc < 0)
        return cli_fail(b->cli, rc);
    code = set_paused(b);
    if (code == EXIT_OK)
        code = batch_run(b);
    if (o->timing && b->tried > 0)
        timing_print(b);
    if (code == EXIT_OK) {
        vm = &b->vms[0];
        code = session_new(b->cli, vm->name, vm->domid,
                           !o->paused && !(found & PEEK_PAUSED));
    }
    signals_release();
    return code;
}

static int create(struct cli *cli, const struct create_options *o,
                  struct chaos_config *cfg, int argc, char **argv)
{
    struct batch b = {
        .cli = cli,
        .cfg = cfg,
        .timing = o->timing || o->json,
        .first = o->first,
        .count = o->count,
    };
    int code = config_read(cli, cfg, argc, argv);

    if (code == EXIT_OK)
        code = check_shared(&b);
    if (code == EXIT_OK)
        code = choose_names(&b, o, argv[0]);
    if (code == EXIT_OK)
        code = o->console ? create_attached(&b, o) : create_many(&b, o);
    batch_dispose(&b);
    return code;
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
    const struct create_options *o = options;
    struct chaos_config *cfg;
    int rc, code = check_options(cli, o);

    if (code != EXIT_OK)
        return code;
    rc = chaos_config_create(cli->ctx, &cfg);
    if (rc < 0)
        return cli_fail(cli, rc);
    code = create(cli, o, cfg, argc, argv);
    chaos_config_destroy(cfg);
    return code;
}

#define AT(field) .offset = offsetof(struct create_options, field)

static const struct option_row rows[] = {
    {.short_name = 'n',
     .long_name = "count",
     .arg = "N",
     .help = "make N VMs",
     AT(count),
     .type = OPTION_NUMBER,
     .min = 1,
     .max = DOMAINS_MAX,
     .initial = 1},
    {.long_name = "first",
     .arg = "N",
     .help = "number of the first name",
     AT(first),
     .type = OPTION_NUMBER,
     .min = 0,
     .max = DOMAINS_MAX,
     .initial = 1},
    {.long_name = "name",
     .arg = "NAME",
     .help = "name, with %d or %0Nd where the number goes",
     AT(name),
     .type = OPTION_TEXT},
    {.short_name = 'p',
     .long_name = "paused",
     .help = "do not start them",
     AT(paused)},
    {.short_name = 'c',
     .long_name = "console",
     .help = "attach to its console; ^] detaches",
     AT(console)},
    {.short_name = 'w',
     .long_name = "wait-up",
     .help = "return when the guests say that they are up",
     AT(wait_up)},
    {.short_name = 't',
     .long_name = "timeout",
     .arg = "SECONDS",
     .help = "wait for each guest no longer than this",
     AT(seconds),
     .type = OPTION_NUMBER,
     .min = 1,
     .max = SECONDS_MAX,
     .initial = UP_SECONDS},
    {.long_name = "timing",
     .help = "show the time that each step took",
     AT(timing)},
    {.long_name = "json", .help = "print JSON", AT(json)},
    {0}};

const struct command create_command = {
    .name = "create",
    .args = "FILE [KEY=VALUE...]",
    .help = "Make VMs from a configuration and start them",
    .options = rows,
    .args_min = 1,
    .args_max = -1,
    .run = run,
};
