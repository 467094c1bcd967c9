/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool_status.c: the state of the pool, for people.
 */
#include "ask.h"
#include "pool.h"

#define NAME_COLUMNS 20
#define BUS_COLUMNS 8

/* In the order of the columns. */
static const struct column {
    const char *key;
    const char *title;
    int width;
} columns[] = {
    {"memory_kb", "Mem(KiB)", 9}, {"vcpus", "VCPUs", 5},
    {"vifs", "Vifs", 4},          {"vbds", "Vbds", 4},
    {"ready", "Ready", 5},        {"preparing", "Prep", 4},
    {"given", "Given", 5},        {"low", "Low", 5},
    {"wanted", "Want", 5},        {"high", "High", 5},
    {"taken", "Taken", 8},        {"missed", "Missed", 7},
};
#define COLUMN_COUNT (sizeof(columns) / sizeof(*columns))

static void print_heads(struct out *out)
{
    size_t i;

    out_printf(out, "%-*s", NAME_COLUMNS, "Shape");
    for (i = 0; i < COLUMN_COUNT; i++)
        out_printf(out, " %*s", columns[i].width, columns[i].title);
    out_printf(out, " %7s  %-*s  %s\n", "Rate/s", BUS_COLUMNS, "Bus", "Kernel");
}

/* Of a list, how long it is. */
static uint64_t value_of(yajl_val shape, const char *key)
{
    yajl_val value = ask_value(shape, key);

    return YAJL_IS_ARRAY(value) ? value->u.array.len : ask_number(shape, key);
}

static void print_shape(struct out *out, yajl_val shape)
{
    const char *kernel = ask_text(shape, "kernel");
    size_t i;

    out_column(out, ask_text(shape, "name"), NAME_COLUMNS);
    for (i = 0; i < COLUMN_COUNT; i++)
        out_printf(out, " %*llu", columns[i].width,
                   (unsigned long long)value_of(shape, columns[i].key));
    out_printf(out, " %7.2f  ",
               (double)ask_number(shape, "rate_per_1000_s") / 1000);
    out_column(out, ask_text(shape, "bus"), BUS_COLUMNS);
    out_text(out, "  ");
    out_safe(out, kernel[0] ? kernel : "-");
    out_text(out, "\n");
}

void pool_print(struct out *out, yajl_val status)
{
    yajl_val shapes = ask_value(status, "shapes");
    size_t i;

    print_heads(out);
    for (i = 0; YAJL_IS_ARRAY(shapes) && i < shapes->u.array.len; i++)
        print_shape(out, shapes->u.array.values[i]);
    out_printf(out,
               "\nmemory       %llu KiB of at most %llu KiB\n"
               "host         %llu KiB free, of which %llu KiB are left alone\n",
               (unsigned long long)ask_number(status, "memory_kb"),
               (unsigned long long)ask_number(status, "budget_kb"),
               (unsigned long long)ask_number(status, "free_kb"),
               (unsigned long long)ask_number(status, "reserve_kb"));
    if (YAJL_IS_TRUE(ask_value(status, "leaving")))
        out_text(out, "refill       none: chaosd is leaving\n");
    else if (YAJL_IS_TRUE(ask_value(status, "resting")))
        out_text(out, "refill       rests until 'chaos pool fill'\n");
}
