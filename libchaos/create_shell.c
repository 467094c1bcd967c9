/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * create_shell.c: a VM out of a shell that the daemon gives.
 */
#include <errno.h>
#include <string.h>

#include "create.h"
#include "daemon.h"
#include "domain.h"
#include "internal.h"
#include "shell.h"

/* --- may it be used? ---------------------------------------------------------
 */

/* By its mark it is this context's to make a VM of. */
static bool is_own(struct create *c, const struct hv_domain_state *state)
{
    return birth_decode(state->uuid, &c->birth) && c->birth.kind == BIRTH_VM &&
           c->birth.owner == c->ctx->owner;
}

static int check_given(struct create *c, const struct chaosd_shape *shape,
                       const struct shell *shell,
                       const struct hv_domain_state *state)
{
    if (shell->domid != state->domid || shell->serial != c->birth.serial ||
        !shape_fits(&shell->shape, shape))
        return chaos__fail(c->ctx, -EINVAL, "domain %u is another shell",
                           state->domid);
    if (!shell_is(shell, state))
        return chaos__fail(c->ctx, -EINVAL,
                           "domain %u is not as a shell should be",
                           state->domid);
    return 0;
}

/* --- it is used --------------------------------------------------------------
 */

static int take_memory(struct create *c, const struct shell *shell)
{
    const uint64_t *extents = shell_extents(shell);
    uint32_t i;

    if (shell->extent_count == 0)
        return 0;
    c->memory.extents = calloc(shell->extent_count, sizeof(struct pv_extent));
    if (!c->memory.extents)
        return chaos__fail(c->ctx, -ENOMEM, "no memory for a shell");
    c->memory.count = shell->extent_count;
    for (i = 0; i < shell->extent_count; i++) {
        struct pv_extent *extent = &c->memory.extents[i];

        extent->pfn = c->memory.pages;
        extent->frame = extents[i] >> 8;
        extent->order = extents[i] & 0xff;
        c->memory.pages += UINT64_C(1) << extent->order;
    }
    return 0;
}

/* What the vifs are before the configuration's wishes are fulfilled. */
static void take_devices(struct create *c, const struct shell *shell,
                         struct vif *made)
{
    unsigned i;

    for (i = 0; i < c->devices.vif_count; i++) {
        const struct shell_vif *v = &shell->vifs[i];

        made[i] = (struct vif){
            .index = i,
            .id = i,
            .evtchn = v->evtchn,
            .bridge = v->bridge,
            .ifindex = v->ifindex,
            .mtu = v->mtu,
            .device = v->device,
        };
        memcpy(made[i].mac, v->mac, sizeof(v->mac));
        memcpy(made[i].ifname, v->ifname, sizeof(v->ifname));
        c->devices.vifs[i].evtchn = v->evtchn;
    }
    for (i = 0; i < c->devices.vbd_count; i++)
        c->devices.vbds[i].evtchn = shell->vbd_ports[i];
    c->made = made;
}

static void take_shell(struct create *c, const struct shell *shell)
{
    const uint8_t *uuid = c->cfg->has_uuid ? c->cfg->uuid : shell->uuid;
    unsigned kinds = STEP_PREPARE | (shell->loaded ? STEP_IMAGE : 0);

    memcpy(c->uuid, uuid, sizeof(c->uuid));
    c->console_port = shell->console_port;
    c->sysctl_port = shell->sysctl_port;
    c->store_port = shell->store_port;
    c->start_info_frame = shell->start_info_frame;
    c->console_frame = shell->console_frame;
    c->sysctl_frame = shell->sysctl_frame;
    c->store_frame = shell->store_frame;
    c->done = steps_done(create_steps, create_step_count, kinds);
}

static int execute(struct create *c, const struct shell *shell)
{
    struct vif made[CHAOSD_SHAPE_VIFS];
    int rc = take_memory(c, shell);

    take_shell(c, shell);
    take_devices(c, shell, made);
    if (rc < 0)
        create_undo(c);
    else
        rc = create_steps_run(c, STEP_ALL);
    c->made = NULL;
    return rc;
}

/* --- asking the daemon -------------------------------------------------------
 */

/* It is this context's whatever it is, and cannot be used: it goes. */
static void refuse(struct create *c, const struct hv_domain_state *state)
{
    if (domain_end(c->ctx, c->hv, state) < 0)
        chaos__log(c->ctx, CHAOS_LOG_ERROR, "%s", c->ctx->error);
}

/* -ENODATA: it cannot be used; result_out says why. */
static int use(struct create *c, const struct chaosd_shape *shape,
               const void *data, size_t size, int *result_out)
{
    struct hv_domain_state state;
    struct hv *hv;
    int rc = domain_look(c->ctx, &hv, c->domid, &state);

    if (rc == 0 && !is_own(c, &state))
        rc = chaos__fail(c->ctx, -EPERM, "domain %u was not handed over",
                         c->domid);
    if (rc < 0) {
        *result_out = rc;
        return -ENODATA;
    }
    rc = shell_check(c->ctx, data, size);
    if (rc == 0)
        rc = check_given(c, shape, data, &state);
    if (rc == 0)
        return execute(c, data);
    *result_out = rc;
    chaos__log(c->ctx, CHAOS_LOG_WARN, "a shell was refused: %s",
               c->ctx->error);
    refuse(c, &state);
    return -ENODATA;
}

int create_from_shell(struct create *c, bool *taken_out)
{
    struct chaosd_shape shape;
    uint32_t owner, domid;
    const void *data;
    bool loaded;
    size_t size;
    int result = 0;
    int rc = chaos_shape_of(c->ctx, c->cfg, &shape);

    if (rc == 0)
        rc = chaos_owner(c->ctx, &owner);
    if (rc == 0)
        rc = daemon_take(c->ctx, &shape, owner, &data, &size, &domid, &loaded);
    if (rc < 0)
        return -ENODATA;
    c->domid = domid;
    rc = use(c, &shape, data, size, &result);
    if (rc != -ENODATA) {
        *taken_out = true;
        return rc;
    }
    daemon_done(c->ctx, domid, result, true, 0);
    c->domid = CHAOS_DOMID_NONE;
    return -ENODATA;
}
