/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * list.c: what there is: all domains, one domain, the host.
 *
 * The hypervisor's states and noxs's identities come in batches, both in
 * ascending order, and are merged. A domain that comes or goes between the two
 * lacks its name or is left out: ids are not used again soon.
 */
#include <errno.h>
#include <string.h>

#include "birth.h"
#include "domain.h"
#include "internal.h"

#define STATES_BATCH 64u
#define ENTRIES_BATCH 256u

struct identities {
    struct noxs_entry *entries; /* owned */
    size_t count;
};

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

static void info_identify(struct chaos_domain_info *info,
                          const struct noxs_entry *entry)
{
    static const uint8_t none[NOXS_UUID_SIZE];

    if (memcmp(entry->uuid, none, sizeof(none)) != 0)
        memcpy(info->uuid, entry->uuid, sizeof(info->uuid));
    info->generation = entry->generation;
    info->devices = entry->devices;
    memcpy(info->name, entry->name, sizeof(info->name));
    info->name[sizeof(info->name) - 1] = '\0';
}

static int identities_read(struct chaos_ctx *ctx, struct hv *hv,
                           struct identities *ids)
{
    struct noxs_op_list op = {.first = 0};

    do {
        struct noxs_entry *more =
            realloc(ids->entries, (ids->count + ENTRIES_BATCH) * sizeof(*more));
        int rc;

        if (!more)
            return chaos__fail(ctx, -ENOMEM, "no memory for the list");
        ids->entries = more;
        op.count = ENTRIES_BATCH;
        rc = hv->ops->noxs(hv, NOXS_OP_LIST, &op, sizeof(op), more + ids->count,
                           ENTRIES_BATCH * sizeof(*more));
        if (rc < 0)
            return chaos__fail(ctx, rc, "cannot list the domains' names");
        ids->count += op.count;
    } while (op.first != NOXS_LIST_END);
    return 0;
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

static void merge(struct chaos_domain_info *infos, size_t count,
                  const struct identities *ids)
{
    size_t i, k = 0;

    for (i = 0; i < count; i++) {
        while (k < ids->count && ids->entries[k].domid < infos[i].domid)
            k++;
        if (k < ids->count && ids->entries[k].domid == infos[i].domid)
            info_identify(&infos[i], &ids->entries[k]);
    }
}

int chaos_domain_list(struct chaos_ctx *ctx,
                      struct chaos_domain_info **infos_out, size_t *count_out)
{
    struct identities ids = {0};
    CLEANUP_FREE struct chaos_domain_info *infos = NULL;
    size_t count = 0;
    struct hv *hv;
    int rc = chaos__hv_noxs(ctx, &hv);

    if (rc == 0)
        rc = states_read(ctx, hv, &infos, &count);
    if (rc == 0)
        rc = identities_read(ctx, hv, &ids);
    if (rc == 0) {
        merge(infos, count, &ids);
        *infos_out = TAKE_PTR(infos);
        *count_out = count;
    }
    free(ids.entries);
    return rc;
}

int chaos_domain_info(struct chaos_ctx *ctx, uint32_t domid,
                      struct chaos_domain_info *info_out)
{
    struct noxs_op_list op = {.first = (uint16_t)domid, .count = 1};
    struct hv_domain_state state;
    struct noxs_entry entry;
    struct hv *hv;
    int rc = domain_look(ctx, &hv, domid, &state);

    if (rc < 0)
        return rc;
    memset(&entry, 0, sizeof(entry));
    rc =
        hv->ops->noxs(hv, NOXS_OP_LIST, &op, sizeof(op), &entry, sizeof(entry));
    if (rc < 0)
        return chaos__fail(ctx, rc, "domain %u: cannot ask for its name",
                           domid);
    info_fill(info_out, &state);
    if (op.count == 1 && entry.domid == domid)
        info_identify(info_out, &entry);
    return 0;
}
