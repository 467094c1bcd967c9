/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * request.c: what a living guest is asked and says, whichever its bus.
 */
#include <errno.h>
#include <string.h>

#include "bus.h"
#include "domain.h"
#include "internal.h"

/*
 * Why it cannot be asked: where the domain stopped and is gone, somebody else
 * has done with it what its configuration says.
 */
static int failed(struct chaos_ctx *ctx, uint32_t domid, int rc)
{
    struct hv_domain_state state;
    char text[CHAOS_ERROR_SIZE];
    unsigned reason;
    struct hv *hv;
    int gone;

    if (rc == -ETIMEDOUT || rc == -ESHUTDOWN)
        return rc;
    memcpy(text, ctx->error, sizeof(text));
    gone = domain_state(ctx, &hv, domid, &state);
    if ((gone == -ESRCH || (gone == 0 && state.dying)) &&
        exit_reason(hv, domid, NULL, &reason) == 0)
        return chaos__fail(ctx, -ESHUTDOWN, "domain %u has stopped already",
                           domid);
    memcpy(ctx->error, text, sizeof(text));
    return rc;
}

/* A request to a guest that cannot run would wait for ever. */
static int check_running(struct chaos_ctx *ctx, uint32_t domid)
{
    struct hv_domain_state state;
    struct hv *hv;
    int rc = domain_state(ctx, &hv, domid, &state);

    if (rc < 0)
        return rc;
    if (state.stopped || state.dying)
        return chaos__fail(ctx, -ESHUTDOWN, "domain %u has stopped already",
                           domid);
    if (state.paused)
        return chaos__fail(ctx, -EAGAIN,
                           "domain %u is paused; 'chaos unpause' it first",
                           domid);
    return 0;
}

int chaos_domain_request(struct chaos_ctx *ctx, uint32_t domid,
                         enum chaos_reason what, unsigned timeout_ms)
{
    const struct bus_ops *bus;
    struct hv *hv;
    int rc;

    if (what > CHAOS_REASON_CRASH)
        return chaos__fail(ctx, -EINVAL, "a guest cannot be asked for this");
    rc = check_running(ctx, domid);
    if (rc == 0)
        rc = bus_of_domain(ctx, domid, &hv, &bus);
    if (rc == 0)
        rc = bus->request(ctx, domid, what, timeout_ms);
    return rc < 0 ? failed(ctx, domid, rc) : 0;
}

int chaos_domain_wait_up(struct chaos_ctx *ctx, uint32_t domid,
                         unsigned timeout_ms)
{
    const struct bus_ops *bus;
    struct hv *hv;
    int rc = bus_of_domain(ctx, domid, &hv, &bus);

    if (rc == 0)
        rc = bus->wait_up(ctx, domid, timeout_ms);
    return rc < 0 ? failed(ctx, domid, rc) : 0;
}

int chaos_domain_guest_state(struct chaos_ctx *ctx, uint32_t domid,
                             struct chaos_guest_state *state_out)
{
    const struct bus_ops *bus;
    struct hv *hv;
    int rc = bus_of_domain(ctx, domid, &hv, &bus);

    return rc < 0 ? rc : bus->guest_state(ctx, domid, state_out);
}
