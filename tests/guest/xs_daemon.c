/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xs_daemon.c: the guests' base beneath the XenStore client, and the daemon.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <guest/guest.h>
#include <guest/memory.h>
#include <guest/sysctl.h>
#include <guest/time.h>

#include <xen/io/xs_wire.h>

#include "internal.h"
#include "xs_daemon.h"

struct xsd xsd;
static struct start_info start;
struct start_info *guest_start_info = &start;

static void feed(void);
static void serve(void);

bool events_disable(void)
{
    bool on = xsd.events_on;

    xsd.events_on = false;
    return on;
}

void events_restore(bool on)
{
    xsd.events_on = on;
}

int event_bind(uint32_t port, event_fn *fn, void *arg)
{
    (void)arg;
    assert_int_equal(port, XSD_PORT);
    xsd.handler = fn;
    return 0;
}

void event_unbind(uint32_t port)
{
    assert_int_equal(port, XSD_PORT);
    xsd.handler = NULL;
}

int event_notify(uint32_t port)
{
    assert_int_equal(port, XSD_PORT);
    if (xsd.serves)
        serve();
    return 0;
}

/* Nothing else runs meanwhile. */
void event_poll(uint32_t port, uint64_t until)
{
    assert_int_equal(port, XSD_PORT);
    assert_false(xsd.events_on);
    xsd.now += xsd.out_at < xsd.out_len ? 1000 : until - xsd.now;
    feed();
}

uint64_t time_now(void)
{
    return xsd.now;
}

int page_of_frame(uint64_t mfn, void **va_out)
{
    if (mfn != 99)
        return -ERANGE;
    *va_out = &xsd.ring;
    return 0;
}

struct noxs_sysctl *sysctl_page(void)
{
    return NULL;
}

void sysctl_act(uint32_t cmd)
{
    xsd.acted = cmd;
}

/* string.c's neighbours are the C library's here. */
int parse_u64(const char **s, uint64_t *value);
int parse_u64(const char **s, uint64_t *value)
{
    char *end;

    if (**s < '0' || **s > '9')
        return -EINVAL;
    *value = strtoull(*s, &end, 10);
    *s = end;
    return 0;
}

/* --- a daemon --------------------------------------------------------------
 */

void xsd_say(uint32_t type, uint32_t id, const void *data, size_t len)
{
    struct xsd_sockmsg head = {.type = type, .req_id = id, .len = len};

    assert_true(xsd.out_len + sizeof(head) + len <= sizeof(xsd.out));
    memcpy(xsd.out + xsd.out_len, &head, sizeof(head));
    memcpy(xsd.out + xsd.out_len + sizeof(head), data, len);
    xsd.out_len += sizeof(head) + len;
}

static void feed(void)
{
    size_t n;

    for (n = 0; n < xsd.chunk && xsd.out_at < xsd.out_len &&
                xsd.ring.rsp_prod - xsd.ring.rsp_cons < XENSTORE_RING_SIZE;
         n++)
        xsd.ring.rsp[MASK_XENSTORE_IDX(xsd.ring.rsp_prod++)] =
            xsd.out[xsd.out_at++];
    if (xsd.out_at == xsd.out_len)
        xsd.out_at = xsd.out_len = 0;
}

void xsd_events(void)
{
    while (xsd.out_at < xsd.out_len && xsd.handler) {
        feed();
        xsd.events_on = false;
        xsd.handler(XSD_PORT, NULL);
        xsd.events_on = true;
    }
}

static unsigned int node(const char *path)
{
    unsigned int i;

    for (i = 0; i < XSD_NODES &&
                (!xsd.nodes[i].used || strcmp(xsd.nodes[i].path, path));
         i++)
        ;
    return i;
}

void xsd_set(const char *path, const char *value)
{
    unsigned int i = node(path);

    if (i == XSD_NODES)
        for (i = 0; xsd.nodes[i].used; i++)
            ;
    xsd.nodes[i].used = true;
    snprintf(xsd.nodes[i].path, sizeof(xsd.nodes[i].path), "%s", path);
    snprintf(xsd.nodes[i].value, sizeof(xsd.nodes[i].value), "%s", value);
}

void xsd_fire(const char *path, const char *token)
{
    char text[128];
    int len = snprintf(text, sizeof(text), "%s%c%s", path, 0, token) + 1;

    xsd_say(XS_WATCH_EVENT, 0, text, (size_t)len);
}

static void handle(const struct xsd_sockmsg *head, const char *text)
{
    const char *second = text + strlen(text) + 1;
    unsigned int i = node(text);

    xsd.requests++;
    xsd.last_id = head->req_id;
    if (!xsd.answers)
        return;
    switch (head->type) {
    case XS_READ:
    case XS_DIRECTORY:
        if (i == XSD_NODES)
            xsd_say(XS_ERROR, head->req_id, "ENOENT", 7);
        else if (!strcmp(xsd.nodes[i].value, "secret"))
            xsd_say(XS_ERROR, head->req_id, "EACCES", 7);
        else if (head->type == XS_READ)
            xsd_say(XS_READ, head->req_id, xsd.nodes[i].value,
                    strlen(xsd.nodes[i].value));
        else
            xsd_say(XS_DIRECTORY, head->req_id,
                    "0\0"
                    "17",
                    5);
        break;
    case XS_WRITE:
        xsd_set(text, second);
        xsd_say(XS_WRITE, head->req_id, "OK", 3);
        break;
    case XS_WATCH:
        assert_in_range(xsd.nr_watched, 0, 7);
        strcpy(xsd.watched[xsd.nr_watched][0], text);
        strcpy(xsd.watched[xsd.nr_watched++][1], second);
        /* Some say so before they answer. */
        xsd_fire(text, second);
        xsd_say(XS_WATCH, head->req_id, "OK", 3);
        break;
    default:
        xsd_say(head->type, head->req_id, "OK", 3);
    }
}

static void serve(void)
{
    struct xsd_sockmsg head;
    char text[1025];
    uint32_t i, at;

    while (xsd.ring.req_prod != xsd.ring.req_cons) {
        assert_in_range(xsd.ring.req_prod - xsd.ring.req_cons, sizeof(head),
                        XENSTORE_RING_SIZE);
        at = xsd.ring.req_cons;
        for (i = 0; i < sizeof(head); i++)
            ((char *)&head)[i] = xsd.ring.req[MASK_XENSTORE_IDX(at++)];
        assert_int_equal(head.tx_id, 0);
        assert_true(sizeof(head) + head.len <=
                    xsd.ring.req_prod - xsd.ring.req_cons);
        for (i = 0; i < head.len; i++)
            text[i] = xsd.ring.req[MASK_XENSTORE_IDX(at++)];
        text[i] = '\0';
        xsd.ring.req_cons = at;
        handle(&head, text);
    }
}

const char *xsd_value(const char *path)
{
    unsigned int i = node(path);

    assert_in_range(i, 0, XSD_NODES - 1);
    return xsd.nodes[i].value;
}

void xsd_reset(void)
{
    memset(&xsd, 0, sizeof(xsd));
    xsd.chunk = sizeof(xsd.out);
    xsd.serves = xsd.answers = xsd.events_on = true;
    start.store_mfn = 99;
    start.store_evtchn = XSD_PORT;
}
