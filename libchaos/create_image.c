/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * create_image.c: the steps that need kernel and ramdisk: when a VM is made, or
 * ahead of time, for a shell that is promised with these very images.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "create.h"
#include "hv.h"
#include "internal.h"
#include "shell.h"

/* --- files: opened and checked before the hypervisor is asked for anything -
 */

/* A shell is promised with these very images. */
static int check_image(struct create *c, const struct chaosd_image *image,
                       const struct stat *st)
{
    if (shape_image_is(image, st))
        return 0;
    return chaos__fail(c->ctx, -ESTALE, "%s: it was replaced or changed",
                       image->path);
}

static int open_ramdisk(struct create *c)
{
    struct stat st;
    const char *path = c->cfg->ramdisk;

    if (!path)
        return 0;
    c->ramdisk_fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (c->ramdisk_fd < 0 || fstat(c->ramdisk_fd, &st) < 0)
        return chaos__fail(c->ctx, -errno, "ramdisk %s", path);
    if (!S_ISREG(st.st_mode))
        return chaos__fail(c->ctx, -EINVAL,
                           "ramdisk %s: this is no regular file", path);
    c->ramdisk_size = (uint64_t)st.st_size;
    return 0;
}

static int check_images(struct create *c)
{
    struct stat st;
    int rc;

    if (fstat(c->image.fd, &st) < 0)
        return chaos__fail(c->ctx, -errno, "kernel %s", c->cfg->kernel);
    rc = check_image(c, &c->shape->kernel, &st);
    if (rc < 0 || c->ramdisk_fd < 0)
        return rc;
    if (fstat(c->ramdisk_fd, &st) < 0)
        return chaos__fail(c->ctx, -errno, "ramdisk %s", c->cfg->ramdisk);
    return check_image(c, &c->shape->ramdisk, &st);
}

void create_close_files(struct create *c)
{
    elf_close(&c->image);
    chaos__closep(&c->ramdisk_fd);
    c->ramdisk_fd = -1;
}

int create_open_files(struct create *c)
{
    int rc = elf_open(c->ctx, c->cfg->kernel, c->cfg->pvh, &c->image);

    if (rc == 0)
        rc = open_ramdisk(c);
    if (rc == 0 && c->shape)
        rc = check_images(c);
    if (rc == 0)
        rc = create_kind(c)->files(c);
    if (rc < 0)
        create_close_files(c);
    return rc;
}

/* --- the guest ---------------------------------------------------------------
 */

int create_build_image(struct create *c)
{
    struct pv_spec spec = {
        .domid = c->domid,
        .image = &c->image,
        .ramdisk_fd = c->ramdisk_fd,
        .ramdisk_size = c->ramdisk_size,
        .cmdline = c->cfg->cmdline,
        .console_port = c->console_port,
        .store_port = c->store_port,
        /* The daemon will; until then the guest shall wait for room. */
        .awaited = c->shape || c->ctx->daemon,
    };
    int rc = create_kind(c)->image(c, &spec);

    if (rc == 0 && c->shape)
        rc = check_images(c);
    if (rc < 0)
        return rc;
    /* The one page is either. */
    c->store_frame = c->sysctl_frame;
    return 0;
}

int create_set_vcpu(struct create *c)
{
    return create_kind(c)->vcpu(c);
}

/* --- a PV guest --------------------------------------------------------------
 */

static int lay_out(struct create *c)
{
    return pv_layout_make(c->ctx, &c->image, c->ramdisk_size,
                          c->cfg->memory_kb / 4, &c->layout);
}

static int give_memory(struct create *c)
{
    return pv_memory_populate(c->ctx, c->hv, c->domid, c->cfg->memory_kb / 4,
                              &c->memory);
}

static int shared_info_frame(struct create *c, uint64_t *frame_out)
{
    struct hv_domain_state state;
    int rc = c->hv->ops->domain_states(c->hv, c->domid, 1, &state);

    if (rc < 0)
        return chaos__fail(c->ctx, rc, "cannot ask for the domain's state");
    if (rc == 0 || state.domid != c->domid)
        return chaos__fail(c->ctx, -ESRCH, "the domain vanished");
    *frame_out = state.shared_info_frame;
    return 0;
}

static int build(struct create *c, struct pv_spec *spec)
{
    int rc = shared_info_frame(c, &spec->shared_info_frame);

    if (rc == 0)
        rc = pv_build(c->ctx, c->hv, spec, &c->memory, &c->layout);
    if (rc < 0)
        return rc;
    pv_memory_frames(&c->memory, c->layout.start_info, 1, &c->start_info_frame);
    pv_memory_frames(&c->memory, c->layout.console, 1, &c->console_frame);
    pv_memory_frames(&c->memory, c->layout.sysctl, 1, &c->sysctl_frame);
    return 0;
}

static int make_hypercall_page(struct create *c)
{
    uint64_t pfn =
        (c->image.hypercall_page - c->layout.virt_base) >> HV_PAGE_SHIFT;
    uint64_t frame;

    if (!c->image.has_hypercall_page)
        return 0;
    pv_memory_frames(&c->memory, pfn, 1, &frame);
    return c->hv->ops->hypercall_page(c->hv, c->domid, frame);
}

static int set_vcpu(struct create *c)
{
    const struct pv_layout *l = &c->layout;
    struct hv_start start = {
        .entry = c->image.entry,
        .stack = pv_virt(l, l->end),
        .start_info = pv_virt(l, l->start_info),
    };
    int rc = make_hypercall_page(c);

    if (rc < 0)
        return chaos__fail(c->ctx, rc, "cannot make the hypercall page");
    pv_memory_frames(&c->memory, l->tables, 1, &start.top_table_frame);
    rc = c->hv->ops->vcpu_start(c->hv, c->domid, &start);
    if (rc < 0)
        return chaos__fail(c->ctx, rc, "Xen refused the guest's first state");
    return 0;
}

static const struct create_kind create_kind_pv = {
    .files = lay_out,
    .memory = give_memory,
    .image = build,
    .vcpu = set_vcpu,
};

const struct create_kind *create_kind(const struct create *c)
{
    return c->cfg->pvh ? &create_kind_pvh : &create_kind_pv;
}

/* A guest that was loaded ahead of time has none: nobody knew it then. */
int create_set_cmdline(struct create *c)
{
    void *page;
    int rc;

    if (c->image.fd >= 0 || !c->cfg->cmdline)
        return 0;
    rc = c->hv->ops->map(c->hv, c->domid, &c->start_info_frame, 1, &page);
    if (rc < 0)
        return chaos__fail(c->ctx, rc, "cannot map the guest's start_info");
    pv_cmdline(page, c->cfg->cmdline);
    c->hv->ops->unmap(c->hv, page, 1);
    return 0;
}
