/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * device.c: attach, detach and list, the same for vifs and vbds.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"

#define DETACH_SECONDS 30
#define KEY_SIZE 128

/* As cli_fail, without "vifs[0].", which nobody wrote. */
static int refuse(struct cli *cli, const struct device_kind *kind, int rc)
{
    const char *text = chaos_ctx_error(cli->ctx);
    size_t len = strlen(kind->key);

    if (strncmp(text, kind->key, len) == 0) {
        if (strncmp(text + len, "[0].", 4) == 0)
            text += len + 4;
        else if (strncmp(text + len, "[0]: ", 5) == 0)
            text += len + 5;
    }
    return cli_error(cli, rc, "%s", text);
}

/* KEY=VALUE of the one device there is. */
static int set_key(struct cli *cli, const struct device_kind *kind,
                   struct chaos_config *cfg, const char *word)
{
    const char *equals = strchr(word, '=');
    char key[KEY_SIZE];
    int rc;

    if (!equals || equals == word)
        return cli_usage(cli, "'%s' is not KEY=VALUE", word);
    (void)snprintf(key, sizeof(key), "%s[0].%.*s", kind->key,
                   (int)(equals - word), word);
    rc = chaos_config_set(cli->ctx, cfg, key, equals + 1);
    return rc < 0 ? refuse(cli, kind, rc) : EXIT_OK;
}

/* `what` of it: its name, or all as JSON. */
static int print_new(struct cli *cli, const struct device_kind *kind,
                     const struct device_show *what)
{
    struct device_show show = *what;
    struct json json;
    int rc;

    if (show.form == SHOW_JSON) {
        rc = json_open(&json, &cli->out);
        if (rc < 0)
            return cli_error(cli, rc, "JSON");
        show.json = &json;
    }
    rc = kind->show(cli, &show);
    if (show.form == SHOW_JSON && json_close(&json) < 0)
        return cli_error(cli, -EIO, "JSON");
    if (rc == 0)
        return cli_error(cli, 0, "%s: it was attached, but is gone",
                         show.label);
    return rc < 0 ? cli_fail(cli, rc) : EXIT_OK;
}

static int attach(struct cli *cli, const struct device_kind *kind,
                  const struct attach_options *o, struct chaos_config *cfg,
                  int argc, char **argv)
{
    struct device_show show = {.form = o->json ? SHOW_JSON : SHOW_NAME,
                               .label = argv[0],
                               .only = true};
    int i, rc, code = EXIT_OK;

    for (i = 1; i < argc && code == EXIT_OK; i++)
        code = set_key(cli, kind, cfg, argv[i]);
    if (code == EXIT_OK)
        code = domain_find(cli, argv[0], &show.domid);
    if (code != EXIT_OK)
        return code;
    signals_hold();
    rc = kind->attach(cli->ctx, show.domid, cfg, &show.id);
    if (rc < 0)
        code = refuse(cli, kind, rc);
    else if (o->json || !cli->quiet)
        code = print_new(cli, kind, &show);
    if (cli_flush(cli) != EXIT_OK)
        code = EXIT_FAILED;
    signals_release();
    return code;
}

int device_attach(struct cli *cli, const struct device_kind *kind,
                  const struct attach_options *o, int argc, char **argv)
{
    struct chaos_config *cfg;
    int code, rc = chaos_config_create(cli->ctx, &cfg);

    if (rc < 0)
        return cli_fail(cli, rc);
    code = attach(cli, kind, o, cfg, argc, argv);
    chaos_config_destroy(cfg);
    return code;
}

int device_detach(struct cli *cli, const struct device_kind *kind,
                  const struct detach_options *o, char **argv)
{
    uint32_t domid, id;
    int rc, code = domain_find(cli, argv[0], &domid);

    if (code == EXIT_OK)
        code = kind->find(cli, domid, argv[1], &id);
    if (code != EXIT_OK)
        return code;
    rc = kind->detach(cli->ctx, domid, id, o->seconds * 1000u, o->force);
    /* That a device is not there says the text; no file is meant. */
    if (rc == -ENOENT)
        return cli_error(cli, 0, "%s", chaos_ctx_error(cli->ctx));
    return rc < 0 ? cli_fail(cli, rc) : EXIT_OK;
}

/* Those of all domains; a domain that vanishes meanwhile has none. */
static int show_all(struct cli *cli, const struct device_kind *kind,
                    struct json *json, const struct chaos_domain_info *infos,
                    size_t count)
{
    struct device_show show = {.form = json ? SHOW_JSON : SHOW_ROW,
                               .json = json};
    size_t i;
    int rc = 0;

    for (i = 0; i < count && (rc >= 0 || rc == -ESRCH); i++) {
        show.label = domain_label(&infos[i]);
        show.domid = infos[i].domid;
        /* Domain 0 gives devices and has none. */
        if (show.domid != 0)
            rc = kind->show(cli, &show);
    }
    return rc < 0 && rc != -ESRCH ? rc : 0;
}

static int list_json_form(struct cli *cli, const struct device_kind *kind,
                          const struct chaos_domain_info *infos, size_t count)
{
    struct json json;
    int rc = json_open(&json, &cli->out);

    if (rc < 0)
        return cli_error(cli, rc, "JSON");
    json_array(&json, NULL);
    rc = show_all(cli, kind, &json, infos, count);
    json_array_end(&json);
    if (json_close(&json) < 0)
        return cli_error(cli, -EIO, "JSON");
    return rc < 0 ? cli_fail(cli, rc) : EXIT_OK;
}

int device_list(struct cli *cli, const struct device_kind *kind,
                const struct device_list_options *o, int argc, char **argv)
{
    struct chaos_domain_info *infos;
    size_t count;
    int shown = EXIT_OK, rc,
        code = infos_find(cli, argc, argv, false, &infos, &count);

    if (code != EXIT_OK && count == 0) {
        ; /* nothing to show */
    } else if (o->json) {
        shown = list_json_form(cli, kind, infos, count);
    } else {
        kind->print_head(&cli->out);
        rc = show_all(cli, kind, NULL, infos, count);
        if (rc < 0)
            shown = cli_fail(cli, rc);
    }
    free(infos);
    return code == EXIT_OK ? shown : code;
}

const struct option_row attach_rows[] = {
    {.long_name = "json",
     .help = "print what was made as JSON",
     .offset = offsetof(struct attach_options, json)},
    {0}};

const struct option_row detach_rows[] = {
    {.short_name = 'f',
     .long_name = "force",
     .help = "remove it whatever the guest does, without waiting",
     .offset = offsetof(struct detach_options, force)},
    {.short_name = 't',
     .long_name = "timeout",
     .arg = "SECONDS",
     .help = "wait for the guest no longer than this",
     .offset = offsetof(struct detach_options, seconds),
     .type = OPTION_NUMBER,
     .min = 1,
     .max = SECONDS_MAX,
     .initial = DETACH_SECONDS},
    {0}};

const struct option_row device_list_rows[] = {
    {.long_name = "json",
     .help = "print JSON",
     .offset = offsetof(struct device_list_options, json)},
    {0}};
