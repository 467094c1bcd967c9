/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * top_sample.c: two looks at the host, and what happened between them.
 *
 * Both are in ascending order of id, so one pass through them side by side
 * finds what belongs together.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "top.h"

int top_sample_take(struct chaos_ctx *ctx, struct top_sample *sample_out)
{
    struct top_sample sample = {.at_ns = clock_ns()};
    int rc = chaos_domain_list(ctx, &sample.infos, &sample.count);

    if (rc == 0)
        rc = chaos_traffic_list(ctx, &sample.traffic, &sample.traffic_count);
    if (rc == 0)
        rc = chaos_host_info(ctx, &sample.host);
    if (rc < 0) {
        top_sample_free(&sample);
        return rc;
    }
    *sample_out = sample;
    return 0;
}

void top_sample_free(struct top_sample *sample)
{
    free(sample->infos);
    free(sample->traffic);
    memset(sample, 0, sizeof(*sample));
}

/* Where a look at a sample has come to; ids are asked for in their order. */
struct cursor {
    const struct top_sample *sample;
    size_t info, traffic;
};

static const struct chaos_domain_info *find_info(struct cursor *c,
                                                 uint32_t domid)
{
    const struct top_sample *s = c->sample;

    while (c->info < s->count && s->infos[c->info].domid < domid)
        c->info++;
    if (c->info == s->count || s->infos[c->info].domid != domid)
        return NULL;
    return &s->infos[c->info];
}

static const struct chaos_traffic *find_traffic(struct cursor *c,
                                                uint32_t domid)
{
    const struct top_sample *s = c->sample;

    while (c->traffic < s->traffic_count &&
           s->traffic[c->traffic].domid < domid)
        c->traffic++;
    if (c->traffic == s->traffic_count || s->traffic[c->traffic].domid != domid)
        return NULL;
    return &s->traffic[c->traffic];
}

/* A sum gets smaller when a device is taken away. */
static double rate(uint64_t before, uint64_t now, double seconds)
{
    return now > before ? (double)(now - before) / seconds : 0;
}

static void set_traffic(struct top_row *row, const struct chaos_traffic *before,
                        double seconds)
{
    static const struct chaos_traffic none;
    const struct chaos_traffic *now = row->traffic;

    if (!now)
        return;
    if (!before)
        before = &none;
    row->received = rate(before->received_bytes, now->received_bytes, seconds);
    row->sent = rate(before->sent_bytes, now->sent_bytes, seconds);
    row->read = rate(before->read_bytes, now->read_bytes, seconds);
    row->written = rate(before->written_bytes, now->written_bytes, seconds);
}

static void set_rates(struct top_row *row, struct cursor *before,
                      double seconds)
{
    const struct chaos_domain_info *info = find_info(before, row->info->domid);

    /* A smaller sum is another domain's that had the id. */
    if (!info || info->cpu_time_ns > row->info->cpu_time_ns || seconds <= 0)
        return;
    row->has_rates = true;
    row->cpu =
        rate(info->cpu_time_ns, row->info->cpu_time_ns, seconds) / 1e9 * 100;
    set_traffic(row, find_traffic(before, row->info->domid), seconds);
}

static void count_row(struct top_view *view, const struct top_row *row)
{
    view->cpu += row->cpu;
    if (row->info->domid == 0 || row->info->building)
        return;
    view->vms++;
    if (row->info->running)
        view->running++;
}

int top_view_make(const struct top_sample *before, const struct top_sample *now,
                  bool all, struct top_view *view_out)
{
    struct top_view view = {.sample = now};
    struct cursor past = {.sample = before}, present = {.sample = now};
    size_t i;

    view.rows = calloc(now->count + 1, sizeof(*view.rows));
    if (!view.rows)
        return -ENOMEM;
    if (before->at_ns)
        view.seconds = (double)(now->at_ns - before->at_ns) / 1e9;
    for (i = 0; i < now->count; i++) {
        struct top_row row = {.info = &now->infos[i]};

        row.traffic = find_traffic(&present, row.info->domid);
        set_rates(&row, &past, view.seconds);
        count_row(&view, &row);
        if (all || !row.info->building)
            view.rows[view.count++] = row;
    }
    *view_out = view;
    return 0;
}

void top_view_free(struct top_view *view)
{
    free(view->rows);
    view->rows = NULL;
}
