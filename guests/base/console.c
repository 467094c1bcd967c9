/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * console.c: the console's two rings.
 *
 * The indices that this side owns are kept here and only copied to the page:
 * whoever scribbles over it spoils output, nothing else.
 */
#include <guest/barrier.h>
#include <guest/console.h>
#include <guest/event.h>
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/memory.h>
#include <guest/noxs.h>
#include <guest/time.h>

#include <noxs/console.h>
#include <xen/sched.h>

#include "internal.h"

#define WAIT_ATTACHED 200000000ul
#define WAIT_XENCONSOLED 10000000ul

static struct {
    struct noxs_console *page; /* NULL: no console */
    bool noxs;                 /* what lies behind Xen's part is there */
    uint32_t port;
    uint32_t in_cons, out_prod;
    uint64_t dropped;
    /* Nobody made room here in the time allowed: it is not waited for again. */
    bool gave_up;
    uint32_t gave_up_cons;
} con;

/* What sleeps for input looks at the ring; this merely wakes it. */
static void console_event(uint32_t port, void *arg)
{
    (void)port;
    (void)arg;
}

static bool find_noxs(void)
{
    struct noxs_device dev;
    void *page;

    if (noxs_find(NOXS_DEV_CONSOLE, 0, &dev) || noxs_control(&dev, &page))
        return false;
    con.page = page;
    con.port = dev.evtchn;
    return con.page->magic == NOXS_CONSOLE_MAGIC &&
           con.page->version == NOXS_VERSION;
}

static void find_start_info(void)
{
    void *page;

    con.page = NULL;
    if (!guest_start_info->console.domU.mfn ||
        page_of_frame(guest_start_info->console.domU.mfn, &page))
        return;
    con.page = page;
    con.port = guest_start_info->console.domU.evtchn;
}

void console_init(void)
{
    con.noxs = find_noxs();
    if (!con.noxs)
        find_start_info();
    if (!con.page)
        return;
    con.in_cons = READ_ONCE(con.page->in_cons);
    con.out_prod = READ_ONCE(con.page->out_prod);
    if (con.port)
        event_bind(con.port, console_event, NULL);
}

/* How much room; a peer whose index is nonsense is met where it is. */
static uint32_t room(void)
{
    uint32_t cons = READ_ONCE(con.page->out_cons);
    uint32_t used = con.out_prod - cons;

    mb();
    if (used > NOXS_CONSOLE_OUT) {
        con.out_prod = cons;
        used = 0;
    }
    return NOXS_CONSOLE_OUT - used;
}

static void publish(void)
{
    wmb();
    WRITE_ONCE(con.page->out_prod, con.out_prod);
    mb();
    if (con.port)
        event_notify(con.port);
}

static uint64_t patience(void)
{
    if (!con.noxs)
        return WAIT_XENCONSOLED;
    if (con.gave_up && READ_ONCE(con.page->out_cons) == con.gave_up_cons)
        return 0;
    return READ_ONCE(con.page->attached) ? WAIT_ATTACHED : 0;
}

/* Full: let dom0 run, for a while. */
static bool wait_for_room(void)
{
    uint64_t wait = patience();
    uint64_t end;

    publish();
    if (!wait)
        return room() != 0;
    end = time_now() + wait;
    while (!room() && time_now() < end)
        sched_op(SCHEDOP_yield, NULL);
    con.gave_up_cons = READ_ONCE(con.page->out_cons);
    con.gave_up = !room();
    return !con.gave_up;
}

static void put(char c)
{
    if (!room() && !wait_for_room()) {
        con.dropped++;
        if (con.noxs)
            WRITE_ONCE(con.page->dropped, con.dropped);
        return;
    }
    con.page->out[con.out_prod++ % NOXS_CONSOLE_OUT] = (uint8_t)c;
}

void console_write(const char *buf, size_t len)
{
    bool on = events_disable();

    if (con.page && len) {
        for (; len; len--, buf++) {
            if (*buf == '\n')
                put('\r');
            put(*buf);
        }
        publish();
    }
    events_restore(on);
}

static uint32_t waiting(void)
{
    uint32_t n = READ_ONCE(con.page->in_prod) - con.in_cons;

    if (n > NOXS_CONSOLE_IN) {
        con.in_cons += n;
        n = 0;
    }
    return n;
}

size_t console_read(char *buf, size_t len)
{
    uint32_t n = con.page ? waiting() : 0;
    uint32_t i;

    if (n > len)
        n = (uint32_t)len;
    if (!n)
        return 0;
    rmb();
    for (i = 0; i < n; i++)
        buf[i] = (char)con.page->in[con.in_cons++ % NOXS_CONSOLE_IN];
    mb();
    WRITE_ONCE(con.page->in_cons, con.in_cons);
    if (con.port)
        event_notify(con.port);
    return n;
}

char console_getc(void)
{
    char c;

    event_wait(con.page && waiting());
    console_read(&c, 1);
    return c;
}

void console_flush(void)
{
    uint64_t end;

    if (!con.page || !patience())
        return;
    end = time_now() + patience();
    while (room() != NOXS_CONSOLE_OUT && time_now() < end)
        sched_op(SCHEDOP_yield, NULL);
}
