/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * error.c: the one form of every message: "chaos: create: <text>: <strerror>".
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define MESSAGE_SIZE 1024

/* One line, one write: lines of several processes do not mix. */
static void print_line(const struct cli *cli, const char *kind,
                       const char *text)
{
    struct out err;

    out_init(&err, STDERR_FILENO);
    out_text(&err, "chaos: ");
    if (cli->command) {
        out_text(&err, cli->command->name);
        out_text(&err, ": ");
    }
    out_text(&err, kind);
    out_safe(&err, text);
    out_text(&err, "\n");
    (void)out_flush(&err);
}

/*
 * The number's own text follows, unless the text has it already or it speaks of
 * other things than domains: ESRCH of processes, ETIMEDOUT of connections,
 * ESHUTDOWN of transport endpoints.
 */
void error_text(char *buf, size_t size, int rc, const char *text)
{
    const char *reason = rc < 0 ? strerrordesc_np(-rc) : NULL;

    if (rc == -ESRCH || rc == -ETIMEDOUT || rc == -ESHUTDOWN)
        reason = NULL;
    if (!reason || strcasestr(text, reason))
        (void)snprintf(buf, size, "%s", text);
    else if (text[0] == '\0')
        (void)snprintf(buf, size, "%s", reason);
    else
        (void)snprintf(buf, size, "%s: %s", text, reason);
}

int cli_fail(struct cli *cli, int rc)
{
    char line[MESSAGE_SIZE];

    error_text(line, sizeof(line), rc, chaos_ctx_error(cli->ctx));
    print_line(cli, "", line);
    return EXIT_FAILED;
}

int cli_error(struct cli *cli, int rc, const char *fmt, ...)
{
    char text[MESSAGE_SIZE], line[MESSAGE_SIZE];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    error_text(line, sizeof(line), rc, text);
    print_line(cli, "", line);
    return EXIT_FAILED;
}

/* A wrong argument may be long: the pointer to the help must stay in sight. */
int cli_usage(struct cli *cli, const char *fmt, ...)
{
    char text[MESSAGE_SIZE / 2], line[MESSAGE_SIZE];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    (void)snprintf(line, sizeof(line), "%s (see 'chaos help%s%s')", text,
                   cli->command ? " " : "",
                   cli->command ? cli->command->name : "");
    print_line(cli, "", line);
    return EXIT_USAGE;
}

int cli_flush(struct cli *cli)
{
    int rc = out_flush(&cli->out);

    return rc < 0 ? cli_error(cli, rc, "standard output") : EXIT_OK;
}

void cli_notice(struct cli *cli, const char *fmt, ...)
{
    char text[MESSAGE_SIZE];
    va_list ap;

    if (cli->quiet)
        return;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    print_line(cli, "", text);
}

void cli_log(void *arg, enum chaos_log_level level, const char *text)
{
    static const char *const kinds[] = {
        [CHAOS_LOG_ERROR] = "error: ",
        [CHAOS_LOG_WARN] = "warning: ",
        [CHAOS_LOG_INFO] = "info: ",
        [CHAOS_LOG_DEBUG] = "debug: ",
    };

    print_line(arg, kinds[level], text);
}
