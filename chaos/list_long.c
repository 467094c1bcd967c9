/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * list_long.c: chaos list --long: everything about each VM, for people.
 */
#include <noxs/sysctl.h>

#include "device.h"
#include "json.h"
#include "list.h"

void details_read(struct cli *cli, uint32_t domid, struct details *details)
{
    int rc = chaos_domain_devices(cli->ctx, domid, details->devices);

    /* It may have ended meanwhile, or have no sysctl device. */
    details->device_count = rc < 0 ? 0 : rc;
    rc = chaos_domain_guest_state(cli->ctx, domid, &details->guest);
    details->has_guest = rc == 0;
}

const char *device_type_name(uint32_t type)
{
    static const char *const names[] = {
        [NOXS_DEV_SYSCTL] = "sysctl",
        [NOXS_DEV_CONSOLE] = "console",
        [NOXS_DEV_VIF] = "vif",
        [NOXS_DEV_VBD] = "vbd",
    };

    return type < sizeof(names) / sizeof(*names) ? names[type] : NULL;
}

const char *guest_state_name(uint32_t state)
{
    static const char *const names[] = {
        [NOXS_STATE_BOOTING] = "booting",
        [NOXS_STATE_UP] = "up",
        [NOXS_STATE_STOPPING] = "stopping",
        [NOXS_STATE_SUSPENDING] = "suspending",
    };

    return state < sizeof(names) / sizeof(*names) ? names[state] : NULL;
}

static void print_state(struct out *out, const struct chaos_domain_info *info)
{
    out_text(out, "state       ");
    if (info->dying)
        out_text(out, " dying");
    if (info->stopped)
        out_printf(out, " stopped (%s)", chaos_reason_name(info->reason));
    if (info->paused)
        out_text(out, " paused");
    if (info->blocked)
        out_text(out, " blocked");
    if (info->running)
        out_text(out, " running");
    out_text(out, "\n");
}

static void print_details(struct out *out, const struct details *details)
{
    int i;

    if (details->has_guest) {
        const char *name = guest_state_name(details->guest.state);

        out_printf(out, "guest        %s", name ? name : "unknown");
        if (details->guest.up_time_ns)
            out_printf(out, ", up since %.6f s of the host's time",
                       (double)details->guest.up_time_ns / 1e9);
        out_printf(out, "\nexit code    %u\n", details->guest.exit_code);
    }
    for (i = 0; i < details->device_count; i++) {
        const struct noxs_device *dev = &details->devices[i];
        const char *name = device_type_name(dev->type);

        out_printf(out,
                   "device       %s %u, back end %u, event channel %u, "
                   "features 0x%llx\n",
                   name ? name : "unknown", dev->id, dev->backend, dev->evtchn,
                   (unsigned long long)dev->features);
    }
}

static void print_domain(struct cli *cli, const struct chaos_domain_info *info)
{
    struct out *out = &cli->out;
    struct device_show show = {.form = SHOW_LONG};
    struct details details;
    char uuid[UUID_TEXT];

    details_read(cli, info->domid, &details);
    uuid_text(uuid, info->uuid);
    out_text(out, "name         ");
    out_safe(out, list_label(cli, info));
    out_printf(out, "\nid           %u\nuuid         %s\n", info->domid, uuid);
    out_printf(out, "generation   %llu\ntype         %s\n",
               (unsigned long long)info->generation, info->hvm ? "hvm" : "pv");
    if (info->bus != CHAOS_BUS_NONE)
        out_printf(out, "bus          %s\n", chaos_bus_name(info->bus));
    print_state(out, info);
    out_printf(out, "memory       %llu KiB of at most %llu KiB\n",
               (unsigned long long)info->memory_kb,
               (unsigned long long)info->max_memory_kb);
    out_printf(out, "vcpus        %u\ncpu time     %.6f s\n", info->vcpus,
               (double)info->cpu_time_ns / 1e9);
    print_details(out, &details);
    show.domid = info->domid;
    if (info->domid != 0) {
        /* A device of a domain that has ended meanwhile is no error. */
        (void)vif_kind.show(cli, &show);
        (void)vbd_kind.show(cli, &show);
    }
}

void list_long(struct cli *cli, const struct chaos_domain_info *infos,
               size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (i > 0)
            out_text(&cli->out, "\n");
        print_domain(cli, &infos[i]);
    }
}
