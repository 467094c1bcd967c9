/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * create_steps.c: the steps that make a domain, in their order.
 */
#include <errno.h>
#include <string.h>

#include "bus.h"
#include "create.h"
#include "hv.h"
#include "internal.h"

#define EVTCHN_MAX 1023u
/*
 * Limits only: Xen makes a frame when the guest first needs it. One of maptrack
 * is 256 mappings at a time: these are more than all devices need that a guest
 * can have, be they all disks with pools of 260 pages.
 */
#define GRANT_FRAMES HV_FRAMES_DEFAULT
#define MAPTRACK_FRAMES 64u

/* --- disks: opened before the hypervisor is asked for anything ---------------
 */

static int open_disks(struct create *c)
{
    return devices_open_disks(c->ctx, &c->devices);
}

static void close_disks(struct create *c)
{
    devices_close_disks(&c->devices);
}

/* --- the domain --------------------------------------------------------------
 */

static int create_domain(struct create *c)
{
    struct hv_domain_spec spec = {
        .vcpus = c->cfg->vcpus,
        .evtchn_max = EVTCHN_MAX,
        .grant_frames = GRANT_FRAMES,
        .maptrack_frames = MAPTRACK_FRAMES,
        .pvh = c->cfg->pvh,
    };
    int rc;

    birth_encode(&c->birth, spec.uuid);
    rc = c->hv->ops->domain_create(c->hv, &spec, &c->domid);
    if (rc == -EACCES)
        return chaos__fail(c->ctx, rc,
                           "this Xen speaks another version of the control "
                           "interface than this library was built for");
    c->host_is_full = rc == -ENOMEM;
    if (rc < 0)
        return chaos__fail(c->ctx, rc, "Xen refused to create a domain");
    return 0;
}

/*
 * Ends with the domain all that later steps made in the hypervisor. Somebody
 * may have ended it already: then that is why a step failed.
 */
static void destroy_domain(struct create *c)
{
    int rc = c->hv->ops->domain_destroy(c->hv, c->domid);

    if (rc < 0 && rc != -ESRCH)
        chaos__log(c->ctx, CHAOS_LOG_ERROR,
                   "domain %u, half made, could not be destroyed: error %d",
                   c->domid, -rc);
}

static int set_vcpus(struct create *c)
{
    int rc = c->hv->ops->domain_vcpus(c->hv, c->domid, c->cfg->vcpus);

    if (rc < 0)
        return chaos__fail(c->ctx, rc, "Xen refused %u vCPUs", c->cfg->vcpus);
    return 0;
}

static int give_memory(struct create *c)
{
    int rc = c->hv->ops->memory_max(c->hv, c->domid, c->cfg->memory_kb);

    if (rc < 0)
        return chaos__fail(c->ctx, rc, "cannot set the domain's memory limit");
    rc = create_kind(c)->memory(c);
    c->host_is_full = rc == -ENOMEM;
    if (rc < 0)
        pv_memory_dispose(&c->memory);
    return rc;
}

/* The pages themselves go with the domain. */
static void forget_memory(struct create *c)
{
    pv_memory_dispose(&c->memory);
}

static int make_channels(struct create *c)
{
    return c->bus->channels(c);
}

static void erase_channels(struct create *c)
{
    c->bus->erase(c);
}

static int set_identity(struct create *c)
{
    return c->bus->identify(c);
}

static void forget_identity(struct create *c)
{
    c->bus->forget(c);
}

/* --- its devices -------------------------------------------------------------
 */

static int make_vbds(struct create *c)
{
    return c->bus->make_vbds(c);
}

static void unmake_vbds(struct create *c)
{
    c->bus->unmake_vbds(c);
}

static int make_vifs(struct create *c)
{
    return c->bus->make_vifs(c);
}

static void unmake_vifs(struct create *c)
{
    c->bus->unmake_vifs(c);
}

/* A shell's vifs become those of the configuration; then the hooks. */
static int finish_vifs(struct create *c)
{
    int rc = 0;

    if (c->made)
        rc = c->bus->finalise_vifs(c);
    if (rc == 0)
        rc = devices_online_vifs(c->ctx, c->domid, &c->devices);
    return rc;
}

static void offline_vifs(struct create *c)
{
    devices_offline_vifs(c->ctx, c->domid, &c->devices);
}

static int add_devices(struct create *c)
{
    return c->bus->announce(c);
}

static void remove_devices(struct create *c)
{
    c->bus->withdraw(c);
}

/* --- the rest ----------------------------------------------------------------
 */

static int set_affinity(struct create *c)
{
    unsigned i;
    int rc = 0;

    for (i = 0; rc == 0 && c->cfg->has_cpumap && i < c->cfg->vcpus; i++)
        rc = c->hv->ops->domain_affinity(c->hv, c->domid, i, c->cfg->cpumap,
                                         CONFIG_CPUS_MAX);
    if (rc < 0)
        return chaos__fail(c->ctx, rc,
                           "vcpus.cpumap: none of its CPUs is online");
    return 0;
}

/* With the MAC addresses that the vifs have, so that a restart has them. */
static int write_record(struct create *c)
{
    struct config_vif vifs[CONFIG_VIFS_MAX];
    struct chaos_config cfg = *c->cfg;
    unsigned i;

    for (i = 0; i < cfg.vif_count; i++) {
        vifs[i] = cfg.vifs[i];
        memcpy(vifs[i].mac, c->devices.vifs[i].mac, sizeof(vifs[i].mac));
        vifs[i].has_mac = true;
    }
    cfg.vifs = vifs;
    return record_write(c->ctx, c->domid, c->uuid, &cfg);
}

static void remove_record(struct create *c)
{
    record_remove(c->ctx, c->domid);
}

static int start(struct create *c)
{
    int rc;

    if (c->cfg->paused)
        return 0;
    rc = c->hv->ops->domain_unpause(c->hv, c->domid);
    if (rc < 0)
        return chaos__fail(c->ctx, rc, "cannot start the domain");
    return 0;
}

/* From now on it is nobody's but the operator's. */
static int own(struct create *c)
{
    int rc = c->hv->ops->domain_handle(c->hv, c->domid, c->uuid);

    if (rc < 0)
        return chaos__fail(c->ctx, rc, "cannot set the domain's uuid");
    return 0;
}

/*
 * The name is claimed before the image is built, so that a name already taken
 * costs little; the record is written last, so that there is none without a
 * whole domain; and a domain keeps its mark until nothing can fail any more.
 */
const struct step create_steps[] = {
    {"files", STEP_IMAGE, create_open_files, create_close_files},
    {"disks", STEP_EXECUTE, open_disks, close_disks},
    {"domain", STEP_PREPARE, create_domain, destroy_domain},
    {"vcpus", STEP_PREPARE, set_vcpus, NULL},
    {"memory", STEP_PREPARE, give_memory, forget_memory},
    {"channels", STEP_PREPARE, make_channels, erase_channels},
    {"identity", STEP_EXECUTE, set_identity, forget_identity},
    {"image", STEP_IMAGE, create_build_image, NULL},
    {"vcpu", STEP_IMAGE, create_set_vcpu, NULL},
    {"cmdline", STEP_EXECUTE, create_set_cmdline, NULL},
    {"vifs", STEP_PREPARE, make_vifs, unmake_vifs},
    {"network", STEP_EXECUTE, finish_vifs, offline_vifs},
    {"vbds", STEP_EXECUTE, make_vbds, unmake_vbds},
    {"devices", STEP_EXECUTE, add_devices, remove_devices},
    {"affinity", STEP_EXECUTE, set_affinity, NULL},
    {"record", STEP_EXECUTE, write_record, remove_record},
    {"start", STEP_EXECUTE, start, NULL},
    {"own", STEP_EXECUTE, own, NULL},
};
const size_t create_step_count = sizeof(create_steps) / sizeof(*create_steps);
