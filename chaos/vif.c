/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vif.c: chaos vif: the network interfaces of living VMs.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "device.h"

#define MAC_TEXT 18

static void mac_text(char text[MAC_TEXT], const uint8_t *m)
{
    (void)snprintf(text, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1],
                   m[2], m[3], m[4], m[5]);
}

static void print_head(struct out *out)
{
    out_printf(out, "%-24s %5s %3s %-15s %-15s %-17s %-9s %12s %13s\n", "Name",
               "ID", "Vif", "Interface", "Bridge", "MAC", "State", "Sent(KiB)",
               "Received(KiB)");
}

static void print_row(struct out *out, const struct device_show *show,
                      const struct chaos_vif_info *info)
{
    char mac[MAC_TEXT];

    mac_text(mac, info->mac);
    out_column(out, show->label, 24);
    out_printf(out, " %5u %3u ", show->domid, info->id);
    out_column(out, info->ifname[0] ? info->ifname : "-", 15);
    out_text(out, " ");
    out_column(out, info->bridge[0] ? info->bridge : "-", 15);
    out_printf(out, " %-17s %-9s %12llu %13llu\n", mac,
               chaos_device_state_name(info->back_state),
               (unsigned long long)info->sent_bytes / 1024,
               (unsigned long long)info->received_bytes / 1024);
}

/* One line of `chaos list --long`. */
static void print_long(struct out *out, const struct chaos_vif_info *info,
                       const struct addresses *a)
{
    char mac[MAC_TEXT];
    const char *ip;

    mac_text(mac, info->mac);
    ip = addresses_find(a, info->id, mac);
    out_printf(out, "vif          %u, ", info->id);
    out_safe(out, info->ifname[0] ? info->ifname : "-");
    out_text(out, ", bridge ");
    out_safe(out, info->bridge[0] ? info->bridge : "-");
    out_printf(out, ", mac %s, ip ", mac);
    out_safe(out, ip ? ip : "-");
    out_printf(out, ", mtu %u, %s\n", info->mtu,
               chaos_device_state_name(info->back_state));
}

static void put_text(struct json *json, const char *key, const char *text)
{
    if (text && text[0])
        json_text(json, key, text);
    else
        json_null(json, key);
}

static void put_json(const struct device_show *show,
                     const struct chaos_vif_info *info,
                     const struct addresses *a)
{
    struct json *json = show->json;
    char mac[MAC_TEXT];

    mac_text(mac, info->mac);
    json_map(json, NULL);
    json_text(json, "domain", show->label);
    json_number(json, "domid", show->domid);
    json_number(json, "id", info->id);
    put_text(json, "ifname", info->ifname);
    put_text(json, "bridge", info->bridge);
    json_text(json, "mac", mac);
    put_text(json, "ip", addresses_find(a, info->id, mac));
    json_number(json, "mtu", info->mtu);
    json_text(json, "state", chaos_device_state_name(info->back_state));
    json_number(json, "sent_packets", info->sent_packets);
    json_number(json, "sent_bytes", info->sent_bytes);
    json_number(json, "received_packets", info->received_packets);
    json_number(json, "received_bytes", info->received_bytes);
    json_number(json, "errors", info->errors);
    json_map_end(json);
}

static void show_one(struct cli *cli, const struct device_show *show,
                     const struct chaos_vif_info *info,
                     const struct addresses *a)
{
    switch (show->form) {
    case SHOW_NAME:
        out_safe(&cli->out, info->ifname);
        out_text(&cli->out, "\n");
        break;
    case SHOW_ROW:
        print_row(&cli->out, show, info);
        break;
    case SHOW_LONG:
        print_long(&cli->out, info, a);
        break;
    case SHOW_JSON:
        put_json(show, info, a);
        break;
    }
}

static int show(struct cli *cli, const struct device_show *what)
{
    struct chaos_vif_info *infos;
    struct addresses a = {.tree = NULL};
    size_t i, count;
    int shown = 0, rc = chaos_vif_list(cli->ctx, what->domid, &infos, &count);

    if (rc < 0)
        return rc;
    if (count > 0 && (what->form == SHOW_LONG || what->form == SHOW_JSON))
        addresses_read(cli, what->domid, &a);
    for (i = 0; i < count; i++) {
        if (what->only && infos[i].id != what->id)
            continue;
        show_one(cli, what, &infos[i], &a);
        shown++;
    }
    addresses_dispose(&a);
    chaos_vif_list_free(infos, count);
    return shown;
}

/* By its number, its interface in domain 0 or its MAC address. */
static int find(struct cli *cli, uint32_t domid, const char *text,
                uint32_t *id_out)
{
    struct chaos_vif_info *infos;
    bool found = false;
    size_t i, count;
    int rc;

    if (number_parse(text, 0, UINT32_MAX, id_out) == 0)
        return EXIT_OK;
    rc = chaos_vif_list(cli->ctx, domid, &infos, &count);
    if (rc < 0)
        return cli_fail(cli, rc);
    for (i = 0; i < count && !found; i++) {
        char mac[MAC_TEXT];

        mac_text(mac, infos[i].mac);
        found = strcmp(text, infos[i].ifname) == 0 || !strcasecmp(text, mac);
        if (found)
            *id_out = infos[i].id;
    }
    chaos_vif_list_free(infos, count);
    if (!found)
        return cli_error(cli, 0, "domain %u has no vif '%s'", domid, text);
    return EXIT_OK;
}

const struct device_kind vif_kind = {
    .key = "vifs",
    .print_head = print_head,
    .show = show,
    .find = find,
    .attach = chaos_vif_attach,
    .detach = chaos_vif_detach,
};
