/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xs.c: the XenStore client: requests, one at a time, and watches.
 *
 * What comes is a stream of messages on a ring that the daemon can write to at
 * any time. Each byte is taken once, into memory of this side, before anything
 * is looked at. The indices of this side are kept here.
 *
 * Everything happens with events off. Who waits for an answer polls the port,
 * so that nothing else runs meanwhile; watches that fire before the answer is
 * there are remembered, and called when it is.
 */
#include <guest/barrier.h>
#include <guest/event.h>
#include <guest/guest.h>
#include <guest/lib.h>
#include <guest/memory.h>
#include <guest/sysctl.h>
#include <guest/time.h>
#include <guest/xs.h>

#include <xen/io/xs_wire.h>

#include "internal.h"

/*
 * oxenstored answers nobody while it writes its database down: for 6 s where
 * there are a thousand guests.
 */
#define LIMIT_NS 60000000000ul
#define NUMBER_MAX 21

static struct {
    struct xenstore_domain_interface *page; /* NULL: none, or it is broken */
    uint32_t port;
    uint32_t req_prod, rsp_cons;
    /* The message that is coming in, and how much of it has. */
    struct xsd_sockmsg head;
    char data[XS_TEXT_MAX + 1];
    uint32_t got;
    /* The request that is waited for. */
    bool waiting;
    uint32_t type, req_id;
    char *answer;
    size_t size;
    int rc;
    struct xs_watch *watches;
    uint32_t last_watch;
    bool calling;
} xs;

bool xs_present(void)
{
    return xs.page != NULL;
}

static void broken(void)
{
    xs.page = NULL;
    event_unbind(xs.port);
    printf("XenStore: the daemon breaks the protocol\n");
}

/* --- what comes ----------------------------------------------------------- */

static bool is_deep(const char *path, size_t from)
{
    unsigned int slashes = 0;

    for (path += from; *path; path++)
        slashes += *path == '/';
    return slashes > 1;
}

/* A path and a token of ours, both terminated. */
static void watch_fired(size_t len)
{
    size_t path_len = strnlen(xs.data, len), n;
    const char *token = xs.data + path_len + 1;
    struct xs_watch *w;
    uint64_t id;

    if (path_len >= len || parse_u64(&token, &id))
        return;
    for (w = xs.watches; w && w->id != id; w = w->next)
        ;
    if (!w)
        return;
    n = strlen(w->path);
    if (!w->shallow || path_len < n || !is_deep(xs.data, n))
        w->fired = true;
}

static int take_answer(size_t len)
{
    if (xs.head.type == XS_ERROR)
        return strcmp(xs.data, "ENOENT") ? -EIO : -ENOENT;
    if (xs.head.type != xs.type)
        return -EIO;
    if (!xs.answer)
        return 0;
    if (len != xs.head.len || len >= xs.size)
        return -E2BIG;
    memcpy(xs.answer, xs.data, len);
    xs.answer[len] = '\0';
    return (int)len;
}

/* Answers that nobody waits for (any more) are passed over. */
static void take_message(void)
{
    size_t len = xs.head.len < XS_TEXT_MAX ? xs.head.len : XS_TEXT_MAX;

    xs.data[len] = '\0';
    if (xs.head.type == XS_WATCH_EVENT) {
        watch_fired(len);
    } else if (xs.waiting && xs.head.req_id == xs.req_id) {
        xs.rc = take_answer(len);
        xs.waiting = false;
    }
}

/* False: no daemon sends messages of such a length. */
static bool take_byte(char c)
{
    uint32_t at = xs.got++;

    if (at < sizeof(xs.head))
        ((char *)&xs.head)[at] = c;
    else if (at - sizeof(xs.head) < XS_TEXT_MAX)
        xs.data[at - sizeof(xs.head)] = c;
    if (xs.got < sizeof(xs.head))
        return true;
    if (xs.head.len > XENSTORE_PAYLOAD_MAX)
        return false;
    if (xs.got == sizeof(xs.head) + xs.head.len) {
        xs.got = 0;
        take_message();
    }
    return true;
}

static void take(void)
{
    uint32_t n = xs.page ? READ_ONCE(xs.page->rsp_prod) - xs.rsp_cons : 0;
    bool sound = n <= XENSTORE_RING_SIZE;

    if (!n)
        return;
    rmb();
    for (; n && sound; n--)
        sound = take_byte(
            READ_ONCE(xs.page->rsp[MASK_XENSTORE_IDX(xs.rsp_cons++)]));
    if (!sound) {
        broken();
        return;
    }
    mb();
    WRITE_ONCE(xs.page->rsp_cons, xs.rsp_cons);
    event_notify(xs.port);
}

static struct xs_watch *next_fired(void)
{
    struct xs_watch *w;

    for (w = xs.watches; w && !w->fired; w = w->next)
        ;
    return w;
}

/* They may make requests, and watches come and go by them. */
static void call_watches(void)
{
    struct xs_watch *w;

    if (xs.calling)
        return;
    xs.calling = true;
    while ((w = next_fired())) {
        w->fired = false;
        w->fn(w);
    }
    xs.calling = false;
}

static void handle_event(uint32_t port, void *arg)
{
    (void)port;
    (void)arg;
    take();
    call_watches();
}

/* --- requests ------------------------------------------------------------- */

/* Something may have come: true. It is too late, or the end: false. */
static bool await(uint64_t until)
{
    if (!xs.page || time_now() >= until)
        return false;
    event_poll(xs.port, until);
    take();
    return true;
}

/* A daemon whose index is nonsense leaves no room. */
static bool has_room(size_t len)
{
    uint32_t used = xs.req_prod - READ_ONCE(xs.page->req_cons);

    mb();
    return used <= XENSTORE_RING_SIZE && len <= XENSTORE_RING_SIZE - used;
}

static void put(const void *data, size_t len)
{
    const char *p = data;

    for (; len; len--)
        xs.page->req[MASK_XENSTORE_IDX(xs.req_prod++)] = *p++;
}

/* The request and its text, once there is room. */
static int send(uint32_t type, const char *text, size_t len, uint64_t until)
{
    struct xsd_sockmsg head = {
        .type = type, .req_id = ++xs.req_id, .len = (uint32_t)len};

    while (xs.page && !has_room(sizeof(head) + len))
        if (!await(until))
            return -ETIMEDOUT;
    if (!xs.page)
        return -EIO;
    put(&head, sizeof(head));
    put(text, len);
    wmb();
    WRITE_ONCE(xs.page->req_prod, xs.req_prod);
    mb();
    return event_notify(xs.port);
}

/* With what the caller put in xs.answer and xs.size. */
static int wait_answer(uint32_t type, uint64_t until)
{
    xs.type = type;
    xs.rc = -ETIMEDOUT;
    xs.waiting = true;
    while (xs.waiting && await(until))
        ;
    xs.waiting = false;
    return xs.page ? xs.rc : -EIO;
}

/*
 * The text is the path and, if there is a second part, that behind it, with a
 * 0 at the end of both that `ends` tells.
 */
static int request(uint32_t type, const char *dir, const char *key,
                   const char *second, bool ends, char *answer, size_t size,
                   bool wait)
{
    char text[XS_TEXT_MAX + 1];
    uint64_t until = time_now() + LIMIT_NS;
    size_t len;
    bool on;
    int rc;

    len = (size_t)snprintf(text, sizeof(text), "%s%s%s", dir ? dir : "",
                           dir ? "/" : "", key) +
          1;
    if (second && len < sizeof(text))
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", second) +
               ends;
    if (len > sizeof(text))
        return -E2BIG;
    on = events_disable();
    rc = send(type, text, len, until);
    xs.answer = answer;
    xs.size = size;
    if (!rc && wait)
        rc = wait_answer(type, until);
    call_watches();
    events_restore(on);
    return rc;
}

int xs_read(const char *dir, const char *key, char *buf, size_t size)
{
    return request(XS_READ, dir, key, NULL, false, buf, size, true);
}

int xs_list(const char *dir, const char *key, char *buf, size_t size)
{
    return request(XS_DIRECTORY, dir, key, NULL, false, buf, size, true);
}

int xs_write(const char *dir, const char *key, const char *value)
{
    return request(XS_WRITE, dir, key, value, false, NULL, 0, true);
}

int xs_read_u64(const char *dir, const char *key, uint64_t *out)
{
    char text[NUMBER_MAX];
    const char *at = text;
    int rc = xs_read(dir, key, text, sizeof(text));

    if (rc < 0)
        return rc;
    return parse_u64(&at, out) || *at ? -EINVAL : 0;
}

uint64_t xs_read_or(const char *dir, const char *key, uint64_t other)
{
    uint64_t value;

    return xs_read_u64(dir, key, &value) ? other : value;
}

int xs_write_u64(const char *dir, const char *key, uint64_t value)
{
    char text[NUMBER_MAX];

    snprintf(text, sizeof(text), "%lu", value);
    return xs_write(dir, key, text);
}

void xs_post_u64(const char *key, uint64_t value)
{
    char text[NUMBER_MAX];

    snprintf(text, sizeof(text), "%lu", value);
    request(XS_WRITE, NULL, key, text, false, NULL, 0, false);
}

/* --- watches -------------------------------------------------------------- */

static int watch_request(uint32_t type, const struct xs_watch *w)
{
    char token[NUMBER_MAX];

    snprintf(token, sizeof(token), "%u", w->id);
    return request(type, NULL, w->path, token, true, NULL, 0, true);
}

static void unlink(struct xs_watch *w)
{
    struct xs_watch **p;

    for (p = &xs.watches; *p; p = &(*p)->next)
        if (*p == w) {
            *p = w->next;
            return;
        }
}

int xs_watch(struct xs_watch *w)
{
    bool on = events_disable();
    int rc;

    w->id = ++xs.last_watch;
    w->fired = false;
    w->next = xs.watches;
    xs.watches = w;
    rc = watch_request(XS_WATCH, w);
    if (rc) {
        unlink(w);
        w->id = 0;
    }
    events_restore(on);
    return rc;
}

void xs_unwatch(struct xs_watch *w)
{
    bool on = events_disable();

    if (w->id) {
        unlink(w);
        watch_request(XS_UNWATCH, w);
        w->id = 0;
    }
    events_restore(on);
}

/* Where there is a sysctl device, the place of the store is its page's. */
void xs_init(void)
{
    const struct start_info *si = guest_start_info;
    void *page;

    if (sysctl_page() || !si->store_evtchn ||
        page_of_frame(si->store_mfn, &page))
        return;
    xs.page = page;
    xs.port = si->store_evtchn;
    xs.req_prod = READ_ONCE(xs.page->req_prod);
    xs.rsp_cons = READ_ONCE(xs.page->rsp_cons);
    if (event_bind(xs.port, handle_event, NULL))
        xs.page = NULL;
    else
        xs_control_init();
}
