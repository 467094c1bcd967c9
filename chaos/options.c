/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * options.c: a command's option rows become getopt's tables.
 */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "cli.h"
#include "options.h"

#define ROWS_MAX 16
/* What getopt returns for row i, out of the way of '?' and ':'. */
#define ROW_CODE 256

const struct option_row common_rows[] = {
    {.short_name = 'h',
     .long_name = "help",
     .help = "show this help",
     .offset = OPTIONS_HELP},
    {.short_name = 'v',
     .long_name = "verbose",
     .help = "say what is done; twice: in detail",
     .offset = OPTIONS_VERBOSE},
    {.short_name = 'q',
     .long_name = "quiet",
     .help = "print errors and what was asked for, nothing else",
     .offset = OPTIONS_QUIET},
    {.long_name = "no-daemon",
     .help = "do without chaosd, even where it runs",
     .offset = OPTIONS_NO_DAEMON},
    {.long_name = "socket",
     .arg = "PATH",
     .help = "where chaosd listens, if not in /run/chaos",
     .offset = OPTIONS_SOCKET},
    {0}};

const struct option_row main_rows[] = {{.short_name = 'V',
                                        .long_name = "version",
                                        .help = "show the version",
                                        .offset = OPTIONS_VERSION},
                                       {0}};

struct tables {
    const struct option_row *rows[ROWS_MAX];
    struct option longs[ROWS_MAX + 1];
    char shorts[2 + 2 * ROWS_MAX + 1];
    size_t count;
};

static void tables_add(struct tables *t, const struct option_row *row)
{
    size_t used = strlen(t->shorts);

    for (; row && row->long_name && t->count < ROWS_MAX; row++) {
        int takes = row->arg ? required_argument : no_argument;

        t->rows[t->count] = row;
        t->longs[t->count] = (struct option){row->long_name, takes, NULL,
                                             ROW_CODE + (int)t->count};
        if (row->short_name) {
            t->shorts[used++] = row->short_name;
            if (row->arg)
                t->shorts[used++] = ':';
        }
        t->count++;
    }
}

static const struct option_row *row_find(const struct tables *t, int code)
{
    size_t i;

    if (code >= ROW_CODE)
        return t->rows[code - ROW_CODE];
    for (i = 0; i < t->count; i++)
        if (t->rows[i]->short_name && t->rows[i]->short_name == code)
            return t->rows[i];
    return NULL;
}

/* The option is named as it was written. */
static int refuse(struct cli *cli, const struct tables *t, int code,
                  const char *word)
{
    const struct option_row *row = row_find(t, optopt);
    bool is_long = strncmp(word, "--", 2) == 0;

    if (code == ':' && row)
        return is_long ? cli_usage(cli, "%s needs %s", word, row->arg)
                       : cli_usage(cli, "-%c needs %s", optopt, row->arg);
    if (is_long && row)
        return cli_usage(cli, "--%s takes no argument", row->long_name);
    if (is_long)
        return cli_usage(cli, "unknown or ambiguous option '%s'", word);
    return cli_usage(cli, "unknown option '-%c'", optopt);
}

static int store_number(struct cli *cli, const struct option_row *row,
                        void *field)
{
    if (number_parse(optarg, row->min, row->max, field) == 0)
        return -1;
    return cli_usage(cli, "--%s: '%s' is not a number from %u to %u",
                     row->long_name, optarg, row->min, row->max);
}

static int store_common(struct cli *cli, const struct command *command,
                        size_t what)
{
    switch (what) {
    case OPTIONS_VERBOSE:
        cli->very_verbose = cli->verbose;
        cli->verbose = true;
        return -1;
    case OPTIONS_QUIET:
        cli->quiet = true;
        return -1;
    case OPTIONS_NO_DAEMON:
        cli->no_daemon = true;
        return -1;
    case OPTIONS_SOCKET:
        cli->socket = optarg;
        return -1;
    case OPTIONS_VERSION:
        return version_command.run(cli, &(struct version_options){false}, 0,
                                   NULL);
    default:
        if (command)
            usage_command(&cli->out, command);
        else
            usage_all(&cli->out);
        return EXIT_OK;
    }
}

static int store(struct cli *cli, const struct command *command,
                 const struct option_row *row, char *options)
{
    void *field;

    if (row->offset >= OPTIONS_COMMON)
        return store_common(cli, command, row->offset);
    field = options + row->offset;
    switch (row->type) {
    case OPTION_NUMBER:
        return store_number(cli, row, field);
    case OPTION_TEXT:
        *(const char **)field = optarg;
        return -1;
    default:
        *(bool *)field = true;
        return -1;
    }
}

static void set_initial(const struct option_row *row, char *options)
{
    memset(options, 0, OPTIONS_SIZE);
    for (; row && row->long_name; row++)
        if (row->type == OPTION_NUMBER)
            memcpy(options + row->offset, &row->initial, sizeof(unsigned));
}

int options_parse(struct cli *cli, const struct command *command, void *options,
                  int argc, char **argv, int *first_out)
{
    /* '+': a command's own options are not for what comes before it. */
    struct tables t = {.shorts = "+:"};
    int code, rc = -1;

    if (command) {
        if (!command->parts)
            memcpy(t.shorts, ":", sizeof(":"));
        set_initial(command->options, options);
    }
    tables_add(&t, command ? command->options : main_rows);
    tables_add(&t, common_rows);
    opterr = 0;
    optind = 0; /* start over, also for glibc's own state */
    while (rc < 0 &&
           (code = getopt_long(argc, argv, t.shorts, t.longs, NULL)) != -1) {
        if (code == '?' || code == ':')
            return refuse(cli, &t, code, argv[optind - 1]);
        rc = store(cli, command, row_find(&t, code), options);
    }
    *first_out = optind;
    return rc;
}
