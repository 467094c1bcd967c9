/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * target.c: from the names and ids of a command line to domains.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <chaos/shell.h>

#include "cli.h"

#define DOM0_LABEL "Domain-0"
#define MAKING_NS 5000000
#define MAKING_TRIES 400

const char *domain_label(const struct chaos_domain_info *info)
{
    if (info->name[0] != '\0')
        return info->name;
    return info->domid == 0 ? DOM0_LABEL : "-";
}

static int refuse_unmade(struct cli *cli, const struct chaos_birth *birth)
{
    if (birth->orphan)
        return cli_error(cli, 0,
                         "domain %u was left in the making by a program that "
                         "died: 'chaos reap' ends it",
                         birth->domid);
    if (birth->shell)
        return cli_error(cli, 0,
                         "domain %u is a shell of chaosd's pool: 'chaos pool "
                         "drain' ends shells",
                         birth->domid);
    return cli_error(cli, 0, "domain %u is still being made", birth->domid);
}

/*
 * 0: it is made; -EAGAIN: it will be soon. What is in the making belongs to the
 * program that makes it.
 */
static int look_up(struct cli *cli, const char *name_or_id, uint32_t *domid_out,
                   struct chaos_birth *birth)
{
    int rc = chaos_domain_lookup(cli->ctx, name_or_id, domid_out);

    /* The name that `list` gives it where it has none of its own. */
    if (rc == -ESRCH && strcmp(name_or_id, DOM0_LABEL) == 0) {
        *domid_out = 0;
        return 0;
    }
    if (rc < 0)
        return rc;
    rc = chaos_birth(cli->ctx, *domid_out, birth);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    return -EAGAIN;
}

/*
 * A VM that is restarted has its name before it is made, which takes some
 * milliseconds more and is told by nobody.
 */
int domain_find(struct cli *cli, const char *name_or_id, uint32_t *domid_out)
{
    const struct timespec pause = {.tv_nsec = MAKING_NS};
    struct chaos_birth birth;
    unsigned tries = 0;
    uint32_t domid;
    int rc;

    while ((rc = look_up(cli, name_or_id, &domid, &birth)) == -EAGAIN) {
        if (birth.orphan || birth.shell || ++tries > MAKING_TRIES)
            return refuse_unmade(cli, &birth);
        (void)nanosleep(&pause, NULL);
    }
    if (rc < 0)
        return cli_fail(cli, rc);
    *domid_out = domid;
    return EXIT_OK;
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
