/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host_model_stock.c: Linux's own back ends in the model's dom0. They look at
 * XenStore each time a node of theirs changes, and begin with the last one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host_model_internal.h"
#include "store_model.h"

/* "/local/domain/0/backend/KIND/DOMID/ID" and what is below it. */
struct place {
    char kind[16];
    uint32_t domid, id;
    char top[STORE_PATH_SIZE];
};

static const char *value(const struct place *p, const char *key)
{
    char path[STORE_PATH_SIZE + 32];

    snprintf(path, sizeof(path), "%s/%s", p->top, key);
    return model_store_value(path);
}

static void say(const struct place *p, const char *key, const char *text)
{
    char path[STORE_PATH_SIZE + 32];

    snprintf(path, sizeof(path), "%s/%s", p->top, key);
    model_store_set(path, text);
}

static struct model_back *find(uint32_t domid, uint32_t type, uint32_t id)
{
    unsigned i;

    for (i = 0; i < BACKS_MAX; i++) {
        struct model_back *b = &host_model.backs[i];

        if (b->stock && b->info.type == type && b->info.domid == domid &&
            b->info.id == id)
            return b;
    }
    return NULL;
}

/* --- they come ---------------------------------------------------------------
 */

/* Whatever is missing now is never looked for again. */
static bool is_complete(const struct place *p)
{
    static const char *const vif[] = {"handle", "script", "mac", NULL};
    static const char *const vbd[] = {"physical-device", "mode", "dev", NULL};
    const char *const *keys = strcmp(p->kind, "vif") == 0 ? vif : vbd;
    char state[STORE_PATH_SIZE];

    if (!value(p, "frontend") || !value(p, "frontend-id"))
        return false;
    snprintf(state, sizeof(state), "%s/state", value(p, "frontend"));
    if (!model_store_value(state))
        return false;
    for (; *keys; keys++) {
        if (!value(p, *keys))
            return false;
    }
    return true;
}

static struct model_back *make(const struct place *p, uint32_t type)
{
    struct model_back *b = host_back_slot();

    if (!b)
        abort();
    memset(b, 0, sizeof(*b));
    b->stock = true;
    b->fd = -1;
    b->info = (struct host_back){
        .domid = p->domid, .type = type, .id = p->id, .state = 1};
    return b;
}

static void make_vif(const struct place *p)
{
    struct model_back *b = make(p, NOXS_DEV_VIF);

    b->info.ifindex = host_model.next_index++;
    snprintf(b->info.ifname, sizeof(b->info.ifname), "vif%u.%u",
             p->domid & 0xffff, p->id & 0xffff);
}

static void make_vbd(const struct place *p)
{
    struct model_back *b = make(p, NOXS_DEV_VBD);
    unsigned fd;

    b->readonly = strcmp(value(p, "mode"), "r") == 0;
    if (sscanf(value(p, "physical-device"), "7:%x", &fd) == 1)
        b->fd = dup((int)fd);
    if (b->fd < 0)
        (void)model_refuse(-ENOENT, "a disk that nobody has open");
}

static void begin(const struct place *p)
{
    char path[STORE_PATH_SIZE + 8];

    if (host_knobs.no_stock)
        return;
    if (host_knobs.stock_error) {
        snprintf(path, sizeof(path),
                 "/local/domain/0/error/backend/%s/%u/%u/error", p->kind,
                 p->domid, p->id);
        model_store_set(path, host_knobs.stock_error);
        return;
    }
    if (!is_complete(p)) {
        (void)model_refuse(-ENOENT, "a back end's node that comes too late");
        return;
    }
    if (strcmp(p->kind, "vif") == 0)
        make_vif(p);
    else
        make_vbd(p);
    say(p, "state", "2");
}

/* --- and go ------------------------------------------------------------------
 */

static void look_around(void)
{
    unsigned i;

    for (i = 0; i < BACKS_MAX; i++) {
        struct model_back *b = &host_model.backs[i];
        char path[STORE_PATH_SIZE];

        if (!b->stock || host_knobs.stock_stays)
            continue;
        snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u/%u/state",
                 b->info.type == NOXS_DEV_VIF ? "vif" : "vbd", b->info.domid,
                 b->info.id);
        if (!model_store_value(path))
            host_back_free(b);
    }
}

/* It closes at once where its other end is no longer there. */
static void close_alone(const struct place *p)
{
    char state[STORE_PATH_SIZE];

    snprintf(state, sizeof(state), "/local/domain/%u/device/%s/%u/state",
             p->domid, p->kind, p->id);
    if (!model_store_value(state) && !host_knobs.stock_stays)
        say(p, "state", "6");
}

static void leave(const struct place *p)
{
    uint32_t type = strcmp(p->kind, "vif") == 0 ? NOXS_DEV_VIF : NOXS_DEV_VBD;
    struct model_back *b = find(p->domid, type, p->id);
    const char *online = value(p, "online");

    if (b && online && strcmp(online, "0") == 0 && !host_knobs.stock_stays)
        host_back_free(b);
}

void model_stock_changed(const char *path)
{
    struct place p;
    int end = 0;

    look_around();
    if (sscanf(path, "/local/domain/0/backend/%15[^/]/%u/%u/state%n", p.kind,
               &p.domid, &p.id, &end) != 3 ||
        end == 0 || path[end] != '\0')
        return;
    snprintf(p.top, sizeof(p.top), "/local/domain/0/backend/%s/%u/%u", p.kind,
             p.domid, p.id);
    if (value(&p, "state") && strcmp(value(&p, "state"), "1") == 0)
        begin(&p);
    else if (value(&p, "state") && strcmp(value(&p, "state"), "5") == 0)
        close_alone(&p);
    else if (value(&p, "state") && strcmp(value(&p, "state"), "6") == 0)
        leave(&p);
}

/* --- the seam ---------------------------------------------------------------
 */

int host_stock_vif(struct host *host, uint32_t domid, uint32_t id,
                   unsigned timeout_ms, uint32_t *ifindex_out)
{
    const struct model_back *b = find(domid, NOXS_DEV_VIF, id);
    int rc = host_enter("stock_vif");

    (void)host, (void)timeout_ms;
    if (rc < 0)
        return rc;
    if (!b)
        return -ETIMEDOUT;
    *ifindex_out = b->info.ifindex;
    return model_leave("stock_vif", 0);
}

int host_stock_vbd(struct host *host, uint32_t domid, uint32_t id,
                   unsigned timeout_ms)
{
    int rc = host_enter("stock_vbd");

    (void)host, (void)timeout_ms;
    if (rc < 0)
        return rc;
    if (!find(domid, NOXS_DEV_VBD, id))
        return -ETIMEDOUT;
    return model_leave("stock_vbd", 0);
}

int host_stock_gone(struct host *host, uint32_t domid, uint32_t type,
                    uint32_t id, unsigned timeout_ms)
{
    int rc = host_enter("stock_gone");

    (void)host, (void)timeout_ms;
    if (rc < 0)
        return rc;
    if (find(domid, type, id))
        return -ETIMEDOUT;
    return model_leave("stock_gone", 0);
}

int host_stock_count(struct host *host, struct host_back *back)
{
    const struct model_back *b = find(back->domid, back->type, back->id);
    int rc = host_enter("stock_count");
    uint32_t state = back->state;

    (void)host;
    if (rc < 0)
        return rc;
    if (b) {
        *back = b->info;
        back->state = state;
    }
    return model_leave("stock_count", 0);
}

int host_stock_list(struct host *host, struct host_back **backs_out,
                    size_t *count_out)
{
    struct host_back *list;
    int rc = host_enter("stock_list");
    size_t n = 0;
    unsigned i;

    (void)host;
    if (rc < 0)
        return rc;
    list = calloc(BACKS_MAX, sizeof(*list));
    if (!list)
        return -ENOMEM;
    for (i = 0; i < BACKS_MAX; i++) {
        if (!host_model.backs[i].stock)
            continue;
        list[n] = host_model.backs[i].info;
        list[n].state = 0;
        list[n++].stock = true;
    }
    *backs_out = list;
    *count_out = n;
    return model_leave("stock_list", 0);
}

int host_stock_claim(struct host *host, int fd, bool readonly, int *claim_out)
{
    int rc = host_enter("stock_claim");

    (void)host, (void)readonly;
    if (rc < 0)
        return rc;
    rc = dup(fd);
    if (rc < 0)
        return -errno;
    *claim_out = rc;
    return model_leave("stock_claim", 0);
}
