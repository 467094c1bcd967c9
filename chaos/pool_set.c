/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool_set.c: chaos pool set: a shape to have shells of, taken from the
 * configuration of a VM that is to be made of them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "json.h"
#include "pool.h"

#define NAME_SIZE 64
#define LOW_INITIAL 2
#define HIGH_INITIAL 16

struct set_options {
    const char *name;
    unsigned low, high;
    bool image, json;
};

/* {"name": NAME, "vm": {...}, "image": true, "low": 2, "high": 16} */
static void put_shape(struct json *json, const struct set_options *o,
                      const char *name, const char *vm)
{
    json_map(json, NULL);
    json_text(json, "name", name);
    json_raw(json, "vm", vm);
    json_bool(json, "image", o->image);
    json_number(json, "low", o->low);
    json_number(json, "high", o->high);
    json_map_end(json);
}

static int send_shape(struct cli *cli, const struct set_options *o,
                      const struct json *shape)
{
    const unsigned char *text;
    size_t size;
    char *reply;
    int code;

    if (shape->failed ||
        yajl_gen_get_buf(shape->gen, &text, &size) != yajl_gen_status_ok)
        return cli_error(cli, -ENOMEM, "the shape");
    code = ask_json(cli, CHAOSD_POOL_SET, text, size, ASK_MS, &reply);
    if (code != EXIT_OK)
        return code;
    if (o->json)
        ask_print(cli, reply);
    free(reply);
    return EXIT_OK;
}

static int set(struct cli *cli, const struct set_options *o, const char *name,
               const struct chaos_config *cfg)
{
    struct json shape;
    char *vm;
    int code, rc = chaos_config_json(cli->ctx, cfg, &vm);

    if (rc < 0)
        return cli_fail(cli, rc);
    rc = json_memory(&shape);
    if (rc < 0) {
        free(vm);
        return cli_error(cli, rc, "the shape");
    }
    put_shape(&shape, o, name, vm);
    free(vm);
    code = send_shape(cli, o, &shape);
    yajl_gen_free(shape.gen);
    return code;
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
    const struct set_options *o = options;
    struct chaos_config *cfg;
    char name[NAME_SIZE];
    size_t len;
    const char *stem = config_stem(argv[0], &len);
    int rc, code;

    (void)snprintf(name, sizeof(name), "%.*s",
                   len < sizeof(name) ? (int)len : (int)sizeof(name), stem);
    if (o->low > o->high)
        return cli_usage(cli, "--low %u is more than --high %u", o->low,
                         o->high);
    rc = chaos_config_create(cli->ctx, &cfg);
    if (rc < 0)
        return cli_fail(cli, rc);
    code = config_read(cli, cfg, argc, argv);
    if (code == EXIT_OK)
        code = set(cli, o, o->name ? o->name : name, cfg);
    chaos_config_destroy(cfg);
    return code;
}

#define AT(field) .offset = offsetof(struct set_options, field)

static const struct option_row rows[] = {
    {.long_name = "name",
     .arg = "NAME",
     .help = "of the shape; FILE's, unless given",
     AT(name),
     .type = OPTION_TEXT},
    {.long_name = "low",
     .arg = "N",
     .help = "refill at once when fewer shells are ready",
     AT(low),
     .type = OPTION_NUMBER,
     .min = 0,
     .max = DOMAINS_MAX,
     .initial = LOW_INITIAL},
    {.long_name = "high",
     .arg = "N",
     .help = "refill up to here when nothing else is to be done",
     AT(high),
     .type = OPTION_NUMBER,
     .min = 0,
     .max = DOMAINS_MAX,
     .initial = HIGH_INITIAL},
    {.short_name = 'i',
     .long_name = "image",
     .help = "load the kernel and the ramdisk ahead of time, too",
     AT(image)},
    {.long_name = "json", .help = "print JSON", AT(json)},
    {0}};

const struct command pool_set_command = {
    .name = "pool set",
    .args = "FILE [KEY=VALUE...]",
    .help = "Keep shells for VMs like this one",
    .options = rows,
    .args_min = 1,
    .args_max = -1,
    .run = run,
};
