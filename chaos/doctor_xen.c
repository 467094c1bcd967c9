/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * doctor_xen.c: what the hypervisor has a limited number of.
 */
#include <errno.h>
#include <stdlib.h>

#include "doctor.h"

/*
 * Beside its own memory a guest takes: its struct domain, vCPU, shared pages,
 * device page, grant and maptrack tables; about.
 */
#define XEN_KB_EACH 96u
/* Pages of domain 0 that a front end maps: control page, rings. */
#define VIF_GRANTS 3u
#define VBD_GRANTS 2u

static void find_version(struct doctor *dr, const struct chaos_host_info *host)
{
    doctor_thing(dr, "xen", FINDING_OK, "%u.%u%s", host->xen_major,
                 host->xen_minor, host->xen_extra);
    if (host->noxs_version == NOXS_VERSION) {
        doctor_thing(dr, "noxs in xen", FINDING_OK, "version %u",
                     host->noxs_version);
        return;
    }
    if (host->noxs_version)
        doctor_thing(dr, "noxs in xen", FINDING_BAD, "version %u, not %u",
                     host->noxs_version, NOXS_VERSION);
    else
        doctor_thing(dr, "noxs in xen",
                     dr->xenstored ? FINDING_NOTE : FINDING_BAD, "none");
    finding_remedy(&dr->findings[dr->count - 1],
                   "boot the patched Xen (docs/install.md)%s",
                   host->noxs_version ? ""
                                      : ", or give guests the XenStore bus");
}

static void find_memory(struct doctor *dr, const struct chaos_host_info *host)
{
    uint64_t each = dr->shape.memory_kb + XEN_KB_EACH;
    struct finding *f =
        doctor_limit(dr, "memory", "KiB", host->total_kb - host->free_kb,
                     host->total_kb, each);

    finding_remedy(f,
                   "a guest takes %llu KiB: make guests smaller, end some, "
                   "or boot Xen with a smaller dom0_mem=",
                   (unsigned long long)each);
}

static void find_domains(struct doctor *dr, uint64_t limit)
{
    struct chaos_domain_info *infos;
    size_t count;

    if (chaos_domain_list(dr->cli->ctx, &infos, &count) < 0)
        return;
    free(infos);
    finding_remedy(doctor_limit(dr, "domain ids", "", count, limit, 1),
                   "Xen has no more: use another host as well");
}

/* Used are those of back ends: what else has grants is hardly any. */
static void find_grants(struct doctor *dr,
                        const struct chaos_host_limits *limits)
{
    uint64_t each = dr->shape.vifs * VIF_GRANTS + dr->shape.vbds * VBD_GRANTS;
    uint64_t used = 0;
    uint64_t max =
        (uint64_t)limits->grant_frames_max * limits->grants_per_frame;
    struct chaos_traffic *traffic;
    size_t i, count;

    if (chaos_traffic_list(dr->cli->ctx, &traffic, &count) < 0)
        return;
    for (i = 0; i < count; i++) {
        /* Linux's own back ends use the guests'. */
        if (traffic[i].bus == CHAOS_BUS_NOXS)
            used += traffic[i].vifs * VIF_GRANTS + traffic[i].vbds * VBD_GRANTS;
    }
    free(traffic);
    finding_remedy(doctor_limit(dr, "grants of domain 0", "", used, max,
                                dr->noxs ? each : 0),
                   "boot Xen with gnttab_max_frames= of more than %u",
                   limits->grant_frames_max);
}

/* There is no asking how many are open, but one more can be tried. */
static void find_watches(struct doctor *dr, unsigned max)
{
    struct chaos_watch *watch;
    int rc = chaos_watch_open(dr->cli->ctx, &watch);

    if (rc == 0) {
        chaos_watch_close(watch);
        doctor_thing(dr, "watches of exits", FINDING_OK,
                     "at most %u, some are free", max);
        return;
    }
    if (rc != -ENOSPC)
        return;
    doctor_thing(dr, "watches of exits", FINDING_BAD, "all %u are open", max);
    finding_remedy(&dr->findings[dr->count - 1],
                   "end programs that wait for guests: chaosd does that for "
                   "all of them with one");
}

int doctor_xen(struct doctor *dr)
{
    struct chaos_ctx *ctx = dr->cli->ctx;
    struct chaos_host_limits limits;
    struct chaos_host_info host;
    int rc = chaos_host_info(ctx, &host);

    if (rc < 0)
        return cli_fail(dr->cli, rc);
    find_version(dr, &host);
    find_memory(dr, &host);
    rc = chaos_host_limits(ctx, &limits);
    if (rc < 0)
        return cli_fail(dr->cli, rc);
    find_domains(dr, limits.domains);
    find_grants(dr, &limits);
    if (limits.watches)
        find_watches(dr, limits.watches);
    return EXIT_OK;
}
