/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * top_sort.c: the orders of chaos top: what uses most comes first.
 */
#include <stdlib.h>
#include <string.h>

#include "top.h"

static int by_id(const void *a, const void *b)
{
    const struct top_row *x = a, *y = b;

    return (x->info->domid > y->info->domid) -
           (x->info->domid < y->info->domid);
}

static int by_amount(double x, double y, const void *a, const void *b)
{
    return x != y ? (x < y) - (x > y) : by_id(a, b);
}

static int by_cpu(const void *a, const void *b)
{
    const struct top_row *x = a, *y = b;

    return by_amount(x->cpu, y->cpu, a, b);
}

static int by_mem(const void *a, const void *b)
{
    const struct top_row *x = a, *y = b;

    return by_amount((double)x->info->memory_kb, (double)y->info->memory_kb, a,
                     b);
}

static int by_net(const void *a, const void *b)
{
    const struct top_row *x = a, *y = b;

    return by_amount(x->received + x->sent, y->received + y->sent, a, b);
}

static int by_disk(const void *a, const void *b)
{
    const struct top_row *x = a, *y = b;

    return by_amount(x->read + x->written, y->read + y->written, a, b);
}

static int by_name(const void *a, const void *b)
{
    const struct top_row *x = a, *y = b;
    int order = strcmp(domain_label(x->info), domain_label(y->info));

    return order ? order : by_id(a, b);
}

top_order *top_order_find(const char *name)
{
    static const struct {
        const char *name;
        top_order *order;
    } orders[] = {{"cpu", by_cpu},   {"mem", by_mem},   {"net", by_net},
                  {"disk", by_disk}, {"name", by_name}, {"id", by_id}};
    size_t i;

    for (i = 0; i < sizeof(orders) / sizeof(*orders); i++)
        if (strcmp(orders[i].name, name) == 0)
            return orders[i].order;
    return NULL;
}

void top_view_sort(struct top_view *view, top_order *order)
{
    qsort(view->rows, view->count, sizeof(*view->rows), order);
}
