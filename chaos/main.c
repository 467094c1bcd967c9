/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main.c: the chaos command: find the command, parse its options, run it.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdalign.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

const struct command *const commands[] = {
    &create_command,
    &destroy_command,
    &shutdown_command,
    &reboot_command,
    &pause_command,
    &unpause_command,
    &list_command,
    &top_command,
    &console_command,
    &log_command,
    &events_command,
    &pool_command,
    &reap_command,
    &domid_command,
    &domname_command,
    &rename_command,
    &info_command,
    &doctor_command,
    &vif_command,
    &vbd_command,
    &version_command,
    &help_command,
    NULL,
};

const struct command *command_find(const struct command *group,
                                   const char *word)
{
    const struct command *const *list = group ? group->parts : commands;
    size_t skip = group ? strlen(group->name) + 1 : 0;
    size_t i;

    for (i = 0; list[i]; i++)
        if (strcmp(list[i]->name + skip, word) == 0)
            return list[i];
    return NULL;
}

/*
 * Standard descriptors that were closed would be given to the hypervisor's
 * devices, and messages be written to those.
 */
static int open_standard(void)
{
    struct pollfd fds[3] = {{.fd = 0}, {.fd = 1}, {.fd = 2}};
    int i;

    if (poll(fds, 3, 0) <= 0)
        return 0;
    for (i = 0; i < 3; i++)
        if ((fds[i].revents & POLLNVAL) && open("/dev/null", O_RDWR) < 0)
            return -1;
    return 0;
}

static int check_operands(struct cli *cli, const struct command *command,
                          int count)
{
    if (count < command->args_min)
        return cli_usage(cli, "needs %s", command->args);
    if (command->args_max >= 0 && count > command->args_max)
        return cli_usage(cli, "too many arguments");
    return -1;
}

/* From the group that was named to the part of it. */
static int find_part(struct cli *cli, char *options, int *argc, char ***argv)
{
    const struct command *group = cli->command, *part;
    int first, rc = options_parse(cli, group, options, *argc, *argv, &first);

    if (rc >= 0)
        return rc;
    if (first >= *argc)
        return cli_usage(cli, "needs a command");
    part = command_find(group, (*argv)[first]);
    if (!part)
        return cli_usage(cli, "unknown command '%s'", (*argv)[first]);
    cli->command = part;
    *argc -= first;
    *argv += first;
    return -1;
}

static int run(struct cli *cli, int argc, char **argv)
{
    alignas(max_align_t) char options[OPTIONS_SIZE];
    int first, rc;

    rc = cli->command->parts ? find_part(cli, options, &argc, &argv) : -1;
    if (rc >= 0)
        return rc;
    rc = options_parse(cli, cli->command, options, argc, argv, &first);
    if (rc < 0)
        rc = check_operands(cli, cli->command, argc - first);
    if (rc >= 0)
        return rc;
    rc = cli_context(cli);
    if (rc != EXIT_OK)
        return rc;
    rc = cli->command->run(cli, options, argc - first, argv + first);
    chaos_ctx_destroy(cli->ctx);
    return rc;
}

int main(int argc, char **argv)
{
    struct cli cli;
    int first, rc;

    memset(&cli, 0, offsetof(struct cli, out));
    out_init(&cli.out, STDOUT_FILENO);
    if (open_standard() < 0)
        return EXIT_FAILED;
    rc = options_parse(&cli, NULL, NULL, argc, argv, &first);
    if (rc < 0 && first >= argc)
        rc = cli_usage(&cli, "needs a command");
    if (rc < 0) {
        const struct command *command = command_find(NULL, argv[first]);

        if (!command) {
            rc = cli_usage(&cli, "unknown command '%s'", argv[first]);
        } else {
            cli.command = command;
            rc = run(&cli, argc - first, argv + first);
        }
    }
    if (cli_flush(&cli) != EXIT_OK)
        rc = EXIT_FAILED;
    return rc;
}
