/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config.c: the configuration of a VM from FILE [KEY=VALUE...].
 */
#include <string.h>

#include "cli.h"

/* KEY=VALUE; the key ends at the first '='. */
static int set_key(struct cli *cli, struct chaos_config *cfg, char *word)
{
    char *equals = strchr(word, '=');
    int rc;

    if (!equals || equals == word)
        return cli_usage(cli, "'%s' is not KEY=VALUE", word);
    *equals = '\0';
    rc = chaos_config_set(cli->ctx, cfg, word, equals + 1);
    *equals = '=';
    return rc < 0 ? cli_fail(cli, rc) : EXIT_OK;
}

int config_read(struct cli *cli, struct chaos_config *cfg, int argc,
                char **argv)
{
    int i, code = EXIT_OK;
    int rc = chaos_config_load(cli->ctx, cfg, argv[0]);

    if (rc < 0)
        return cli_fail(cli, rc);
    for (i = 1; i < argc && code == EXIT_OK; i++)
        code = set_key(cli, cfg, argv[i]);
    if (code != EXIT_OK)
        return code;
    /* What is missing in the whole is missing in the file. */
    rc = chaos_config_check(cli->ctx, cfg);
    if (rc < 0)
        return cli_error(cli, rc, "%s: %s", argv[0], chaos_ctx_error(cli->ctx));
    return EXIT_OK;
}

const char *config_stem(const char *path, size_t *len_out)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');

    if (strcmp(path, "-") == 0) {
        *len_out = 2;
        return "vm";
    }
    *len_out = dot && dot > base ? (size_t)(dot - base) : strlen(base);
    return base;
}
