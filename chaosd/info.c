/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * info.c: the answer to INFO.
 */
#include <errno.h>
#include <unistd.h>

#include "conf.h"
#include "daemon.h"
#include "guests.h"
#include "info.h"
#include "json.h"
#include "pool.h"
#include "server.h"

static void put_pool(struct json *json, const struct pool *pool)
{
    struct pool_counts counts = pool_counts(pool);

    json_map(json, "pool");
    json_number(json, "shapes", counts.shapes);
    json_number(json, "ready", counts.ready);
    json_number(json, "preparing", counts.preparing);
    json_number(json, "given", counts.given);
    json_number(json, "ending", counts.ending);
    json_number(json, "memory_kb", counts.memory_kb);
    json_map_end(json);
}

static void put_guests(struct json *json, const struct guests *guests)
{
    struct guests_counts counts = guests_counts(guests);

    json_map(json, "consoles");
    json_number(json, "attached", counts.attached);
    json_number(json, "readers", counts.readers);
    json_number(json, "dead", counts.dead);
    json_map_end(json);
}

static void put_info(struct json *json, const struct daemon *d)
{
    json_map(json, NULL);
    json_text(json, "version", chaos_version());
    json_number(json, "protocol", CHAOSD_VERSION);
    json_number(json, "pid", (uint64_t)getpid());
    json_number(json, "uptime_ms", (now_ns() - d->started_ns) / 1000000);
    json_text(json, "run_dir", d->run_dir);
    json_bool(json, "leaving", d->leaving);
    json_number(json, "clients", server_clients(d->server));
    json_number(json, "clients_max", d->conf->clients);
    if (d->pool)
        put_pool(json, d->pool);
    if (d->guests)
        put_guests(json, d->guests);
    json_map_end(json);
}

static void run_info(struct daemon *d, struct client *c,
                     const struct request *rq)
{
    struct json json;
    const char *text;
    size_t size;

    if (json_open(&json) < 0) {
        client_fail(c, rq->type, rq->id, -ENOMEM, "no memory");
        return;
    }
    put_info(&json, d);
    if (json_result(&json, &text, &size) == 0)
        client_reply(c, rq->type, rq->id, text, size);
    else
        client_fail(c, rq->type, rq->id, -EIO, "the answer cannot be written");
    json_close(&json);
}

static const struct handler handlers[] = {
    {.type = CHAOSD_INFO, .run = run_info},
};

void info_register(struct server *server)
{
    server_handlers(server, handlers, sizeof(handlers) / sizeof(handlers[0]));
}
