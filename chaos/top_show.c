/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * top_show.c: chaos top: the table.
 */
#include <stdio.h>

#include "top.h"

#define NAME_COLUMNS 24
#define FIGURE_SIZE 16

const char *top_state(const struct chaos_domain_info *info)
{
    if (info->dying)
        return "dying";
    if (info->stopped)
        return info->reason == CHAOS_REASON_CRASH ? "crashed" : "stopped";
    if (info->building)
        return "making";
    if (info->paused)
        return "paused";
    return info->running ? "running" : "blocked";
}

/* Five columns at most: "999", "9.9K", "1023M". */
static const char *amount(char text[FIGURE_SIZE], double value)
{
    static const char units[] = "KMGTP";
    size_t unit = 0;

    if (value < 1000) {
        (void)snprintf(text, FIGURE_SIZE, "%.0f", value);
        return text;
    }
    for (value /= 1024; value >= 1000 && unit + 2 < sizeof(units); unit++)
        value /= 1024;
    (void)snprintf(text, FIGURE_SIZE, value < 9.95 ? "%.1f%c" : "%.0f%c", value,
                   units[unit]);
    return text;
}

/* "-" where it has no such device, or was not there before. */
static void put_rate(struct out *out, const struct top_row *row,
                     uint32_t devices, double value)
{
    char text[FIGURE_SIZE];
    bool is_known = row->has_rates && devices > 0;

    out_printf(out, " %6s", is_known ? amount(text, value) : "-");
}

static void put_row(struct out *out, const struct top_row *row)
{
    const struct chaos_domain_info *info = row->info;
    uint32_t vifs = row->traffic ? row->traffic->vifs : 0;
    uint32_t vbds = row->traffic ? row->traffic->vbds : 0;

    out_printf(out, "%5u ", info->domid);
    out_column(out, domain_label(info), NAME_COLUMNS);
    out_printf(out, " %-7s", top_state(info));
    if (row->has_rates)
        out_printf(out, " %6.1f", row->cpu);
    else
        out_printf(out, " %6s", "-");
    out_printf(out, " %6llu %5u",
               (unsigned long long)(info->memory_kb + 512) / 1024, info->vcpus);
    put_rate(out, row, vifs, row->received);
    put_rate(out, row, vifs, row->sent);
    put_rate(out, row, vbds, row->read);
    put_rate(out, row, vbds, row->written);
    out_printf(out, " %9.1f", (double)info->cpu_time_ns / 1e9);
}

static void put_host(struct out *out, const struct top_view *view)
{
    const struct chaos_host_info *host = &view->sample->host;

    out_printf(out, "%u VM%s, %u running; ", view->vms,
               view->vms == 1 ? "" : "s", view->running);
    if (view->seconds > 0)
        out_printf(out, "CPU %.1f %% of %u %%; ", view->cpu, host->cpus * 100);
    out_printf(out, "memory %llu MiB, %llu free",
               (unsigned long long)host->total_kb / 1024,
               (unsigned long long)host->free_kb / 1024);
}

void top_show(struct out *out, const struct top_view *view, unsigned lines,
              const char *end)
{
    /* The last line has no end on a screen: it would scroll. */
    size_t room = lines > 2 ? lines - 2 : 0, i;

    put_host(out, view);
    out_printf(out, "%s%5s %-*s %-7s %6s %6s %5s %6s %6s %6s %6s %9s", end,
               "ID", NAME_COLUMNS, "Name", "State", "CPU%", "Mem", "VCPUs",
               "In/s", "Out/s", "Read/s", "Writ/s", "Time(s)");
    for (i = 0; i < view->count && (lines == 0 || i < room); i++) {
        out_text(out, end);
        put_row(out, &view->rows[i]);
    }
    if (lines == 0)
        out_text(out, end);
}
