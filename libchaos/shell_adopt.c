/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * shell_adopt.c: shells whose owner is gone.
 *
 * What was written down is checked against what the hypervisor and the module
 * say now, so that nobody is ever given a shell that is not as it should be.
 */
#include <errno.h>
#include <string.h>

#include <noxs/io.h>

#include "bus.h"
#include "create.h"
#include "domain.h"
#include "internal.h"
#include "shell.h"

static int changed(struct chaos_ctx *ctx, uint32_t domid, const char *what)
{
    return chaos__fail(ctx, -EINVAL, "shell %u: %s", domid, what);
}

/*
 * Nobody has begun to make a VM of it. Where there is noxs, that knows of VMs
 * on XenStore, too.
 */
static int check_unused(struct chaos_ctx *ctx, struct hv *hv, uint32_t domid)
{
    struct noxs_op_identity op = {.domid = (uint16_t)domid};
    static const struct noxs_identity none;
    struct noxs_device devices[NOXS_DEV_MAX];
    int count = chaos_domain_devices(ctx, domid, devices);
    int rc;

    if (count < 0)
        return count;
    rc = hv->ops->noxs(hv, NOXS_OP_IDENTITY_GET, &op, sizeof(op), NULL, 0);
    if (rc < 0)
        return chaos__fail(ctx, rc, "domain %u: cannot ask for its identity",
                           domid);
    if (count > 0 || memcmp(&op.identity, &none, sizeof(none)) != 0)
        return changed(ctx, domid, "a VM was begun of it");
    return 0;
}

static bool is_made(const struct shell *shell, const struct host_back *back)
{
    const struct shell_vif *v;

    if (back->type != NOXS_DEV_VIF || back->id >= shell->shape.vif_count)
        return false;
    v = &shell->vifs[back->id];
    return back->state == NOXS_BACK_READY && back->ifindex == v->ifindex &&
           strcmp(back->ifname, v->ifname) == 0;
}

static int check_backs(struct chaos_ctx *ctx, const struct shell *shell)
{
    CLEANUP_FREE struct host_back *backs = NULL;
    struct host *host;
    size_t i, count = 0;
    int rc;

    if (shell->shape.vif_count == 0)
        return 0;
    rc = chaos__host(ctx, &host);
    if (rc == 0)
        rc = host->ops->back_list(host, shell->domid, &backs, &count);
    if (rc < 0)
        return chaos__fail(ctx, rc, "domain %u: cannot list its back ends",
                           shell->domid);
    for (i = 0; i < count && is_made(shell, &backs[i]);)
        i++;
    if (i != count || count != shell->shape.vif_count)
        return changed(ctx, shell->domid, "its vifs are others");
    return 0;
}

static int check_bus(struct chaos_ctx *ctx, const struct shell *shell)
{
    const struct bus_ops *host;
    struct hv *hv;
    int rc = bus_of_host(ctx, &hv, &host);

    if (rc == 0 && host == &bus_noxs)
        rc = check_unused(ctx, hv, shell->domid);
    if (rc == 0)
        rc = shape_is_xs(&shell->shape) ? shell_check_store(ctx, shell)
                                        : check_backs(ctx, shell);
    return rc;
}

static int verify(struct chaos_ctx *ctx, const struct shell *shell,
                  const struct hv_domain_state *state, uint32_t serial)
{
    if (shell->serial != serial || !shell_is(shell, state))
        return changed(ctx, shell->domid, "it is not as it was written down");
    return check_bus(ctx, shell);
}

static int take_over(struct chaos_ctx *ctx, struct hv *hv, uint32_t domid,
                     struct birth *birth)
{
    uint8_t mark[NOXS_UUID_SIZE];
    int rc = chaos_owner(ctx, &birth->owner);

    if (rc < 0)
        return rc;
    birth_encode(birth, mark);
    rc = hv->ops->domain_handle(hv, domid, mark);
    if (rc < 0)
        return chaos__fail(ctx, rc, "domain %u: cannot take it over", domid);
    return 0;
}

/* With the lock on its owner, which is looked at only now. */
static int adopt(struct chaos_ctx *ctx, uint32_t domid,
                 struct chaos_shell *shell)
{
    struct hv_domain_state state;
    struct birth birth;
    struct hv *hv;
    int rc = domain_look(ctx, &hv, domid, &state);

    if (rc == -ESRCH)
        return chaos__fail(ctx, -ENOENT, "there is no shell %u", domid);
    if (rc < 0)
        return rc;
    if (!birth_decode(state.uuid, &birth) || birth.kind != BIRTH_SHELL)
        return chaos__fail(ctx, -ENOENT, "domain %u is no shell", domid);
    rc = birth_owner_lives(ctx, birth.owner);
    if (rc > 0)
        return chaos__fail(ctx, -EBUSY, "shell %u: its owner lives", domid);
    if (rc == 0)
        rc = shell_read(ctx, domid, &shell->data);
    /* Without what was written down it cannot be known any more. */
    if (rc == -ENOENT || rc == -EPROTO)
        rc = -EINVAL;
    if (rc == 0)
        rc = verify(ctx, shell->data, &state, birth.serial);
    if (rc == 0)
        rc = take_over(ctx, hv, domid, &birth);
    return rc;
}

int chaos_shell_adopt(struct chaos_ctx *ctx, uint32_t domid,
                      struct chaos_shell **shell_out)
{
    struct chaos_shell *shell;
    CLEANUP_CLOSE int lock = -1;
    int rc;

    if (domid == 0 || domid >= NOXS_DOMID_SELF)
        return chaos__fail(ctx, -ENOENT, "domain %u is no shell", domid);
    rc = shell_owner_lock(ctx, domid, &lock);
    if (rc < 0)
        return rc;
    shell = calloc(1, sizeof(*shell));
    if (!shell)
        return chaos__fail(ctx, -ENOMEM, "no memory for a shell");
    rc = adopt(ctx, domid, shell);
    if (rc < 0)
        chaos_shell_free(shell);
    else
        *shell_out = shell;
    return rc;
}
