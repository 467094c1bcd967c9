/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * shell.c: shells: made ahead of time, handed over, ended.
 */
#include <errno.h>
#include <string.h>

#include "bus.h"
#include "create.h"
#include "domain.h"
#include "internal.h"
#include "run_dir.h"
#include "shell.h"

/* --- making one --------------------------------------------------------------
 */

/* A configuration that says no more than a shape does. */
struct wish {
    struct chaosd_shape shape; /* the strings of cfg and vifs */
    struct chaos_config cfg;
    struct config_vif vifs[CHAOSD_SHAPE_VIFS];
    struct config_vbd vbds[CONFIG_VBDS_MAX];
    char vdev[8];
};

static char *image_path(struct chaosd_image *image)
{
    return image->path[0] ? image->path : NULL;
}

static void make_wish(struct wish *w, const struct chaosd_shape *shape)
{
    unsigned i;

    memset(w, 0, sizeof(*w));
    w->shape = *shape;
    w->cfg.kernel = image_path(&w->shape.kernel);
    w->cfg.ramdisk = image_path(&w->shape.ramdisk);
    w->cfg.memory_kb = shape->memory_kb;
    w->cfg.vcpus = shape->vcpus;
    w->cfg.dev_method =
        shape_is_xs(shape) ? CONFIG_DEV_XENSTORE : CONFIG_DEV_NOXS;
    w->cfg.vifs = w->vifs;
    w->cfg.vif_count = shape->vif_count;
    for (i = 0; i < shape->vif_count; i++) {
        if (w->shape.bridges[i][0])
            w->vifs[i].bridge = w->shape.bridges[i];
    }
    /* Disks get their ports now, and their names late. */
    memcpy(w->vdev, "xvda", 5);
    w->cfg.vbds = w->vbds;
    w->cfg.vbd_count = shape->vbd_count;
    for (i = 0; i < shape->vbd_count; i++)
        w->vbds[i].vdev = w->vdev;
}

static int prepare(struct create *c)
{
    unsigned kinds = STEP_PREPARE | (c->cfg->kernel ? STEP_IMAGE : 0);
    int rc = bus_choose(c->ctx, c->cfg, &c->hv, &c->bus);

    if (rc == 0)
        rc = devices_init(c->ctx, c->cfg, c->bus->fixed_devices, &c->devices);
    if (rc == 0)
        rc = devices_find_bridges(c->ctx, &c->devices);
    if (rc == 0)
        rc = create_begin(c, BIRTH_SHELL);
    if (rc == 0)
        rc = create_steps_run(c, kinds);
    return rc;
}

/* Only what is written down is a shell that another can adopt. */
static int write_down(struct create *c, struct shell **data_out)
{
    struct shell *data;
    int rc = shell_encode(c, &data);

    if (rc < 0)
        return rc;
    rc = shell_write(c->ctx, data);
    if (rc < 0)
        free(data);
    else
        *data_out = data;
    return rc;
}

int chaos_shell_prepare(struct chaos_ctx *ctx, const struct chaosd_shape *shape,
                        struct chaos_shell **shell_out)
{
    struct wish wish;
    struct create c = CREATE_INIT(ctx, &wish.cfg);
    CLEANUP_FREE struct chaos_shell *shell = NULL;
    int rc = shape_check(ctx, shape);

    if (rc < 0)
        return rc;
    shell = calloc(1, sizeof(*shell));
    if (!shell)
        return chaos__fail(ctx, -ENOMEM, "no memory for a shell");
    make_wish(&wish, shape);
    c.shape = &wish.shape;
    rc = prepare(&c);
    if (rc == 0) {
        rc = write_down(&c, &shell->data);
        if (rc < 0)
            create_undo(&c);
    }
    create_dispose(&c);
    if (rc == 0)
        *shell_out = TAKE_PTR(shell);
    return rc;
}

void chaos_shell_free(struct chaos_shell *shell)
{
    if (!shell)
        return;
    free(shell->data);
    free(shell);
}

uint32_t chaos_shell_domid(const struct chaos_shell *shell)
{
    return shell->data->domid;
}

const struct chaosd_shape *chaos_shell_shape(const struct chaos_shell *shell)
{
    return &shell->data->shape;
}

const void *chaos_shell_data(const struct chaos_shell *shell, size_t *size_out)
{
    *size_out = shell->data->size;
    return shell->data;
}

/* --- handing it over, ending it ---------------------------------------------
 */

/* Its domain, if it is a shell still, whoever owns it. */
static int find(struct chaos_ctx *ctx, const struct shell *shell,
                struct hv **hv_out, struct hv_domain_state *state_out,
                struct birth *birth_out)
{
    int rc = domain_look(ctx, hv_out, shell->domid, state_out);

    if (rc < 0)
        return rc;
    if (state_out->dying || !birth_decode(state_out->uuid, birth_out) ||
        birth_out->serial != shell->serial)
        return chaos__fail(ctx, -ENOENT, "domain %u is no shell any more",
                           shell->domid);
    return 0;
}

int chaos_shell_give(struct chaos_ctx *ctx, struct chaos_shell *shell,
                     uint32_t owner)
{
    const struct shell *data = shell->data;
    struct birth given = {
        .kind = BIRTH_VM, .serial = data->serial, .owner = owner};
    uint8_t mark[NOXS_UUID_SIZE];
    struct hv_domain_state state;
    struct birth birth;
    struct hv *hv;
    int rc;

    if (owner == 0)
        return chaos__fail(ctx, -EINVAL, "0 is no owner's number");
    rc = find(ctx, data, &hv, &state, &birth);
    if (rc < 0)
        return rc;
    if (birth.kind != BIRTH_SHELL)
        return chaos__fail(ctx, -ENOENT, "domain %u was given away already",
                           data->domid);
    run_remove(ctx, SHELL_DIR, data->domid, "");
    birth_encode(&given, mark);
    rc = hv->ops->domain_handle(hv, data->domid, mark);
    if (rc < 0)
        return chaos__fail(ctx, rc, "domain %u: cannot hand it over",
                           data->domid);
    return 0;
}

int chaos_shell_destroy(struct chaos_ctx *ctx, const struct chaos_shell *shell)
{
    struct hv_domain_state state;
    struct birth birth;
    struct hv *hv;
    int rc = find(ctx, shell->data, &hv, &state, &birth);

    if (rc == 0)
        return domain_end(ctx, hv, &state);
    run_remove(ctx, SHELL_DIR, shell->data->domid, "");
    return rc;
}
