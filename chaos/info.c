/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * info.c: chaos info: the host.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "json.h"

#define BACK_MODULE "/sys/module/noxs_back"

struct info_options {
    bool json;
};

/* Whether back ends of vifs and vbds can be made. */
static bool has_back(void)
{
    return access(BACK_MODULE, F_OK) == 0;
}

/* NULL where none runs, or says nothing of use. yajl_tree_free() it. */
static yajl_val ask_daemon(struct cli *cli)
{
    struct chaos_conn *conn;
    yajl_val info = NULL;
    const void *reply;
    char *text;
    size_t size;

    if (chaos_conn_open(cli->ctx, &conn) < 0)
        return NULL;
    if (chaos_conn_ask(conn, CHAOSD_INFO, NULL, 0, ASK_MS, &reply, &size) ==
        0) {
        text = strndup(reply, size);
        info = text ? yajl_tree_parse(text, NULL, 0) : NULL;
        free(text);
    }
    chaos_conn_close(conn);
    return info;
}

/* That of VMs whose configurations do not say which. */
static const char *bus_of(const struct chaos_host_info *host)
{
    return chaos_bus_name(host->noxs_version ? CHAOS_BUS_NOXS
                                             : CHAOS_BUS_XENSTORE);
}

static void put_daemon(struct json *json, yajl_val daemon)
{
    if (!daemon) {
        json_null(json, "chaosd");
        return;
    }
    json_map(json, "chaosd");
    json_text(json, "version", ask_text(daemon, "version"));
    json_number(json, "pid", ask_number(daemon, "pid"));
    json_number(json, "uptime_ms", ask_number(daemon, "uptime_ms"));
    json_map_end(json);
}

static int print_json(struct cli *cli, const struct chaos_host_info *host,
                      yajl_val daemon)
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
    json_text(&json, "bus", bus_of(host));
    put_daemon(&json, daemon);
    json_bool(&json, "noxs_back", has_back());
    json_number(&json, "cpus", host->cpus);
    json_number(&json, "total_kb", host->total_kb);
    json_number(&json, "free_kb", host->free_kb);
    json_number(&json, "scrub_kb", host->scrub_kb);
    json_map_end(&json);
    rc = json_close(&json);
    return rc < 0 ? cli_error(cli, rc, "JSON") : EXIT_OK;
}

static void print_daemon(struct out *out, yajl_val daemon)
{
    if (!daemon) {
        out_text(out, "chaosd       not running\n");
        return;
    }
    out_text(out, "chaosd       ");
    out_safe(out, ask_text(daemon, "version"));
    out_printf(out, ", process %llu, up for %llu s\n",
               (unsigned long long)ask_number(daemon, "pid"),
               (unsigned long long)ask_number(daemon, "uptime_ms") / 1000);
}

static void print_text(struct out *out, const struct chaos_host_info *host,
                       yajl_val daemon)
{
    out_printf(out, "chaos        %s\n", chaos_version());
    out_printf(out, "xen          %u.%u", host->xen_major, host->xen_minor);
    out_safe(out, host->xen_extra);
    if (host->noxs_version)
        out_printf(out, "\nnoxs         %u\n", host->noxs_version);
    else
        out_text(out, "\nnoxs         none: this Xen is not patched\n");
    out_printf(out, "bus          %s\n", bus_of(host));
    print_daemon(out, daemon);
    out_printf(out, "noxs_back    %s\n",
               has_back() ? "loaded" : "not loaded: no vifs, no vbds on noxs");
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
    yajl_val daemon;
    int code = EXIT_OK, rc = chaos_host_info(cli->ctx, &host);

    (void)argc;
    (void)argv;
    if (rc < 0)
        return cli_fail(cli, rc);
    daemon = ask_daemon(cli);
    if (o->json)
        code = print_json(cli, &host, daemon);
    else
        print_text(&cli->out, &host, daemon);
    yajl_tree_free(daemon);
    return code;
}

static const struct option_row rows[] = {
    {.long_name = "json",
     .help = "print JSON",
     .offset = offsetof(struct info_options, json)},
    {0}};

const struct command info_command = {
    .name = "info",
    .args = "",
    .help = "Show the host: Xen, chaosd, CPUs, memory",
    .options = rows,
    .run = run,
};
