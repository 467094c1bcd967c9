/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * console.c: dom0's end of a guest's console: that of noxs here, that of
 * xenconsoled in console_pty.c.
 *
 * The guest owns the page and may write anything to it, so our own indices are
 * kept here, and only ever written there.
 */
#include <errno.h>
#include <string.h>

#include "bus.h"
#include "console.h"
#include "internal.h"

int console_attach(struct chaos_ctx *ctx, uint32_t domid, struct hv_evtchn *ev,
                   struct chaos_console **con_out)
{
    struct noxs_device device;
    struct chaos_console *con = calloc(1, sizeof(*con));
    int rc;

    if (!con)
        return chaos__fail(ctx, -ENOMEM, "no memory for a console");
    con->ctx = ctx;
    con->domid = domid;
    rc = device_find(ctx, domid, NOXS_DEV_CONSOLE, 0, &device);
    if (rc == 0)
        rc = device_map(ctx, domid, &device, &con->link);
    if (rc == 0)
        rc = ev ? device_bind_shared(ctx, domid, &device, ev, &con->link)
                : device_bind(ctx, domid, &device, &con->link);
    if (rc < 0) {
        chaos_console_close(con);
        return rc;
    }
    con->page = con->link.page;
    con->out_cons = con->page->out_cons;
    con->in_prod = con->page->in_prod;
    __atomic_store_n(&con->page->attached, 1, __ATOMIC_RELEASE);
    *con_out = con;
    return 0;
}

int console_attach_alone(struct chaos_ctx *ctx, uint32_t domid,
                         struct chaos_console **con_out)
{
    return console_attach(ctx, domid, NULL, con_out);
}

int chaos_console_open(struct chaos_ctx *ctx, uint32_t domid,
                       struct chaos_console **con_out)
{
    const struct bus_ops *bus;
    struct hv *hv;
    int rc = bus_of_domain(ctx, domid, &hv, &bus);

    return rc < 0 ? rc : bus->console_open(ctx, domid, con_out);
}

bool chaos_console_is_pty(const struct chaos_console *con)
{
    return con->host != NULL;
}

void chaos_console_close(struct chaos_console *con)
{
    if (!con)
        return;
    if (con->host)
        pty_close(con);
    if (con->page) {
        __atomic_store_n(&con->page->attached, 0, __ATOMIC_RELEASE);
        /* A guest that waits for room must learn that nobody makes any. */
        (void)con->link.hv->ops->evtchn_notify(con->link.ev, con->link.port);
    }
    if (con->set)
        consoles_forget(con->set, con);
    device_unlink(&con->link);
    free(con);
}

int chaos_console_fd(const struct chaos_console *con)
{
    if (con->host)
        return con->terminal.fd;
    return con->link.hv->ops->evtchn_fd(con->link.ev);
}

static int notify(struct chaos_console *con)
{
    return con->link.hv->ops->evtchn_notify(con->link.ev, con->link.port);
}

/* Make the descriptor wait for the guest's next ring. */
static int take_rings(struct chaos_console *con)
{
    uint32_t port;
    int rc;

    /* Those of a set are taken by chaos_consoles_next. */
    if (con->set)
        return 0;
    do {
        rc = con->link.hv->ops->evtchn_pending(con->link.ev, &port);
    } while (rc == 0);
    if (rc == -EAGAIN)
        return 0;
    return chaos__fail(con->ctx, rc, "console: event channel");
}

/* Bytes that lie in the ring. */
static uint32_t waiting(struct chaos_console *con)
{
    uint32_t prod = __atomic_load_n(&con->page->out_prod, __ATOMIC_ACQUIRE);

    if (prod - con->out_cons > NOXS_CONSOLE_OUT) {
        /* A broken guest: start again where it says it is. */
        con->out_cons = prod;
        __atomic_store_n(&con->page->out_cons, prod, __ATOMIC_SEQ_CST);
    }
    return prod - con->out_cons;
}

/* What xenconsoled has given cannot be left with it. */
static int check_ring(struct chaos_console *con)
{
    if (con->host)
        return chaos__fail(con->ctx, -EOPNOTSUPP,
                           "console: what xenconsoled has cannot be peeked at");
    return 0;
}

ssize_t chaos_console_peek(struct chaos_console *con, void *buf, size_t len)
{
    uint32_t at, avail, straight;
    int rc = check_ring(con);

    if (rc == 0)
        rc = take_rings(con);
    if (rc < 0)
        return rc;
    avail = waiting(con);
    if (avail > len)
        avail = (uint32_t)len;
    if (avail == 0)
        return 0;
    at = con->out_cons % NOXS_CONSOLE_OUT;
    straight = NOXS_CONSOLE_OUT - at;
    if (straight > avail)
        straight = avail;
    memcpy(buf, con->page->out + at, straight);
    memcpy((uint8_t *)buf + straight, con->page->out, avail - straight);
    return (ssize_t)avail;
}

int chaos_console_take(struct chaos_console *con, size_t len)
{
    int rc = check_ring(con);

    if (rc < 0)
        return rc;
    if (len > waiting(con))
        return chaos__fail(con->ctx, -EINVAL,
                           "console: there are not so many bytes to take");
    if (len == 0)
        return 0;
    con->out_cons += (uint32_t)len;
    __atomic_store_n(&con->page->out_cons, con->out_cons, __ATOMIC_SEQ_CST);
    rc = notify(con);
    if (rc < 0)
        return chaos__fail(con->ctx, rc, "console: cannot ring the guest");
    return 0;
}

uint32_t chaos_console_index(const struct chaos_console *con)
{
    return con->out_cons;
}

uint64_t chaos_console_dropped(const struct chaos_console *con)
{
    if (con->host)
        return 0;
    return __atomic_load_n(&con->page->dropped, __ATOMIC_RELAXED);
}

ssize_t chaos_console_read(struct chaos_console *con, void *buf, size_t len)
{
    ssize_t n;
    int rc;

    if (con->host)
        return pty_read(con, buf, len);
    n = chaos_console_peek(con, buf, len);
    if (n <= 0)
        return n;
    rc = chaos_console_take(con, (size_t)n);
    return rc < 0 ? rc : n;
}

static ssize_t ring_write(struct chaos_console *con, const void *buf,
                          size_t len)
{
    const uint8_t *from = buf;
    uint32_t cons = __atomic_load_n(&con->page->in_cons, __ATOMIC_ACQUIRE);
    uint32_t used = con->in_prod - cons;
    uint32_t room, i;
    int rc = 0;

    if (used > NOXS_CONSOLE_IN) {
        con->in_prod = cons;
        used = 0;
    }
    room = NOXS_CONSOLE_IN - used;
    if (room > len)
        room = (uint32_t)len;
    for (i = 0; i < room; i++)
        con->page->in[(con->in_prod + i) % NOXS_CONSOLE_IN] = from[i];
    con->in_prod += room;
    __atomic_store_n(&con->page->in_prod, con->in_prod, __ATOMIC_RELEASE);
    if (room > 0)
        rc = notify(con);
    if (rc < 0)
        return chaos__fail(con->ctx, rc, "console: cannot ring the guest");
    return (ssize_t)room;
}

ssize_t chaos_console_write(struct chaos_console *con, const void *buf,
                            size_t len)
{
    return con->host ? pty_write(con, buf, len) : ring_write(con, buf, len);
}
