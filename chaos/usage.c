/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * usage.c: help texts, made from the same rows as the parser's tables.
 */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "options.h"

#define HELP_COLUMN 26

static void print_row(struct out *out, const struct option_row *row)
{
    char left[64];
    int len;

    if (row->short_name)
        len = snprintf(left, sizeof(left), "  -%c, --%s%s%s", row->short_name,
                       row->long_name, row->arg ? " " : "",
                       row->arg ? row->arg : "");
    else
        len = snprintf(left, sizeof(left), "      --%s%s%s", row->long_name,
                       row->arg ? " " : "", row->arg ? row->arg : "");
    if (len > HELP_COLUMN - 2)
        out_printf(out, "%s\n%*s%s", left, HELP_COLUMN, "", row->help);
    else
        out_printf(out, "%-*s%s", HELP_COLUMN, left, row->help);
    if (row->type == OPTION_NUMBER)
        out_printf(out, " (%u to %u; default %u)", row->min, row->max,
                   row->initial);
    out_text(out, "\n");
}

static void print_rows(struct out *out, const struct option_row *row)
{
    for (; row && row->long_name; row++)
        print_row(out, row);
}

static void print_commands(struct out *out, const struct command *const *list,
                           size_t skip)
{
    out_text(out, "Commands:\n");
    for (; *list; list++)
        out_printf(out, "  %-10s %s\n", (*list)->name + skip, (*list)->help);
    out_text(out, "\n");
}

void usage_command(struct out *out, const struct command *command)
{
    out_printf(out, "Usage: chaos %s [OPTION...]%s%s\n\n%s.\n\n", command->name,
               command->args[0] ? " " : "", command->args, command->help);
    if (command->parts)
        print_commands(out, command->parts, strlen(command->name) + 1);
    out_text(out, "Options:\n");
    print_rows(out, command->options);
    print_rows(out, common_rows);
}

void usage_all(struct out *out)
{
    out_text(out, "Usage: chaos [OPTION...] COMMAND [ARGUMENT...]\n\n"
                  "Make and run many small VMs on Xen.\n\n");
    print_commands(out, commands, 0);
    out_text(out, "Options:\n");
    print_rows(out, main_rows);
    print_rows(out, common_rows);
    out_text(out, "\n'chaos help COMMAND' and chaos(1) say more.\n");
}
