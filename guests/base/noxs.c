/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * noxs.c: the device page. Its words are Xen's, but how it is laid out is
 * checked, lest another version be taken for this one.
 */
#include <guest/barrier.h>
#include <guest/lib.h>
#include <guest/memory.h>
#include <guest/noxs.h>

#include "internal.h"

#define TRIES 1000

static const struct noxs_page *page;

/* The machine frame of the page, or -errno: -ENOSYS on a stock Xen. */
int noxs_frame(uint64_t *mfn_out)
{
    struct noxs_op_page op = {.gfn = NOXS_GFN_NONE};
    int rc = (int)noxs_op(NOXS_OP_PAGE, &op, NULL);

    if (!rc)
        *mfn_out = op.gfn;
    return rc;
}

/* It is mapped, or it is not to be had. */
void noxs_init(bool mapped)
{
    const struct noxs_page *p =
        (const struct noxs_page *)WINDOW_VA(WINDOW_DEVICE_PAGE);

    page = NULL;
    if (mapped && p->magic == NOXS_PAGE_MAGIC && p->version == NOXS_VERSION &&
        p->size == NOXS_PAGE_SIZE && p->dev_max <= NOXS_DEV_MAX &&
        p->dev_size == sizeof(p->dev[0]))
        page = p;
}

const struct noxs_page *noxs_page(void)
{
    return page;
}

/*
 * A copy that no writer tore: false if the page did not come to rest. What is
 * copied is the `len` bytes at `from`.
 */
static bool read_stable(void *to, const void *from, size_t len)
{
    unsigned int i;
    uint32_t seq;

    for (i = 0; i < TRIES; i++) {
        seq = READ_ONCE(page->seq);
        if (seq & 1)
            continue;
        rmb();
        memcpy(to, from, len);
        rmb();
        if (READ_ONCE(page->seq) == seq)
            return true;
    }
    return false;
}

int noxs_identity(struct noxs_identity *out)
{
    struct noxs_op_identity op = {.domid = NOXS_DOMID_SELF};
    int rc;

    if (!page)
        return -ENOSYS;
    if (read_stable(out, &page->identity, sizeof(*out)))
        return 0;
    rc = (int)noxs_op(NOXS_OP_IDENTITY_GET, &op, NULL);
    if (!rc)
        *out = op.identity;
    return rc;
}

static int list_by_call(struct noxs_device *out, unsigned int max)
{
    struct noxs_op_devs op = {.domid = NOXS_DOMID_SELF, .count = max};
    int rc = (int)noxs_op(NOXS_OP_DEV_LIST, &op, max ? out : NULL);

    return rc ? rc : (int)op.total;
}

/* Devices lie in slots with holes between: one pass over all, under seq. */
int noxs_list(struct noxs_device *out, unsigned int max)
{
    unsigned int try, slot, end, n;
    uint32_t seq;

    if (!page)
        return -ENOSYS;
    for (try = 0; try < TRIES; try++) {
        seq = READ_ONCE(page->seq);
        if (seq & 1)
            continue;
        rmb();
        end = READ_ONCE(page->dev_end);
        if (end > NOXS_DEV_MAX)
            end = NOXS_DEV_MAX;
        for (slot = n = 0; slot < end; slot++)
            if (READ_ONCE(page->dev[slot].type) != NOXS_DEV_NONE && n++ < max)
                out[n - 1] = page->dev[slot];
        rmb();
        if (READ_ONCE(page->seq) == seq)
            return (int)n;
    }
    return list_by_call(out, max);
}

static int find_in(const struct noxs_device *devs, int n, uint32_t type,
                   uint32_t id, struct noxs_device *out)
{
    int i;

    for (i = 0; i < n; i++)
        if (devs[i].type == type && devs[i].id == id) {
            *out = devs[i];
            return 0;
        }
    return -ENOENT;
}

/* The unrest of 1,000 tries: ask, as noxs.h says. Its buffer is 3 KB. */
static int find_by_call(uint32_t type, uint32_t id, struct noxs_device *out)
{
    struct noxs_device *devs = page_alloc(1);
    int n, rc;

    if (!devs)
        return -ENOMEM;
    n = list_by_call(devs, NOXS_DEV_MAX);
    if (n > NOXS_DEV_MAX)
        n = NOXS_DEV_MAX;
    rc = n < 0 ? n : find_in(devs, n, type, id, out);
    page_free(devs);
    return rc;
}

int noxs_find(uint32_t type, uint32_t id, struct noxs_device *out)
{
    unsigned int try, end;
    uint32_t seq;
    int rc;

    if (!page)
        return -ENOSYS;
    for (try = 0; try < TRIES; try++) {
        seq = READ_ONCE(page->seq);
        if (seq & 1)
            continue;
        rmb();
        end = READ_ONCE(page->dev_end);
        if (end > NOXS_DEV_MAX)
            end = NOXS_DEV_MAX;
        rc = find_in(page->dev, (int)end, type, id, out);
        rmb();
        if (READ_ONCE(page->seq) == seq)
            return rc;
    }
    return find_by_call(type, id, out);
}

int noxs_control(const struct noxs_device *dev, void **page_out)
{
    if (!(dev->flags & NOXS_DEV_F_GFN))
        return -EOPNOTSUPP;
    return page_of_frame(dev->gfn, page_out);
}
