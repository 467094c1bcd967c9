/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ask.c: questions to chaosd, and reading its answers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"

int ask_open(struct cli *cli, struct chaos_conn **conn_out)
{
    int rc = chaos_conn_open(cli->ctx, conn_out);

    /* The sentence has it all; "no such file" would mislead. */
    if (rc == -ENOENT || rc == -ECONNREFUSED)
        return cli_error(cli, 0, "%s", chaos_ctx_error(cli->ctx));
    return rc < 0 ? cli_fail(cli, rc) : EXIT_OK;
}

int ask(struct cli *cli, struct chaos_conn *conn, unsigned type,
        const void *payload, size_t size, unsigned timeout_ms, char **reply_out,
        size_t *size_out)
{
    const void *reply;
    size_t len;
    char *copy;
    int rc =
        chaos_conn_ask(conn, type, payload, size, timeout_ms, &reply, &len);

    if (rc < 0)
        return cli_fail(cli, rc);
    copy = malloc(len + 1);
    if (!copy)
        return cli_error(cli, -ENOMEM, "what chaosd says");
    memcpy(copy, reply, len);
    copy[len] = '\0';
    *reply_out = copy;
    if (size_out)
        *size_out = len;
    return EXIT_OK;
}

int ask_json(struct cli *cli, unsigned type, const void *payload, size_t size,
             unsigned timeout_ms, char **reply_out)
{
    struct chaos_conn *conn;
    int code = ask_open(cli, &conn);

    if (code != EXIT_OK)
        return code;
    code = ask(cli, conn, type, payload, size, timeout_ms, reply_out, NULL);
    chaos_conn_close(conn);
    return code;
}

void ask_print(struct cli *cli, const char *json)
{
    const char *end;

    /* Line by line: what is safe to show has no line feeds. */
    for (; *json; json = *end ? end + 1 : end) {
        size_t len;
        char *line;

        end = strchrnul(json, '\n');
        len = (size_t)(end - json);
        line = strndup(json, len);
        if (line)
            out_safe(&cli->out, line);
        out_text(&cli->out, "\n");
        free(line);
    }
}

yajl_val ask_parse(struct cli *cli, const char *json)
{
    char why[128] = "";
    yajl_val tree = yajl_tree_parse(json, why, sizeof(why));

    if (!tree)
        (void)cli_error(cli, -EPROTO, "what chaosd says is no JSON");
    return tree;
}

yajl_val ask_value(yajl_val object, const char *key)
{
    const char *path[] = {key, NULL};

    return yajl_tree_get(object, path, yajl_t_any);
}

const char *ask_text(yajl_val object, const char *key)
{
    yajl_val value = ask_value(object, key);

    return YAJL_IS_STRING(value) ? YAJL_GET_STRING(value) : "";
}

uint64_t ask_number(yajl_val object, const char *key)
{
    yajl_val value = ask_value(object, key);

    return YAJL_IS_INTEGER(value) && YAJL_GET_INTEGER(value) > 0
               ? (uint64_t)YAJL_GET_INTEGER(value)
               : 0;
}
