/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shutdown.c: chaos shutdown, reboot: ask guests to stop.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"
#include "stop.h"

#define SECONDS_DEFAULT 60

struct shutdown_options {
    bool wait, keep;
    unsigned seconds;
};

struct reboot_options {
    unsigned seconds;
};

static void detach_stdio(void)
{
    int fd = open("/dev/null", O_RDWR);

    if (fd >= 0) {
        (void)dup2(fd, 0);
        (void)dup2(fd, 1);
        (void)dup2(fd, 2);
    }
    (void)close_range(3, ~0u, 0);
}

/* The other's watch was lost with its context. */
static int wait_anew(struct cli *cli, const struct stop *stop,
                     struct target *targets, size_t count)
{
    struct stopping *s;
    int code = stopping_open(cli, stop, targets, count, &s);

    if (s && stopping_wait(s) != EXIT_OK)
        code = EXIT_FAILED;
    stopping_close(s);
    return code;
}

/*
 * What is left to do when the guests have stopped is done by a process of its
 * own. The context ends before the fork and each side is left with none of the
 * other's descriptors.
 */
static int settle_behind(struct cli *cli, const struct stop *stop,
                         struct target *targets, size_t count)
{
    pid_t pid;

    chaos_ctx_destroy(cli->ctx);
    cli->ctx = NULL;
    pid = fork();
    if (pid < 0)
        return cli_error(cli, -errno,
                         "no process to settle the VMs when they stop");
    if (pid > 0)
        return EXIT_OK;
    (void)setsid();
    detach_stdio();
    if (cli_context(cli) != EXIT_OK)
        _exit(EXIT_FAILED);
    _exit(wait_anew(cli, stop, targets, count));
}

/* *behind_out: there is more to do, and nobody waits for it. */
static int ask_to_stop(struct cli *cli, const struct stop *stop, bool wait,
                       struct target *targets, size_t count, bool *behind_out)
{
    struct stopping *s;
    int code = stopping_open(cli, stop, targets, count, &s);

    *behind_out = false;
    if (!s)
        return code;
    if (stopping_request(s) != EXIT_OK)
        code = EXIT_FAILED;
    if (!wait)
        *behind_out = stopping_is_needed(s);
    else if (stopping_wait(s) != EXIT_OK)
        code = EXIT_FAILED;
    stopping_close(s);
    return code;
}

static int run_shutdown(struct cli *cli, const void *options, int argc,
                        char **argv)
{
    const struct shutdown_options *o = options;
    const struct stop stop = {
        .what = CHAOS_REASON_POWEROFF,
        .seconds = o->seconds,
        .keep = o->keep,
    };
    struct target *targets;
    size_t count;
    int code = targets_find(cli, argc, argv, &targets, &count);
    bool behind = false;

    if (count > 0 &&
        ask_to_stop(cli, &stop, o->wait, targets, count, &behind) != EXIT_OK)
        code = EXIT_FAILED;
    if (behind && settle_behind(cli, &stop, targets, count) != EXIT_OK)
        code = EXIT_FAILED;
    free(targets);
    return code;
}

static int run_reboot(struct cli *cli, const void *options, int argc,
                      char **argv)
{
    const struct reboot_options *o = options;
    const struct stop stop = {
        .what = CHAOS_REASON_REBOOT,
        .seconds = o->seconds,
    };
    struct target *targets;
    size_t count;
    bool behind;
    int code = targets_find(cli, argc, argv, &targets, &count);

    if (count > 0 &&
        ask_to_stop(cli, &stop, true, targets, count, &behind) != EXIT_OK)
        code = EXIT_FAILED;
    free(targets);
    return code;
}

static const struct option_row shutdown_rows[] = {
    {.short_name = 'w',
     .long_name = "wait",
     .help = "return when they have stopped",
     .offset = offsetof(struct shutdown_options, wait)},
    {.short_name = 'k',
     .long_name = "keep",
     .help = "keep them when they have stopped, whatever on_poweroff says",
     .offset = offsetof(struct shutdown_options, keep)},
    {.short_name = 't',
     .long_name = "timeout",
     .arg = "SECONDS",
     .help = "wait no longer than this",
     .offset = offsetof(struct shutdown_options, seconds),
     .type = OPTION_NUMBER,
     .min = 1,
     .max = SECONDS_MAX,
     .initial = SECONDS_DEFAULT},
    {0}};

static const struct option_row reboot_rows[] = {
    {.short_name = 't',
     .long_name = "timeout",
     .arg = "SECONDS",
     .help = "wait no longer than this",
     .offset = offsetof(struct reboot_options, seconds),
     .type = OPTION_NUMBER,
     .min = 1,
     .max = SECONDS_MAX,
     .initial = SECONDS_DEFAULT},
    {0}};

const struct command shutdown_command = {
    .name = "shutdown",
    .args = "ID...",
    .help = "Ask VMs to power off",
    .options = shutdown_rows,
    .args_min = 1,
    .args_max = -1,
    .run = run_shutdown,
};

const struct command reboot_command = {
    .name = "reboot",
    .args = "ID...",
    .help = "Ask VMs to stop, and start them anew",
    .options = reboot_rows,
    .args_min = 1,
    .args_max = -1,
    .run = run_reboot,
};
