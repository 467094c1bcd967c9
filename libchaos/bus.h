/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * bus.h: how a VM and dom0 come to know of its devices, and of its name.
 *
 * Two implementations: noxs (bus_noxs.c) and XenStore (bus_xs.c), chosen per VM
 * by its configuration. What stands above asks the bus and knows neither.
 * All functions return 0 or -errno with text.
 */
#ifndef LIBCHAOS_BUS_H
#define LIBCHAOS_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <chaos/console.h>
#include <chaos/domain.h>

#include "hv.h"

struct create;
struct host_back;

struct bus_ops {
    const char *name;
    /* Devices of its own that every domain has: slots of the device page. */
    unsigned fixed_devices;

    /* What this bus cannot give a VM that another could. */
    int (*check)(struct chaos_ctx *ctx,
                 const struct chaos_config *cfg) CHAOS_CHECK;

    /*
     * Steps of a create. The domain is destroyed after the undo functions,
     * which are left with what that does not reclaim.
     *
     * Its event channels, and what is known of a domain by its shape alone: a
     * shell has that, without a name.
     */
    int (*channels)(struct create *c) CHAOS_CHECK;
    void (*erase)(struct create *c);
    /* Its uuid and name, which no other domain has. */
    int (*identify)(struct create *c) CHAOS_CHECK;
    void (*forget)(struct create *c);
    /* Back ends, each kind all or none; of vifs also interfaces in bridges. */
    int (*make_vifs)(struct create *c) CHAOS_CHECK;
    void (*unmake_vifs)(struct create *c);
    /* Those of a shell, c->made, become those of the configuration. */
    int (*finalise_vifs)(struct create *c) CHAOS_CHECK;
    int (*make_vbds)(struct create *c) CHAOS_CHECK;
    void (*unmake_vbds)(struct create *c);
    /* All its devices, made by then. */
    int (*announce)(struct create *c) CHAOS_CHECK;
    void (*withdraw)(struct create *c);

    /*
     * Names. `fill` writes what it knows of count domains, ascending, into what
     * the hypervisor told of them: name, uuid, generation.
     */
    int (*fill)(struct chaos_ctx *ctx, struct chaos_domain_info *infos,
                size_t count) CHAOS_CHECK;
    /* The same of one. */
    int (*fill_one)(struct chaos_ctx *ctx,
                    struct chaos_domain_info *info) CHAOS_CHECK;
    int (*lookup)(struct chaos_ctx *ctx, const char *name,
                  uint32_t *domid_out) CHAOS_CHECK;
    int (*rename)(struct chaos_ctx *ctx, uint32_t domid,
                  const char *name) CHAOS_CHECK;

    /* chaos_domain_request() of a guest that runs. */
    int (*request)(struct chaos_ctx *ctx, uint32_t domid,
                   enum chaos_reason what, unsigned timeout_ms) CHAOS_CHECK;
    /* The functions of these names. */
    int (*wait_up)(struct chaos_ctx *ctx, uint32_t domid,
                   unsigned timeout_ms) CHAOS_CHECK;
    int (*guest_state)(struct chaos_ctx *ctx, uint32_t domid,
                       struct chaos_guest_state *state_out) CHAOS_CHECK;
    int (*console_open)(struct chaos_ctx *ctx, uint32_t domid,
                        struct chaos_console **con_out) CHAOS_CHECK;

    /*
     * Devices of a living domain.
     *
     * Its vifs and vbds, and what else is in its device page, as that has them:
     * with XenStore that is type, id and config. devices has room for
     * NOXS_DEV_MAX. Returns how many there are.
     */
    int (*devices)(struct chaos_ctx *ctx, uint32_t domid,
                   struct noxs_device *devices) CHAOS_CHECK;
    /* Their back ends; free() the array. */
    int (*backs)(struct chaos_ctx *ctx, uint32_t domid,
                 struct host_back **backs_out, size_t *count_out) CHAOS_CHECK;
    /*
     * Those of c->devices are added: first what make_* needs, then, when they
     * are made, what makes them the guest's; or no longer.
     */
    int (*plug_begin)(struct create *c) CHAOS_CHECK;
    int (*plug)(struct create *c) CHAOS_CHECK;
    void (*unplug)(struct create *c);
    /* Its devices are others now. */
    void (*rescan)(struct chaos_ctx *ctx, uint32_t domid);
    /*
     * One is taken away: the guest lets go of it (-ETIME: it does not, and has
     * it as before; -ENOENT or -ENXIO: there is no back end), it is the guest's
     * no longer (-ENOENT: it was not), its back end ends. These errors have no
     * text.
     */
    int (*device_close)(struct chaos_ctx *ctx, uint32_t domid,
                        const struct noxs_device *device,
                        unsigned timeout_ms) CHAOS_CHECK;
    int (*device_forget)(struct chaos_ctx *ctx, uint32_t domid,
                         const struct noxs_device *device) CHAOS_CHECK;
    int (*device_end)(struct chaos_ctx *ctx, uint32_t domid,
                      const struct noxs_device *device) CHAOS_CHECK;
};

/* bus.c */

/* The bus of a VM to be made: what it asks for, or the best there is. */
int bus_choose(struct chaos_ctx *ctx, const struct chaos_config *cfg,
               struct hv **hv_out, const struct bus_ops **bus_out) CHAOS_CHECK;
/* The one of VMs that do not say which: noxs where this Xen has it. */
int bus_of_host(struct chaos_ctx *ctx, struct hv **hv_out,
                const struct bus_ops **bus_out) CHAOS_CHECK;

/* bus_domain.c: of domains on either, side by side */

/*
 * That of a living domain; where it has no devices by either, or where there is
 * none, that of the host. XenStore is not asked about those with noxs devices.
 */
int bus_of_domain(struct chaos_ctx *ctx, uint32_t domid, struct hv **hv_out,
                  const struct bus_ops **bus_out) CHAOS_CHECK;
/* As the ops of these names, and which bus each is on. */
int bus_fill(struct chaos_ctx *ctx, struct chaos_domain_info *infos,
             size_t count) CHAOS_CHECK;
int bus_fill_one(struct chaos_ctx *ctx,
                 struct chaos_domain_info *info) CHAOS_CHECK;
int bus_lookup(struct chaos_ctx *ctx, const char *name,
               uint32_t *domid_out) CHAOS_CHECK;
int bus_rename(struct chaos_ctx *ctx, uint32_t domid,
               const char *name) CHAOS_CHECK;

/* bus.c */

/*
 * What XenStore has of a domain that is not one with noxs devices, its back
 * ends with it. NULL: its uuid is not known. A failure is logged.
 */
void bus_clean(struct chaos_ctx *ctx, uint32_t domid, const uint8_t *uuid);

/* noxs_plug.c: ops of these names */
int noxs_devices(struct chaos_ctx *ctx, uint32_t domid,
                 struct noxs_device *devices) CHAOS_CHECK;
int noxs_backs(struct chaos_ctx *ctx, uint32_t domid,
               struct host_back **backs_out, size_t *count_out) CHAOS_CHECK;
int noxs_plug_begin(struct create *c) CHAOS_CHECK;
int noxs_plug(struct create *c) CHAOS_CHECK;
void noxs_unplug(struct create *c);
int noxs_device_close(struct chaos_ctx *ctx, uint32_t domid,
                      const struct noxs_device *device,
                      unsigned timeout_ms) CHAOS_CHECK;
int noxs_device_forget(struct chaos_ctx *ctx, uint32_t domid,
                       const struct noxs_device *device) CHAOS_CHECK;
int noxs_device_end(struct chaos_ctx *ctx, uint32_t domid,
                    const struct noxs_device *device) CHAOS_CHECK;

/* bus_noxs.c */
extern const struct bus_ops bus_noxs;

/* bus_xs.c */
extern const struct bus_ops bus_xs;

#endif /* LIBCHAOS_BUS_H */
