/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * console.c: chaos console, and the console of create --console.
 */
#include "cli.h"
#include "session.h"
#include "stop.h"

static void report(struct cli *cli, const char *label,
                   const struct session_result *result)
{
    if (result->end == SESSION_GONE)
        cli_notice(cli, "%s was destroyed", label);
    else if (result->end == SESSION_STOPPED &&
             result->reason != CHAOS_REASON_POWEROFF)
        cli_notice(cli, "%s stopped: %s", label,
                   chaos_reason_name(result->reason));
}

int session_new(struct cli *cli, const char *label, uint32_t domid,
                bool unpause)
{
    struct session_result result;
    int code = session_run(cli, label, domid, unpause, &result);

    if (!result.attached) {
        int rc = chaos_domain_destroy(cli->ctx, domid);

        return rc < 0 ? cli_fail(cli, rc) : code;
    }
    report(cli, label, &result);
    if (result.end == SESSION_STOPPED &&
        stop_settle(cli, label, domid) != EXIT_OK)
        code = EXIT_FAILED;
    return code;
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
    struct session_result result;
    uint32_t domid;
    int code = domain_find(cli, argv[0], &domid);

    (void)options;
    (void)argc;
    if (code != EXIT_OK)
        return code;
    code = session_run(cli, argv[0], domid, false, &result);
    report(cli, argv[0], &result);
    return code;
}

const struct command console_command = {
    .name = "console",
    .args = "ID",
    .help = "Attach to the console of a VM; ^] detaches",
    .args_min = 1,
    .args_max = 1,
    .run = run,
};
