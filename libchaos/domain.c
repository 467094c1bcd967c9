/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * domain.c: change and end one domain, and ask about it.
 */
#include <errno.h>
#include <string.h>

#include "create.h"
#include "devices.h"
#include "domain.h"
#include "internal.h"

static int gone(struct chaos_ctx *ctx, uint32_t domid)
{
    return chaos__fail(ctx, -ESRCH, "there is no domain %u", domid);
}

int domain_state(struct chaos_ctx *ctx, struct hv **hv_out, uint32_t domid,
                 struct hv_domain_state *state_out)
{
    int rc = chaos__hv_noxs(ctx, hv_out);

    if (rc < 0)
        return rc;
    if (domid >= NOXS_DOMID_SELF)
        return gone(ctx, domid);
    rc = (*hv_out)->ops->domain_states(*hv_out, domid, 1, state_out);
    if (rc < 0)
        return chaos__fail(ctx, rc, "domain %u: cannot ask for its state",
                           domid);
    if (rc == 0 || state_out->domid != domid)
        return gone(ctx, domid);
    return 0;
}

/* Domain 0 is this host's own; ending or stopping it is never meant. */
int domain_other(struct chaos_ctx *ctx, struct hv **hv_out, uint32_t domid,
                 struct hv_domain_state *state_out)
{
    if (domid == 0)
        return chaos__fail(ctx, -EINVAL, "domain 0 runs this host");
    return domain_state(ctx, hv_out, domid, state_out);
}

static int destroy_failed(struct chaos_ctx *ctx, uint32_t domid, int rc)
{
    if (rc == -ESRCH)
        return gone(ctx, domid);
    return chaos__fail(ctx, rc, "domain %u: cannot destroy it", domid);
}

int chaos_domain_destroy(struct chaos_ctx *ctx, uint32_t domid)
{
    struct hv_domain_state state;
    struct devices_left left;
    struct hv *hv;
    int rc = domain_other(ctx, &hv, domid, &state);

    if (rc == 0)
        rc = devices_look(ctx, domid, state.uuid, &left);
    if (rc < 0)
        return rc;
    rc = hv->ops->domain_destroy(hv, domid);
    if (rc < 0) {
        devices_keep(&left);
        return destroy_failed(ctx, domid, rc);
    }
    devices_end(ctx, domid, &left);
    record_remove(ctx, domid);
    return 0;
}

int chaos_domain_pause(struct chaos_ctx *ctx, uint32_t domid)
{
    struct hv_domain_state state;
    struct hv *hv;
    int rc = domain_other(ctx, &hv, domid, &state);

    if (rc == 0)
        rc = hv->ops->domain_pause(hv, domid);
    else
        return rc;
    if (rc < 0)
        return chaos__fail(ctx, rc, "domain %u: cannot pause it", domid);
    return 0;
}

int chaos_domain_unpause(struct chaos_ctx *ctx, uint32_t domid)
{
    struct hv_domain_state state;
    struct hv *hv;
    int rc = domain_state(ctx, &hv, domid, &state);

    if (rc < 0)
        return rc;
    if (!state.paused)
        return chaos__fail(ctx, -EINVAL, "domain %u is not paused", domid);
    rc = hv->ops->domain_unpause(hv, domid);
    if (rc < 0)
        return chaos__fail(ctx, rc, "domain %u: cannot unpause it", domid);
    return 0;
}

int chaos_domain_rename(struct chaos_ctx *ctx, uint32_t domid, const char *name)
{
    struct noxs_op_identity op = {
        .domid = (uint16_t)domid,
        .fields = NOXS_ID_NAME,
    };
    struct hv_domain_state state;
    struct hv *hv;
    int rc = chaos__name_check(ctx, name);

    if (rc == 0)
        rc = domain_other(ctx, &hv, domid, &state);
    if (rc < 0)
        return rc;
    memcpy(op.identity.name, name, strlen(name));
    rc = hv->ops->noxs(hv, NOXS_OP_IDENTITY_SET, &op, sizeof(op), NULL, 0);
    if (rc == -EEXIST)
        return chaos__fail(ctx, rc, "name '%s': a domain has it already", name);
    if (rc < 0)
        return chaos__fail(ctx, rc, "domain %u: cannot rename it", domid);
    return 0;
}

static int by_name(struct chaos_ctx *ctx, const char *name, uint32_t *domid_out)
{
    struct noxs_op_lookup op = {.domid = 0};
    struct hv *hv;
    size_t len = strlen(name);
    int rc = chaos__hv_noxs(ctx, &hv);

    if (rc < 0)
        return rc;
    if (len == 0 || len >= sizeof(op.name))
        return chaos__fail(ctx, -ESRCH, "there is no domain of this name");
    memcpy(op.name, name, len);
    rc = hv->ops->noxs(hv, NOXS_OP_LOOKUP, &op, sizeof(op), NULL, 0);
    if (rc == -ENOENT || rc == -EINVAL)
        return chaos__fail(ctx, -ESRCH, "there is no domain '%s'", name);
    if (rc < 0)
        return chaos__fail(ctx, rc, "cannot look up '%s'", name);
    *domid_out = op.domid;
    return 0;
}

int chaos_domain_lookup(struct chaos_ctx *ctx, const char *name_or_id,
                        uint32_t *domid_out)
{
    struct hv_domain_state state;
    struct hv *hv;
    size_t digits = strspn(name_or_id, "0123456789");
    uint32_t domid;
    int rc;

    if (digits == 0 || name_or_id[digits] != '\0')
        return by_name(ctx, name_or_id, domid_out);
    domid =
        digits > 5 ? NOXS_DOMID_SELF : (uint32_t)strtoul(name_or_id, NULL, 10);
    if (domid >= NOXS_DOMID_SELF)
        return chaos__fail(ctx, -ESRCH, "there is no domain %s", name_or_id);
    rc = domain_state(ctx, &hv, domid, &state);
    if (rc < 0)
        return rc;
    *domid_out = domid;
    return 0;
}

int chaos_domain_config(struct chaos_ctx *ctx, uint32_t domid,
                        struct chaos_config **cfg_out)
{
    struct hv_domain_state state;
    struct hv *hv;
    int rc = domain_state(ctx, &hv, domid, &state);

    if (rc < 0)
        return rc;
    return record_read(ctx, domid, state.uuid, cfg_out);
}

const char *chaos_reason_name(unsigned reason)
{
    static const char *const names[] = {
        [CHAOS_REASON_POWEROFF] = "poweroff",
        [CHAOS_REASON_REBOOT] = "reboot",
        [CHAOS_REASON_SUSPEND] = "suspend",
        [CHAOS_REASON_CRASH] = "crash",
        [CHAOS_REASON_WATCHDOG] = "watchdog",
        [CHAOS_REASON_SOFT_RESET] = "soft_reset",
    };

    if (reason >= sizeof(names) / sizeof(*names))
        return "unknown";
    return names[reason];
}
