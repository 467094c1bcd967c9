/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * progress.c: a counter on a terminal, written over itself.
 */
#include <unistd.h>

#include "batch.h"

#define INTERVAL_NS 50000000u

void progress_start(struct progress *p, const struct cli *cli, unsigned count)
{
    *p = (struct progress){.count = count};
    if (count > 1 && !cli->quiet)
        p->on = isatty(STDERR_FILENO);
}

void progress_show(struct progress *p, unsigned done)
{
    struct out err;
    uint64_t now;

    if (!p->on)
        return;
    now = clock_ns();
    if (now < p->next_ns)
        return;
    p->next_ns = now + INTERVAL_NS;
    out_init(&err, STDERR_FILENO);
    out_printf(&err, "\r %u/%u", done, p->count);
    (void)out_flush(&err);
}

void progress_clear(struct progress *p)
{
    struct out err;

    if (!p->on)
        return;
    p->next_ns = 0;
    out_init(&err, STDERR_FILENO);
    out_text(&err, "\r\033[K");
    (void)out_flush(&err);
}
