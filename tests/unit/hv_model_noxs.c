/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hv_model_noxs.c: the noxs hypercall as include/noxs/noxs.h says, for dom0.
 */
#include <errno.h>
#include <string.h>

#include "hv_model_internal.h"

/* What an operation gets: the argument's size was checked. */
struct call {
    void *arg;
    void *buf;
    size_t buf_size;
};

static bool is_zero(const void *mem, size_t size)
{
    const uint8_t *p = mem;

    while (size > 0 && *p == 0)
        p++, size--;
    return size == 0;
}

static struct model_domain *living(uint32_t domid)
{
    struct model_domain *d = model_get(domid);

    return d && !d->state.dying ? d : NULL;
}

/* --- exits ---------------------------------------------------------------- */

void model_log_exit(const struct model_domain *d, unsigned kind)
{
    struct noxs_exit *e = &model.exits[model.exit_seq % MODEL_EXITS_MAX];

    model.exit_seq++;
    *e = (struct noxs_exit){
        .seq = model.exit_seq,
        .time = model.exit_seq * 1000,
        .domid = (uint16_t)d->state.domid,
        .kind = (uint8_t)kind,
        .reason = kind == NOXS_EXIT_SHUTDOWN ? (uint8_t)d->state.reason : 0,
    };
    /* None where nobody gave it an identity. */
    if (d->page)
        memcpy(e->uuid, d->page->identity.uuid, sizeof(e->uuid));
    model_watchers_ring();
}

static int op_exits(const struct call *c)
{
    struct noxs_op_exits *op = c->arg;
    struct noxs_exit *to = c->buf;
    uint64_t kept =
        model.exit_seq < MODEL_EXITS_MAX ? model.exit_seq : MODEL_EXITS_MAX;
    uint64_t oldest = model.exit_seq - kept + 1;
    uint64_t seq = op->seq ? op->seq : model.exit_seq + 1;
    uint32_t n = 0;

    if (op->pad || c->buf_size != op->count * sizeof(*to))
        return -EINVAL;
    op->lost = seq < oldest ? oldest - seq : 0;
    seq += op->lost;
    while (n < op->count && seq <= model.exit_seq)
        to[n++] = model.exits[(seq++ - 1) % MODEL_EXITS_MAX];
    op->count = n;
    op->seq = seq;
    return 0;
}

static struct host_port *watch_port(const struct call *c)
{
    const struct noxs_op_watch *op = c->arg;

    if (op->pad || op->port >= HOST_PORTS_MAX ||
        !model.host_ports[op->port].ev || !model.host_ports[op->port].loop)
        return NULL;
    return &model.host_ports[op->port];
}

static int op_watch(const struct call *c)
{
    struct host_port *p = watch_port(c);

    if (!p)
        return -EINVAL;
    if (p->watch)
        return -EEXIST;
    if (model_counts().watches == MODEL_WATCH_MAX)
        return -ENOSPC;
    p->watch = true;
    return 0;
}

static int op_unwatch(const struct call *c)
{
    struct host_port *p = watch_port(c);

    if (!p || !p->watch)
        return -ENOENT;
    p->watch = false;
    return 0;
}

/* --- identities ----------------------------------------------------------- */

static bool name_is_good(const char name[NOXS_NAME_SIZE])
{
    size_t i, len = strnlen(name, NOXS_NAME_SIZE);

    for (i = 0; i < len; i++) {
        unsigned char ch = (unsigned char)name[i];

        if (ch < 0x21 || ch == 0x7f)
            return false;
    }
    return len < NOXS_NAME_SIZE && is_zero(name + len, NOXS_NAME_SIZE - len);
}

static struct model_domain *named(const char name[NOXS_NAME_SIZE])
{
    uint32_t i;

    for (i = 0; i < DOMAINS_MAX; i++) {
        struct model_domain *d = living(i);

        if (d && memcmp(d->page->identity.name, name, NOXS_NAME_SIZE) == 0)
            return d;
    }
    return NULL;
}

static int op_identity_set(const struct call *c)
{
    const struct noxs_op_identity *op = c->arg;
    const struct noxs_identity *in = &op->identity;
    struct model_domain *d = living(op->domid), *other;
    struct noxs_identity *id;

    if (!d)
        return -ESRCH;
    if (op->pad || op->fields & ~NOXS_ID_ALL ||
        !is_zero(in->pad, sizeof(in->pad)))
        return -EINVAL;
    if (op->fields & NOXS_ID_NAME) {
        if (!name_is_good(in->name))
            return model_refuse(-EINVAL, "a bad name");
        other = in->name[0] ? named(in->name) : NULL;
        if (other && other != d)
            return -EEXIST;
    }
    id = &d->page->identity;
    d->page->seq += 2;
    if (op->fields & NOXS_ID_UUID)
        memcpy(id->uuid, in->uuid, sizeof(id->uuid));
    if (op->fields & NOXS_ID_GENERATION)
        id->generation = in->generation;
    if (op->fields & NOXS_ID_SEED)
        memcpy(id->seed, in->seed, sizeof(id->seed));
    if (op->fields & NOXS_ID_NAME)
        memcpy(id->name, in->name, sizeof(id->name));
    return 0;
}

static int op_identity_get(const struct call *c)
{
    struct noxs_op_identity *op = c->arg;
    const struct model_domain *d = model_get(op->domid);

    if (op->pad || op->fields)
        return -EINVAL;
    if (!d)
        return -ESRCH;
    op->fields = NOXS_ID_ALL;
    op->identity = d->page->identity;
    return 0;
}

static int op_lookup(const struct call *c)
{
    struct noxs_op_lookup *op = c->arg;
    const struct model_domain *d;

    if (!is_zero(op->pad, sizeof(op->pad)) || !name_is_good(op->name) ||
        op->name[0] == '\0')
        return -EINVAL;
    d = named(op->name);
    if (!d)
        return -ENOENT;
    op->domid = (uint16_t)d->state.domid;
    return 0;
}

static uint32_t devices_of(const struct noxs_page *page)
{
    uint32_t i, n = 0;

    for (i = 0; i < NOXS_DEV_MAX; i++)
        n += page->dev[i].type != NOXS_DEV_NONE;
    return n;
}

static int op_list(const struct call *c)
{
    struct noxs_op_list *op = c->arg;
    struct noxs_entry *to = c->buf;
    uint32_t i, n = 0;

    if (op->pad || op->count == 0 || op->count > NOXS_LIST_MAX ||
        c->buf_size != op->count * sizeof(*to))
        return -EINVAL;
    for (i = op->first; i < DOMAINS_MAX && n < op->count; i++) {
        const struct model_domain *d = living(i);

        if (!d)
            continue;
        to[n] = (struct noxs_entry){
            .domid = (uint16_t)i,
            .devices = devices_of(d->page),
            .generation = d->page->identity.generation,
        };
        memcpy(to[n].uuid, d->page->identity.uuid, sizeof(to[n].uuid));
        memcpy(to[n].name, d->page->identity.name, sizeof(to[n].name));
        n++;
    }
    op->count = n;
    op->first = (uint16_t)(i < DOMAINS_MAX ? i : NOXS_LIST_END);
    return 0;
}

/* --- devices ---------------------------------------------------------------
 */

static int slot_of(const struct noxs_page *page, uint32_t type, uint32_t id)
{
    int i;

    for (i = 0; i < NOXS_DEV_MAX; i++) {
        if (page->dev[i].type == type &&
            (type == NOXS_DEV_NONE || page->dev[i].id == id))
            return i;
    }
    return -1;
}

static int device_check(const struct noxs_page *page,
                        const struct noxs_device *dev)
{
    if (dev->type == NOXS_DEV_NONE || dev->type > NOXS_DEV_TYPE_MAX ||
        dev->flags & ~NOXS_DEV_F_ALL || dev->generation != 0)
        return model_refuse(-EINVAL, "a device that makes no sense");
    return slot_of(page, dev->type, dev->id) < 0 ? 0 : -EEXIST;
}

static int op_dev_add(const struct call *c)
{
    struct noxs_op_devs *op = c->arg;
    struct noxs_device *devs = c->buf;
    struct model_domain *d = living(op->domid);
    struct noxs_page page;
    uint32_t i;

    if (!d)
        return -ESRCH;
    if (op->pad || op->pad1 || op->total || op->count == 0 ||
        op->count > NOXS_DEV_MAX || c->buf_size != op->count * sizeof(*devs))
        return -EINVAL;
    page = *d->page;
    for (i = 0; i < op->count; i++) {
        int slot = slot_of(&page, NOXS_DEV_NONE, 0);
        int rc = device_check(&page, &devs[i]);

        if (rc < 0 || slot < 0)
            return rc < 0 ? rc : -ENOSPC;
        devs[i].generation = ++page.dev_generation;
        page.dev[slot] = devs[i];
        if (page.dev_end <= slot)
            page.dev_end = (uint16_t)(slot + 1);
    }
    page.seq += 2;
    *d->page = page;
    op->total = devices_of(&page);
    return 0;
}

static int op_dev_remove(const struct call *c)
{
    const struct noxs_op_dev_remove *op = c->arg;
    struct model_domain *d = living(op->domid);
    int slot;

    if (!d)
        return -ESRCH;
    if (op->pad || op->pad1 || op->type == NOXS_DEV_NONE)
        return -EINVAL;
    slot = slot_of(d->page, op->type, op->id);
    if (slot < 0)
        return -ENOENT;
    memset(&d->page->dev[slot], 0, sizeof(d->page->dev[slot]));
    d->page->dev_generation++;
    d->page->seq += 2;
    return 0;
}

static int op_dev_list(const struct call *c)
{
    struct noxs_op_devs *op = c->arg;
    struct noxs_device *to = c->buf;
    const struct model_domain *d = model_get(op->domid);
    uint32_t i, n = 0;

    if (!d)
        return -ESRCH;
    if (op->pad || op->pad1 || c->buf_size != op->count * sizeof(*to))
        return -EINVAL;
    for (i = 0; i < NOXS_DEV_MAX && n < op->count; i++) {
        if (d->page->dev[i].type != NOXS_DEV_NONE)
            to[n++] = d->page->dev[i];
    }
    op->count = n;
    op->total = devices_of(d->page);
    return 0;
}

static int op_version(const struct call *c)
{
    struct noxs_op_version *op = c->arg;

    if (!is_zero(op, sizeof(*op)))
        return -EINVAL;
    *op = (struct noxs_op_version){
        .version = model_knobs.noxs_version,
        .dev_max = NOXS_DEV_MAX,
        .name_size = NOXS_NAME_SIZE,
        .watch_max = MODEL_WATCH_MAX,
        .exits_max = MODEL_EXITS_MAX,
    };
    return 0;
}

/* --- the hypercall -----------------------------------------------------------
 */

static const struct {
    const char *name;
    size_t size;
    int (*run)(const struct call *c);
} operations[] = {
    [NOXS_OP_VERSION] = {"noxs version", sizeof(struct noxs_op_version),
                         op_version},
    [NOXS_OP_DEV_ADD] = {"noxs dev_add", sizeof(struct noxs_op_devs),
                         op_dev_add},
    [NOXS_OP_DEV_REMOVE] = {"noxs dev_remove",
                            sizeof(struct noxs_op_dev_remove), op_dev_remove},
    [NOXS_OP_DEV_LIST] = {"noxs dev_list", sizeof(struct noxs_op_devs),
                          op_dev_list},
    [NOXS_OP_IDENTITY_SET] = {"noxs identity_set",
                              sizeof(struct noxs_op_identity), op_identity_set},
    [NOXS_OP_IDENTITY_GET] = {"noxs identity_get",
                              sizeof(struct noxs_op_identity), op_identity_get},
    [NOXS_OP_LOOKUP] = {"noxs lookup", sizeof(struct noxs_op_lookup),
                        op_lookup},
    [NOXS_OP_LIST] = {"noxs list", sizeof(struct noxs_op_list), op_list},
    [NOXS_OP_WATCH] = {"noxs watch", sizeof(struct noxs_op_watch), op_watch},
    [NOXS_OP_UNWATCH] = {"noxs unwatch", sizeof(struct noxs_op_watch),
                         op_unwatch},
    [NOXS_OP_EXITS] = {"noxs exits", sizeof(struct noxs_op_exits), op_exits},
};

int model_noxs(struct hv *hv, unsigned cmd, void *arg, size_t arg_size,
               void *buf, size_t buf_size)
{
    struct call c = {arg, buf, buf_size};
    bool known =
        cmd < sizeof(operations) / sizeof(*operations) && operations[cmd].run;
    int rc = model_enter(known ? operations[cmd].name : "noxs unknown");

    (void)hv;
    if (rc < 0)
        return rc;
    if (model_knobs.no_noxs)
        return -ENOSYS;
    if (!known || arg_size != operations[cmd].size || (buf_size && !buf))
        return model_refuse(-EINVAL, "a hypercall of the wrong size");
    rc = operations[cmd].run(&c);
    return rc < 0 ? rc : model_leave(operations[cmd].name, rc);
}

const struct noxs_device *model_device(uint32_t domid, uint32_t type)
{
    const struct model_domain *d = model_get(domid);
    int slot = d ? slot_of(d->page, type, 0) : -1;

    return slot < 0 ? NULL : &d->page->dev[slot];
}

void *model_control(uint32_t domid, uint32_t type)
{
    const struct noxs_device *dev = model_device(domid, type);

    return dev ? model_page(domid, dev->gfn) : NULL;
}
