/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * xs_plug.c: devices through XenStore that come and go while a domain lives.
 *
 * A guest that watches its devices finds those that come by itself. One that is
 * to go is set to "closing" at its back end's side, as xl does it: the guest
 * follows, and then the back end closes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "create.h"
#include "domain.h"
#include "host.h"
#include "internal.h"
#include "xs.h"

/* States of xenbus. */
#define CONNECTED "4"
#define CLOSING "5"
#define CLOSED "6"

static const char *kind_of(const struct noxs_device *device)
{
    return device->type == NOXS_DEV_VIF ? "vif" : "vbd";
}

/* --- they come: by what makes their back ends -------------------------------
 */

int xs_plug(struct create *c)
{
    (void)c;
    return 0;
}

void xs_unplug(struct create *c)
{
    (void)c;
}

void xs_rescan(struct chaos_ctx *ctx, uint32_t domid)
{
    (void)ctx, (void)domid;
}

/* --- the guest lets go -------------------------------------------------------
 */

/*
 * Only dom0's kernel knows how to close one by these nodes: a program, or a
 * driver domain, would go on serving what was forgotten.
 */
static int check_server(struct chaos_ctx *ctx, struct store *store,
                        uint32_t domid, const struct noxs_device *device)
{
    char path[STORE_PATH_SIZE], back[STORE_PATH_SIZE];
    struct store_request r = {.verb = STORE_READ, .path = path};
    int rc;

    (void)snprintf(path, sizeof(path), "/libxl/%u/device/%s/%u/backend", domid,
                   kind_of(device), device->id);
    (void)snprintf(back, sizeof(back), "/local/domain/0/backend/%s/%u/%u",
                   kind_of(device), domid, device->id);
    rc = store->ops->run(store, STORE_NO_TRANSACTION, &r, 1);
    if (rc < 0 && rc != -ENOENT)
        return xs_refused(ctx, rc, path);
    rc = !r.text || strcmp(r.text, back) == 0
             ? 0
             : chaos__fail(ctx, -EOPNOTSUPP,
                           "its back end is '%s', and not dom0's kernel: xl "
                           "can take it away",
                           r.text);
    free(r.text);
    return rc;
}

/* A back end that is asked to close, or no longer. */
struct closing {
    struct chaos_ctx *ctx;
    struct store *store;
    char back[STORE_PATH_SIZE - 16];
    char state[STORE_PATH_SIZE];
};

static int read_state(const struct closing *cl, uint32_t transaction,
                      bool *is_it, const char *state)
{
    struct store_request r = {.verb = STORE_READ, .path = cl->state};
    int rc = cl->store->ops->run(cl->store, transaction, &r, 1);

    if (rc == 0)
        *is_it = strcmp(r.text, state) == 0;
    free(r.text);
    if (rc < 0 && rc != -ENOENT)
        return xs_refused(cl->ctx, rc, cl->state);
    return rc;
}

static int write_state(const struct closing *cl, uint32_t transaction,
                       const char *online, const char *state)
{
    struct xs_batch b;

    xs_start(&b);
    xs_write(&b, online, "", "%s/online", cl->back);
    xs_write(&b, state, "", "%s", cl->state);
    return xs_run(cl->ctx, cl->store, transaction, &b);
}

/* 1: it was `from` and is `to` now; 0: it was not. -ENOENT: it is not there. */
static int change(const struct closing *cl, const char *from,
                  const char *online, const char *to)
{
    unsigned tries = XS_TRIES;
    bool is_it = false;
    int rc;

    do {
        uint32_t transaction;

        rc = xs_begin(cl->ctx, cl->store, &transaction);
        if (rc < 0)
            return rc;
        rc = read_state(cl, transaction, &is_it, from);
        if (rc == 0 && is_it)
            rc = write_state(cl, transaction, online, to);
        if (rc < 0 || !is_it) {
            (void)cl->store->ops->end(cl->store, transaction, false);
            return rc;
        }
        rc = xs_commit(cl->ctx, cl->store, transaction);
    } while (rc == -EAGAIN && --tries > 0);
    return rc < 0 ? rc : is_it;
}

static bool is_closed(const struct store_request *answer)
{
    return answer->rc == -ENOENT || strcmp(answer->text, CLOSED) == 0;
}

/*
 * One that is not connected holds nothing. Where the guest is too late, it has
 * all as before, unless it let go in the last moment.
 */
int xs_device_close(struct chaos_ctx *ctx, uint32_t domid,
                    const struct noxs_device *device, unsigned timeout_ms)
{
    struct closing cl = {.ctx = ctx};
    struct xs_wait w = {
        .domid = domid,
        .path = cl.state,
        .ready = is_closed,
        .deadline = deadline_after(timeout_ms),
    };
    int rc = chaos__store(ctx, &cl.store);

    if (rc == 0)
        rc = check_server(ctx, cl.store, domid, device);
    if (rc < 0)
        return rc;
    (void)snprintf(cl.back, sizeof(cl.back), "/local/domain/0/backend/%s/%u/%u",
                   kind_of(device), domid, device->id);
    (void)snprintf(cl.state, sizeof(cl.state), "%s/state", cl.back);
    rc = change(&cl, CONNECTED, "0", CLOSING);
    if (rc <= 0)
        return rc;
    rc = xs_wait(ctx, cl.store, &w, NULL);
    if (rc == -ESHUTDOWN)
        return 0;
    if (rc != -ETIME)
        return rc;
    rc = change(&cl, CLOSING, "1", CONNECTED);
    if (rc == 1)
        return -ETIME;
    return rc;
}

/* --- and it goes -------------------------------------------------------------
 */

int xs_device_forget(struct chaos_ctx *ctx, uint32_t domid,
                     const struct noxs_device *device)
{
    const struct xs_device d = {
        .domid = domid,
        .type = device->type,
        .id = device->id,
    };
    struct store *store;
    int rc = chaos__store(ctx, &store);

    if (rc == 0)
        rc = check_server(ctx, store, domid, device);
    if (rc == 0)
        rc = xs_script_undo(ctx, store, &d);
    return rc < 0 ? rc : xs_device_remove(ctx, &d);
}

int xs_device_gone(struct chaos_ctx *ctx, uint32_t domid,
                   const struct noxs_device *device)
{
    struct host *host;
    int rc = chaos__host(ctx, &host);

    if (rc < 0)
        return rc;
    rc = host->ops->stock_gone(host, domid, device->type, device->id,
                               XS_BACK_LIMIT_MS);
    return rc < 0 ? chaos__fail(ctx, rc, "dom0's kernel has it still") : 0;
}
