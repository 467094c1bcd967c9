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

int kit_try_fill(const struct kit *kit)
{
    struct chaosd_amount amount = {.timeout_ms = FILL_MS};
    const void *reply;
    size_t size;
    int rc = chaos_conn_ask(kit->conn, CHAOSD_POOL_FILL, &amount,
                            sizeof(amount), FILL_MS + ASK_MS, &reply, &size);

    if (rc == 0)
        settle();
    return rc;
}

void kit_fill(const struct kit *kit)
{
    kit_check(kit->ctx, "fill", kit_try_fill(kit));
}

/* The sum of the numbers behind all the keys of that name. */
static uint64_t json_sum(const char *json, const char *key)
{
    uint64_t sum = 0;

    for (; (json = strstr(json, key)); sum += strtoull(json, NULL, 10))
        json += strlen(key);
    return sum;
}

uint64_t kit_hits(const struct kit *kit)
{
    const void *reply;
    uint64_t hits;
    size_t size;
    char *json;

    kit_check(kit->ctx, "pool status",
              chaos_conn_ask(kit->conn, CHAOSD_POOL_STATUS, NULL, 0, ASK_MS,
                             &reply, &size));
    json = strndup(reply, size);
    if (!json)
        die("pool status", "no memory");
    hits = json_sum(json, "\"taken\":");
    free(json);
    return hits;
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
