/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * list.c: chaos list: the table, and what it shows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <chaos/shell.h>

#include "cli.h"
#include "list.h"

#define NAME_COLUMNS 40

struct list_options {
    bool json, long_form, all;
};

/* As xl writes it: running, blocked, paused, shut down, crashed, dying. */
static void state_letters(char letters[7], const struct chaos_domain_info *info)
{
    bool crashed = info->stopped && info->reason == CHAOS_REASON_CRASH;

    (void)snprintf(letters, 7, "%c%c%c%c%c%c", info->running ? 'r' : '-',
                   info->blocked ? 'b' : '-', info->paused ? 'p' : '-',
                   info->stopped ? 's' : '-', crashed ? 'c' : '-',
                   info->dying ? 'd' : '-');
}

const char *building_name(struct cli *cli, const struct chaos_domain_info *info)
{
    struct chaos_birth birth;

    if (!info->building)
        return NULL;
    /* It may have been made meanwhile. */
    return chaos_birth(cli->ctx, info->domid, &birth) == 0 && birth.shell
               ? "shell"
               : "vm";
}

const char *list_label(struct cli *cli, const struct chaos_domain_info *info)
{
    const char *what = building_name(cli, info);

    if (!what)
        return domain_label(info);
    return strcmp(what, "shell") == 0 ? "[shell]" : "[being made]";
}

static void print_table(struct cli *cli, const struct chaos_domain_info *infos,
                        size_t count)
{
    struct out *out = &cli->out;
    size_t i;

    out_printf(out, "%-*s %5s %5s %5s  %-6s %9s\n", NAME_COLUMNS, "Name", "ID",
               "Mem", "VCPUs", "State", "Time(s)");
    for (i = 0; i < count; i++) {
        const struct chaos_domain_info *info = &infos[i];
        char letters[7];

        state_letters(letters, info);
        out_column(out, list_label(cli, info), NAME_COLUMNS);
        out_printf(out, " %5u %5llu %5u  %s %9.1f\n", info->domid,
                   (unsigned long long)(info->memory_kb + 512) / 1024,
                   info->vcpus, letters, (double)info->cpu_time_ns / 1e9);
    }
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
    const struct list_options *o = options;
    struct chaos_domain_info *infos = NULL;
    size_t count = 0;
    int code = infos_find(cli, argc, argv, o->all, &infos, &count);
    int rc = 0;

    if (code != EXIT_OK && count == 0)
        ; /* nothing to show */
    else if (o->json)
        rc = list_json(cli, infos, count);
    else if (o->long_form)
        list_long(cli, infos, count);
    else
        print_table(cli, infos, count);
    free(infos);
    return rc < 0 ? cli_error(cli, rc, "JSON") : code;
}

static const struct option_row rows[] = {
    {.short_name = 'a',
     .long_name = "all",
     .help = "show what is in the making, too: shells, VMs being made",
     .offset = offsetof(struct list_options, all)},
    {.short_name = 'l',
     .long_name = "long",
     .help = "show all that is known of each VM",
     .offset = offsetof(struct list_options, long_form)},
    {.long_name = "json",
     .help = "print JSON, as complete as --long",
     .offset = offsetof(struct list_options, json)},
    {0}};

const struct command list_command = {
    .name = "list",
    .args = "[ID...]",
    .help = "Show VMs",
    .options = rows,
    .args_max = -1,
    .run = run,
};
