/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hv_model_memory.c: the model's memory: frames, their owners, mappings.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hv_model_internal.h"

/* A guest's first pages are full of rubbish, as a builder must expect. */
#define POISON_PAGES 64u
#define POISON 0xa5

void model_memory_init(void)
{
    size_t size = HOST_PAGES * HV_PAGE_SIZE;

    model.memory_fd = memfd_create("model", MFD_CLOEXEC);
    if (model.memory_fd < 0 || ftruncate(model.memory_fd, (off_t)size) < 0)
        abort();
    model.memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_NORESERVE, model.memory_fd, 0);
    model.frames = calloc(HOST_PAGES, sizeof(*model.frames));
    if (model.memory == MAP_FAILED || !model.frames)
        abort();
    model.next_frame = HOST_PAGES;
}

void model_memory_free(void)
{
    while (model.mappings)
        model_unmap(NULL, model.mappings->addr, model.mappings->count);
    if (model.memory)
        munmap(model.memory, HOST_PAGES * HV_PAGE_SIZE);
    free(model.frames);
    if (model.memory && model.memory_fd >= 0)
        close(model.memory_fd);
}

static struct frame *frame_get(uint64_t frame)
{
    if (frame < FRAME_BASE || frame - FRAME_BASE >= HOST_PAGES)
        return NULL;
    return &model.frames[frame - FRAME_BASE];
}

void *model_frame(uint64_t frame)
{
    if (!frame_get(frame))
        return NULL;
    return model.memory + ((frame - FRAME_BASE) << HV_PAGE_SHIFT);
}

int model_owner(uint64_t frame)
{
    const struct frame *f = frame_get(frame);

    return f ? (int)f->owner - 1 : -1;
}

static bool is_free(uint64_t index, uint64_t count)
{
    uint64_t i;

    for (i = 0; i < count; i++) {
        if (model.frames[index + i].owner != 0)
            return false;
    }
    return true;
}

/*
 * An aligned extent, from the top of memory down, and never next to the one
 * taken before: whoever takes neighbouring pages for neighbouring frames is
 * caught. Returns its first index, or HOST_PAGES.
 */
static uint64_t extent_find(unsigned order)
{
    uint64_t size = 1ull << order;
    uint64_t index = model.next_frame & ~(size - 1);
    uint64_t tries = HOST_PAGES / size;

    if (model.frames_used + size > model_knobs.host_pages)
        return HOST_PAGES;
    while (tries-- > 0) {
        index = index < 2 * size ? HOST_PAGES - size : index - 2 * size;
        if (is_free(index, size)) {
            model.next_frame = index;
            return index;
        }
        index += size;
    }
    return HOST_PAGES;
}

static uint64_t extent_take(uint32_t domid, unsigned order, bool poison)
{
    uint64_t index = extent_find(order);
    uint64_t size = 1ull << order;
    uint64_t i;

    if (index == HOST_PAGES)
        return 0;
    for (i = 0; i < size; i++) {
        model.frames[index + i] = (struct frame){
            .owner = (uint16_t)(domid + 1),
        };
    }
    if (poison)
        memset(model.memory + (index << HV_PAGE_SHIFT), POISON,
               (size < POISON_PAGES ? size : POISON_PAGES) * HV_PAGE_SIZE);
    model.frames_used += size;
    return FRAME_BASE + index;
}

uint64_t model_frame_take(uint32_t domid, enum frame_type type)
{
    uint64_t frame = extent_take(domid, 0, true);

    model.frames[frame - FRAME_BASE].type = (uint8_t)type;
    return frame;
}

static void frame_put(uint64_t frame)
{
    model.frames[frame - FRAME_BASE] = (struct frame){0};
    model.frames_used--;
}

bool model_frames_release(uint32_t domid)
{
    const struct model_domain *d = model_get(domid);
    const struct mapping *m;
    uint64_t i;

    for (m = model.mappings; m; m = m->next) {
        if (m->domid == domid)
            return false;
    }
    for (i = 0; i < d->p2m_size; i++) {
        if (d->p2m[i] != 0)
            frame_put(d->p2m[i]);
    }
    if (d->state.shared_info_frame != 0)
        frame_put(d->state.shared_info_frame);
    return true;
}

int model_memory_max(struct hv *hv, uint32_t domid, uint64_t kb)
{
    struct model_domain *d = model_get(domid);
    int rc = model_enter("memory_max");

    (void)hv;
    if (rc < 0)
        return rc;
    if (!d)
        return -ESRCH;
    d->state.max_pages = kb / 4;
    return model_leave("memory_max", 0);
}

static bool p2m_grow(struct model_domain *d, uint64_t pfns)
{
    uint64_t *more;

    if (pfns <= d->p2m_size)
        return true;
    if (pfns < 2 * d->p2m_size)
        pfns = 2 * d->p2m_size;
    more = realloc(d->p2m, pfns * sizeof(*more));
    if (!more)
        return false;
    memset(more + d->p2m_size, 0, (pfns - d->p2m_size) * sizeof(*more));
    d->p2m = more;
    d->p2m_size = pfns;
    return true;
}

/* One extent; 0: the host or the domain's limit has no more. */
static uint64_t populate_one(struct model_domain *d, uint64_t pfn,
                             unsigned order)
{
    uint64_t i, frame, size = 1ull << order;

    if (order > model_knobs.order_max ||
        d->state.pages + size > d->state.max_pages)
        return 0;
    if (!p2m_grow(d, pfn + size) || d->p2m[pfn] != 0)
        return 0;
    frame = extent_take(d->state.domid, order, pfn < POISON_PAGES);
    if (frame == 0)
        return 0;
    for (i = 0; i < size; i++)
        d->p2m[pfn + i] = frame + i;
    d->state.pages += size;
    return frame;
}

int model_populate(struct hv *hv, uint32_t domid, uint64_t first,
                   unsigned order, unsigned count, uint64_t *frames_out)
{
    struct model_domain *d = model_get(domid);
    unsigned i;
    int rc = model_enter("memory_populate");

    (void)hv;
    if (rc < 0)
        return rc;
    if (!d)
        return -ESRCH;
    if (first & ((1ull << order) - 1))
        return model_refuse(-EINVAL, "an extent that is not aligned");
    if (model_knobs.extents_max && count > model_knobs.extents_max)
        count = model_knobs.extents_max;
    for (i = 0; i < count; i++) {
        frames_out[i] = populate_one(d, first + ((uint64_t)i << order), order);
        if (frames_out[i] == 0)
            break;
        if (d->pvh)
            frames_out[i] = first + ((uint64_t)i << order);
    }
    return model_leave("memory_populate", (int)i);
}

uint64_t model_p2m(uint32_t domid, uint64_t pfn)
{
    const struct model_domain *d = model_get(domid);

    return d && pfn < d->p2m_size ? d->p2m[pfn] : 0;
}

uint64_t model_frame_of(uint32_t domid, uint64_t frame)
{
    const struct model_domain *d = model_get(domid);

    return d && d->pvh ? model_p2m(domid, frame) : frame;
}

void *model_page(uint32_t domid, uint64_t frame)
{
    return model_frame(model_frame_of(domid, frame));
}

static int map_check(uint32_t domid, const uint64_t *frames, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        const struct frame *f = frame_get(model_frame_of(domid, frames[i]));

        if (!f || f->owner != domid + 1)
            return model_refuse(-EINVAL, "mapping a frame of somebody else");
        if (f->type == FRAME_TABLE)
            return model_refuse(-EBUSY, "mapping a page table writable");
    }
    return 0;
}

/* Show the frames in a row, run by run. */
static void *map_runs(uint32_t domid, const uint64_t *frames, size_t count)
{
    uint8_t *addr = mmap(NULL, count * HV_PAGE_SIZE, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    size_t i, run;

    if (addr == MAP_FAILED)
        return NULL;
    for (i = 0; i < count; i += run) {
        uint64_t frame = model_frame_of(domid, frames[i]);
        off_t offset = (off_t)((frame - FRAME_BASE) << HV_PAGE_SHIFT);

        for (run = 1; i + run < count &&
                      model_frame_of(domid, frames[i + run]) == frame + run;)
            run++;
        if (mmap(addr + i * HV_PAGE_SIZE, run * HV_PAGE_SIZE,
                 PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                 model.memory_fd, offset) == MAP_FAILED)
            abort();
    }
    return addr;
}

int model_map(struct hv *hv, uint32_t domid, const uint64_t *frames,
              size_t count, void **addr_out)
{
    struct model_domain *d = model_get(domid);
    struct mapping *m;
    int rc = model_enter("map");

    (void)hv;
    if (rc < 0)
        return rc;
    if (!d || d->state.dying)
        return -ESRCH;
    rc = count ? map_check(domid, frames, count) : -EINVAL;
    if (rc < 0)
        return rc;
    m = calloc(1, sizeof(*m));
    if (!m)
        return -ENOMEM;
    *m = (struct mapping){model.mappings, map_runs(domid, frames, count), count,
                          domid};
    if (!m->addr) {
        free(m);
        return -ENOMEM;
    }
    model.mappings = m;
    *addr_out = m->addr;
    return model_leave("map", 0);
}

void model_unmap(struct hv *hv, void *addr, size_t count)
{
    struct mapping **link = &model.mappings;
    struct mapping *m;

    (void)hv;
    while (*link && (*link)->addr != addr)
        link = &(*link)->next;
    m = *link;
    /* A wrong unmap is a bug of the caller that no test should survive. */
    if (!m || m->count != count)
        abort();
    *link = m->next;
    munmap(addr, count * HV_PAGE_SIZE);
    free(m);
}
