/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * version.c: chaos version: which chaos this is; needs no hypervisor.
 */
#include "cli.h"
#include "json.h"
#include "options.h"

static int print_json(struct cli *cli)
{
    struct json json;
    int rc = json_open(&json, &cli->out);

    if (rc < 0)
        return cli_error(cli, rc, "JSON");
    json_map(&json, NULL);
    json_text(&json, "chaos", chaos_version());
    json_number(&json, "noxs", NOXS_VERSION);
    json_map_end(&json);
    rc = json_close(&json);
    return rc < 0 ? cli_error(cli, rc, "JSON") : EXIT_OK;
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
    const struct version_options *o = options;

    (void)argc;
    (void)argv;
    if (o->json)
        return print_json(cli);
    out_printf(&cli->out, "chaos %s (noxs %d)\n", chaos_version(),
               NOXS_VERSION);
    return EXIT_OK;
}

static const struct option_row rows[] = {
    {.long_name = "json",
     .help = "print JSON",
     .offset = offsetof(struct version_options, json)},
    {0}};

const struct command version_command = {
    .name = "version",
    .args = "",
    .help = "Show the version of chaos and of noxs",
    .options = rows,
    .run = run,
};
