/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bus_xs.c: devices that XenStore tells of. The front end has the rings and
 * grants them; both ends step through the states of Xen's xenbus.h.
 */
#include <guest/barrier.h>
#include <guest/event.h>
#include <guest/grant.h>
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/memory.h>
#include <guest/time.h>

#include <xen/io/xenbus.h>

#include "bus_impl.h"
#include "bus_xs.h"

/* Scripts may have to run before a back end connects, and see xs.c. */
#define CONNECT_NS 60000000000ul
#define CLOSE_NS 60000000000ul
/* A set of states. */
#define IN(state) (1u << (state))
#define SETTLED                                                                \
    (~(IN(XenbusStateUnknown) | IN(XenbusStateInitialising)) &                 \
     (IN(XenbusStateReconfigured + 1) - 1))

_Static_assert(sizeof(struct xs_bus) <= PAGE_SIZE, "a device is one page");

static const struct {
    const char *name, *path;
    unsigned int rings;
    int (*config)(struct bus_device *dev, const struct xs_bus *bus);
} types[] = {
    [BUS_NET] = {"vif", "device/vif", 2, xs_net_config},
    [BUS_BLOCK] = {"vbd", "device/vbd", 1, xs_block_config},
};

/* --- what changes --------------------------------------------------------- */

static struct xs_watch hotplug[ARRAY_SIZE(types)];
/* Devices that came or went; a device is new when it came since the last. */
static uint32_t changes = 1;

static void devices_changed(struct xs_watch *w)
{
    (void)w;
    changes++;
    bus_changed();
}

static void xs_follow(enum bus_type type)
{
    struct xs_watch *w = &hotplug[type];

    if (w->id)
        return;
    w->path = types[type].path;
    w->fn = devices_changed;
    w->shallow = true;
    xs_watch(w);
}

/*
 * A back end whose directory is gone is closed; of what lies where only dom0
 * may look, the daemon says no more than that it is not to be read.
 */
static void state_changed(struct xs_watch *w)
{
    struct xs_bus *bus = (struct xs_bus *)w;
    uint32_t old = bus->state;
    uint64_t state;
    int rc = xs_read_u64(NULL, bus->watched, &state);

    if (rc == -ENOENT || rc == -EIO)
        state = XenbusStateClosed;
    else if (rc || state > XenbusStateReconfigured)
        return;
    WRITE_ONCE(bus->state, (uint32_t)state);
    if (bus->connected && state != old)
        bus_changed();
}

static void late(struct timer *t)
{
    *(bool *)t->arg = true;
}

static bool is_in(const struct xs_bus *bus, uint32_t states)
{
    return states & IN(READ_ONCE(bus->state));
}

static int wait_state(const struct xs_bus *bus, uint32_t states, uint64_t ns)
{
    bool expired = false;
    struct timer t = {.fn = late, .arg = &expired};
    int rc;

    if (is_in(bus, states))
        return 0;
    rc = timer_arm(&t, time_now() + ns);
    if (rc)
        return rc;
    event_wait(is_in(bus, states) || READ_ONCE(expired) || !xs_present());
    timer_cancel(&t);
    return is_in(bus, states) ? 0 : -ETIMEDOUT;
}

static int front_state(const struct xs_bus *bus, enum xenbus_state state)
{
    return xs_write_u64(bus->front, "state", state);
}

/* --- opening and closing -------------------------------------------------- */

static int leave(struct xs_bus *bus)
{
    int rc = front_state(bus, XenbusStateClosing);

    if (!rc)
        rc = front_state(bus, XenbusStateClosed);
    if (rc)
        return rc;
    return wait_state(bus, IN(XenbusStateClosed) | IN(XenbusStateInitWait),
                      CLOSE_NS);
}

/*
 * Have the back end wait for us. An earlier kernel may have left it connected,
 * or this one closed it; a device that is being taken away is none.
 */
static int settle(struct xs_bus *bus)
{
    int rc = wait_state(bus, SETTLED, CONNECT_NS);

    if (rc || is_in(bus, IN(XenbusStateInitWait)))
        return rc;
    if (!xs_read_or(bus->back, "online", 0))
        return -ENOENT;
    if (!is_in(bus, IN(XenbusStateClosed)))
        rc = leave(bus);
    if (!rc)
        rc = front_state(bus, XenbusStateInitialising);
    return rc ? rc : wait_state(bus, IN(XenbusStateInitWait), CONNECT_NS);
}

/* Both ring headers begin with req_prod, req_event, rsp_prod, rsp_event. */
static void clear_rings(struct bus_device *dev, const struct xs_bus *bus)
{
    uint32_t *ring;
    unsigned int i;

    for (i = 0; i < bus->rings; i++) {
        ring = dev->ring[i];
        memset(ring, 0, PAGE_SIZE);
        ring[1] = ring[3] = 1;
    }
}

static int make_rings(struct bus_device *dev, struct xs_bus *bus)
{
    unsigned int i;
    int rc;

    for (i = 0; i < bus->rings; i++) {
        dev->ring[i] = page_alloc(1);
        if (!dev->ring[i])
            return -ENOMEM;
        rc = grant_access(dev->backend, dev->ring[i], false, &bus->ref[i]);
        if (rc)
            return rc;
    }
    clear_rings(dev, bus);
    return event_alloc(dev->backend, &dev->port);
}

/* A ring that the back end still has mapped is lost rather than reused. */
static void release(struct bus_device *dev, struct xs_bus *bus)
{
    unsigned int i;

    xs_unwatch(&bus->watch);
    if (dev->port)
        event_close(dev->port);
    for (i = 0; i < bus->rings; i++)
        if (dev->ring[i] && (!bus->ref[i] || !grant_end(bus->ref[i])))
            page_free(dev->ring[i]);
    page_free(bus);
    dev->priv = NULL;
}

/* Tell it all it asks for, and wait until it has connected. */
static int present(const struct bus_device *dev, struct xs_bus *bus,
                   uint64_t front_features)
{
    int rc = settle(bus);

    if (!rc)
        rc = xs_present_keys(dev, bus, front_features);
    if (rc)
        return rc;
    bus->presented = true;
    rc = front_state(bus, dev->type == BUS_NET ? XenbusStateConnected
                                               : XenbusStateInitialised);
    return rc ? rc : wait_state(bus, IN(XenbusStateConnected), CONNECT_NS);
}

static int find_back(struct bus_device *dev, struct xs_bus *bus)
{
    uint64_t domid;
    int rc = xs_read(bus->front, "backend", bus->back, sizeof(bus->back));

    if (rc < 0)
        return rc;
    rc = xs_read_u64(bus->front, "backend-id", &domid);
    if (rc)
        return rc;
    if (domid >= DOMID_FIRST_RESERVED)
        return -EINVAL;
    dev->backend = (uint16_t)domid;
    snprintf(bus->watched, sizeof(bus->watched), "%s/state", bus->back);
    bus->watch.path = bus->watched;
    bus->watch.fn = state_changed;
    return xs_watch(&bus->watch);
}

/* A disk tells of itself when its back end has connected, not before. */
static int attach(struct bus_device *dev, struct xs_bus *bus)
{
    int rc = find_back(dev, bus);

    if (!rc)
        rc = settle(bus);
    if (!rc)
        rc = make_rings(dev, bus);
    if (!rc && dev->type == BUS_BLOCK)
        rc = present(dev, bus, 0);
    return rc ? rc : types[dev->type].config(dev, bus);
}

/* The number of the device before which `rank` others come. */
static int find(enum bus_type type, unsigned int rank, uint32_t *id_out)
{
    char names[XS_TEXT_MAX + 1];
    int len = xs_list(NULL, types[type].path, names, sizeof(names));
    uint64_t from = 0, least, id;
    const char *name, *at;

    if (len < 0)
        return len;
    for (;; from = least + 1, rank--) {
        least = UINT64_MAX;
        for (name = names; name < names + len; name += strlen(name) + 1) {
            at = name;
            if (!parse_u64(&at, &id) && !*at && id >= from && id < least)
                least = id;
        }
        if (least > UINT32_MAX)
            return -ENOENT;
        if (!rank)
            break;
    }
    *id_out = (uint32_t)least;
    return 0;
}

static int xs_open(enum bus_type type, unsigned int n, struct bus_device *dev)
{
    struct xs_bus *bus;
    uint32_t id;
    int rc = find(type, n, &id);

    if (rc)
        return rc;
    bus = page_alloc(1);
    if (!bus)
        return -ENOMEM;
    memset(bus, 0, sizeof(*bus));
    snprintf(bus->front, sizeof(bus->front), "%s/%u", types[type].path, id);
    bus->rings = types[type].rings;
    *dev = (struct bus_device){.ops = &bus_xs,
                               .type = type,
                               .id = id,
                               .generation = changes,
                               .priv = bus};
    rc = attach(dev, bus);
    if (!rc)
        return 0;
    if (rc != -ENOENT)
        printf("%s %u: cannot be used: error %d\n", types[type].name, id, -rc);
    if (bus->presented)
        leave(bus);
    release(dev, bus);
    return rc;
}

static int xs_connect(struct bus_device *dev, uint64_t front_features)
{
    struct xs_bus *bus = dev->priv;
    int rc = 0;

    if (bus->connected)
        return -ENOTCONN;
    if (!bus->presented)
        rc = present(dev, bus, front_features);
    if (!rc && dev->type == BUS_BLOCK)
        rc = front_state(bus, XenbusStateConnected);
    if (rc)
        return rc;
    bus->connected = true;
    return event_notify(dev->port);
}

static enum bus_state xs_state(const struct bus_device *dev)
{
    const struct xs_bus *bus = dev->priv;

    if (!xs_present())
        return BUS_BROKEN;
    switch (READ_ONCE(bus->state)) {
    case XenbusStateConnected:
    case XenbusStateReconfiguring:
    case XenbusStateReconfigured:
        return BUS_CONNECTED;
    case XenbusStateClosing:
        return BUS_CLOSING;
    case XenbusStateClosed:
        return BUS_CLOSED;
    default:
        return BUS_READY;
    }
}

static int xs_disconnect(struct bus_device *dev)
{
    struct xs_bus *bus = dev->priv;
    int rc;

    bus->connected = false;
    if (!bus->presented)
        return 0;
    rc = leave(bus);
    if (rc)
        return rc;
    event_unbind(dev->port);
    clear_rings(dev, bus);
    bus->presented = false;
    return 0;
}

static void xs_close(struct bus_device *dev)
{
    if (xs_disconnect(dev))
        printf("%s %u: its back end does not answer\n", types[dev->type].name,
               dev->id);
    release(dev, dev->priv);
}

const struct bus_ops bus_xs = {
    .open = xs_open,
    .connect = xs_connect,
    .state = xs_state,
    .disconnect = xs_disconnect,
    .close = xs_close,
    .follow = xs_follow,
};
