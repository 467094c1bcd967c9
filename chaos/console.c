/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * console.c: chaos console, and the console of create --console.
 */
#include "cli.h"
#include "policy.h"
#include "session.h"

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

/* Attach, and see to the policy of what it is attached to. */
static int attend(struct policy *policy, const struct policy_vm *vm,
                  bool unpause, bool *attached_out)
{
    struct session_result result;
    int code = session_run(policy->cli, vm->label, vm->domid, unpause, &result);

    *attached_out = result.attached;
    if (!result.attached)
        return code;
    report(policy->cli, vm->label, &result);
    if (result.end == SESSION_STOPPED &&
        policy_carry_out(policy, vm, result.reason) != EXIT_OK)
        code = EXIT_FAILED;
    return code;
}

int session_new(struct cli *cli, const char *label, uint32_t domid,
                bool unpause)
{
    struct policy policy;
    struct policy_vm vm;
    bool attached = false;
    int code, rc;

    policy_open(&policy, cli);
    rc = policy_look(&policy, label, domid, &vm);
    code =
        rc < 0 ? cli_fail(cli, rc) : attend(&policy, &vm, unpause, &attached);
    policy_close(&policy);
    if (attached)
        return code;
    rc = chaos_domain_destroy(cli->ctx, domid);
    return rc < 0 ? cli_fail(cli, rc) : code;
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
