/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * info.c: chaos info: the host.
 */
#include <stdio.h>

#include "cli.h"
#include "json.h"

struct info_options {
    bool json;
};

static int print_json(struct cli *cli, const struct chaos_host_info *host)
{
    char version[64];
    struct json json;
    int rc = json_open(&json, &cli->out);

    if (rc < 0)
        return cli_error(cli, rc, "JSON");
    (void)snprintf(version, sizeof(version), "%u.%u%s", host->xen_major,
                   host->xen_minor, host->xen_extra);
    json_map(&json, NULL);
    json_text(&json, "chaos", chaos_version());
    json_text(&json, "xen", version);
    if (host->noxs_version)
        json_number(&json, "noxs", host->noxs_version);
    else
        json_null(&json, "noxs");
    json_number(&json, "cpus", host->cpus);
    json_number(&json, "total_kb", host->total_kb);
    json_number(&json, "free_kb", host->free_kb);
    json_number(&json, "scrub_kb", host->scrub_kb);
    json_map_end(&json);
    rc = json_close(&json);
    return rc < 0 ? cli_error(cli, rc, "JSON") : EXIT_OK;
}

static void print_text(struct out *out, const struct chaos_host_info *host)
{
    out_printf(out, "chaos        %s\n", chaos_version());
    out_printf(out, "xen          %u.%u", host->xen_major, host->xen_minor);
    out_safe(out, host->xen_extra);
    if (host->noxs_version)
        out_printf(out, "\nnoxs         %u\n", host->noxs_version);
    else
        out_text(out, "\nnoxs         none: this Xen is not patched\n");
    out_printf(out, "cpus         %u\n", host->cpus);
    out_printf(out, "memory       %llu KiB\n",
               (unsigned long long)host->total_kb);
    out_printf(out, "free         %llu KiB\n",
               (unsigned long long)host->free_kb);
    out_printf(out, "to be wiped  %llu KiB of the free\n",
               (unsigned long long)host->scrub_kb);
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
    const struct info_options *o = options;
    struct chaos_host_info host;
    int rc = chaos_host_info(cli->ctx, &host);

    (void)argc;
    (void)argv;
    if (rc < 0)
        return cli_fail(cli, rc);
    if (o->json)
        return print_json(cli, &host);
    print_text(&cli->out, &host);
    return EXIT_OK;
}

static const struct option_row rows[] = {
    {.long_name = "json",
     .help = "print JSON",
     .offset = offsetof(struct info_options, json)},
    {0}};

const struct command info_command = {
    .name = "info",
    .args = "",
    .help = "Show the host: Xen, CPUs, memory",
    .options = rows,
    .run = run,
};
