/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool_status.c: the state of the pool, for people.
 */
#include "ask.h"
#include "pool.h"

#define NAME_COLUMNS 20

/* In the order of the columns. */
static const struct column {
    const char *key;
    const char *title;
    unsigned width;
} columns[] = {
    {"vcpus", "VCPUs", 5},   {"vifs", "Vifs", 4},      {"vbds", "Vbds", 4},
    {"ready", "Ready", 6},   {"preparing", "Prep", 5}, {"given", "Given", 5},
    {"low", "Low", 4},       {"high", "High", 5},      {"taken", "Taken", 8},
    {"missed", "Missed", 7},
};
#define COLUMN_COUNT (sizeof(columns) / sizeof(*columns))

static void print_heads(struct out *out)
{
    size_t i;

    out_printf(out, "%-*s %9s", NAME_COLUMNS, "Shape", "Mem(KiB)");
    for (i = 0; i < COLUMN_COUNT; i++)
        out_printf(out, " %*s", (int)columns[i].width, columns[i].title);
    out_printf(out, " %8s  %s\n", "Rate/s", "Image");
}

static void print_shape(struct out *out, yajl_val shape)
{
    yajl_val rate = ask_value(shape, "rate");
    size_t i;

    out_column(out, ask_text(shape, "name"), NAME_COLUMNS);
    out_printf(out, " %9llu",
               (unsigned long long)ask_number(shape, "memory_kb"));
    for (i = 0; i < COLUMN_COUNT; i++)
        out_printf(out, " %*llu", (int)columns[i].width,
                   (unsigned long long)ask_number(shape, columns[i].key));
    out_printf(out, " %8.2f  ",
               YAJL_IS_NUMBER(rate) ? YAJL_GET_DOUBLE(rate) : 0.0);
    out_safe(out,
             ask_text(shape, "kernel")[0] ? ask_text(shape, "kernel") : "-");
    out_text(out, "\n");
}

static void print_shapes(struct out *out, yajl_val shapes)
{
    size_t i;

    print_heads(out);
    for (i = 0; YAJL_IS_ARRAY(shapes) && i < shapes->u.array.len; i++)
        print_shape(out, shapes->u.array.values[i]);
}

void pool_print(struct out *out, yajl_val status)
{
    print_shapes(out, ask_value(status, "shapes"));
    out_printf(out, "\nmemory %llu KiB of at most %llu KiB\n",
               (unsigned long long)ask_number(status, "memory_kb"),
               (unsigned long long)ask_number(status, "budget_kb"));
}
