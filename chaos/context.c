/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * context.c: libchaos's context, as the options of all commands say.
 */
#include <errno.h>

#include "cli.h"

static int choose_daemon(struct cli *cli)
{
    if (cli->no_daemon)
        return chaos_ctx_set_daemon(cli->ctx, NULL);
    return cli->socket ? chaos_ctx_set_daemon(cli->ctx, cli->socket) : 0;
}

int cli_context(struct cli *cli)
{
    int code;

    if (chaos_ctx_create(&cli->ctx) < 0)
        return cli_error(cli, 0, "no memory");
    if (choose_daemon(cli) < 0) {
        code = cli_fail(cli, -ENOMEM);
        chaos_ctx_destroy(cli->ctx);
        cli->ctx = NULL;
        return code;
    }
    chaos_ctx_set_log(cli->ctx,
                      cli->very_verbose ? CHAOS_LOG_DEBUG
                      : cli->verbose    ? CHAOS_LOG_INFO
                      : cli->quiet      ? CHAOS_LOG_ERROR
                                        : CHAOS_LOG_WARN,
                      cli_log, cli);
    return EXIT_OK;
}
