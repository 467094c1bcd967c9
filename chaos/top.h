/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * top.h: what VMs use, from the difference of two looks at the host.
 */
#ifndef CHAOS_TOP_H
#define CHAOS_TOP_H

#include "cli.h"

struct top_options {
    bool all, json;
    unsigned seconds, count;
    const char *sort;
};

/* top_sample.c: all that is known at one moment. */
struct top_sample {
    uint64_t at_ns;
    struct chaos_host_info host;
    struct chaos_domain_info *infos; /* owned; by id */
    size_t count;
    struct chaos_traffic *traffic; /* owned; by id */
    size_t traffic_count;
};
/* Three calls, however many VMs there are. 0 or -errno with the text. */
int top_sample_take(struct chaos_ctx *ctx,
                    struct top_sample *sample_out) CHAOS_CHECK;
void top_sample_free(struct top_sample *sample);

struct top_row {
    const struct chaos_domain_info *info;
    const struct chaos_traffic *traffic;  /* NULL: neither vif nor vbd */
    bool has_rates;                       /* it was there before, too */
    double cpu;                           /* per cent of one processor */
    double received, sent, read, written; /* bytes a second */
};

/* Points into the sample it was made of. */
struct top_view {
    const struct top_sample *sample;
    double seconds;        /* between the two; 0: there was none before */
    double cpu;            /* of all domains */
    unsigned vms, running; /* guests that are made */
    struct top_row *rows;  /* owned */
    size_t count;
};
/*
 * `before` is empty where there is none. Rows of domains in the making only
 * with `all`. 0 or -ENOMEM.
 */
int top_view_make(const struct top_sample *before, const struct top_sample *now,
                  bool all, struct top_view *view_out) CHAOS_CHECK;
void top_view_free(struct top_view *view);

/* top_sort.c: NULL: there is no such order. */
typedef int top_order(const void *a, const void *b);
top_order *top_order_find(const char *name);
void top_view_sort(struct top_view *view, top_order *order);

/* top_show.c: "running", "stopped", ... */
const char *top_state(const struct chaos_domain_info *info);
/* A table; at most so many lines where lines is not 0, each ended by `end`. */
void top_show(struct out *out, const struct top_view *view, unsigned lines,
              const char *end);

/* top_json.c: one line. 0 or -errno */
int top_json(struct out *out, const struct top_view *view) CHAOS_CHECK;

/* top_screen.c: the terminal while top has it. */
struct top_screen;
int top_screen_open(struct cli *cli, struct top_screen **screen_out);
void top_screen_close(struct top_screen *screen);
void top_screen_show(struct top_screen *screen, const struct top_view *view);
/* What ended a wait. */
enum top_wait {
    TOP_TIME,   /* it is over */
    TOP_RESIZE, /* the window has another size */
    TOP_QUIT,   /* q, or a signal that takes effect when the screen is closed */
};
enum top_wait top_screen_wait(struct top_screen *screen, uint64_t until_ns);

#endif /* CHAOS_TOP_H */
