/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * bus_xs.c: the bus that is XenStore's, for stock guests and a stock Xen.
 *
 * A domain is described where xl describes its own, so that each finds, stops
 * and destroys the other's: /local/domain/ID for the guest, /vm/UUID beside it.
 * What nobody reads is not written. What a shape tells is written ahead, in one
 * round trip; a transaction is for its identity alone, which is there or not.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bus.h"
#include "create.h"
#include "internal.h"
#include "xs.h"

/* As much of a console's output as xenconsoled keeps; xl says the same. */
#define CONSOLE_LIMIT "1048576"

/* --- a domain that is made ---------------------------------------------------
 */

static int check(struct chaos_ctx *ctx, const struct chaos_config *cfg)
{
    (void)ctx, (void)cfg;
    return 0;
}

/*
 * Why a create failed is what its caller wants to read. A daemon that is gone
 * took the nodes with it.
 */
static void remove_nodes(struct create *c,
                         int (*remove)(struct create *c, struct store *store))
{
    char error[CHAOS_ERROR_SIZE];
    struct store *store;
    int rc;

    memcpy(error, c->ctx->error, sizeof(error));
    rc = chaos__store(c->ctx, &store);
    if (rc == 0)
        rc = remove(c, store);
    if (rc < 0 && rc != -ENODEV && rc != -EPIPE)
        chaos__log(c->ctx, CHAOS_LOG_ERROR,
                   "domain %u: its nodes in XenStore were left: %s", c->domid,
                   c->ctx->error);
    memcpy(c->ctx->error, error, sizeof(error));
}

static int remove_domain(struct create *c, struct store *store)
{
    struct xs_batch b;

    xs_start(&b);
    xs_remove(&b, "/local/domain/%u", c->domid);
    xs_remove(&b, "/libxl/%u", c->domid);
    return xs_run(c->ctx, store, STORE_NO_TRANSACTION, &b);
}

static void erase(struct create *c)
{
    remove_nodes(c, remove_domain);
}

static int remove_uuid(struct create *c, struct store *store)
{
    struct xs_batch b;
    char uuid[XS_UUID_SIZE];

    xs_uuid(c->uuid, uuid);
    xs_start(&b);
    xs_remove(&b, "/vm/%s", uuid);
    return xs_run(c->ctx, store, STORE_NO_TRANSACTION, &b);
}

static void forget(struct create *c)
{
    remove_nodes(c, remove_uuid);
}

static int make_ports(struct create *c)
{
    int rc = c->hv->ops->evtchn_alloc(c->hv, c->domid, &c->store_port);

    if (rc == 0)
        rc = c->hv->ops->evtchn_alloc(c->hv, c->domid, &c->console_port);
    if (rc < 0)
        return chaos__fail(c->ctx, rc,
                           "cannot make the guest's event channels");
    return 0;
}

/*
 * The guest reads all of it and owns what it is to write itself. Xen may have
 * ids that somebody's stale nodes have still.
 */
static void describe(struct create *c, struct xs_batch *b)
{
    const struct store_permissions reads = {
        .owner = 0, .others = 'n', .has_reader = true, .reader = c->domid};
    const struct store_permissions owns = {.owner = c->domid, .others = 'n'};
    unsigned i;

    xs_remove(b, "/local/domain/%u", c->domid);
    xs_remove(b, "/libxl/%u", c->domid);
    if (c->cfg->vif_count > 0)
        xs_remove(b, "/local/domain/0/backend/vif/%u", c->domid);
    if (c->cfg->vbd_count > 0)
        xs_remove(b, "/local/domain/0/backend/vbd/%u", c->domid);
    xs_mkdir(b, &reads, "/local/domain/%u", c->domid);
    xs_number(b, c->domid, "/local/domain/%u/domid", c->domid);
    xs_number(b, c->cfg->memory_kb, "/local/domain/%u/memory/static-max",
              c->domid);
    xs_number(b, c->cfg->memory_kb, "/local/domain/%u/memory/target", c->domid);
    for (i = 0; i < c->cfg->vcpus; i++)
        xs_write(b, "online", "", "/local/domain/%u/cpu/%u/availability",
                 c->domid, i);
    xs_mkdir(b, &owns, "/local/domain/%u/control", c->domid);
    xs_write(b, "", "", "/local/domain/%u/control/shutdown", c->domid);
    xs_mkdir(b, &owns, "/local/domain/%u/data", c->domid);
}

/* The same nodes again are no harm, so this needs no transaction. */
static int channels(struct create *c)
{
    struct xs_batch b;
    struct store *store;
    int rc = chaos__store(c->ctx, &store);

    if (rc == 0)
        rc = make_ports(c);
    if (rc < 0)
        return rc;
    xs_start(&b);
    describe(c, &b);
    rc = xs_run(c->ctx, store, STORE_NO_TRANSACTION, &b);
    if (rc < 0)
        erase(c);
    return rc;
}

/* As xl writes it, who shows it. */
static void write_start(struct xs_batch *b, const char *uuid)
{
    struct timespec now;
    char text[32];

    clock_gettime(CLOCK_REALTIME, &now);
    (void)snprintf(text, sizeof(text), "%lld.%02ld", (long long)now.tv_sec,
                   now.tv_nsec / 10000000);
    xs_write(b, text, "", "/vm/%s/start_time", uuid);
}

/* Where the uuid is known, and the name, which the guest sees as well. */
static void name(struct create *c, struct xs_batch *b)
{
    const struct store_permissions reads = {
        .owner = 0, .others = 'n', .has_reader = true, .reader = c->domid};
    const char *text = c->cfg->name ? c->cfg->name : "";
    char uuid[XS_UUID_SIZE];

    xs_uuid(c->uuid, uuid);
    xs_remove(b, "/vm/%s", uuid);
    xs_mkdir(b, &reads, "/vm/%s", uuid);
    xs_write(b, uuid, "", "/vm/%s/uuid", uuid);
    xs_write(b, text, "", "/vm/%s/name", uuid);
    write_start(b, uuid);
    xs_write(b, "/vm/", uuid, "/local/domain/%u/vm", c->domid);
    xs_write(b, text, "", "/local/domain/%u/name", c->domid);
    xs_number(b, c->generation, "/local/domain/%u/generation", c->domid);
}

static int identify(struct create *c)
{
    const struct xs_name wish = {
        .name = c->cfg->name,
        .domid = c->domid,
        .uuid = c->uuid,
        .given = c->cfg->has_uuid,
    };
    struct xs_batch b;
    struct store *store;
    int rc = 0;

    /* It knows the names of all domains of this host. */
    if (c->ctx->noxs_checked)
        rc = bus_noxs.identify(c);
    if (rc == 0)
        rc = chaos__store(c->ctx, &store);
    if (rc < 0)
        return rc;
    xs_start(&b);
    name(c, &b);
    return xs_name_claim(c->ctx, store, &wish, &b);
}

/*
 * xenconsoled looks at a new domain when it is introduced, so what it looks for
 * is there by then.
 */
static int announce(struct create *c)
{
    struct xs_batch b;
    struct store *store;
    int rc = chaos__store(c->ctx, &store);

    if (rc < 0)
        return rc;
    xs_start(&b);
    xs_write(&b, "xenconsoled", "", "/local/domain/%u/console/type", c->domid);
    xs_write(&b, "pty", "", "/local/domain/%u/console/output", c->domid);
    xs_write(&b, CONSOLE_LIMIT, "", "/local/domain/%u/console/limit", c->domid);
    xs_write(&b, "", "", "/local/domain/%u/console/tty", c->domid);
    xs_number(&b, c->console_port, "/local/domain/%u/console/port", c->domid);
    xs_number(&b, c->console_frame, "/local/domain/%u/console/ring-ref",
              c->domid);
    rc = xs_run(c->ctx, store, STORE_NO_TRANSACTION, &b);
    if (rc < 0)
        return rc;
    rc = c->hv->ops->grant_rings(c->hv, c->domid, c->console_frame,
                                 c->store_frame);
    if (rc < 0)
        return chaos__fail(c->ctx, rc, "cannot grant the guest's rings");
    rc = store->ops->introduce(store, c->domid, c->store_frame, c->store_port);
    if (rc < 0)
        return xs_refused(c->ctx, rc, "the domain's ring");
    return 0;
}

/* `erase` removes the nodes; the daemon sees the domain's end by itself. */
static void withdraw(struct create *c)
{
    (void)c;
}

const struct bus_ops bus_xs = {
    .name = "xenstore",
    .check = check,
    .channels = channels,
    .erase = erase,
    .identify = identify,
    .forget = forget,
    .make_vifs = xs_make_vifs,
    .unmake_vifs = xs_unmake_vifs,
    .finalise_vifs = xs_finalise_vifs,
    .make_vbds = xs_make_vbds,
    .unmake_vbds = xs_unmake_vbds,
    .announce = announce,
    .withdraw = withdraw,
    .fill = xs_fill,
    .fill_one = xs_fill_one,
    .lookup = xs_lookup,
    .rename = xs_rename,
    .request = xs_request,
    .wait_up = xs_wait_up,
    .guest_state = xs_guest_state,
    .console_open = xs_console_open,
    .devices = xs_devices,
    .backs = xs_backs,
    .plug_begin = xs_plug,
    .plug = xs_plug,
    .unplug = xs_unplug,
    .rescan = xs_rescan,
    .device_close = xs_device_close,
    .device_forget = xs_device_forget,
    .device_end = xs_device_gone,
};
