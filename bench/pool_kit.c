/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool_kit.c: the daemon and guests, for bench-pool; see pool_kit.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "pool_kit.h"
#include "sample.h"

#define FILL_MS 60000
#define ASK_MS 10000

void kit_check(const struct chaos_ctx *ctx, const char *what, int rc)
{
    if (rc < 0)
        die(what, chaos_ctx_error(ctx));
}

void kit_open(struct kit *kit)
{
    *kit = (struct kit){0};
    if (chaos_ctx_create(&kit->ctx) < 0 || chaos_ctx_create(&kit->plain) < 0)
        die("context", "no memory");
    kit_check(kit->plain, "context", chaos_ctx_set_daemon(kit->plain, NULL));
    kit_check(kit->ctx, "chaosd", chaos_conn_open(kit->ctx, &kit->conn));
}

void kit_close(struct kit *kit)
{
    chaos_conn_close(kit->conn);
    chaos_ctx_destroy(kit->plain);
    chaos_ctx_destroy(kit->ctx);
}

pid_t kit_daemon(const struct kit *kit)
{
    struct ucred cred;
    socklen_t size = sizeof(cred);

    if (getsockopt(chaos_conn_fd(kit->conn), SOL_SOCKET, SO_PEERCRED, &cred,
                   &size) < 0)
        die("chaosd", "its process is not known");
    return cred.pid;
}

void kit_fill(const struct kit *kit)
{
    struct chaosd_amount amount = {.timeout_ms = FILL_MS};
    const void *reply;
    size_t size;

    kit_check(kit->ctx, "fill",
              chaos_conn_ask(kit->conn, CHAOSD_POOL_FILL, &amount,
                             sizeof(amount), FILL_MS + ASK_MS, &reply, &size));
    settle();
}

/* The number behind a key of JSON whose keys are unique. */
static uint64_t json_count(const char *json, const char *key)
{
    char quoted[64];
    const char *at;
    char *end;
    uint64_t value;

    (void)snprintf(quoted, sizeof(quoted), "\"%s\":", key);
    at = strstr(json, quoted);
    if (!at)
        die("pool status", key);
    at += strlen(quoted);
    value = strtoull(at, &end, 10);
    if (end == at)
        die("pool status", json);
    return value;
}

struct kit_tally kit_tally(const struct kit *kit)
{
    struct kit_tally tally;
    const void *reply;
    size_t size;
    char *json;

    kit_check(kit->ctx, "pool status",
              chaos_conn_ask(kit->conn, CHAOSD_POOL_STATUS, NULL, 0, ASK_MS,
                             &reply, &size));
    json = strndup(reply, size);
    if (!json)
        die("pool status", "no memory");
    tally.hits = json_count(json, "takes");
    tally.misses = json_count(json, "misses");
    free(json);
    return tally;
}

struct chaos_config *kit_config(const struct kit *kit, const char *path)
{
    struct chaos_config *cfg;

    kit_check(kit->ctx, path, chaos_config_create(kit->ctx, &cfg));
    kit_check(kit->ctx, path, chaos_config_load(kit->ctx, cfg, path));
    return cfg;
}

void kit_destroy(const struct kit *kit, uint32_t domid)
{
    kit_check(kit->ctx, "destroy", chaos_domain_destroy(kit->ctx, domid));
}
