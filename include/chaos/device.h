/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * chaos/device.h: network interfaces (vifs) and disks (vbds) of living domains.
 *
 * The rules of chaos/domain.h hold. What a device is made from is the same as
 * in a VM's configuration (docs/config.md), so attach takes a chaos_config of
 * which only `vifs` or only `vbds` are set. A domain's record is brought up to
 * date, so that a restart has the devices that were there last.
 */
#ifndef CHAOS_DEVICE_H
#define CHAOS_DEVICE_H

#include <stdbool.h>

#include <chaos/config.h>
#include <chaos/domain.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Attach all devices of cfg (at least one; the vifs or the vbds), or none. The
 * guest is told through its sysctl device; a guest that does not know how to be
 * told finds them when it looks. ids_out (may be NULL) has room for one id
 * each. Blocks while another program changes the domain's devices, up to two
 * seconds while one talks to its sysctl device, and while a vif's hook runs.
 * -EEXIST: such an interface, MAC address or disk is there already. -EBUSY: a
 * disk is in use. -ENODEV: no such bridge, or no back end (noxs_back, or
 * Linux's own, is not loaded). -EPROTO: the module is of another version.
 * -ENOSPC: no room for so many. -ECANCELED: the hook failed. -ESHUTDOWN: the
 * domain has stopped. -EOPNOTSUPP: it has neither noxs devices nor XenStore. A
 * VM on XenStore, xl's included, has Linux's own back ends, which are waited
 * for (ten seconds), and sees the device by itself.
 */
int chaos_vif_attach(struct chaos_ctx *ctx, uint32_t domid,
                     const struct chaos_config *cfg,
                     uint32_t *ids_out) CHAOS_CHECK;
int chaos_vbd_attach(struct chaos_ctx *ctx, uint32_t domid,
                     const struct chaos_config *cfg,
                     uint32_t *ids_out) CHAOS_CHECK;

/*
 * Ask the guest to let go of a device (one that has not connected has nothing
 * to let go of with XenStore), wait at most timeout_ms (blocks), and
 * remove it. -ETIMEDOUT: it would not, and keeps it. force: remove it whatever
 * the guest says, without waiting. -ENOENT: it has no such device. -EBUSY: the
 * domain is still being made. -EOPNOTSUPP: with XenStore, the device's back end
 * is none of dom0's kernel, and xl alone can take it away. Blocks as
 * attach does, too, and while xl's script undoes what it set up for a device
 * that xl made.
 */
int chaos_vif_detach(struct chaos_ctx *ctx, uint32_t domid, uint32_t id,
                     unsigned timeout_ms, bool force) CHAOS_CHECK;
int chaos_vbd_detach(struct chaos_ctx *ctx, uint32_t domid, uint32_t id,
                     unsigned timeout_ms, bool force) CHAOS_CHECK;

/* "ready", "connected", "closing", "closed", "broken", or "gone". */
const char *chaos_device_state_name(uint32_t back_state);

struct chaos_vif_info {
    uint32_t id;
    uint32_t back_state; /* NOXS_BACK_*; 0: its back end is gone */
    char ifname[16];
    char bridge[16]; /* "": in no bridge */
    uint8_t mac[6];  /* the guest's */
    uint16_t mtu;
    uint64_t sent_packets, sent_bytes; /* by the guest */
    uint64_t received_packets, received_bytes;
    uint64_t errors;
};

struct chaos_vbd_info {
    uint32_t id;
    uint32_t back_state;
    char vdev[16];   /* "xvda" */
    char *target;    /* device or file; NULL: not known any more */
    char device[32]; /* dom0's block device: "loop3" */
    bool writable;
    uint64_t size_bytes;
    uint64_t reads, read_bytes;
    uint64_t writes, written_bytes;
    uint64_t errors;
};

/*
 * In ascending order of id. End them with chaos_*_list_free. What was moved is
 * counted by the back ends. Linux's own ones, those of VMs on XenStore, count
 * from the time that the guest's front end connects, no errors of disks, and of
 * those of interfaces the packets that they dropped on their way to the guest.
 */
int chaos_vif_list(struct chaos_ctx *ctx, uint32_t domid,
                   struct chaos_vif_info **infos_out,
                   size_t *count_out) CHAOS_CHECK;
int chaos_vbd_list(struct chaos_ctx *ctx, uint32_t domid,
                   struct chaos_vbd_info **infos_out,
                   size_t *count_out) CHAOS_CHECK;
void chaos_vif_list_free(struct chaos_vif_info *infos, size_t count);
void chaos_vbd_list_free(struct chaos_vbd_info *infos, size_t count);

/*
 * What the vifs and vbds of each domain have moved in all, in one call for the
 * whole host, plus some files of sysfs for each device on XenStore, xl's VMs
 * included; in ascending order of domid, only domains that have some; free()
 * the array.
 */
struct chaos_traffic {
    uint32_t domid;
    uint32_t vifs, vbds;
    enum chaos_bus bus;
    uint64_t sent_packets, sent_bytes; /* by the guest */
    uint64_t received_packets, received_bytes;
    uint64_t reads, read_bytes;
    uint64_t writes, written_bytes;
};
int chaos_traffic_list(struct chaos_ctx *ctx,
                       struct chaos_traffic **traffic_out,
                       size_t *count_out) CHAOS_CHECK;

/* The number of a disk by its name: "xvda", "sdb1", or a decimal number. */
int chaos_vbd_id(struct chaos_ctx *ctx, const char *vdev,
                 uint32_t *id_out) CHAOS_CHECK;

#ifdef __cplusplus
}
#endif

#endif /* CHAOS_DEVICE_H */
