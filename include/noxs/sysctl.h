/* SPDX-License-Identifier: MIT */
/*
 * sysctl.h: the control page of the noxs sysctl device: power and readiness.
 *
 * One page of the guest's memory (NOXS_DEV_F_GFN), shared by the guest and the
 * toolstack in dom0. It replaces XenStore's control/shutdown. The event channel
 * of the device rings in both directions after each change of a shared field.
 * The toolstack fills the page before the guest runs.
 *
 * A request. Toolstack (one at a time, see below): write request_cmd and
 * request_arg, write barrier, write request_id = the previous request_id + 1
 * (0 is skipped), notify. Guest: see request_id change, read barrier, read
 * request_cmd and request_arg, write ack_status, write barrier, write ack_id =
 * request_id, notify, and then act. A request that came before the last was
 * acknowledged replaces it. An acknowledgement says that the request was
 * understood; that it was carried out shows in `state` or in the domain's end.
 *
 * Several programs in dom0 take turns by locking; the ABI knows one requester.
 * Neither side trusts the other: a value that makes no sense is ignored.
 */
#ifndef NOXS_SYSCTL_H
#define NOXS_SYSCTL_H

#include "noxs.h"

#define NOXS_SYSCTL_MAGIC 0x6373786eu /* "nxsc" */

/* request_cmd */
#define NOXS_SYSCTL_NONE 0
#define NOXS_SYSCTL_POWEROFF 1
#define NOXS_SYSCTL_REBOOT 2
#define NOXS_SYSCTL_SUSPEND 3
#define NOXS_SYSCTL_CRASH 4
/* Beat (`heartbeat`) at least every request_arg milliseconds; 0: stop it. */
#define NOXS_SYSCTL_WATCHDOG 5
/* The device page changed: look at it again. */
#define NOXS_SYSCTL_RESCAN 6
#define NOXS_SYSCTL_CMD_MAX 6

/* state */
#define NOXS_STATE_BOOTING 0
#define NOXS_STATE_UP 1         /* the guest does what it was made for */
#define NOXS_STATE_STOPPING 2   /* poweroff, reboot or crash under way */
#define NOXS_STATE_SUSPENDING 3 /* UP again after it was resumed */

/* ack_status */
#define NOXS_ACK_ACCEPTED 1
#define NOXS_ACK_UNSUPPORTED 2
#define NOXS_ACK_INVALID 3 /* request_arg makes no sense */

struct noxs_sysctl {
    /* Written by the toolstack. */
    uint32_t magic;
    uint32_t version; /* NOXS_VERSION */
    uint32_t request_id;
    uint32_t request_cmd;
    uint64_t request_arg;
    uint8_t pad0[40];
    /* Written by the guest. */
    uint32_t state;
    uint32_t ack_id;
    uint32_t ack_status;
    uint32_t supported;  /* bit 1 << cmd for each command it obeys */
    uint64_t up_time;    /* its system time in ns when it became UP */
    uint64_t heartbeat;  /* grows while the watchdog is on */
    uint32_t exit_code;  /* what a program would pass to exit() */
    uint8_t pad1[28];
};
NOXS_AT(struct noxs_sysctl, magic, 0);
NOXS_AT(struct noxs_sysctl, version, 4);
NOXS_AT(struct noxs_sysctl, request_id, 8);
NOXS_AT(struct noxs_sysctl, request_cmd, 12);
NOXS_AT(struct noxs_sysctl, request_arg, 16);
NOXS_AT(struct noxs_sysctl, state, 64);
NOXS_AT(struct noxs_sysctl, ack_id, 68);
NOXS_AT(struct noxs_sysctl, ack_status, 72);
NOXS_AT(struct noxs_sysctl, supported, 76);
NOXS_AT(struct noxs_sysctl, up_time, 80);
NOXS_AT(struct noxs_sysctl, heartbeat, 88);
NOXS_AT(struct noxs_sysctl, exit_code, 96);
NOXS_ASSERT(sizeof(struct noxs_sysctl) == 128);

#endif /* NOXS_SYSCTL_H */
