/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * domain.h: what the files that look after living domains share.
 */
#ifndef LIBCHAOS_DOMAIN_H
#define LIBCHAOS_DOMAIN_H

#include <chaos/domain.h>

#include "hv.h"

/*
 * domain.c: the state of a domain as the hypervisor has it: the uuid of one in
 * the making is a mark (birth.h). -ESRCH with text where there is none.
 */
int domain_look(struct chaos_ctx *ctx, struct hv **hv_out, uint32_t domid,
                struct hv_domain_state *state_out) CHAOS_CHECK;
/*
 * domain.c: the same with the VM's own uuid, by which its record is known, as
 * soon as it has one.
 */
int domain_state(struct chaos_ctx *ctx, struct hv **hv_out, uint32_t domid,
                 struct hv_domain_state *state_out) CHAOS_CHECK;

/*
 * domain.c: as domain_look; -EBUSY with text of one in the making: it has what
 * its maker knows of, and its maker counts on that.
 */
int domain_made(struct chaos_ctx *ctx, struct hv **hv_out, uint32_t domid,
                struct hv_domain_state *state_out) CHAOS_CHECK;

/* domain.c: as domain_state, of any but domain 0, which runs this host. */
int domain_other(struct chaos_ctx *ctx, struct hv **hv_out, uint32_t domid,
                 struct hv_domain_state *state_out) CHAOS_CHECK;

/*
 * domain.c: end it, with its vifs, vbds and files; `state` of domain_look.
 * -ESRCH: it is gone already.
 */
int domain_end(struct chaos_ctx *ctx, struct hv *hv,
               const struct hv_domain_state *state) CHAOS_CHECK;

/*
 * watch.c: why a domain stopped that is gone by now, if the log of exits has it
 * still; uuid may be NULL. -ESRCH without text.
 */
int exit_reason(struct hv *hv, uint32_t domid,
                const uint8_t uuid[NOXS_UUID_SIZE],
                unsigned *reason_out) CHAOS_CHECK;

/* sysctl.c: tell the guest that its device page changed, if it can be told. */
void sysctl_rescan(struct chaos_ctx *ctx, uint32_t domid);

/* sysctl.c: the ops of these names of a guest with a sysctl device. */
int sysctl_request(struct chaos_ctx *ctx, uint32_t domid,
                   enum chaos_reason what, unsigned timeout_ms) CHAOS_CHECK;
int sysctl_wait_up(struct chaos_ctx *ctx, uint32_t domid,
                   unsigned timeout_ms) CHAOS_CHECK;
int sysctl_guest_state(struct chaos_ctx *ctx, uint32_t domid,
                       struct chaos_guest_state *state_out) CHAOS_CHECK;

/* device.c: one device of a domain. -EOPNOTSUPP with text: it has none. */
int device_find(struct chaos_ctx *ctx, uint32_t domid, uint32_t type,
                uint32_t id, struct noxs_device *device_out) CHAOS_CHECK;

/*
 * device.c: a control page mapped and its event channel bound. The page is
 * shared with the guest, who may write anything at any time.
 */
struct device_link {
    struct hv *hv; /* borrowed from the context */
    struct hv_evtchn *ev;
    bool shared;   /* ev is another's: only the port is ours */
    uint32_t port; /* 0: not bound */
    void *page;
};
int device_map(struct chaos_ctx *ctx, uint32_t domid,
               const struct noxs_device *device,
               struct device_link *link_out) CHAOS_CHECK;
/* -EBUSY: another program holds its event channel. */
int device_bind(struct chaos_ctx *ctx, uint32_t domid,
                const struct noxs_device *device,
                struct device_link *link) CHAOS_CHECK;
/* The same with a handle that serves others, too, and is the caller's. */
int device_bind_shared(struct chaos_ctx *ctx, uint32_t domid,
                       const struct noxs_device *device, struct hv_evtchn *ev,
                       struct device_link *link) CHAOS_CHECK;
/* Safe on a zeroed link. */
void device_unlink(struct device_link *link);

/* time.c: time left for something that may take timeout_ms in all. */
uint64_t deadline_after(unsigned timeout_ms);
bool deadline_passed(uint64_t deadline);
/* Wait for fd to be readable. -ETIMEDOUT; EINTR is hidden. */
int deadline_poll(uint64_t deadline, int fd);

#endif /* LIBCHAOS_DOMAIN_H */
