/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * shell_shape.c: shapes: what must be known of a VM to make a shell for it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "create.h"
#include "internal.h"
#include "shell.h"

/* --- of a configuration ------------------------------------------------------
 */

/* What stat() says of an image, but for its path. */
static void shape_image_stat(struct chaosd_image *image, const struct stat *st)
{
    image->dev = (uint64_t)st->st_dev;
    image->ino = (uint64_t)st->st_ino;
    image->size = (uint64_t)st->st_size;
    image->mtime_ns =
        (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
    image->ctime_ns =
        (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec;
}

bool shape_is_xs(const struct chaosd_shape *shape)
{
    return (shape->flags & CHAOSD_SHAPE_XENSTORE) != 0;
}

bool shape_image_is(const struct chaosd_image *image, const struct stat *st)
{
    struct chaosd_image now;

    shape_image_stat(&now, st);
    return image->dev == now.dev && image->ino == now.ino &&
           image->size == now.size && image->mtime_ns == now.mtime_ns &&
           image->ctime_ns == now.ctime_ns;
}

static int too_long(struct chaos_ctx *ctx, const char *what)
{
    return chaos__fail(ctx, -E2BIG, "%s: too long for a shell", what);
}

/* Paths of a configuration are absolute; links stay links. */
static int image_of(struct chaos_ctx *ctx, struct chaosd_image *image,
                    const char *path)
{
    size_t len = path ? strlen(path) : 0;
    struct stat st;

    if (!path)
        return 0;
    if (len >= sizeof(image->path))
        return too_long(ctx, path);
    if (stat(path, &st) < 0)
        return chaos__fail(ctx, -errno, "%s", path);
    shape_image_stat(image, &st);
    memcpy(image->path, path, len);
    return 0;
}

/*
 * What is made of it where there is no Xen, does not matter: a configuration is
 * only looked at there.
 */
static bool is_on_xenstore(struct chaos_ctx *ctx,
                           const struct chaos_config *cfg)
{
    struct hv *hv;

    if (cfg->dev_method == CONFIG_DEV_AUTO)
        return chaos__hv_noxs(ctx, &hv) == -ENOSYS;
    return cfg->dev_method == CONFIG_DEV_XENSTORE;
}

int chaos_shape_of(struct chaos_ctx *ctx, const struct chaos_config *cfg,
                   struct chaosd_shape *shape_out)
{
    struct chaosd_shape shape = {
        .memory_kb = cfg->memory_kb,
        .vcpus = cfg->vcpus,
        .flags = cfg->pvh ? CHAOSD_SHAPE_PVH : 0,
        .vif_count = cfg->vif_count,
        .vbd_count = cfg->vbd_count,
    };
    unsigned i;
    int rc;

    if (cfg->vif_count > CHAOSD_SHAPE_VIFS)
        return chaos__fail(ctx, -E2BIG, "vifs: too many for a shell");
    for (i = 0; i < cfg->vif_count; i++) {
        const char *bridge = cfg->vifs[i].bridge ? cfg->vifs[i].bridge : "";
        size_t len = strlen(bridge);

        if (len >= sizeof(shape.bridges[i]))
            return too_long(ctx, bridge);
        memcpy(shape.bridges[i], bridge, len);
    }
    rc = image_of(ctx, &shape.kernel, cfg->kernel);
    if (rc == 0)
        rc = image_of(ctx, &shape.ramdisk, cfg->ramdisk);
    if (rc < 0)
        return rc;
    /* Of disks nothing can be made ahead there. */
    if (is_on_xenstore(ctx, cfg)) {
        shape.flags |= CHAOSD_SHAPE_XENSTORE;
        shape.vbd_count = 0;
    }
    *shape_out = shape;
    return 0;
}

/* --- of somebody else --------------------------------------------------------
 */

/* Ends with a zero, and has nothing else behind the first. */
static bool is_text(const char *text, size_t size)
{
    size_t len = strnlen(text, size), i;

    for (i = len; i < size; i++) {
        if (text[i] != '\0')
            return false;
    }
    return len < size;
}

static bool is_image(const struct chaosd_image *image)
{
    static const struct chaosd_image none;

    if (image->path[0] == '\0')
        return memcmp(image, &none, sizeof(none)) == 0;
    return image->path[0] == '/' && is_text(image->path, sizeof(image->path));
}

static bool are_bridges(const struct chaosd_shape *shape)
{
    unsigned i;

    for (i = 0; i < CHAOSD_SHAPE_VIFS; i++) {
        const char *bridge = shape->bridges[i];

        if (!is_text(bridge, CHAOSD_BRIDGE_SIZE) || strchr(bridge, '/') ||
            (i >= shape->vif_count && bridge[0]))
            return false;
    }
    return true;
}

int shape_check(struct chaos_ctx *ctx, const struct chaosd_shape *shape)
{
    if (shape->flags & CHAOSD_SHAPE_PVH)
        return chaos__fail(ctx, -EOPNOTSUPP,
                           "this version makes shells of PV guests only");
    if ((shape->flags & ~CHAOSD_SHAPE_XENSTORE) ||
        shape->memory_kb < CONFIG_MEMORY_MIN_KB || shape->memory_kb % 4 ||
        shape->memory_kb > UINT32_MAX * UINT64_C(4) || shape->vcpus == 0 ||
        shape->vcpus > CONFIG_VCPUS_MAX)
        return chaos__fail(ctx, -EINVAL,
                           "a shell's memory or vCPUs make no sense");
    if (shape->vif_count > CHAOSD_SHAPE_VIFS ||
        shape->vbd_count > (shape_is_xs(shape) ? 0 : CONFIG_VBDS_MAX) ||
        !are_bridges(shape))
        return chaos__fail(ctx, -EINVAL,
                           "a shell's vifs or vbds make no sense");
    if (!is_image(&shape->kernel) || !is_image(&shape->ramdisk) ||
        (shape->ramdisk.path[0] && !shape->kernel.path[0]))
        return chaos__fail(ctx, -EINVAL, "a shell's images make no sense");
    return 0;
}

/* Where the image lies is not what it is. */
static bool same_image(const struct chaosd_image *a,
                       const struct chaosd_image *b)
{
    return (a->path[0] == '\0') == (b->path[0] == '\0') && a->dev == b->dev &&
           a->ino == b->ino && a->size == b->size &&
           a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

bool shape_fits(const struct chaosd_shape *shell, const struct chaosd_shape *vm)
{
    if (shell->memory_kb != vm->memory_kb || shell->vcpus != vm->vcpus ||
        shell->flags != vm->flags || shell->vif_count != vm->vif_count ||
        shell->vbd_count != vm->vbd_count)
        return false;
    return shell->kernel.path[0] == '\0' ||
           (same_image(&shell->kernel, &vm->kernel) &&
            same_image(&shell->ramdisk, &vm->ramdisk));
}
