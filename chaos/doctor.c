/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * doctor.c: chaos doctor: how many more guests this host holds, what ends that
 * first, and what to do about it.
 */
#include <stdio.h>
#include <stdlib.h>

#include <chaos/shell.h>

#include "ask.h"
#include "doctor.h"

/* Of a guest of which nothing is known. */
#define MEMORY_KB 4096u

struct doctor_options {
    unsigned count;
    bool json;
};

static void note_bridges(yajl_val vifs, struct guest_shape *shape)
{
    unsigned i;

    for (i = 0; i < shape->vifs && i < GUEST_VIFS_MAX; i++)
        (void)snprintf(shape->bridges[i], sizeof(shape->bridges[i]), "%s",
                       ask_text(vifs->u.array.values[i], "bridge"));
}

static int count_devices(struct cli *cli, const struct chaos_config *cfg,
                         struct guest_shape *shape_out)
{
    yajl_val tree, vifs, vbds;
    char *json;
    int rc = chaos_config_json(cli->ctx, cfg, &json);

    if (rc < 0)
        return cli_fail(cli, rc);
    tree = ask_parse(cli, json);
    free(json);
    if (!tree)
        return EXIT_FAILED;
    vifs = ask_value(tree, "vifs");
    vbds = ask_value(tree, "vbds");
    shape_out->vifs = vifs ? (unsigned)YAJL_GET_ARRAY(vifs)->len : 0;
    shape_out->vbds = vbds ? (unsigned)YAJL_GET_ARRAY(vbds)->len : 0;
    if (vifs)
        note_bridges(vifs, shape_out);
    yajl_tree_free(tree);
    return EXIT_OK;
}

/* Takes the vifs out: a shell's shape has room for fewer than a VM may have. */
static int shape_of(struct cli *cli, struct chaos_config *cfg,
                    struct guest_shape *shape_out)
{
    struct chaosd_shape shape;
    int rc, code = count_devices(cli, cfg, shape_out);

    if (code != EXIT_OK)
        return code;
    rc = chaos_config_set(cli->ctx, cfg, "vifs", "[]");
    if (rc == 0)
        rc = chaos_shape_of(cli->ctx, cfg, &shape);
    if (rc < 0)
        return cli_fail(cli, rc);
    shape_out->memory_kb = shape.memory_kb;
    shape_out->xenstore = shape.flags & CHAOSD_SHAPE_XENSTORE;
    return EXIT_OK;
}

/* Without a configuration: a unikernel with a vif. */
static int read_shape(struct cli *cli, int argc, char **argv,
                      struct guest_shape *shape_out)
{
    struct chaos_config *cfg;
    int code, rc;

    *shape_out = (struct guest_shape){.memory_kb = MEMORY_KB, .vifs = 1};
    if (argc == 0)
        return EXIT_OK;
    rc = chaos_config_create(cli->ctx, &cfg);
    if (rc < 0)
        return cli_fail(cli, rc);
    code = config_read(cli, cfg, argc, argv);
    if (code == EXIT_OK)
        code = shape_of(cli, cfg, shape_out);
    chaos_config_destroy(cfg);
    return code;
}

static int examine(struct doctor *dr, bool json)
{
    int code, rc = 0;

    /* First, for what is worth saying of Xen depends on it. */
    doctor_parts(dr);
    code = doctor_xen(dr);
    if (code != EXIT_OK)
        return code;
    doctor_dom0(dr);
    doctor_net(dr);
    doctor_sort(dr);
    if (json)
        rc = doctor_json(dr);
    else
        doctor_table(dr);
    if (rc < 0)
        return cli_error(dr->cli, rc, "JSON");
    return doctor_is_bad(dr) ? EXIT_FAILED : EXIT_OK;
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
    const struct doctor_options *o = options;
    struct doctor *dr = calloc(1, sizeof(*dr));
    int code;

    if (!dr)
        return cli_error(cli, 0, "no memory");
    dr->cli = cli;
    dr->root = doctor_root();
    dr->wanted = o->count;
    code = read_shape(cli, argc, argv, &dr->shape);
    if (code == EXIT_OK)
        code = examine(dr, o->json);
    free(dr);
    return code;
}

static const struct option_row rows[] = {
    {.short_name = 'n',
     .long_name = "count",
     .arg = "N",
     .help = "fail where there is no room for so many more guests",
     .offset = offsetof(struct doctor_options, count),
     .type = OPTION_NUMBER,
     .min = 1,
     .max = DOMAINS_MAX,
     .initial = 1},
    {.long_name = "json",
     .help = "print JSON",
     .offset = offsetof(struct doctor_options, json)},
    {0}};

const struct command doctor_command = {
    .name = "doctor",
    .args = "[FILE [KEY=VALUE...]]",
    .help = "Show how many more VMs this host holds, and what ends that first",
    .options = rows,
    .args_max = -1,
    .run = run,
};
