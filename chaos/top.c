/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * top.c: chaos top: what VMs use, again and again.
 */
#include <poll.h>
#include <unistd.h>

#include "top.h"

#define SECOND_NS 1000000000u

struct top {
    struct cli *cli;
    const struct top_options *options;
    top_order *order;
    struct top_screen *screen; /* owned; NULL: there is no terminal */
    struct top_sample before, now;
};

/* What is said on another screen would go with it. */
static void leave_screen(struct top *t)
{
    top_screen_close(t->screen);
    t->screen = NULL;
}

static int fail(struct top *t, int rc, const char *what)
{
    leave_screen(t);
    return cli_error(t->cli, rc, "%s", what);
}

static int show(struct top *t, bool is_first)
{
    struct out *out = &t->cli->out;
    struct top_view view;
    int rc = top_view_make(&t->before, &t->now, t->options->all, &view);

    if (rc < 0)
        return fail(t, rc, "a table");
    top_view_sort(&view, t->order);
    if (t->screen) {
        top_screen_show(t->screen, &view);
    } else if (t->options->json) {
        rc = top_json(out, &view);
    } else {
        out_text(out, is_first ? "" : "\n");
        top_show(out, &view, 0, "\n");
    }
    top_view_free(&view);
    return rc < 0 ? fail(t, rc, "JSON") : cli_flush(t->cli);
}

static int next_sample(struct top *t)
{
    struct top_sample sample;
    int rc = top_sample_take(t->cli->ctx, &sample);

    if (rc < 0) {
        leave_screen(t);
        return cli_fail(t->cli, rc);
    }
    top_sample_free(&t->before);
    t->before = t->now;
    t->now = sample;
    return EXIT_OK;
}

static void sleep_until(uint64_t until_ns)
{
    uint64_t now;

    while ((now = clock_ns()) < until_ns)
        (void)poll(NULL, 0, (int)((until_ns - now + 999999) / 1000000));
}

/* False: somebody wants it to end. A failure to show is in *code. */
static bool wait_next(struct top *t, int *code)
{
    uint64_t until = t->now.at_ns + (uint64_t)t->options->seconds * SECOND_NS;
    enum top_wait how;

    if (!t->screen) {
        sleep_until(until);
        return true;
    }
    while ((how = top_screen_wait(t->screen, until)) == TOP_RESIZE) {
        *code = show(t, false);
        if (*code != EXIT_OK)
            return false;
    }
    return how == TOP_TIME;
}

static int loop(struct top *t)
{
    unsigned count = t->options->count, shown = 0;
    int code = next_sample(t);

    if (t->options->json && count == 0)
        count = 1;
    /* Somebody waits: what is known without a second look is shown at once. */
    if (code == EXIT_OK && t->screen)
        code = show(t, true);
    while (code == EXIT_OK && (count == 0 || shown < count) &&
           wait_next(t, &code)) {
        code = next_sample(t);
        if (code == EXIT_OK)
            code = show(t, shown == 0);
        shown++;
    }
    return code;
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
    const struct top_options *o = options;
    struct top t = {.cli = cli, .options = o};
    int code = EXIT_OK;

    (void)argc;
    (void)argv;
    t.order = top_order_find(o->sort ? o->sort : "cpu");
    if (!t.order)
        return cli_usage(cli,
                         "--sort: '%s' is not cpu, mem, net, disk, name or id",
                         o->sort);
    if (!o->json && isatty(STDOUT_FILENO))
        code = top_screen_open(cli, &t.screen);
    if (code == EXIT_OK)
        code = loop(&t);
    leave_screen(&t);
    top_sample_free(&t.before);
    top_sample_free(&t.now);
    return code;
}

#define AT(field) .offset = offsetof(struct top_options, field)

static const struct option_row rows[] = {
    {.short_name = 's',
     .long_name = "sort",
     .arg = "KEY",
     .help = "cpu, mem, net, disk, name or id; cpu unless given",
     AT(sort),
     .type = OPTION_TEXT},
    {.short_name = 'd',
     .long_name = "delay",
     .arg = "SECONDS",
     .help = "look again after so long",
     AT(seconds),
     .type = OPTION_NUMBER,
     .min = 1,
     .max = SECONDS_MAX,
     .initial = 2},
    {.short_name = 'n',
     .long_name = "count",
     .arg = "N",
     .help = "end after N looks; 0: never, but after one with --json",
     AT(count),
     .type = OPTION_NUMBER,
     .min = 0,
     .max = UINT32_MAX},
    {.short_name = 'a',
     .long_name = "all",
     .help = "also show VMs that are being made, and shells",
     AT(all)},
    {.long_name = "json",
     .help = "print each look as JSON on a line",
     AT(json)},
    {0}};

const struct command top_command = {
    .name = "top",
    .args = "",
    .help = "Show what VMs use, again and again",
    .options = rows,
    .args_max = 0,
    .run = run,
};
