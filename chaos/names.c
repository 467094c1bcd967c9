/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * names.c: chaos domid, domname, rename.
 */
#include "cli.h"

static int run_domid(struct cli *cli, const void *options, int argc,
                     char **argv)
{
    uint32_t domid;
    int code = domain_find(cli, argv[0], &domid);

    (void)options;
    (void)argc;
    if (code == EXIT_OK)
        out_printf(&cli->out, "%u\n", domid);
    return code;
}

static int run_domname(struct cli *cli, const void *options, int argc,
                       char **argv)
{
    struct chaos_domain_info info;
    uint32_t domid;
    int rc, code = domain_find(cli, argv[0], &domid);

    (void)options;
    (void)argc;
    if (code != EXIT_OK)
        return code;
    rc = chaos_domain_info(cli->ctx, domid, &info);
    if (rc < 0)
        return cli_fail(cli, rc);
    if (info.name[0] == '\0' && domid != 0)
        return cli_error(cli, 0, "domain %u has no name", domid);
    out_safe(&cli->out, domain_label(&info));
    out_text(&cli->out, "\n");
    return EXIT_OK;
}

static int run_rename(struct cli *cli, const void *options, int argc,
                      char **argv)
{
    uint32_t domid;
    int rc, code = domain_find(cli, argv[0], &domid);

    (void)options;
    (void)argc;
    if (code != EXIT_OK)
        return code;
    rc = chaos_domain_rename(cli->ctx, domid, argv[1]);
    return rc < 0 ? cli_fail(cli, rc) : EXIT_OK;
}

const struct command domid_command = {
    .name = "domid",
    .args = "NAME",
    .help = "Show the id of a VM",
    .args_min = 1,
    .args_max = 1,
    .run = run_domid,
};

const struct command domname_command = {
    .name = "domname",
    .args = "ID",
    .help = "Show the name of a VM",
    .args_min = 1,
    .args_max = 1,
    .run = run_domname,
};

const struct command rename_command = {
    .name = "rename",
    .args = "ID NAME",
    .help = "Give a VM another name",
    .args_min = 2,
    .args_max = 2,
    .run = run_rename,
};
