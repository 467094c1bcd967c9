/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * device_commands.c: chaos vif and chaos vbd: the commands of both groups.
 */
#include "device.h"

static int run_vif_attach(struct cli *cli, const void *options, int argc,
                          char **argv)
{
    return device_attach(cli, &vif_kind, options, argc, argv);
}

static int run_vif_detach(struct cli *cli, const void *options, int argc,
                          char **argv)
{
    (void)argc;
    return device_detach(cli, &vif_kind, options, argv);
}

static int run_vif_list(struct cli *cli, const void *options, int argc,
                        char **argv)
{
    return device_list(cli, &vif_kind, options, argc, argv);
}

static int run_vbd_attach(struct cli *cli, const void *options, int argc,
                          char **argv)
{
    return device_attach(cli, &vbd_kind, options, argc, argv);
}

static int run_vbd_detach(struct cli *cli, const void *options, int argc,
                          char **argv)
{
    (void)argc;
    return device_detach(cli, &vbd_kind, options, argv);
}

static int run_vbd_list(struct cli *cli, const void *options, int argc,
                        char **argv)
{
    return device_list(cli, &vbd_kind, options, argc, argv);
}

static const struct command vif_attach = {
    .name = "vif attach",
    .args = "ID KEY=VALUE...",
    .help = "Give a running VM another network interface",
    .options = attach_rows,
    .args_min = 2,
    .args_max = -1,
    .run = run_vif_attach,
};

static const struct command vif_detach = {
    .name = "vif detach",
    .args = "ID NUMBER|INTERFACE|MAC",
    .help = "Take a network interface from a running VM",
    .options = detach_rows,
    .args_min = 2,
    .args_max = 2,
    .run = run_vif_detach,
};

static const struct command vif_list = {
    .name = "vif list",
    .args = "[ID...]",
    .help = "Show the network interfaces of VMs",
    .options = device_list_rows,
    .args_max = -1,
    .run = run_vif_list,
};

static const struct command vbd_attach = {
    .name = "vbd attach",
    .args = "ID KEY=VALUE...",
    .help = "Give a running VM another disk",
    .options = attach_rows,
    .args_min = 2,
    .args_max = -1,
    .run = run_vbd_attach,
};

static const struct command vbd_detach = {
    .name = "vbd detach",
    .args = "ID VDEV|NUMBER",
    .help = "Take a disk from a running VM",
    .options = detach_rows,
    .args_min = 2,
    .args_max = 2,
    .run = run_vbd_detach,
};

static const struct command vbd_list = {
    .name = "vbd list",
    .args = "[ID...]",
    .help = "Show the disks of VMs",
    .options = device_list_rows,
    .args_max = -1,
    .run = run_vbd_list,
};

static const struct command *const vif_parts[] = {&vif_attach, &vif_detach,
                                                  &vif_list, NULL};
static const struct command *const vbd_parts[] = {&vbd_attach, &vbd_detach,
                                                  &vbd_list, NULL};

const struct command vif_command = {
    .name = "vif",
    .args = "COMMAND [ARGUMENT...]",
    .help = "Attach, detach and show network interfaces",
    .parts = vif_parts,
};

const struct command vbd_command = {
    .name = "vbd",
    .args = "COMMAND [ARGUMENT...]",
    .help = "Attach, detach and show disks",
    .parts = vbd_parts,
};
