/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * log.c: chaos log: what chaosd knows of a guest's end, and its last output.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "json.h"

struct log_options {
    bool json;
};

/* A reply to LOG in its parts. */
struct guest_log {
    struct chaosd_log head;
    yajl_val facts; /* owned */
    const char *output;
    size_t output_size;
};

static int split(struct cli *cli, const char *reply, size_t size,
                 struct guest_log *log)
{
    char *json;

    if (size >= sizeof(log->head))
        memcpy(&log->head, reply, sizeof(log->head));
    if (size < sizeof(log->head) ||
        size - sizeof(log->head) < log->head.json_size)
        return cli_error(cli, -EPROTO, "what chaosd says is no log");
    reply += sizeof(log->head);
    size -= sizeof(log->head);
    json = strndup(reply, log->head.json_size);
    if (!json)
        return cli_error(cli, -ENOMEM, "the log");
    log->facts = ask_parse(cli, json);
    free(json);
    log->output = reply + log->head.json_size;
    log->output_size = size - log->head.json_size;
    return log->facts ? EXIT_OK : EXIT_FAILED;
}

/* What stands for a control character between two pieces of text. */
static const char *control_text(char c, char next)
{
    switch (c) {
    case '\n':
        return "\n";
    case '\t':
        return "\t";
    case '\r':
        return next == '\n' ? "" : "\\x0d";
    default:
        return "\\x00";
    }
}

/*
 * Lines and tabs are kept; what else a terminal might obey is not, nor what is
 * no UTF-8. NULL: no memory; free() it.
 */
static char *output_text(const struct guest_log *log)
{
    size_t size = log->output_size, room = TEXT_SAFE_SIZE(size), i;
    char *text = malloc(room), *copy = malloc(size + 1), *to = text;

    if (text && copy) {
        memcpy(copy, log->output, size);
        copy[size] = *to = '\0';
        for (i = 0; i < size; i++) {
            size_t len = strcspn(copy + i, "\n\t\r");
            char c = copy[i + len];

            copy[i + len] = '\0';
            (void)text_safe(to, room - (size_t)(to - text), copy + i);
            i += len;
            to += strlen(to);
            if (i < size)
                to = stpcpy(to, control_text(c, copy[i + 1]));
        }
    }
    free(copy);
    return text;
}

/* --- for people ------------------------------------------------------------
 */

static void print_fact(struct out *out, const char *key, yajl_val value)
{
    if (YAJL_IS_NULL(value))
        return;
    out_column(out, key, 12);
    out_text(out, " ");
    if (YAJL_IS_STRING(value))
        out_safe(out, YAJL_GET_STRING(value));
    else if (YAJL_IS_NUMBER(value))
        out_safe(out, YAJL_GET_NUMBER(value));
    else
        out_text(out, YAJL_IS_TRUE(value) ? "yes" : "no");
    out_text(out, "\n");
}

static void print_text(struct out *out, const struct guest_log *log,
                       const char *text)
{
    size_t i;

    for (i = 0; YAJL_IS_OBJECT(log->facts) && i < log->facts->u.object.len; i++)
        print_fact(out, log->facts->u.object.keys[i],
                   log->facts->u.object.values[i]);
    if (log->output_size == 0)
        return;
    out_printf(out, "console      %zu bytes", log->output_size);
    if (log->head.offset > 0)
        out_printf(out, ", %llu before them are not kept",
                   (unsigned long long)log->head.offset);
    out_text(out, "\n\n");
    out_text(out, text);
    if (log->output[log->output_size - 1] != '\n')
        out_text(out, "\n");
}

/* --- for programs ----------------------------------------------------------
 */

static void put_fact(struct json *json, const char *key, yajl_val value)
{
    if (YAJL_IS_STRING(value))
        json_text(json, key, YAJL_GET_STRING(value));
    else if (YAJL_IS_INTEGER(value))
        json_number(json, key, (uint64_t)YAJL_GET_INTEGER(value));
    else if (YAJL_IS_TRUE(value) || YAJL_IS_FALSE(value))
        json_bool(json, key, YAJL_IS_TRUE(value));
    else
        json_null(json, key);
}

static int print_json(struct cli *cli, const struct guest_log *log,
                      const char *text)
{
    struct json json;
    size_t i;
    int rc = json_open(&json, &cli->out);

    if (rc < 0)
        return cli_error(cli, rc, "JSON");
    json_map(&json, NULL);
    for (i = 0; YAJL_IS_OBJECT(log->facts) && i < log->facts->u.object.len; i++)
        put_fact(&json, log->facts->u.object.keys[i],
                 log->facts->u.object.values[i]);
    json_number(&json, "offset", log->head.offset);
    json_safe(&json, "console", text);
    json_map_end(&json);
    rc = json_close(&json);
    return rc < 0 ? cli_error(cli, rc, "JSON") : EXIT_OK;
}

static int show(struct cli *cli, const struct log_options *o, const char *reply,
                size_t size)
{
    struct guest_log log = {.facts = NULL};
    int code = split(cli, reply, size, &log);
    char *text = code == EXIT_OK ? output_text(&log) : NULL;

    if (code == EXIT_OK && !text)
        code = cli_error(cli, -ENOMEM, "the log");
    else if (code == EXIT_OK && o->json)
        code = print_json(cli, &log, text);
    else if (code == EXIT_OK)
        print_text(&cli->out, &log, text);
    free(text);
    yajl_tree_free(log.facts);
    return code;
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
    struct chaos_conn *conn;
    size_t size;
    char *reply;
    int code = ask_open(cli, &conn);

    (void)argc;
    if (code != EXIT_OK)
        return code;
    code = ask(cli, conn, CHAOSD_LOG, argv[0], strlen(argv[0]), ASK_MS, &reply,
               &size);
    chaos_conn_close(conn);
    if (code != EXIT_OK)
        return code;
    code = show(cli, options, reply, size);
    free(reply);
    return code;
}

static const struct option_row rows[] = {
    {.long_name = "json",
     .help = "print JSON",
     .offset = offsetof(struct log_options, json)},
    {0}};

const struct command log_command = {
    .name = "log",
    .args = "ID",
    .help = "Show how a VM ended and its last output",
    .options = rows,
    .args_min = 1,
    .args_max = 1,
    .run = run,
};
