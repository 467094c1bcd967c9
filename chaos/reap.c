/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reap.c: chaos reap: end what programs that died left in the making.
 *
 * chaosd does so by itself; this is for hosts without it.
 */
#include <errno.h>
#include <stdlib.h>

#include <chaos/shell.h>

#include "cli.h"

struct reap_options {
    bool dry_run;
};

static int reap_one(struct cli *cli, const struct chaos_birth *birth,
                    bool dry_run)
{
    const char *kind = birth->shell ? "shell" : "unfinished VM";
    int rc;

    if (dry_run) {
        out_printf(&cli->out, "would end %s %u\n", kind, birth->domid);
        return EXIT_OK;
    }
    rc = chaos_birth_reap(cli->ctx, birth->domid, false);
    /* Somebody else was faster, or adopted it. */
    if (rc == -ESRCH || rc == -ENOENT || rc == -EBUSY)
        return EXIT_OK;
    if (rc < 0)
        return cli_fail(cli, rc);
    if (!cli->quiet)
        out_printf(&cli->out, "ended %s %u\n", kind, birth->domid);
    return EXIT_OK;
}

static int sweep(struct cli *cli)
{
    int rc = chaos_records_sweep(cli->ctx);

    if (rc < 0)
        return cli_fail(cli, rc);
    if (rc > 0 && !cli->quiet)
        out_printf(&cli->out, "removed %d record%s of VMs that are no more\n",
                   rc, rc == 1 ? "" : "s");
    return EXIT_OK;
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
    const struct reap_options *o = options;
    struct chaos_birth *births;
    size_t i, count;
    int code = EXIT_OK;
    int rc = chaos_birth_list(cli->ctx, &births, &count);

    (void)argc;
    (void)argv;
    if (rc < 0)
        return cli_fail(cli, rc);
    signals_hold();
    for (i = 0; i < count; i++)
        if (births[i].orphan && reap_one(cli, &births[i], o->dry_run))
            code = EXIT_FAILED;
    free(births);
    if (!o->dry_run && sweep(cli) != EXIT_OK)
        code = EXIT_FAILED;
    signals_release();
    return code;
}

static const struct option_row rows[] = {
    {.short_name = 'n',
     .long_name = "dry-run",
     .help = "say what would be ended, and end nothing",
     .offset = offsetof(struct reap_options, dry_run)},
    {0}};

const struct command reap_command = {
    .name = "reap",
    .args = "",
    .help = "End what died in the making, with all that belongs to it",
    .options = rows,
    .run = run,
};
