/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * target.c: from the names and ids of a command line to domains.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <chaos/shell.h>

#include "cli.h"

#define DOM0_LABEL "Domain-0"

const char *domain_label(const struct chaos_domain_info *info)
{
    if (info->name[0] != '\0')
        return info->name;
    return info->domid == 0 ? DOM0_LABEL : "-";
}

/* What is in the making belongs to the program that makes it. */
static int check_made(struct cli *cli, uint32_t domid)
{
    struct chaos_birth birth;
    int rc = chaos_birth(cli->ctx, domid, &birth);

    if (rc == -ENOENT)
        return EXIT_OK;
    if (rc < 0)
        return cli_fail(cli, rc);
    if (birth.orphan)
        return cli_error(cli, 0,
                         "domain %u was left in the making by a program that "
                         "died: 'chaos reap' ends it",
                         domid);
    if (birth.shell)
        return cli_error(cli, 0,
                         "domain %u is a shell of chaosd's pool: 'chaos pool "
                         "drain' ends shells",
                         domid);
    return cli_error(cli, 0, "domain %u is still being made", domid);
}

int domain_find(struct cli *cli, const char *name_or_id, uint32_t *domid_out)
{
    uint32_t domid;
    int code, rc = chaos_domain_lookup(cli->ctx, name_or_id, &domid);

    /* The name that `list` gives it where it has none of its own. */
    if (rc == -ESRCH && strcmp(name_or_id, DOM0_LABEL) == 0) {
        *domid_out = 0;
        return EXIT_OK;
    }
    if (rc < 0)
        return cli_fail(cli, rc);
    code = check_made(cli, domid);
    if (code == EXIT_OK)
        *domid_out = domid;
    return code;
}

static void drop_unmade(struct chaos_domain_info *infos, size_t *count)
{
    size_t i, kept = 0;

    for (i = 0; i < *count; i++)
        if (!infos[i].building)
            infos[kept++] = infos[i];
    *count = kept;
}

int targets_find(struct cli *cli, int argc, char **argv,
                 struct target **targets_out, size_t *count_out)
{
    struct target *targets = calloc((size_t)argc + 1, sizeof(*targets));
    int i, code = EXIT_OK;
    size_t count = 0;

    if (!targets)
        code = cli_error(cli, -ENOMEM, "%d domains", argc);
    for (i = 0; targets && i < argc; i++) {
        if (domain_find(cli, argv[i], &targets[count].domid) == EXIT_OK)
            targets[count++].label = argv[i];
        else
            code = EXIT_FAILED;
    }
    *targets_out = targets;
    *count_out = count;
    return code;
}

int infos_find(struct cli *cli, int argc, char **argv, bool all,
               struct chaos_domain_info **infos_out, size_t *count_out)
{
    struct chaos_domain_info *infos;
    struct target *targets;
    size_t i, found = 0, count;
    int rc, code;

    *infos_out = NULL;
    *count_out = 0;
    if (argc == 0) {
        rc = chaos_domain_list(cli->ctx, infos_out, count_out);
        if (rc == 0 && !all)
            drop_unmade(*infos_out, count_out);
        return rc < 0 ? cli_fail(cli, rc) : EXIT_OK;
    }
    code = targets_find(cli, argc, argv, &targets, &count);
    infos = calloc(count + 1, sizeof(*infos));
    if (!infos)
        code = cli_error(cli, -ENOMEM, "%zu domains", count);
    for (i = 0; infos && i < count; i++) {
        rc = chaos_domain_info(cli->ctx, targets[i].domid, &infos[found]);
        if (rc < 0)
            code = cli_fail(cli, rc);
        else
            found++;
    }
    free(targets);
    *infos_out = infos;
    *count_out = found;
    return code;
}

int domains_each(struct cli *cli, int argc, char **argv, domain_fn *fn)
{
    int i, code = EXIT_OK;

    for (i = 0; i < argc; i++) {
        uint32_t domid;
        int rc;

        if (domain_find(cli, argv[i], &domid) != EXIT_OK) {
            code = EXIT_FAILED;
            continue;
        }
        rc = fn(cli->ctx, domid);
        if (rc < 0)
            code = cli_fail(cli, rc);
    }
    return code;
}
