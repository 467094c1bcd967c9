/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * help.c: chaos help: what commands there are, and how one is used.
 */
#include "cli.h"

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
    const struct command *command;

    (void)options;
    if (argc == 0) {
        usage_all(&cli->out);
        return EXIT_OK;
    }
    command = command_find(NULL, argv[0]);
    if (!command)
        return cli_usage(cli, "unknown command '%s'", argv[0]);
    if (argc > 1) {
        command = command->parts ? command_find(command, argv[1]) : NULL;
        if (!command)
            return cli_usage(cli, "unknown command '%s %s'", argv[0], argv[1]);
    }
    usage_command(&cli->out, command);
    return EXIT_OK;
}

const struct command help_command = {
    .name = "help",
    .args = "[COMMAND...]",
    .help = "Say how a command is used",
    .args_max = 2,
    .run = run,
};
