/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bus_noxs.c: devices of the noxs device page. The back end's pages, named
 * there, are mapped in one hypercall; <noxs/io.h> says what happens on them.
 */
#include <guest/barrier.h>
#include <guest/event.h>
#include <guest/guest.h>
#include <guest/grant.h>
#include <guest/lib.h>
#include <guest/memory.h>
#include <guest/noxs.h>
#include <guest/sysctl.h>
#include <guest/time.h>

#include <noxs/block.h>
#include <noxs/net.h>

#include "bus_impl.h"

#define WAIT_NS 1000000000ul
#define POLL_NS 200000ul

/* The pages lie in a row: the control page, then the rings. */
struct noxs_bus {
    struct noxs_io *io; /* NULL: not in use */
    uint32_t handles[1 + BUS_RINGS_MAX];
    uint8_t pages;
    bool connected;
};

static struct noxs_bus open_devices[NOXS_DEV_MAX];

static const struct {
    const char *name;
    uint32_t type;
} types[] = {
    [BUS_NET] = {"vif", NOXS_DEV_VIF},
    [BUS_BLOCK] = {"vbd", NOXS_DEV_VBD},
};

/* Among n devices the one of this type with `rank` smaller ids. */
static int find_rank(const struct noxs_device *devs, unsigned int n,
                     uint32_t type, unsigned int rank, struct noxs_device *out)
{
    unsigned int i, j, smaller;

    for (i = 0; i < n; i++) {
        if (devs[i].type != type)
            continue;
        for (j = smaller = 0; j < n; j++)
            smaller += devs[j].type == type && devs[j].id < devs[i].id;
        if (smaller == rank) {
            *out = devs[i];
            return 0;
        }
    }
    return -ENOENT;
}

/* The list is 3 KB, too much for the stack of some. */
static int find_device(uint32_t type, unsigned int rank,
                       struct noxs_device *out)
{
    struct noxs_device *devs = page_alloc(1);
    int n, rc;

    if (!devs)
        return -ENOMEM;
    n = noxs_list(devs, NOXS_DEV_MAX);
    if (n > NOXS_DEV_MAX)
        n = NOXS_DEV_MAX;
    rc = n < 0 ? -ENOENT : find_rank(devs, (unsigned)n, type, rank, out);
    page_free(devs);
    return rc;
}

static struct noxs_bus *take_bus(void)
{
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE(open_devices); i++)
        if (!open_devices[i].io)
            return &open_devices[i];
    return NULL;
}

/* The grants of all pages, the control page first; how many. */
static unsigned int list_grants(const struct noxs_device *d, uint32_t *refs)
{
    const struct noxs_net_config *net = (const void *)d->config;
    const struct noxs_block_config *block = (const void *)d->config;

    refs[0] = d->grant;
    if (d->type == NOXS_DEV_VBD) {
        refs[1] = block->ring_grant;
        return 2;
    }
    refs[1] = net->tx_grant;
    refs[2] = net->rx_grant;
    return 3;
}

static bool makes_sense(const struct noxs_device *d, const struct noxs_io *io)
{
    return READ_ONCE(io->magic) == NOXS_IO_MAGIC &&
           READ_ONCE(io->version) == NOXS_VERSION &&
           READ_ONCE(io->type) == d->type &&
           READ_ONCE(io->back_state) >= NOXS_BACK_READY &&
           READ_ONCE(io->back_state) <= NOXS_BACK_BROKEN;
}

static void fill(const struct noxs_device *d, struct noxs_bus *bus,
                 struct bus_device *dev)
{
    const struct noxs_net *net = (const struct noxs_net *)bus->io;
    unsigned int i;

    memset(dev, 0, sizeof(*dev));
    dev->ops = &bus_noxs;
    dev->id = d->id;
    dev->backend = d->backend;
    dev->port = d->evtchn;
    dev->back_features = d->features;
    dev->generation = d->generation;
    dev->priv = bus;
    dev->type = d->type == NOXS_DEV_VIF ? BUS_NET : BUS_BLOCK;
    for (i = 1; i < bus->pages; i++)
        dev->ring[i - 1] = (char *)bus->io + i * PAGE_SIZE;
    memcpy(dev->config, d->config, sizeof(d->config));
    if (dev->type == BUS_NET)
        memcpy(dev->config + sizeof(d->config), &net->address,
               sizeof(net->address));
}

static void unmap(struct noxs_bus *bus)
{
    grant_unmap(bus->io, bus->handles, bus->pages);
    bus->io = NULL;
}

static int map(const struct noxs_device *d, struct noxs_bus *bus)
{
    uint32_t refs[1 + BUS_RINGS_MAX];
    void *va;
    int rc;

    bus->pages = (uint8_t)list_grants(d, refs);
    rc = grant_map(d->backend, refs, bus->pages, &va, bus->handles);
    if (!rc)
        bus->io = va;
    return rc;
}

static uint32_t back_state(const struct noxs_bus *bus)
{
    return READ_ONCE(bus->io->back_state);
}

/* The device left the page, or another took its place. */
static bool is_gone(const struct bus_device *dev)
{
    struct noxs_device d;

    return noxs_find(types[dev->type].type, dev->id, &d) ||
           d.generation != dev->generation;
}

static void late(struct timer *t)
{
    *(bool *)t->arg = true;
}

static void wake(uint32_t port, void *arg)
{
    (void)port;
    (void)arg;
}

static bool has_finished(uint32_t back_state)
{
    return back_state != NOXS_BACK_CONNECTED && back_state != NOXS_BACK_CLOSING;
}

/* Wait until the back end rings that it has finished, or is gone. */
static int wait_finished(struct bus_device *dev)
{
    struct noxs_bus *bus = dev->priv;
    bool expired = false;
    struct timer t = {.fn = late, .arg = &expired};
    int rc = timer_arm(&t, time_now() + WAIT_NS);

    if (rc)
        return rc;
    event_bind(dev->port, wake, NULL);
    event_wait(has_finished(back_state(bus)) || READ_ONCE(expired) ||
               is_gone(dev));
    event_unbind(dev->port);
    timer_cancel(&t);
    return has_finished(back_state(bus)) || is_gone(dev) ? 0 : -ETIMEDOUT;
}

/*
 * A back end that has not yet seen CONNECTED may be about to, so READY would
 * not mean that it has finished. It does not ring when it connects.
 */
static int wait_noticed(struct bus_device *dev)
{
    uint64_t end = time_now() + WAIT_NS;

    while (back_state(dev->priv) == NOXS_BACK_READY && !is_gone(dev)) {
        if (time_now() >= end)
            return -ETIMEDOUT;
        time_sleep(POLL_NS);
    }
    return 0;
}

static int noxs_disconnect(struct bus_device *dev)
{
    struct noxs_bus *bus = dev->priv;
    int rc;

    if (!bus->connected)
        return 0;
    rc = wait_noticed(dev);
    if (rc)
        return rc;
    wmb();
    WRITE_ONCE(bus->io->front_state, NOXS_FRONT_CLOSED);
    event_notify(dev->port);
    rc = wait_finished(dev);
    if (!rc)
        bus->connected = false;
    return rc;
}

static void noxs_close(struct bus_device *dev)
{
    int rc = noxs_disconnect(dev);

    if (rc)
        printf("%s %u: its back end does not answer\n", types[dev->type].name,
               dev->id);
    event_unbind(dev->port);
    unmap(dev->priv);
    dev->priv = NULL;
}

/* An earlier kernel may have left it connected. */
static int take_over(struct bus_device *dev)
{
    struct noxs_bus *bus = dev->priv;

    bus->connected = back_state(bus) == NOXS_BACK_CONNECTED ||
                     READ_ONCE(bus->io->front_state) == NOXS_FRONT_CONNECTED;
    return noxs_disconnect(dev);
}

static int attach(const struct noxs_device *d, struct bus_device *dev)
{
    struct noxs_bus *bus = take_bus();
    int rc;

    if (d->flags || !d->evtchn || d->evtchn >= EVENT_MAX)
        return -EINVAL;
    rc = bus ? map(d, bus) : -ENOSPC;
    if (rc)
        return rc;
    if (!makes_sense(d, bus->io)) {
        unmap(bus);
        return -EINVAL;
    }
    fill(d, bus, dev);
    rc = take_over(dev);
    if (rc)
        unmap(bus);
    return rc;
}

static int noxs_open(enum bus_type type, unsigned int n, struct bus_device *dev)
{
    struct noxs_device d;
    int rc = find_device(types[type].type, n, &d);

    if (rc)
        return rc;
    rc = attach(&d, dev);
    if (rc == -ENOSPC)
        printf("%s %u: no maptrack frames, or no room, to map its pages\n",
               types[type].name, d.id);
    else if (rc)
        printf("%s %u: cannot be used: error %d\n", types[type].name, d.id,
               -rc);
    return rc;
}

static int noxs_connect(struct bus_device *dev, uint64_t front_features)
{
    struct noxs_bus *bus = dev->priv;

    if (back_state(bus) != NOXS_BACK_READY || bus->connected)
        return -ENOTCONN;
    WRITE_ONCE(bus->io->front_features, front_features);
    wmb();
    WRITE_ONCE(bus->io->front_state, NOXS_FRONT_CONNECTED);
    mb();
    bus->connected = true;
    return event_notify(dev->port);
}

/* What left the device page may never be told so by its back end. */
static enum bus_state noxs_state(const struct bus_device *dev)
{
    if (is_gone(dev))
        return BUS_CLOSED;
    switch (back_state(dev->priv)) {
    case NOXS_BACK_READY:
        return BUS_READY;
    case NOXS_BACK_CONNECTED:
        return BUS_CONNECTED;
    case NOXS_BACK_CLOSING:
        return BUS_CLOSING;
    case NOXS_BACK_CLOSED:
        return BUS_CLOSED;
    default:
        return BUS_BROKEN;
    }
}

static void noxs_follow(enum bus_type type)
{
    (void)type;
    sysctl_on_rescan(bus_changed);
}

const struct bus_ops bus_noxs = {
    .open = noxs_open,
    .connect = noxs_connect,
    .state = noxs_state,
    .disconnect = noxs_disconnect,
    .close = noxs_close,
    .follow = noxs_follow,
};
