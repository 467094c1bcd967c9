/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * store_model.c: XenStore's nodes, transactions, watches and domains.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "host_model_internal.h"
#include "store_model.h"
#include "store_model_internal.h"

#define DOMAINS_MAX_ID 32752u
#define FIXED_NODES 1u /* the root */

struct store_knobs store_knobs;

static struct {
    struct tree tree;
    uint64_t generation;
    uint32_t transactions;
    unsigned handles, calls;
    bool introduced[DOMAINS_MAX_ID];
} all;

/* --- events ------------------------------------------------------------------
 */

static void changed(const char *path)
{
    all.generation++;
    model_watch_fire(path);
    model_stock_changed(path);
}

/* A commit tells of all that it made different. */
static void fire_differences(const struct tree *old, const struct tree *new)
{
    const struct node *n;
    size_t i;

    for (i = 0; i < new->count; i++) {
        n = tree_find(old, new->nodes[i].path);
        if (!n || strcmp(n->value, new->nodes[i].value) != 0)
            model_watch_fire(new->nodes[i].path);
    }
    for (i = 0; i < old->count; i++) {
        if (!tree_find(new, old->nodes[i].path))
            model_watch_fire(old->nodes[i].path);
    }
}

/* Back ends look around, and at their states; they change the tree by it. */
static void tell_stock(const struct tree *old)
{
    struct tree now = {0};
    size_t i;

    tree_copy(&now, &all.tree);
    model_stock_changed("");
    for (i = 0; i < now.count; i++) {
        const struct node *n = tree_find(old, now.nodes[i].path);

        if (!n || strcmp(n->value, now.nodes[i].value) != 0)
            model_stock_changed(now.nodes[i].path);
    }
    tree_free(&now);
}

/* --- what tests ask ----------------------------------------------------------
 */

void model_store_reset(void)
{
    tree_free(&all.tree);
    memset(&all, 0, sizeof(all));
    model_watch_reset();
    tree_add(&all.tree, "/", "n0");
    store_knobs = (struct store_knobs){.open_error = ENOENT};
}

unsigned model_stores(void)
{
    return all.handles;
}

unsigned model_store_nodes(void)
{
    return (unsigned)(all.tree.count - FIXED_NODES);
}

unsigned model_store_domains(void)
{
    unsigned i, n = 0;

    for (i = 0; i < DOMAINS_MAX_ID; i++)
        n += all.introduced[i];
    return n;
}

unsigned model_store_calls(void)
{
    return all.calls;
}

const char *model_store_value(const char *path)
{
    const struct node *n = tree_find(&all.tree, path);

    return n ? n->value : NULL;
}

char *model_store_text(void)
{
    return tree_text(&all.tree);
}

const char *model_store_permissions(const char *path)
{
    const struct node *n = tree_find(&all.tree, path);

    return n ? n->perms : NULL;
}

void model_store_set(const char *path, const char *value)
{
    if (value)
        tree_set(&all.tree, path, value);
    else
        tree_remove(&all.tree, path);
    changed(path);
}

void model_store_exits(void)
{
    uint32_t i;

    for (i = 0; i < DOMAINS_MAX_ID; i++) {
        const struct model_domain *d = all.introduced[i] ? model_get(i) : NULL;

        if (all.introduced[i] && (!d || d->state.dying))
            all.introduced[i] = false;
    }
    model_watch_fire("@releaseDomain");
}

/* --- requests ----------------------------------------------------------------
 */

int store_enter(struct model_store *m, const char *name)
{
    int rc = model_enter(name);

    all.calls++;
    if (store_knobs.dead)
        m->broken = -EPIPE;
    if (rc == -EPIPE || rc == -ETIMEDOUT)
        m->broken = rc;
    if (rc < 0)
        return rc;
    return m->broken ? -EPIPE : 0;
}

static int copy_text(struct store_request *r, const char *text, size_t size)
{
    r->text = malloc(size + 1);
    if (!r->text)
        return -ENOMEM;
    memcpy(r->text, text, size);
    r->text[size] = '\0';
    r->size = size;
    return 0;
}

static int list_names(const struct tree *t, struct store_request *r)
{
    char names[STORE_VALUE_SIZE];
    size_t i, used = 0, len = strlen(r->path);

    for (i = 0; i < t->count; i++) {
        const char *path = t->nodes[i].path;

        if (!tree_is_below(path, r->path) || path[len] != '/' ||
            strchr(path + len + 1, '/'))
            continue;
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s",
                                 path + len + 1) +
                1;
        if (used >= sizeof(names))
            return -E2BIG;
    }
    return copy_text(r, names, used);
}

static void set_permissions(struct node *n, const struct store_permissions *p)
{
    int len = snprintf(n->perms, sizeof(n->perms), "%c%u", p->others, p->owner);

    if (p->has_reader)
        snprintf(n->perms + len, sizeof(n->perms) - (size_t)len, " r%u",
                 p->reader);
}

static int look(const struct tree *t, struct store_request *r)
{
    const struct node *n = tree_find(t, r->path);

    if (!n)
        return -ENOENT;
    return r->verb == STORE_DIRECTORY
               ? list_names(t, r)
               : copy_text(r, n->value, strlen(n->value));
}

/* 1: it changed something. */
static int change(struct tree *t, const struct store_request *r)
{
    struct node *n = tree_find(t, r->path);

    switch (r->verb) {
    case STORE_WRITE:
        tree_set(t, r->path, r->value);
        return 1;
    case STORE_MKDIR:
        if (!n)
            tree_make(t, r->path);
        return !n;
    case STORE_RM:
        return tree_remove(t, r->path) ? 1 : -ENOENT;
    default:
        if (!n)
            return -ENOENT;
        set_permissions(n, &r->perms);
        return 1;
    }
}

static const char *const names[] = {
    [STORE_READ] = "store_read",
    [STORE_WRITE] = "store_write",
    [STORE_MKDIR] = "store_mkdir",
    [STORE_RM] = "store_rm",
    [STORE_DIRECTORY] = "store_directory",
    [STORE_PERMISSIONS] = "store_permissions",
};

static int run_one(struct model_store *m, uint32_t transaction,
                   struct store_request *r)
{
    struct tree *t = transaction ? &m->tree : &all.tree;
    int rc = store_enter(m, names[r->verb]);

    if (rc < 0)
        return rc;
    if (transaction != m->transaction && transaction != 0)
        return model_refuse(-ENOENT, "a transaction that is none");
    if (r->verb == STORE_READ || r->verb == STORE_DIRECTORY)
        return model_leave(names[r->verb], look(t, r));
    rc = change(t, r);
    if (rc > 0 && !transaction)
        changed(r->path);
    return model_leave(names[r->verb], rc < 0 ? rc : 0);
}

static int run(struct store *store, uint32_t transaction,
               struct store_request *requests, size_t count)
{
    int rc = 0;
    size_t i;

    for (i = 0; i < count; i++) {
        struct store_request *r = &requests[i];

        r->text = NULL;
        r->size = 0;
        r->rc = run_one(model_store(store), transaction, r);
        rc = rc < 0 ? rc : r->rc;
    }
    return rc;
}

static int begin(struct store *store, uint32_t *transaction_out)
{
    struct model_store *m = model_store(store);
    int rc = store_enter(m, "store_begin");

    if (rc < 0)
        return rc;
    if (m->transaction)
        return model_refuse(-EBUSY, "a second transaction of one handle");
    m->transaction = ++all.transactions;
    m->seen = all.generation;
    tree_copy(&m->tree, &all.tree);
    *transaction_out = m->transaction;
    return model_leave("store_begin", 0);
}

static bool conflicts(const struct model_store *m)
{
    if (store_knobs.conflicts == 0)
        return m->seen != all.generation;
    store_knobs.conflicts--;
    return true;
}

static int end(struct store *store, uint32_t transaction, bool commit)
{
    struct model_store *m = model_store(store);
    struct tree old = all.tree;
    int rc = store_enter(m, "store_end");

    if (transaction == 0 || transaction != m->transaction)
        return model_refuse(-ENOENT, "the end of a transaction that is none");
    m->transaction = 0;
    if (rc == 0 && commit && conflicts(m))
        rc = -EAGAIN;
    if (rc < 0 || !commit) {
        tree_free(&m->tree);
        return rc;
    }
    all.tree = m->tree;
    m->tree = (struct tree){0};
    all.generation++;
    fire_differences(&old, &all.tree);
    tell_stock(&old);
    tree_free(&old);
    return model_leave("store_end", 0);
}

/* --- domains -----------------------------------------------------------------
 */

/* As xenconsoled, once it sees a domain whose console is described. */
static void take_console(uint32_t domid)
{
    char path[64];

    snprintf(path, sizeof(path), "/local/domain/%u/console/ring-ref", domid);
    if (store_knobs.no_consoled || !model_store_value(path))
        return;
    snprintf(path, sizeof(path), "/local/domain/%u/console/tty", domid);
    model_store_set(path, MODEL_TERMINAL);
}

static int introduce(struct store *store, uint32_t domid, uint64_t frame,
                     uint32_t port)
{
    struct model_domain *d = model_get(domid);
    int rc = store_enter(model_store(store), "store_introduce");

    if (rc < 0)
        return rc;
    if (!d || d->state.dying)
        return model_refuse(-EINVAL, "an introduction of no domain");
    if (all.introduced[domid])
        return model_refuse(-EINVAL, "a domain introduced twice");
    if (d->store_frame != frame ||
        model_owner(model_frame_of(domid, frame)) != (int)domid)
        return model_refuse(-EINVAL, "a ring that was not granted");
    if (port >= PORTS_MAX || d->ports[port].state != PORT_UNBOUND)
        return model_refuse(-EINVAL, "a ring without an event channel");
    all.introduced[domid] = true;
    model_watch_fire("@introduceDomain");
    take_console(domid);
    return model_leave("store_introduce", 0);
}

static int get_fd(const struct store *store)
{
    const struct model_store *m = (const void *)store;

    return m->broken ? m->broken : m->fd;
}

static void store_close(struct store *store)
{
    struct model_store *m = model_store(store);

    model_watch_forget(store);
    tree_free(&m->tree);
    close(m->fd);
    free(m);
    all.handles--;
}

static const struct store_ops ops = {
    .close = store_close,
    .run = run,
    .begin = begin,
    .end = end,
    .introduce = introduce,
    .watch = model_watch,
    .unwatch = model_unwatch,
    .event = model_event,
    .fd = get_fd,
};

int store_xen_open(struct store **store_out)
{
    int rc = model_enter("store_open");
    struct model_store *m;

    if (rc < 0)
        return rc;
    if (store_knobs.open_error)
        return -store_knobs.open_error;
    m = calloc(1, sizeof(*m));
    if (!m)
        return -ENOMEM;
    m->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    m->store.ops = &ops;
    all.handles++;
    *store_out = &m->store;
    return 0;
}
