/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * list.c: what there is: all domains, one domain, the host.
 *
 * The hypervisor's states come first, in batches, and then the bus's names. A
 * domain that comes or goes between the two lacks its name or is left out: ids
 * are not used again soon.
 */
#include <errno.h>
#include <string.h>

#include "birth.h"
#include "bus.h"
#include "domain.h"
#include "internal.h"

#define STATES_BATCH 64u

static void info_fill(struct chaos_domain_info *info,
                      const struct hv_domain_state *state)
{
    struct birth birth;

    *info = (struct chaos_domain_info){
        .domid = state->domid,
        .running = state->running,
        .blocked = state->blocked,
        .paused = state->paused,
        .stopped = state->stopped,
        .dying = state->dying,
        .hvm = state->hvm,
        .reason = state->reason,
        .vcpus = state->vcpus,
        .memory_kb = state->pages * 4,
        .max_memory_kb = state->max_pages * 4,
        .cpu_time_ns = state->cpu_time_ns,
    };
    memcpy(info->uuid, state->uuid, sizeof(info->uuid));
    info->building = birth_decode(state->uuid, &birth);
}

static int states_read(struct chaos_ctx *ctx, struct hv *hv,
                       struct chaos_domain_info **infos, size_t *count)
{
    uint32_t first = 0;
    int i, n;

    do {
        struct hv_domain_state states[STATES_BATCH];
        struct chaos_domain_info *more;

        n = hv->ops->domain_states(hv, first, STATES_BATCH, states);
        if (n < 0)
            return chaos__fail(ctx, n, "cannot list the domains");
        if (n == 0)
            break;
        more = realloc(*infos, (*count + (size_t)n) * sizeof(*more));
        if (!more)
            return chaos__fail(ctx, -ENOMEM, "no memory for the list");
        *infos = more;
        for (i = 0; i < n; i++)
            info_fill(&more[(*count)++], &states[i]);
        first = states[n - 1].domid + 1;
    } while (first < NOXS_DOMID_SELF);
    return 0;
}

int chaos_domain_list(struct chaos_ctx *ctx,
                      struct chaos_domain_info **infos_out, size_t *count_out)
{
    CLEANUP_FREE struct chaos_domain_info *infos = NULL;
    const struct bus_ops *bus;
    size_t count = 0;
    struct hv *hv;
    int rc = bus_of_host(ctx, &hv, &bus);

    if (rc == 0)
        rc = states_read(ctx, hv, &infos, &count);
    if (rc == 0)
        rc = bus_fill(ctx, infos, count);
    if (rc == 0) {
        *infos_out = TAKE_PTR(infos);
        *count_out = count;
    }
    return rc;
}

int chaos_domain_info(struct chaos_ctx *ctx, uint32_t domid,
                      struct chaos_domain_info *info_out)
{
    struct chaos_domain_info info;
    struct hv_domain_state state;
    struct hv *hv;
    int rc = domain_look(ctx, &hv, domid, &state);

    if (rc < 0)
        return rc;
    info_fill(&info, &state);
    rc = bus_fill_one(ctx, &info);
    if (rc == 0)
        *info_out = info;
    return rc;
}
