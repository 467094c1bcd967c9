/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * noxs.h: this guest's own device page. The layout is <noxs/noxs.h>'s.
 *
 * Without noxs (another hypervisor, no device page) all return -ENOSYS.
 */
#ifndef GUEST_NOXS_H
#define GUEST_NOXS_H

#include <stdint.h>

#include <noxs/noxs.h>

/* The page as it is mapped, read-only; NULL without noxs. */
const struct noxs_page *noxs_page(void);

/* Consistent copies. -ENOENT: no such device. */
int noxs_find(uint32_t type, uint32_t id, struct noxs_device *out);
/* Fills at most max, returns how many there are in all. */
int noxs_list(struct noxs_device *out, unsigned int max);
int noxs_identity(struct noxs_identity *out);

/*
 * The control page of a device (NOXS_DEV_F_GFN) and proof that it is this
 * guest's memory. -EOPNOTSUPP: it is the back end's page, which the front end
 * of the device maps (bus.h).
 */
int noxs_control(const struct noxs_device *dev, void **page_out);

#endif /* GUEST_NOXS_H */
