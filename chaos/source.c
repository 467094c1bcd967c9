/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source.c: choose where a console is read: from chaosd or from the guest.
 */
#include <errno.h>

#include "source.h"

/* Between two looks for a daemon that is restarted, or for a last byte. */
#define RETRY_MS 50

static bool is_on_xenstore(struct cli *cli, uint32_t domid)
{
    struct chaos_domain_info info;

    return chaos_domain_info(cli->ctx, domid, &info) == 0 &&
           info.bus == CHAOS_BUS_XENSTORE;
}

int source_open(struct source *src, struct cli *cli, uint32_t domid)
{
    int rc = -EAGAIN;

    *src = (struct source){.cli = cli, .domid = domid};
    if (!is_on_xenstore(cli, domid))
        rc = source_open_daemon(src);
    if (rc == -EAGAIN)
        rc = source_open_direct(src);
    if (rc == 0)
        return EXIT_OK;
    rc = cli_fail(cli, rc);
    chaos_watch_close(src->watch);
    chaos_console_close(src->con);
    src->ops = NULL;
    return rc;
}

void source_close(struct source *src)
{
    if (src->ops)
        src->ops->close(src);
    src->ops = NULL;
}

int source_timeout(const struct source *src)
{
    bool waits = src->lost_ns || src->stopped_ns;

    return waits && !src->ended ? RETRY_MS : -1;
}

void source_end(struct source *src, enum session_end how, unsigned reason)
{
    /* That it was destroyed after it stopped does not change why. */
    if (!src->ended) {
        src->how = how;
        src->reason = reason;
    }
    src->ended = true;
}
