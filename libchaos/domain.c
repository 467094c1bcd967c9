/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * domain.c: change and end one domain, and ask about it.
 */
#include <errno.h>
#include <string.h>

#include "birth.h"
#include "bus.h"
#include "create.h"
#include "devices.h"
#include "domain.h"
#include "internal.h"
#include "run_dir.h"

static int gone(struct chaos_ctx *ctx, uint32_t domid)
{
    return chaos__fail(ctx, -ESRCH, "there is no domain %u", domid);
}

int domain_look(struct chaos_ctx *ctx, struct hv **hv_out, uint32_t domid,
                struct hv_domain_state *state_out)
{
    const struct bus_ops *bus;
    int rc = bus_of_host(ctx, hv_out, &bus);

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

static bool is_zero(const uint8_t uuid[NOXS_UUID_SIZE])
{
    static const uint8_t zero[NOXS_UUID_SIZE];

    return memcmp(uuid, zero, sizeof(zero)) == 0;
}

/* One that is made has it in both places; ask only where it may differ. */
static void find_uuid(struct hv *hv, struct hv_domain_state *state)
{
    struct noxs_op_identity op = {.domid = (uint16_t)state->domid};
    struct birth birth;

    if (!birth_decode(state->uuid, &birth))
        return;
    /* A dying one does not tell. */
    if (hv->ops->noxs(hv, NOXS_OP_IDENTITY_GET, &op, sizeof(op), NULL, 0) < 0)
        return;
    if (!is_zero(op.identity.uuid))
        memcpy(state->uuid, op.identity.uuid, sizeof(state->uuid));
}

int domain_state(struct chaos_ctx *ctx, struct hv **hv_out, uint32_t domid,
                 struct hv_domain_state *state_out)
{
    int rc = domain_look(ctx, hv_out, domid, state_out);

    if (rc == 0)
        find_uuid(*hv_out, state_out);
    return rc;
}

/* Domain 0 is this host's own; ending or stopping it is never meant. */
static int not_dom0(struct chaos_ctx *ctx, uint32_t domid)
{
    if (domid == 0)
        return chaos__fail(ctx, -EINVAL, "domain 0 runs this host");
    return 0;
}

int domain_other(struct chaos_ctx *ctx, struct hv **hv_out, uint32_t domid,
                 struct hv_domain_state *state_out)
{
    int rc = not_dom0(ctx, domid);

    return rc < 0 ? rc : domain_state(ctx, hv_out, domid, state_out);
}

static int destroy_failed(struct chaos_ctx *ctx, uint32_t domid, int rc)
{
    if (rc == -ESRCH)
        return gone(ctx, domid);
    return chaos__fail(ctx, rc, "domain %u: cannot destroy it", domid);
}

/*
 * One that is being made goes in an order that whoever comes upon the rest can
 * follow: while its mark is there, somebody does.
 */
int domain_end(struct chaos_ctx *ctx, struct hv *hv,
               const struct hv_domain_state *state)
{
    struct hv_domain_state named = *state;
    uint32_t domid = state->domid;
    struct devices_left left;
    struct birth birth;
    bool making = birth_decode(state->uuid, &birth);
    bool on_store;
    int rc;

    find_uuid(hv, &named);
    rc = devices_look(ctx, domid, named.uuid, &left);
    if (rc < 0)
        return rc;
    /* Back ends are made before they are written to the device page. */
    left.any |= making;
    on_store = left.count <= 0;
    if (making && on_store)
        bus_clean(ctx, domid, NULL);
    rc = hv->ops->domain_destroy(hv, domid);
    if (rc < 0) {
        devices_keep(&left);
        return destroy_failed(ctx, domid, rc);
    }
    devices_end(ctx, domid, &left);
    if (on_store)
        bus_clean(ctx, domid, named.uuid);
    record_remove(ctx, domid);
    if (making) {
        run_remove(ctx, "shells", domid, "");
        run_remove(ctx, "shells", domid, ".new");
    }
    return 0;
}

int chaos_domain_destroy(struct chaos_ctx *ctx, uint32_t domid)
{
    struct hv_domain_state state;
    struct hv *hv;
    int rc = not_dom0(ctx, domid);

    if (rc == 0)
        rc = domain_look(ctx, &hv, domid, &state);
    if (rc == 0)
        rc = domain_end(ctx, hv, &state);
    return rc;
}

int domain_made(struct chaos_ctx *ctx, struct hv **hv_out, uint32_t domid,
                struct hv_domain_state *state_out)
{
    struct birth birth;
    int rc = domain_look(ctx, hv_out, domid, state_out);

    if (rc == 0 && birth_decode(state_out->uuid, &birth))
        return chaos__fail(ctx, -EBUSY, "domain %u is still being made", domid);
    return rc;
}

int chaos_domain_pause(struct chaos_ctx *ctx, uint32_t domid)
{
    struct hv_domain_state state;
    struct hv *hv;
    int rc = not_dom0(ctx, domid);

    if (rc == 0)
        rc = domain_made(ctx, &hv, domid, &state);
    if (rc < 0)
        return rc;
    rc = hv->ops->domain_pause(hv, domid);
    if (rc < 0)
        return chaos__fail(ctx, rc, "domain %u: cannot pause it", domid);
    return 0;
}

int chaos_domain_unpause(struct chaos_ctx *ctx, uint32_t domid)
{
    struct hv_domain_state state;
    struct hv *hv;
    int rc = domain_made(ctx, &hv, domid, &state);

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
    struct hv_domain_state state;
    struct hv *hv;
    int rc = chaos__name_check(ctx, name);

    if (rc == 0)
        rc = not_dom0(ctx, domid);
    if (rc == 0)
        rc = domain_made(ctx, &hv, domid, &state);
    if (rc == 0)
        rc = bus_rename(ctx, domid, name);
    return rc;
}

static int by_name(struct chaos_ctx *ctx, const char *name, uint32_t *domid_out)
{
    const struct bus_ops *bus;
    struct hv *hv;
    size_t len = strlen(name);
    int rc = bus_of_host(ctx, &hv, &bus);

    if (rc < 0)
        return rc;
    if (len == 0 || len >= NOXS_NAME_SIZE)
        return chaos__fail(ctx, -ESRCH, "there is no domain of this name");
    return bus_lookup(ctx, name, domid_out);
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
