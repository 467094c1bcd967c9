/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * top_json.c: chaos top --json: for programs.
 */
#include <errno.h>
#include <stdio.h>

#include "json.h"
#include "top.h"

static void put_decimal(struct json *json, const char *key, double value)
{
    char text[40];

    (void)snprintf(text, sizeof(text), "%.3f", value);
    json_raw(json, key, text);
}

/* null: not there before, or without such a device. */
static void put_rate(struct json *json, const char *key, bool is_known,
                     double value)
{
    if (is_known)
        put_decimal(json, key, value);
    else
        json_null(json, key);
}

static void put_traffic(struct json *json, const struct top_row *row)
{
    static const struct chaos_traffic none;
    const struct chaos_traffic *t = row->traffic ? row->traffic : &none;
    bool net = row->has_rates && t->vifs > 0;
    bool disk = row->has_rates && t->vbds > 0;

    json_number(json, "vifs", t->vifs);
    json_number(json, "received_bytes", t->received_bytes);
    put_rate(json, "received_bytes_per_second", net, row->received);
    json_number(json, "sent_bytes", t->sent_bytes);
    put_rate(json, "sent_bytes_per_second", net, row->sent);
    json_number(json, "vbds", t->vbds);
    json_number(json, "read_bytes", t->read_bytes);
    put_rate(json, "read_bytes_per_second", disk, row->read);
    json_number(json, "written_bytes", t->written_bytes);
    put_rate(json, "written_bytes_per_second", disk, row->written);
}

static void put_row(struct json *json, const struct top_row *row)
{
    const struct chaos_domain_info *info = row->info;

    json_map(json, NULL);
    if (info->name[0] != '\0' || info->domid == 0)
        json_text(json, "name", domain_label(info));
    else
        json_null(json, "name");
    json_number(json, "domid", info->domid);
    json_bus(json, info->bus);
    json_text(json, "state", top_state(info));
    json_number(json, "cpu_time_ns", info->cpu_time_ns);
    put_rate(json, "cpu_percent", row->has_rates, row->cpu);
    json_number(json, "vcpus", info->vcpus);
    json_number(json, "memory_kb", info->memory_kb);
    json_number(json, "max_memory_kb", info->max_memory_kb);
    put_traffic(json, row);
    json_map_end(json);
}

static void put_view(struct json *json, const struct top_view *view)
{
    const struct chaos_host_info *host = &view->sample->host;
    size_t i;

    json_map(json, NULL);
    put_decimal(json, "seconds", view->seconds);
    json_number(json, "cpus", host->cpus);
    put_decimal(json, "cpu_percent", view->cpu);
    json_number(json, "memory_kb", host->total_kb);
    json_number(json, "free_kb", host->free_kb);
    json_array(json, "vms");
    for (i = 0; i < view->count; i++)
        put_row(json, &view->rows[i]);
    json_array_end(json);
    json_map_end(json);
}

int top_json(struct out *out, const struct top_view *view)
{
    const unsigned char *text;
    struct json json;
    size_t size;
    int rc = json_memory(&json);

    if (rc < 0)
        return rc;
    put_view(&json, view);
    if (yajl_gen_get_buf(json.gen, &text, &size) == yajl_gen_status_ok) {
        out_bytes(out, (const char *)text, size);
        out_text(out, "\n");
    } else {
        json.failed = true;
    }
    return json_close(&json);
}
