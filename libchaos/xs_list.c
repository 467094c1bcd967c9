/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * xs_list.c: the vifs and vbds that a domain has by XenStore, ours and xl's.
 *
 * A guest may write what it likes to the nodes of its own end, so all is read
 * where only dom0 writes: what the toolstack noted under /libxl, and the back
 * ends.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <noxs/block.h>
#include <noxs/io.h>
#include <noxs/net.h>

#include "host.h"
#include "internal.h"
#include "xs.h"

#define TEXT_SIZE 64
#define BACK_FORMAT "/local/domain/0/backend/%s/%u/%u"
#define TOOL_FORMAT "/libxl/%u/device/%s/%u"

/* A device that is looked at. */
struct look {
    struct chaos_ctx *ctx;
    struct store *store;
    uint32_t domid, type, id;
    int rc; /* the first failure */
};

static const char *kind_of(uint32_t type)
{
    return type == NOXS_DEV_VIF ? "vif" : "vbd";
}

static void read_node(struct look *l, const char *path, char text[TEXT_SIZE])
{
    struct store_request r = {.verb = STORE_READ, .path = path};
    int rc;

    text[0] = '\0';
    if (l->rc < 0)
        return;
    rc = l->store->ops->run(l->store, STORE_NO_TRANSACTION, &r, 1);
    if (rc < 0 && rc != -ENOENT)
        l->rc = xs_refused(l->ctx, rc, path);
    if (r.text)
        (void)snprintf(text, TEXT_SIZE, "%s", r.text);
    free(r.text);
}

/* What the toolstack noted; "": nothing. */
static void read_tool(struct look *l, const char *key, char text[TEXT_SIZE])
{
    char path[STORE_PATH_SIZE];

    (void)snprintf(path, sizeof(path), TOOL_FORMAT "/%s", l->domid,
                   kind_of(l->type), l->id, key);
    read_node(l, path, text);
}

static void read_back(struct look *l, const char *key, char text[TEXT_SIZE])
{
    char path[STORE_PATH_SIZE];

    (void)snprintf(path, sizeof(path), BACK_FORMAT "/%s", kind_of(l->type),
                   l->domid, l->id, key);
    read_node(l, path, text);
}

/* --- devices -----------------------------------------------------------------
 */

static void look_at_vif(struct look *l, struct noxs_device *device)
{
    struct noxs_net_config config = {.mtu = NOXS_NET_MTU_DEFAULT};
    uint8_t *m = config.mac;
    char text[TEXT_SIZE];

    read_tool(l, "mac", text);
    (void)sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", m, m + 1, m + 2, m + 3,
                 m + 4, m + 5);
    read_tool(l, "mtu", text);
    if (text[0] != '\0')
        config.mtu = (uint16_t)strtoul(text, NULL, 10);
    memcpy(device->config, &config, sizeof(config));
}

/* Its size is known once the back end has connected. */
static void look_at_vbd(struct look *l, struct noxs_device *device)
{
    struct noxs_block_config config = {0};
    char text[TEXT_SIZE];

    read_tool(l, "mode", text);
    if (text[0] != 'w')
        device->features |= NOXS_BLOCK_F_READONLY;
    read_back(l, "sectors", text);
    config.sectors = strtoull(text, NULL, 10);
    memcpy(device->config, &config, sizeof(config));
}

/* Call fn for each device of a type that was noted. */
typedef void look_fn(struct look *l, void *arg);

static int each(struct chaos_ctx *ctx, struct store *store, uint32_t domid,
                uint32_t type, look_fn *fn, void *arg)
{
    struct look l = {
        .ctx = ctx,
        .store = store,
        .domid = domid,
        .type = type,
    };
    char path[64];
    struct store_request r = {.verb = STORE_DIRECTORY, .path = path};
    size_t at;
    int rc;

    (void)snprintf(path, sizeof(path), "/libxl/%u/device/%s", domid,
                   kind_of(type));
    rc = store->ops->run(store, STORE_NO_TRANSACTION, &r, 1);
    if (rc == -ENOENT)
        return 0;
    if (rc < 0)
        return xs_refused(ctx, rc, path);
    for (at = 0; l.rc == 0 && at < r.size; at += strlen(r.text + at) + 1) {
        l.id = (uint32_t)strtoul(r.text + at, NULL, 10);
        fn(&l, arg);
    }
    free(r.text);
    return l.rc;
}

static int each_of_all(struct chaos_ctx *ctx, uint32_t domid, look_fn *fn,
                       void *arg)
{
    struct store *store;
    int rc = chaos__store(ctx, &store);

    if (rc == 0)
        rc = each(ctx, store, domid, NOXS_DEV_VIF, fn, arg);
    if (rc == 0)
        rc = each(ctx, store, domid, NOXS_DEV_VBD, fn, arg);
    return rc;
}

struct devices_found {
    struct noxs_device *list; /* room for NOXS_DEV_MAX */
    int count;
};

static void add_device(struct look *l, void *arg)
{
    struct devices_found *found = arg;
    struct noxs_device *device;

    /* More than a VM can be made with. */
    if (found->count == NOXS_DEV_MAX)
        return;
    device = &found->list[found->count++];
    *device = (struct noxs_device){.type = l->type, .id = l->id};
    if (l->type == NOXS_DEV_VIF)
        look_at_vif(l, device);
    else
        look_at_vbd(l, device);
}

int xs_devices(struct chaos_ctx *ctx, uint32_t domid,
               struct noxs_device *devices)
{
    struct devices_found found = {.list = devices};
    int rc = each_of_all(ctx, domid, add_device, &found);

    return rc < 0 ? rc : found.count;
}

/* --- back ends ---------------------------------------------------------------
 */

struct backs_found {
    struct host_back *list; /* owned; room for NOXS_DEV_MAX */
    size_t count;
};

/* As xenbus numbers them. */
static uint32_t state_of(const char *text)
{
    static const uint32_t states[] = {
        ['1' - '1'] = NOXS_BACK_READY,     ['2' - '1'] = NOXS_BACK_READY,
        ['3' - '1'] = NOXS_BACK_READY,     ['4' - '1'] = NOXS_BACK_CONNECTED,
        ['5' - '1'] = NOXS_BACK_CLOSING,   ['6' - '1'] = NOXS_BACK_CLOSED,
        ['7' - '1'] = NOXS_BACK_CONNECTED, ['8' - '1'] = NOXS_BACK_CONNECTED,
    };

    return text[0] >= '1' && text[0] <= '8' ? states[text[0] - '1'] : 0;
}

static void add_back(struct look *l, void *arg)
{
    struct backs_found *found = arg;
    struct host_back back = {
        .domid = l->domid,
        .type = l->type,
        .id = l->id,
    };
    char text[TEXT_SIZE];

    read_back(l, "state", text);
    back.state = state_of(text);
    if (back.state == 0 || found->count == NOXS_DEV_MAX)
        return;
    if (l->type == NOXS_DEV_VIF) {
        read_tool(l, "vifname", text);
        if (text[0] != '\0')
            (void)snprintf(back.ifname, sizeof(back.ifname), "%.15s", text);
        else
            (void)snprintf(back.ifname, sizeof(back.ifname), "vif%u.%u",
                           l->domid & 0xffff, l->id & 0xffff);
    } else {
        read_back(l, "physical-device", text);
        (void)sscanf(text, "%x:%x", &back.dev_major, &back.dev_minor);
    }
    found->list[found->count++] = back;
}

/* dom0's kernel knows what they have moved, and the names of interfaces. */
static int count_all(struct chaos_ctx *ctx, struct backs_found *found)
{
    struct host *host;
    size_t i;
    int rc = chaos__host(ctx, &host);

    for (i = 0; rc == 0 && i < found->count; i++) {
        struct host_back *back = &found->list[i];

        rc = host->ops->stock_count(host, back);
        if (rc < 0)
            rc =
                chaos__fail(ctx, rc, "domain %u: cannot read counters of %s %u",
                            back->domid, kind_of(back->type), back->id);
    }
    return rc;
}

int xs_backs(struct chaos_ctx *ctx, uint32_t domid,
             struct host_back **backs_out, size_t *count_out)
{
    struct backs_found found = {calloc(NOXS_DEV_MAX, sizeof(*found.list)), 0};
    int rc;

    if (!found.list)
        return chaos__fail(ctx, -ENOMEM, "no memory for the list");
    rc = each_of_all(ctx, domid, add_back, &found);
    if (rc == 0)
        rc = count_all(ctx, &found);
    if (rc < 0) {
        free(found.list);
        return rc;
    }
    *backs_out = found.list;
    *count_out = found.count;
    return 0;
}
