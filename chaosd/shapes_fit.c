/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shapes_fit.c: what a shape may be, and which shells serve which VMs.
 */
#include <string.h>

#include "shapes.h"

/* Far beyond every host, and sums of thousands do not overflow. */
#define MEMORY_MAX_KB (UINT64_C(1) << 40)
#define VCPUS_MAX 128u
#define VBDS_MAX 32u

/* --- what a client may ask for ----------------------------------------------
 */

/* A text that ends, and zeros from there on. */
static bool is_text(const char *text, size_t size)
{
    size_t len = strnlen(text, size), i;

    if (len == size)
        return false;
    for (i = len; i < size; i++) {
        if (text[i] != 0)
            return false;
    }
    return true;
}

/* What can be an interface's name, as the kernel has it. */
static bool is_bridge(const char *text)
{
    for (; *text; text++) {
        if (*text <= ' ' || *text > '~' || *text == '/')
            return false;
    }
    return true;
}

static bool is_image(const struct chaosd_image *image)
{
    static const struct chaosd_image none;

    if (!is_text(image->path, sizeof(image->path)))
        return false;
    return image->path[0] == '/' || memcmp(image, &none, sizeof(none)) == 0;
}

const char *shape_fault(const struct chaosd_shape *is)
{
    unsigned i;

    if (is->memory_kb == 0 || is->memory_kb > MEMORY_MAX_KB ||
        is->memory_kb % 4 != 0)
        return "no VM has that much memory";
    if (is->vcpus == 0 || is->vcpus > VCPUS_MAX)
        return "no VM has that many vCPUs";
    if (is->flags & ~(CHAOSD_SHAPE_PVH | CHAOSD_SHAPE_XENSTORE))
        return "unknown flags";
    if (is->vif_count > CHAOSD_SHAPE_VIFS || is->vbd_count > VBDS_MAX)
        return "too many vifs or vbds";
    if ((is->flags & CHAOSD_SHAPE_XENSTORE) && is->vbd_count > 0)
        return "vbds on XenStore are no part of a shape";
    for (i = 0; i < CHAOSD_SHAPE_VIFS; i++) {
        if (!is_text(is->bridges[i], sizeof(is->bridges[i])) ||
            !is_bridge(is->bridges[i]) ||
            (i >= is->vif_count && is->bridges[i][0] != 0))
            return "a bridge's name is no name";
    }
    if (!is_image(&is->kernel) || !is_image(&is->ramdisk))
        return "an image's path is no absolute path";
    return NULL;
}

/* --- which serve which ------------------------------------------------------
 */

/* Where it lies is not what it is. */
static bool same_image(const struct chaosd_image *a,
                       const struct chaosd_image *b)
{
    return (a->path[0] == 0) == (b->path[0] == 0) && a->dev == b->dev &&
           a->ino == b->ino && a->size == b->size &&
           a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

bool shape_same_class(const struct chaosd_shape *a,
                      const struct chaosd_shape *b)
{
    return a->memory_kb == b->memory_kb && a->vcpus == b->vcpus &&
           a->flags == b->flags && a->vif_count == b->vif_count &&
           a->vbd_count == b->vbd_count;
}

static bool same_bridges(const struct chaosd_shape *a,
                         const struct chaosd_shape *b)
{
    return memcmp(a->bridges, b->bridges, sizeof(a->bridges)) == 0;
}

const char *shape_bus(const struct chaosd_shape *is)
{
    return is->flags & CHAOSD_SHAPE_XENSTORE ? "xenstore" : "noxs";
}

bool shape_has_images(const struct chaosd_shape *is)
{
    return is->kernel.path[0] != 0 || is->ramdisk.path[0] != 0;
}

bool shape_same_images(const struct chaosd_shape *a,
                       const struct chaosd_shape *b)
{
    return same_image(&a->kernel, &b->kernel) &&
           same_image(&a->ramdisk, &b->ramdisk);
}

/* Perhaps another file by now. */
bool shape_same_paths(const struct chaosd_shape *a,
                      const struct chaosd_shape *b)
{
    return strcmp(a->kernel.path, b->kernel.path) == 0 &&
           strcmp(a->ramdisk.path, b->ramdisk.path) == 0;
}

/* `same` says what makes two images one. */
static unsigned
fit(const struct chaosd_shape *shape, const struct chaosd_shape *asked,
    bool (*same)(const struct chaosd_shape *a, const struct chaosd_shape *b))
{
    unsigned value = SHAPE_FIT_NONE;

    if (!shape_same_class(shape, asked))
        return SHAPE_FIT_NONE;
    if (!shape_has_images(shape))
        value = SHAPE_FIT_BARE;
    else if (same(shape, asked))
        value = SHAPE_FIT_LOADED;
    if (value != SHAPE_FIT_NONE && same_bridges(shape, asked))
        value += SHAPE_FIT_BRIDGES;
    return value;
}

unsigned shape_fit(const struct chaosd_shape *shape,
                   const struct chaosd_shape *asked)
{
    return fit(shape, asked, shape_same_images);
}

struct shape *shapes_find(const struct shapes *shapes,
                          const struct chaosd_shape *is)
{
    struct shape *s;

    TAILQ_FOREACH(s, &shapes->list, list)
    {
        if (!s->gone && shape_same_class(&s->is, is) &&
            same_bridges(&s->is, is) && shape_same_paths(&s->is, is))
            return s;
    }
    return NULL;
}

static bool same_or_was(const struct chaosd_shape *a,
                        const struct chaosd_shape *b)
{
    return shape_same_paths(a, b) || shape_same_images(a, b);
}

struct shape *shapes_home(const struct shapes *shapes,
                          const struct chaosd_shape *asked)
{
    struct shape *s, *best = NULL;
    unsigned best_fit = SHAPE_FIT_NONE;

    TAILQ_FOREACH(s, &shapes->list, list)
    {
        unsigned value = s->gone ? 0 : fit(&s->is, asked, same_or_was);

        if (value > best_fit) {
            best_fit = value;
            best = s;
        }
    }
    return best;
}
