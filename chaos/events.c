/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * events.c: chaos events: what chaosd tells of, as it happens.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "json.h"

#define DOMID_MAX (NOXS_DOMID_SELF - 1)

struct events_options {
    unsigned count, history;
    bool json;
};

/* "event=exited domid=7 reason=crash": the pairs as they come. */
static void print_value(struct out *out, yajl_val value)
{
    if (YAJL_IS_STRING(value))
        out_safe(out, YAJL_GET_STRING(value));
    else if (YAJL_IS_NUMBER(value))
        out_safe(out, YAJL_GET_NUMBER(value));
    else
        out_text(out, YAJL_IS_TRUE(value)    ? "true"
                      : YAJL_IS_FALSE(value) ? "false"
                                             : "-");
}

static bool is_shown_first(const char *key)
{
    return strcmp(key, "seq") == 0 || strcmp(key, "time") == 0 ||
           strcmp(key, "event") == 0;
}

static void print_line(struct out *out, yajl_val event)
{
    size_t i;

    out_safe(out, ask_text(event, "time"));
    out_text(out, " ");
    out_safe(out, ask_text(event, "event"));
    for (i = 0; YAJL_IS_OBJECT(event) && i < event->u.object.len; i++) {
        const char *key = event->u.object.keys[i];

        if (is_shown_first(key))
            continue;
        out_text(out, " ");
        out_safe(out, key);
        out_text(out, "=");
        print_value(out, event->u.object.values[i]);
    }
    out_text(out, "\n");
}

/* Each at once: whoever reads it waits for it. */
static int show(struct cli *cli, const struct events_options *o,
                const void *payload, size_t size)
{
    char *text = strndup(payload, size);
    yajl_val event = text ? ask_parse(cli, text) : NULL;
    int code = event ? EXIT_OK : EXIT_FAILED;

    if (!text)
        return cli_error(cli, -ENOMEM, "an event");
    if (event && o->json)
        ask_print(cli, text);
    else if (event)
        print_line(&cli->out, event);
    yajl_tree_free(event);
    free(text);
    return code == EXIT_OK ? cli_flush(cli) : code;
}

static int follow(struct cli *cli, const struct events_options *o,
                  struct chaos_conn *conn)
{
    unsigned shown = 0;
    int code = EXIT_OK;

    while (code == EXIT_OK && (o->count == 0 || shown < o->count)) {
        struct chaosd_header header;
        const void *payload;
        int rc = chaos_conn_recv(conn, SECONDS_MAX * 1000u, &header, &payload);

        if (rc == -ETIMEDOUT)
            continue;
        if (rc < 0)
            return cli_fail(cli, rc);
        if (header.type != CHAOSD_EVENT)
            continue;
        code = show(cli, o, payload, header.size - sizeof(header));
        shown++;
    }
    return code;
}

/* {"domid": 7, "history": 10} as far as it was asked for. */
static int filter(struct cli *cli, const struct events_options *o, int argc,
                  char **argv, char *text, size_t size)
{
    uint32_t domid;
    int len;

    /* A number need not be that of a VM that is still there. */
    if (argc > 0 && number_parse(argv[0], 0, DOMID_MAX, &domid) < 0 &&
        domain_find(cli, argv[0], &domid) != EXIT_OK)
        return EXIT_FAILED;
    len = snprintf(text, size, "{\"history\": %u", o->history);
    if (argc > 0)
        len +=
            snprintf(text + len, size - (size_t)len, ", \"domid\": %u", domid);
    (void)snprintf(text + len, size - (size_t)len, "}");
    return EXIT_OK;
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
    const struct events_options *o = options;
    struct chaos_conn *conn;
    char text[80], *reply;
    int code = ask_open(cli, &conn);

    if (code != EXIT_OK)
        return code;
    code = filter(cli, o, argc, argv, text, sizeof(text));
    if (code == EXIT_OK)
        code = ask(cli, conn, CHAOSD_EVENTS, text, strlen(text), ASK_MS, &reply,
                   NULL);
    if (code == EXIT_OK) {
        free(reply);
        code = follow(cli, o, conn);
    }
    chaos_conn_close(conn);
    return code;
}

#define AT(field) .offset = offsetof(struct events_options, field)

static const struct option_row rows[] = {
    {.short_name = 'n',
     .long_name = "count",
     .arg = "N",
     .help = "end after N events; 0: never",
     AT(count),
     .type = OPTION_NUMBER,
     .min = 0,
     .max = UINT32_MAX},
    {.long_name = "history",
     .arg = "N",
     .help = "begin with the last N that were",
     AT(history),
     .type = OPTION_NUMBER,
     .min = 0,
     .max = UINT32_MAX},
    {.long_name = "json", .help = "print each as JSON on a line", AT(json)},
    {0}};

const struct command events_command = {
    .name = "events",
    .args = "[ID]",
    .help = "Show what happens, as chaosd tells of it",
    .options = rows,
    .args_max = 1,
    .run = run,
};
