/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bus_xs_world.c: a store, a back end behind it, and the guests' base beneath.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <guest/event.h>
#include <guest/grant.h>
#include <guest/guest.h>
#include <guest/memory.h>
#include <guest/time.h>
#include <guest/xs.h>

#include <xen/io/xenbus.h>

#include "bus_impl.h"
#include "bus_xs_world.h"

struct world world;

/* --- the store, and a back end behind it ------------------------------------
 */

char *world_node(const char *dir, const char *key)
{
    char path[128];
    unsigned int i;

    snprintf(path, sizeof(path), "%s%s%s", dir ? dir : "", dir ? "/" : "", key);
    for (i = 0; i < WORLD_NODES; i++)
        if (!strcmp(world.nodes[i].path, path))
            return world.nodes[i].value;
    return NULL;
}

void world_set(const char *dir, const char *key, const char *value)
{
    char *at = world_node(dir, key);
    unsigned int i;

    for (i = 0; !at && i < WORLD_NODES; i++)
        if (!world.nodes[i].path[0]) {
            snprintf(world.nodes[i].path, sizeof(world.nodes[i].path), "%s%s%s",
                     dir ? dir : "", dir ? "/" : "", key);
            at = world.nodes[i].value;
        }
    assert_non_null(at);
    snprintf(at, sizeof(world.nodes[0].value), "%s", value);
    for (i = 0; i < 4; i++)
        if (world.watches[i] && world_node(NULL, world.watches[i]->path) == at)
            world.watches[i]->fired = true;
}

void world_forget(const char *dir)
{
    unsigned int i;

    for (i = 0; i < WORLD_NODES; i++)
        if (!strncmp(world.nodes[i].path, dir, strlen(dir)))
            memset(&world.nodes[i], 0, sizeof(world.nodes[i]));
    for (i = 0; i < 4; i++)
        if (world.watches[i] &&
            !strncmp(world.watches[i]->path, dir, strlen(dir)))
            world.watches[i]->fired = true;
}

void world_deliver(void)
{
    unsigned int i;

    for (i = 0; i < 4; i++)
        if (world.watches[i] && world.watches[i]->fired) {
            world.watches[i]->fired = false;
            world.watches[i]->fn(world.watches[i]);
        }
}

static void connect_disk(void)
{
    world_set(VBACK, "sectors", "8192");
    world_set(VBACK, "sector-size", "512");
    world_set(VBACK, "physical-sector-size", "4096");
    world_set(VBACK, "info", "4");
    world_set(VBACK, "feature-flush-cache", "1");
    world_set(VBACK, "feature-max-indirect-segments", "256");
    world_set(VBACK, "state", "4");
}

static void back_end(const char *back, unsigned int front)
{
    const char *value = world_node(back, "state");
    int state;

    if (!value || world.deaf >> front & 1)
        return;
    state = atoi(value);
    if (front == XenbusStateInitialising && state == XenbusStateClosed)
        world_set(back, "state", "2");
    else if (front == XenbusStateInitialised && !strcmp(back, VBACK))
        connect_disk();
    else if (front == XenbusStateConnected && !strcmp(back, BACK))
        world_set(back, "state", "4");
    else if (front == XenbusStateClosing)
        world_set(back, "state", "5");
    else if (front == XenbusStateClosed)
        world_set(back, "state", "6");
}

int xs_write(const char *dir, const char *key, const char *value)
{
    if (!world.present)
        return -EIO;
    world_set(dir, key, value);
    if (!strcmp(key, "state") && !strcmp(dir, VIF))
        back_end(BACK, (unsigned)atoi(value));
    if (!strcmp(key, "state") && !strcmp(dir, VBD))
        back_end(VBACK, (unsigned)atoi(value));
    return 0;
}

int xs_write_u64(const char *dir, const char *key, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%lu", value);
    return xs_write(dir, key, text);
}

int xs_read(const char *dir, const char *key, char *buf, size_t size)
{
    const char *value = world.present ? world_node(dir, key) : NULL;

    if (!value)
        return -ENOENT;
    if (strlen(value) >= size)
        return -E2BIG;
    strcpy(buf, value);
    return (int)strlen(value);
}

int xs_read_u64(const char *dir, const char *key, uint64_t *out)
{
    char *end;
    const char *value = world_node(dir, key);

    if (!value)
        return -ENOENT;
    *out = strtoull(value, &end, 10);
    return *end || end == value ? -EINVAL : 0;
}

uint64_t xs_read_or(const char *dir, const char *key, uint64_t other)
{
    uint64_t value;

    return xs_read_u64(dir, key, &value) ? other : value;
}

int xs_list(const char *dir, const char *key, char *buf, size_t size)
{
    (void)dir;
    (void)key;
    (void)size;
    if (!world.list)
        return -ENOENT;
    memcpy(buf, world.list, world.list_len + 1);
    return (int)world.list_len;
}

int xs_watch(struct xs_watch *w)
{
    unsigned int i;

    for (i = 0; world.watches[i]; i++)
        assert_in_range(i, 0, 2);
    world.watches[i] = w;
    w->id = i + 1;
    w->fired = true;
    return 0;
}

void xs_unwatch(struct xs_watch *w)
{
    if (w->id)
        world.watches[w->id - 1] = NULL;
    w->id = 0;
}

bool xs_present(void)
{
    return world.present;
}

/* --- the base beneath it -----------------------------------------------------
 */

void bus_changed(void)
{
    world.changes++;
}

bool events_disable(void)
{
    return true;
}

void events_enable(void)
{
}

/* What is to come, comes; else it is time that passes. */
void event_block(void)
{
    struct timer *t = world.timer;
    unsigned int i;

    for (i = 0; i < 4; i++)
        if (world.watches[i] && world.watches[i]->fired) {
            world_deliver();
            return;
        }
    assert_non_null(t);
    world.now = t->at;
    world.timer = NULL;
    t->fn(t);
}

int timer_arm(struct timer *t, uint64_t at)
{
    assert_null(world.timer);
    t->at = at;
    world.timer = t;
    return 0;
}

void timer_cancel(struct timer *t)
{
    if (world.timer == t)
        world.timer = NULL;
}

uint64_t time_now(void)
{
    return world.now;
}

int event_alloc(uint16_t domid, uint32_t *port_out)
{
    assert_int_equal(domid, 0);
    world.ports++;
    *port_out = 9;
    return 0;
}

int event_close(uint32_t port)
{
    assert_int_equal(port, 9);
    world.ports--;
    return 0;
}

void event_unbind(uint32_t port)
{
    assert_int_equal(port, 9);
}

int event_notify(uint32_t port)
{
    assert_int_equal(port, 9);
    world.notified++;
    return 0;
}

void *page_alloc(size_t n)
{
    assert_int_equal(n, 1);
    world.pages++;
    return aligned_alloc(PAGE_SIZE, PAGE_SIZE);
}

void page_free(void *page)
{
    world.pages--;
    free(page);
}

int grant_access(uint16_t domid, const void *va, bool readonly,
                 uint32_t *ref_out)
{
    (void)va;
    assert_int_equal(domid, 0);
    assert_false(readonly);
    *ref_out = 100 + world.grants++;
    return 0;
}

int grant_end(uint32_t ref)
{
    assert_in_range(ref, 100, 110);
    if (world.grants_held)
        return -EBUSY;
    world.grants--;
    return 0;
}

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
