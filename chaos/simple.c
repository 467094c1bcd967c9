/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * simple.c: chaos destroy, pause, unpause: one library call for each domain.
 */
#include "cli.h"

static int run_destroy(struct cli *cli, const void *options, int argc,
                       char **argv)
{
    (void)options;
    return domains_each(cli, argc, argv, chaos_domain_destroy);
}

static int run_pause(struct cli *cli, const void *options, int argc,
                     char **argv)
{
    (void)options;
    return domains_each(cli, argc, argv, chaos_domain_pause);
}

static int run_unpause(struct cli *cli, const void *options, int argc,
                       char **argv)
{
    (void)options;
    return domains_each(cli, argc, argv, chaos_domain_unpause);
}

const struct command destroy_command = {
    .name = "destroy",
    .args = "ID...",
    .help = "End VMs at once, whatever they are doing",
    .args_min = 1,
    .args_max = -1,
    .run = run_destroy,
};

const struct command pause_command = {
    .name = "pause",
    .args = "ID...",
    .help = "Stop VMs from running until they are unpaused",
    .args_min = 1,
    .args_max = -1,
    .run = run_pause,
};

const struct command unpause_command = {
    .name = "unpause",
    .args = "ID...",
    .help = "Let paused VMs run on",
    .args_min = 1,
    .args_max = -1,
    .run = run_unpause,
};
