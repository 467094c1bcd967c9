/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vbd.c: chaos vbd: the disks of living VMs.
 */
#include "device.h"

static void print_head(struct out *out)
{
    out_printf(out, "%-24s %5s %-8s %-6s %-9s %9s %12s %12s %s\n", "Name", "ID",
               "Disk", "Access", "State", "Size(MiB)", "Read(KiB)",
               "Written(KiB)", "Target");
}

static const char *target_text(const struct chaos_vbd_info *info)
{
    return info->target ? info->target : "-";
}

static const char *access_text(const struct chaos_vbd_info *info)
{
    return info->writable ? "w" : "r";
}

static void print_row(struct out *out, const struct device_show *show,
                      const struct chaos_vbd_info *info)
{
    out_column(out, show->label, 24);
    out_printf(out, " %5u ", show->domid);
    out_column(out, info->vdev, 8);
    out_printf(out, " %-6s %-9s %9llu %12llu %12llu ", access_text(info),
               chaos_device_state_name(info->back_state),
               (unsigned long long)info->size_bytes / 1048576,
               (unsigned long long)info->read_bytes / 1024,
               (unsigned long long)info->written_bytes / 1024);
    out_safe(out, target_text(info));
    out_text(out, "\n");
}

/* One line of `chaos list --long`. */
static void print_long(struct out *out, const struct chaos_vbd_info *info)
{
    out_text(out, "vbd          ");
    out_safe(out, info->vdev);
    out_text(out, ", target ");
    out_safe(out, target_text(info));
    out_printf(out, ", access %s, %llu KiB, %s\n", access_text(info),
               (unsigned long long)info->size_bytes / 1024,
               chaos_device_state_name(info->back_state));
}

static void put_json(const struct device_show *show,
                     const struct chaos_vbd_info *info)
{
    struct json *json = show->json;

    json_map(json, NULL);
    json_text(json, "domain", show->label);
    json_number(json, "domid", show->domid);
    json_number(json, "id", info->id);
    json_text(json, "vdev", info->vdev);
    if (info->target)
        json_text(json, "target", info->target);
    else
        json_null(json, "target");
    if (info->device[0])
        json_text(json, "device", info->device);
    else
        json_null(json, "device");
    json_text(json, "access", access_text(info));
    json_number(json, "size_bytes", info->size_bytes);
    json_text(json, "state", chaos_device_state_name(info->back_state));
    json_number(json, "reads", info->reads);
    json_number(json, "read_bytes", info->read_bytes);
    json_number(json, "writes", info->writes);
    json_number(json, "written_bytes", info->written_bytes);
    json_number(json, "errors", info->errors);
    json_map_end(json);
}

static void show_one(struct cli *cli, const struct device_show *show,
                     const struct chaos_vbd_info *info)
{
    switch (show->form) {
    case SHOW_NAME:
        out_safe(&cli->out, info->vdev);
        out_text(&cli->out, "\n");
        break;
    case SHOW_ROW:
        print_row(&cli->out, show, info);
        break;
    case SHOW_LONG:
        print_long(&cli->out, info);
        break;
    case SHOW_JSON:
        put_json(show, info);
        break;
    }
}

static int show(struct cli *cli, const struct device_show *what)
{
    struct chaos_vbd_info *infos;
    size_t i, count;
    int shown = 0, rc = chaos_vbd_list(cli->ctx, what->domid, &infos, &count);

    if (rc < 0)
        return rc;
    for (i = 0; i < count; i++) {
        if (what->only && infos[i].id != what->id)
            continue;
        show_one(cli, what, &infos[i]);
        shown++;
    }
    chaos_vbd_list_free(infos, count);
    return shown;
}

/* By its name in the guest or its number. */
static int find(struct cli *cli, uint32_t domid, const char *text,
                uint32_t *id_out)
{
    int rc = chaos_vbd_id(cli->ctx, text, id_out);

    (void)domid;
    return rc < 0 ? cli_fail(cli, rc) : EXIT_OK;
}

const struct device_kind vbd_kind = {
    .key = "vbds",
    .print_head = print_head,
    .show = show,
    .find = find,
    .attach = chaos_vbd_attach,
    .detach = chaos_vbd_detach,
};
