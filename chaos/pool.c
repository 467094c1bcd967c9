/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool.c: chaos pool: the shells that chaosd keeps ready.
 */
#include <stdlib.h>

#include "ask.h"
#include "pool.h"

/* Destroying shells takes some milliseconds for each. */
#define DRAIN_SECONDS 60
#define FILL_SECONDS 60
/* By how much the daemon's own limit ends before ours. */
#define MARGIN_MS 2000u

struct status_options {
    bool json;
};

struct drain_options {
    unsigned kb;
    bool json;
};

struct fill_options {
    unsigned seconds;
    bool json;
};

static int run_status(struct cli *cli, const void *options, int argc,
                      char **argv)
{
    const struct status_options *o = options;
    yajl_val status;
    char *json;
    int code = ask_json(cli, CHAOSD_POOL_STATUS, NULL, 0, ASK_MS, &json);

    (void)argc;
    (void)argv;
    if (code != EXIT_OK)
        return code;
    status = ask_parse(cli, json);
    if (!status)
        code = EXIT_FAILED;
    else if (o->json)
        ask_print(cli, json);
    else
        pool_print(&cli->out, status);
    yajl_tree_free(status);
    free(json);
    return code;
}

/* What was done is printed only for programs. */
static int ask_amount(struct cli *cli, unsigned type,
                      const struct chaosd_amount *amount, bool as_json)
{
    char *json;
    int code = ask_json(cli, type, amount, sizeof(*amount),
                        amount->timeout_ms + MARGIN_MS, &json);

    if (code != EXIT_OK)
        return code;
    if (as_json)
        ask_print(cli, json);
    free(json);
    return EXIT_OK;
}

static int run_drain(struct cli *cli, const void *options, int argc,
                     char **argv)
{
    const struct drain_options *o = options;
    const struct chaosd_amount amount = {
        .kb = o->kb ? o->kb : UINT64_MAX,
        .timeout_ms = DRAIN_SECONDS * 1000u,
    };

    (void)argc;
    (void)argv;
    return ask_amount(cli, CHAOSD_POOL_DRAIN, &amount, o->json);
}

static int run_fill(struct cli *cli, const void *options, int argc, char **argv)
{
    const struct fill_options *o = options;
    const struct chaosd_amount amount = {.timeout_ms = o->seconds * 1000u};

    (void)argc;
    (void)argv;
    return ask_amount(cli, CHAOSD_POOL_FILL, &amount, o->json);
}

static const struct option_row status_rows[] = {
    {.long_name = "json",
     .help = "print JSON",
     .offset = offsetof(struct status_options, json)},
    {0}};

static const struct option_row drain_rows[] = {
    {.long_name = "kb",
     .arg = "N",
     .help = "only until N KiB of the host's memory are free; 0: all",
     .offset = offsetof(struct drain_options, kb),
     .type = OPTION_NUMBER,
     .min = 0,
     .max = UINT32_MAX},
    {.long_name = "json",
     .help = "print JSON",
     .offset = offsetof(struct drain_options, json)},
    {0}};

static const struct option_row fill_rows[] = {
    {.short_name = 't',
     .long_name = "timeout",
     .arg = "SECONDS",
     .help = "wait no longer than this",
     .offset = offsetof(struct fill_options, seconds),
     .type = OPTION_NUMBER,
     .min = 1,
     .max = SECONDS_MAX,
     .initial = FILL_SECONDS},
    {.long_name = "json",
     .help = "print JSON",
     .offset = offsetof(struct fill_options, json)},
    {0}};

static const struct command status_command = {
    .name = "pool status",
    .args = "",
    .help = "Show the shapes of the pool and their shells",
    .options = status_rows,
    .run = run_status,
};

static const struct command drain_command = {
    .name = "pool drain",
    .args = "",
    .help = "Destroy ready shells; the refill rests until 'pool fill'",
    .options = drain_rows,
    .run = run_drain,
};

static const struct command fill_command = {
    .name = "pool fill",
    .args = "",
    .help = "Refill the pool, and return when it is full",
    .options = fill_rows,
    .run = run_fill,
};

static const struct command *const parts[] = {
    &status_command, &pool_set_command, &drain_command, &fill_command, NULL};

const struct command pool_command = {
    .name = "pool",
    .args = "COMMAND [ARGUMENT...]",
    .help = "Show and change chaosd's pool of shells",
    .parts = parts,
};
