/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ask.h: commands that talk to chaosd.
 */
#ifndef CHAOS_ASK_H
#define CHAOS_ASK_H

#include <yajl/yajl_tree.h>

#include "cli.h"

/* What the daemon knows without work. */
#define ASK_MS CHAOS_DAEMON_TIMEOUT_MS

/* Connect; that no daemon runs is an error. Returns an exit code. */
int ask_open(struct cli *cli, struct chaos_conn **conn_out);
/*
 * Put a question and copy the reply, with a zero byte behind it; free() it.
 * Returns an exit code.
 */
int ask(struct cli *cli, struct chaos_conn *conn, unsigned type,
        const void *payload, size_t size, unsigned timeout_ms, char **reply_out,
        size_t *size_out);
/* The same by a connection of its own, of a reply that is JSON. */
int ask_json(struct cli *cli, unsigned type, const void *payload, size_t size,
             unsigned timeout_ms, char **reply_out);
/* Print such a reply as it is. */
void ask_print(struct cli *cli, const char *json);
/* Read it; NULL, and said so: it is no JSON. yajl_tree_free() it. */
yajl_val ask_parse(struct cli *cli, const char *json);

/* Of an object: "" or 0 where there is no such key or it has another type. */
const char *ask_text(yajl_val object, const char *key);
uint64_t ask_number(yajl_val object, const char *key);
/* NULL where there is no such key. */
yajl_val ask_value(yajl_val object, const char *key);

#endif /* CHAOS_ASK_H */
