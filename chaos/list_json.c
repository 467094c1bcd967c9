/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * list_json.c: chaos list --json: everything about each VM, for programs.
 */
#include "device.h"
#include "json.h"
#include "list.h"

static void put_state(struct json *json, const struct chaos_domain_info *info)
{
    json_map(json, "state");
    json_bool(json, "running", info->running);
    json_bool(json, "blocked", info->blocked);
    json_bool(json, "paused", info->paused);
    json_bool(json, "stopped", info->stopped);
    json_bool(json, "dying", info->dying);
    json_map_end(json);
    if (info->stopped)
        json_text(json, "reason", chaos_reason_name(info->reason));
    else
        json_null(json, "reason");
}

static void put_guest(struct json *json, const struct details *details)
{
    const char *name;

    if (!details->has_guest) {
        json_null(json, "guest");
        return;
    }
    name = guest_state_name(details->guest.state);
    json_map(json, "guest");
    json_text(json, "state", name ? name : "unknown");
    json_number(json, "exit_code", details->guest.exit_code);
    json_number(json, "up_time_ns", details->guest.up_time_ns);
    json_map_end(json);
}

static void put_devices(struct json *json, const struct details *details)
{
    int i;

    json_array(json, "devices");
    for (i = 0; i < details->device_count; i++) {
        const struct noxs_device *dev = &details->devices[i];
        const char *name = device_type_name(dev->type);

        json_map(json, NULL);
        json_text(json, "type", name ? name : "unknown");
        json_number(json, "id", dev->id);
        json_number(json, "backend", dev->backend);
        json_number(json, "generation", dev->generation);
        json_number(json, "evtchn", dev->evtchn);
        json_number(json, "features", dev->features);
        json_map_end(json);
    }
    json_array_end(json);
}

/* As `chaos vif list --json` and `chaos vbd list --json` have them. */
static void put_kind(struct cli *cli, struct json *json,
                     const struct chaos_domain_info *info,
                     const struct device_kind *kind)
{
    struct device_show show = {.form = SHOW_JSON,
                               .json = json,
                               .label = domain_label(info),
                               .domid = info->domid};

    json_array(json, kind->key);
    /* A device of a domain that has ended meanwhile is no error. */
    if (info->domid != 0)
        (void)kind->show(cli, &show);
    json_array_end(json);
}

static void put_building(struct cli *cli, struct json *json,
                         const struct chaos_domain_info *info)
{
    const char *what = building_name(cli, info);

    if (what)
        json_text(json, "building", what);
    else
        json_null(json, "building");
}

static void put_domain(struct cli *cli, struct json *json,
                       const struct chaos_domain_info *info)
{
    struct details details;

    details_read(cli, info->domid, &details);
    json_map(json, NULL);
    if (info->name[0] != '\0' || info->domid == 0)
        json_text(json, "name", domain_label(info));
    else
        json_null(json, "name");
    json_number(json, "domid", info->domid);
    json_uuid(json, "uuid", info->uuid);
    json_number(json, "generation", info->generation);
    json_text(json, "type", info->hvm ? "hvm" : "pv");
    json_bus(json, info->bus);
    put_building(cli, json, info);
    put_state(json, info);
    put_guest(json, &details);
    json_number(json, "vcpus", info->vcpus);
    json_number(json, "memory_kb", info->memory_kb);
    json_number(json, "max_memory_kb", info->max_memory_kb);
    json_number(json, "cpu_time_ns", info->cpu_time_ns);
    put_devices(json, &details);
    put_kind(cli, json, info, &vif_kind);
    put_kind(cli, json, info, &vbd_kind);
    json_map_end(json);
}

int list_json(struct cli *cli, const struct chaos_domain_info *infos,
              size_t count)
{
    struct json json;
    size_t i;
    int rc = json_open(&json, &cli->out);

    if (rc < 0)
        return rc;
    json_array(&json, NULL);
    for (i = 0; i < count; i++)
        put_domain(cli, &json, &infos[i]);
    json_array_end(&json);
    return json_close(&json);
}
